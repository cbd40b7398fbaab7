"""A table of labelled pixels, checked against its design and prepared for estimation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.cluster_stages import labelled_pixels, with_stages
from lulc_core.accuracy.columns import labels, pixels_of, strata_of, units_of
from lulc_core.accuracy.duplicates import possible_clusters, refuse_repeated_ids, repeated_places, repeated_rows
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.misread_numbers import doubtful_sizes
from lulc_core.accuracy.misreadings import (
    refuse_codes_and_names,
    refuse_missing,
    refuse_tally,
    rows_to_leave_out,
    swapped,
)
from lulc_core.accuracy.other_codes import one_class_of_two_names, refuse_other_codes
from lulc_core.accuracy.stated_weights import EQUAL, refuse_other_weights, stated_weights
from lulc_core.accuracy.vocabulary import doubtful_names
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.sampled_units import Floats


MOST_CLASSES = 255
"""Number of codes of a class raster; a matrix of 150 classes takes 14 s, and the time grows more than quadratically."""


def observe(
    sample: pd.DataFrame,
    design: Design,
    *,
    rows: str = "map",
    columns: str = "reference",
    merge: Mapping[str, Collection[str]] | None = None,
    classes: Sequence[str] = (),
    also: Collection[str] = (),
    tallied: bool = False,
) -> Observations:
    """Check a table of labels against its design and prepare it for estimation.

    Parameters
    ----------
    sample
        One row per pixel: `rows` and `columns` hold class names or codes. Optional columns: ``stratum``;
        ``cluster``; ``pixels``, how many pixels the row stands for; ``id``, ``x, y`` or ``lon, lat``, to find
        duplicates.
    design
        The sampling design.
    rows, columns
        Names of the two label columns.
    merge
        Classes to merge, by the name of the new class: ``{"range": ["grass", "scrub"]}``; strata stay as they are.
    classes
        Classes in the order wanted; those of the sample that are not listed follow.
    also
        Classes to include even if no sampled pixel has them.
    tallied
        Whether `pixels` counts pixels that were drawn one by one, like the cells of an error matrix of counts.

    Returns
    -------
    Observations

    Raises
    ------
    InvalidInputError
        For a missing column, a blank label, an unknown stratum, an id or a place that occurs twice, pixels that
        share a cluster but are given as independent, or more units than the population has.

    Examples
    --------
    >>> from lulc_core.accuracy.designs import Design
    >>> sample = pd.DataFrame({"map": ["a", "a", "b"], "reference": ["a", "b", "b"]})
    >>> observe(sample, Design.simple_random(100)).ratio(np.eye(2)).value
    0.666...
    """
    table, notes = _checked(sample, design, (rows, columns), tallied=tallied)
    if rows == "map":
        notes += swapped(table, sample, design, tallied=tallied)
    weight = None
    if design.weighted:
        table, design, weight = _weighted(table, sample, design)
    design, more = with_stages(design, table, sample)
    labelled = labelled_pixels(design, table)
    table = _summed(table).astype({"row": object, "column": object, "stratum": object})  # few rows from here
    more += doubtful_names({*table["row"]}, {*table["column"]}, change=rows != "map")
    stratum_class = _classes_of_strata(table, design) if rows == "map" else {}
    for new, old in (merge or {}).items():
        table[["row", "column"]] = table[["row", "column"]].replace(dict.fromkeys(old, new))
        stratum_class |= {s: new for s, name in stratum_class.items() if name in set(old)}
    if rows == "map":
        refuse_other_codes(table)
        notes += one_class_of_two_names(table)
    order = _order({*table["row"], *table["column"], *stratum_class.values(), *also}, classes)
    _refuse_many(order, rows, columns)
    found = _gather(table, design, order, stratum_class, weight)
    if labelled is not None:
        found = replace(found, labelled=np.asarray(labelled, np.float64))
    found = replace(found, warnings=(*notes, *more, *doubtful_sizes(found)))
    return check_sizes(found)


def _classes_of_strata(table: pd.DataFrame, design: Design) -> dict[str, str]:
    """Return the class of each stratum, if every stratum is a map class; empty else."""
    of_pixels = design.kind == "sample" and design.unit == "pixel"
    if not of_pixels or design.weighted or not (table["stratum"] == table["row"]).all():  # weighted sizes are estimates
        return {}
    return {name: name for name in _strata(design)}


def _strata(design: Design) -> tuple[str, ...]:
    """Return the strata that are not empty."""
    return tuple(name for name, size in design.sizes.items() if size > 0)


def _refuse_many(order: Sequence[str], rows: str, columns: str) -> None:
    """Refuse more classes than a class raster has codes."""
    if len(order) > MOST_CLASSES:
        raise InvalidInputError(
            f"Columns {rows!r} and {columns!r} hold the names or codes of classes, {MOST_CLASSES} at the most; there "
            f"are {len(order):,}, such as {order[0]!r} and {order[-1]!r}. Are these the right columns?"
        )


def _checked(
    sample: pd.DataFrame, design: Design, names: tuple[str, str], *, tallied: bool
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return row, column, stratum, pixels and unit of each row of a sample, and notes on how it was read."""
    if sample.empty:
        raise InvalidInputError("The sample has no rows; expected one row per labelled pixel.")
    refuse_missing(sample, names)
    table = pd.DataFrame({side: labels(sample, name) for side, name in zip(("row", "column"), names, strict=True)})
    notes = refuse_codes_and_names(table["row"].unique(), table["column"].unique(), names)
    table["stratum"], more = strata_of(sample, design)
    notes += more
    table["pixels"] = pixels_of(sample)
    if not tallied:
        refuse_tally(sample, names)
        notes += rows_to_leave_out(sample)
        notes += repeated_places(sample, design)
        refuse_repeated_ids(sample, design)
        notes += (*repeated_rows(sample, names, design), *possible_clusters(sample, design))
    table["unit"], more = units_of(sample, table, design, tallied=tallied)
    notes += more
    if not tallied:
        notes += refuse_other_weights(sample, table, design)
    return table, notes


