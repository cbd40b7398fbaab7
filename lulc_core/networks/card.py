"""What a network says of itself: ``model.json``, read and checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import scipy.special

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, Legend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CARD = "model.json"
OUTPUT_KINDS = ("logits", "probabilities")
LAYOUTS = ("NCHW", "NHWC")
LARGEST_MULTIPLE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingKind:
    """One way to turn reflectance into network input: a formula of two parameters."""

    parameters: tuple[str, str]
    """Names of the two parameters in ``model.json``."""
    formula: Callable[[Floats, Floats, Floats], Floats]
    """Scaled input of reflectance (chip, band, y, x) and the two parameters, which broadcast to it."""
    spread: Callable[[Floats, Floats], Floats]
    """What must be positive for the formula to keep different values apart."""


def _clip(reflectance: Floats, low: Floats, high: Floats) -> Floats:
    return (np.clip(reflectance, low, high) - low) / (high - low)


def _standardise(reflectance: Floats, mean: Floats, deviation: Floats) -> Floats:
    return (reflectance - mean) / deviation


def _log_percentile_sigmoid(reflectance: Floats, low: Floats, high: Floats) -> Floats:
    logs = np.log1p(np.float32(50) * np.maximum(reflectance, 0))
    return scipy.special.expit(5 * (logs - low) / high - 1).astype(np.float32)


SCALINGS = {
    "clip": ScalingKind(parameters=("low", "high"), formula=_clip, spread=lambda low, high: high - low),
    "standardise": ScalingKind(
        parameters=("mean", "deviation"), formula=_standardise, spread=lambda _, deviation: deviation
    ),
    "log-percentile-sigmoid": ScalingKind(
        parameters=("low", "high"), formula=_log_percentile_sigmoid, spread=lambda _, high: high
    ),
}
"""Every kind of scaling, by its name in ``model.json``; see `Scaling`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How reflectance becomes network input.

    ``clip`` is ``(clip(r, low, high) - low) / (high - low)``; ``standardise`` is ``(r - mean) / deviation``;
    ``log-percentile-sigmoid`` is ``sigmoid(5 * (ln(0.005 * DN + 1) - low) / high - 1)`` with ``DN = 10000 * r``,
    the scaling of Dynamic World (Brown et al. 2022).

    Examples
    --------
    >>> scaling = Scaling.read({"kind": "clip", "low": 0, "high": 0.5}, bands=1)
    >>> scaling(np.full((1, 1, 1, 1), 0.25, np.float32)).item()
    0.5
    """

    kind: str
    """One of `SCALINGS`."""
    first: Floats
    """First parameter of the formula: shape () or (band,)."""
    second: Floats
    """Second parameter of the formula: shape () or (band,)."""

    @classmethod
    def read(cls, fields: Mapping[str, Any], bands: int, source: str = CARD) -> Self:
        """Read the ``scaling`` of a ``model.json``; raises `InvalidInputError` if it is wrong."""
        name = fields.get("kind")
        if name not in SCALINGS:
            raise InvalidInputError(f"{source}: scaling.kind must be one of {list(SCALINGS)}; got {name!r}.")
        kind = SCALINGS[name]
        first, second = (_read_parameter(fields, parameter, bands, source) for parameter in kind.parameters)
        if not (kind.spread(first, second) > 0).all():
            raise InvalidInputError(
                f"{source}: the scaling must spread the values: clip needs high > low, standardise a deviation > 0, "
                f"log-percentile-sigmoid a high > 0; got {dict(fields)}."
            )
        return cls(kind=name, first=first, second=second)

    def __call__(self, reflectance: Floats) -> Floats:
        """Return network input, float32, of reflectance (chip, band, y, x), float32, unitless."""
        first, second = (parameter[..., None, None] for parameter in (self.first, self.second))
        return SCALINGS[self.kind].formula(reflectance, first, second)


def _read_parameter(fields: Mapping[str, Any], name: str, bands: int, source: str) -> Floats:
    """Return one number, shape (), or one for each band, shape (band,)."""
    try:
        value = np.asarray(fields[name], np.float32)
    except (KeyError, TypeError, ValueError):
        value = np.empty(0, np.float32)
    if value.shape not in ((), (bands,)) or not np.isfinite(value).all():
        raise InvalidInputError(
            f"{source}: scaling.{name} must be one number or {bands}, one per band; got {fields.get(name)!r}."
        )
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A ``model.json`` that has been checked."""

    folder: Path
    """Where it lies, beside the weights."""
    name: str
    """Short name for reports and screens; the folder's unless it gives one."""
    formats: tuple[str, ...]
    """Formats of its weights; more than one if the same network is there in each."""
    bands: tuple[str, ...]
    """Asset keys of the bands that the network takes, in order."""
    legend: Legend = field(repr=False)
    """The classes, each with the weight that suits this network."""
    codes: tuple[int, ...]
    """Legend code of each network output; 0 (no data) for an output without a class."""
    scaling: Scaling
    """From reflectance to network input."""
    output_kind: str
    """One of `OUTPUT_KINDS`."""
    multiple: int
    """Height and width of the input must be multiples of this."""
    fields: Mapping[str, Any] = field(repr=False)
    """The whole of ``model.json``."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``model.json`` of a folder; raises `InvalidInputError` if it is wrong."""
        fields = _read_json(folder / CARD)
        source = str(folder / CARD)
        bands = _read_bands(fields, source)
        return cls(
            folder=folder,
            name=str(fields.get("name", folder.name)),
            formats=_read_formats(fields, source),
            bands=bands,
            legend=_read_legend(fields, source),
            codes=_read_codes(fields, source),
            scaling=Scaling.read(_need(fields, "scaling", dict, source), len(bands), source),
            output_kind=_one_of(OUTPUT_KINDS, _need(fields, "output", dict, source).get("kind"), "output.kind", source),
            multiple=_read_whole(fields.get("size_multiple", 1), LARGEST_MULTIPLE, "size_multiple", source),
            fields=fields,
        )

    @property
    def source(self) -> str:
        """Path of the ``model.json``, for messages."""
        return str(self.folder / CARD)

    def layout(self, side: str) -> str:
        """Return the layout, one of `LAYOUTS`, of the tensor on a side: ``"input"`` or ``"output"``."""
        layout = _need(self.fields, side, dict, self.source).get("layout")
        return _one_of(LAYOUTS, layout, f"{side}.layout", self.source)

    def whole_number(self, name: str, most: int) -> int:
        """Return a whole number that a format of weights needs, within 1 and `most`."""
        return _read_whole(self.fields.get(name), most, name, self.source)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        fields = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInputError(f"{path} is not readable as JSON: {error}") from error
    if not isinstance(fields, dict):
        raise InvalidInputError(f"{path} must hold a JSON object; got {type(fields).__name__}.")
    return fields


