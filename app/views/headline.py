"""The words over the maps: what the year's map says, and what each of the two maps is."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
from palette import DOUBT
from state import LAYERS, SIGHTS
from store import LEGEND

from views.legend import percent
from views.timeline import spoken_date

if TYPE_CHECKING:
    import param
    from cover import Cover
    from results import Result
    from state import Explorer

_CSS = (
    f"""
.ramp {{
  display: inline-block; width: 120px; height: 10px; border-radius: 3px; vertical-align: -1px;
  background: linear-gradient(to right, {", ".join(DOUBT)});
}}
"""
    """
:host { color: var(--panel-on-background-color); font-family: var(--bokeh-base-font); }
h2 { font-size: 20px; font-weight: 500; line-height: 1.3; margin: 0; }
h3 { font-size: 15px; font-weight: 500; line-height: 1.35; margin: 0; }
p { font-size: 13px; line-height: 1.35; margin: 0; opacity: 0.78; }
.note {
  display: inline-block; vertical-align: 2px; margin-left: 8px; padding: 1px 8px; border-radius: 10px;
  font-size: 12px; font-weight: 500; background: #ffb74d; color: #1c1400;
}
"""
)

_ROW = """
:host(.caption) { width: 100% !important; height: 58px !important; flex: none !important; align-items: flex-start; }
@media (max-width: 480px) { :host(.caption) { height: 96px !important; } }
"""
TERMS = {
    "support": "The winner's share of the total score of a pixel",
    "margin": "The winner's score less the runner-up's, as a share of the total score",
    "observations": "How many observations of a pixel were counted",
    "disagreement": "Shannon's entropy of the classes that clear scenes saw, by their number; 0 if all saw the same",
    "stability": "The share of clear scenes that could each be left out without another class winning",
}
"""The layers of sureness in a scientist's terms."""


class Headline(pn.viewable.Viewer):
    """One sentence on the year's land cover.

    Parameters
    ----------
    explorer
        What the person looks at.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        self._pane = pn.pane.HTML(
            pn.bind(summary, explorer.param.result, explorer.param.cover),
            stylesheets=[_CSS],
            margin=0,
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane


class Caption(pn.viewable.Viewer):
    """What one of the maps is, and the choice of it: the one on the left, of a day, or on the right, of the year.

    Parameters
    ----------
    explorer
        What the person looks at.
    of_scene
        Whether it stands over the map on the left.
    """

    def __init__(self, explorer: Explorer, *, of_scene: bool) -> None:
        super().__init__()
        self._explorer = explorer
        chosen, side, offered = explorer.param.layer, "right", LAYERS
        text = pn.bind(year_caption, explorer.param.result, explorer.param.cover, chosen)
        if of_scene:
            chosen, side, offered = explorer.param.left, "left", SIGHTS
            text = pn.bind(lambda *_: left_caption(explorer), explorer.param.result, explorer.param.scene, chosen)
        self._choice = pmui.Select.from_param(
            chosen,
            label=f"The map on the {side} shows",
            description="",
            options={said: name for name, said in offered.items()},
            size="small",
            width=236,
            margin=(6, 0, 6, 8),
        )
        words = pn.pane.HTML(text, stylesheets=[_CSS], margin=(6, 0, 0, 0), sizing_mode="stretch_width")
        self._view = pn.Row(words, self._choice, css_classes=["caption"], stylesheets=[_ROW], margin=0)
        if of_scene:
            explorer.param.watch(self._offer, "result")
            self._offer()

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Offer the truth only where it is known."""
        result = self._explorer.result
        self._choice.disabled_options = [] if result is None or result.truth is not None else ["truth"]

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def summary(result: Result | None, cover: Cover | None) -> str:
    """Return what covers most of the land, in one sentence."""
    if result is None or cover is None:
        return "<h2>What covers the land, and how sure are we?</h2>"
    most = sorted(LEGEND, key=lambda c: -cover.hectares[c.code])[:3]
    shares = [f"{percent(cover.hectares[c.code] / cover.mapped_ha)} {c.name}" for c in most if cover.hectares[c.code]]
    place = escape(result.order.place.title)
    return f"<h2>{place} in {result.order.year}: {', '.join(shares)}{simulated_note(result)}</h2>"


def scene_caption(result: Result | None, moment: str) -> str:
    """Return when the scene was taken and how much of the place it saw."""
    if result is None:
        return "<h3>One day</h3><p>What the network sees in a single scene</p>"
    index = result.nearest(moment)
    cloud = float(result.predictions["cloud_cover"].values[index])
    clear = percent(float(result.clear_share[index]))
    return (
        f"<h3>One day: {spoken_date(result.moments[index])}</h3>"
        f'<p title="The scene\'s own cloud cover, and the share of this map that its classification leaves clear">'
        f"{cloud:.0f} % cloud · {clear} of this map seen clearly</p>"
    )


def left_caption(explorer: Explorer) -> str:
    """Return what the map on the left shows."""
    if explorer.result is None or explorer.sight == "prediction":
        return scene_caption(explorer.result, explorer.scene)
    return f"<h3>The truth of {explorer.result.order.year}</h3><p>What the simulated place is made of</p>"


def year_caption(result: Result | None, cover: Cover | None, layer: str) -> str:
    """Return what the map of the year shows, with the scale of a layer of sureness."""
    if result is None or cover is None:
        return "<h3>The whole year</h3><p>What all clear scenes agree on</p>"
    title = f"<h3>The whole year {result.order.year}</h3>"
    if layer != "classes":
        least, most = cover.ends(layer)
        return f'{title}<p title="{TERMS[layer]}">{least} <span class="ramp"></span> {most}</p>'
    return (
        f'{title}<p title="Class-weighted mode: every clear observation votes for its class with weight x confidence">'
        f"What {len(result.moments)} scenes agree on, pixel by pixel</p>"
    )


def simulated_note(result: Result) -> str:
    """Return the label that simulated data always carries."""
    if not result.simulated:
        return ""
    return '<span class="note" title="The imagery is made by a computer: not a map of the real place">simulated</span>'
