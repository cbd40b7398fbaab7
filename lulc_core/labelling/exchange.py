"""Labels and units in the files of other programs: what each format calls a unit, a class and a person."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.csv_text import name_known_columns, read_csv
from lulc_core.accuracy.numerals import numbers_of
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.geopackage import read_geopackage, write_geopackage
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path


COLUMNS = ("unit", "lon", "lat", "class", "alternate", "sure", "comment", "person", "at", "imagery")
"""A label as a row, whatever the file; a file may lack any but the class."""
_OURS = {**{name: name for name in COLUMNS}, "number": "unit", "reference": "class", "label": "class"}
_CEO_OWN = re.compile(
    r"plotid|sampleid|(center_)?(lon|lat)|shape|size_m|sample_points|email|flagged(_reason)?|confidence|collection_time|"
    r"analysis_duration|imagery_(title|attributions)|(common|total)_securewatch_dates?|sample_geom|pl_.*|smpl_.*"
)
"""Columns of Collect Earth Online that hold no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFormat:
    """How another program writes units and labels."""

    title: str
    """Name shown to the user."""
    suffixes: tuple[str, ...]
    """Endings of its files, the usual one first."""
    read: Callable[[Path, Collection[str], str | None], pd.DataFrame]
    """Returns labels in `COLUMNS` as text, given the names of the legend and the column of the class, if told."""
    units: Callable[[pd.DataFrame], pd.DataFrame]
    """Returns the form to fill in, of columns ``unit, lon, lat``."""
    labels: Callable[[pd.DataFrame], pd.DataFrame]
    """Returns a table of labels, of `COLUMNS`."""


