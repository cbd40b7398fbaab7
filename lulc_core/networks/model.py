"""A network with all that it takes to use it: bands, scaling, legend. One interface for every format.

A model is a folder with a ``model.json`` and the weights beside it: ``model.onnx`` (any ONNX network, run by
ONNX Runtime) or ``model.safetensors`` (our own UNet, run by torch). Nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import scipy.special

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

Network = Callable[["NDArray[np.float32]"], "NDArray[np.float32]"]
"""Scaled input (chip, band, y, x) to raw output (chip, output, y, x), float32."""

SHIPPED = Path(__file__).parent
"""Models that come with the package, a folder each."""

LEAST_PX = 32
"""Chips smaller than this are reflected to it: what networks that halve their input need."""
OUTPUT_KINDS = ("logits", "probabilities")
LAYOUTS = ("NCHW", "NHWC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A land-cover network and the meaning of its input and output."""

    name: str
    """Short name for reports and screens."""
    bands: tuple[str, ...]
    """Asset keys of the bands it takes, in order."""
    legend: Legend = field(repr=False)
    """The classes of its probabilities, in order, each with the weight in the mode that suits this network:
    ``weights`` of ``model.json``, 1 where it has none."""
    codes: tuple[int, ...]
    """Legend code of each network output; 0 (no data) where an output has no class."""
    scaling: Mapping[str, Any] = field(repr=False)
    """How reflectance becomes network input; see `scale`."""
    output_kind: str
    """``"logits"`` or ``"probabilities"``."""
    multiple: int
    """Height and width of its input must be multiples of this."""
    network: Network = field(repr=False)
    """The network itself."""
    card: Mapping[str, Any] = field(repr=False)
    """The whole of ``model.json``."""

    @classmethod
    def open(cls, model: str | os.PathLike[str]) -> Self:
        """Open a model by the name it ships under, or by its folder, weights or ``model.json``.

        Raises
        ------
        NotFoundError
            If there is no such model.
        InvalidInputError
            If ``model.json`` lacks something, or the weights are not what it says.
        """
        folder = cls.find(model)
        card = _read_card(folder / "model.json")
        codes = _codes(card, folder)
        bands = tuple(_need(card, "bands", list, folder))
        if not all(isinstance(band, str) for band in bands) or len(set(bands)) != len(bands):
            raise InvalidInputError(f"{folder}/model.json: bands must be different asset keys; got {list(bands)}.")
        multiple = card.get("size_multiple", 1)
        if not isinstance(multiple, int) or not 1 <= multiple <= 512:
            raise InvalidInputError(f"{folder}/model.json: size_multiple must be within 1-512; got {multiple!r}.")
        scaling = _checked_scaling(_need(card, "scaling", dict, folder), len(bands), folder)
        kind = _need(card, "output", dict, folder).get("kind")
        if kind not in OUTPUT_KINDS:
            raise InvalidInputError(f"{folder}/model.json: output.kind must be one of {OUTPUT_KINDS}; got {kind!r}.")
        opened = cls(
            name=str(card.get("name", folder.name)),
            bands=bands,
            legend=_legend(card, folder),
            codes=codes,
            scaling=scaling,
            output_kind=kind,
            multiple=multiple,
            network=_open_network(folder, card, len(bands), len(codes)),
            card=card,
        )
        opened._try_once(folder)
        return opened

    @staticmethod
    def find(model: str | os.PathLike[str]) -> Path:
        """Return the folder of a model: of a shipped one by its name, else by its folder or a file in it.

        Raises
        ------
        NotFoundError
            If there is no such model.
        """
        path = Path(model)
        shipped = sorted(p.name for p in SHIPPED.glob("*") if (p / "model.json").is_file())
        if str(model) in shipped:
            return SHIPPED / str(model)
        folder = path if path.is_dir() else path.parent
        if not path.exists() or not (folder / "model.json").is_file():
            raise NotFoundError(
                f"No model {str(model)!r}. Expected a shipped one ({', '.join(shipped) or 'none'}) or a folder with a "
                "model.json and its weights (model.onnx or model.safetensors)."
            )
        return folder

    def _try_once(self, folder: Path) -> None:
        """Classify a grey chip, so that a wrong ``model.json`` shows before any work is done."""
        side = -(-LEAST_PX // self.multiple) * self.multiple
        try:
            shares = self.probabilities(np.full((1, len(self.bands), side, side), 0.2, np.float32))
        except InvalidInputError as error:
            raise InvalidInputError(f"The network in {folder} is not what its model.json says: {error}") from error
        if not np.allclose(shares.sum(axis=1), 1, atol=1e-3):
            raise InvalidInputError(f"The network in {folder} gives probabilities that do not sum to one.")

    @property
    def has_cloud_class(self) -> bool:
        """Whether it can say that it sees a cloud."""
        return any(c.cloud for c in self.legend if c.code in self.codes)

    def probabilities(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Classify chips.

        Parameters
        ----------
        reflectance
            Shape (chip, band, y, x), float32, unitless, without NaN; height and width multiples of
            `multiple`.

        Returns
        -------
        numpy.ndarray
            Shape (chip, class, y, x), float32, in the order of `legend`; they sum to one. Classes that the
            network does not know are 0, and outputs that mean no data take no part: whether there is data is
            decided by the imagery.

        Raises
        ------
        InvalidInputError
            If the chips have another number of bands or a size that is not a multiple.
        """
        _, bands, height, width = reflectance.shape
        if bands != len(self.bands) or height % self.multiple or width % self.multiple:
            raise InvalidInputError(
                f"{self.name} takes chips of {len(self.bands)} bands ({', '.join(self.bands)}) with height and "
                f"width multiples of {self.multiple}; got shape {reflectance.shape}."
            )
        outputs = self.network(scale(reflectance, self.scaling))
        classes = [i for i, code in enumerate(self.codes) if code != NO_DATA]
        known = outputs[:, classes]
        if not np.isfinite(known).all() or (self.output_kind == "probabilities" and (known < 0).any()):
            raise InvalidInputError(
                f"{self.name} gives values that are not {self.output_kind}: from {known.min()} to {known.max()}. "
                "Correct output.kind and the scaling in model.json, or put the right weights beside it."
            )
        if self.output_kind == "logits":
            known = scipy.special.softmax(known, axis=1)
        else:
            known = known / np.maximum(known.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        shares = np.zeros((len(outputs), len(self.legend), height, width), np.float32)
        position = {c.code: i for i, c in enumerate(self.legend)}
        for output, i in enumerate(classes):
            shares[:, position[self.codes[i]]] += known[:, output]
        return shares


def scale(reflectance: NDArray[np.float32], scaling: Mapping[str, Any]) -> NDArray[np.float32]:
    """Turn reflectance into a network's input.

    Parameters
    ----------
    reflectance
        Shape (chip, band, y, x), float32, unitless.
    scaling
        ``{"kind": "clip", "low": l, "high": h}`` for ``(clip(r, l, h) - l) / (h - l)``;
        ``{"kind": "standardise", "mean": m, "deviation": s}`` for ``(r - m) / s``; or
        ``{"kind": "log-percentile-sigmoid", "low": l, "high": h}`` for
        ``sigmoid(5 * (ln(0.005 * DN + 1) - l) / h - 1)`` with ``DN = 10000 * r``, the scaling of
        Dynamic World (Brown et al. 2022). Each value is one number or one per band.

    Returns
    -------
    numpy.ndarray
        The same shape, float32.

    Examples
    --------
    >>> scale(np.full((1, 1, 1, 1), 0.25, np.float32), {"kind": "clip", "low": 0, "high": 1}).item()
    0.25
    """
    value = {
        k: np.asarray(v, np.float32)[..., None, None] for k, v in scaling.items() if k not in ("kind", "formula", "dn")
    }
    match scaling["kind"]:
        case "clip":
            return (np.clip(reflectance, value["low"], value["high"]) - value["low"]) / (value["high"] - value["low"])
        case "standardise":
            return (reflectance - value["mean"]) / value["deviation"]
        case _:
            x = np.log1p(np.float32(50) * np.maximum(reflectance, 0))
            return scipy.special.expit(5 * (x - value["low"]) / value["high"] - 1).astype(np.float32)


_SCALINGS = {
    "clip": ("low", "high"),
    "standardise": ("mean", "deviation"),
    "log-percentile-sigmoid": ("low", "high"),
}


def _checked_scaling(scaling: dict[str, Any], bands: int, folder: Path) -> dict[str, Any]:
    kind = scaling.get("kind")
    if kind not in _SCALINGS:
        raise InvalidInputError(f"{folder}/model.json: scaling.kind must be one of {list(_SCALINGS)}; got {kind!r}.")
    values = {}
    for key in _SCALINGS[kind]:
        try:
            value = np.asarray(scaling[key], np.float32)
        except (KeyError, TypeError, ValueError):
            value = np.empty(0, np.float32)
        if value.shape not in ((), (bands,)) or not np.isfinite(value).all():
            raise InvalidInputError(
                f"{folder}/model.json: scaling.{key} must be one number or {bands}, one per band; "
                f"got {scaling.get(key)!r}."
            )
        values[key] = value
    spread = values["high"] - values["low"] if kind == "clip" else values.get("deviation", values.get("high"))
    if not (np.asarray(spread) > 0).all():
        raise InvalidInputError(
            f"{folder}/model.json: the scaling must spread the values: clip needs high > low, standardise a "
            f"deviation > 0, log-percentile-sigmoid a high > 0; got {scaling}."
        )
    return {"kind": kind, **values}


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInputError(f"{path} is not readable as JSON: {error}") from error
    if not isinstance(card, dict):
        raise InvalidInputError(f"{path} must hold a JSON object; got {type(card).__name__}.")
    return card


def _legend(card: Mapping[str, Any], folder: Path) -> Legend:
    """Return the legend with the class weights that ``model.json`` gives, if any."""
    weights = card.get("weights", {})
    if not isinstance(weights, dict) or not all(isinstance(w, int | float) for w in weights.values()):
        raise InvalidInputError(f"{folder}/model.json: weights must be class name to number; got {weights!r}.")
    try:
        return LEGEND.weighted(weights)
    except InvalidInputError as error:
        raise InvalidInputError(f"{folder}/model.json, weights: {error}") from error


def _need(card: dict[str, Any], key: str, kind: type, folder: Path) -> Any:
    value = card.get(key)
    if not isinstance(value, kind) or not value:
        raise InvalidInputError(
            f"{folder}/model.json needs {key!r}, a {kind.__name__} that is not empty; got {value!r}."
        )
    return value


def _codes(card: dict[str, Any], folder: Path) -> tuple[int, ...]:
    classes = _need(card, "classes", list, folder)
    try:
        by_index = {int(c["index"]): int(c["legend_code"]) for c in classes}
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{folder}/model.json: each class needs an index and a legend_code; {error!r}."
        ) from error
    if sorted(by_index) != list(range(len(classes))):
        raise InvalidInputError(
            f"{folder}/model.json: class indices must be 0 to {len(classes) - 1}, each once; got {sorted(by_index)}."
        )
    codes = tuple(by_index[i] for i in range(len(classes)))
    if not any(codes):
        raise InvalidInputError(f"{folder}/model.json: at least one class needs a legend_code that is not 0.")
    LEGEND.check_codes(np.array(codes), f"{folder}/model.json")
    return codes


def _open_network(folder: Path, card: dict[str, Any], bands: int, outputs: int) -> Network:
    match card.get("format"):
        case "onnx":
            return _open_onnx(folder / "model.onnx", card, bands, outputs)
        case "safetensors":
            from lulc_core.networks.unet import open_unet  # torch takes seconds to import: only when it is needed

            return open_unet(folder / "model.safetensors", card, bands, outputs)
        case other:
            raise InvalidInputError(f"{folder}/model.json: format must be 'onnx' or 'safetensors'; got {other!r}.")


def _open_onnx(path: Path, card: dict[str, Any], bands: int, outputs: int) -> Network:
    import onnxruntime

    if not path.is_file():
        raise NotFoundError(f"{path.parent}/model.json says that its network is ONNX, but there is no {path.name}.")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(path, options, providers=onnxruntime.get_available_providers())
    except Exception as error:  # ONNX Runtime's errors have no common base
        raise InvalidInputError(f"{path} is not an ONNX network that ONNX Runtime can run: {error}") from error
    layouts = [str(_need(card, side, dict, path.parent).get("layout")) for side in ("input", "output")]
    if not set(layouts) <= set(LAYOUTS):
        raise InvalidInputError(
            f"{path.parent}/model.json: input and output layout must be in {LAYOUTS}; got {layouts}."
        )
    source, target = session.get_inputs()[0], session.get_outputs()[0]
    _check_channels(path, "input", source.shape, layouts[0], bands, "bands")
    _check_channels(path, "output", target.shape, layouts[1], outputs, "classes")
    if source.type != "tensor(float)" or len(session.get_inputs()) != 1:
        raise InvalidInputError(
            f"{path} must take one float32 tensor; it takes {[i.type for i in session.get_inputs()]}."
        )

    def run(chips: NDArray[np.float32]) -> NDArray[np.float32]:
        fed = np.ascontiguousarray(np.moveaxis(chips, 1, -1)) if layouts[0] == "NHWC" else chips
        try:
            out = session.run([target.name], {source.name: fed})[0]
        except Exception as error:  # ONNX Runtime's errors have no common base
            raise InvalidInputError(
                f"{path} does not run on chips of shape {fed.shape}, as model.json says it should: {error}"
            ) from error
        out = np.moveaxis(out, -1, 1) if layouts[1] == "NHWC" else out
        if out.shape != (len(chips), outputs, *chips.shape[2:]):
            raise InvalidInputError(
                f"{path} answers shape {out.shape} to chips of shape {chips.shape}; "
                f"expected {outputs} outputs of the same size."
            )
        return out

    return run


def _check_channels(path: Path, side: str, shape: list[Any], layout: str, count: int, noun: str) -> None:
    found = shape[1 if layout == "NCHW" else -1] if len(shape) == 4 else None
    if len(shape) != 4 or (isinstance(found, int) and found != count):
        raise InvalidInputError(
            f"{path}: its {side} has shape {shape}, but model.json says {layout} with {count} {noun}. "
            "Correct model.json, or put the right weights beside it."
        )
