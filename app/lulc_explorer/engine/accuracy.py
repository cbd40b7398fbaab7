"""Error matrices and areas, with all that is shown of them, from a sample."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

import lulc_core as lulc
from lulc_core.accuracy import StrataUnlikeMap, facts_of_map, facts_of_sample, labels
from lulc_core.accuracy import decimals as decimals
from lulc_core.accuracy import finest as finest
from lulc_explorer.engine.classes import COLOURS, CONFUSABLE, LEGEND, in_colours
from lulc_explorer.engine.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_explorer.engine.samples import Merge, Sample

    Floats = NDArray[np.float64]

Estimate = lulc.Estimate
_CODES = dict(zip(lulc.FIG3[0].classes, lulc.FIG3_LEGEND_CODES, strict=True))
_MAPPED = "classified area"
CLASSIFIED = f"the {_MAPPED}"
"""The part of a map that has a class, where weights of 0 leave the rest without one."""
_NO_COLOUR = "#8a8f8c"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassArea:
    """The area of one class: mapped, estimated, and as printed where it is."""

    name: str
    colours: Mapping[str, str]
    """Of each of `COLOURS`, ``#rrggbb``."""
    mapped_ha: float | None
    estimated: Estimate
    """Hectares."""
    printed_ha: float | None = None
    printed_interval_ha: float | None = None
    """Half-width of the printed interval."""

    @property
    def bias(self) -> float | None:
        """Mapped minus estimated area as a share of the estimate."""
        return None if self.mapped_ha is None or not self.estimated.value else self.mapped_ha / self.estimated.value - 1

    @property
    def bias_interval(self) -> tuple[float, float | None] | None:
        """The 95 % interval of the bias: the mapped area is known, the estimate has its interval.

        The upper end is None where the estimate may be zero; the whole, where it has no interval.
        """
        ends = self.estimated.interval()
        if ends is None or self.mapped_ha is None or ends[1] <= 0:
            return None
        return self.mapped_ha / ends[1] - 1, self.mapped_ha / ends[0] - 1 if ends[0] > 0 else None


@dataclass(frozen=True, kw_only=True)
class Study:
    """An error matrix with everything that is shown of it."""

    title: str
    simulated: bool = False
    from_paper: bool = False
    basis: str
    """Basis of the figures, shown to the user."""
    units: str = "Unit of assessment: not stated. Minimum mapping unit: not stated."
    """Of what units the figures are, shown to the user."""
    whole: str = "the area"
    """The total that proportions refer to."""
    cells: tuple[tuple[Estimate, ...], ...]
    """Area proportions, rows map, columns reference."""
    counts: Floats | None = None
    """Sampled pixels, in the same form; None where they are not known."""
    users: tuple[Estimate, ...]
    producers: tuple[Estimate, ...]
    overall: Estimate
    areas: tuple[ClassArea, ...]
    """One a class, in the order of the matrix."""
    remarks: tuple[str, ...] = ()
    """Warnings, in whole sentences."""
    marks: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """Reason for each flagged cell; the column or row after the last is user's or producer's accuracy."""
    document: Callable[[], Mapping[str, object]]
    """Returns everything, for JSON: of what is dragged past, nobody asks for it."""
    press: str = ""
    """Tooltip that says what a click on a cell does; empty if nothing."""

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(area.name for area in self.areas)

    @property
    def shares(self) -> Floats:
        """Cells as numbers, NaN where undefined."""
        return np.array([[np.nan if c.value is None else c.value for c in row] for row in self.cells])

    @property
    def total_ha(self) -> float | None:
        """Total area, hectares."""
        known = [a.estimated.value for a in self.areas if a.estimated.value is not None]
        return sum(known) if len(known) == len(self.areas) else None

    def knows(self, show: str) -> bool:
        """Whether the cells can be shown in a unit: hectares and counts are not always known."""
        return {"hectares": self.total_ha, "counts": self.counts}.get(show, show) is not None

    @property
    def matrix_table(self) -> pd.DataFrame:
        """The cells, one per row."""
        return pd.DataFrame(
            [
                {
                    "map": row,
                    "reference": column,
                    "pixels": None if self.counts is None else self.counts[i, j],
                    **_numbers("share", self.cells[i][j]),
                    "flag": self.marks.get((i, j), ""),
                }
                for i, row in enumerate(self.classes)
                for j, column in enumerate(self.classes)
            ]
        )

    @property
    def area_table(self) -> pd.DataFrame:
        """The areas, one class a row."""
        return pd.DataFrame(
            [
                {
                    "class": a.name,
                    "mapped_ha": a.mapped_ha,
                    **_numbers("estimated_ha", a.estimated),
                    "bias_share": a.bias,
                    "printed_ha": a.printed_ha,
                    "printed_interval_ha": a.printed_interval_ha,
                }
                for a in self.areas
            ]
        )

    @property
    def json(self) -> str:
        """Everything as JSON text."""
        return json.dumps({"title": self.title, "simulated": self.simulated, **self.document()}, indent=2)


