"""Pixels that have several rows, as where each interpreter has one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.vocabulary import LABELS
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from lulc_core.accuracy.designs import Design

_IDS = frozenset(
    ("id", "uid", "fid", "plotid", "sampleid", "pointid", "pixelid", "unitid", "siteid", "idplot", "idpoint", "plotnr")
) | {"plot", "point", "plotno", "pointno", "sampleno", "plotnumber", "pointnumber", "samplenumber"}
"""Columns that name pixels, in any case, with or without underscores and blanks."""
_PLACES = (
    *(("x", "y"), ("lon", "lat"), ("long", "lat"), ("longitude", "latitude"), ("easting", "northing")),
    *(("pointx", "pointy"), ("xcoord", "ycoord"), ("coordx", "coordy"), ("east", "north")),
    *(("wkt",), ("geom",), ("geometry",), ("samplegeom",)),
    *(("coordinates",), ("coordinate",), ("coords",), ("coord",), ("lonlat",), ("latlon",), ("latlong",)),
)
"""Columns that say where a pixel lies, written likewise."""


_GROUPS = frozenset(
    ("tile", "tileid", "psu", "psuid", "clusterid", "clusterno", "segment", "segmentid", "block", "blockid")
)
"""Columns that may name clusters, written likewise."""


_POINT = re.compile(r'\s*(SRID=\d+;)?\s*POINT\b.*\d|\s*\{.*"Point".*\[\s*-?\d', re.IGNORECASE | re.DOTALL)
"""A point as WKT or GeoJSON."""
_NO_GROUPS = re.compile(
    r"(^|_|\b)(x|y|e|n|lat|lon|long)(_|\b)|row|line|col|coord|utm|east|north|latitude|longitude"
    r"|date|time|day|year|month|doy|interpreter|observer|analyst|label",
    re.IGNORECASE,
)
"""Names of columns in which one value has as many rows as another, though these were not drawn together."""
LEAST_GROUPS = 15
"""Fewer names with as many rows each may be those of people, classes or days."""
MOST_ALIKE = 25
"""Largest number of rows that makes one name a group: those of a plot of five by five pixels."""


def id_columns(sample: pd.DataFrame) -> list[str]:
    """Return the columns that name sampled pixels: id, plotid, Sample_ID."""
    return [name for name in map(str, sample.columns) if _plain(name) in _IDS]


def place_columns(sample: pd.DataFrame) -> list[str]:
    """Return the columns that say where a pixel lies; none if nothing does."""
    plain = {_plain(name): name for name in map(str, sample.columns)}
    named = next(([plain[name] for name in place] for place in _PLACES if set(place) <= set(plain)), [])
    return named or [name for name in map(str, sample.columns) if _holds_points(sample[name])][:1]


def names_a_place(column: str) -> bool:
    """Whether a column has the name of a coordinate, even if the other one is missing."""
    return any(_plain(column) in place for place in _PLACES)


def _holds_points(column: pd.Series) -> bool:
    """Whether all values of a column of text are points."""
    if pd.api.types.is_numeric_dtype(column):
        return False
    values = column.dropna()
    return bool(len(values)) and all(_POINT.match(str(value)) for value in values)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def refuse_repeated_ids(sample: pd.DataFrame, design: Design) -> None:
    """Refuse names that occur twice, where pixels were drawn one by one."""
    if design.unit == "cluster":
        return
    columns = id_columns(sample)
    for column in columns:
        ids = sample[column].dropna().astype(str).str.strip()
        ids = ids[~ids.map(is_blank)]
        if ids.nunique() == 1 and any(sample[other].is_unique for other in columns):
            continue  # the number of a pixel within its plot, one a plot
        twice = ids[ids.duplicated()]
        if len(twice):
            raise InvalidInputError(
                f"Column {column!r} must name each sampled pixel once; {twice.iloc[0]!r} has "
                f"{int((ids == twice.iloc[0]).sum())} rows. If several interpreters labelled it, settle on one label "
                "first; if these are pixels of one plot, name the plots in a column 'cluster'."
            )


def possible_clusters(sample: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Note columns that may name clusters, where pixels are taken to be drawn one by one."""
    if design.unit == "cluster" or "cluster" in sample.columns:
        return ()
    named = [
        f"Column {name!r} has several pixels of one name. If these were drawn together, call it 'cluster': {_TOO_SMALL}"
        for name in map(str, sample.columns)
        if (_plain(name) in _GROUPS and sample[name].dropna().duplicated().any()) or _has_equal_groups(sample, name)
    ]
    if named:
        return tuple(named)
    alike: dict[str, pd.Series | None] = {
        f"The names in column {name!r} begin alike": _beginnings(sample[name]) for name in id_columns(sample)
    }
    alike["The pixels lie close together"] = _neighbours(sample)
    return tuple(
        f"{what} in {group.nunique()} groups of {group.value_counts().median():g}. If each group was drawn together, "
        f"name it in a column 'cluster': {_TOO_SMALL}"
        for what, group in alike.items()
        if group is not None and _are_equal_groups(group, _most_classes(sample))
    )[:1]


_TOO_SMALL = "as independent pixels their standard errors are too small."


def _beginnings(names: pd.Series) -> pd.Series:
    """Return names without what follows the last separator: 12 of 12_3."""
    return names.astype(str).str.replace(r"[^\w]*[\W_][^\W_]*$", "", regex=True)


