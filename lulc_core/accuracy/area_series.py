"""Areas by year from one panel of pixels that were labelled for several years, and their trend."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import design_name, stated_design
from lulc_core.accuracy.designs import MappedAreas, check_pixel_ha
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.joint_labels import p_value
from lulc_core.accuracy.panel_labels import check_panel, make_panel, panel_classes, panel_labels
from lulc_core.accuracy.remarks import INDICATIVE, no_hectares, strangers
from lulc_core.accuracy.vocabulary import year_columns
from lulc_core.accuracy_plots import draw_area_series
from lulc_core.counted import counted
from lulc_core.display import block, bullets, table
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.panel import Panel, Series
    from lulc_core.accuracy.sampled_units import Floats

FEW_CHANGES = 10
"""A trend by fewer sampled pixels that became or ceased to be the class is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSeries:
    """One class over the years."""

    area: tuple[Area, ...]
    """Area in each year."""
    steps: tuple[Area, ...]
    """Change from each year to the next, negative for a loss."""
    net: Area
    """Change from the first year to the last."""
    trend: Area
    """Slope of the least-squares line through the areas, per year."""
    covariance: tuple[tuple[float, ...], ...] | None
    """Covariances of the shares of all pairs of years; None where the design gives none."""
    changed: int
    """Sampled pixels that were the class in some years, and not in others."""

    @property
    def p_value(self) -> float | None:
        """Of the test that the trend is 0; None without an interval."""
        return p_value(self.trend.proportion)

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures for JSON; None where undefined."""
        return {
            "area": [area.as_dict(level) for area in self.area],
            "steps": [area.as_dict(level) for area in self.steps],
            "net": self.net.as_dict(level),
            "trend_per_year": self.trend.as_dict(level),
            "trend_p_value": self.p_value,
            "covariance": None if self.covariance is None else [list(row) for row in self.covariance],
            "sampled_pixels_that_changed": self.changed,
        }


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AreaSeries:
    """Area of each class by year."""

    years: tuple[int, ...]
    """In order."""
    design: str
    """Name of the sampling design."""
    classes: Mapping[str, ClassSeries]
    """By class, in the order of the legend."""
    sample_size: int
    """Rows of the sample."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per class and year.

        Columns: ``class``, ``year``, ``proportion``, ``standard_error``, ``low``, ``high`` (95 % interval, shares), and
        ``area_ha``, ``standard_error_ha``, ``low_ha``, ``high_ha``; NaN where undefined.
        """
        rows = []
        for name, one in self.classes.items():
            for year, area in zip(self.years, one.area, strict=True):
                rows.append((name, year, *_figures(area.proportion), *_figures(area.area_ha)))
        columns = ["proportion", "standard_error", "low", "high", "area_ha", "standard_error_ha", "low_ha", "high_ha"]
        found = pd.DataFrame(rows, columns=["class", "year", *columns])
        return found.astype(dict.fromkeys(columns, float))

    def plot(self, *, ax: Axes | None = None, title: str = "Area by year") -> Axes:
        """Draw the areas by year with their 95 % intervals: hectares where known, else per cent.

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
        frame, hectares = self.to_frame(), self._in_hectares
        columns = ["area_ha", "low_ha", "high_ha"] if hectares else ["proportion", "low", "high"]
        values = {name: frame.loc[frame["class"] == name, columns].to_numpy(float) for name in self.classes}
        if not hectares:
            values = {name: 100 * each for name, each in values.items()}
        return draw_area_series(self.years, values, unit="area (ha)" if hectares else "area (%)", ax=ax, title=title)

    def __repr__(self) -> str:
        return f"<AreaSeries: {self._head()}>"

    def _repr_html_(self) -> str:
        unit = "ha" if self._in_hectares else "share"
        heads = ["class", *map(str, self.years), f"last less first ({unit})", f"trend a year ({unit})", "p"]
        rows = []
        for name, one in self.classes.items():
            shown = (each.area_ha if self._in_hectares else each.proportion for each in (*one.area, one.net, one.trend))
            p = "" if one.p_value is None else f"{one.p_value:.3f}"
            rows.append([name, *map(str, shown), p])
        return block(self._head(), table(heads, rows), bullets(self.warnings))

    def _head(self) -> str:
        listed = f"{self.years[0]} to {self.years[-1]}"
        return f"Areas of {len(self.classes)} classes, {listed}; {self.design}, {counted(self.sample_size, 'row')}"

    @property
    def _in_hectares(self) -> bool:
        return any(one.area[0].area_ha.value is not None for one in self.classes.values())

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures as plain dicts and lists for JSON; None where undefined."""
        return {
            "years": list(self.years),
            "design": self.design,
            "classes": {name: one.as_dict(level) for name, one in self.classes.items()},
            "sample_size": self.sample_size,
            "warnings": list(self.warnings),
        }


def assess_years(
    sample: pd.DataFrame,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    total_ha: float | None = None,
    mapped: Mapping[int, MappedAreas] | MappedAreas | None = None,
) -> AreaSeries:
    """Estimate the area of each class in several years, its changes and its trend, from one panel of pixels.

    The trend is the slope of the least-squares line through the areas, ``sum_t (t - mean) A_t / sum_t (t - mean)^2``:
    a linear combination, whose variance has the covariances of all pairs of years. Its interval is one of sampling: how
    far the areas themselves scatter about a line does not enter.

    Parameters
    ----------
    sample
        One row per pixel: columns ``reference_2018``, ``reference_2021`` and so on, two or more; the rest as in
        `assess`. A pixel may lack the labels of some years: others of its stratum then stand for it.
    design
        How it was drawn; may be left out if the sample has the column ``stratum_size``.
    pixel_ha, total_ha
        Area of a pixel, or of everything, in hectares; without them areas are shares.
    mapped
        The mapped areas of each year, to poststratify it by its own map (column ``map_2018`` of the sample); or of one
        map, to poststratify all years by it (column ``map``).

    Returns
    -------
    AreaSeries

    Raises
    ------
    InvalidInputError
        As `assess`; for fewer than two years, a row without any label, a stratum without a label in a year, and mapped
        areas without the classes of the map.

    References
    ----------
    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, sect. 9.9 (samples that overlap), 7.6 and 15.6.2;
    Cochran 1977, Sampling Techniques, sect. 6.18.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"reference_2018": list("aaab"), "reference_2019": list("aabb")})
    >>> series = assess_years(sample, design=Design.simple_random(400), pixel_ha=1.0)
    >>> series.classes["b"].trend.area_ha.value
    100.0
    """
    check_pixel_ha(pixel_ha)
    design = design or stated_design(sample)
    columns = year_columns(sample)
    if len(columns) < 2:
        raise InvalidInputError(
            "Areas by year need two or more columns reference_<year>, such as reference_2018 and reference_2021; the "
            f"sample has {', '.join(map(str, sample.columns))[:200]}."
        )
    names = panel_labels(sample, columns)
    observed, classes = check_panel(sample, names, design), panel_classes(names)
    panel = make_panel(sample, names, observed.design, classes, mapped)
    years = tuple(columns)
    known = total_ha if total_ha is not None else _total_ha(observed, pixel_ha, mapped)
    expanded = pixel_ha if known is None and design.unit == "cluster" and not design.relative else None
    series = {name: _class_series(panel, k, np.array(years, float), known, expanded) for k, name in enumerate(classes)}
    if design.kind != "sample":
        series = {name: _without_errors(one) for name, one in series.items()}
    by = "" if mapped is None else ", poststratified by map class"
    name = design_name(observed) + (by if mapped is None or isinstance(mapped, MappedAreas) else f"{by} of each year")
    return AreaSeries(
        years=years,
        design=name,
        classes=series,
        sample_size=len(sample),
        warnings=(*observed.warnings, *_remarks(observed, panel, years, series)),
    )


def _total_ha(
    observed: Observations, pixel_ha: float | None, mapped: Mapping[int, MappedAreas] | MappedAreas | None
) -> float | None:
    """Return the area of everything, where the maps or the design know it."""
    design = observed.design
    pixels = design.pixels
    one = mapped if mapped is None or isinstance(mapped, MappedAreas) else next(iter(mapped.values()))
    if one is not None and one.area_ha:
        return sum(one.area_ha.values())
    if design.unit == "pixel" and not design.relative:
        pixels = float(observed.population.sum())
    return None if pixels is None or pixel_ha is None else pixels * pixel_ha


def _class_series(panel: Panel, k: int, years: Floats, total_ha: float | None, pixel_ha: float | None) -> ClassSeries:
    """Return all figures of a class, in hectares as shares of a known total or by the pixels of the sample."""
    shares, hectares, factor = panel.series(k), None, 1.0
    if total_ha is not None:
        hectares, factor = shares, total_ha
    elif pixel_ha is not None:
        hectares, factor = panel.series(k, total=True), pixel_ha
    T = len(years)

    def area(coefficients: Floats) -> Area:
        share = _combined(shares, coefficients, 1.0)
        if hectares is None:
            return Area(proportion=share, area_ha=Estimate(value=None))
        top = 1.0 if hectares is shares else np.inf
        return Area(proportion=share, area_ha=_combined(hectares, coefficients, top).scaled(factor))

    each, off = np.eye(T), years - years.mean()
    covariance = shares.covariance
    present = (panel.label == k) & (panel.label >= 0)
    absent = (panel.label != k) & (panel.label >= 0)
    return ClassSeries(
        area=tuple(area(row) for row in each),
        steps=tuple(area(after - before) for before, after in itertools.pairwise(each)),
        net=area(each[-1] - each[0]),
        trend=area(off / (off @ off)),
        covariance=None if covariance is None else tuple(map(tuple, covariance.tolist())),
        changed=int((present.any(1) & absent.any(1)).sum()),
    )


def _combined(series: Series, coefficients: Floats, top: float) -> Estimate:
    """Return a combination of years between the least and the most that it can be, of figures from 0 to `top`."""
    low, high = (float(part(coefficients, 0).sum()) for part in (np.minimum, np.maximum))
    return series.combination(coefficients, (low * top if low else 0.0, high * top))


def _without_errors(one: ClassSeries) -> ClassSeries:
    return ClassSeries(
        area=tuple(area.without_error() for area in one.area),
        steps=tuple(area.without_error() for area in one.steps),
        net=one.net.without_error(),
        trend=one.trend.without_error(),
        covariance=None,
        changed=one.changed,
    )


def _remarks(
    observed: Observations, panel: Panel, years: Sequence[int], series: Mapping[str, ClassSeries]
) -> list[str]:
    """Return what is to be known of the figures."""
    remarks = [INDICATIVE] if observed.design.kind == "indicative" else []
    remarks += strangers([*series])
    missing = (panel.label < 0).sum(0)
    if missing.any():
        listed = ", ".join(f"{n} in {year}" for year, n in zip(years, missing.tolist(), strict=True) if n)
        remarks.append(
            f"Pixels without a label: {listed} of {len(panel.label)}. Those of the same stratum or map class that have "
            "one stand for them, as if labels were missing by chance."
        )
    few = [f"{name} ({one.changed})" for name, one in series.items() if one.changed < FEW_CHANGES]
    if few:
        remarks.append(
            f"Fewer than {FEW_CHANGES} sampled pixels changed to or from {', '.join(few)}: few pixels decide the "
            "changes and trends."
        )
    if all(one.net.area_ha.value is None for one in series.values()):
        remarks.append(no_hectares("Areas", observed))
    return remarks


def _figures(figure: Estimate) -> tuple[float | None, ...]:
    low, high = figure.interval() or (None, None)
    return figure.value, figure.standard_error, low, high