def _weighted(table: pd.DataFrame, sample: pd.DataFrame, design: Design) -> tuple[pd.DataFrame, Design, Floats]:
    """Return a table whose units have one weight each, the design with the sizes that these give, and the weights."""
    weight, relative = stated_weights(sample)
    if design.unit == "pixel":
        different, unit = np.unique(weight, return_inverse=True)
        kinds = np.asarray(different, float)
        table = table.assign(unit=unit)
        counted = table["pixels"] * weight
    else:
        each = pd.Series(weight).groupby(table["unit"].to_numpy())
        if ((ends := each.agg(["min", "max"]))["max"] > (1 + EQUAL) * ends["min"]).any():
            raise InvalidInputError(
                "The inclusion probability, or weight, is one of whole clusters here, but differs within a cluster. "
                "If some pixels of a cluster stand for more of it than others, say for how many in a column 'pixels'."
            )
        kinds = each.first().reindex(range(int(table["unit"].max()) + 1), fill_value=0.0).to_numpy(float)
        counted = pd.Series(weight).where(~table["unit"].duplicated().to_numpy(), 0.0)
    sums = counted.groupby(table["stratum"].astype(str).to_numpy()).sum()
    sizes = {str(name): float(size) for name, size in sums.items()}
    return table, replace(design, sizes=sizes, relative=relative), kinds


def _gather(
    table: pd.DataFrame,
    design: Design,
    order: tuple[str, ...],
    stratum_class: Mapping[str, str],
    weight: Floats | None,
) -> Observations:
    """Return a table of `_summed` labels by numbers: of classes in their order, of strata, and of units."""
    index, strata = {name: i for i, name in enumerate(order)}, _strata(design)
    table["row"], table["column"] = table["row"].map(index), table["column"].map(index)
    table["stratum"] = table["stratum"].map({name: h for h, name in enumerate(strata)})
    pixel = design.unit == "pixel"
    records = _summed(table)
    empty = False if pixel else records.groupby(["stratum", "unit"])["pixels"].transform("sum") == 0
    records = records[(records["pixels"] > 0) | empty]  # a drawn cluster without a pixel was drawn all the same
    codes = records["unit"].to_numpy()
    unit = np.arange(len(records)) if pixel else codes
    firsts, unit = np.unique(unit, return_index=True, return_inverse=True)[1:]
    pixels = records["pixels"].to_numpy(float)
    return Observations(
        design=design,
        classes=order,
        unit=unit,
        row=records["row"].to_numpy(np.intp),
        column=records["column"].to_numpy(np.intp),
        pixels=np.ones(len(records)) if pixel else pixels,
        stratum=records["stratum"].to_numpy(np.intp)[firsts],
        copies=pixels if pixel else np.ones(len(firsts)),
        strata=strata,
        stated=None if weight is None else weight[codes[firsts]],
        stratum_row=np.array([index[stratum_class[s]] if stratum_class else -1 for s in strata], np.intp),
    )


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the pixels of each stratum, unit, row and column."""
    keys = ["stratum", "unit", "row", "column"]
    return table.groupby(keys, sort=True, observed=True)["pixels"].sum().reset_index()


def check_sizes(observations: Observations) -> Observations:
    """Return the observations with warnings for strata with no or one sampled unit; refuse more units than exist."""
    design, notes = observations.design, list(observations.warnings)
    for name, n, N in zip(observations.strata, observations.sampled, observations.population, strict=True):
        if not design.relative and n > N:
            raise InvalidInputError(
                f"Stratum {name!r} has {n:g} sampled {design.unit}s but only {N:g} in the population. Its "
                f"size counts {design.unit}s; correct it, or the sample."
            )
        if n == 0:
            notes.append(
                f"Stratum {name!r} (size {N:g}) has no sampled unit: figures that depend on it are undefined. "
                "Sample it, or merge it with another stratum."
            )
        elif n == 1 and design.kind == "sample" and not (design.fpc and N == 1):
            whole = N == 1 and not design.relative
            unit = "one sampled unit, which is all of it" if whole else "one sampled unit"
            cure = "Apply the finite-population correction" if whole else "Sample two or more"
            notes.append(
                f"Stratum {name!r} has {unit}: standard errors that depend on it are undefined. {cure}, or merge it "
                "with another stratum."
            )
    return replace(observations, warnings=tuple(notes))


def _order(names: set[str], first: Sequence[str]) -> tuple[str, ...]:
    """`first`, then the rest, by number if all are numbers, else by name."""
    rest = names - set(first)
    return (*first, *sorted(rest, key=int if all(name.isdecimal() for name in rest) else str))
