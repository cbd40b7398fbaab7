"""What a network says of itself: ``model.json``, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, NO_DATA, Legend
from lulc_core.networks.fields import is_number, need, one_of, read_object, shown, text, whole_number
from lulc_core.networks.scaling import OF_A_SCALING, Scaling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields

CARD = "model.json"
OUTPUT_KINDS = ("logits", "probabilities")
LAYOUTS = ("NCHW", "NHWC")
LARGEST_MULTIPLE = 512
BRIGHTEST = 0.6
"""Of the chip that a network is tried on: reflectance of snow and cloud."""
LEAST_PX = 32
"""Smaller chips are padded by reflection to this: what networks that halve their input need."""
OTHER_NAMES = re.compile(
    r"(id|idx|index)_?(2|to)_?(label|class|name)|(label|class|name)_?(2|to)_?(id|idx|index)|labels?|categories|"
    r"(class|label|category)?_?names|class_?(map|list|labels)",
    re.IGNORECASE,
)
"""Fields in which other programs write the names of the classes."""
PIXEL_SIZES = re.compile(
    r"(pixel_?|spatial_?|ground_?)?resolution(_m)?|gsd(_m)?|pixel_?(size|spacing)(_m)?", re.IGNORECASE
)
"""Fields in which other programs write the size of the pixels that a network was trained on."""
OF_A_SENSOR = re.compile(
    r"(sensor|satellite|platform|mission|constellation|instrument|collection)s?(_?(id|name))?|trained_on|training_imagery",
    re.IGNORECASE,
)
"""Fields in which other programs write what imagery a network was trained on."""
OTHER_SENSOR = re.compile(
    r"landsat|\boli\b|modis|viirs|sentinel[-_ ]?[13-6](?![0-9])|planetscope|skysat|\bnaip\b|worldview-\d|gaofen",
    re.IGNORECASE,
)
OWN_SENSOR = re.compile(r"sentinel[-_ ]?(1 ?([/&+,]|and) ?)?2|\bs2|\bmsi\b", re.IGNORECASE)
"""How the imagery of maps is called."""
PIXEL_M = 10
"""Edge of a pixel of the grid of every map, m."""
NO_CLASS = ("no data", "no-data", "no_data", "nodata", "background", "unlabelled", "unlabeled")
"""Names of outputs that mean no class."""


def trial_size(multiple: int) -> tuple[int, int]:
    """Return height and width to try a network on: odd multiples show a multiple that is stated too small.

    Examples
    --------
    >>> trial_size(1), trial_size(16)
    ((33, 34), (48, 64))
    """
    odd = LEAST_PX // multiple + 1 - LEAST_PX // multiple % 2
    return odd * multiple, (odd + 1) * multiple


def trial_chip(bands: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a chip of random reflectances to try a network on, (1, band, y, x), always the same."""
    return np.random.default_rng(0).uniform(0, BRIGHTEST, (1, bands, *size)).astype(np.float32)


