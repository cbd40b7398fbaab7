"""How a link spells what is more than one word: views, weights, classes, pairs and pixels."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.classes import LEGEND

if TYPE_CHECKING:
    from collections.abc import Mapping


class Moment(param.String):
    """A date, with a time or without, as ISO 8601 writes it; or nothing."""

    def _validate_value(self, value: object, allow_None: bool) -> None:
        super()._validate_value(value, allow_None)
        if value:
            datetime.fromisoformat(value)


class View(param.String):
    """What `read_view` reads; or nothing."""

    def _validate_value(self, value: object, allow_None: bool) -> None:
        super()._validate_value(value, allow_None)
        if value:
            read_view(value)


def read_view(text: str) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees; raises `ValueError` for what is no part of the world."""
    west, south, east, north = map(float, text.split(","))
    if not (-math.inf < west < east < math.inf and -90 <= south < north <= 90):
        raise ValueError(f"A view is west,south,east,north in degrees; the link says {text}.")
    return west, south, east, north


def read_weights(text: str) -> dict[str, float]:
    """Return class name to weight; raises `ValueError` or `KeyError` for what is none."""
    pairs = [part.rsplit(":", 1) for part in _parts(text)]
    weights = {LEGEND[name].name: float(value) for name, value in pairs}
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights.values()):
        raise ValueError(f"Weights are numbers of at least 0; the link says {text}.")
    return weights


def write_weights(weights: Mapping[str, float]) -> str:
    """Return weights as the link has them."""
    return ",".join(f"{name}:{weight:g}" for name, weight in weights.items())


def read_classes(text: str) -> list[str]:
    """Return names of classes; raises `KeyError` for what is none."""
    return [LEGEND[name].name for name in _parts(text)]


def read_pair(text: str) -> tuple[int, int] | None:
    """Return the codes of two classes; None for no text."""
    if not text:
        return None
    one, other = read_classes(text)
    return LEGEND[one].code, LEGEND[other].code


def write_pair(codes: tuple[int, int] | None) -> str:
    """Return two classes as the link has them."""
    return ",".join(LEGEND[code].name for code in codes) if codes else ""


def read_pixel(text: str) -> tuple[int, int] | None:
    """Return row and column; None for no text."""
    if not text:
        return None
    row, column = map(int, text.split(","))
    return row, column


def write_pixel(pixel: tuple[int, int] | None) -> str:
    """Return row and column as the link has them."""
    return "{},{}".format(*pixel) if pixel else ""


def _parts(text: str) -> list[str]:
    return [part for part in text.split(",") if part]


def spelled(values: Mapping[str, object]) -> str:
    """Return the words of a link with what they say, as a person reads them."""
    return ", ".join(f"{word} {value!r}" for word, value in values.items())
