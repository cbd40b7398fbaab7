"""The trade-off curve of two classes along the weight of one, and where the map on screen is on it. No widgets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import param

from lulc_explorer.engine.classes import CONFUSABLE, LEGEND
from lulc_explorer.engine.trade_off import (
    PRODUCERS,
    USERS,
    Axis,
    TradePoint,
    most_confused,
    sampled_classes,
    trade_off,
)
from lulc_explorer.session.display import ERROR_MATRIX

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from param.parameterized import Event

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.samples import Sample
    from lulc_explorer.session.accuracy import AccuracySession

ALONG = tuple(np.unique(np.round([*np.arange(0, 2, 0.05), *np.arange(2, 4.05, 0.1)], 2)).tolist())
"""Weights of the curve: what a slider reaches, closer where most maps are."""
AXES: dict[str, Callable[[str, str], tuple[Axis, Axis]]] = {
    "producers": lambda one, other: (Axis(figure=PRODUCERS, name=one), Axis(figure=PRODUCERS, name=other)),
    "users": lambda one, other: (Axis(figure=USERS, name=one), Axis(figure=USERS, name=other)),
    "both": lambda one, other: (Axis(figure=USERS, name=one), Axis(figure=PRODUCERS, name=other)),
    "one": lambda one, _: (Axis(figure=USERS, name=one), Axis(figure=PRODUCERS, name=one)),
}
"""The two accuracies, of the class whose weight changes and of its rival."""


class TradeOffSession(param.Parameterized):
    """The trade-off that one person looks at.

    Parameters
    ----------
    accuracy
        Their accuracy assessment, whose sample it is computed from.
    """

    target: param.Selector[str] = param.Selector(
        default=CONFUSABLE[0], objects=list(LEGEND.names), doc="Class whose weight changes along the curve."
    )
    rival: param.Selector[str] = param.Selector(
        default="", objects=["", *LEGEND.names], doc="Class to trade against; empty for the most confused one."
    )
    opponent = param.String(doc="The class that it is traded against.")
    axes: param.Selector[str] = param.Selector(
        default="producers", objects=list(AXES), doc="The two accuracies; a key of `AXES`."
    )
    classes = param.List(item_type=str, doc="Classes to choose from; none without a curve.")
    points = param.List(item_type=TradePoint, doc="The curve, by weight.")
    here = param.ClassSelector(class_=TradePoint, allow_None=True, doc="Where the map on screen is.")

    def __init__(self, accuracy: AccuracySession) -> None:
        super().__init__()
        self.accuracy = accuracy
        self._done: tuple[object, ...] = (None,)
        self._curve_of: tuple[object, ...] = ()
        self._most_confused: tuple[object, str, str] = (None, "", "")
        self._computing = False

    def choose(self, weight: float) -> None:
        """Give the class a weight, on the map and everywhere."""
        session = self.accuracy.session
        if session.map.land_cover is not None:
            session.weights.choose({**session.weights.chosen, self.target: weight}, session.map.land_cover.legend)

    def follow_weight(self, event: Event) -> None:
        """Show the curve of the class whose weight alone has changed."""
        changed = {name for name, _ in {*event.old.items()} ^ {*event.new.items()}}
        if len(changed) == 1 and changed <= {*self.classes}:
            self.target = changed.pop()

    async def compute(self, *_: object) -> None:
        """Compute what is due; while the choice is changing, only the latest counts."""
        while not self._computing and (due := self._due) not in (None, self._done):
            self._computing = True
            try:
                await self._compute(*due)
            finally:
                self._done, self._computing = due, False

    @property
    def _due(self) -> tuple[Sample | None, str, str, str] | None:
        """The sample, if there can be a curve of it, the two classes and the accuracies; None if nobody looks.

        None, too, while the error matrix is on its way to other weights: it comes first.
        """
        sample = self.accuracy.sample
        if self.accuracy.session.display.tab != ERROR_MATRIX or self.accuracy.weighs:
            return None
        return sample if sample is not None and sample.follows else None, self.target, self.rival, self.axes

    async def _compute(self, sample: Sample | None, target: str, rival: str, axes: str) -> None:
        land_cover = self.accuracy.session.map.land_cover
        if sample is None or land_cover is None:
            self._curve_of = ()
            self.param.update(classes=[], points=[], here=None)
            return
        opponent = self._opponent(sample, target, rival)
        others = {name: weight for name, weight in (sample.weights or {}).items() if name != target}
        curve_of = (sample.pixels, others, target, opponent, axes)
        along = () if _same(curve_of, self._curve_of) else ALONG
        found = await asyncio.to_thread(_found, sample, land_cover, target, AXES[axes](target, opponent), along)
        if land_cover is self.accuracy.session.map.land_cover:
            self._curve_of = curve_of
            curve, here = found
            points = curve if along else self.points
            self.param.update(classes=sampled_classes(sample), opponent=opponent, here=here, points=points)

    def _opponent(self, sample: Sample, target: str, rival: str) -> str:
        """Return the rival, or the class most confused when the pixels were first compared with the target."""
        if rival not in ("", target):
            return rival
        pixels, of, found = self._most_confused
        if pixels is not sample.pixels or of != target:
            found = most_confused(sample, target)
            self._most_confused = sample.pixels, target, found
        return found


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether two curves are of the same pixels and choices."""
    return bool(other) and one[0] is other[0] and one[1:] == other[1:]


def _found(
    sample: Sample, land_cover: LandCoverMap, target: str, axes: tuple[Axis, Axis], along: Sequence[float]
) -> tuple[list[TradePoint], TradePoint | None]:
    """Return the points of the curve, and that of the map with the weights of the sample."""
    weights = sample.weights or {}
    here = trade_off(sample, land_cover, weights, target, [weights[target]], axes)
    curve = trade_off(sample, land_cover, weights, target, along, axes) if along else ()
    return list(curve), here[0] if here else None
