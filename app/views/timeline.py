"""The scenes of the year: a strip to choose from, with a player."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import panel as pn
import param

if TYPE_CHECKING:
    from results import Result
    from state import Explorer

_HERE = Path(__file__).parent


class Strip(pn.custom.JSComponent):
    """A bar for every scene of the year, as tall as its clear share."""

    scenes = param.List(doc="Of every scene: its label, its place in the year and its clear share, 0-1.")
    chosen = param.Integer(0, doc="Position of the chosen scene.")

    _esm = _HERE / "timeline.js"
    _stylesheets = (_HERE / "timeline.css",)


class Timeline(pn.viewable.Viewer):
    """The scenes of the year.

    Parameters
    ----------
    explorer
        What the person looks at.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._explorer = explorer
        self._strip = Strip(margin=0, sizing_mode="stretch_width", height=60)
        self._strip.param.watch(self._choose, "chosen")
        explorer.param.watch(self._redraw, ["result", "scene"])
        self._redraw()

    def _choose(self, event: param.parameterized.Event) -> None:
        result = self._explorer.result
        if result is not None:
            self._explorer.scene = result.moments[event.new]

    def _redraw(self, *_: param.parameterized.Event) -> None:
        result = self._explorer.result
        scenes = [] if result is None else [_bar(result, i) for i in range(len(result.moments))]
        self._strip.param.update(scenes=scenes, chosen=0 if result is None else self._explorer.scene_index)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._strip


def spoken_date(moment: str) -> str:
    """Return a moment as a person says it: ``14 July 2018``."""
    return np.datetime64(moment, "D").item().strftime("%-d %B %Y")


def scene_label(result: Result, index: int) -> str:
    """Return the date of a scene and how much of the place it sees."""
    cloud = float(result.predictions["cloud_cover"].values[index])
    return f"{spoken_date(result.moments[index])} · {cloud:.0f} % cloud"


def _bar(result: Result, index: int) -> dict[str, str | float]:
    day = result.predictions["time"].dt.dayofyear.values[index]
    return {
        "label": scene_label(result, index),
        "at": float(day - 1) / 366,
        "clear": float(result.clear_share[index]),
    }
