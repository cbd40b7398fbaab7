"""Accuracy where the alternate label of an interpreter counts as right, too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.assessment import assess, stated_design
from lulc_core.accuracy.columns import is_blank, labels, plain_name
from lulc_core.accuracy.joint_labels import join_labels
from lulc_core.accuracy.map_comparison import FIGURES, TITLES
from lulc_core.accuracy.mapped_areas import as_mapped_areas
from lulc_core.accuracy.simple_poststrata import POSTSTRATIFIED, as_strata
from lulc_core.accuracy.vocabulary import folded
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import xarray as xr

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.figures import Estimate
    from lulc_core.accuracy.joint_labels import Fits, JointLabels
    from lulc_core.accuracy.report import Assessment

ALTERNATE = "alternate"
"""Column of the second class that an interpreter gave, blank where there is none."""
_EITHER = "primary or alternate"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternateAssessment:
    """An assessment by the primary labels, and one in which the alternate label counts as right, too."""

    primary: Assessment
    """By the primary labels alone."""
    either: Assessment
    """By the alternate label where it is the map's class, else by the primary one."""
    differences: Mapping[tuple[str, str], Estimate]
    """Either minus primary, by a key of `TITLES` and the class ("" for overall): what the second label is worth."""
    alternates: int
    """Rows with an alternate label."""
    decisive: int
    """Rows in which the map has the alternate label, not the primary one."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per figure and class.

        Columns: ``figure``, ``class``, ``primary``, ``either`` and their standard errors ``primary_se``,
        ``either_se``; ``difference``, ``difference_se``; NaN where undefined.
        """
        rows = []
        for (figure, name), difference in self.differences.items():
            both = [_figure_of(one, figure, name) for one in (self.primary, self.either)]
            errors = [one.standard_error for one in both]
            values = [*(one.value for one in both), *errors, difference.value, difference.standard_error]
            rows.append((TITLES[figure], name, *values))
        columns = ["figure", "class", "primary", "either", "primary_se", "either_se", "difference", "difference_se"]
        return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:], float))

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return both assessments and their differences for JSON."""
        return {
            "primary": self.primary.as_dict(level),
            "primary_or_alternate": self.either.as_dict(level),
            "differences": [
                {"figure": figure, "class": name, **difference.as_dict(level)}
                for (figure, name), difference in self.differences.items()
            ],
            "rows_with_an_alternate": self.alternates,
            "rows_that_it_decides": self.decisive,
        }


def assess_alternates(
    sample: pd.DataFrame,
    mapped: xr.Dataset | MappedAreas | Mapping[str, float] | None = None,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    poststratify: bool = False,
) -> AlternateAssessment:
    """Assess a map by primary labels, and by primary or alternate ones, side by side.

    Where the map has the alternate label, that is taken as the reference: agreement is "a match of the map with either
    the primary or the alternate reference label". User's accuracies then say how often the map is acceptable; areas
    follow the map where the interpreter left it the choice, so those by the primary labels are the ones to report.

    Parameters
    ----------
    sample
        As in `assess`, and column ``alternate``: a second class, blank where there is none.
    mapped, design, pixel_ha
        As in `assess`.
    poststratify
        Whether to weight a simple random sample of pixels so that it reproduces the mapped areas.

    Returns
    -------
    AlternateAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, and without a single alternate label.

    References
    ----------
    Olofsson et al. 2014, Remote Sensing of Environment 148, sect. 3.3, on the labelling protocol; Stehman et al. 2003,
    Remote Sensing of Environment 86, 500-516, sect. 3, on agreement with the primary or alternate label.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb"), "alternate": ["", "a", "", ""]})
    >>> found = assess_alternates(sample, design=Design.simple_random(100))
    >>> found.primary.overall.value, found.either.overall.value
    (0.75, 1.0)
    """
    design = design or stated_design(sample)
    known = as_mapped_areas(mapped, pixel_ha) if poststratify and mapped is not None else None
    if poststratify and known is None:
        raise InvalidInputError("Poststratification needs the mapped size of every class; give `mapped`.")
    if known is not None:
        sample, design = as_strata(sample, design, known)
    primary = assess(sample, mapped, design=design, pixel_ha=pixel_ha)
    alternate = _alternates(sample)
    mapping, reference = (labels(sample, name).astype(object) for name in ("map", "reference"))
    decisive = (alternate == mapping) & (reference != mapping)
    either = sample.assign(reference=reference.where(~decisive, mapping).to_numpy())
    joint = join_labels(either.assign(primary=reference.to_numpy()), design, ("map",), ("reference", "primary"))
    second = assess(either, mapped, design=design, pixel_ha=pixel_ha)
    if poststratify:
        primary, second = (replace(one, design=POSTSTRATIFIED) for one in (primary, second))
    primary = replace(primary, warnings=(*_unknown(alternate, [*mapping, *reference]), *primary.warnings))
    note = f"The alternate label counts as right: it decides {int(decisive.sum())} of {len(sample)} rows."
    return AlternateAssessment(
        primary=primary,
        either=replace(second, design=f"{second.design}, {_EITHER}", warnings=(note, *second.warnings)),
        differences=_differences(joint, primary.classes),
        alternates=int(alternate.notna().sum()),
        decisive=int(decisive.sum()),
    )


def _alternates(sample: pd.DataFrame) -> pd.Series[str]:
    """Return the alternate label of each row in the spelling of the primary ones, None where there is none."""
    if ALTERNATE not in sample.columns:
        raise InvalidInputError(
            f"The sample needs a column {ALTERNATE!r} with the second class of the interpreter, blank where there is "
            f"none; it has {', '.join(map(str, sample.columns))}."
        )
    known = {
        folded(str(name)): str(name) for column in ("reference", "map") for name in labels(sample, column).unique()
    }
    written = sample[ALTERNATE].astype("string").fillna("").str.strip()
    text = [plain_name(str(value)) for value in written]
    found = [None if is_blank(name) else known.get(folded(name), name) for name in text]
    if not any(found):
        raise InvalidInputError(f"Column {ALTERNATE!r} is blank in every row: no unit has an alternate label.")
    return pd.Series(found, dtype=object)


def _unknown(alternate: pd.Series[str], classes: Iterable[str]) -> tuple[str, ...]:
    """Note alternate labels that are no class of map or reference, perhaps by their spelling."""
    odd = alternate[alternate.notna() & ~alternate.isin({*classes})]
    if odd.empty:
        return ()
    listed = ", ".join(sorted({*odd.astype(str)}))[:200]
    return (f"{counted(len(odd), 'alternate label', 'are')} of classes that neither map nor reference has ({listed}).",)


def _differences(joint: JointLabels, classes: tuple[str, ...]) -> dict[tuple[str, str], Estimate]:
    """Return how much each figure gains by the alternate labels; a column has the label that counts, and the primary.

    Overall and user's accuracy gain the share of pixels that only the alternate label makes right.
    """

    def part(figure: str, name: str, which: int, i: int) -> Fits:
        return lambda row, column: float(FIGURES[figure](name, row[0], column[which])[i])

    def gained(name: str | None) -> Fits:
        return lambda row, column: float(row[0] == column[0] != column[1] and name in (None, row[0]))

    found = {("overall", ""): joint.ratio(gained(None), lambda *_: 1.0)}
    for name in classes:
        found["users", name] = joint.ratio(gained(name), part("users", name, 0, 1))
        for figure in ("producers", "f1"):
            either, primary = ((part(figure, name, which, 0), part(figure, name, which, 1)) for which in (0, 1))
            found[figure, name] = joint.difference(either, primary)
    return found


def _figure_of(report: Assessment, figure: str, name: str) -> Estimate:
    found: Estimate = report.overall if figure == "overall" else getattr(report, figure)[name]
    return found
