"""Gain, loss and net change between two years, from one sample that was labelled for both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.assessment import design_name, legend_order, stated_design
from lulc_core.accuracy.designs import check_pixel_ha
from lulc_core.accuracy.figures import opposed
from lulc_core.accuracy.poststratified_change import PoststratifiedChange
from lulc_core.accuracy.remarks import INDICATIVE, no_hectares, strangers
from lulc_core.accuracy.samples import observe
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.figures import Area, Estimate


_PARTS = ("before", "after", "gain", "loss", "net")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """Change of one class."""

    before: Area
    """Area in the first year."""
    after: Area
    """Area in the second year."""
    gain: Area
    """Area that became the class."""
    loss: Area
    """Area that ceased to be the class."""
    net: Area
    """Gain minus loss; its variance includes their covariance."""
    covariance: float | None
    """Covariance of gain and loss as proportions; None where the design gives none."""

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures in the form of `Estimate.as_dict`."""
        areas: dict[str, object] = {
            name: {
                "proportion": getattr(self, name).proportion.as_dict(level),
                "area_ha": getattr(self, name).area_ha.as_dict(level),
            }
            for name in _PARTS
        }
        return {**areas, "covariance_gain_loss": self.covariance}

    @property
    def interval_methods(self) -> dict[str, str | None]:
        """The method of the interval of each part, as a share."""
        return {name: getattr(self, name).proportion.interval_method for name in _PARTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAssessment:
    """Area of each class before and after, gained and lost."""

    design: str
    """Name of the sampling design."""
    classes: tuple[str, ...]
    """Class names, in the order of the transitions."""
    transitions: tuple[tuple[Estimate, ...], ...]
    """Area proportions by class before (rows) and after (columns)."""
    change: dict[str, ClassChange]
    """The change of each class."""
    sample_size: float
    """Pixels in the sample."""
    warnings: tuple[str, ...]
    """Warnings, in whole sentences."""

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures as plain dicts and lists for JSON; None where undefined."""
        return {
            "design": self.design,
            "classes": list(self.classes),
            "transitions": [[cell.value for cell in row] for row in self.transitions],
            "change": {name: change.as_dict(level) for name, change in self.change.items()},
            "warnings": list(self.warnings),
            "sample_size": self.sample_size,
            "interval_methods": {name: change.interval_methods for name, change in self.change.items()},
        }


def assess_change(
    sample: pd.DataFrame,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    total_ha: float | None = None,
    merge: Mapping[str, Collection[str]] | None = None,
    mapped: MappedAreas | None = None,
) -> ChangeAssessment:
    """Estimate gain, loss and net change of each class.

    Both years are labelled on the same pixels, so the variance of the net change is that of the pixels' own
    differences, ``V(gain) + V(loss) - 2 Cov(gain, loss)`` (Särndal et al. 1992, sect. 9.9).

    Parameters
    ----------
    sample
        One row per pixel: columns ``reference_before`` and ``reference_after``; the rest as in `assess`.
    design
        How it was drawn; may be left out if the sample has the column ``stratum_size``.
    pixel_ha, total_ha
        Area of a pixel, or of everything, in hectares; without them areas are proportions.
    merge
        Classes to merge, by the name of the new class.
    mapped
        The mapped areas, to poststratify by: the classes of column ``map``, as a map of one year or of change has them
        (Särndal et al. 1992, sect. 7.6).

    Returns
    -------
    ChangeAssessment

    Raises
    ------
    InvalidInputError
        As `assess`.

    Examples
    --------
    >>> import pandas as pd
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"reference_before": list("aab"), "reference_after": list("abb")})
    >>> report = assess_change(sample, design=Design.simple_random(900), pixel_ha=0.01)
    >>> round(report.change["b"].net.area_ha.value, 6)
    3.0
    """
    check_pixel_ha(pixel_ha)
    _refuse_later_before(sample)
    columns = ("reference_before", "reference_after")
    observed = observe(
        sample,
        design or stated_design(sample),
        rows=columns[0],
        columns=columns[1],
        merge=merge,
        classes=legend_order(sample, merge or {}, *columns),
    )
    k = len(observed.classes)
    if mapped is None:
        change = class_changes(observed, pixel_ha=pixel_ha, total_ha=total_ha)
        cells = np.eye(k * k).reshape(k, k, k, k)
        transitions = tuple(tuple(observed.ratio(cells[i, j]) for j in range(k)) for i in range(k))
    else:
        change, transitions = _poststratified(sample, observed, mapped, total_ha, merge or {})
    unknown = strangers([name for name in observed.classes if name not in (merge or ())])
    return ChangeAssessment(
        design=design_name(observed) + (", poststratified by map class" if mapped else ""),
        classes=observed.classes,
        transitions=transitions,
        change=change,
        sample_size=observed.sample_pixels,
        warnings=(*observed.warnings, *unknown, *_remarks_on(observed, change)),
    )


def _refuse_later_before(sample: pd.DataFrame) -> None:
    """Refuse a sample in which a year or date before lies after the one after it."""
    for before in [name for name in map(str, sample.columns) if name.endswith("before") and name != "reference_before"]:
        after = before.removesuffix("before") + "after"
        if after not in sample.columns:
            continue
        first_day, last_day = sample[before].astype(str), sample[after].astype(str)
        dated = first_day.str.match(_YEAR) & last_day.str.match(_YEAR)
        length = min(first_day.str.len().min(), last_day.str.len().min())  # years against days
        later = (dated & (first_day.str[:length] > last_day.str[:length])).to_numpy()
        if later.any():
            first = int(np.argmax(later))
            raise InvalidInputError(
                f"Column {before!r} must not be later than {after!r}; row {first + 1} has {sample[before].iloc[first]} "
                f"and {sample[after].iloc[first]}. Are 'reference_before' and 'reference_after' swapped?"
            )


_YEAR = r"(?:19|20)\d\d"
"""How a year or an ISO date begins."""


def class_changes(
    observed: Observations, *, pixel_ha: float | None = None, total_ha: float | None = None
) -> dict[str, ClassChange]:
    """Return the change of each class, of observations by class before and after; see `assess_change`."""
    return {
        name: _class_change(observed, i, pixel_ha=pixel_ha, total_ha=total_ha)
        for i, name in enumerate(observed.classes)
    }


def _poststratified(
    sample: pd.DataFrame,
    observed: Observations,
    mapped: MappedAreas,
    total_ha: float | None,
    merge: Mapping[str, Collection[str]],
) -> tuple[dict[str, ClassChange], tuple[tuple[Estimate, ...], ...]]:
    """Return the changes of the classes and the transitions, weighted to the mapped areas."""
    if observed.design.kind != "sample":
        raise InvalidInputError("Poststratified change needs a probability design: state how the sample was drawn.")
    if merge:
        raise InvalidInputError("Merged classes and poststratified change do not go together: merge in the sample.")
    hectares = mapped.area_ha
    found = PoststratifiedChange(sample, observed.design, observed.classes, mapped)
    total = total_ha if total_ha is not None else sum(hectares.values()) if hectares else None
    change = {}
    for k, name in enumerate(observed.classes):
        areas, covariance = found.parts(k, total)
        change[name] = ClassChange(**areas, covariance=covariance)
    return change, found.transitions(len(observed.classes))


def _class_change(
    observed: Observations, position: int, *, pixel_ha: float | None, total_ha: float | None
) -> ClassChange:
    """Return the change of the class at a position; without errors if the sample is indicative."""
    one = np.eye(len(observed.classes))[position]
    every = np.ones_like(one)
    gain, loss = np.outer(1 - one, one), np.outer(one, 1 - one)
    parts = {"before": np.outer(one, every), "after": np.outer(every, one)}
    parts |= {"gain": gain, "loss": loss, "net": gain - loss}
    areas = {name: observed.area(cells, pixel_ha=pixel_ha, total_ha=total_ha) for name, cells in parts.items()}
    if observed.design.kind == "indicative":
        areas = {name: area.without_error() for name, area in areas.items()}
        return ClassChange(**areas, covariance=None)
    covariance = observed.covariance(gain, loss)
    if observed.design.unit == "cluster":
        areas["net"] = _net(areas, covariance)
    return ClassChange(**areas, covariance=covariance)


def _net(areas: Mapping[str, Area], covariance: float | None) -> Area:
    """Return the net change of clusters, knowing gain and loss, for its interval."""
    gain, loss, net = areas["gain"], areas["loss"], areas["net"]
    *_, correlation = parts = opposed(gain.proportion, loss.proportion, covariance)
    return replace(
        net,
        proportion=replace(net.proportion, difference=parts),
        area_ha=replace(net.area_ha, difference=(gain.area_ha, loss.area_ha, correlation)),
    )


def _remarks_on(observed: Observations, change: Mapping[str, ClassChange]) -> list[str]:
    """Return warnings about the design and about undefined areas."""
    remarks = [INDICATIVE] if observed.design.kind == "indicative" else []
    if any(c.net.area_ha.value is None and c.net.proportion.value is not None for c in change.values()):
        remarks.append(no_hectares("Changes", observed))
    return remarks
