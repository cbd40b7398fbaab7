"""The headline of the tab Map, and the captions of its two maps."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.simulated import NOTE_CSS, simulated_note
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.layers.captions import without_class
from lulc_explorer.layers.layer import ContinuousRaster
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering.formatting import percent
from lulc_explorer.rendering.palette import RAMP_STOPS
from lulc_explorer.session.layers import SIDES
from lulc_explorer.tabs.map.side_year import SMALL_TYPE, YearChoice
from lulc_explorer.tabs.map.swipe import MapLayout

if TYPE_CHECKING:
    import param

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

HEADLINE_CSS = (
    NOTE_CSS + f"""
.ramp {{
  display: inline-block; width: 120px; height: 10px; border-radius: 3px; vertical-align: -1px;
  background: linear-gradient(to right, {", ".join(RAMP_STOPS)});
}}
"""
    """
:host { color: var(--panel-on-background-color); font-family: var(--bokeh-base-font); }
h2 { font-size: 20px; font-weight: 500; line-height: 1.3; margin: 0; }
h3 { font-size: 15px; font-weight: 500; line-height: 1.35; margin: 0; }
p { display: var(--phone-off-stage, block); font-size: 13px; line-height: 1.35; margin: 0; opacity: 0.78; }
@media (max-height: 520px) {  /* at 200 %, or on a phone that lies: the map comes first */
  h2 { font-size: 16px; display: flex; align-items: center; white-space: nowrap; }
  .said { overflow: hidden; text-overflow: ellipsis; }
  .note { flex: none; }  /* what is cut are the words before it */
  p { display: none; }
}
"""
)

_ROW = """
:host(.head) { width: 100% !important; height: auto !important; align-items: center; column-gap: 12px; }
:host(.caption) {
  width: var(--caption-width, 100%) !important; height: 58px !important; flex: none !important; align-items: flex-start;
}
.select, .year { visibility: var(--chosen-off-stage, visible); }
@media (max-width: 600px) { :host(.head) { display: grid !important; row-gap: 8px; } }
@container (max-width: 1040px) {
  :host(.caption) {
    display: grid !important; grid-template: auto auto / minmax(0, 212px) max-content 1fr; align-content: start;
    height: var(--caption-words, 96px) !important; min-width: 0 !important;
  }
  .words { grid-column: 1 / -1; }
  .select { grid-area: 2 / 1; margin: 8px 0 0 !important; width: 100% !important; min-width: 0 !important; }
  .year { grid-area: 2 / 2; margin: 8px 0 0 8px !important; }
}
@media (max-height: 520px) {
  :host(.caption) { display: flex !important; height: 48px !important; }
  .select, .year { margin: 4px 0 4px 8px !important; }
}
"""
_NARROWS = ".select { min-width: 0 !important; max-width: 100% !important; }"
NO_MAP = {
    "left": "<h3>One day</h3><p>The classification of a single scene</p>",
    "right": "<h3>The whole year</h3><p>The composite of all clear scenes</p>",
}
"""Captions while no map is open."""
_OPTIONS = {layer.title: name for name, layer in LAYERS.items()}


class Headline(pn.viewable.Viewer):
    """One sentence on the year's land cover, and the choice of the map layout.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        words = pn.bind(summary, session.map.param.land_cover, session.map.param.composite)
        self._view = pn.Row(
            pn.pane.HTML(words, stylesheets=[HEADLINE_CSS], margin=0, sizing_mode="stretch_width"),
            MapLayout(session),
            css_classes=["head"],
            stylesheets=[_ROW],
            margin=0,
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


class Caption(pn.viewable.Viewer):
    """The caption of one of the two maps, and the choice of its layer.

    Parameters
    ----------
    session
        The session of one person.
    side
        Which of `session.layers.SIDES`.
    """

    def __init__(self, session: Session, side: str) -> None:
        super().__init__()
        self._session, self._side = session, side
        self._choice = pmui.Select.from_param(
            session.layers.param[side],
            label=f"The map on the {side} shows",
            description="",
            options=_OPTIONS,
            size="small",
            width=212,
            sx=SMALL_TYPE,
            margin=(6, 0, 6, 8),
            css_classes=["select"],
            stylesheets=[_NARROWS],
        )
        text = pn.bind(lambda *_: caption(session, side), session.panels[side].param.shown)
        words = pn.pane.HTML(
            text, stylesheets=[HEADLINE_CSS], margin=(6, 0, 0, 0), sizing_mode="stretch_width", css_classes=["words"]
        )
        self._fetching = LateColumn(lambda: self._button)
        parts = (words, self._fetching, YearChoice(session, side), self._choice)
        self._view = pn.Row(*parts, css_classes=["caption"], stylesheets=[_ROW], margin=0)
        session.references.param.watch(self._let_press, "fetched")
        session.layers.param.watch(self._let_press, side)
        session.map.param.watch(self._offer, "land_cover")
        session.years[side].param.watch(self._offer, ["year", "land_cover"])
        self._offer()
        self._let_press()

    @cached_property
    def _button(self) -> pmui.Button:
        return pmui.Button(size="small", variant="text", margin=(8, 0), width=92, on_click=self._press)

    def _let_press(self, *_: param.parameterized.Event) -> None:
        """Show the button that cancels or retries the download of a reference map."""
        label = self._session.references.action(self._session.layer(self._side))
        if label:
            self._button.label = label
        self._fetching.show(bool(label))

    async def _press(self, _: param.parameterized.Event) -> None:
        await self._session.references.press(self._session.layer(self._side))

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Disable layers that the map lacks: the truth, or imagery in bands that its network does not read."""
        lacking = _lacking(self._session, self._side)
        self._choice.disabled_options = [name for name in lacking if name != self._choice.value]  # else panel raises

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def commands(session: Session) -> list[Command]:
    """Return a command for each layer of either map that the map has."""
    return [
        one for side in SIDES for one in choices(f"Map on the {side}", session.layers, side, _offered(session, side))
    ]


def _offered(session: Session, side: str) -> dict[str, str]:
    """Return the layers that the map on a side has, by title."""
    lacking = _lacking(session, side)
    return {title: name for title, name in _OPTIONS.items() if name not in lacking}


def _lacking(session: Session, side: str) -> list[str]:
    """Return the layers that the map on a side lacks."""
    land_cover = session.years[side].shown
    return [name for name, layer in LAYERS.items() if land_cover is not None and not layer.offered(land_cover)]


def summary(land_cover: LandCoverMap | None, composite: Composite | None, heading: str = "h2") -> str:
    """Return the largest classes, in one sentence, as a heading."""
    if land_cover is None or composite is None:
        return f"<{heading}>What covers the land, and how certain is the map?</{heading}>"
    most = sorted(LEGEND, key=lambda c: -composite.hectares[c.code])[:3]
    shares = [
        f"{percent(composite.hectares[c.code] / composite.mapped_ha)} {c.name}"
        for c in most
        if composite.hectares[c.code]
    ]
    place, lost = escape(land_cover.request.place.title), without_class(land_cover, composite)
    said = "; ".join(filter(None, (", ".join(shares), lost)))
    words = f'<span class="said">{place} in {land_cover.request.year}: {said}</span>'
    return f"<{heading}>{words}{simulated_note(land_cover.simulated)}</{heading}>"


def caption(session: Session, side: str) -> str:
    """Return what one of the two maps shows, with the scale of a continuous layer."""
    shown, context = session.panels[side].shown, session.context_of(side)
    if context is None or shown is None:
        return NO_MAP[side]
    layer = LAYERS[session.layer(side)]
    says = escape(layer.says(context))
    if isinstance(shown, ContinuousRaster):
        least, most = map(escape, shown.ends)
        says = f'{says}{least} <span class="ramp"></span> {most}'
    return f'<h3>{escape(layer.heading(context))}</h3><p title="{escape(layer.terms)}">{says}</p>'
