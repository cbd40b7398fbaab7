"""The trade-off curve: two accuracies along the weight of a class. A point of it that is chosen sets the weight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui
import param

from lulc_explorer.components.choices import flow, kept
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.session.trade_off import AXES

if TYPE_CHECKING:
    from panel.models.esm import DataEvent

    from lulc_explorer.engine.trade_off import TradePoint
    from lulc_explorer.session.trade_off import TradeOffSession

_PERCENT = 100


class TradeOffCurve(StyledComponent):
    """The curve; sends the weight of a point that is pressed, dragged to or reached by an arrow key."""

    points = param.List(doc="Weight, then value, low and high (%) across and up, of each point.")
    here = param.List(doc="The same of the map on screen; empty if unknown.")
    target = param.String(doc="The class whose weight changes.")
    titles = param.List(item_type=str, doc="What is across, and what is up.")

    _esm = Path(__file__).with_name("trade_off.js")


class TradeOff(pn.viewable.Viewer):
    """The trade-off of two classes, with the choice of both.

    Parameters
    ----------
    trade_off
        The trade-off that one person looks at.
    """

    def __init__(self, trade_off: TradeOffSession) -> None:
        super().__init__()
        self._trade_off = trade_off
        self._curve = TradeOffCurve(margin=0, sizing_mode="stretch_width")
        self._curve.on_msg(self._choose)
        looks = {"description": "", "size": "small", "margin": 0, "styles": kept()}
        self._target, self._rival = (
            pmui.Select.from_param(chosen, label=label, width=150, **looks)
            for chosen, label in ((trade_off.param.target, "Weight of"), (trade_off.param.rival, "Rival"))
        )
        self._axes = pmui.Select.from_param(trade_off.param.axes, label="Accuracies", width=316, **looks)
        self._view = pn.Column(
            flow(self._target, self._rival, self._axes),
            self._curve,
            css_classes=["trade-off"],
            stylesheets=[":host { padding-top: 10px; }"],
            visible=pn.bind(lambda sample: sample is not None and sample.follows, trade_off.accuracy.param.sample),
            sizing_mode="stretch_width",
            margin=0,
        )
        trade_off.param.watch(self._offer, ["classes", "target", "opponent"])
        trade_off.param.watch(self._draw, ["points", "here"])
        self._offer()
        self._draw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Offer the classes of the sample, and name the accuracies by the two that are chosen."""
        trade_off = self._trade_off
        target, opponent = trade_off.target, trade_off.opponent
        named = {name.capitalize(): name for name in dict.fromkeys([*trade_off.classes, target, opponent]) if name}
        self._target.options = named
        self._rival.options = {"Automatic": ""} | {label: name for label, name in named.items() if name != target}
        self._axes.options = axes_offered(target, opponent)

    def _draw(self, *_: param.parameterized.Event) -> None:
        trade_off = self._trade_off
        axes = AXES[trade_off.axes](trade_off.target, trade_off.opponent)
        self._curve.param.update(
            points=[_numbers(point) for point in trade_off.points],
            here=_numbers(trade_off.here) if trade_off.here is not None else [],
            target=trade_off.target,
            titles=[f"{axis.figure} of {axis.name}" for axis in axes],
        )

    def _choose(self, event: DataEvent) -> None:
        """Give the class the weight of a point."""
        self._trade_off.choose(float(event.data))


def axes_offered(one: str, other: str) -> dict[str, str]:
    """Return the pairs of accuracies to choose from: label to key of `AXES`."""
    named = {
        "producers": "Producer's accuracy of both",
        "users": "User's accuracy of both",
        "both": f"User's of {one}, producer's of {other}",
        "one": f"User's and producer's of {one}",
    }
    return {label: key for key, label in named.items()}


def _numbers(point: TradePoint) -> list[float]:
    """Return a point as numbers, in per cent; an interval that is not known has no width."""
    numbers = [point.weight]
    for figure in (point.across, point.up):
        value = figure.value or 0.0
        numbers += [round(_PERCENT * v, 9) for v in (value, *(figure.interval() or (value, value)))]
    return numbers
