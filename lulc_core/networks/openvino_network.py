"""An ONNX file as a network, by OpenVINO where it computes what ONNX Runtime does, else by ONNX Runtime."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.networks.onnx_network import open_onnx
from lulc_core.networks.openvino_graph import Compiled, UnfitError, Wanted, at_once
from lulc_core.networks.proof import MOST_BY_BF16, verdict_on
from lulc_core.networks.protocol import Network

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.networks.card import ModelCard
    from lulc_core.networks.onnx_network import OnnxNetwork

MOST_SIZES = 4
"""Sizes of chips that stay compiled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVinoNetwork:
    """A network that OpenVINO runs: scaled input (chip, band, y, x) to raw output (chip, output, y, x)."""

    reference: OnnxNetwork
    """The same by ONNX Runtime, for sizes of chips that OpenVINO cannot do right."""
    card: ModelCard
    """What it says of itself."""
    precision: str
    """``"float32"`` or ``"bf16"``."""
    _compiled: dict[tuple[object, ...], Compiled | None] = field(default_factory=dict, repr=False)
    """By size and form of the output; None if OpenVINO cannot do it."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the raw output, float32; raises `InvalidInputError` as ONNX Runtime's."""
        run = self._for(_size(chips), ())
        return self.reference(chips) if run is None else self._run(run, chips)

    def shares(self, chips: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Return probabilities (chip, class, y, x) of a network that gives logits; None if it cannot be."""
        run = self._for(_size(chips), self._channels)
        return None if run is None else self._run(run, chips)

    def compile(self, size: tuple[int, int]) -> None:
        """Compile what gives probabilities of chips of a height and width, unless it is."""
        self._for(size, self._channels if self.card.output_kind == "logits" else ())

    @property
    def _channels(self) -> tuple[tuple[int, ...], ...]:
        """The outputs of each class of the legend."""
        classes = self.card.legend.codes.tolist()
        return tuple(tuple(i for i, own in enumerate(self.card.codes) if own == code) for code in classes)

    def _run(self, run: Compiled, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            return run(chips)
        except RuntimeError as error:
            raise InvalidInputError(
                f"{self.reference.path} does not run on chips of shape {chips.shape} by OpenVINO: {error}. Use the "
                "runtime onnxruntime."
            ) from error

    def _for(self, size: tuple[int, int], channels: tuple[tuple[int, ...], ...]) -> Compiled | None:
        """Return what runs chips of a height and width, compiled when it is first asked for."""
        with self._lock:
            if (key := (size, channels)) not in self._compiled:
                if len(self._compiled) == MOST_SIZES:
                    del self._compiled[next(iter(self._compiled))]
                taken, layouts, given = len(self.card.bands), self.reference.layouts, self.reference.given
                wanted = Wanted(bands=taken, layouts=layouts, given=given, channels=channels)
                self._compiled[key] = self._compile(size, wanted)
            return self._compiled[key]

    def _compile(self, size: tuple[int, int], wanted: Wanted) -> Compiled | None:
        outputs = len(wanted.channels) or self.reference.outputs
        try:
            made = Compiled.make(str(self.reference.path), size, wanted, self.precision)
        except UnfitError:
            return None
        return made if made.shape == (1, outputs, *size) else None


def _size(chips: NDArray[np.float32]) -> tuple[int, int]:
    return chips.shape[2], chips.shape[3]


def open_openvino(path: Path, card: ModelCard, precision: str | None) -> Network:
    """Open an ONNX file, by ONNX Runtime first, which finds out whether it can be trusted; raises as `open_onnx`.

    Where OpenVINO would compute something else, or there is something faster, ONNX Runtime runs it, with a remark.
    """
    reference = open_onnx(path, card)
    by_onnx = functools.partial(Network, run=reference, side=reference.side, runtime="onnxruntime")
    if "CUDAExecutionProvider" in reference.session.get_providers():
        return by_onnx(remark="ONNX Runtime runs it on a GPU")
    try:
        verdict = verdict_on(reference, card)
    except ImportError as error:
        return by_onnx(remark=f"OpenVINO cannot be loaded: {error}")
    if verdict.wrong:
        return by_onnx(remark=verdict.wrong)
    half, remark = _half(verdict.by_bf16, precision)
    network = OpenVinoNetwork(reference=reference, card=card, precision="bf16" if half else "float32")
    return Network(
        run=network,
        shares=network.shares,
        compile=network.compile,
        side=reference.side,
        precision=network.precision,
        remark=remark,
        at_once=at_once(),
    )


def _half(changed: float | None, precision: str | None) -> tuple[bool, str]:
    """Return whether to compute in bf16, which changes a share of the labels, and why not, if there is a reason."""
    if precision == "float32" or changed is None:
        return False, "this processor has no bf16" if precision == "bf16" else ""
    if precision is None and changed >= MOST_BY_BF16:
        return False, f"in bf16, {percent(changed, 1)} of the labels of a trial chip differ"
    return True, ""
