"""Two maps on one sample: which is better, and for which class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.assessment import design_name, legend_order, stated_design
from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.joint_labels import holm, join_labels, p_value
from lulc_core.accuracy.remarks import INDICATIVE
from lulc_core.accuracy.rounding import decimals
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.simple_poststrata import POSTSTRATIFIED, as_strata
from lulc_core.accuracy.vocabulary import spellings
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.figures import Estimate
    from lulc_core.accuracy.joint_labels import Fits, JointLabels

ALPHA = 0.05
"""Level of the tests by which one map is called better."""

FIGURES: dict[str, Callable[[str, str, str], tuple[float, float]]] = {
    "users": lambda k, m, r: (m == k == r, m == k),
    "producers": lambda k, m, r: (m == k == r, r == k),
    "f1": lambda k, m, r: (2 * (m == k == r), (m == k) + (r == k)),
    "iou": lambda k, m, r: (m == k == r, k in (m, r)),
}
"""What a pixel adds to the numerator and the denominator of a figure of class k, by its map and reference class."""
TITLES = {
    "overall": "overall accuracy",
    "users": "user's accuracy",
    "producers": "producer's accuracy",
    "f1": "F1",
    "iou": "intersection over union",
}
"""Names of the figures, as they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureDifference:
    """One figure of two maps."""

    figure: str
    """A key of `TITLES`."""
    name: str
    """The class; "" for the overall accuracy."""
    first: Estimate
    """The figure of the first map, 0-1."""
    second: Estimate
    """The figure of the second map, 0-1."""
    difference: Estimate
    """First minus second, -1 to 1; its standard error knows that both stem from the same pixels."""
    p_value: float | None
    """Of the test that both are equal; None where a figure is undefined."""
    adjusted_p_value: float | None
    """The same for all classes together (Holm 1979)."""

    @property
    def title(self) -> str:
        """Name of the figure, as it is shown."""
        return TITLES[self.figure]

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures in the form of `Estimate.as_dict`, and both p-values."""
        return {
            "first": self.first.as_dict(level),
            "second": self.second.as_dict(level),
            "difference": self.difference.as_dict(level),
            "p_value": self.p_value,
            "adjusted_p_value": self.adjusted_p_value,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MapComparison:
    """Accuracies of two maps by the same sample, and how they differ."""

    maps: tuple[str, str]
    """What the two maps are called."""
    design: str
    """Name of the sampling design."""
    classes: tuple[str, ...]
    """Class names."""
    overall: FigureDifference
    """Overall accuracy."""
    by_class: Mapping[str, Mapping[str, FigureDifference]]
    """The figures of each class, by a key of `FIGURES`."""
    agreement: Estimate
    """Share of the area on which the two maps agree, 0-1."""
    sample_size: float
    """Pixels in the sample."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    @property
    def verdict(self) -> tuple[str, ...]:
        """Sentences that say which map is better: overall, and by F1 for each class of which the sample tells."""
        found = [_verdict(self.overall, self.maps, "Overall accuracy", self.overall.p_value)]
        told = [(name, one["f1"]) for name, one in self.by_class.items()]
        found += [
            _verdict(one, self.maps, f"F1 of {name}", one.adjusted_p_value)
            for name, one in told
            if one.adjusted_p_value is not None and one.adjusted_p_value < ALPHA
        ]
        untold = [name for name, one in told if one.adjusted_p_value is None or one.adjusted_p_value >= ALPHA]
        if untold:
            found.append(f"For {', '.join(untold)} the sample does not tell which map is better.")
        return tuple(found)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per figure and class.

        Columns: ``figure``, ``class``, ``first``, ``second``, ``difference``, ``standard_error``, ``low``, ``high``
        (95 % interval of the difference), ``p_value``, ``adjusted_p_value``; NaN where undefined.
        """
        rows = []
        for one in (self.overall, *(each for figures in self.by_class.values() for each in figures.values())):
            low, high = one.difference.interval() or (None, None)
            error = one.difference.standard_error
            values = (one.first.value, one.second.value, one.difference.value, error, low, high)
            rows.append((one.title, one.name, *values, one.p_value, one.adjusted_p_value))
        columns = ["figure", "class", "first", "second", "difference", "standard_error", "low", "high"]
        table = pd.DataFrame(rows, columns=[*columns, "p_value", "adjusted_p_value"])
        return table.astype(dict.fromkeys(table.columns[2:], float))

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures as plain dicts and lists for JSON; None where undefined."""
        return {
            "maps": list(self.maps),
            "design": self.design,
            "classes": list(self.classes),
            "overall": self.overall.as_dict(level),
            "by_class": {
                name: {figure: one.as_dict(level) for figure, one in figures.items()}
                for name, figures in self.by_class.items()
            },
            "agreement": self.agreement.as_dict(level),
            "verdict": list(self.verdict),
            "sample_size": self.sample_size,
            "warnings": list(self.warnings),
        }


