"""Warnings about an assessment, in whole sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.misread_numbers import unlike_its_pixels, unlike_their_pixels
from lulc_core.accuracy.other_codes import LEAST_PIXELS, exchanged_classes
from lulc_core.accuracy.rounding import decimals
from lulc_core.accuracy.vocabulary import no_classes, only_in_reference
from lulc_core.counted import counted, percent
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import MappedAreas
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.figures import Estimate
    from lulc_core.accuracy.report import Assessment

ROUNDING = 0.005
"""Largest relative difference between two statements of a size that is attributed to rounding."""
INDICATIVE = (
    "Indicative: the sample has no probability design. Accuracies are computed as if the pixels had "
    "been drawn at random, as their intervals assume; areas have no intervals."
)
"""Warning for a sample without a probability design."""
LEAST_KAPPA = 0.1
"""Cohen's kappa (1960, doi:10.1177/001316446002000104) below which map and reference may have nothing in common."""
FEW_CLUSTERS = 20
"""A class seen in fewer clusters may have intervals with too low a coverage (see ``benchmarks/coverage.py``)."""
FEW_PIXELS = 10
"""With fewer correct or incorrect pixels in the sample, an accuracy depends on single labels."""


def remarks_on(
    observed: Observations, report: Assessment, census: MappedAreas | None, *, merged: Collection[str] = ()
) -> list[str]:
    """Return warnings of figures that are undefined or less certain than they look; `merged` are the merged classes."""
    remarks = []
    if observed.design.kind == "indicative":
        remarks.append(INDICATIVE)
    remarks += _disagreement(observed)
    remarks += _without_strangers(observed, report)
    remarks += _undefined(observed, report)
    remarks += strangers([name for name in report.classes if name not in merged], mapped=_mapped(observed))
    areas = report.area.values()
    if any(area.area_ha.value is None and area.proportion.value is not None for area in areas):
        remarks.append(no_hectares("Areas", observed, census))
    elif any(area.mapped_ha is None for area in areas):
        remarks.append("The bias of the mapped areas is unknown: give the mapped area of each class.")
    remarks += _without_error(report)
    few = _decided_by_few(observed, report) if observed.design.unit == "pixel" else []
    if few:
        remarks.append(
            f"Fewer than {FEW_PIXELS} sampled pixels are correct, or incorrect, for {', '.join(few)}: few pixels "
            "decide these intervals. Sample more of these classes."
        )
    rare = _rare(observed) if observed.design.unit == "cluster" and observed.unseen.any() else {}
    if rare:
        listed = ", ".join(f"{name} ({n})" for name, n in rare.items())
        remarks.append(
            f"Classes seen in fewer than {FEW_CLUSTERS} sampled clusters: {listed}. Their intervals may cover the "
            "true value less often than stated."
        )
    alike = _of_one_cell(observed) if observed.design.unit == "cluster" and len(observed.strata) > 1 else []
    if alike:
        remarks.append(
            f"All sampled clusters of {', '.join(alike)} show one and the same class: the intervals add nothing for "
            "what the other clusters of such a stratum may hold."
        )
    if observed.design.kind == "sample" and observed.degrees_of_freedom < 1:
        remarks.append("No degrees of freedom are left: sample two or more units in each stratum.")
    return remarks


def _undefined(observed: Observations, report: Assessment) -> list[str]:
    """Return warnings of accuracies that the sample leaves undefined, or that are 0 because the map lacks the class."""
    found = []
    mapped = _mapped(observed)
    for name in report.classes:
        if report.users[name].value is None and name not in mapped:
            found.append(f"User's accuracy of {name!r} is undefined: no sampled pixel is mapped as it.")
        if report.producers[name].value is None and observed.sampled.all():
            found.append(f"Producer's accuracy of {name!r} is undefined: no sampled pixel has it as reference.")
        if observed.by_map and observed.classes.index(name) not in observed.stratum_row:
            found.append(f"The map has no {name!r}, so its producer's accuracy is exactly 0.")
    return found