def _need(fields: Mapping[str, Any], key: str, kind: type, source: str) -> Any:
    value = fields.get(key)
    if not isinstance(value, kind) or not value:
        raise InvalidInputError(f"{source} needs {key!r}, a {kind.__name__} that is not empty; got {value!r}.")
    return value


def _one_of(known: tuple[str, ...], value: object, name: str, source: str) -> str:
    if value not in known:
        raise InvalidInputError(f"{source}: {name} must be one of {', '.join(known)}; got {value!r}.")
    return str(value)


def _read_whole(value: object, most: int, name: str, source: str) -> int:
    if not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInputError(f"{source}: {name} must be a whole number within 1-{most}; got {value!r}.")
    return value


def _read_formats(fields: Mapping[str, Any], source: str) -> tuple[str, ...]:
    """Return the formats of the weights; which of them are known is for the runtimes to say."""
    stated = fields.get("format")
    formats = stated if isinstance(stated, list) else [stated]
    if not formats or not all(isinstance(name, str) for name in formats):
        raise InvalidInputError(f"{source}: format must be the name of a format, or a list of names; got {stated!r}.")
    return tuple(formats)


def _read_bands(fields: Mapping[str, Any], source: str) -> tuple[str, ...]:
    bands = _need(fields, "bands", list, source)
    if not all(isinstance(band, str) for band in bands) or len(set(bands)) != len(bands):
        raise InvalidInputError(f"{source}: bands must be different asset keys; got {bands}.")
    return tuple(bands)


def _read_legend(fields: Mapping[str, Any], source: str) -> Legend:
    """Return the legend with the class weights that ``model.json`` gives, if any."""
    weights = fields.get("weights", {})
    if not isinstance(weights, dict) or not all(isinstance(w, int | float) for w in weights.values()):
        raise InvalidInputError(f"{source}: weights must map class names to numbers; got {weights!r}.")
    try:
        return LEGEND.weighted(weights)
    except InvalidInputError as error:
        raise InvalidInputError(f"{source}, weights: {error}") from error


def _read_codes(fields: Mapping[str, Any], source: str) -> tuple[int, ...]:
    """Return the legend code of each output, in order."""
    classes = _need(fields, "classes", list, source)
    try:
        by_index = {int(c["index"]): int(c["legend_code"]) for c in classes}
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{source}: each class needs an index and a legend_code; {error!r}.") from error
    if sorted(by_index) != list(range(len(classes))):
        raise InvalidInputError(
            f"{source}: class indices must be 0 to {len(classes) - 1}, each once; got {sorted(by_index)}."
        )
    codes = tuple(by_index[i] for i in range(len(classes)))
    if not any(codes):
        raise InvalidInputError(f"{source}: at least one class needs a legend_code that is not 0.")
    LEGEND.check_codes(np.array(codes), source)
    return codes
