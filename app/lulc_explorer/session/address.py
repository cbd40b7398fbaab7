"""What the link in the address bar restores, and how what is more than one word is written there."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param

from lulc_explorer.engine.repository import LEGEND, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from panel.io.location import Location
    from param.parameterized import Event

    from lulc_explorer.session.explorer import Explorer

CHOICES = {
    "place": "region",
    "year": "year",
    "imagery": "imagery",
    "network": "network",
    "scene": "scene",
    "view": "view",
    "left": "left",
    "right": "right",
    "mode": "mode",
    "divider": "divider",
    "tab": "tab",
    "probed": "class",
    "at_least": "threshold",
    "highlight": "highlight",
    "basemap": "basemap",
    "opacity": "opacity",
}
"""Of the explorer: parameter to name in the query."""
OF_THE_MAP = {"region", "year", "imagery", "network"}
"""The words of a link without which nobody knows which map is asked for."""
_ALWAYS = {"region", "year"}
"""The words that any link has, so that it still means the same when the defaults change."""
COMPARISON = {"before": "before", "after": "after"}
REVIEW = {"source": "matrix", "region": "of", "corrected": "corrected", "show": "cells", "focus": "focus"}


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


class Word(param.String):
    """What its function in `FORMS` reads; or nothing."""

    def _validate_value(self, value: object, allow_None: bool) -> None:
        super()._validate_value(value, allow_None)
        if value:
            FORMS[self.name][0](value)


class Address(param.Parameterized):
    """The choices of a person that the link holds in words of their own; empty for none.

    Parameters
    ----------
    explorer
        Whose choices.
    """

    weights = Word(doc="As `crops:1.5,grass:0.8`.")
    hidden = Word(doc="As `clouds,snow/ice`.")
    rivals = Word(doc="As `grass,crops`.")
    pixel = Word(doc="Row and column, as `500,312`.")

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._explorer = explorer
        for name, (_, write) in FORMS.items():
            setattr(self, name, write(getattr(explorer, name)))
        self.param.watch(self._read, list(FORMS))
        explorer.param.watch(self._write, list(FORMS))

    def _read(self, *events: Event) -> None:
        """Take over what the link says."""
        for event in events:
            read, write = FORMS[event.name]
            if event.new != write(getattr(self._explorer, event.name)):
                value = read(event.new)
                if event.name == "pixel":
                    value = self._explorer.on_the_map(value)
                setattr(self._explorer, event.name, value)
                setattr(self, event.name, write(getattr(self._explorer, event.name)))

    def _write(self, *events: Event) -> None:
        self.param.update({event.name: FORMS[event.name][1](event.new) for event in events})


def left_out(values: Mapping[str, object]) -> UserError:
    """Return what to say of what a link asks for and cannot have, by its words."""
    return UserError(f"The link asks for {spelled(values)}, which cannot be, and is left out.")


def spelled(values: Mapping[str, object]) -> str:
    """Return the words of a link with what they say, as a person reads them."""
    return ", ".join(f"{word} {value!r}" for word, value in values.items())


def take(
    choices: param.Parameterized, asked: Mapping[str, object], names: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Take over what can be of some choices, one by one; return what cannot, by the words of the link.

    panel 1.9 takes over nothing after the first that cannot be, and tells of all.
    """
    wrong = {}
    for name, value in asked.items():
        try:
            setattr(choices, name, value)
        except (ValueError, TypeError, KeyError):
            wrong[(names or {}).get(name, name)] = value
    return wrong


def keep_true(location: Location) -> None:
    """Write what is chosen over what the link asks for and cannot have, which map it is into any, and no empty word.

    panel 1.9: when a page is there, it says once more what it was opened with, wrong words and all.
    """

    def amend() -> None:
        location.search = "?" + urlencode(_truth(location))

    def look(_: Event) -> None:
        blank = "" in dict(parse_qsl(location.search[1:], keep_blank_values=True)).values()
        if blank or _truth(location) != location.query_params:
            pn.state.execute(amend, schedule=True)

    location.param.watch(look, "search")
    pn.state.onload(amend)


def _truth(location: Location) -> dict[str, object]:
    """Return what the address is to say: which map it is, and of its own words what is chosen, if anything is."""
    chosen = {word: getattr(who, name) for who, names, *_ in location._synced for name, word in names.items()}
    asked = location.query_params
    said = asked | {word: value for word, value in chosen.items() if word in asked.keys() | _ALWAYS}
    return {word: value for word, value in said.items() if value not in ("", None)}


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


FORMS: dict[str, tuple[Callable, Callable]] = {
    "weights": (read_weights, write_weights),
    "hidden": (read_classes, ",".join),
    "rivals": (read_pair, write_pair),
    "pixel": (read_pixel, write_pixel),
}
"""How each is read and written."""
