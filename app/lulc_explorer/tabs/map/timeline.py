"""The timeline: the scenes of the year to choose from, with a player."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.rendering.formatting import PERCENT, format_date, percent

if TYPE_CHECKING:
    import xarray as xr

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session


class Strip(StyledComponent):
    """A bar for every scene of the year, as tall as its clear share."""

    scenes = param.List(doc="Label, position in the year (0-1) and clear share (0-1) of every scene.")
    chosen = param.Integer(0, doc="Position of the chosen scene.")
    drawn = param.Integer(0, doc="Position of the scene that the maps show.")

    _esm = Path(__file__).with_name("timeline.js")


class Timeline(pn.viewable.Viewer):
    """The scenes of the year.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._strip = Strip(margin=0, sizing_mode="stretch_width", height=76)
        self._strip.param.watch(self._choose, "chosen")
        session.map.param.watch(self._redraw, "land_cover")
        session.layers.param.watch(self._mark, "scene")
        for panel in session.panels.values():
            panel.param.watch(self._mark, "shown")
        self._redraw()

    def _choose(self, event: param.parameterized.Event) -> None:
        """Show the scene that somebody chose: what merely follows may be of a map that is still on its way."""
        land_cover = self._session.map.land_cover
        if land_cover is not None and event.new != self._session.scene_index:
            self._session.layers.scene = land_cover.moments[event.new]

    def _redraw(self, *_: param.parameterized.Event) -> None:
        land_cover = self._session.map.land_cover
        scenes = [] if land_cover is None else [_bar(land_cover, i) for i in range(len(land_cover.moments))]
        chosen = 0 if land_cover is None else self._session.scene_index
        lacking = land_cover is not None and bool(land_cover.why_no_votes)
        self._strip.param.update(scenes=scenes, chosen=chosen, drawn=chosen, visible=not lacking)

    def _mark(self, *_: param.parameterized.Event) -> None:
        if self._session.map.land_cover is not None:
            self._strip.chosen = self._session.scene_index
            if all(panel.up_to_date for panel in self._session.panels.values()):
                self._strip.drawn = self._strip.chosen

    def __panel__(self) -> pn.viewable.Viewable:
        return self._strip


def scene_label(land_cover: LandCoverMap, index: int) -> str:
    """Return the date of a scene, its cloud cover, and its clear share of the map."""
    cloud = float(land_cover.predictions["cloud_cover"].values[index])
    clear = percent(float(land_cover.clear_share[index]))
    return f"{format_date(land_cover.moments[index])} · {cloud:.0f}{PERCENT} cloud · {clear} clear here"


def placed(times: xr.DataArray, index: int) -> float:
    """Return where in its year a scene was taken, 0-1."""
    return float(times.dt.dayofyear.values[index] - 1) / 366


def _bar(land_cover: LandCoverMap, index: int) -> dict[str, str | float]:
    return {
        "label": scene_label(land_cover, index),
        "at": placed(land_cover.times, index),
        "clear": float(land_cover.clear_share[index]),
    }