def _neighbours(sample: pd.DataFrame) -> pd.Series | None:
    """Return the group of each pixel, where places are two columns of numbers: those a few steps from one another.

    A step is the usual distance to the nearest pixel. Pixels that were drawn by themselves make one large group and
    some of any size.
    """
    place = sample[place_columns(sample)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if place.shape[1:] != (2,) or not 2 <= len(place) <= MOST_PLACES or not np.isfinite(place).all():
        return None
    tree = KDTree(place)
    step = float(np.median(np.asarray(tree.query(place, k=2)[0])[:, 1]))
    pairs = tree.query_pairs(STEPS * step, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(place), len(place)))
    return pd.Series(connected_components(links, directed=False)[1])


MOST_PLACES = 100_000
"""Places of more pixels are not compared: all pixels of a map have too many neighbours."""
STEPS = 3
"""So many usual distances to the nearest pixel are close together."""


def _most_classes(sample: pd.DataFrame) -> int:
    return max((int(sample[c].nunique()) for c in (*LABELS, "stratum") if c in sample), default=0)


def _has_equal_groups(sample: pd.DataFrame, name: str) -> bool:
    """Whether most values of a column have the same number of rows, two or more, and it names no class or place."""
    others = {*LABELS, "stratum", *place_columns(sample), "pixels", "stratum_size"}
    return name not in others and not _NO_GROUPS.search(name) and _are_equal_groups(sample[name], _most_classes(sample))


def _are_equal_groups(values: pd.Series, classes: int) -> bool:
    """Whether most values have the same number of rows, two or more, and are too many to be people or classes."""
    rows = values.value_counts()
    if len(rows) < LEAST_GROUPS or len(rows) <= classes:
        return False
    usual = rows.median()
    return bool(2 <= usual <= MOST_ALIKE and (rows == usual).mean() > MOST)


MOST = 0.9
"""Share of the values that makes them alike: the last group may be cut off."""


def repeated_places(sample: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Find places that occur twice: an error among pixels, worth a note within clusters and where they are rounded."""
    place = place_columns(sample)
    if not place:
        return ()
    where = pd.DataFrame({c: _comparable(sample[c]) for c in place}).dropna()
    twice = where.duplicated()
    if not twice.any():
        return ()
    words = (
        f"{counted(int(twice.sum()), 'row', 'repeat')} a place that is already there, the first at {', '.join(place)} "
        f"= {where.loc[twice].iloc[0].tolist()}."
    )
    if design.unit == "cluster":
        return (f"{words} Each counts as a pixel of its cluster; remove the repetitions.",)
    if _are_rounded(where) or (twice.mean() < FEW and _has_several_classes(sample, place)):
        return (f"{words} The coordinates seem to be rounded: each row counts as a pixel. Give all their digits.",)
    raise InvalidInputError(
        f"{words} A sample drawn without replacement holds each place once; remove the repetitions."
    )


def repeated_rows(sample: pd.DataFrame, names: tuple[str, str], design: Design) -> tuple[str, ...]:
    """Note a table whose map, or first, classes occur again in the same order: pasted twice, or of several years."""
    if design.unit == "cluster" or place_columns(sample):
        return ()
    first, second = (sample[name].astype(str) for name in names)
    size = _period(first)
    if not LEAST_REPEATED <= size < len(sample):
        return ()
    both = _period(first + "\n" + second) == size
    what = f"The classes of {' and '.join(map(repr, names if both else names[:1]))}"
    note = (
        f"{what} in the first {size} rows occur again in the same order, {len(sample) // size} times in all. If these "
        f"are the same pixels, pasted again or labelled in several years, keep one row of each: {_TOO_SMALL}"
    )
    return (note,)


LEAST_REPEATED = 30
"""In fewer rows, an order of classes may recur by design, as where each tile has one pixel of each class."""


def _period(labels: pd.Series) -> int:
    """Return after how many rows labels repeat to the end, a divisor of their number; it, if they do not."""
    codes, n = pd.factorize(labels)[0], len(labels)
    return next(k for k in range(1, n + 1) if n % k == 0 and (codes[k:] == codes[:-k]).all())


FEW = 0.1
"""In a smaller share of the rows, places that repeat with another map class are those of neighbours."""
DIGITS = 2
"""Decimals of degrees that are rounded to a kilometre."""
CHANCE = 4
"""Rounding repeats up to so many times as many places as it does where pixels are spread evenly."""


def _has_several_classes(sample: pd.DataFrame, place: list[str]) -> bool:
    """Whether the map has two classes at one place."""
    return "map" in sample and bool((sample.groupby(place)["map"].nunique() > 1).any())


def _are_rounded(where: pd.DataFrame) -> bool:
    """Whether places are degrees of so few digits that chance repeats some of them."""
    degrees = any("lat" in _plain(c) for c in where.columns) and len(where.columns) == 2
    if not degrees or any(not pd.api.types.is_numeric_dtype(where[c]) for c in where.columns):
        return False
    steps = where.to_numpy(float) * 10**DIGITS
    if np.abs(steps - np.round(steps)).max() > 1e-6 * 10**DIGITS:
        return False
    cells = float(np.prod(np.ptp(np.round(steps), axis=0) + 1))
    by_chance = len(where) - cells * (1 - (1 - 1 / cells) ** len(where))
    return bool(where.duplicated().sum() <= CHANCE * by_chance)


def _comparable(column: pd.Series) -> pd.Series:
    """Return coordinates as numbers where all of them are, else as their text; missing where blank."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column
    text = column.astype("string").str.strip()
    text = text.mask(text.map(is_blank, na_action="ignore").fillna(True).astype(bool))
    numbers = pd.to_numeric(text, errors="coerce")
    return text if (numbers.isna() & text.notna()).any() else numbers
