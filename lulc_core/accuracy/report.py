"""The result of an assessment: every figure by name, as tables and as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.intervals import INTERVALS
from lulc_core.accuracy.rounding import decimals
from lulc_core.accuracy_plots import draw_areas, draw_error_matrix
from lulc_core.counted import counted
from lulc_core.display import block, bullets, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from lulc_core.accuracy.figures import Area, Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Accuracy of a map and area of each class."""

    design: str
    """Name of the sampling design."""
    classes: tuple[str, ...]
    """Class names, in the order of the error matrix."""
    error_matrix: tuple[tuple[Estimate, ...], ...]
    """Area proportions by map class (rows) and reference class (columns)."""
    overall: Estimate
    """Overall accuracy, 0-1."""
    users: dict[str, Estimate]
    """User's accuracy of each class, 0-1."""
    producers: dict[str, Estimate]
    """Producer's accuracy of each class, 0-1."""
    f1: dict[str, Estimate]
    """F1 of each class, 0-1: the harmonic mean of user's and producer's accuracy."""
    iou: dict[str, Estimate]
    """Intersection over union of each class, 0-1."""
    area: dict[str, Area]
    """Area of each class by the reference, beside the mapped area."""
    quantity_disagreement: Estimate
    """Disagreement due to differing class totals, as a share of the area, 0-1."""
    allocation_disagreement: Estimate
    """Disagreement due to location while totals agree, as a share of the area, 0-1."""
    design_effect: float | None
    """Variance of the overall accuracy relative to a simple random sample of as many pixels."""
    effective_sample_size: float | None
    """Size of the simple random sample with the same variance of the overall accuracy."""
    sample_size: float
    """Pixels in the sample."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    @property
    def areas(self) -> pd.DataFrame:
        """Areas as a table, one row per class: hectares with 95 % intervals, NaN where undefined.

        Columns: ``mapped_ha``, ``area_ha``, ``standard_error_ha``, ``low_ha``, ``high_ha``, ``bias_ha``
        (mapped minus estimated), ``proportion``, ``low``, ``high``.
        """
        rows = {}
        for name, area in self.area.items():
            low_ha, high_ha = area.area_ha.interval() or (None, None)
            low, high = area.proportion.interval() or (None, None)
            value, mapped = area.area_ha.value, area.mapped_ha
            rows[name] = {
                "mapped_ha": mapped,
                "area_ha": value,
                "standard_error_ha": area.area_ha.standard_error,
                "low_ha": low_ha,
                "high_ha": high_ha,
                "bias_ha": None if value is None or mapped is None else mapped - value,
                "proportion": area.proportion.value,
                "low": low,
                "high": high,
            }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("class")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per class: user's and producer's accuracy and area in hectares, each with its 95 % interval.

        Columns: ``users``, ``users_low``, ``users_high``, the same for ``producers`` and ``area_ha``; NaN where
        undefined.
        """
        columns: dict[str, dict[str, float | None]] = {}
        areas = {name: area.area_ha for name, area in self.area.items()}
        for key, figures in (("users", self.users), ("producers", self.producers), ("area_ha", areas)):
            ends = {name: figure.interval() or (None, None) for name, figure in figures.items()}
            columns[key] = {name: figure.value for name, figure in figures.items()}
            columns[f"{key}_low"] = {name: low for name, (low, _) in ends.items()}
            columns[f"{key}_high"] = {name: high for name, (_, high) in ends.items()}
        return pd.DataFrame(columns, index=list(self.classes), dtype=float).rename_axis("class")

    def __repr__(self) -> str:
        return f"<Assessment: {self._head()}, {len(self.classes)} classes>"

    def _repr_html_(self) -> str:
        areas = {name: area.area_ha for name, area in self.area.items()}
        columns = [_column(self.users, 3), _column(self.producers, 3), _column(areas, 1)]
        heads = ["class", "user's accuracy", "producer's accuracy", "area (ha)"]
        rows = table(heads, zip(self.classes, *columns, strict=True))
        return block(self._head(), rows, bullets(self.warnings))

    def _head(self) -> str:
        return f"Overall accuracy {self.overall}; {self.design}, {counted(self.sample_size, 'pixel')}"

    def plot(self, *, ax: Axes | None = None, title: str = "Error matrix") -> Axes:
        """Draw the error matrix; see `plot_areas` for the areas.

        Parameters
        ----------
        ax
            Where; a new figure by default.
        title
            Say in it that the data are simulated, where they are: a sample does not know.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        NotFoundError
            If matplotlib is not installed.
        """
        return draw_error_matrix(self.matrix.to_numpy(), self.classes, ax=ax, title=title)

    def plot_areas(self, *, ax: Axes | None = None, title: str = "Area of each class") -> Axes:
        """Draw the estimated areas in hectares with their 95 % intervals, beside the mapped ones where these are known.

        Parameters
        ----------
        ax, title
            As for `plot`.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        InvalidInputError
            If no area is known in hectares.
        NotFoundError
            If matplotlib is not installed.
        """
        known = self.areas
        ends = list(zip(known["low_ha"], known["high_ha"], strict=True))
        return draw_areas(self.classes, known["area_ha"], ends, mapped=known["mapped_ha"], ax=ax, title=title)

    @property
    def matrix(self) -> pd.DataFrame:
        """Area proportions as a table, rows map, columns reference; NaN where undefined."""
        values = [[cell.value for cell in row] for row in self.error_matrix]
        return pd.DataFrame(values, index=list(self.classes), columns=list(self.classes), dtype=float)

    def kappa(self) -> float | None:
        """Return Cohen's kappa, only for comparison with older papers; None where undefined.

        .. deprecated:: 0.1
            Kappa mixes accuracy with a chance agreement that says nothing about the map (Pontius & Millones
            2011; Olofsson et al. 2014, sect. 4.2). Report overall, user's and producer's accuracy.
        """
        p = self.matrix.to_numpy()
        chance = float(p.sum(0) @ p.sum(1))
        if not np.isfinite(chance) or chance == 1:
            return None
        return float((np.trace(p) - chance) / (1 - chance))

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures as plain dicts and lists for JSON; None where undefined.

        Parameters
        ----------
        level
            Confidence level of the intervals, 0-1.
        """

        def each(figures: Mapping[str, Estimate]) -> dict[str, object]:
            return {name: figure.as_dict(level) for name, figure in figures.items()}

        return {
            "design": self.design,
            "classes": list(self.classes),
            "error_matrix": [[cell.value for cell in row] for row in self.error_matrix],
            "overall": self.overall.as_dict(level),
            "users": each(self.users),
            "producers": each(self.producers),
            "f1": each(self.f1),
            "area": {name: area.as_dict(level) for name, area in self.area.items()},
            "design_effect": self.design_effect,
            "warnings": list(self.warnings),
            "error_matrix_estimates": [[cell.as_dict(level) for cell in row] for row in self.error_matrix],
            "iou": each(self.iou),
            "quantity_disagreement": self.quantity_disagreement.as_dict(level),
            "allocation_disagreement": self.allocation_disagreement.as_dict(level),
            "effective_sample_size": self.effective_sample_size,
            "sample_size": self.sample_size,
            "error_matrix_se": [[cell.standard_error for cell in row] for row in self.error_matrix],
            "interval_methods": {
                "overall": self.overall.interval_method,
                **{kind: {name: e.interval_method for name, e in each.items()} for kind, each in self._by_kind.items()},
            },
        }

    @property
    def interval_titles(self) -> tuple[str, ...]:
        """The methods of the intervals by their titles, each once, in the order of the figures."""
        figures = [self.overall, *(figure for each in self._by_kind.values() for figure in each.values())]
        methods = dict.fromkeys(figure.interval_method for figure in figures)
        return tuple(INTERVALS[method].title for method in methods if method)

    @property
    def _by_kind(self) -> dict[str, Mapping[str, Estimate]]:
        areas = {name: area.proportion for name, area in self.area.items()}
        return {"users": self.users, "producers": self.producers, "f1": self.f1, "iou": self.iou, "area": areas}


def _column(figures: Mapping[str, Estimate], least: int) -> list[str]:
    """Return figures with their 95 % intervals as text, all to as many decimals, the least or more."""
    digits = max((decimals(figure.finest, least) for figure in figures.values()), default=least)
    return [_words(figure, digits) for figure in figures.values()]


def _words(figure: Estimate, digits: int) -> str:
    if figure.value is None:
        return "undefined"
    ends = figure.interval()
    return f"{figure.value:,.{digits}f}" + (f" ({ends[0]:,.{digits}f} to {ends[1]:,.{digits}f})" if ends else "")