def assessed(sample: Sample, merge: Merge | None = None) -> Study:
    """Return the error matrix and areas that follow from a sample; raises `UserError`."""
    if sample.waits:
        raise lulc.InvalidInputError(
            f"No pixel of this sample is labelled yet ({len(sample.table):,} to go). Enter the class of each in the "
            "column 'reference', and upload the file again."
        )
    report = (
        lulc.assess(sample.table, sample.mapped, design=sample.design, pixel_ha=sample.pixel_ha, merge=merge or None)
        if sample.mapped_here is None
        else _of_what_is_mapped(sample, merge or {})
    )
    members = groups_of(_known(sample.filled), merge or {})
    return Study(
        title=sample.title,
        simulated=sample.simulated,
        basis=f"{counted(report.sample_size, 'pixel')}, {report.design}",
        units=_units(sample),
        whole=_whole(sample, report),
        cells=report.error_matrix,
        counts=_counts(sample.on_the_map, report.classes, merge or {}),
        users=tuple(report.users[name] for name in report.classes),
        producers=tuple(report.producers[name] for name in report.classes),
        overall=report.overall,
        areas=tuple(
            ClassArea(
                name=name,
                colours=colours_of(members.get(name, [name])),
                mapped_ha=report.area[name].mapped_ha,
                estimated=report.area[name].area_ha,
            )
            for name in report.classes
        ),
        remarks=(*sample.notes, *_of_this_map(sample, report.warnings)),
        document=report.as_dict,
        press=sample.press,
    )


def _units(sample: Sample) -> str:
    """Return the unit of assessment and the minimum mapping unit in words, as far as they are known."""
    design = sample.design or lulc.stated_design(sample.table)
    hectares = sample.pixel_ha or (sample.mapped.pixel_ha if sample.mapped is not None else None)
    known = facts_of_sample(design, hectares)
    if sample.composite is not None:
        known |= facts_of_map(sample.composite.data["label"])
    smallest = known.get("minimum_mapping_unit", "not stated")
    return f"Unit of assessment: {known['unit_of_assessment']}. Minimum mapping unit: {smallest}."


def _of_this_map(sample: Sample, warnings: Sequence[str]) -> list[str]:
    """Return the warnings that hold for a sample: with other weights its strata are, rightly, not the map classes."""
    return [told for told in warnings if sample.first is None or not isinstance(told, StrataUnlikeMap)]


def _whole(sample: Sample, report: lulc.Assessment) -> str:
    """Return what the shares are of."""
    if sample.mapped_here is not None:
        return CLASSIFIED
    return "the sample" if report.design == "indicative" and sample.mapped is None else "the area"


def _of_what_is_mapped(sample: Sample, merge: Merge) -> lulc.Assessment:
    """Return the figures of the part of the map that has a class, a domain of the sample."""
    table, here = sample.filled, sample.mapped_here
    mapped = sample.mapped.merged(merge).area_ha if sample.mapped is not None else None
    renamed = {side: labels(table, side).astype(object).replace(_renamed(merge)) for side in ("map", "reference")}
    report = lulc.assess_regions(
        table.assign(**renamed),
        pd.DataFrame({_MAPPED: here}),
        design=sample.design or lulc.stated_design(table),
        region_ha={_MAPPED: sum(mapped.values())} if mapped else None,
    ).regions[_MAPPED]
    areas = {
        name: replace(area, mapped_ha=mapped.get(name, 0.0) if mapped else None) for name, area in report.area.items()
    }
    lacking = f"{(~np.asarray(here)).sum():,} of {len(table):,} sampled pixels"
    told = f"{lacking} have no class with these weights: the figures describe the others."
    return replace(report, area=areas, warnings=(told, *report.warnings))


def interval_title(figure: Estimate) -> str:
    """Return by which method the interval of a figure is made; empty where it has none."""
    method = figure.interval_method
    return lulc.INTERVALS[method].title if method else ""


def in_focus(classes: Sequence[str]) -> list[str]:
    """Return the classes that are among those most often confused."""
    return [name for name in classes if _legend_name(name) in CONFUSABLE]


def _renamed(merge: Merge) -> dict[str, str]:
    """Return the merged class of every class that is merged."""
    return {old: new for new, olds in merge.items() for old in olds}


def groups_of(classes: Sequence[str], merge: Merge) -> dict[str, list[str]]:
    """Return the classes after merging, each with its parts; a merged class takes the place of its first part."""
    into = _renamed(merge)
    groups: dict[str, list[str]] = {}
    for name in classes:
        groups.setdefault(into.get(name, name), []).append(name)
    return groups


def _counts(table: pd.DataFrame, classes: Sequence[str], merge: Merge) -> Floats:
    """Return the sampled pixels by map (rows) and reference class (columns)."""
    k, into = len(classes), _renamed(merge)
    index = {name: i for i, name in enumerate(classes)}
    row, column = (
        np.array([index.get(into.get(name, name), k) for name in side.categories], np.intp)[side.codes]
        for side in (labels(table, name).cat for name in ("map", "reference"))
    )
    pixels = table["pixels"].to_numpy(float) if "pixels" in table else None
    return np.bincount(row * (k + 1) + column, pixels, (k + 1) ** 2).reshape(k + 1, k + 1)[:k, :k].astype(float)


def _known(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(name for column in ("map", "reference") for name in labels(table, column).unique()))


def _legend_name(name: str) -> str:
    """Return the legend's name of a class that is given by that name, the paper's name or its code."""
    code = _CODES.get(name, int(name) if name.isdigit() else 0)
    return next((c.name for c in LEGEND if code == c.code or name.casefold() == c.name), "")


def colours_of(members: Sequence[str]) -> dict[str, str]:
    """Return the legend's colour in each of `COLOURS`, for merged classes the mean colour."""
    names = {_legend_name(name) for name in members}
    return {key: _mean([c.colour for c in in_colours(LEGEND, key) if c.name in names]) for key in COLOURS}


def _mean(colours: Sequence[tuple[int, int, int]]) -> str:
    if not colours:
        return _NO_COLOUR
    return "#{:02x}{:02x}{:02x}".format(*(sum(v) // len(v) for v in zip(*colours, strict=True)))


def _numbers(name: str, figure: Estimate) -> dict[str, float | None]:
    low, high = figure.interval() or (None, None)
    return {name: figure.value, f"{name}_low": low, f"{name}_high": high}
