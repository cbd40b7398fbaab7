"""The libraries that run networks. A new format of weights, or a new library, is one entry of `RUNTIMES`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError, LulcError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.networks.card import ModelCard

LARGEST_WIDTH = 512
"""Most channels of a UNet's first level."""

Network = Callable[["NDArray[np.float32]"], "NDArray[np.float32]"]
"""Scaled input (chip, band, y, x) to raw output (chip, output, y, x), both float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A library that runs networks of one format."""

    name: str
    """The module to import."""
    format: str
    """Format of the weights, as ``model.json`` names it."""
    weights: str
    """Name of the weights file."""
    open: Callable[[Path, ModelCard], Network]
    """Opens weights as a network; raises `InvalidInputError` if they are not what the card says."""
    install: str
    """What to install to have it."""

    @property
    def installed(self) -> bool:
        """Whether the library can be imported."""
        return importlib.util.find_spec(self.name) is not None


def _open_torch(path: Path, card: ModelCard) -> Network:
    import safetensors.torch  # these take seconds to import: only when they are needed
    import torch

    from lulc_core.networks.unet import LEVELS, UNet, has_fast_bfloat16

    bands, outputs, width = len(card.bands), len(card.codes), card.whole_number("width", LARGEST_WIDTH)
    if card.multiple % (halved := 2 ** (LEVELS - 1)):
        raise InvalidInputError(
            f"{card.source}: size_multiple must be a multiple of {halved}, because a UNet halves its input "
            f"{LEVELS - 1} times; got {card.multiple}."
        )
    with torch.device("meta"):  # takes no memory: the file says whether a network of this size is there
        unet = UNet(bands=bands, outputs=outputs, width=width)
    try:
        unet.load_state_dict(safetensors.torch.load_file(path), assign=True)
    except (OSError, RuntimeError, safetensors.SafetensorError) as error:
        raise InvalidInputError(
            f"{path} does not hold a UNet of width {width} with {bands} bands and {outputs} outputs, "
            f"as model.json says: {str(error)[:300]}"
        ) from error
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    half = has_fast_bfloat16(device)
    unet = unet.to(device, torch.float32).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # torch types only Tensor.to

    @torch.inference_mode()
    def run(chips: NDArray[np.float32]) -> NDArray[np.float32]:
        x = torch.from_numpy(chips).to(device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            y = unet(x)
        return y.float().cpu().numpy()

    return run


def _open_onnx(path: Path, card: ModelCard) -> Network:
    from lulc_core.networks.onnx_network import open_onnx

    return open_onnx(path, card)


RUNTIMES = (
    Runtime(
        name="torch",
        format="safetensors",
        weights="model.safetensors",
        open=_open_torch,
        install="pip install 'lulc-explorer[train]'",
    ),
    Runtime(
        name="onnxruntime",
        format="onnx",
        weights="model.onnx",
        open=_open_onnx,
        install="pip install onnxruntime",
    ),
)
"""Every runtime, the fastest first."""


def choose_runtime(card: ModelCard, name: str | None = None) -> Runtime:
    """Return the runtime to use for a network: the fastest that is installed and can run it.

    Parameters
    ----------
    card
        What the network says of itself.
    name
        The runtime to use whatever is faster: the name of one of `RUNTIMES`.

    Raises
    ------
    InvalidInputError
        If there is no such runtime or format, or the runtime cannot run any of the network's formats.
    NotFoundError
        If weights that the card promises are not there.
    LulcError
        If nothing that can run the network is installed, saying what to install.
    """
    if name not in (None, *(runtime.name for runtime in RUNTIMES)):
        raise InvalidInputError(f"runtime must be one of {', '.join(r.name for r in RUNTIMES)}; got {name!r}.")
    known = [runtime.format for runtime in RUNTIMES]
    if unknown := set(card.formats).difference(known):
        raise InvalidInputError(f"{card.source}: format must be one of {', '.join(known)}; got {sorted(unknown)}.")
    promised = [runtime for runtime in RUNTIMES if runtime.format in card.formats]
    for runtime in promised:
        if not (card.folder / runtime.weights).is_file():
            raise NotFoundError(
                f"{card.source} says that there are weights as {runtime.format}, but there is no {runtime.weights}."
            )
    able = [runtime for runtime in promised if name in (None, runtime.name)]
    if not able:
        raise InvalidInputError(f"{card.source}: {name} cannot run the format(s) {', '.join(card.formats)}.")
    installed = [runtime for runtime in able if runtime.installed]
    if not installed:
        needed = " or ".join(f"{runtime.name} ({runtime.install})" for runtime in able)
        raise LulcError(f"{card.name} cannot run: it needs {needed}, which is not installed.")
    return installed[0]
