"""Accuracy and area of each region, from the sample of the whole: domains (Särndal et al. 1992, sect. 10.3).

How many units fall into a region is left to chance, so those outside stay in the sample as units that add nothing;
leaving them out would take that number for planned, and make the standard errors of areas too small.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from lulc_core.accuracy.assessment import accuracies, design_name, legend_order, stated_design
from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.designs import check_pixel_ha
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.figures import Area, Estimate
from lulc_core.accuracy.places_on_map import exchanged
from lulc_core.accuracy.remarks import INDICATIVE
from lulc_core.accuracy.report import Assessment
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.simple_poststrata import POSTSTRATIFIED, as_strata
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from lulc_core.accuracy.designs import Design, MappedAreas
    from lulc_core.accuracy.sampled_units import Floats

OUTSIDE = "(outside the region)"
"""What map and reference are called of pixels outside a region."""
FEW_UNITS = 30
"""A region with fewer sampled units is told: its intervals are wide, and depend on single labels."""


class DomainObservations(Observations):
    """Observations of which only the pixels inside a region count; the last class is `OUTSIDE`."""

    __slots__ = ()

    @property
    def _inside(self) -> Floats:
        """1 for cells of two classes of the region, shape (class, class)."""
        cells = np.ones((len(self.classes), len(self.classes)))
        cells[-1], cells[:, -1] = 0, 0
        return cells

    def ratio(
        self, numerator: Floats, denominator: Floats | None = None, *, bounds: tuple[float, float] = (0.0, 1.0)
    ) -> Estimate:
        """Return the ratio of two totals of the region; without a denominator, a share of the region."""
        X = self._inside if denominator is None else self._inside * denominator
        return Observations.ratio(self, self._inside * numerator, X, bounds=bounds)

    def area(self, coefficients: Floats, *, pixel_ha: float | None = None, total_ha: float | None = None) -> Area:
        """Return the share of the region, and its hectares: of a region of known size, or expanded from the sample."""
        share = self.ratio(coefficients)
        known = self.design.unit == "cluster" or not self.design.relative
        if total_ha is not None:
            return Area(proportion=share, area_ha=share.scaled(total_ha))
        if pixel_ha is not None and known and self.design.kind == "sample":
            return Area(proportion=share, area_ha=self.sum(self._inside * coefficients).scaled(pixel_ha))
        return Area(proportion=share, area_ha=Estimate(value=None))


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionalAssessment:
    """An assessment of each region, from one sample."""

    regions: Mapping[str, Assessment]
    """By name; its design says that it is a domain."""
    sampled: Mapping[str, int]
    """Sampled units of each region, pixels or clusters that reach into it."""
    outside: int
    """Rows of the sample in no region."""
    warnings: tuple[str, ...]
    """Warnings about all regions, in whole sentences; those of one stand in its assessment."""

    def to_frame(self) -> pd.DataFrame:
        """Return one row per region and class, and one with class "" per region.

        Columns: ``region``, ``class``, ``units`` (sampled), ``overall``, ``users``, ``producers``, ``proportion`` and
        ``area_ha``, each with ``_low`` and ``_high``, 95 % intervals; NaN where undefined.
        """
        rows = []
        for region, found in self.regions.items():
            head = {"region": region, "class": "", "units": self.sampled[region]}
            rows.append(head | _columns("overall", found.overall))
            for name in found.classes:
                area = found.area[name]
                figures = {"users": found.users[name], "producers": found.producers[name]}
                figures |= {"proportion": area.proportion, "area_ha": area.area_ha}
                parts = [_columns(key, figure) for key, figure in figures.items()]
                rows.append({**head, "class": name, **{k: v for part in parts for k, v in part.items()}})
        return pd.DataFrame(rows)

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the assessments for JSON; None where undefined."""
        return {
            "regions": {
                name: {"sampled_units": self.sampled[name], **found.as_dict(level)}
                for name, found in self.regions.items()
            },
            "rows_outside": self.outside,
            "warnings": list(self.warnings),
        }


def assess_regions(
    sample: pd.DataFrame,
    inside: pd.DataFrame,
    *,
    design: Design | None = None,
    pixel_ha: float | None = None,
    region_ha: Mapping[str, float] | None = None,
    poststrata: MappedAreas | None = None,
) -> RegionalAssessment:
    """Assess a map in each of several regions by the sample of the whole.

    Parameters
    ----------
    sample
        As in `assess`.
    inside
        Whether each row of the sample lies in a region: a boolean column per region, as `places_in_regions` gives it.
        Regions may overlap, and need not cover everything.
    design
        How the whole sample was drawn, as in `assess`: not the part in a region.
    pixel_ha
        Area of a pixel, hectares.
    region_ha
        Mapped hectares of regions where known: areas are then shares of them, which is more precise.
    poststrata
        The mapped areas of the classes of the whole, to weight a simple random sample of pixels to them.

    Returns
    -------
    RegionalAssessment

    Raises
    ------
    InvalidInputError
        As `assess`, and if `inside` has other rows or no region.

    References
    ----------
    Särndal, Swensson & Wretman 1992, Model Assisted Survey Sampling, sect. 10.3; Cochran 1977, sect. 2.13 and 5A.14.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": list("aabb"), "reference": list("abbb")})
    >>> inside = pd.DataFrame({"north": [True, True, False, False]})
    >>> found = assess_regions(sample, inside, design=Design.simple_random(400), pixel_ha=1.0)
    >>> found.regions["north"].overall.value, found.regions["north"].area["a"].area_ha.value
    (0.5, 100.0)
    """
    check_pixel_ha(pixel_ha)
    if len(inside) != len(sample) or not len(inside.columns):
        raise InvalidInputError(
            f"Regions need a column each, with a row for every row of the sample ({len(sample)}); got "
            f"{len(inside.columns)} columns of {len(inside)} rows."
        )
    design = design or stated_design(sample)
    if poststrata is not None:
        sample, design = as_strata(sample, design, poststrata)
    whole = observe(sample, design)
    order = legend_order(sample, {}, "map", "reference") or list(whole.classes)
    regions, sampled = {}, {}
    for name in map(str, inside.columns):
        observed = _domain(sample, inside[name].to_numpy(bool), design, order)
        sampled[name] = _units(observed)
        found = _assessed(observed, name, sampled[name], pixel_ha, (region_ha or {}).get(name))
        regions[name] = found if poststrata is None else replace(found, design=f"{POSTSTRATIFIED}, domain {name}")
    none = int((~inside.to_numpy(bool).any(axis=1)).sum())
    notes = [f"{counted(none, 'row', 'lie')} in no region."] if none else []
    notes += [INDICATIVE] if design.kind == "indicative" else []
    return RegionalAssessment(regions=regions, sampled=sampled, outside=none, warnings=(*whole.warnings, *notes))