def _as_it_is(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def _blank_form(units: pd.DataFrame) -> pd.DataFrame:
    return units.assign(**{"class": "", "alternate": "", "sure": "", "comment": ""})


def _read_own(path: Path, legend: Collection[str], column: str | None) -> pd.DataFrame:
    """Read a table with one row per label, whose columns are called as ours or by another usual name."""
    table = read_rows(path)
    header = [str(name) for name in table]
    names = {name: _OURS.get(name.strip().casefold(), "") for name in header}
    found = {ours: name for name, ours in reversed(names.items()) if ours}
    if column is not None and column not in table:
        raise _no_column(path, column, table)
    found |= {"class": column} if column else {}
    if not {"unit", "lon"} & {*found} and (ids := [name for name in header if name.casefold() == "id"]):
        found["unit"] = ids[0]
    if "class" not in found:
        found["class"] = _answers(path, table, [name for name in header if not names[name]], legend)
    return pd.DataFrame({ours: table[name] for ours, name in found.items()})


def _read_ceo(path: Path, legend: Collection[str], column: str | None) -> pd.DataFrame:
    """Read the sample data of Collect Earth Online, or its plot data where each plot has one sample."""
    table = read_rows(path)
    asked = [name for name in map(str, table) if not _CEO_OWN.fullmatch(name)]
    if column is not None and column not in asked and not any(name.startswith(f"{column}:") for name in asked):
        raise _no_column(path, column, table)
    if "center_lon" in table:
        answer = _shares(path, table, [name for name in asked if column is None or name.startswith(f"{column}:")])
        table = table.rename(columns={"center_lon": "lon", "center_lat": "lat"})
    else:
        answer = table[column or _answers(path, table, asked, legend)]
    flagged = table.get("flagged", pd.Series("", table.index)).str.casefold().isin(["true", "t", "1"])
    rows = pd.DataFrame({"unit": table["plotid"], "class": answer.where(~flagged, ""), "person": table["email"]})
    rows["sure"] = flagged.map({True: "no", False: "yes"})
    rows["comment"] = table.get("flagged_reason", pd.Series("", table.index)).where(flagged, "")
    named = {"lon": "lon", "lat": "lat", "at": "collection_time", "imagery": "imagery_title"}
    rows = rows.assign(**{ours: table[theirs] for ours, theirs in named.items() if theirs in table})
    return rows[~answer.map(is_blank).astype(bool) | flagged]


def _read_acatama(path: Path, legend: Collection[str], column: str | None) -> pd.DataFrame:
    """Read the labelled sampling file of AcATaMa, or its table: ID and Label, the name of the class."""
    table = read_rows(path)
    names = {name.casefold(): name for name in map(str, table)}
    chosen = column or names.get("label", "")
    if "id" not in names or chosen not in table:
        raise _no_column(path, column or "ID and Label", table)
    rows = pd.DataFrame({"unit": table[names["id"]], "class": table[chosen]})
    return rows.assign(**{place: table[place] for place in ("lon", "lat") if place in table})


def _ceo_labels(labels: pd.DataFrame) -> pd.DataFrame:
    blank = labels["class"] == ""
    return pd.DataFrame(
        {
            "plotid": labels["unit"],
            "sampleid": labels["unit"],
            "lon": labels["lon"],
            "lat": labels["lat"],
            "email": labels["person"],
            "flagged": blank.map({True: "true", False: "false"}),
            "flagged_reason": labels["comment"].where(blank, ""),
            "collection_time": labels["at"].str.slice(0, 16).str.replace("T", " "),
            "imagery_title": labels["imagery"],
            "class": labels["class"],
        }
    )


def _acatama_labels(labels: pd.DataFrame) -> pd.DataFrame:
    return labels[["unit", "class", "lon", "lat"]].rename(columns={"unit": "ID", "class": "Label"})


LABEL_FORMATS = {
    "csv": LabelFormat(title="CSV", suffixes=(".csv", ".gpkg"), read=_read_own, units=_blank_form, labels=_as_it_is),
    "geopackage": LabelFormat(
        title="GeoPackage (QGIS)", suffixes=(".gpkg", ".csv"), read=_read_own, units=_blank_form, labels=_as_it_is
    ),
    "ceo": LabelFormat(
        title="Collect Earth Online",
        suffixes=(".csv",),
        read=_read_ceo,
        units=lambda units: units.rename(columns={"unit": "PLOTID", "lon": "LON", "lat": "LAT"})[
            ["LON", "LAT", "PLOTID"]
        ],
        labels=_ceo_labels,
    ),
    "acatama": LabelFormat(
        title="AcATaMa",
        suffixes=(".gpkg", ".csv"),
        read=_read_acatama,
        units=lambda units: units.rename(columns={"unit": "id"}),
        labels=_acatama_labels,
    ),
}
"""By name: programs whose files of units and labels are written and read."""


def format_of(name: str, path: Path) -> LabelFormat:
    """Return a format; raises `InvalidInputError` for an unknown one, or a file whose name ends otherwise."""
    if name not in LABEL_FORMATS:
        raise InvalidInputError(f"The format must be one of {', '.join(LABEL_FORMATS)}; got {name!r}.")
    found = LABEL_FORMATS[name]
    if path.suffix.casefold() not in (*found.suffixes, ".tsv", ".txt"):
        raise InvalidInputError(f"A file of {found.title} ends in {' or '.join(found.suffixes)}; got {path.name!r}.")
    return found


def read_rows(path: Path) -> pd.DataFrame:
    """Return the rows of a CSV or a GeoPackage of points as text, blank where missing, with ``lon, lat``, if known."""
    if path.suffix.casefold() != ".gpkg":
        cells = name_known_columns(read_csv(path, "lon,lat,class"))
        places = numbers_of(cells, (), optional=("lon", "lat"))
        return cells.cells.assign(**{name: [repr(value) for value in values] for name, values in places.items()})
    table, geometries = read_geopackage(path)
    points = shapely.centroid(geometries)
    text = table.astype(object).where(table.notna(), "").map(_text)
    return text.assign(
        lon=[repr(float(x)) for x in shapely.get_x(points)], lat=[repr(float(y)) for y in shapely.get_y(points)]
    )


def write_rows(path: Path, layer: str, rows: pd.DataFrame) -> None:
    """Write rows with places as a CSV, or as a GeoPackage of points, which then has no columns of the place."""
    named = {name.casefold(): name for name in map(str, rows)}
    if path.suffix.casefold() == ".gpkg":
        points = [shapely.Point(*place) for place in rows[[named["lon"], named["lat"]]].to_numpy(float).tolist()]
        write_geopackage(path, layer, rows.drop(columns=[named["lon"], named["lat"]]), points)
        return
    folder_to_write(path.parent)
    part = path.with_name(f".{path.name}.part")
    part.write_text(rows.to_csv(index=False, lineterminator="\n"), "utf-8")
    part.replace(path)


def time_of(text: str, path: Path) -> datetime | None:
    """Return the time in a cell, UTC unless it says otherwise; None where blank."""
    if is_blank(text):
        return None
    try:
        time = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidInputError(f"{path} must hold times such as 2026-05-17 09:30; it has {text[:40]!r}.") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _answers(path: Path, table: pd.DataFrame, columns: Sequence[str], legend: Collection[str]) -> str:
    """Return the only column whose cells are classes of the legend."""
    known = {name.casefold() for name in legend}
    cells = {name: {cell.casefold() for cell in table[name] if not is_blank(cell)} for name in columns}
    fitting = [name for name, said in cells.items() if said and said <= known]
    if len(fitting) != 1:
        raise InvalidInputError(
            f"{path} must have one column with classes of the project, {', '.join(legend)}; it has "
            f"{', '.join(fitting) or 'none'} among {', '.join(map(str, table))[:200]}. Name the column."
        )
    return fitting[0]


def _shares(path: Path, table: pd.DataFrame, columns: Sequence[str]) -> pd.Series[str]:
    """Return the answer of each plot, of columns ``question:answer`` that hold per cent."""
    shares = table[list(columns)].apply(pd.to_numeric, errors="coerce").fillna(0)
    full = shares.eq(100)
    if not columns or ((shares > 0) & ~full).to_numpy().any() or (full.sum(axis=1) > 1).any():
        raise InvalidInputError(
            f"{path} must have one answer of 100 per cent for each plot; it has several questions, or plots of several "
            "samples. Name the question, or export the sample data."
        )
    names = pd.Series([name.partition(":")[2] for name in columns], index=full.columns)
    return full.apply(lambda row: next(iter(names[row]), ""), axis=1)


def _no_column(path: Path, column: str, table: pd.DataFrame) -> InvalidInputError:
    return InvalidInputError(f"{path} needs a column {column}; it has {', '.join(map(str, table))[:200]}.")


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
