"""The libraries that run networks. A new format of weights, or a new library, is one entry of `RUNTIMES`."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError, LulcError, NotFoundError
from lulc_core.networks.protocol import PRECISIONS, Network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lulc_core.networks.card import ModelCard

LARGEST_WIDTH = 512
"""Most channels of a UNet's first level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A library that runs networks of one format."""

    name: str
    """The module to import."""
    format: str
    """Format of the weights, as ``model.json`` names it."""
    weights: str
    """Name of the weights file."""
    open: Callable[[Path, ModelCard, str | None], Network]
    """Opens weights as a network, in a precision, None for the one that suits it best; raises `InvalidInputError` if
    they are not what the card says."""
    install: str
    """What to install to have it."""
    precisions: tuple[str, ...] = ("float32",)
    """Those of `PRECISIONS` that it has."""
    on_gpu: bool = False
    """Whether it uses a GPU that CUDA knows, and is then the fastest."""

    @property
    def installed(self) -> bool:
        """Whether the library can be imported."""
        return importlib.util.find_spec(self.name) is not None


def _open_torch(path: Path, card: ModelCard, precision: str | None) -> Network:
    import safetensors.torch  # these take seconds to import: only when they are needed
    import torch

    from lulc_core.networks.unet import LEVELS, TorchNetwork, UNet, has_fast_bfloat16, share_cores

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
    share_cores()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    half = has_fast_bfloat16(device) if precision is None else precision == "bf16"
    unet = unet.to(device, torch.float32).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # torch types only Tensor.to
    network = TorchNetwork(unet=unet, device=device, half=half)
    return Network(run=network, precision="bf16" if half else "float32")


def _open_openvino(path: Path, card: ModelCard, precision: str | None) -> Network:
    from lulc_core.networks.openvino_network import open_openvino

    return open_openvino(path, card, precision)


def _open_onnx(path: Path, card: ModelCard, _precision: str | None) -> Network:
    from lulc_core.networks.onnx_network import open_onnx

    network = open_onnx(path, card)
    return Network(run=network, side=network.side)


RUNTIMES = (
    Runtime(
        name="openvino",
        format="onnx",
        weights="model.onnx",
        open=_open_openvino,
        install="pip install openvino",
        precisions=PRECISIONS,
    ),
    Runtime(
        name="torch",
        format="safetensors",
        weights="model.safetensors",
        open=_open_torch,
        install="pip install 'lulc-explorer[train]'",
        precisions=PRECISIONS,
        on_gpu=True,
    ),
    Runtime(
        name="onnxruntime",
        format="onnx",
        weights="model.onnx",
        open=_open_onnx,
        install="pip install onnxruntime",
    ),
)
"""Every runtime, the fastest on a processor first."""


@functools.cache
def has_gpu() -> bool:
    """Return whether there is a GPU that CUDA can use; only its driver is asked."""
    try:
        driver = ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1")
    except OSError:
        return False
    return driver.cuInit(0) == 0


def choose_runtime(card: ModelCard, name: str | None = None, precision: str | None = None) -> Runtime:
    """Return the runtime to use for a network: the fastest that is installed and can run it.

    Parameters
    ----------
    card
        What the network says of itself.
    name
        The runtime to use whatever is faster: the name of one of `RUNTIMES`.
    precision
        The one of `PRECISIONS` that the runtime must have.

    Raises
    ------
    InvalidInputError
        If there is no such runtime, precision or format, or the runtime cannot run any of the network's formats.
    NotFoundError
        If weights that the card promises are not there.
    LulcError
        If nothing that can run the network is installed, saying what to install.
    """
    if name not in (None, *(runtime.name for runtime in RUNTIMES)):
        raise InvalidInputError(f"runtime must be one of {', '.join(r.name for r in RUNTIMES)}; got {name!r}.")
    if precision not in (None, *PRECISIONS):
        raise InvalidInputError(f"precision must be one of {', '.join(PRECISIONS)}; got {precision!r}.")
    known = list(dict.fromkeys(runtime.format for runtime in RUNTIMES))
    if unknown := set(card.formats).difference(known):
        raise InvalidInputError(f"{card.source}: format must be one of {', '.join(known)}; got {sorted(unknown)}.")
    promised = [runtime for runtime in RUNTIMES if runtime.format in card.formats]
    for runtime in promised:
        if not (card.folder / runtime.weights).is_file():
            raise NotFoundError(
                f"{card.source} says that there are weights as {runtime.format}, but there is no {runtime.weights}."
            )
    able = [r for r in promised if name in (None, r.name) and precision in (None, *r.precisions)]
    if not able:
        wanted = f"{name or 'no runtime'} cannot run the format(s) {', '.join(card.formats)}"
        raise InvalidInputError(f"{card.source}: {wanted}{f' in {precision}' if precision else ''}.")
    installed = [runtime for runtime in able if runtime.installed]
    if not installed:
        needed = " or ".join(f"{runtime.name} ({runtime.install})" for runtime in able)
        raise LulcError(f"{card.name} cannot run: it needs {needed}, which is not installed.")
    return max(installed, key=lambda runtime: runtime.on_gpu and has_gpu())
