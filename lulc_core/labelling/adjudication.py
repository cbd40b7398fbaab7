"""Adjudication: a third person sees what the interpreters of a unit said, and decides."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import select

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.records import Dispute, Label
from lulc_core.labelling.statements import fetch_labels, labels_with_people, stands, unit_of
from lulc_core.labelling.tables import UnitRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy.orm import Session

    from lulc_core.labelling.desk import LabelDesk


def counting(labels: Iterable[Label], interpreters: int) -> dict[int, list[Label]]:
    """Return the labels that count of each unit that has enough: the first that stand, as many as it needs.

    Others stay in the database and in the agreement of pairs, but add no vote.
    """
    of_unit: dict[int, list[Label]] = defaultdict(list)
    for label in labels:
        if not label.adjudication and label.withdrawn is None:
            of_unit[label.unit].append(label)
    return {unit: said[:interpreters] for unit, said in of_unit.items() if len(said) >= interpreters}


def disputes(desk: LabelDesk, person: str | None = None, *, skip: Collection[int] = ()) -> list[Dispute]:
    """Return the units with enough labels that are not all the same, and that nobody has decided.

    Parameters
    ----------
    desk
        The project.
    person
        The adjudicator: units that they have labelled themselves are left out.
    skip
        Numbers of units that the person leaves for later.
    """
    with desk.database.reading() as session:
        return _disputes(session, desk, person, skip)


def adjudicate(
    desk: LabelDesk,
    person: str,
    unit: int,
    name: str | int | None,
    *,
    alternate: str | int | None = None,
    sure: bool = True,
    comment: str = "",
    imagery: Sequence[str] = (),
) -> Label:
    """Decide a unit in dispute, as somebody who has not labelled it; arguments as in `LabelDesk.label`.

    Raises
    ------
    InvalidInputError
        If the unit is not in dispute, or the person is one of its interpreters.
    """
    with desk.database.writing_project(desk.id) as session:
        if unit not in {dispute.unit.number for dispute in _disputes(session, desk, person, ())}:
            raise InvalidInputError(
                f"Unit {unit} cannot be decided by {person}: its interpreters agree or are not done, it is decided, or "
                f"{person} is one of them."
            )
        said = desk.said(name, alternate, sure=sure, comment=comment, imagery=imagery, at=None)
        return desk.store(
            session, desk.person_id(session, person), unit, {**said, "adjudication": True, "markup": None}
        )


def _disputes(session: Session, desk: LabelDesk, person: str | None, skip: Collection[int]) -> list[Dispute]:
    labels = fetch_labels(session, desk.project.legend, labels_with_people(desk.id).where(stands()))
    decided = {label.unit for label in labels if label.adjudication}
    own = {label.unit for label in labels if person is not None and label.person == desk.spelling(session, person)}
    open_units = {
        unit: said
        for unit, said in counting(labels, desk.project.interpreters).items()
        if len({label.name for label in said}) > 1 and unit not in decided | own | {*skip}
    }
    rows = session.scalars(
        select(UnitRow).where(UnitRow.project_id == desk.id, UnitRow.number.in_(open_units)).order_by(UnitRow.number)
    )
    return [Dispute(unit=unit_of(row), labels=tuple(open_units[row.number])) for row in rows]