def compare_accuracy(
    sample: pd.DataFrame,
    other: str,
    *,
    design: Design | None = None,
    names: tuple[str, str] | None = None,
    poststrata: MappedAreas | None = None,
) -> MapComparison:
    """Compare the accuracy of two maps by one sample.

    Both maps are seen at the same pixels, so the variance of a difference is that of the pixels' own differences,
    ``V(a) + V(b) - 2 Cov(a, b)``: of a simple random sample, overall, McNemar's (1947). Strata and clusters are those
    of the design, of whichever map.

    Parameters
    ----------
    sample
        As in `assess`: column ``map`` holds the classes of the first map.
    other
        Column with the classes of the second map at the same pixels.
    design
        As in `assess`.
    names
        What to call the maps; by default as their columns.
    poststrata
        The mapped areas of the first map, to weight a simple random sample of pixels to them.

    Returns
    -------
    MapComparison

    Raises
    ------
    InvalidInputError
        As `assess`, for a column that is not there, and for more than 255 pairs of classes.

    References
    ----------
    Foody 2004, Photogrammetric Engineering & Remote Sensing 70, 627-633; McNemar 1947, Psychometrika 12, 153-157;
    Cochran 1977, Sampling Techniques, sect. 6.18.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabbbb"), "new": list("aaabbb"), "reference": list("aaabbb")})
    >>> found = compare_accuracy(sample, "new", design=Design.simple_random(100))
    >>> round(found.overall.difference.value, 3)
    -0.167
    """
    design = design or stated_design(sample)
    if other == "map" or other not in sample.columns:
        raise InvalidInputError(
            f"The second map needs a column of its own with its class at each pixel; got {other!r}. The sample has "
            f"{', '.join(map(str, sample.columns))}."
        )
    sample = _in_one_spelling(sample, other)
    if poststrata is not None:
        sample, design = as_strata(sample, design, poststrata)
    both = [_of_one_map(sample, design, column, other) for column in ("map", other)]
    joint = join_labels(sample, design, ("map", other), ("reference",))
    found = [name for one in both for name in one.classes]
    classes = tuple(legend_order(sample, {}, "map", other, "reference") or sorted(set(found)))
    overall = _differing(joint, "overall", "", lambda m, r: (m == r, 1))
    by_class = {
        name: {figure: _differing(joint, figure, name, _of_class(figure, name)) for figure in FIGURES}
        for name in classes
    }
    return MapComparison(
        maps=names or ("map", other),
        design=design_name(both[0]) if poststrata is None else POSTSTRATIFIED,
        classes=classes,
        overall=overall,
        by_class=_adjusted(by_class),
        agreement=joint.ratio(lambda row, _: row[0] == row[1], lambda *_: 1),
        sample_size=joint.observed.sample_pixels,
        warnings=_warnings(both, other),
    )


def _in_one_spelling(sample: pd.DataFrame, other: str) -> pd.DataFrame:
    """Return the sample with the classes of the second map in the spelling of the first and of the reference."""
    columns = {name: labels(sample, name).astype(object) for name in ("map", "reference", other)}
    one = spellings([{*column} for column in columns.values()])
    return sample.assign(**{name: column.map(lambda n: one.get(n, n)).to_numpy() for name, column in columns.items()})


def _of_one_map(sample: pd.DataFrame, design: Design, column: str, other: str) -> Observations:
    """Return the sample seen with one of the two maps, checked as `assess` checks it."""
    alone = sample.drop(columns=[name for name in ("map", other) if name != column])
    strata = {} if "stratum" in sample or len(design.sizes) == 1 else {"stratum": labels(sample, "map").astype(str)}
    return observe(alone.rename(columns={column: "map"}).assign(**strata), design)


def _of_class(figure: str, name: str) -> Callable[[str, str], tuple[float, float]]:
    return lambda mapped, reference: FIGURES[figure](name, mapped, reference)


def _differing(
    joint: JointLabels, figure: str, name: str, parts: Callable[[str, str], tuple[float, float]]
) -> FigureDifference:
    """Return a figure of both maps, by what a pixel adds to its numerator and denominator."""

    def pair(which: int) -> tuple[Fits, Fits]:
        return (
            lambda row, column: float(parts(row[which], column[0])[0]),
            lambda row, column: float(parts(row[which], column[0])[1]),
        )

    first, second = pair(0), pair(1)
    difference = joint.difference(first, second)
    p = p_value(difference)
    return FigureDifference(
        figure=figure,
        name=name,
        first=joint.ratio(*first),
        second=joint.ratio(*second),
        difference=difference,
        p_value=p,
        adjusted_p_value=p,
    )


def _adjusted(
    by_class: Mapping[str, Mapping[str, FigureDifference]],
) -> dict[str, dict[str, FigureDifference]]:
    """Return the differences with the p-values of each figure adjusted for the number of classes."""
    adjusted = {figure: holm([one[figure].p_value for one in by_class.values()]) for figure in FIGURES}
    return {
        name: {figure: replace(one, adjusted_p_value=adjusted[figure][i]) for figure, one in figures.items()}
        for i, (name, figures) in enumerate(by_class.items())
    }


def _warnings(both: list[Observations], other: str) -> tuple[str, ...]:
    """Return what is to be known of the comparison, and of the second map beside the first."""
    first, second = (dict.fromkeys(one.warnings) for one in both)
    notes = [*first, *(f"{other}: {note}" for note in second if note not in first)]
    if both[0].design.kind == "indicative":
        notes.append(INDICATIVE)
    strange = sorted({both[1].classes[i] for i in both[1].row.tolist()} ^ {both[0].classes[i] for i in both[0].row})
    if strange:
        notes.append(
            f"Only one of the two maps has {', '.join(strange)} at sampled pixels: are their legends the same?"
        )
    return tuple(notes)


def _verdict(one: FigureDifference, maps: tuple[str, str], title: str, p: float | None) -> str:
    """Return which map is better by one figure, in a sentence."""
    value, ends = one.difference.value, one.difference.interval()
    if value is None or ends is None or p is None:
        return f"{title}: the sample does not tell which map is better."
    digits = decimals(100 * (one.difference.finest or 0.0), 1)
    size, low, high = (f"{100 * share:.{digits}f}" for share in (abs(value), *ends))
    words = f"{size} points (95 % interval of the difference {low} to {high}"
    shown = "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
    if p >= ALPHA:
        return f"{title}: the maps differ by {words}, {shown}), which may be chance."
    better, worse = maps if value > 0 else maps[::-1]
    return f"{title}: {better} is better than {worse} by {words}, {shown})."
