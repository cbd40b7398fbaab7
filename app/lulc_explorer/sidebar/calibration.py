"""Calibrate: the weights that agree best with reference labels, and what they do to each class."""

from __future__ import annotations

from html import escape
from math import isnan
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
from bokeh.models import CustomJS

from lulc_explorer.components.empty_state import Card, say
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.session.calibration import ELSEWHERE, HERE, OBJECTIVES

if TYPE_CHECKING:
    from panel.models.markup import HTML

    from lulc_explorer.engine.land_cover_map import Calibration, ClassAccuracy
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
    "<p>Finds the weights whose map agrees best with labels of what is really there, and judges them where they "
    "were not found.</p>"
)
_FILE = (
    "<details><summary>Labels of my own</summary><p>A CSV with a column <code>reference</code> (class names) and "
    "<code>lon, lat</code> or, in metres of the map, <code>x, y</code>; as a drawn sample has them.</p></details>"
)
_WIDE = {"sizing_mode": "stretch_width"}
_LOOKS = {"stylesheets": [_CSS], "margin": (4, 10), **_WIDE}
_COME = """
const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth"
const come = () => Bokeh.index.find_one_by_id(words.id)?.el.scrollIntoView({ block: "nearest", behavior })
if (words.text) setTimeout(come)
"""
"""Runs in the browser; `setTimeout`, because the words have no place before they are laid out."""


class Answer(pn.pane.HTML):
    """Words that come into view whenever they change: only a press changes them."""

    def _get_model(self, *where: object) -> HTML:
        """Say what panel 1.9 keeps for ever if it is told by `jscallback`."""
        model = super()._get_model(*where)
        model.js_on_change("text", CustomJS(args={"words": model}, code=_COME))
        return model


class Calibrate(pn.viewable.Viewer):
    """Finds weights, shows what they do, and puts them on the sliders.

    Parameters
    ----------
    calibrating
        The person's search.
    """

    def __init__(self, calibrating: CalibrationSession) -> None:
        super().__init__()
        self._calibrating = calibrating
        choice = {"description": "", "size": "small", "margin": (8, 10), **_WIDE}
        self._judged = pmui.RadioButtonGroup.from_param(
            calibrating.param.judged,
            label="Leave out, to judge",
            options={"Parts of this map": HERE, "Other places": ELSEWHERE},
            **choice,
        )
        upload = pmui.FileInput(
            label="Labels (CSV)", accept=".csv,text/csv", size="small", variant="outlined", margin=(0, 10)
        )
        upload.param.watch(lambda event: calibrating.param.update(sample=event.new), "value")
        self._card = Card(calibrating.find, calibrating.stop, margin=10, **_WIDE)
        self._use = pmui.Button(
            label="Use these weights",
            variant="outlined",
            size="small",
            margin=(4, 10),
            on_click=lambda _: calibrating.use(),
        )
        self._view = pn.Column(
            _words(_HELP),
            pmui.RadioButtonGroup.from_param(
                calibrating.param.objective, label="Do best for", options=OBJECTIVES, **choice
            ),
            self._judged,
            _words(_FILE),
            upload,
            self._card,
            Answer(pn.bind(report, calibrating.param.found), **_LOOKS),
            self._use,
            margin=0,
            **_WIDE,
        )
        calibrating.param.watch(self._redraw, ["found", "step", "problem", "sample"])
        calibrating.session.map.param.watch(self._redraw, "land_cover")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _redraw(self, *_: object) -> None:
        calibrating = self._calibrating
        step = calibrating.step
        title, text = "Better weights?", ""
        if step is not None:
            title, text = "Looking for weights", say(step)
        elif calibrating.problem:
            title, text = "No weights could be found", calibrating.problem
        elif not calibrating.can_find:
            text = "Nobody has said what is really there: give a CSV of labels, once there is a map."
        elif calibrating.found is not None:
            title = "Better weights" if calibrating.found.improves else "The weights are as good as they get"
        self._card.show(title, text, step, action="Find weights" if calibrating.can_find else "")
        self._judged.visible = bool(calibrating.places)
        self._use.visible = calibrating.found is not None


def report(found: Calibration | None) -> str:
    """Return how much better a map with the weights is, and what they do to each class."""
    if found is None:
        return ""
    what = "of all pixels" if found.objective == "overall" else "of the pixels of a class, on average,"
    parts = ", ".join(
        f"{escape(_short(fold.name))} {_percent(fold.before)} → {_percent(fold.after)}" for fold in found.folds
    )
    rows = "".join(_row(c, found.weights[c.name]) for c in found.classes if c.pixels)
    head = (
        '<th scope="col">class</th><th scope="col">weight</th>'
        '<th scope="col" title="Share of what is really the class that the map shows as it">found</th>'
        '<th scope="col" title="Share of what the map shows as the class that really is it">right</th>'
    )
    warnings = "".join(f"<p>{escape(warning)}</p>" for warning in found.warnings)
    return (
        f"<p><b>Where they were left out, {_percent(found.after)} {what} are right; {_percent(found.before)} with the "
        f"network's own weights.</b></p><p>{parts}</p><table><caption>Before → after, in %: how much of a class is "
        f"found (producer's accuracy), and how much that is shown is right (user's)</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{warnings}"
    )


def _row(c: ClassAccuracy, weight: float) -> str:
    swatch = f'<span class="swatch" style="background:{LEGEND[c.name].hex}"></span>'
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


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _words(text: object) -> pn.pane.HTML:
    return pn.pane.HTML(text, **_LOOKS)
