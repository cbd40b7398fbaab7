"""The libraries that run networks. A new format of weights, or a new library, is one entry of `RUNTIMES`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError, LulcError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

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

    from lulc_core.networks.unet import UNet, has_fast_bfloat16

    bands, outputs, width = len(card.bands), len(card.codes), card.whole_number("width", LARGEST_WIDTH)
    unet = UNet(bands=bands, outputs=outputs, width=width)
    try:
        unet.load_state_dict(safetensors.torch.load_file(path))
    except (RuntimeError, safetensors.SafetensorError) as error:
        raise InvalidInputError(
            f"{path} does not hold a UNet of width {width} with {bands} bands and {outputs} outputs, "
            f"as model.json says: {str(error)[:300]}"
        ) from error
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    half = has_fast_bfloat16(device)
    unet = unet.to(device).to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]  # torch types only Tensor.to

    @torch.inference_mode()
    def run(chips: NDArray[np.float32]) -> NDArray[np.float32]:
        x = torch.from_numpy(chips).to(device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            y = unet(x)
        return y.float().cpu().numpy()

    return run


def _open_onnx(path: Path, card: ModelCard) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise InvalidInputError(f"{path} is not an ONNX network that ONNX Runtime can run: {error}") from error
    inputs, target = session.get_inputs(), session.get_outputs()[0]
    taken, given = card.layout("input"), card.layout("output")
    _check_shape(card, "input", inputs[0].shape, taken, len(card.bands))
    _check_shape(card, "output", target.shape, given, len(card.codes))
    if inputs[0].type != "tensor(float)" or len(inputs) != 1:
        raise InvalidInputError(f"{path} must take one float32 tensor; it takes {[i.type for i in inputs]}.")

    def run(chips: NDArray[np.float32]) -> NDArray[np.float32]:
        fed = np.ascontiguousarray(np.moveaxis(chips, 1, -1)) if taken == "NHWC" else chips
        try:
            out = session.run([target.name], {inputs[0].name: fed})[0]
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise InvalidInputError(
                f"{path} does not run on chips of shape {fed.shape}, as model.json says it should: {error}"
            ) from error
        out = np.moveaxis(out, -1, 1) if given == "NHWC" else out
        if out.shape != (len(chips), len(card.codes), *chips.shape[2:]):
            raise InvalidInputError(
                f"{path} gives shape {out.shape} for chips of shape {chips.shape}; "
                f"expected {len(card.codes)} outputs of the same size."
            )
        return out

    return run


def _check_shape(card: ModelCard, side: str, shape: list[int | str | None], layout: str, count: int) -> None:
    noun = "bands" if side == "input" else "classes"
    found = shape[1 if layout == "NCHW" else -1] if len(shape) == 4 else None
    if len(shape) != 4 or (isinstance(found, int) and found != count):
        raise InvalidInputError(
            f"{card.folder}: the {side} of the network has shape {shape}, but model.json says {layout} with {count} "
            f"{noun}. Correct model.json, or put the right weights beside it."
        )


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