def _mapped(observed: Observations) -> set[str]:
    """Return the classes of the map that the sample has."""
    return {observed.classes[i] for i in np.unique(observed.row).tolist()}


def _without_strangers(observed: Observations, report: Assessment) -> list[str]:
    """Return what the accuracy is without the pixels whose reference is no class of the map, but for the legend's."""
    names = only_in_reference(_mapped(observed), observed.classes)
    kept = ~np.isin(observed.classes, names)
    n = (observed.pixels * observed.copies[observed.unit])[~kept[observed.column]].sum()
    if not n or observed.design.kind == "census" or observed.calibration is not None or report.overall.value is None:
        return []
    without = _accuracy_of(observed, kept)
    if not np.isfinite(without):
        return []
    left_out, overall = f"{counted(n, 'pixel')} of {', '.join(map(repr, names))}", report.overall.value
    digits = decimals(abs(without - overall), 3)
    return [f"Without the {left_out}, overall accuracy is {without:.{digits}f}, not {overall:.{digits}f}."]


def _accuracy_of(observed: Observations, kept: NDArray[np.bool_]) -> float:
    """Return the overall accuracy as if the pixels of reference classes that are not `kept` had not been sampled."""
    if observed.design.unit == "cluster":
        eye = np.eye(len(kept))
        return observed.ratio(eye * kept, np.ones_like(eye) * kept).value or np.nan
    known = observed.copies[observed.unit] * kept[observed.column]
    stratum, many = observed.stratum[observed.unit], len(observed.strata)
    right = np.bincount(stratum, known * (observed.row == observed.column), many)
    with np.errstate(invalid="ignore"):
        return float(observed.population @ (right / np.bincount(stratum, known, many)) / observed.population.sum())


def _disagreement(observed: Observations) -> list[str]:
    pixels = "pixels" if observed.design.kind == "census" else "sampled pixels"
    return _doubts(_seen(observed), observed.classes, pixels)


def _seen(observed: Observations) -> NDArray[np.integer | np.floating]:
    """Return how many sampled pixels each pair of a map class (row) and a reference class (column) has."""
    k = len(observed.classes)
    pixels = observed.pixels * observed.copies[observed.unit]
    return np.bincount(observed.row * k + observed.column, pixels, k * k).reshape(k, k)


def doubts_of_labels(sample: pd.DataFrame) -> list[str]:
    """Return warnings of a labelled sample, columns ``map`` and ``reference``, that is hardly one of its map.

    Examples
    --------
    >>> doubts_of_labels(pd.DataFrame({"map": ["a", "b"] * 20, "reference": ["a", "a", "b", "b"] * 10}))
    ['Map and reference agree in 50 % of the sampled pixels, and would by chance in 50 %. Check ...']
    """
    names = sorted({*sample["map"], *sample["reference"]})
    pairs = pd.crosstab(sample["map"], sample["reference"]).reindex(index=names, columns=names, fill_value=0)
    return _doubts(pairs.to_numpy(float), names, "sampled pixels")


def _doubts(seen: NDArray[np.integer | np.floating], names: Sequence[str], pixels: str) -> list[str]:
    """Return warnings of classes that seem to be exchanged, or else of an agreement that chance would give, too."""
    if (found := exchanged_classes(seen)) is not None:
        pairs = ", ".join(f"{names[i]!r} of the map is {names[j]!r} of the reference" for i, j in found.pairs)
        told = f"In most {pixels} of these classes, {pairs}. If they are exchanged, map and reference agree in "
        return [f"{told}{percent(found.best)} of the {pixels}, not in {percent(found.same)}: compare both legends."]
    size = max(float(seen.sum()), 1.0)
    by_chance = float(seen.sum(0) @ seen.sum(1)) / size**2
    agreement = float(np.trace(seen)) / size
    if size < LEAST_PIXELS or by_chance == 1 or (agreement - by_chance) / (1 - by_chance) >= LEAST_KAPPA:
        return []
    shares = f"{percent(agreement)} of the {pixels}, and would by chance in {percent(by_chance)}"
    told = f"Map and reference agree in {shares}. "
    return [f"{told}Check that they are of the same places: the order of the rows, the orientation, the CRS, the year."]


