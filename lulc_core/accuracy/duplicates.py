"""Pixels that have several rows, as where each interpreter has one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.columns import is_blank
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
)
"""Columns that say where a pixel lies, written likewise."""


_GROUPS = frozenset(
    ("tile", "tileid", "psu", "psuid", "clusterid", "clusterno", "segment", "segmentid", "block", "blockid")
)
"""Columns that may name clusters, written likewise."""


def id_columns(sample: pd.DataFrame) -> list[str]:
    """Return the columns that name sampled pixels: id, plotid, Sample_ID."""
    return [name for name in map(str, sample.columns) if _plain(name) in _IDS]


def place_columns(sample: pd.DataFrame) -> list[str]:
    """Return the columns that say where a pixel lies; none if nothing does."""
    plain = {_plain(name): name for name in map(str, sample.columns)}
    return next(([plain[name] for name in place] for place in _PLACES if set(place) <= set(plain)), [])


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def refuse_repeated_ids(sample: pd.DataFrame, design: Design) -> None:
    """Refuse names that occur twice, where pixels were drawn one by one."""
    if design.unit == "cluster":
        return
    for column in id_columns(sample):
        ids = sample[column].dropna().astype(str).str.strip()
        ids = ids[~ids.map(is_blank)]
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
    return tuple(
        f"Column {name!r} has several pixels of one name. If these were drawn together, call it 'cluster': as "
        "independent pixels their standard errors are too small."
        for name in map(str, sample.columns)
        if _plain(name) in _GROUPS and sample[name].dropna().duplicated().any()
    )


def repeated_places(sample: pd.DataFrame, design: Design) -> tuple[str, ...]:
    """Find places that occur twice: an error among pixels, worth a note within clusters."""
    place = place_columns(sample)
    if not place:
        return ()
    where = pd.DataFrame({c: _comparable(sample[c]) for c in place}).dropna()
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


def _comparable(column: pd.Series) -> pd.Series:
    """Return coordinates as numbers where all of them are, else as their text; missing where blank."""
    text = column.astype("string").str.strip()
    text = text.mask(text.map(is_blank, na_action="ignore").fillna(True).astype(bool))
    numbers = pd.to_numeric(text, errors="coerce")
    return text if (numbers.isna() & text.notna()).any() else numbers
