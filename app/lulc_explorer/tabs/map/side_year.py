"""The choice of a year for one of the two maps, and what covers that map until it is there."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.empty_state import MapCard, say
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.map_canvas import MAPS_CSS
from lulc_explorer.session.layers import SIDES
from lulc_explorer.session.selection import CHOICE

if TYPE_CHECKING:
    import param

    from lulc_explorer.session.session import Session

SMALL_TYPE = {"& .MuiSelect-select": {"fontSize": "0.875rem"}}
"""Style of the choices in the caption of a map, so that two fit beside its words."""


class YearChoice(pn.viewable.Viewer):
    """The choice of a year for one of the two maps; hidden where there is one year only, or others' maps.

    Parameters
    ----------
    session
        The session of one person.
    side
        Which of `session.layers.SIDES`.
    """

    def __init__(self, session: Session, side: str) -> None:
        super().__init__()
        self._session, self._side, self._year = session, side, session.years[side]
        self._choice = pmui.Select(
            label=f"{side.capitalize()} year",
            size="small",
            width=86,
            sx=SMALL_TYPE,
            margin=(6, 0, 6, 8),
            css_classes=["year"],
        )
        self._offer()
        self._choice.param.watch(self._choose, "value")
        self._year.param.watch(self._offer, "year")
        session.selection.param.watch(self._offer, CHOICE)
        session.layers.param.watch(self._offer, side)

    def _offer(self, *_: param.parameterized.Event) -> None:
        shown = self._year.year or self._session.selection.year
        years = _offered(self._session, self._side)
        self._choice.param.update(options=years, value=shown, visible=len(years) > 1 and self._year.applies)

    def _choose(self, event: param.parameterized.Event) -> None:
        self._year.year = None if event.new == self._session.selection.year else event.new

    def __panel__(self) -> pn.viewable.Viewable:
        return self._choice


def commands(session: Session) -> list[Command]:
    """Return a command for each year that either map can show."""
    chosen = session.selection.year
    return [
        one
        for side in SIDES
        if session.years[side].applies and len(years := _offered(session, side)) > 1
        for one in choices(
            f"Year on the {side}",
            session.years[side],
            "year",
            {str(year): None if year == chosen else year for year in years},
        )
    ]


def _offered(session: Session, side: str) -> list[int]:
    """Return the years that the map on a side can show, the latest first."""
    shown = session.years[side].year or session.selection.year
    return sorted({*session.selection.years, *([shown] if shown is not None else [])}, reverse=True)


class MissingYear(pn.viewable.Viewer):
    """Covers one of the two maps while that of its year is being made, or cannot be shown.

    Parameters
    ----------
    session
        The session of one person.
    side
        Which of `session.layers.SIDES`.
    """

    def __init__(self, session: Session, side: str) -> None:
        super().__init__()
        self._session, self._year = session, session.years[side]
        self._view = LateColumn(lambda: self._card, css_classes=["veil", "one"], stylesheets=[MAPS_CSS])
        self._year.param.watch(self._redraw, ["year", "land_cover", "problem"])
        self._year.maker.param.watch(self._redraw, "step")
        session.map.param.watch(self._redraw, "land_cover")
        session.layers.param.watch(self._redraw, side)
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _card(self) -> MapCard:
        year, looks = self._year, {"max_width": 360, "margin": 10, "align": "center"}
        return MapCard(self._session, "this one once it is made", year.make, year.maker.stop, **looks)

    def _redraw(self, *_: param.parameterized.Event) -> None:
        year = self._year
        shown = year.apart and year.shown is None
        self._view.show(shown)
        if not shown:
            return
        step = year.maker.step
        if step is not None:
            title, text = f"Making the map of {year.year}", say(step)
        elif year.problem:
            title, text = f"Map of {year.year} unavailable", year.problem
        else:
            title, text = f"No map of {year.year} yet", "It is made in the same way as that of the chosen year."
        self._card.missing = () if year.problem else (year.year,)
        action = "Try again" if year.problem else f"Make the map of {year.year}"
        self._card.show(title, text, step, action=action)