def level_remark(name: str, other_level: str) -> str:
    """Return what a reader of a network's maps should know of its product level; empty for none but L2A.

    Examples
    --------
    >>> level_remark("Dynamic World", "L1C")
    'Dynamic World was made for L1C; the imagery is L2A (surface reflectance).'
    """
    return f"{name} was made for {other_level}; the imagery is L2A (surface reflectance)." if other_level else ""


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
    other_level: str
    """The product level that it was made for, if that is not L2A, surface reflectance; else empty."""
    other_names: Mapping[str, str]
    """Names of classes that the legend does not know, each with the class of the legend that its code says."""
    fields: JsonFields = field(repr=False)
    """The whole of ``model.json``."""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the ``model.json`` of a folder; raises `InvalidInputError` if it is wrong."""
        fields = read_object(folder / CARD)
        source = str(folder / CARD)
        _refuse_elsewhere(fields, source)
        bands = _read_bands(fields, source)
        return cls(
            folder=folder,
            name=text(fields.get("name", folder.resolve().name), "name", source),
            formats=_read_formats(fields, source),
            bands=bands,
            legend=_read_legend(fields, source),
            codes=_read_codes(fields, source),
            scaling=Scaling.read(need(fields, "scaling", dict, source), len(bands), source),
            output_kind=one_of(OUTPUT_KINDS, need(fields, "output", dict, source).get("kind"), "output.kind", source),
            multiple=whole_number(fields.get("size_multiple", 1), LARGEST_MULTIPLE, "size_multiple", source),
            other_level=_read_level(fields, source),
            other_names=_other_names(fields["classes"]),
            fields=fields,
        )

    @property
    def level_remark(self) -> str:
        """What a reader of its maps should know of the product level that it was made for; empty if nothing."""
        return level_remark(self.name, self.other_level)

    @property
    def source(self) -> str:
        """Path of the ``model.json``, for messages."""
        return str(self.folder / CARD)

    def layout(self, side: str) -> str:
        """Return the layout, one of `LAYOUTS`, of the tensor on a side: ``"input"`` or ``"output"``."""
        layout = need(self.fields, side, dict, self.source).get("layout")
        return one_of(LAYOUTS, layout, f"{side}.layout", self.source)

    def tensor_name(self, side: str) -> str | None:
        """Return the name of the tensor on a side, ``"input"`` or ``"output"``, if the card gives one."""
        name = self.fields[side].get("name")
        return None if name is None else text(name, f"{side}.name", self.source)

    def tensor_shape(self, side: str) -> list[int | None]:
        """Return the lengths of the four axes on a side that the card gives, None for those that it leaves open."""
        shape = self.fields[side].get("shape") or [None] * 4
        if (
            not isinstance(shape, list)
            or len(shape) != 4
            or not all(n is None or (type(n) is int and n >= 1) for n in shape)
        ):
            raise InvalidInputError(
                f"{self.source}: {side}.shape must be four whole numbers, null for any; got {shown(shape)}."
            )
        return shape

    def whole_number(self, name: str, most: int) -> int:
        """Return a whole number that a format of weights needs, within 1 and `most`."""
        return whole_number(self.fields.get(name), most, name, self.source)


def _refuse_elsewhere(fields: JsonFields, source: str) -> None:
    """Refuse what is said of scaling, bands and names elsewhere, as other programs do: it would be ignored."""
    sides = {side: fields[side] for side in ("input", "output") if isinstance(fields.get(side), dict)}
    inside = {f"{side}.{name}": value for side, inner in sides.items() for name, value in inner.items()}
    said = {**fields, **inside}
    plain = {name: name.rpartition(".")[2] for name in said}
    if scaling := [n for n in said if n != "scaling" and (OF_A_SCALING.match(plain[n]) or plain[n] == "scaling")]:
        raise InvalidInputError(
            f"{source}: {', '.join(scaling)} is not read. Write how reflectance (0-1) becomes the network's input "
            "into scaling, with its kind, or remove it."
        )
    if said.get("input.bands", fields.get("bands")) != fields.get("bands"):
        raise InvalidInputError(f"{source}: input.bands is not read, and is not what bands says. Correct one of them.")
    sized = {name: said[name] for name in said if PIXEL_SIZES.fullmatch(plain[name])}
    if sizes := [f"{name} {shown(size)}" for name, size in sized.items() if not _is_own(size)]:
        raise InvalidInputError(
            f"{source}: {', '.join(sizes)} is another size of pixel than the {PIXEL_M} m on which a network is run. "
            "Give a network that was trained on these, or correct it."
        )
    of_others = [f"{name} {shown(said[name])}" for name in said if OF_A_SENSOR.fullmatch(plain[name])]
    if others := [each for each in of_others if OTHER_SENSOR.search(each) and not OWN_SENSOR.search(each)]:
        raise InvalidInputError(
            f"{source}: {', '.join(others)} is not of Sentinel-2, which maps are made from. Give a network that was "
            "trained on that, or correct the card."
        )
    if names := [name for name in said if OTHER_NAMES.fullmatch(plain[name])]:
        raise InvalidInputError(
            f"{source}: {', '.join(names)} is not read. Write the name of each class into classes, beside its index "
            "and legend_code, or remove it."
        )


def _is_own(size: object) -> bool:
    """Return whether a stated size of a pixel, m, is that on which a network is run; so is what states none."""
    numbers = [float(text) for text in re.findall(r"\d+(?:\.\d+)?(?:e-?\d+)?", str(size))]
    return all(number == PIXEL_M for number in numbers)


def _read_level(fields: JsonFields, source: str) -> str:
    """Return the product level if it is another than that of the imagery, which is L2A."""
    if fields.get("product_level") is None:
        return ""
    level = text(fields["product_level"], "product_level", source)
    named = _LEVELS.search(level)
    return "" if named and named["surface"] else level


_LEVELS = re.compile(r"(?P<surface>2a|surface|boa|bottom[ _-]of)|1c|toa|top[ _-]of", re.IGNORECASE)
"""How levels are called, that of the imagery, surface reflectance, by its group; the first that is named counts."""


def _read_formats(fields: JsonFields, source: str) -> tuple[str, ...]:
    """Return the formats of the weights; which of them are known is for the runtimes to say."""
    stated = fields.get("format")
    formats = stated if isinstance(stated, list) else [stated]
    if not formats or not all(isinstance(name, str) for name in formats):
        raise InvalidInputError(
            f"{source}: format must be the name of a format, or a list of names; got {shown(stated)}."
        )
    return tuple(formats)


def _read_bands(fields: JsonFields, source: str) -> tuple[str, ...]:
    bands = need(fields, "bands", list, source)
    if not all(isinstance(band, str) for band in bands) or len(set(bands)) != len(bands):
        raise InvalidInputError(f"{source}: bands must be different asset keys; got {shown(bands)}.")
    return tuple(bands)


def _read_legend(fields: JsonFields, source: str) -> Legend:
    """Return the legend with the class weights that ``model.json`` gives, if any."""
    weights = fields.get("weights", {})
    if not isinstance(weights, dict) or not all(map(is_number, weights.values())):
        raise InvalidInputError(f"{source}: weights must map class names to numbers; got {shown(weights)}.")
    try:
        return LEGEND.weighted(weights)
    except InvalidInputError as error:
        raise InvalidInputError(f"{source}, weights: {error}") from error


def _read_codes(fields: JsonFields, source: str) -> tuple[int, ...]:
    """Return the legend code of each output, in order."""
    classes = need(fields, "classes", list, source)
    if not all(isinstance(c, dict) and type(c.get("index")) is type(c.get("legend_code")) is int for c in classes):
        raise InvalidInputError(
            f"{source}: each class needs an index and a legend_code, whole numbers; got {shown(classes)}."
        )
    by_index = {c["index"]: c["legend_code"] for c in classes}
    if sorted(by_index) != list(range(len(classes))):
        raise InvalidInputError(
            f"{source}: class indices must be 0 to {len(classes) - 1}, each once; got {shown(sorted(by_index))}."
        )
    codes = tuple(by_index[i] for i in range(len(classes)))
    if not any(codes):
        raise InvalidInputError(f"{source}: at least one class needs a legend_code that is not 0.")
    LEGEND.check_codes(np.array(codes), source)
    for c in classes:
        check_name(c, source)
    if codes == tuple(range(len(codes))) and 2 < len(codes) <= len(LEGEND) and not any(c.get("name") for c in classes):
        raise InvalidInputError(
            f"{source}: each legend_code is the index, 0 to {codes[-1]}, as where classes count from 0; here 0 is no "
            f"data, and 1 is {LEGEND[1].name}. Correct each legend_code, or give each class its name."
        )
    if len({*codes} - {NO_DATA}) < 2:
        raise InvalidInputError(
            f"{source}: all classes have one legend_code but for 0 (no data), which is never mapped, so that every "
            f"pixel would be {LEGEND[max(codes)].name}. Give the other outputs the legend_code of what they are."
        )
    return codes


def _other_names(classes: Sequence[JsonFields]) -> dict[str, str]:
    """Return the names that are not known, of classes that have been checked, with what their codes mean."""
    named = {c["name"]: c["legend_code"] for c in classes if c.get("name") is not None}
    return {name: LEGEND[code].name for name, code in named.items() if code != NO_DATA and not LEGEND.find(name)}


def check_name(entry: JsonFields, source: str) -> None:
    """Refuse a class whose name means another code than the one it has; a name that is not known is believed."""
    if entry.get("name") is None:
        return
    name, code = text(entry["name"], "the name of a class", source), entry["legend_code"]
    named = LEGEND.find(name)
    meant = NO_DATA if name.casefold() in NO_CLASS else named.code if named else code
    if meant != code:
        raise InvalidInputError(
            f"{source}: class {entry['index']} is named {name!r}, which is code {meant}, but its legend_code is "
            f"{code}. Correct the one that is wrong."
        )
