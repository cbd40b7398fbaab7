"""Error matrix, accuracies and areas of a map, each with its standard error.

Each figure is a ratio of totals estimated by `Observations`; this module says which pixels count in its numerator and
denominator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import pandas as pd

from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.designs import Design, MappedAreas, check_pixel_ha
from lulc_core.accuracy.figures import Area, Estimate, opposed
from lulc_core.accuracy.mapped_areas import as_mapped_areas, refuse_unmapped
from lulc_core.accuracy.misread_numbers import per_cent_for_pixels
from lulc_core.accuracy.misreadings import swapped_by_areas, unnamed_corner
from lulc_core.accuracy.poststratification import poststratified
from lulc_core.accuracy.remarks import contradictions, remarks_on, sizes_of_strata
from lulc_core.accuracy.report import Assessment
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.stated_weights import weight_columns
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import xarray as xr

    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.sampled_units import Floats


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
        One row per pixel: columns ``map`` and ``reference`` (class names or codes); optional ``stratum``,
        ``cluster``, ``pixels``, ``x, y``; as `draw_sample` gives it, with the reference added.
    mapped
        The mapped areas: the land cover itself (``label (y, x)`` uint8 on its grid), `MappedAreas`, or
        hectares by class.
    design
        How the sample was drawn. May be left out if the sample has the column ``stratum_size``, as that of
        `draw_sample` does.
    pixel_ha
        Area of a pixel in hectares, if not known from `mapped`.
    poststratify
        Whether to weight the sample so that it reproduces the mapped areas (GREG).
    merge
        Classes to merge, by the name of the new class: ``{"range": ["grass", "scrub"]}``; strata stay as they are.

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
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"map": ["a", "a", "a", "b", "b"], "reference": ["a", "a", "b", "b", "b"]})
    >>> report = assess(sample, {"a": 60.0, "b": 40.0}, design=Design.stratified({"a": 6000, "b": 4000}))
    >>> round(report.overall.value, 6), round(report.area["a"].area_ha.value, 6)
    (0.8, 40.0)
    """
    check_pixel_ha(pixel_ha)
    census = None if mapped is None else as_mapped_areas(mapped, pixel_ha)
    if census is not None and merge:
        census = census.merged(merge)
    mapped_classes = census.classes if census else ()
    observed = observe(
        sample,
        design or stated_design(sample),
        merge=merge,
        classes=legend_order(sample, merge or {}, "map", "reference", also=mapped_classes),
        also=mapped_classes,
    )
    if census is not None:
        refuse_unmapped(observed, census)
        notes = (*contradictions(observed, census, pixel_ha), *swapped_by_areas(observed, census))
        observed = replace(observed, warnings=(*observed.warnings, *notes))
    name = design_name(observed)
    if poststratify:
        if census is None:
            raise InvalidInputError("Poststratification needs the mapped size of every class; give `mapped`.")
        observed, name = poststratified(observed, census.sizes), f"{name}, poststratified by map class"
    if census is None and observed.by_map:
        census = MappedAreas(pixels=sizes_of_strata(observed), pixel_ha=pixel_ha)
    return assessment(observed, census, pixel_ha, name, merged=merge or ())


