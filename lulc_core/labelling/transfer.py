"""Units and labels leave a project as files, and come back into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import select

from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.vocabulary import folded
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.exchange import COLUMNS, format_of, read_rows, time_of, write_rows
from lulc_core.labelling.results import all_labels, labelled_sample
from lulc_core.labelling.statements import labelled_by
from lulc_core.labelling.tables import UnitRow
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label, LabelProject

_METRES = 111_320
"""Of a degree of latitude."""
_YES, _NO = ("", "1", "yes", "true", "t", "y", "sure"), ("0", "no", "false", "f", "n", "unsure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the rows of a file."""

    stored: int
    """Labels that were stored."""
    known: int
    """Labels that the project had already, of the same person, unit and class."""
    blank: int
    """Rows without a class."""
    remarks: tuple[str, ...] = ()
    """What must be said of how the classes were read."""


def export_units(desk: LabelDesk, path: Path, form: str = "csv", *, person: str | None = None) -> int:
    """Write the units for interpreters to fill in, and return how many.

    The file has numbers and places in random order, and nothing of the map: neither its class nor the stratum.

    Parameters
    ----------
    desk
        The project.
    path
        File to write.
    form
        A name in `LABEL_FORMATS`.
    person
        Whose file it is: units that they have labelled are left out.

    Raises
    ------
    InvalidInputError
        For an unknown format, or if there is nothing left to label.
    """
    wanted = format_of(form, path)
    with desk.database.reading() as session:
        units = select(UnitRow.number, UnitRow.lon, UnitRow.lat).where(UnitRow.project_id == desk.id)
        if person is not None:
            units = units.where(~labelled_by(desk.known_person(session, person)))
        rows = pd.DataFrame(session.execute(units.order_by(UnitRow.number)).all(), columns=["unit", "lon", "lat"])
    if rows.empty:
        raise InvalidInputError(f"{person} has labelled every unit of {desk.project.name!r}.")
    write_rows(path, "units", wanted.units(rows))
    return len(rows)


def export_labels(desk: LabelDesk, path: Path, form: str = "csv") -> int:
    """Write the labels that stand, one row each, and return how many. They are not for interpreters to see.

    Parameters
    ----------
    desk
        The project.
    path
        File to write.
    form
        A name in `LABEL_FORMATS`.

    Raises
    ------
    InvalidInputError
        For an unknown format, or if there is no label.
    """
    wanted = format_of(form, path)
    labels = [label for label in all_labels(desk) if label.withdrawn is None and not label.adjudication]
    if not labels:
        raise InvalidInputError(f"{desk.project.name!r} has no labels yet.")
    places = _places(desk)
    rows = pd.DataFrame([_row(label, places[label.unit]) for label in labels], columns=list(COLUMNS))
    write_rows(path, "labels", wanted.labels(rows))
    return len(rows)


def export_sample(desk: LabelDesk, sample: Path, strata: Path) -> int:
    """Write the consensus as the sample and the strata that `read_survey` reads, and return the number of units."""
    rows = labelled_sample(desk)
    if not desk.project.strata:
        raise InvalidInputError(f"{desk.project.name!r} has no strata, so its sample has no design.")
    write_rows(sample.with_suffix(".csv"), "sample", rows)
    size = "clusters" if desk.project.kind == "tiles" else "size"
    sizes = pd.DataFrame({"stratum": [*desk.project.strata], size: [*desk.project.strata.values()]})
    folder_to_write(strata.parent)
    strata.write_text(sizes.to_csv(index=False, lineterminator="\n"), "utf-8")
    return len(rows)


def import_labels(
    desk: LabelDesk, path: Path, form: str = "csv", *, person: str | None = None, column: str | None = None
) -> Imported:
    """Store the labels in a file, all or none.

    Parameters
    ----------
    desk
        The project.
    path
        The file. A row belongs to the unit of its number, else to the one at its place.
    form
        A name in `LABEL_FORMATS`.
    person
        Who gave the labels, where the file does not say.
    column
        Which column, or question, holds the class, where several could.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a row of no unit or of two, a class that is not in the legend, or a label that
        contradicts one of the same person: labels are not overwritten.
    """
    names = [c.name for c in desk.project.legend]
    rows = format_of(form, path).read(path, names, column).reset_index(drop=True)
    cells = [{str(name): _plain(cell) for name, cell in row.items()} for row in rows.to_dict("records")]
    filled, places = [row for row in cells if row["class"] or _explained(row)], _places(desk)
    said = [(_unit(desk, row, places, path), row) for row in filled]
    stored = known = 0
    with desk.database.writing_project(desk.id) as session:
        for unit, row in said:
            who = row.get("person") or person
            if not who:
                raise InvalidInputError(f"{path} does not say who gave the labels. Name the interpreter.")
            me = desk.person_id(session, who)
            label = _said(desk, row, path)
            standing = desk.standing_code(session, me, unit)
            if standing == (label["code"],):
                known += 1
            elif standing:
                raise InvalidInputError(
                    f"{who} has labelled unit {unit} otherwise than {path} says. Labels are not overwritten: take the "
                    "stored one back, or leave out the row."
                )
            else:
                desk.store(session, me, unit, {**label, "adjudication": False, "markup": None})
                stored += 1
    given = {row.get(name, "") for row in filled for name in ("class", "alternate")}
    coded = {str(one.code): one.name for one in desk.project.legend if str(one.code) in given}
    listed = ", ".join(f"{code} is {name!r}" for code, name in coded.items())
    remarks = (f"Codes in {path.name} are read by the legend of the project: {listed}.",) if coded else ()
    return Imported(stored=stored, known=known, blank=len(rows) - len(filled), remarks=remarks)


