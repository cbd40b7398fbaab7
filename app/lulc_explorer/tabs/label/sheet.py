"""The unit on screen: its imagery, its indices, the keys of the classes. It holds no class of a map, and no stratum."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import panel as pn
import param

from lulc_explorer.analysis.pixel_evidence import NATURAL
from lulc_explorer.analysis.unit_imagery import CLOSE, SURROUNDINGS
from lulc_explorer.engine.classes import css_colour
from lulc_explorer.rendering.formatting import format_date
from lulc_explorer.tabs.map.clicked_pixel.evidence import painted_png
from lulc_explorer.tabs.map.timeline import placed

if TYPE_CHECKING:
    from lulc_explorer.analysis.unit_imagery import UnitImagery
    from lulc_explorer.engine.labelling import Label, LabelDesk
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.labelling import UnitOnScreen

_HERE = Path(__file__).parent


class LabelSheet(pn.custom.JSComponent):
    """A unit, labelled by keys. Each press is a message of its own, so that none is lost in quick succession."""

    shown = param.Dict(default={}, doc="The unit: see `sheet`; empty for none.")
    progress = param.String(doc="How far the person is, in words.")
    adjudicating = param.Boolean(False, doc="Whether the person decides between the labels of others.")
    answered = param.Integer(0, doc="Number of messages that have been dealt with: until then, keys wait.")

    _esm = _HERE / "sheet.js"
    _stylesheets = (_HERE / "sheet.css",)


def sheet(desk: LabelDesk, on_screen: UnitOnScreen) -> dict[str, object]:
    """Return what the sheet shows of a unit.

    Its `looks` have a date and a picture in each of its `colours`; its `curve` the indices of every scene, by date. The
    unit lies in the middle of all pictures: `close` is the share of their width that the closer view shows.
    """
    unit, imagery, scenes = on_screen.unit, on_screen.imagery, on_screen.scenes
    pictured = imagery is not None and scenes is not None and bool(imagery.scenes)
    return {
        "unit": unit.number,
        "where": f"{unit.lat:.5f}, {unit.lon:.5f}",
        "source": _source(scenes) if scenes is not None else "",
        "classes": [{"name": c.name, "colour": css_colour(c.code, c.hex)} for c in desk.project.legend],
        "looks": _looks(scenes, imagery) if pictured and scenes is not None and imagery is not None else [],
        "colours": _colours(imagery) if imagery is not None else [],
        "pixel": 1 / SURROUNDINGS,
        "close": CLOSE / SURROUNDINGS,
        "across": [_across(scenes, CLOSE), _across(scenes, SURROUNDINGS)] if scenes is not None else [],
        "curve": _curve(scenes, imagery) if scenes is not None and imagery is not None else [],
        "lacking": on_screen.lacking,
        "own": _said(on_screen.own) if on_screen.own is not None else None,
        "said": [_said(label) for label in on_screen.said],
    }


def _source(scenes: LandCoverMap) -> str:
    simulated = " · simulated imagery" if scenes.simulated else ""
    return f"{scenes.request.place.title}, {scenes.request.year}{simulated}"


def _colours(imagery: UnitImagery) -> list[str]:
    return ["true colour" if colours == NATURAL else "false colour" for colours in imagery.composites]


def _across(scenes: LandCoverMap, pixels: int) -> str:
    metres = scenes.grid.resolution.x * pixels
    return f"{metres:,.0f} m" if metres >= 1 else ""  # a grid in degrees has no metres


def _looks(scenes: LandCoverMap, imagery: UnitImagery) -> list[dict[str, object]]:
    return [
        {
            "date": format_date(scenes.moments[scene]),
            "pictures": [_address(painted_png(imagery.of(i, bands), bands)) for bands in imagery.composites],
        }
        for i, scene in enumerate(imagery.scenes)
    ]


def _address(picture: bytes) -> str:
    return f"data:image/png;base64,{b64encode(picture).decode()}"


def _curve(scenes: LandCoverMap, imagery: UnitImagery) -> list[dict[str, object]]:
    """Return the indices of every scene in which they are known."""
    return [
        {
            "date": format_date(scenes.moments[i]),
            "at": placed(scenes, i),
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
