"""An ONNX file as a network, by ONNX Runtime: which tensors it takes and gives, and that it ends."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from lulc_core.cores import cores
from lulc_core.errors import InvalidInputError
from lulc_core.networks import trial
from lulc_core.networks.card import BRIGHTEST, OTHER_NAMES, check_name, trial_chip, trial_size
from lulc_core.networks.protocol import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from onnxruntime import NodeArg

    from lulc_core.networks.card import ModelCard

RUN_S = 300
"""Most seconds for one run: a loop may end in the trial, and not on other chips."""
WALL_S = 60
"""Most seconds that a trial may take, on a crowded machine, too."""
LEAST_SIDE = 16
"""Least height and width of a network of one size: less is another axis, taken for one of these."""
_BAND = re.compile(r"B(\d\d|8A)")
_OF_BANDS = re.compile(r"band|channel", re.IGNORECASE)
_TRIED: set[tuple[str, bytes, str]] = set()
"""Files by their digests, chips, and how they were fed, that have passed a trial in this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnnxNetwork:
    """A network that ONNX Runtime runs: scaled input (chip, band, y, x) to raw output (chip, output, y, x)."""

    path: Path
    """Of the file, for messages."""
    session: Any
    """ONNX Runtime's session."""
    taken: str
    """Name of the input."""
    given: str
    """Name of the output."""
    layouts: tuple[str, str]
    """Layout of input and output, ``"NCHW"`` or ``"NHWC"``."""
    outputs: int
    """Channels of the output."""
    side: int | None
    """Height and width of every input, px, if the network takes one size only."""
    one_by_one: bool
    """Whether it takes one chip at a time."""

    def __call__(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the raw output, float32.

        Raises
        ------
        InvalidInputError
            If the network does not run on chips of this shape, or gives something else than the card says.
        """
        parts = np.split(chips, len(chips)) if self.one_by_one else [chips]
        given = np.concatenate([self._run(part) for part in parts])
        if given.shape != (len(chips), self.outputs, *chips.shape[2:]):
            raise InvalidInputError(
                f"{self.path} gives shape {given.shape} for chips of shape {chips.shape}; "
                f"expected {self.outputs} outputs of the same size."
            )
        return given

    def _run(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        before, after = self.layouts
        fed = np.ascontiguousarray(np.moveaxis(chips, 1, -1)) if before == "NHWC" else chips
        options = onnxruntime.RunOptions()
        watch = threading.Timer(RUN_S, setattr, (options, "terminate", True))
        watch.daemon = True
        watch.start()
        try:
            given = self.session.run([self.given], {self.taken: fed}, options)[0]
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise InvalidInputError(
                f"{self.path} does not run on chips of shape {fed.shape}, as model.json says it should: {error}"
            ) from error
        finally:
            watch.cancel()
        return np.moveaxis(given, -1, 1) if after == "NHWC" and given.ndim == 4 else given


def open_onnx(path: Path, card: ModelCard) -> OnnxNetwork:
    """Open an ONNX file; raises `InvalidInputError` if it is not what the card says, or does not end."""
    layouts = card.layout("input"), card.layout("output")
    _prove(path, card, layouts)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = cores()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # others use these cores, too
    try:
        session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise InvalidInputError(f"{path} is not an ONNX network that ONNX Runtime can run: {error}") from error
    if len(session.get_inputs()) != 1:
        raise InvalidInputError(
            f"{path} must take one tensor, the chips; it takes {', '.join(i.name for i in session.get_inputs())}. "
            "Nothing else can be fed: export it with the others as constants, or put another network there."
        )
    taken, given = (
        _pick(card, side, tensors)
        for side, tensors in (("input", session.get_inputs()), ("output", session.get_outputs()))
    )
    if {taken.type, given.type} != {"tensor(float)"}:
        raise InvalidInputError(f"{path} must take and give float32; it takes {taken.type} and gives {given.type}.")
    _refuse_metadata(path, session.get_modelmeta().custom_metadata_map, card)
    chips, _, *sizes = _shape(card, "input", taken.shape, layouts[0], len(card.bands))
    _shape(card, "output", given.shape, layouts[1], len(card.codes))
    return OnnxNetwork(
        path=path,
        session=session,
        taken=taken.name,
        given=given.name,
        layouts=layouts,
        outputs=len(card.codes),
        side=_side(card, sizes),
        one_by_one=_one_by_one(card, chips),
    )


def _prove(path: Path, card: ModelCard, layouts: tuple[str, str]) -> None:
    """Try the network in a process of its own; raises `InvalidInputError` if that goes wrong or takes too much."""
    stated, free, (layout, _) = card.tensor_shape("input"), trial_size(card.multiple), layouts
    height, width = (a or b for a, b in zip(stated[2:] if layout == "NCHW" else stated[1:3], free, strict=True))
    chip = trial_chip(len(card.bands), (height, width))
    cloudy = chip.copy()
    cloudy[:, :, : height // 2, width // 2 :] = BRIGHTEST
    scaled = card.scaling(np.concatenate([chip, cloudy]))
    how = json.dumps({"name": card.tensor_name("output"), "layouts": layouts, "one_by_one": stated[0] == 1})
    try:
        known = digest(path), scaled.tobytes(), how
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be read: {error}") from error
    if known in _TRIED or path.is_relative_to(Path(__file__).parent):  # what is shipped needs no trial
        return
    fed = scaled if layout == "NCHW" else np.moveaxis(scaled, 1, -1)
    answer = trial.asked([trial.__file__, str(path), how], fed, WALL_S)
    if answer.wrong:
        raise InvalidInputError(
            f"{path} does not run on one small chip within {trial.CPU_S} s and {trial.MEMORY_BYTES / 2**30:.0f} GiB: "
            f"{answer.wrong}. A network without end cannot be used; put the right weights there."
        )
    if wrong := json.loads(answer.given):
        raise InvalidInputError(f"{path} {wrong}")
    _TRIED.add(known)


def _pick(card: ModelCard, side: str, tensors: list[NodeArg]) -> NodeArg:
    """Return the tensor that the card names, or the only one."""
    names, stated = [tensor.name for tensor in tensors], card.tensor_name(side)
    if stated is None and len(tensors) == 1:
        return tensors[0]
    if stated not in names:
        raise InvalidInputError(
            f"{card.source}: the network has the {side} tensor(s) {', '.join(names)}. Write {side}.name, the name of "
            f"the one to use; got {stated!r}."
        )
    return tensors[names.index(stated)]


def _refuse_metadata(path: Path, said: Mapping[str, str], card: ModelCard) -> None:
    """Refuse a file whose metadata list the bands or the names of the classes otherwise than the card."""
    stated = [band.upper() for band in card.bands]
    for key, text in said.items():
        bands = [re.sub(r"^B(?=\d$)", "B0", word) for word in re.findall(r"\w+", text.upper())]
        comparable = sorted(bands) == sorted(stated) or all(map(_BAND.fullmatch, (*bands, *stated)))
        if _OF_BANDS.search(key) and comparable and len(bands) == len(stated) and bands != stated:
            raise InvalidInputError(
                f"{path} says in its metadata that its {key} are {', '.join(bands)}; {card.source} says that its bands "
                f"are {', '.join(card.bands)}. Correct the one that is wrong."
            )
        names = re.findall(r"[^\W\d][^,;:'\"\[\]{}\n]*", text)
        if (key == "classes" or OTHER_NAMES.fullmatch(key)) and len(names) == len(card.codes):
            for index, (name, code) in enumerate(zip(names, card.codes, strict=True)):
                entry = {"index": index, "name": name.strip(), "legend_code": code}
                check_name(entry, f"{path}, {key} of its metadata against {card.source}")


def _shape(card: ModelCard, side: str, own: list[int | str | None], layout: str, count: int) -> list[int | None]:
    """Return chips, channels, height and width of a tensor, None for any; the file and the card must not disagree."""
    stated = card.tensor_shape(side)
    fixed = [n if isinstance(n, int) else None for n in own]
    shape = [a if b is None else b for a, b in zip(fixed, stated, strict=False)]
    if layout == "NHWC":
        shape.insert(1, shape.pop())
    agree = len(own) == 4 and all(None in pair or pair[0] == pair[1] for pair in zip(fixed, stated, strict=True))
    if not agree or shape[1] not in (None, count):
        noun = "bands" if side == "input" else "classes"
        raise InvalidInputError(
            f"{card.folder}: the {side} of the network has shape {own}, but model.json says {layout} with {count} "
            f"{noun} and the shape {stated} (null: any). Correct model.json, or put the right weights beside it."
        )
    return shape


def _side(card: ModelCard, sizes: list[int | None]) -> int | None:
    """Return the height and width of every input; None if the network takes any."""
    height, width = sizes
    if height != width or (height is not None and (height < LEAST_SIDE or height % card.multiple)):
        raise InvalidInputError(
            f"{card.source}: the network takes chips of {height} x {width} px (None: any) and size_multiple is "
            f"{card.multiple}; expected any size, or a square of {LEAST_SIDE} px or more that is such a multiple. "
            "Correct input.layout or size_multiple, or export the network with dynamic axes."
        )
    return height


def _one_by_one(card: ModelCard, chips: int | None) -> bool:
    if chips not in (None, 1):
        raise InvalidInputError(
            f"{card.source}: the network takes {chips} chips at a time. Export it for one, or with a dynamic axis."
        )
    return chips == 1
