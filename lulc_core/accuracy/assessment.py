"""Error matrix, accuracies and areas of a map, every figure with its standard error.

Each figure is a ratio of totals and comes from `Observations`; here is only which pixels count in its numerator
and denominator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import pandas as pd
import xarray as xr

from lulc_core.accuracy.designs import Design, MappedAreas
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.samples import labels, observe, poststratified
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lulc_core.accuracy.estimation import Floats, Observations

M2_PER_HA = 10_000
FEW_CLUSTERS = 20
"""A class seen in fewer clusters has intervals that cover too little (measured in ``benchmarks/coverage.py``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """How good a map is, and how much of each class there is."""

    design: str
    """How the sample was drawn, in words."""
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
    """Share of the area that disagrees because the classes' mapped totals are off, 0-1."""
    allocation_disagreement: Estimate
    """Share of the area that disagrees though the totals agree, 0-1."""
    design_effect: float | None
    """Variance of the overall accuracy over that of as many pixels drawn at random."""
    effective_sample_size: float | None
    """How many pixels drawn at random would tell as much about the overall accuracy."""
    sample_size: float
    """Pixels in the sample."""
    warnings: tuple[str, ...]
    """What the reader must know, in whole sentences."""

    @property
    def areas(self) -> pd.DataFrame:
        """Areas as a table, one row a class: hectares with 95 % intervals, NaN where undefined.

        Columns: ``mapped_ha``, ``area_ha``, ``standard_error_ha``, ``low_ha``, ``high_ha``, ``bias_ha``
        (mapped less estimated), ``proportion``, ``low``, ``high``.
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
            Of the intervals, 0-1.
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
        }


def assess(
    sample: pd.DataFrame,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None = None,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    poststratify: bool = False,
    merge: Mapping[str, Collection[str]] | None = None,
) -> Assessment:
    """Assess a map by a labelled sample.

    Parameters
    ----------
    sample
        One row a pixel: columns ``map`` and ``reference`` (class names or codes); optional ``stratum``,
        ``cluster``, ``pixels``, ``x, y``; as `draw_sample` gives it, with the reference added.
    mapped
        What the map holds: the land cover itself (``label (y, x)`` uint8 on its grid), `MappedAreas`, or
        hectares by class.
    design
        How the sample was drawn. May be left out if the sample has the column ``stratum_size``, as that of
        `draw_sample` does.
    pixel_ha
        Area of a pixel in hectares, if `mapped` does not tell it.
    poststratify
        Whether to weigh the sample so that it reproduces the mapped areas (GREG).
    merge
        New class to the classes it takes in, as ``{"range": ["grass", "scrub"]}``; the strata stay.

    Returns
    -------
    Assessment

    Raises
    ------
    InvalidInputError
        If no design is stated, or the sample contradicts it (see `observe`).

    References
    ----------
    Olofsson et al. 2014, Remote Sensing of Environment 148, eqs. 4-11; Stehman 2014, International Journal of
    Remote Sensing 35, eqs. 3-28; Pontius & Millones 2011, ibid. 32, eqs. 2-7.

    Examples
    --------
    >>> sample = pd.DataFrame({"map": ["a", "a", "a", "b", "b"], "reference": ["a", "a", "b", "b", "b"]})
    >>> report = assess(sample, {"a": 60.0, "b": 40.0}, design=Design.stratified({"a": 6000, "b": 4000}))
    >>> round(report.overall.value, 6), round(report.area["a"].area_ha.value, 6)
    (0.8, 40.0)
    """
    census = _mapped_areas(mapped, pixel_ha)
    observed = observe(
        sample,
        design or stated_design(sample),
        merge=merge,
        classes=legend_order(sample, merge or {}, "map", "reference"),
    )
    if census is not None and merge:
        census = census.merged(merge)
    if census is not None:
        _refuse_unmapped(observed, census)
    name = design_name(observed)
    if poststratify:
        if census is None:
            raise InvalidInputError("Poststratification needs the mapped size of every class; give `mapped`.")
        observed, name = poststratified(observed, census.sizes), f"{name}, poststratified by map class"
    if census is None and observed.by_map:
        census = _census_of_strata(observed, pixel_ha)
    return assessment(observed, census, pixel_ha, name)


def assess_counts(counts: pd.DataFrame, mapped: MappedAreas, *, fpc: bool = False) -> Assessment:
    """Assess a map by an error matrix of sample counts, of a sample stratified by map class.

    Parameters
    ----------
    counts
        Sampled pixels, rows map class (index), columns reference class.
    mapped
        What the map holds of each class.
    fpc
        Whether to apply the finite-population correction; needs pixels.

    Returns
    -------
    Assessment

    Raises
    ------
    InvalidInputError
        For counts that are not whole numbers >= 0, or a class that was counted but has no mapped area.

    Examples
    --------
    >>> counts = pd.DataFrame([[66, 0], [4, 55]], index=["a", "b"], columns=["a", "b"])
    >>> assess_counts(counts, MappedAreas(hectares={"a": 20.0, "b": 80.0})).users["a"].value
    1.0
    """
    counts = counts.rename(index=str, columns=str)
    values = counts.to_numpy(float)
    if not np.isfinite(values).all() or (values < 0).any() or (values % 1).any() or not values.any():
        raise InvalidInputError("An error matrix of counts holds whole numbers >= 0, not all 0.")
    sizes = mapped.counted or mapped.sizes
    homeless = [name for name, n in zip(counts.index, values.sum(1), strict=True) if n and not sizes.get(name)]
    if homeless:
        raise InvalidInputError(
            f"The map classes {homeless} were sampled but have no mapped area; the areas name {list(sizes)}. "
            "Add them, or make the names agree."
        )
    long = counts.rename_axis("map").reset_index().melt("map", var_name="reference", value_name="pixels")
    design = Design(sizes=sizes, fpc=fpc, relative=mapped.counted is None)
    known = {name for name in sizes if sizes[name] > 0} - {*counts.columns, *counts.index}
    order = list(dict.fromkeys([*counts.columns, *counts.index, *(name for name in sizes if name in known)]))
    observed = observe(long[long["pixels"] > 0].assign(stratum=lambda t: t["map"]), design, classes=order, tallied=True)
    return assessment(observed, mapped, None, "stratified by map class")


def model_assisted_areas(
    sample: pd.DataFrame,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float],
    *,
    design: Design | None = None,
    method: Literal["difference", "greg"] = "greg",
) -> dict[str, Area]:
    """Estimate class areas with the help of the map, which is a census of what the sample only sees in part.

    The difference estimator adds to the mapped share of a class the estimated bias of the map,
    ``W_k + mean([reference = k] - [map = k])`` (Särndal et al. 1992, eq. 6.3.4); the regression estimator
    (GREG) regresses the reference on the map class, which is poststratification (ibid., sect. 7.6).

    Parameters
    ----------
    sample, mapped, design
        As in `assess`; `mapped` must name every sampled map class.
    method
        ``"difference"`` or ``"greg"``.

    Returns
    -------
    dict of str to Area

    Raises
    ------
    InvalidInputError
        As `assess`.

    Examples
    --------
    >>> sample = pd.DataFrame({"map": list("aaabb"), "reference": list("aabbb")})
    >>> areas = model_assisted_areas(
    ...     sample, {"a": 50, "b": 50}, design=Design.simple_random(1000), method="difference"
    ... )
    >>> round(areas["a"].proportion.value, 6)
    0.3
    """
    if method == "greg":
        return assess(sample, mapped, design=design, poststratify=True).area
    census = _mapped_areas(mapped, None)
    if census is None:
        raise InvalidInputError("Model-assisted estimates need the mapped size of every class.")
    observed = observe(sample, design or stated_design(sample), classes=legend_order(sample, {}, "map", "reference"))
    _refuse_unmapped(observed, census)
    whole, hectares = sum(census.sizes.values()), census.area_ha
    k = len(observed.classes)
    areas = {}
    for j, name in enumerate(observed.classes):
        marks = _cells(k, columns=j) - _cells(k, rows=j)
        bias = observed.ratio(marks, bounds=(-1, 1))
        share = census.sizes.get(name, 0.0) / whole
        value = None if bias.value is None else share + bias.value
        proportion = replace(bias, value=value, bounds=(0.0, 1.0))
        total = proportion.scaled(sum(hectares.values())) if hectares else Estimate(value=None)
        areas[name] = Area(
            proportion=proportion, area_ha=total, mapped_ha=hectares.get(name, 0.0) if hectares else None
        )
    return areas


def stated_design(sample: pd.DataFrame) -> Design:
    """Return the design that the columns ``stratum`` and ``stratum_size`` of a drawn sample state.

    Raises
    ------
    InvalidInputError
        If the sample does not state one.
    """
    if not {"stratum", "stratum_size"} <= set(sample.columns):
        raise InvalidInputError(
            "How was the sample drawn? Without its design no standard error can be given. Pass `design`: "
            "Design.simple_random(pixels), Design.stratified(sizes) or Design.clusters(number); for points "
            "that were not drawn at random Design.indicative()."
        )
    sizes = sample.assign(stratum=labels(sample, "stratum").to_numpy()).groupby("stratum")["stratum_size"]
    if (sizes.nunique() > 1).any():
        raise InvalidInputError("Each stratum has one size; the column 'stratum_size' gives several.")
    return Design(
        sizes={str(name): float(size) for name, size in sizes.first().items()},
        unit="cluster" if "cluster" in sample.columns else "pixel",
    )


def design_name(observed: Observations) -> str:
    """Return the design in words, as ``"stratified by map class"``."""
    design = observed.design
    if design.kind != "sample":
        return "census" if design.kind == "census" else "indicative"
    if design.unit == "cluster":
        return "one-stage clusters" if len(design.sizes) == 1 else "stratified one-stage clusters"
    if len(design.sizes) == 1:
        return "simple random"
    return "stratified by map class" if observed.by_map else "stratified"


def assessment(observed: Observations, census: MappedAreas | None, pixel_ha: float | None, design: str) -> Assessment:
    """Return every figure of checked observations.

    Parameters
    ----------
    observed
        Map (rows) against reference (columns).
    census
        What the map holds, if known.
    pixel_ha
        Area of a pixel in hectares, if known.
    design
        How the sample was drawn, in words.
    """
    classes, k = observed.classes, len(observed.classes)
    row = [_cells(k, rows=i) for i in range(k)]
    column = [_cells(k, columns=j) for j in range(k)]
    right = [row[i] * column[i] for i in range(k)]
    overall = observed.ratio(np.eye(k))
    sign = _quantity_signs(observed, row, column)
    effect = _design_effect(observed, overall)
    report = Assessment(
        design=design,
        classes=classes,
        error_matrix=tuple(tuple(observed.ratio(r * c) for c in column) for r in row),
        overall=overall,
        users={name: observed.ratio(right[i], row[i]) for i, name in enumerate(classes)},
        producers={name: observed.ratio(right[i], column[i]) for i, name in enumerate(classes)},
        f1={name: observed.ratio(2 * right[i], row[i] + column[i]) for i, name in enumerate(classes)},
        iou={name: observed.ratio(right[i], np.maximum(row[i], column[i])) for i, name in enumerate(classes)},
        area=_areas(observed, census, pixel_ha),
        quantity_disagreement=_disagreement(observed, sign),
        allocation_disagreement=_disagreement(observed, sign, allocation=True),
        design_effect=effect,
        effective_sample_size=None if effect is None else observed.sample_pixels / effect,
        sample_size=observed.sample_pixels,
        warnings=observed.warnings,
    )
    return replace(report, warnings=(*report.warnings, *_remarks(observed, report)))


def _areas(observed: Observations, census: MappedAreas | None, pixel_ha: float | None) -> dict[str, Area]:
    hectares = census.area_ha if census else None
    total = sum(hectares.values()) if hectares else None
    areas = {}
    for j, name in enumerate(observed.classes):
        area = observed.area(_cells(len(observed.classes), columns=j), pixel_ha=pixel_ha, total_ha=total)
        if observed.design.kind == "indicative":
            area = area.without_error()
        areas[name] = replace(area, mapped_ha=hectares.get(name, 0.0) if hectares else None)
    return areas


def _cells(k: int, *, rows: int | None = None, columns: int | None = None) -> Floats:
    """Return a (k, k) matrix with 1 in one row or one column."""
    cells = np.zeros((k, k))
    if rows is not None:
        cells[rows] = 1
    if columns is not None:
        cells[:, columns] = 1
    return cells


def _quantity_signs(observed: Observations, row: list[Floats], column: list[Floats]) -> Floats | None:
    """Whether the map has too much (1) or too little (-1) of each class; None where unknown."""
    excess = [observed.total(r - c) for r, c in zip(row, column, strict=True)]
    known = [e for e in excess if e is not None]
    if len(known) < len(excess):
        return None
    whole = float(observed.population.sum())
    return np.array([0.0 if abs(e) < 1e-12 * whole else np.sign(e) for e in known])


def _disagreement(observed: Observations, sign: Floats | None, *, allocation: bool = False) -> Estimate:
    """Quantity disagreement ``sum |p_k. - p_.k| / 2`` or allocation disagreement, linearised at the signs."""
    if sign is None:
        return Estimate(value=None, bounds=(0, 1))
    quantity = (sign[:, None] - sign[None, :]) / 2
    figure = observed.ratio((1 - np.eye(len(sign))) - quantity if allocation else quantity)
    return figure if sign.any() or allocation else figure.without_error()


def _design_effect(observed: Observations, overall: Estimate) -> float | None:
    p, n = overall.value, observed.sample_pixels
    if p is None or not overall.standard_error or n < 2 or observed.design.kind != "sample":
        return None
    random = p * (1 - p) / (n - 1)
    if observed.design.fpc:
        random *= 1 - n / float(observed.matrix().sum())
    return overall.standard_error**2 / random if random > 0 else None


def _remarks(observed: Observations, report: Assessment) -> list[str]:
    """Say what is undefined, and what is less sure than it looks."""
    remarks = []
    if observed.design.kind == "indicative":
        remarks.append(
            "Indicative: the sample has no probability design. Accuracies are computed as if the pixels had "
            "been drawn at random, which their intervals take for granted; areas have no intervals."
        )
    for name in report.classes:
        if report.users[name].value is None:
            remarks.append(f"User's accuracy of {name!r} is undefined: no pixel seen is mapped as it.")
        if report.producers[name].value is None and observed.sampled.all():
            remarks.append(f"Producer's accuracy of {name!r} is undefined: no reference pixel seen has it.")
    areas = report.area.values()
    if any(area.area_ha.value is None and area.proportion.value is not None for area in areas):
        remarks.append("Areas in hectares are undefined: the area of a pixel is not known. Give it (--pixel-ha).")
    elif any(area.mapped_ha is None for area in areas):
        remarks.append("Mapped areas are not known, as the strata are not the map classes. Give them (--mapped-area).")
    sure = [f"{kind} of {name}" for kind, each in _named(report) for name, e in each.items() if e.unanimous]
    sure = ["overall accuracy"] * bool(report.overall.unanimous) + sure
    if sure:
        remarks.append(
            f"The sample is unanimous (0/n or n/n) for {', '.join(sure)}: the standard error is 0 by its "
            "formula, so the interval is Wilson's."
        )
    rare = _rare(observed) if observed.design.unit == "cluster" else {}
    if rare:
        listed = ", ".join(f"{name} ({n})" for name, n in rare.items())
        remarks.append(
            f"Classes seen in fewer than {FEW_CLUSTERS} sampled clusters: {listed}. Their intervals hold the truth "
            "less often than they say."
        )
    if observed.design.kind == "sample" and observed.degrees_of_freedom < 1:
        remarks.append("The design leaves no degree of freedom: sample two or more units of each stratum.")
    return remarks


def _rare(observed: Observations) -> dict[str, int]:
    """In how many clusters each class was seen, of classes seen in few."""
    seen = {
        name: len(np.unique(observed.unit[(observed.row == k) | (observed.column == k)]))
        for k, name in enumerate(observed.classes)
    }
    return {name: n for name, n in seen.items() if n < FEW_CLUSTERS}


def _refuse_unmapped(observed: Observations, census: MappedAreas) -> None:
    seen = [observed.classes[i] for i in np.unique(observed.row).tolist()]
    homeless = [name for name in seen if not census.sizes.get(name)]
    if homeless:
        raise InvalidInputError(
            f"The sample has pixels mapped as {homeless}, but the mapped size of these classes is 0 or not given; "
            f"there is one for {list(census.sizes)}. Add them, or make the names agree."
        )


def _named(report: Assessment) -> list[tuple[str, dict[str, Estimate]]]:
    areas = {name: area.proportion for name, area in report.area.items()}
    return [("user's accuracy", report.users), ("producer's accuracy", report.producers), ("area", areas)]


def legend_order(sample: pd.DataFrame, merge: Mapping[str, Collection[str]], *columns: str) -> list[str]:
    """Return the classes of label columns in the order of the legend; none if one is not in it."""
    if not set(columns) <= set(sample.columns):
        return []
    into = {old: new for new, olds in merge.items() for old in olds}
    names = {into.get(name, name) for column in columns for name in set(labels(sample, column))}
    return [name for name in LEGEND.names if name in names] if names <= set(LEGEND.names) else []


def _mapped_areas(
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None, pixel_ha: float | None
) -> MappedAreas | None:
    if mapped is None or isinstance(mapped, MappedAreas):
        return mapped
    if isinstance(mapped, xr.Dataset):
        return mapped_areas(mapped)
    return MappedAreas(hectares={str(name): float(area) for name, area in mapped.items()}, pixel_ha=pixel_ha)


def mapped_areas(cover: xr.Dataset) -> MappedAreas:
    """Return the pixels of each class of a land cover.

    Parameters
    ----------
    cover
        ``label (y, x)`` uint8 legend codes, 0 = no data, on a projected grid in metres.

    Raises
    ------
    InvalidInputError
        For codes outside the legend.
    """
    label = np.asarray(cover["label"])
    LEGEND.check_codes(np.unique(label), "the land cover")
    count = np.bincount(label.ravel(), minlength=256)
    grid = cover["label"].odc.geobox
    return MappedAreas(
        pixels={c.name: float(count[c.code]) for c in LEGEND if count[c.code]},
        pixel_ha=abs(grid.resolution.x * grid.resolution.y) / M2_PER_HA,
    )


def _census_of_strata(observed: Observations, pixel_ha: float | None) -> MappedAreas:
    """Read the mapped areas off strata that are map classes."""
    sizes: dict[str, float] = {}
    for row, size in zip(observed.stratum_row, observed.population, strict=True):
        name = observed.classes[row]
        sizes[name] = sizes.get(name, 0.0) + float(size)
    return MappedAreas(pixels=sizes, pixel_ha=pixel_ha)