def read_places(path: Path) -> pd.DataFrame:
    """Return the places of a CSV or a GeoPackage as a sample: ``lon, lat`` as numbers, other columns as text."""
    rows = read_rows(path)
    if not {"lon", "lat"} <= {*rows}:
        raise InvalidInputError(f"{path} needs columns lon and lat, degrees; it has {', '.join(map(str, rows))[:200]}.")
    return rows.assign(lon=pd.to_numeric(rows["lon"]), lat=pd.to_numeric(rows["lat"]))


_Row = dict[str, str]
"""The cells of a row by column, blank where they hold nothing."""
_Places = dict[int, tuple[float, float]]
"""Longitude and latitude of each unit by its number, degrees."""


def _row(label: Label, place: tuple[float, float]) -> tuple[object, ...]:
    """Return a label as a row of `COLUMNS`."""
    words = label.name or "", label.alternate or "", "yes" if label.sure else "no", label.comment
    return (label.unit, *place, *words, label.person, label.at.isoformat(), "; ".join(label.imagery))


def _places(desk: LabelDesk) -> _Places:
    with desk.database.reading() as session:
        units = select(UnitRow.number, UnitRow.lon, UnitRow.lat).where(UnitRow.project_id == desk.id)
        return {number: (lon, lat) for number, lon, lat in session.execute(units)}


def _unit(desk: LabelDesk, row: _Row, places: _Places, path: Path) -> int:
    """Return the number of the unit of a row, which lies where the row says if it says so."""
    number, placed = row.get("unit", ""), bool(row.get("lon") and row.get("lat"))
    if number:
        unit = int(float(number)) if number.replace(".", "", 1).isdecimal() else -1
        if unit not in places or (placed and _metres(row, {unit: places[unit]})[0] > desk.project.unit_m):
            raise InvalidInputError(f"{path} has a unit {number} that the project does not have at that place.")
        return unit
    if not placed:
        raise InvalidInputError(f"{path} must have the number of the unit, or lon and lat, in every row with a class.")
    metres = _metres(row, places)
    if metres.min() > desk.project.unit_m:
        raise InvalidInputError(
            f"No unit of the project lies at lon {row['lon']}, lat {row['lat']} of {path}; the nearest is "
            f"{metres.min():,.0f} m away."
        )
    return [*places][int(metres.argmin())]


def _metres(row: _Row, places: _Places) -> NDArray[np.float64]:
    """Return how far units lie from the place of a row, metres."""
    lon, lat = np.array([*places.values()]).T
    east = (lon - float(row["lon"])) * np.cos(np.radians(lat))
    return np.asarray(np.hypot(lat - float(row["lat"]), east) * _METRES)


def _said(desk: LabelDesk, row: _Row, path: Path) -> dict[str, object]:
    """Return a row as a label is stored."""
    sure = row.get("sure", "").casefold()
    if sure not in (*_YES, *_NO):
        raise InvalidInputError(f"Column sure of {path} holds yes or no; it has {sure[:40]!r}.")
    return desk.said(
        _class(desk.project, row["class"], path),
        _class(desk.project, row.get("alternate", ""), path),
        sure=sure in _YES,
        comment=row.get("comment", ""),
        imagery=[name.strip() for name in row.get("imagery", "").split(";") if name.strip()],
        at=time_of(row.get("at", ""), path),
    )


def _class(project: LabelProject, text: str, path: Path) -> str | None:
    """Return the class of the legend that a cell means, by name in any spelling, or by code; None if it is blank."""
    if not text:
        return None
    for one in project.legend:
        if folded(text) == folded(one.name) or text == str(one.code):
            return one.name
    raise InvalidInputError(f"{path} has the class {text[:60]!r}; the project has {', '.join(project.legend.names)}.")


def _explained(row: _Row) -> bool:
    """Whether a row without a class is a label: somebody says when, or why, the unit could not be interpreted."""
    return bool(row.get("at")) or (row.get("sure", "").casefold() in _NO and bool(row.get("comment")))


def _plain(cell: object) -> str:
    """Return a cell without outer blanks; nothing where it says that it is missing."""
    text = str(cell).strip()
    return "" if is_blank(text) else text