def assess_counts(counts: pd.DataFrame, mapped: MappedAreas, *, fpc: bool = False) -> Assessment:
    """Assess a map from the error matrix of sample counts of a sample stratified by map class.

    Parameters
    ----------
    counts
        Sampled pixels, rows map class (index), columns reference class. An index that is named with a blank, as that of
        `read_counts`, was not said to be the map.
    mapped
        The mapped area of each class.
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
    >>> import pandas as pd
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
    i, j = np.nonzero(values)
    long = pd.DataFrame({"map": counts.index[i], "reference": counts.columns[j], "pixels": values[i, j]})
    design = Design(sizes=sizes, fpc=fpc, relative=mapped.counted is None)
    known = {name for name in sizes if sizes[name] > 0} - {*counts.columns, *counts.index}
    order = list(dict.fromkeys([*counts.columns, *counts.index, *(name for name in sizes if name in known)]))
    observed = observe(long.assign(stratum=long["map"]), design, classes=order, tallied=True)
    notes = (*unnamed_corner(counts), *per_cent_for_pixels(counts, mapped), *contradictions(observed, mapped, None))
    observed = replace(observed, warnings=(*observed.warnings, *notes))
    return assessment(observed, mapped, None, "stratified by map class")


def stated_design(sample: pd.DataFrame) -> Design:
    """Return the design that the columns of a drawn sample state.

    It is that of ``stratum`` and ``stratum_size``; without sizes, that of ``inclusion_probability`` or ``weight``.

    Raises
    ------
    InvalidInputError
        If the sample does not state one.
    """
    if "stratum_size" not in sample.columns and weight_columns(sample):
        strata = labels(sample, "stratum").unique() if "stratum" in sample.columns else ["all"]
        return Design.unequal("cluster" if "cluster" in sample.columns else "pixel", strata=sorted(map(str, strata)))
    if not {"stratum", "stratum_size"} <= set(sample.columns):
        raise InvalidInputError(
            "Standard errors depend on the sampling design, and none is given. Pass `design`: "
            "Design.simple_random(pixels), Design.stratified(sizes) or Design.clusters(number), or "
            "Design.indicative() for points that were not drawn at random."
        )
    sizes = sample["stratum_size"].reset_index(drop=True).groupby(labels(sample, "stratum"), observed=True)
    if (sizes.nunique() > 1).any():
        raise InvalidInputError("Each stratum has one size; the column 'stratum_size' gives several.")
    return Design(
        sizes={str(name): float(size) for name, size in sorted(sizes.first().items())},
        unit="cluster" if "cluster" in sample.columns else "pixel",
    )


def design_name(observed: Observations) -> str:
    """Return the name of the design, such as ``"stratified by map class"``."""
    design = observed.design
    if design.kind != "sample":
        return "census" if design.kind == "census" else "indicative"
    if design.weighted:
        strata = "stratified " if len(design.sizes) > 1 else ""
        return f"{strata}{'clusters' if design.unit == 'cluster' else 'pixels'} with unequal probabilities"
    if design.unit == "cluster":
        stages = {1: "one-stage ", 2: "two-stage "}.get(design.stages or 0, "")
        return f"{stages}clusters" if len(design.sizes) == 1 else f"stratified {stages}clusters"
    if len(design.sizes) == 1:
        return "simple random"
    return "stratified by map class" if observed.by_map else "stratified"


def assessment(
    observed: Observations,
    census: MappedAreas | None,
    pixel_ha: float | None,
    design: str,
    *,
    merged: Collection[str] = (),
) -> Assessment:
    """Return all figures of checked observations.

    Parameters
    ----------
    observed
        Map (rows) against reference (columns).
    census
        The mapped areas, if known.
    pixel_ha
        Area of a pixel in hectares, if known.
    design
        How the sample was drawn, in words.
    merged
        The merged classes.
    """
    k = len(observed.classes)
    figures = accuracies(observed)
    effect = _design_effect(observed, figures["overall"])
    report = Assessment(
        design=design,
        classes=observed.classes,
        error_matrix=tuple(
            tuple(observed.ratio(_cells(k, rows=i) * _cells(k, columns=j)) for j in range(k)) for i in range(k)
        ),
        **figures,
        area=class_areas(observed, census, pixel_ha),
        design_effect=effect,
        effective_sample_size=None if effect is None else observed.sample_pixels / effect,
        sample_size=observed.sample_pixels,
        warnings=observed.warnings,
    )
    return replace(report, warnings=(*report.warnings, *remarks_on(observed, report, census, merged=merged)))


class _Accuracies(TypedDict):
    """The fields of `Assessment` that are accuracies."""

    overall: Estimate
    users: dict[str, Estimate]
    producers: dict[str, Estimate]
    f1: dict[str, Estimate]
    iou: dict[str, Estimate]
    quantity_disagreement: Estimate
    allocation_disagreement: Estimate


def accuracies(observed: Observations) -> _Accuracies:
    """Return the accuracies of the map, overall and of each class, and its disagreements with the reference."""
    k = len(observed.classes)
    row, column = [_cells(k, rows=i) for i in range(k)], [_cells(k, columns=j) for j in range(k)]
    by_class = list(zip(observed.classes, row, column, strict=True))
    sign = _quantity_signs(observed, row, column)
    return {
        "overall": observed.ratio(np.eye(k)),
        "users": {name: observed.ratio(r * c, r) for name, r, c in by_class},
        "producers": {name: observed.ratio(r * c, c) for name, r, c in by_class},
        "f1": {name: observed.ratio(2 * r * c, r + c) for name, r, c in by_class},
        "iou": {name: observed.ratio(r * c, np.maximum(r, c)) for name, r, c in by_class},
        "quantity_disagreement": _disagreement(observed, sign),
        "allocation_disagreement": _disagreement(observed, sign, allocation=True),
    }


def class_areas(observed: Observations, census: MappedAreas | None, pixel_ha: float | None = None) -> dict[str, Area]:
    """Return the area of each class by the reference, beside the mapped area where that is known."""
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
    """Quantity disagreement ``sum |p_k. - p_.k| / 2`` or allocation disagreement, linearised at the signs.

    Quantity disagreement is what some pixels add less what others take away, as a net change; of clusters its interval
    is that of one, for limits of log odds lie too high.
    """
    if sign is None:
        return Estimate(value=None, bounds=(0, 1))
    quantity = (sign[:, None] - sign[None, :]) / 2
    if allocation:
        return observed.ratio((1 - np.eye(len(sign))) - quantity)
    figure = observed.ratio(quantity)
    if observed.design.unit == "cluster":
        more, less = np.maximum(quantity, 0), np.maximum(-quantity, 0)
        parts = opposed(observed.ratio(more), observed.ratio(less), observed.covariance(more, less))
        figure = replace(figure, difference=parts)
    return figure if sign.any() else figure.without_error()


def _design_effect(observed: Observations, overall: Estimate) -> float | None:
    p, n = overall.value, observed.sample_pixels
    if p is None or not overall.standard_error or n < 2 or observed.design.kind != "sample":
        return None
    random = p * (1 - p) / (n - 1)
    if observed.design.fpc:
        random *= 1 - n / float(observed.matrix().sum())
    return overall.standard_error**2 / random if random > 0 else None


def legend_order(
    sample: pd.DataFrame, merge: Mapping[str, Collection[str]], *columns: str, also: Collection[str] = ()
) -> list[str]:
    """Return the classes of label columns and any others given, in the order of the legend; none if one is not in it.

    A merged class takes the place of its first part.
    """
    if not set(columns) <= set(sample.columns):
        return []
    into = {old: new for new, olds in merge.items() for old in olds}
    place = {name: position for position, name in enumerate(LEGEND.names)}
    place |= {new: min(map(place.__getitem__, olds)) for new, olds in merge.items() if set(olds) <= set(place)}
    names = {into.get(name, name) for column in columns for name in labels(sample, column).unique()} | set(also)
    return sorted(names, key=place.__getitem__) if names <= set(place) else []
