"""The link in the address bar: what it restores, and how choices are written in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param

from lulc_explorer.engine.errors import UserError
from lulc_explorer.session.accuracy import PAPER
from lulc_explorer.session.link_formats import (
    PLACE,
    YEAR,
    LinkWord,
    read_classes,
    read_pair,
    read_pixel,
    read_weights,
    unavailable,
    write_pair,
    write_pixel,
    write_weights,
)
from lulc_explorer.session.opening import nearest_scene, on_the_map

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from panel.io.location import Location
    from param.parameterized import Event

    from lulc_explorer.session.change import ChangeSession
    from lulc_explorer.session.session import Session

SELECTION = {"place": PLACE, "year": YEAR, "imagery": "imagery", "network": "network"}
"""Map selection: parameter to word of the link."""
LAYERS = {
    "scene": "scene",
    "left": "left",
    "right": "right",
    "target_class": "class",
    "threshold": "threshold",
    "highlight": "highlight",
}
DISPLAY = {
    "view": "view",
    "mode": "mode",
    "divider": "divider",
    "tab": "tab",
    "basemap": "basemap",
    "opacity": "opacity",
    "colours": "colours",
    "graticule": "graticule",
    "stage": "stage",
}
FOCUS = {"least_ha": "smallest"}
INSPECTION = {"side": "pixel-on"}
YEARS = {side: (f"{side}-year", f"{side}-scene") for side in ("left", "right")}
"""Year of a side, and its scene: side to words of the link."""
CHANGE = {"before": "before", "after": "after"}
_USUAL_YEARS: dict[str, Callable[[tuple[int, ...]], int]] = {"before": min, "after": max}
"""Which years of a place Change compares, unless others are chosen."""
ACCURACY = {
    "source": "matrix",
    "region": "of",
    "corrected": "corrected",
    "show": "cells",
    "focus": "focus",
    "drawing": "sample",
}
TRADE_OFF = {"target": "along", "rival": "against", "axes": "curve"}
ALSO = {"place": PLACE}
"""Other names for words of a link."""
_OF_THE_PAPER = {"of", "corrected"}
"""Words of a link that choose among the paper's matrices."""
OF_THE_MAP = {*SELECTION.values()}
"""The words of a link that identify the map."""
_OF_ONE_PLACE = {"view", "scene", "pixel", "sample", *CHANGE.values(), *chain.from_iterable(YEARS.values())}
"""The words of a link that mean nothing without their place."""
_OF_ITS_MAP = OF_THE_MAP | {*CHANGE.values()}
"""The words of a link that have other values without it, on another map."""
_ALWAYS = {PLACE, YEAR}
"""The words that every link has, so that it keeps its meaning when the defaults change."""
_OF_OTHERS = {"bokeh-absolute-url", "bokeh-app-path", "bokeh-autoload-element", "bokeh-session-id"}
"""Words that bokeh reads."""
_THEMES = {"dark", "default"}
"""Values of the word ``theme``, which panel reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a choice is written in a link."""

    part: Callable[[Session], param.Parameterized]
    """Returns the part of the session."""
    name: str
    """The parameter of that part."""
    read: Callable[[str], Any]
    """Parses the word; raises `ValueError` or `KeyError` for an invalid one."""
    write: Callable[[Any], str]
    """Formats a value; empty for none."""

    def current(self, session: Session) -> str:
        """Return the word of the current value."""
        return self.write(getattr(self.part(session), self.name))


FORMS = {
    "weights": Form(part=lambda s: s.weights, name="chosen", read=read_weights, write=write_weights),
    "hidden": Form(part=lambda s: s.layers, name="hidden", read=read_classes, write=",".join),
    "rivals": Form(part=lambda s: s.focus, name="pair", read=read_pair, write=write_pair),
    "pixel": Form(part=lambda s: s.inspection, name="pixel", read=read_pixel, write=write_pixel),
}
"""The words of a link that need a format of their own."""


class Word(LinkWord):
    """Text that its form in `FORMS` parses."""

    def read(self, text: str) -> object:
        return FORMS[str(self.name)].read(text)


