"""The UNet of Ronneberger et al. (2015), the paper's network, in torch.

A file of its own so that opening an ONNX model, or asking for help on the command line, does not load torch.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from lulc_core.cores import cores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVELS = 5


class UNet(nn.Module):
    """Encoder and decoder of five levels with skip connections; input and output have the same size.

    After Ronneberger, Fischer and Brox (2015, arXiv:1505.04597), with padded convolutions, batch normalisation,
    and, as theirs, dropout at the end of the contracting path.

    Parameters
    ----------
    bands
        Input channels.
    outputs
        Output channels (logits).
    width
        Channels of the first level; each level below has twice as many.
    dropout
        Share of channels dropped on the deepest level in training, 0-1; Karra et al. give 0.2.

    Examples
    --------
    >>> UNet(bands=6, outputs=11, width=4)(torch.zeros(1, 6, 32, 48)).shape
    torch.Size([1, 11, 32, 48])
    """

    def __init__(self, *, bands: int, outputs: int, width: int = 16, dropout: float = 0.2) -> None:
        super().__init__()
        channels = [width * 2**level for level in range(LEVELS)]
        self.down = nn.ModuleList(
            _double_convolution(i, o, dropout if o == channels[-1] else 0)
            for i, o in itertools.pairwise([bands, *channels])
        )
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(deep, shallow, kernel_size=2, stride=2)
            for shallow, deep in reversed(list(itertools.pairwise(channels)))
        )
        self.merge = nn.ModuleList(_double_convolution(2 * c, c, 0) for c in reversed(channels[:-1]))
        self.head = nn.Conv2d(width, outputs, kernel_size=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (chip, output, y, x) of input (chip, band, y, x); y and x multiples of 16."""
        skipped: list[torch.Tensor] = []
        for down in self.down:
            x = down(nn.functional.max_pool2d(x, 2) if skipped else x)
            skipped.append(x)
        for up, merge, skip in zip(self.up, self.merge, reversed(skipped[:-1]), strict=True):
            x = merge(torch.cat([skip, up(x)], dim=1))
        return self.head(x)


def _double_convolution(bands: int, width: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(bands, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
        nn.Dropout2d(dropout),
        nn.Conv2d(width, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TorchNetwork:
    """A network that torch runs: scaled input (chip, band, y, x) to raw output (chip, output, y, x), both float32."""

    unet: UNet
    """On the device, channels last."""
    device: torch.device
    """Where it is."""
    half: bool
    """Whether it computes in bf16 where that does no harm."""

    @torch.inference_mode()
    def __call__(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the raw output."""
        x = torch.from_numpy(chips).to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half):
            y = self.unet(x)
        return y.float().cpu().numpy()


def share_cores() -> None:
    """Let torch use no more threads than there are `cores` to use."""
    torch.set_num_threads(min(torch.get_num_threads(), cores()))


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is faster than float32 here: measured 2.2 times on CPUs with AVX-512 bf16."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
