"""The unit on screen: its imagery, its indices, the keys of the classes. It holds no class of a map, and no stratum."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import param

from lulc_explorer.analysis.pixel_evidence import NATURAL
from lulc_explorer.analysis.tile_imagery import TileImagery
from lulc_explorer.analysis.unit_imagery import CLOSE, SURROUNDINGS
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import css_colour
from lulc_explorer.layers.basemaps import TILES
from lulc_explorer.rendering.formatting import format_date
from lulc_explorer.rendering.png import data_url
from lulc_explorer.session.labelling import BASE_MAP
from lulc_explorer.session.tile_marking import TOOLS
from lulc_explorer.tabs.map.clicked_pixel.evidence import painted_png
from lulc_explorer.tabs.map.timeline import placed

if TYPE_CHECKING:
    from lulc_explorer.analysis.shown_imagery import ShownImagery
    from lulc_explorer.analysis.unit_imagery import UnitImagery
    from lulc_explorer.engine.labelling import Label, LabelDesk, LabelUnit, Scenes
    from lulc_explorer.session.unit_on_screen import UnitOnScreen

_METRES = 111_320
"""Of a degree of latitude."""


class LabelSheet(StyledComponent):
    """A unit, labelled by keys. Each press is a message of its own, so that none is lost in quick succession."""

    shown = param.Dict(default={}, doc="The unit: see `sheet`; empty for none.")
    drawing = param.Dict(default={}, doc="How a tile is drawn on: class, tool, date and so on; empty for a point.")
    progress = param.String(doc="How far the person is, in words.")
    adjudicating = param.Boolean(False, doc="Whether the person decides between the labels of others.")
    answered = param.Integer(0, doc="Number of messages that have been dealt with: until then, keys wait.")

    _esm = Path(__file__).with_name("sheet.js")


def sheet(desk: LabelDesk, on_screen: UnitOnScreen) -> dict[str, object]:
    """Return what the sheet shows of a unit.

    Its `looks` have a date and a picture in each of its `colours`; its `curve` the indices of every scene, by date. The
    unit lies in the middle of all pictures: `close` is the share of their width that the closer view shows.
    """
    unit, imagery, scenes = on_screen.unit, on_screen.imagery, on_screen.scenes
    shown = {
        "unit": unit.number,
        "where": f"{unit.lat:.5f}, {unit.lon:.5f}",
        "source": _source(scenes, imagery.unread if imagery is not None else 0) if scenes is not None else "",
        "classes": [{"name": c.name, "colour": css_colour(c.code, c.hex)} for c in desk.project.legend],
        "lacking": on_screen.lacking,
        "own": _said(on_screen.own) if on_screen.own is not None else None,
        "said": [_said(label) for label in on_screen.said],
    }
    if scenes is None or imagery is None:
        return shown
    if isinstance(imagery, TileImagery):
        dates = [format_date(scenes.moments[scene]) for scene in imagery.scenes]
        return shown | {"tools": TOOLS, "dates": dates, "colours": _colours(imagery)}
    return shown | {
        "looks": _looks(scenes, imagery),
        "colours": _colours(imagery),
        "pixel": 1 / SURROUNDINGS,
        "unit_px": _side(desk, scenes),
        "base": _base_map(desk, unit),
        "close": CLOSE / SURROUNDINGS,
        "across": [_across(scenes, CLOSE), _across(scenes, SURROUNDINGS)],
        "curve": _curve(scenes, imagery),
    }


def _side(desk: LabelDesk, scenes: Scenes) -> int:
    """Return the side of a unit in pixels; one where a grid has no metres."""
    metres = abs(scenes.grid.resolution.x)
    return max(round(desk.project.unit_m / metres), 1) if metres >= 1 else 1


def _base_map(desk: LabelDesk, unit: LabelUnit) -> dict[str, object]:
    """Return where a base map comes from, and the corners of the unit on it, degrees."""
    tiles = TILES[BASE_MAP]
    north = desk.project.unit_m / 2 / _METRES
    east = north / max(math.cos(math.radians(unit.lat)), 1e-6)
    corners = [[unit.lon + x * east, unit.lat + y * north] for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return {"url": tiles.build_url(), "by": tiles.attribution, "at": [unit.lon, unit.lat], "corners": corners}


def _source(scenes: Scenes, unread: int) -> str:
    simulated = " · simulated imagery" if scenes.simulated else ""
    lost = f" · {unread} of {len(scenes.times)} scenes could not be read" if unread else ""
    return f"{scenes.request.place.title}, {scenes.request.year}{simulated}{lost}"


def _colours(imagery: ShownImagery) -> list[str]:
    return ["true colour" if colours == NATURAL else "false colour" for colours in imagery.composites]


def _across(scenes: Scenes, pixels: int) -> str:
    metres = scenes.grid.resolution.x * pixels
    return f"{metres:,.0f} m" if metres >= 1 else ""  # a grid in degrees has no metres


def _looks(scenes: Scenes, imagery: UnitImagery) -> list[dict[str, object]]:
    return [
        {
            "date": format_date(scenes.moments[scene]),
            "pictures": [data_url(painted_png(imagery.of(i, bands), bands)) for bands in imagery.composites],
        }
        for i, scene in enumerate(imagery.scenes)
    ]


def _curve(scenes: Scenes, imagery: UnitImagery) -> list[dict[str, object]]:
    """Return the indices of every scene in which they are known."""
    return [
        {
            "date": format_date(scenes.moments[i]),
            "at": placed(scenes.times, i),
            "clear": bool(imagery.clear[i]),
            "ndvi": round(float(imagery.ndvi[i]), 3),
            "ndwi": round(float(imagery.ndwi[i]), 3),
        }
        for i in range(len(imagery.clear))
        if np.isfinite(imagery.ndvi[i]) and np.isfinite(imagery.ndwi[i])
    ]


def _said(label: Label) -> dict[str, object]:
    """Return what somebody said, but not who."""
    return {"name": label.name, "alternate": label.alternate, "sure": label.sure, "comment": label.comment}
