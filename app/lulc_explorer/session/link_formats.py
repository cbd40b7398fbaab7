"""Formats of a link: views, weights, classes, pairs and pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.classes import LEGEND

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE, YEAR = "region", "year"
"""Words of the link."""
SIZES = (20, 100_000)
"""Fewest and most pixels of a sample that is drawn here."""


class LinkWord(param.String):  # type: ignore[type-arg]  # generic since param 2.4
    """Text that `read` can parse, or none."""

    def read(self, text: str) -> object:
        """Parse a text; raises `ValueError` or `KeyError` for an invalid one."""
        raise NotImplementedError

    def _validate_value(self, value: str, allow_None: bool) -> None:
        super()._validate_value(value, allow_None)
        if value:
            self.read(value)


class Moment(LinkWord):
    """A date, with a time or without, as ISO 8601 writes it."""

    def read(self, text: str) -> datetime:
        return datetime.fromisoformat(text)


class View(LinkWord):
    """West, south, east and north in degrees."""

    def read(self, text: str) -> tuple[float, float, float, float]:
        return read_view(text)


class Drawn(LinkWord):
    """A sample that was drawn from the open map."""

    def read(self, text: str) -> Drawing:
        return read_drawing(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """How a sample was drawn from a map."""

    size: int
    """Pixels drawn."""
    seed: int
    """The same seed draws the same pixels."""
    weights: Mapping[str, float]
    """Class weights of the map whose classes are the strata: class name to weight where it is not the legend's."""


def read_view(text: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees; raises `ValueError` for an invalid view."""
    west, south, east, north = map(float, _plain(text).split(","))
    if not (-math.inf < west < east < math.inf and -90 <= south < north <= 90):
        raise ValueError(f"A view is west,south,east,north in degrees; the link says {text}.")
    return west, south, east, north


def read_weights(text: str) -> dict[str, float]:
    """Return class name to weight; raises `ValueError` or `KeyError` for an invalid one."""
    pairs = [part.rsplit(":", 1) for part in _parts(_plain(text))]
    weights = {LEGEND[name].name: float(value) for name, value in pairs}
    if len(weights) < len(pairs):
        raise ValueError(f"A class has one weight; the link says {text}.")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise ValueError(f"Weights are numbers of at least 0; the link says {text}.")
    return weights


def write_weights(weights: Mapping[str, float]) -> str:
    """Return weights in the format of the link."""
    return ",".join(f"{name}:{weight:g}" for name, weight in weights.items())


def read_classes(text: str) -> list[str]:
    """Return class names; raises `KeyError` for an unknown one."""
    return [LEGEND[name].name for name in _parts(text)]


def read_pair(text: str) -> tuple[int, int] | None:
    """Return the codes of two classes; None for an empty text; raises `ValueError` for a class and itself."""
    if not text:
        return None
    one, other = read_classes(text)
    if one == other:
        raise ValueError(f"A pair has two classes; the link says {text}.")
    return LEGEND[one].code, LEGEND[other].code


def write_pair(codes: tuple[int, int] | None) -> str:
    """Return two classes in the format of the link."""
    return ",".join(LEGEND[code].name for code in codes) if codes else ""


def read_drawing(text: str) -> Drawing:
    """Return how a sample was drawn; raises `ValueError` or `KeyError` for an invalid one.

    Former links name other weights after a second semicolon, those of the map that its labels were compared with: now
    that is always the map on screen.

    Examples
    --------
    >>> read_drawing("600,1;crops:1.5").weights
    {'crops': 1.5}
    """
    numbers, *others = text.split(";")
    size, seed = map(int, _plain(numbers).split(","))
    if not (SIZES[0] <= size <= SIZES[1] and seed >= 0 and len(others) <= 2):
        raise ValueError(f"A sample is size,seed with {SIZES[0]} to {SIZES[1]} pixels; the link says {text}.")
    weights = [read_weights(other) for other in others] or [{}]
    return Drawing(size=size, seed=seed, weights=weights[0])


def write_drawing(drawing: Drawing) -> str:
    """Return how a sample was drawn in the format of the link."""
    return ";".join(filter(None, (f"{drawing.size},{drawing.seed}", write_weights(drawing.weights))))


def read_pixel(text: str) -> tuple[int, int] | None:
    """Return row and column; None for an empty text."""
    if not text:
        return None
    row, column = map(int, _plain(text).split(","))
    return row, column


def write_pixel(pixel: tuple[int, int] | None) -> str:
    """Return row and column in the format of the link."""
    return "{},{}".format(*pixel) if pixel else ""


def _plain(text: str) -> str:
    """Return a text with numbers; raises `ValueError` for what only Python reads as one, such as 1_0."""
    if "_" in text or not text.isascii():
        raise ValueError(f"Numbers are written as 10 or 1.5; the link says {text}.")
    return text


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def unavailable(words: Mapping[str, object]) -> str:
    """Return the words of a link that are not available as a clause; several values of one word are in a list."""
    values = {word: value if isinstance(value, list) else [value] for word, value in words.items()}
    asked = ", ".join(f"{word} {' as well as '.join(map(repr, each))}" for word, each in values.items())
    return f"{asked}, which {'is' if len(words) == 1 else 'are'} not available"