def _without_error(report: Assessment) -> list[str]:
    """Return warnings of figures whose standard error is 0 by its formula, though units may differ."""
    found = []
    certain = {name: figure for name, figure in _named(report).items() if figure.standard_error == 0 and figure.strata}
    sure = [name for name, figure in certain.items() if figure.unanimous]
    alike = [name for name in certain if name not in sure]
    if sure:
        found.append(
            f"The sample is unanimous (0/n or n/n) for {', '.join(sure)}: by its formula the standard error is 0, "
            "though what was not sampled may differ. The interval allows for that (Wilson's method)."
        )
    if alike:
        found.append(
            f"The same share in every sampled cluster: {', '.join(alike)}. By its formula the standard error is 0, "
            "though other clusters may differ. The interval allows for that (Wilson's method, a cluster as one "
            "observation)."
        )
    return found


def no_hectares(what: str, observed: Observations, census: MappedAreas | None = None) -> str:
    """Return the warning that `what` has no hectares, and which size to give: of the whole, or of a pixel."""
    of_the_whole = observed.design.relative and census is None
    sizes = "the size of each stratum or the mapped area of each class"
    return f"{what} in hectares are undefined: give {sizes if of_the_whole else 'the area of a pixel'}."


def strangers(classes: Sequence[str], *, mapped: Collection[str] | None = None) -> list[str]:
    """Name the classes outside the legend, if most of the sample's classes are in it, and those it has by other names.

    Those that are not `mapped`, if that is given, are not named: `doubtful_names` says what they do.

    Examples
    --------
    >>> strangers(["trees", "scrub/shrub", "scrub"])
    ["'scrub' is treated as a separate class. If it is 'scrub/shrub', as in the legend, call it so."]
    """
    known = {name.casefold() for name in LEGEND.names} | {str(code) for code in LEGEND.codes}
    others = {name: LEGEND.find(name) for name in classes if name.casefold() not in known}
    meant = {name: found.name for name, found in others.items() if found and found.name in classes}
    remarks = [
        f"{name!r} is treated as a separate class. If it is {legend!r}, as in the legend, call it so."
        for name, legend in meant.items()
    ]
    nothing = {*no_classes(classes), *(name for name, found in others.items() if found and found.cloud)}
    strange = [name for name in others if name not in {*meant, *nothing} and (mapped is None or name in mapped)]
    if not strange or len(strange) * 2 > len(classes):
        return remarks
    remark = (
        f"{', '.join(map(repr, strange))} {'is' if len(strange) == 1 else 'are'} not in the legend "
        f"({', '.join(LEGEND.names)}) and treated as a separate class. If it is a typo, correct the sample."
    )
    return [*remarks, remark]


def _rare(observed: Observations) -> dict[str, int]:
    """Return the number of clusters with each rare class."""
    seen = {
        name: len(np.unique(observed.unit[(observed.row == k) | (observed.column == k)]))
        for k, name in enumerate(observed.classes)
    }
    return {name: n for name, n in seen.items() if n < FEW_CLUSTERS}


def _of_one_cell(observed: Observations) -> list[str]:
    """Return the strata, not sampled whole, whose sampled pixels are all of one map and one reference class."""
    cell, stratum = observed.row * len(observed.classes) + observed.column, observed.stratum[observed.unit]
    return [
        f"stratum {name!r} ({n:g})"
        for h, (name, n, unseen) in enumerate(zip(observed.strata, observed.sampled, observed.unseen, strict=True))
        if unseen > 0 and len(np.unique(cell[stratum == h])) == 1
    ]