class Address(param.Parameterized):
    """The choices that the link holds in a format of their own; empty for none.

    Parameters
    ----------
    session
        The person's session.
    """

    weights = Word(doc="As `crops:1.5,grass:0.8`.")
    hidden = Word(doc="As `clouds,snow/ice`.")
    rivals = Word(doc="As `grass,crops`.")
    pixel = Word(doc="Row and column, as `500,312`.")

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._write()
        self.param.watch(self._read, list(FORMS))
        for form in FORMS.values():
            form.part(session).param.watch(self._write, form.name)

    def _read(self, *events: Event) -> None:
        """Apply the words of the link."""
        for event in events:
            form = FORMS[event.name]
            if event.new != form.current(self._session):
                value = form.read(event.new)
                if event.name == "pixel" and self._session.arrived:
                    value = on_the_map(self._session, value, self._session.map.land_cover)
                setattr(form.part(self._session), form.name, value)
                setattr(self, event.name, form.current(self._session))

    def _write(self, *_: Event) -> None:
        self.param.update({word: form.current(self._session) for word, form in FORMS.items()})


def choices(session: Session) -> list[tuple[param.Parameterized, dict[str, str]]]:
    """Return the parts of a session whose parameters a link holds as they are, each with its words."""
    return [
        (session.selection, SELECTION),
        (session.layers, LAYERS),
        (session.display, DISPLAY),
        (session.focus, FOCUS),
        (session.inspection, INSPECTION),
        *((session.years[side], {"year": year, "scene": scene}) for side, (year, scene) in YEARS.items()),
    ]


class LeftOut:
    """The words of a link that are not available: while the page is built they are gathered into one message.

    Parameters
    ----------
    say
        Shows an error.
    """

    def __init__(self, say: Callable[[UserError], None]) -> None:
        self._say = say
        self._words: dict[str, object] = {}
        self._gathering = True

    def add(self, words: Mapping[str, object]) -> None:
        """Gather words with their values; once the page is built, tell them at once."""
        self._words |= words
        if not self._gathering:
            self.tell()

    def tell(self) -> None:
        """Tell what has been gathered."""
        words, self._words, self._gathering = self._words, {}, False
        if words:
            were = "was" if len(words) == 1 else "were"
            self._say(UserError(f"The link asks for {unavailable(words)} and {were} ignored."))


def take(
    choices: param.Parameterized, asked: Mapping[str, object], names: Mapping[str, str] | None = None
) -> dict[str, object]:
    """Apply the valid choices of a link one by one; return the invalid ones by their words.

    panel 1.9 applies nothing after the first invalid one, and reports all; the key of a folder called 2018 is a number
    to it.
    """
    wrong = {}
    for name, value in asked.items():
        text = isinstance(value, int) and isinstance(choices.param[name], param.String)
        try:
            setattr(choices, name, str(value) if text else value)
        except (ValueError, TypeError, KeyError):
            wrong[(names or {}).get(name, name)] = value
    return wrong


def give_up_unfit(session: Session, change: ChangeSession) -> dict[str, object]:
    """Give up the words of a link that do not fit the map it opens; return them with their values.

    They are years of Change without imagery of the place, and the scene of a side that shows the chosen year.
    """
    unfit: dict[str, object] = {}
    years = session.selection.years
    for name, usual in _USUAL_YEARS.items():
        if years and (year := getattr(change, name)) not in years:
            unfit[CHANGE[name]] = year
            setattr(change, name, usual(years))
    for side, (_, word) in YEARS.items():
        of = session.years[side]
        if of.scene and of.year in (None, session.selection.year):
            unfit[word], of.scene = of.scene, ""
    return unfit


def begin(location: Location) -> dict[str, object]:
    """Return the words of the link, and put them in place of their other names, unless it has both.

    A link that chooses among the paper's matrices is of the paper, which needed no word when it was the default. A word
    without a value is returned as empty: panel has none of these.
    """
    asked, texts = location.query_params, parse_qsl(location.search[1:], keep_blank_values=True)
    words = {ALSO[word] if word in ALSO and ALSO[word] not in asked else word: value for word, value in asked.items()}
    if _OF_THE_PAPER & words.keys():
        words.setdefault(ACCURACY["source"], PAPER)
    if words != asked:
        location.search = "?" + urlencode(words, doseq=True)
    return {ALSO.get(word, word): text for word, text in texts if not text} | words


def forget_place(location: Location) -> None:
    """Leave out what the link asks for of a place that nobody knows: it is of no other."""
    _leave_out(location, _OF_ONE_PLACE)


