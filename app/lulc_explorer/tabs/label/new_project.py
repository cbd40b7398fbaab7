"""The form of a new labelling project: the sample on the screen, or points or tiles of the open map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import NUMBER, flow
from lulc_explorer.components.message import Message
from lulc_explorer.engine.label_projects import RULES, SAMPLE, TILES, UNITS
from lulc_explorer.session.display import ERROR_MATRIX, MAP

if TYPE_CHECKING:
    import param

    from lulc_explorer.session.project_making import ProjectMaking

_TITLES = {MAP: "Map", ERROR_MATRIX: "Error matrix"}
"""Of the tabs that have what a project may be made of."""
_FIELD: dict[str, Any] = {"size": "small", "description": "", "margin": 0}


class NewProject(pn.viewable.Viewer):
    """Folded until it is asked for.

    Parameters
    ----------
    making
        What the project asks for.
    """

    def __init__(self, making: ProjectMaking) -> None:
        super().__init__()
        self._making = making
        looks = {"size": "small", "margin": (4, 0)}
        self._open = pmui.Button(label="New project", variant="outlined", on_click=self._turn, **looks)
        self._problem = Message(severity="warning", margin=(4, 0))
        self._go = pmui.Button(variant="outlined", size="small", margin=(4, 0))
        self._go.on_click(lambda _: making.open_what_is_lacking())
        self._form = pn.Column(visible=False, sizing_mode="stretch_width", margin=(8, 0, 0, 0))
        self._view = pn.Column(self._open, self._form, sizing_mode="stretch_width", margin=(8, 0))
        self._say()
        making.param.watch(self._say, ["problem", "lacking"])

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _turn(self, _: param.parameterized.Event) -> None:
        if not self._form.objects:
            self._form.objects = [self._fields(), self._problem, self._go]
        self._form.visible = not self._form.visible

    def _fields(self) -> pn.Column:
        asks = self._making.param
        name = pmui.TextInput.from_param(asks.name_of_project, label="Name of the project", width=260, **_FIELD)
        units, rule = (
            pmui.Select.from_param(own, label=label, options={words: key for key, words in words_of.items()}, **_FIELD)
            for own, label, words_of in ((asks.units, "Units", UNITS), (asks.rule, "If they disagree", RULES))
        )
        size, people = (
            pmui.IntInput.from_param(own, label=label, **NUMBER)
            for own, label in ((asks.size, "How many"), (asks.interpreters, "People per unit"))
        )
        side, target = (
            pmui.FloatInput.from_param(own, label=label, **NUMBER)
            for own, label in ((asks.tile_m, "Side of a tile, m"), (asks.target, "Standard error, %"))
        )
        units.param.update(width=240)
        rule.param.update(width=200, visible=pn.bind(lambda people: people > 1, asks.interpreters))
        size.visible = pn.bind(lambda units: units != SAMPLE, asks.units)
        side.visible = pn.bind(lambda units: units == TILES, asks.units)
        make = pmui.Button(label="Make the project", color="primary", variant="contained", size="small", margin=0)
        make.disabled = asks.busy
        make.on_click(self._make)
        return flow(name, units, size, side, people, rule, target, make)

    async def _make(self, _: param.parameterized.Event) -> None:
        await self._making.make()
        self._form.visible = bool(self._making.problem)

    def _say(self, *_: param.parameterized.Event) -> None:
        self._problem.show([self._making.problem])
        self._problem.__panel__().visible = bool(self._making.problem)
        self._go.param.update(label=f"Open “{_TITLES.get(self._making.lacking)}”", visible=bool(self._making.lacking))
