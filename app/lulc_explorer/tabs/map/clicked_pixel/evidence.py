"""Evidence for a pixel: class probabilities by date, and imagery of the clearest dates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param
from PIL import Image

from lulc_explorer.analysis.pixel_evidence import NATURAL
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import LEGEND, css_colour
from lulc_explorer.layers.layer import ImageryRaster, same_day
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering.formatting import PERCENT, format_date
from lulc_explorer.rendering.png import data_url, encode
from lulc_explorer.session.layers import SIDES
from lulc_explorer.tabs.map.timeline import placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lulc_explorer.analysis.pixel_evidence import Look, PixelEvidence
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

NO_PROBABILITY = "Class probabilities are not available: they were not kept when this map was made."


class EvidenceSheet(StyledComponent):
    """A stacked bar per scene, by date, and a row of images; a click on either chooses the scene."""

    shown = param.Dict(default={}, doc="Scenes, classes and looks of the pixel: see `sheet`; empty for none.")
    chosen = param.Integer(0, doc="Position of the chosen scene.")
    waiting = param.Boolean(False, doc="Whether another pixel is being read.")

    _esm = Path(__file__).with_name("evidence.js")


class Evidence(pn.viewable.Viewer):
    """Evidence for the pixel that was clicked.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        looks = {"margin": (0, 0, 8, 0), "sizing_mode": "stretch_width", "visible": False}
        self._sheet = EvidenceSheet(**looks)
        self._sheet.param.watch(self._choose, "chosen")
        session.inspection.param.watch(self._show, "evidence")
        session.inspection.param.watch(self._wait, ["pixel", "evidence"])
        session.layers.param.watch(self._follow, "scene")
        session.map.param.watch(self._follow, "land_cover")
        self._show()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._sheet

    def _show(self, *_: param.parameterized.Event) -> None:
        land_cover, evidence = self._session.inspected, self._session.inspection.evidence
        shown = {} if land_cover is None or evidence is None else sheet(land_cover, evidence)
        self._sheet.param.update(shown=shown, visible=bool(shown))
        self._follow()

    def _wait(self, *_: param.parameterized.Event) -> None:
        pixel, evidence = self._session.inspection.pixel, self._session.inspection.evidence
        self._sheet.waiting = evidence is not None and evidence.pixel != pixel

    def _follow(self, *_: param.parameterized.Event) -> None:
        if (land_cover := self._session.inspected) is not None:
            self._sheet.chosen = self._chosen_in(land_cover)

    def _chosen_in(self, land_cover: LandCoverMap) -> int:
        """Return the position of the chosen scene in a map, or of that of another year nearest to its day."""
        return land_cover.nearest(same_day(self._session.layers.scene, land_cover.request.year))

    def _choose(self, event: param.parameterized.Event) -> None:
        """Show a scene on the maps: its imagery, if no layer shows a scene."""
        session, land_cover = self._session, self._session.inspected
        if session.map.land_cover is None or land_cover is None or event.new == self._chosen_in(land_cover):
            return
        session.layers.scene = same_day(land_cover.moments[event.new], session.map.land_cover.request.year)
        if not any("scene" in LAYERS[session.layer(side)].follows for side in SIDES):
            setattr(session.layers, session.inspection.side or "left", "true-colour")


def sheet(land_cover: LandCoverMap, evidence: PixelEvidence) -> dict[str, object]:
    """Return what the sheet shows of a pixel.

    Its `scenes` have a date, a place in the year, whether they count, and the probability of every one of `classes`
    (255 = 1); its `looks` the position of their scene, a picture and words; `frame` is where the pixel is in them.
    """
    label, clear = (land_cover.predictions[name][:, *evidence.pixel].values for name in ("label", "clear"))
    probability = evidence.probability
    scenes = [
        {
            "date": format_date(moment),
            "at": placed(land_cover.times, i),
            "counts": bool(clear[i] and label[i]),
            "shares": probability[i].tolist() if probability is not None else [],
        }
        for i, moment in enumerate(land_cover.moments)
    ]
    return {
        "scenes": scenes,
        "classes": [{"name": LEGEND[code].name, "colour": css_colour(code)} for code in evidence.codes],
        "looks": [_look(land_cover, look) for look in evidence.looks],
        "frame": list(evidence.frame),
        "across": f"{round(land_cover.grid.resolution.x / evidence.frame[2])} m",
        "lacking": [
            *([NO_PROBABILITY] if probability is None else []),
            *([evidence.lacking] if evidence.lacking else []),
        ],
    }


def _look(land_cover: LandCoverMap, look: Look) -> dict[str, object]:
    cloud = float(land_cover.predictions["cloud_cover"].values[look.scene])
    return {
        "scene": look.scene,
        "date": format_date(land_cover.moments[look.scene]),
        "cloud": f"{cloud:.0f}{PERCENT} cloud",
        "png": data_url(png(look)),
    }


def png(look: Look) -> bytes:
    """Return imagery in natural colours, as bright as on the map; transparent where there is no data."""
    return painted_png(look.stored, NATURAL)


def painted_png(stored: NDArray[np.uint8], bands: Sequence[str]) -> bytes:
    """Return stored imagery of three bands, shape (3, y, x), as `png` does."""
    painted = ImageryRaster(looks=stored, bands=bands).painted(stored)
    return encode(Image.fromarray(painted[..., None].view("u1")))
