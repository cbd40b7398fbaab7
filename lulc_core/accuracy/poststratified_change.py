"""Change from a sample that is weighted to the mapped area of each class: the regression estimator with map classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.panel import Panel
from lulc_core.accuracy.panel_labels import poststrata_of
from lulc_core.accuracy.weighing import weigh_sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.sampled_units import Floats

PARTS = {
    "before": (1, 0, 0, 0),
    "after": (0, 1, 0, 0),
    "gain": (0, 0, 1, 0),
    "loss": (0, 0, 0, 1),
    "net": (0, 0, 1, -1),
}
"""How the figures of a class follow from what its pixels were before and after, gained and lost."""


class PoststratifiedChange:
    """The labels before and after, weighted to the mapped areas."""

    def __init__(self, sample: pd.DataFrame, design: Design, classes: Sequence[str], mapped: MappedAreas) -> None:
        place = {name: k for k, name in enumerate(classes)}
        before, after = (
            labels(sample, name).astype(object).map(place).to_numpy(np.intp)
            for name in ("reference_before", "reference_after")
        )
        self._before, self._after, self._design = before, after, design
        self._drawn = weigh_sample(sample, design)
        self._group, self._size = poststrata_of(sample, "map", mapped)

    def parts(self, k: int, total_ha: float | None) -> tuple[dict[str, Area], float | None]:
        """Return the areas of a class by `PARTS`, and the covariance of gain and loss as shares."""
        was, became = self._before == k, self._after == k
        series = self._panel(4).of(np.column_stack([was, became, became & ~was, was & ~became]).astype(float))
        areas = {}
        for name, signs in PARTS.items():
            share = series.combination(np.array(signs, float), (-1.0 if name == "net" else 0.0, 1.0))
            hectares = Estimate(value=None) if total_ha is None else share.scaled(total_ha)
            areas[name] = Area(proportion=share, area_ha=hectares)
        covariance = series.covariance
        return areas, None if covariance is None else float(covariance[2, 3])

    def transitions(self, k: int) -> tuple[tuple[Estimate, ...], ...]:
        """Return the shares by class before (rows) and after (columns), of `k` classes."""
        cell, one = self._before * k + self._after, np.eye(k * k)
        series = self._panel(k * k).of(one[cell])
        return tuple(tuple(series.combination(one[i * k + j], (0.0, 1.0)) for j in range(k)) for i in range(k))

    def _panel(self, many: int) -> Panel:
        """Return the sample with as many quantities, all seen and of the same groups."""
        every: Floats = np.zeros((len(self._before), many))
        return Panel(
            drawn=self._drawn,
            label=every.astype(np.intp),
            group=np.repeat(self._group[:, None], many, axis=1),
            sizes=(self._size,) * many,
            single=self._design.unit == "pixel",
        )
