"""A table of labelled pixels, checked against its design and made ready for estimation."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from textwrap import shorten
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.designs import LARGEST
from lulc_core.accuracy.estimation import Observations
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.estimation import Floats


MOST_CLASSES = 255
"""As many as a class raster has codes; a matrix of 150 takes 14 s, and the time grows faster than their square."""


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
    """Check a table of labels against its design and make it ready for estimation.

    Parameters
    ----------
    sample
        One row a pixel: `rows` and `columns` hold class names or codes. Optional columns: ``stratum``;
        ``cluster``; ``pixels``, how many pixels the row stands for; ``id``, ``x, y`` or ``lon, lat``, to find
        duplicates.
    design
        How it was drawn.
    rows, columns
        Names of the two label columns.
    merge
        New class to the classes it takes in, as ``{"range": ["grass", "scrub"]}``; the strata stay.
    classes
        Classes in the wished order; those of the sample that are not named follow.
    also
        Classes that there are, whether or not a sampled pixel has them.
    tallied
        Whether `pixels` is a tally of pixels drawn one by one, as the cells of an error matrix of counts.

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
    if sample.empty:
        raise InvalidInputError("The sample has no rows; one row a labelled pixel is expected.")
    _refuse_missing(sample, (rows, columns))
    table = pd.DataFrame({"row": labels(sample, rows), "column": labels(sample, columns)})
    strata = tuple(name for name, size in design.sizes.items() if size > 0)
    table["stratum"], notes = _strata(sample, design)
    table["pixels"] = _pixels(sample)
    _refuse_repeated_ids(sample, design)
    repeated = _repeated(sample, design)
    table["unit"], more = _units(sample, table, design, tallied=tallied)
    table = _summed(table).astype({"row": object, "column": object, "stratum": object})  # few rows from here
    by_map = rows == "map" and design.unit == "pixel" and bool((table["stratum"] == table["row"]).all())
    stratum_class = {name: name for name in strata} if by_map and design.kind == "sample" else {}
    for new, old in (merge or {}).items():
        table[["row", "column"]] = table[["row", "column"]].replace(dict.fromkeys(old, new))
        stratum_class |= {s: new for s, name in stratum_class.items() if name in set(old)}
    order = _order({*table["row"], *table["column"], *stratum_class.values(), *also}, classes)
    if len(order) > MOST_CLASSES:
        raise InvalidInputError(
            f"Columns {rows!r} and {columns!r} hold the names or codes of classes, {MOST_CLASSES} at the most; there "
            f"are {len(order):,}, such as {order[0]!r} and {order[-1]!r}. Are these the right columns?"
        )
    return _gather(table, design, order, strata, stratum_class, (*notes, *more, *repeated, *_look_alikes(order)))


def _gather(
    table: pd.DataFrame,
    design: Design,
    order: tuple[str, ...],
    strata: tuple[str, ...],
    stratum_class: Mapping[str, str],
    notes: Iterable[str],
) -> Observations:
    index = {name: i for i, name in enumerate(order)}
    table["row"], table["column"] = table["row"].map(index), table["column"].map(index)
    table["stratum"] = table["stratum"].map({name: h for h, name in enumerate(strata)})
    pixel = design.unit == "pixel"
    records = _summed(table)
    empty = False if pixel else records.groupby(["stratum", "unit"])["pixels"].transform("sum") == 0
    records = records[(records["pixels"] > 0) | empty]  # a drawn cluster without a pixel was drawn all the same
    unit = np.arange(len(records)) if pixel else records["unit"].to_numpy()
    firsts, unit = np.unique(unit, return_index=True, return_inverse=True)[1:]
    pixels = records["pixels"].to_numpy(float)
    observations = Observations(
        design=design,
        classes=order,
        unit=unit,
        row=records["row"].to_numpy(np.intp),
        column=records["column"].to_numpy(np.intp),
        pixels=np.ones(len(records)) if pixel else pixels,
        stratum=records["stratum"].to_numpy(np.intp)[firsts],
        copies=pixels if pixel else np.ones(len(firsts)),
        strata=strata,
        stratum_row=np.array([index[stratum_class[s]] if stratum_class else -1 for s in strata], np.intp),
        calibration=np.ones(len(order)),
        warnings=tuple(notes),
    )
    return _checked_sizes(observations)


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    """Return the pixels of each stratum, unit, row and column."""
    keys = ["stratum", "unit", "row", "column"]
    return table.groupby(keys, sort=True, observed=True)["pixels"].sum().reset_index()