def _leave_years(location: Location, years: tuple[int, ...]) -> None:
    """Leave out the years of such a place, once a person has gone on with another; those that they have chosen stay."""
    usual = {CHANGE[name]: of(years) for name, of in _USUAL_YEARS.items() if years}
    _leave_out(location, {word for who, name, word in synced(location) if getattr(who, name) == usual.get(word, ())})


def _leave_out(location: Location, left: Collection[str]) -> None:
    words = {word: value for word, value in location.query_params.items() if word not in left}
    with param.discard_events(location):  # who has read the address already need not read it again
        location.search = "?" + urlencode(words, doseq=True)


def unknown(location: Location, link: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the words of the address, and of the link that was opened, that mean nothing here, with their values."""
    known = {word for _, names, *_ in location._synced for word in names.values()} | _OF_OTHERS
    asked = {**(link or {}), **location.query_params}
    if asked.get("theme") in _THEMES:
        known.add("theme")
    return {word: value for word, value in asked.items() if word not in known}


def keep_true(location: Location, link: Mapping[str, object], session: Session) -> None:
    """Keep the address true: valid choices only, always the words of the map, and none that is unknown, empty or usual.

    Until a person goes on with another map than the link asks for, the address asks for that.

    Parameters
    ----------
    location
        The address bar.
    link
        The words that the page was opened with: while it was built, panel 1.9 wrote all there are.
    session
        Of the person.
    """

    def amend(**said: object) -> None:
        _write(location, _truth(location, session, link, said.keys()))

    def look(_: Event) -> None:
        blank = "" in dict(parse_qsl(location.search[1:], keep_blank_values=True)).values()
        if blank or _truth(location, session, link) != location.query_params:
            pn.state.execute(amend, schedule=True)

    def go_on(event: Event) -> None:
        if session.map.stand_in and not event.new:
            _leave_years(location, session.selection.years)
        amend()

    words = _truth(location, session, link)
    _write(location, {word: value for word, value in words.items() if word in link.keys() | _ALWAYS})
    location.param.watch(look, "search")
    session.map.param.watch(go_on, "refused")
    location.update_query = amend  # panel 1.9 keeps each word that was ever another


def _write(location: Location, words: Mapping[str, object]) -> None:
    """Write words whose values are chosen already: nobody has to take them over."""
    before, location._syncing = location._syncing, True
    texts = {word: value if isinstance(value, str) else json.dumps(value) for word, value in words.items()}
    location.search = "?" + urlencode(texts)
    location._syncing = before


def _truth(
    location: Location, session: Session, link: Mapping[str, object], more: Collection[str] = ()
) -> dict[str, object]:
    """Return the words of the address: those of the map, and those that it has, and more, unless they are as usual.

    Those of the map are as in the link that was opened while nobody has gone on with another.
    """
    chosen = {word: getattr(who, name) for who, name, word in synced(location)}
    strange, now = unknown(location), usual(location, session)
    asked = {word: value for word, value in location.query_params.items() if word not in strange}
    said = asked | {word: value for word, value in chosen.items() if word in {*asked, *more, *_ALWAYS}}
    if session.map.refused and session.map.linked == session.selection.choice:
        of_it = OF_THE_MAP | _OF_ONE_PLACE if session.lacks_place else OF_THE_MAP
        said |= {word: value for word, value in link.items() if word in of_it}
    of_the_paper = {word for word in _OF_THE_PAPER & said.keys() if said[word] != now[word]}
    if of_the_paper:
        del now[ACCURACY["source"]]  # which without its word would be another
    return {word: value for word, value in said.items() if value not in ("", None) and value != now.get(word)}


def synced(location: Location) -> Iterator[tuple[param.Parameterized, str, str]]:
    """Yield each choice that the address bar holds: its part of the session, its parameter and its word."""
    for who, names, *_ in location._synced:
        yield from ((who, name, word) for name, word in names.items())


def usual(location: Location, session: Session) -> dict[str, object]:
    """Return the words that a link need not say, with the values that they have without it, on whatever map."""
    words = {word: who.param[name].default for who, name, word in synced(location) if word not in _OF_ITS_MAP}
    land_cover = session.map.land_cover
    return words if land_cover is None else words | {LAYERS["scene"]: nearest_scene(session, "", land_cover)}
