"""A slider per class for its weight. The map, the areas and the vote ledger follow while dragging."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.command import Command
from lulc_explorer.engine.classes import LEGEND, Legend
from lulc_explorer.sidebar.weight_effects import WeightEffects

if TYPE_CHECKING:
    import param

    from lulc_explorer.session.session import Session

PRESETS: dict[str, dict[str, float]] = {
    "Default": {},
    "Equal": {c.name: min(c.weight, 1.0) for c in LEGEND},  # clouds stay off the map
    "Seasonal": {"crops": 1.5, "grass": 0.8, "bare ground": 0.6, "snow/ice": 0.5},
}
"""Seasonal: fields look bare or green most of the year, so their short time as crops counts more."""
HEAVIEST = 4.0
"""Largest weight of a slider, unless a link or a calibration has chosen a larger one."""
_STEP = 0.25
"""How much a command adds to a weight."""


class Weights(pn.viewable.Viewer):
    """The class weights.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._setting = False
        self._sliders = {c.name: self._slider(c.name, c.weight) for c in LEGEND}
        presets = [
            pmui.Button(label=name, variant="outlined", size="small", margin=(4, 0, 8, 6), on_click=self._preset(name))
            for name in PRESETS
        ]
        self._presets, self._why = presets, pmui.Typography("", variant="body2", margin=(4, 10), visible=False)
        self._view = pn.Column(
            self._why,
            pmui.Typography(
                "How much the votes for each class count. A weight of 0 removes the class from the map.",
                variant="caption",
                margin=(4, 10),
            ),
            pn.Row(*presets, margin=0),
            *self._sliders.values(),
            WeightEffects(session),
            sizing_mode="stretch_width",
            margin=0,
        )
        session.weights.param.watch(self._follow, "chosen")
        session.map.param.watch(self._follow, "land_cover")
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _slider(self, name: str, weight: float) -> pmui.FloatSlider:
        slider = pmui.FloatSlider(
            label=name.capitalize(),
            start=0.0,
            end=HEAVIEST,
            step=0.01,
            value=weight,
            format="0.00",
            size="small",
            margin=(0, 16, 0, 12),
            sizing_mode="stretch_width",
        )
        slider.param.watch(self._choose, "value")
        return slider

    def _preset(self, name: str) -> object:
        return lambda _: self._session.weights.choose(PRESETS[name], _legend(self._session))

    def _choose(self, _: param.parameterized.Event) -> None:
        if not self._setting:
            weights = {name: slider.value for name, slider in self._sliders.items()}
            self._session.weights.choose(weights, _legend(self._session))

    def _follow(self, *_: param.parameterized.Event) -> None:
        self._setting = True
        land_cover = self._session.map.land_cover
        why = land_cover.why_no_votes if land_cover else ""
        self._why.param.update(object=why, visible=bool(why))
        for part in (*self._presets, *self._sliders.values()):
            part.disabled = bool(why)
        usual = _legend(self._session).weights_by_name
        for name, weight in (usual | self._session.weights.chosen).items():
            self._sliders[name].param.update(end=max(HEAVIEST, weight), value=weight)
        self._setting = False


def commands(session: Session) -> list[Command]:
    """Return a command for each preset, and two for each class, unless the open map cannot be weighed."""
    if session.map.land_cover is not None and session.map.land_cover.why_no_votes:
        return []
    weights, legend = session.weights, _legend(session)
    usual = legend.weights_by_name
    now = usual | weights.chosen
    presets = [
        Command(
            group="Class weights", title=name, run=partial(weights.choose, preset, legend), chosen=usual | preset == now
        )
        for name, preset in PRESETS.items()
    ]
    steps = [
        (f"{name.capitalize()} {said}", {name: min(max(round(weight + by, 2), 0.0), max(HEAVIEST, weight))})
        for name, weight in now.items()
        for said, by in (("more", _STEP), ("less", -_STEP))
    ]
    return presets + [
        Command(group="Weight", title=title, run=partial(weights.choose, weights.chosen | step, legend))
        for title, step in steps
    ]


def _legend(session: Session) -> Legend:
    """Return the classes, each with the weight that the open map was made with."""
    land_cover = session.map.land_cover
    return land_cover.legend if land_cover else LEGEND