def _decided_by_few(observed: Observations, report: Assessment) -> list[str]:
    """Return the accuracies with few correct or few incorrect pixels in the sample."""
    seen = _seen(observed)
    both = (("user's accuracy", report.users, seen.sum(1)), ("producer's accuracy", report.producers, seen.sum(0)))
    return [
        f"{kind} of {name}"
        for kind, figures, total in both
        for name, right, n in zip(observed.classes, seen.diagonal(), total, strict=True)
        if figures[name].standard_error and min(right, n - right) < FEW_PIXELS
    ]


def _named(report: Assessment) -> dict[str, Estimate]:
    """Return overall accuracy, user's and producer's accuracies and areas by name."""
    areas = {name: area.proportion for name, area in report.area.items()}
    kinds = (("user's accuracy", report.users), ("producer's accuracy", report.producers), ("area", areas))
    figures = {f"{kind} of {name}": figure for kind, each in kinds for name, figure in each.items()}
    return {"overall accuracy": report.overall, **figures}


def contradictions(observed: Observations, census: MappedAreas, pixel_ha: float | None) -> list[str]:
    """Return warnings if mapped sizes differ from the strata: shares follow the strata, hectares the mapped sizes."""
    found = []
    if census.hectares and (whole := whole_of(sum(census.hectares.values()))):
        found.append(
            f"The mapped areas sum to {whole}. If they are {UNITS[whole]}, all areas below are, too, and no hectares: "
            "give the mapped area of each class in hectares."
        )
    per_pixel = pixel_ha or census.pixel_ha
    if census.pixels and census.hectares:
        found += unlike_their_pixels(census.hectares, census.pixels, per_pixel)
        found += _other_shares("Pixels and hectares of the mapped areas", "pixels", census.pixels, census.hectares)
    if observed.design.unit == "cluster" or observed.design.kind != "sample":
        return found
    sizes, population = census.counted or census.sizes, float(observed.population.sum())
    hectares = census.area_ha
    if not observed.design.relative and per_pixel and hectares:
        ours, theirs = population * per_pixel, sum(hectares.values())
        if abs(ours - theirs) > ROUNDING * theirs:
            found.append(
                f"The strata hold {ours:,.1f} ha ({population:,.0f} pixels of {per_pixel:g} ha), the mapped areas "
                f"{theirs:,.1f} ha. Hectares follow the mapped areas; correct one of the two."
            )
            found += [] if census.pixels else unlike_its_pixels(theirs, population, per_pixel)[:1]
    elif not observed.design.relative and census.hectares and not census.pixels:
        found += unlike_its_pixels(sum(census.hectares.values()), population)
    if observed.by_map:
        found += _other_shares("Strata and mapped areas", "strata", sizes_of_strata(observed), sizes)
    return found


UNITS = {1: "shares", 100: "per cent"}
"""What areas may be that sum to so much."""


def whole_of(total: float) -> int | None:
    """Return the sum of shares or of per cent that a total is, but for rounding."""
    return next((whole for whole in UNITS if abs(total / whole - 1) <= ROUNDING), None)


def _other_shares(both: str, followed: str, ours: Mapping[str, float], theirs: Mapping[str, float]) -> list[str]:
    """Return the classes whose shares of the map differ between two tables of sizes."""
    whole = sum(ours.values()), sum(theirs.values())
    shares = {name: (size / whole[0], theirs.get(name, 0.0) / whole[1]) for name, size in ours.items()}
    off = [f"{name!r} {percent(a, 1)} and {percent(b, 1)}" for name, (a, b) in shares.items() if abs(a - b) > ROUNDING]
    remark = (
        f"{both} disagree on shares of the map: {', '.join(off)}. Estimates follow the {followed}; "
        "correct one of the two."
    )
    return [remark] if off else []


def sizes_of_strata(observed: Observations) -> dict[str, float]:
    """Return the size of each map class if the strata are map classes."""
    sizes: dict[str, float] = {}
    for row, size in zip(observed.stratum_row, observed.population, strict=True):
        name = observed.classes[row]
        sizes[name] = sizes.get(name, 0.0) + float(size)
    return sizes
