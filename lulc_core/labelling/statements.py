"""The statements that several parts of the label desk share. None of them reads what is held apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odc.geo import wh_
from odc.geo.geobox import GeoBox
from rasterio import Affine
from sqlalchemy import ColumnElement, Select, Subquery, exists, func, select
from sqlalchemy.orm import aliased

from lulc_core.labelling.records import Label, LabelUnit
from lulc_core.labelling.tables import ClaimRow, LabelRow, PersonRow, UnitRow, WithdrawalRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from lulc_core.json_types import JsonFields, JsonObject
    from lulc_core.legend import Legend


def stands() -> ColumnElement[bool]:
    """Whether a row of labels has not been withdrawn."""
    withdrawal = aliased(WithdrawalRow)  # another one than that of a statement that reads withdrawals, too
    return ~exists().where(withdrawal.label_id == LabelRow.id)


def labelled_by(person_id: int) -> ColumnElement[bool]:
    """Whether a row of units has a label of a person that stands, an adjudication too."""
    return exists().where(LabelRow.unit_id == UnitRow.id, LabelRow.person_id == person_id, stands())


def label_counts(project_id: int) -> Subquery:
    """Labels of interpreters that stand: ``unit_id, labels``."""
    return (
        select(LabelRow.unit_id, func.count().label("labels"))
        .join(UnitRow, UnitRow.id == LabelRow.unit_id)
        .where(UnitRow.project_id == project_id, ~LabelRow.adjudication, stands())
        .group_by(LabelRow.unit_id)
        .subquery()
    )


def claim_counts(person_id: int, now: datetime) -> Subquery:
    """Units on the screens of others who have not labelled them yet: ``unit_id, claims``."""
    said = exists().where(LabelRow.unit_id == ClaimRow.unit_id, LabelRow.person_id == ClaimRow.person_id, stands())
    return (
        select(ClaimRow.unit_id, func.count().label("claims"))
        .where(ClaimRow.person_id != person_id, ClaimRow.until > now, ~said)
        .group_by(ClaimRow.unit_id)
        .subquery()
    )


def labels_with_people(project_id: int) -> Select[LabelRow, int, str, datetime]:
    """Labels of a project as they were stored: row, number of the unit, person, when it was withdrawn."""
    author = aliased(PersonRow)
    return (
        select(LabelRow, UnitRow.number, author.name, WithdrawalRow.at)
        .join(UnitRow, UnitRow.id == LabelRow.unit_id)
        .join(author, author.id == LabelRow.person_id)
        .outerjoin(WithdrawalRow, WithdrawalRow.label_id == LabelRow.id)
        .where(UnitRow.project_id == project_id)
        .order_by(LabelRow.id)
    )


def fetch_labels(session: Session, legend: Legend, statement: Select[LabelRow, int, str, datetime]) -> list[Label]:
    """Return labels of `labels_with_people`, with the names of classes instead of their codes."""
    names: dict[int | None, str | None] = {c.code: c.name for c in legend}
    return [
        Label(
            id=row.id,
            unit=number,
            person=person,
            at=row.at,
            name=names.get(row.code),
            alternate=names.get(row.alternate),
            sure=row.sure,
            comment=row.comment,
            imagery=tuple(row.imagery),
            adjudication=row.adjudication,
            withdrawn=withdrawn,
        )
        for row, number, person, withdrawn in session.execute(statement)
    ]


def unit_of(row: UnitRow) -> LabelUnit:
    """Return a unit as interpreters see it."""
    return LabelUnit(number=row.number, lon=row.lon, lat=row.lat, grid=grid_of(row.grid))


def grid_of(stored: JsonFields | None) -> GeoBox | None:
    """Return the pixels of a tile from what is stored of them."""
    if stored is None:
        return None
    return GeoBox(wh_(*stored["size"]), Affine(*stored["affine"]), stored["crs"])


def stored_grid(grid: GeoBox | None) -> JsonObject | None:
    """Return what is stored of the pixels of a tile: CRS, width and height, and the six numbers of the affine."""
    if grid is None:
        return None
    return {"crs": str(grid.crs), "size": [grid.width, grid.height], "affine": list(grid.affine)[:6]}