def places_in_regions(lon: Sequence[float], lat: Sequence[float], regions: Mapping[str, BaseGeometry]) -> pd.DataFrame:
    """Return in which regions places lie.

    Parameters
    ----------
    lon, lat
        Degrees (WGS 84), shape (row,).
    regions
        Polygons in degrees, by name. A place on an edge is inside.

    Returns
    -------
    pandas.DataFrame
        One row per place, one boolean column per region.

    Raises
    ------
    InvalidInputError
        For places that are no degrees.

    Examples
    --------
    >>> import shapely
    >>> places_in_regions([3.5, 9.0], [51.0, 51.0], {"north": shapely.box(3, 50, 4, 52)})["north"].tolist()
    [True, False]
    """
    x, y = (np.asarray(pd.to_numeric(pd.Series(values), errors="coerce"), float) for values in (lon, lat))
    wrong = ~((np.abs(x) <= 180) & (np.abs(y) <= 90))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidInputError(f"lon and lat must be degrees; row {row + 1} has {lon[row]!r} and {lat[row]!r}.")
    everywhere = shapely.union_all([*regions.values()])
    if hint := exchanged(x, y, lambda x, y: shapely.intersects_xy(everywhere, x, y), ("lon", "lat")):
        raise InvalidInputError(f"The places hardly lie in the regions. {hint}")
    return pd.DataFrame({name: shapely.intersects_xy(shape, x, y) for name, shape in regions.items()})


def _domain(sample: pd.DataFrame, here: np.ndarray, design: Design, order: Sequence[str]) -> DomainObservations:
    """Return the sample with everything outside a region as one class, the last."""
    names = {
        f"domain {name}": labels(sample, name).astype(object).where(here, OUTSIDE) for name in ("map", "reference")
    }
    marked = sample.assign(**{name: column.to_numpy() for name, column in names.items()})
    found = observe(marked, design, rows="domain map", columns="domain reference", classes=[*order, OUTSIDE])
    return DomainObservations(**{name: getattr(found, name) for name in found.__dataclass_fields__})


def _units(observed: DomainObservations) -> int:
    """Return the sampled units that reach into the region."""
    here = np.zeros(len(observed.stratum), bool)
    here[observed.unit[observed.row < len(observed.classes) - 1]] = True
    return int(observed.copies[here].sum())


def _assessed(
    observed: DomainObservations, name: str, units: int, pixel_ha: float | None, total_ha: float | None
) -> Assessment:
    """Return all figures of a region."""
    classes, k = observed.classes[:-1], len(observed.classes)
    figures = accuracies(observed)
    cells = np.eye(k * k).reshape(k, k, k, k)
    columns = np.eye(k)[:, None, :].repeat(k, axis=1)
    areas = {c: observed.area(columns[j], pixel_ha=pixel_ha, total_ha=total_ha) for j, c in enumerate(classes)}
    if observed.design.kind == "indicative":
        areas = {c: area.without_error() for c, area in areas.items()}
    pixels = observed.pixels * observed.copies[observed.unit]
    return Assessment(
        design=f"{design_name(observed)}, domain {name}",
        classes=classes,
        error_matrix=tuple(tuple(observed.ratio(cells[i, j]) for j in range(k - 1)) for i in range(k - 1)),
        overall=figures["overall"],
        users={c: figures["users"][c] for c in classes},
        producers={c: figures["producers"][c] for c in classes},
        f1={c: figures["f1"][c] for c in classes},
        iou={c: figures["iou"][c] for c in classes},
        area=areas,
        quantity_disagreement=figures["quantity_disagreement"],
        allocation_disagreement=figures["allocation_disagreement"],
        design_effect=None,
        effective_sample_size=None,
        sample_size=float(pixels[observed.row < k - 1].sum()),
        warnings=_remarks(observed, name, units),
    )


def _remarks(observed: DomainObservations, name: str, units: int) -> tuple[str, ...]:
    """Return what is to be known of the figures of a region, small ones above all."""
    unit = f"sampled {observed.design.unit}"
    if not units:
        return (f"Region {name!r} has no {unit}: nothing is known of it.",)
    few = f"Region {name!r} has only {counted(units, unit)}: its figures depend on single labels. Sample more there."
    return (few,) if units < FEW_UNITS else ()


def _columns(key: str, figure: Estimate) -> dict[str, float | None]:
    low, high = figure.interval() or (None, None)
    return {key: figure.value, f"{key}_low": low, f"{key}_high": high}