def _checked_sizes(observations: Observations) -> Observations:
    design, notes = observations.design, list(observations.warnings)
    for name, n, N in zip(observations.strata, observations.sampled, observations.population, strict=True):
        if not design.relative and n > N:
            raise InvalidInputError(
                f"Stratum {name!r} has {n:g} sampled {design.unit}s but only {N:g} in the population. Its "
                f"size counts {design.unit}s; correct it, or the sample."
            )
        if n == 0:
            notes.append(
                f"Stratum {name!r} (size {N:g}) has no sampled unit: what depends on it is undefined. "
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


def poststratified(observations: Observations, mapped: Mapping[str, float]) -> Observations:
    """Return the observations with weights that reproduce the known size of each map class.

    The poststratified estimator, which is the regression estimator (GREG) with the map class as auxiliary
    variable (Särndal et al. 1992, sect. 7.6). For simple random pixels the poststrata take the place of
    strata, as in Olofsson et al. (2014, sect. 4.1); otherwise the residuals about the poststratum means give
    the variance.

    Parameters
    ----------
    observations
        Of map (rows) against reference (columns).
    mapped
        Size of every map class: pixels, hectares or shares; only their proportions count.

    Raises
    ------
    InvalidInputError
        For a sampled map class without a size, or a class with a size but without a sampled pixel.
    """
    k, design = len(observations.classes), observations.design
    unknown = sorted(set(mapped) - set(observations.classes))
    if any(mapped[name] > 0 for name in unknown):
        raise InvalidInputError(
            f"The poststrata {unknown} have an area but no sampled pixel. Merge them with others, or sample them."
        )
    sampled = np.bincount(observations.row, minlength=k) > 0
    size = np.array([mapped.get(name, 0.0) for name in observations.classes])
    for name, seen, known in zip(observations.classes, sampled, size, strict=True):
        if seen != (known > 0):
            raise InvalidInputError(
                f"Map class {name!r} has {'sampled pixels' if seen else 'no sampled pixel'} and a mapped "
                f"size of {known:g}. Every poststratum needs both; merge it with another, or correct the areas."
            )
    if len(observations.strata) == 1 and design.unit == "pixel":
        return _poststrata_as_strata(observations, size)
    estimated = observations.matrix().sum(1)
    factor = np.divide(size / size.sum() * estimated.sum(), estimated, out=np.ones(k), where=estimated > 0)
    return replace(observations, calibration=factor)


def _poststrata_as_strata(observations: Observations, size: Floats) -> Observations:
    """Condition on how many sampled pixels fell in each map class."""
    names = [name for name, known in zip(observations.classes, size, strict=True) if known > 0]
    index = {observations.classes.index(name): h for h, name in enumerate(names)}
    pixels = float(observations.population.sum())
    sizes = dict(zip(names, (size[size > 0] / size.sum() * pixels).tolist(), strict=True))
    result = replace(
        observations,
        design=replace(observations.design, sizes=sizes),
        strata=tuple(names),
        stratum=np.array([index[row] for row in observations.row.tolist()], np.intp),
        stratum_row=np.array(list(index), np.intp),
    )
    return _checked_sizes(result)


def _refuse_missing(sample: pd.DataFrame, needed: tuple[str, str]) -> None:
    """Refuse a sample without its label columns, and say which of its own may be meant."""
    missing = [name for name in needed if name not in sample.columns]
    if not missing:
        return
    came = {name.casefold(): name for name in map(str, sample.columns) if name not in needed}
    likely = {came[near]: name for name in missing for near in get_close_matches(name, came, 1, 0.5)}
    hint = " ".join(f"If {near!r} is the {name}, rename it {name!r}." for near, name in likely.items())
    raise InvalidInputError(
        f"The sample needs the columns {' and '.join(map(repr, needed))}; it has "
        f"{shorten(', '.join(map(str, sample.columns)), 200)}. {hint or 'Name those that hold them so.'}"
    )


def labels(sample: pd.DataFrame, column: str) -> pd.Series[str]:
    """Return a column as class names, as categories: text without outer blanks, whole numbers without a point.

    Raises
    ------
    InvalidInputError
        For a column that is not there, or blank cells in it.
    """
    if column not in sample.columns:
        raise InvalidInputError(f"The sample needs a column {column!r}; it has {', '.join(map(str, sample.columns))}.")
    values = sample[column]
    if pd.api.types.is_float_dtype(values) and bool((values.dropna() % 1 == 0).all()):
        values = values.astype("Int64")
    code, unique = pd.factorize(values)  # few names, many rows; blanks are -1
    text = pd.Series(unique, dtype=object).astype("string").str.strip()
    blank = np.isin(code, [-1, *np.flatnonzero(text == "")])
    if blank.any():
        lines = ", ".join(str(i + 1) for i in np.flatnonzero(blank)[:5])
        raise InvalidInputError(
            f"Column {column!r} is blank in {int(blank.sum())} of {len(values)} rows (row {lines}). Fill them "
            "in; a unit that could not be labelled is left out with its row, and that should be reported."
        )
    alike, names = pd.factorize(text.astype(object).map(plain_name))
    return pd.Series(pd.Categorical.from_codes(alike[code], names))


def plain_name(text: str) -> str:
    """Return a class name as all tables write it: a whole number without a decimal point.

    Examples
    --------
    >>> plain_name("5.0"), plain_name("5.5"), plain_name("crops")
    ('5', '5.5', 'crops')
    """
    return _WHOLE.sub(r"\1", text) if "." in text else text


_WHOLE = re.compile(r"^(\d+)\.0*$")


def _strata(sample: pd.DataFrame, design: Design) -> tuple[pd.Series[str], tuple[str, ...]]:
    notes: tuple[str, ...] = ()
    only = next(iter(design.sizes))
    if design.kind != "sample" or (len(design.sizes) == 1 and "stratum" not in sample.columns):
        return pd.Series(pd.Categorical.from_codes(np.zeros(len(sample), int), pd.Index([only]))), notes
    if "stratum" in sample.columns:
        stratum = labels(sample, "stratum")
    elif (
        design.unit == "pixel" and "map" in sample.columns and set(labels(sample, "map").unique()) <= set(design.sizes)
    ):
        stratum = labels(sample, "map")
        notes = ("The sample has no column 'stratum'; the strata are the map classes, so the map class is it.",)
    else:
        of_the_map = sorted(set(labels(sample, "map").unique()) - set(design.sizes)) if "map" in sample.columns else []
        raise InvalidInputError(
            f"The design has the strata {list(design.sizes)}, but the sample has no column 'stratum' that "
            "says in which each row was drawn. Add it"
            + (f"; or, if they are the map classes, {of_the_map} must be among them." if of_the_map else ".")
        )
    unknown = sorted({s for s in set(stratum.unique()) if not design.sizes.get(s, 0) > 0})
    if unknown:
        raise InvalidInputError(
            f"The sample has the strata {unknown}, of which the design gives no size (or 0); it has "
            f"{list(design.sizes)}. Add them to the strata, or correct the sample."
        )
    return stratum, notes


def _pixels(sample: pd.DataFrame) -> Floats:
    if "pixels" not in sample.columns:
        return np.ones(len(sample))
    numbers = pd.to_numeric(sample["pixels"], errors="coerce").to_numpy(float)
    bad = ~((numbers >= 0) & (numbers <= LARGEST))
    if bad.any() or not numbers.any():
        first = int(np.argmax(bad))
        came = f"row {first + 1} has {str(sample['pixels'].iloc[first])!r}" if bad.any() else "every row has 0"
        raise InvalidInputError(f"Column 'pixels' holds how many pixels a row stands for, numbers >= 0; {came}.")
    return numbers


def _units(
    sample: pd.DataFrame, table: pd.DataFrame, design: Design, *, tallied: bool
) -> tuple[NDArray[np.integer], tuple[str, ...]]:
    """Return the sampling unit of each row, 0 for all where each pixel is one."""
    named = "cluster" in sample.columns
    if design.unit == "cluster":
        if not named:
            raise InvalidInputError("Clusters were drawn, so the sample needs a column 'cluster'.")
        pairs = pd.DataFrame({"stratum": table["stratum"], "cluster": labels(sample, "cluster")}).astype(object)
        twice = pairs.drop_duplicates().groupby("cluster").size()
        notes = tuple(
            f"Cluster {name!r} occurs in several strata; each occurrence is taken as a cluster of its own."
            for name in twice[twice > 1].index[:3]
        )
        return pairs.groupby(["stratum", "cluster"], sort=True).ngroup().to_numpy(), notes
    if named and (table["pixels"].groupby(labels(sample, "cluster")).sum() > 1).any():
        raise InvalidInputError(
            "The sample has a column 'cluster' with several pixels in one, but the design counts pixels as if "
            "they were independent. Give the number of clusters of each stratum (strata.csv: "
            "stratum,clusters); if the pixels were drawn one by one, remove the column."
        )
    if (table["pixels"] % 1).any():
        raise InvalidInputError("Without clusters 'pixels' counts sampled pixels, so it holds whole numbers.")
    if design.kind == "sample" and not tallied:
        several = int((table["pixels"] > 1).sum())
        if several:
            note = (
                f"{several} rows stand for more than one pixel and no cluster is named: each pixel is taken as "
                "an independent draw. If the pixels of a row lie together, name their cluster, or the standard "
                "errors are far too small."
            )
            return np.zeros(len(table), int), (note,)
    return np.zeros(len(table), int), ()


def _refuse_repeated_ids(sample: pd.DataFrame, design: Design) -> None:
    """Find a pixel that has several rows, as where each interpreter has one."""
    if design.unit == "cluster" or "id" not in sample.columns:
        return
    ids = labels(sample, "id")
    twice = ids[ids.duplicated()]
    if len(twice):
        raise InvalidInputError(
            f"Column 'id' must name each sampled pixel once; {twice.iloc[0]!r} has {int((ids == twice.iloc[0]).sum())} "
            "rows. If several interpreters labelled it, settle on one label first."
        )


def _repeated(sample: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Find places that occur twice: an error among pixels, worth a note within clusters."""
    place = next((p for p in (["x", "y"], ["lon", "lat"]) if set(p) <= set(sample.columns)), None)
    if place is None:
        return ()
    where = sample[place].apply(pd.to_numeric, errors="coerce")
    if where.isna().any(axis=None):
        return ()
    twice = where.duplicated()
    if not twice.any():
        return ()
    words = (
        f"{int(twice.sum())} rows repeat a place that is already there, the first at {', '.join(place)} = "
        f"{where.loc[twice].iloc[0].tolist()}."
    )
    if design.unit == "cluster":
        return (f"{words} Each counts as a pixel of its cluster; remove the repetitions.",)
    raise InvalidInputError(
        f"{words} A sample drawn without replacement holds each place once; remove the repetitions."
    )


def _order(names: set[str], first: Sequence[str]) -> tuple[str, ...]:
    """`first`, then the rest, by number if all are numbers, else by name."""
    rest = names - set(first)
    return (*first, *sorted(rest, key=int if all(name.isdecimal() for name in rest) else str))


def _look_alikes(names: Sequence[str]) -> tuple[str, ...]:
    plain: dict[str, str] = {}
    notes = []
    for name in names:
        other = plain.setdefault(name.casefold(), name)
        if other != name:
            notes.append(f"Classes {other!r} and {name!r} differ only in capitals and are taken as two classes.")
    return tuple(notes)
