"""Calibration: the class weights that agree best with reference labels, and the accuracy of each class."""

from __future__ import annotations

from html import escape
from math import isnan
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJS

from lulc_explorer.components.empty_state import Card, say
from lulc_explorer.components.figures import fixed_percent
from lulc_explorer.components.upload import Upload
from lulc_explorer.engine.classes import LEGEND, css_colour
from lulc_explorer.session.calibration import ELSEWHERE, HERE, OBJECTIVES

if TYPE_CHECKING:
    from panel.models.markup import HTML

    from lulc_explorer.engine.calibration import Calibration, ClassAccuracy
    from lulc_explorer.session.calibration import CalibrationSession

_CSS = """
:host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); }
p { margin: 0 0 6px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: 4px; }
th, td { padding: 2px 0 2px 8px; font-weight: 400; text-align: right; font-variant-numeric: tabular-nums; }
td { white-space: nowrap; }
td span { opacity: 0.7; }
th:first-child { text-align: left; padding-left: 0; }
thead th { border-bottom: 1px solid rgb(128 128 128 / 0.4); vertical-align: bottom; }
.swatch { display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin-right: 4px; }
"""
_HELP = (
    "<p>Finds the class weights whose map agrees best with reference labels, and validates them on held-out data.</p>"
)
_FILE = (
    "<details><summary>Your own labels</summary><p>A CSV with the columns <code>reference</code> (class names) and "
    "<code>lon, lat</code> or <code>x, y</code> (metres, in the CRS of the map), like a drawn sample.</p></details>"
)
_WIDE = {"sizing_mode": "stretch_width"}
_LOOKS = {"stylesheets": [_CSS], "margin": (4, 10), **_WIDE}
_SCROLL = """
const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth"
const scroll = () => Bokeh.index.find_one_by_id(words.id)?.el.scrollIntoView({ block: "nearest", behavior })
if (words.text) setTimeout(scroll)
"""
"""Runs in the browser; `setTimeout`, because the text has no position before layout."""


class Answer(pn.pane.HTML):
    """Text that scrolls into view whenever it changes: only a click changes it."""

    def _get_model(self, *where: object) -> HTML:
        """Say what panel 1.9 keeps for ever if it is told by `jscallback`."""
        model = super()._get_model(*where)
        model.js_on_change("text", CustomJS(args={"words": model}, code=_SCROLL))
        return model


class Calibrate(pn.viewable.Viewer):
    """Finds class weights, shows their effect, and applies them.

    Parameters
    ----------
    calibration
        The person's search.
    """

    def __init__(self, calibration: CalibrationSession) -> None:
        super().__init__()
        self._calibration = calibration
        choice = {"description": "", "size": "small", "margin": (8, 10), **_WIDE}
        self._judged = pmui.RadioButtonGroup.from_param(
            calibration.param.judged,
            label="Validate on",
            options={"Blocks of this map": HERE, "Other places": ELSEWHERE},
            **choice,
        )
        self._card = Card(calibration.find, calibration.stop, margin=10, **_WIDE)
        self._use = pmui.Button(
            label="Use these weights",
            variant="outlined",
            size="small",
            margin=(4, 10),
            on_click=lambda _: calibration.use(),
        )
        self._view = pn.Column(
            _text(_HELP),
            pmui.RadioButtonGroup.from_param(
                calibration.param.objective, label="Maximize", options=OBJECTIVES, **choice
            ),
            self._judged,
            _text(_FILE),
            _upload(calibration),
            self._card,
            Answer(pn.bind(report, calibration.param.found), **_LOOKS),
            self._use,
            margin=0,
            **_WIDE,
        )
        calibration.param.watch(self._redraw, ["found", "step", "problem", "sample"])
        calibration.session.map.param.watch(self._redraw, "land_cover")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _redraw(self, *_: object) -> None:
        calibration = self._calibration
        step = calibration.step
        title, text = "Calibrate class weights", ""
        if step is not None:
            title, text = "Searching for weights", say(step)
        elif calibration.problem:
            title, text = "Calibration failed", calibration.problem
        elif not calibration.can_find:
            text = "Calibration needs a map and reference labels: upload a CSV of labels."
        elif calibration.found is not None:
            title = "Better weights found" if calibration.found.improves else "No better weights found"
        self._card.show(title, text, step, action="Find weights" if calibration.can_find else "")
        self._judged.visible = bool(calibration.places)
        self._use.visible = calibration.found is not None


def report(found: Calibration | None) -> str:
    """Return the accuracy before and after calibration, overall and by class, as HTML."""
    if found is None:
        return ""
    what = "overall" if found.objective == "overall" else "mean class"
    parts = ", ".join(
        f"{escape(_short(fold.name))} {fixed_percent(fold.before)} → {fixed_percent(fold.after)}"
        for fold in found.folds
    )
    rows = "".join(_row(c, found.weights[c.name]) for c in found.classes if c.pixels)
    head = (
        '<th scope="col">class</th><th scope="col">weight</th>'
        '<th scope="col" title="Share of the class on the ground that the map shows as it">producer\'s</th>'
        '<th scope="col" title="Share of the class on the map that is it on the ground">user\'s</th>'
    )
    warnings = "".join(f"<p>{escape(warning)}</p>" for warning in found.warnings)
    return (
        f"<p><b>On held-out data, {what} accuracy is {fixed_percent(found.after)}; {fixed_percent(found.before)} "
        f"with the network's own weights.</b></p><p>{parts}</p><table>"
        f"<caption>Producer's and user's accuracy before → after, in %</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{warnings}"
    )


def _row(c: ClassAccuracy, weight: float) -> str:
    swatch = f'<span class="swatch" style="background:{css_colour(LEGEND[c.name].code)}"></span>'
    return (
        f'<tr><th scope="row">{swatch}{c.name}</th><td>{weight:.2f}</td>'
        f"<td>{_change(c.producers_before, c.producers_after)}</td>"
        f"<td>{_change(c.users_before, c.users_after)}</td></tr>"
    )


def _change(before: float, after: float) -> str:
    was, became = ("–" if isnan(share) else f"{100 * share:.0f}" for share in (before, after))
    return f"<span>{was}→</span>{became}"


def _short(fold: str) -> str:
    """Return the last words of a fold's name, which tell it from the others."""
    return fold.rpartition(", ")[2]


def _upload(calibration: CalibrationSession) -> Upload:
    """Return the input of a CSV of labels."""
    upload = Upload("Labels (CSV)", margin=(0, 10))
    upload.param.watch(lambda event: calibration.param.update(sample=event.new), "value")
    return upload


def _text(html: object) -> pn.pane.HTML:
    return pn.pane.HTML(html, **_LOOKS)
