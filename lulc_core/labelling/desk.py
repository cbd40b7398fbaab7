"""The desk at which interpreters label: the next unit, a label, taking it back. It reads nothing that is held apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.labelling.records import Label, LabelUnit, plain_text
from lulc_core.labelling.statements import (
    claim_counts,
    fetch_labels,
    label_counts,
    labelled_by,
    labels_with_people,
    stands,
    unit_of,
)
from lulc_core.labelling.tables import ClaimRow, LabelRow, PersonRow, UnitRow, WithdrawalRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Any

    from sqlalchemy.orm import Session

    from lulc_core.labelling.database import LabelDatabase

CLAIM = timedelta(minutes=30)
"""How long a unit is kept for whom it was given to."""
LONGEST_COMMENT = 2000
"""Characters of a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskProgress:
    """How far a project is."""

    units: int
    """Units of the project."""
    complete: int
    """Units with as many labels as they need."""
    labels: int
    """Labels of interpreters that stand."""
    people: dict[str, int]
    """Units that each person has labelled; an adjudication is one."""


class LabelDesk:
    """One project, as its interpreters use it. Any number of desks in any number of processes share it.

    Parameters
    ----------
    database
        Where the project is.
    project
        Its name; None for the only one.

    Raises
    ------
    NotFoundError
        If there is no such project.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from lulc_core.labelling.database import LabelDatabase
    >>> from lulc_core.labelling.records import LabelProject
    >>> from lulc_core.labelling.samples import create_label_project
    >>> sample = pd.DataFrame({"lon": [3.1, 3.2], "lat": [51.0, 51.1], "map": ["water", "trees"]})
    >>> with tempfile.TemporaryDirectory() as folder, LabelDatabase(f"{folder}/labels.db") as database:
    ...     desk = create_label_project(database, LabelProject(name="Flanders"), sample)
    ...     unit = desk.next_unit("Ana")
    ...     desk.label("Ana", unit.number, "trees", alternate="crops", sure=False).name
    'trees'
    """

    def __init__(self, database: LabelDatabase, project: str | None = None) -> None:
        self.database = database
        self.id, self.project = database.find(project)

    def next_unit(self, person: str, *, skip: Collection[int] = ()) -> LabelUnit | None:
        """Return the next unit for a person, and keep it for them for half an hour; None if there is none.

        Never one that they have labelled. Of the others, those come first that need the fewest more labels, in the
        random order of the project. The same unit is returned until it is labelled or skipped.

        Parameters
        ----------
        person
            Who will label it.
        skip
            Numbers of units that the person leaves for later.
        """
        return next(iter(self.next_units(person, 1, skip=skip)), None)

    def next_units(self, person: str, count: int, *, skip: Collection[int] = ()) -> list[LabelUnit]:
        """Return the next units for a person, as `next_unit` does, to prepare the imagery of several."""
        with self.database.writing_project(self.id) as session:
            me, now = self.person_id(session, person), datetime.now(UTC)
            said, others = label_counts(self.id), claim_counts(me, now)
            labels, claims = (func.coalesce(c, 0) for c in (said.c.labels, others.c.claims))
            mine = select(ClaimRow.unit_id).where(ClaimRow.person_id == me, ClaimRow.until > now)
            rows = session.scalars(
                select(UnitRow)
                .outerjoin(said, said.c.unit_id == UnitRow.id)
                .outerjoin(others, others.c.unit_id == UnitRow.id)
                .where(UnitRow.project_id == self.id, UnitRow.number.not_in(list(skip)), ~labelled_by(me))
                .where(labels + claims < self.project.interpreters)
                .order_by(UnitRow.id.in_(mine).desc(), labels.desc(), UnitRow.number)
                .limit(count)
            ).all()
            session.execute(delete(ClaimRow).where(ClaimRow.person_id == me))
            session.add_all(ClaimRow(unit_id=row.id, person_id=me, until=now + CLAIM) for row in rows)
            return [unit_of(row) for row in rows]

    def unit(self, number: int) -> LabelUnit:
        """Return a unit by its number; raises `NotFoundError` if there is none."""
        with self.database.reading() as session:
            return unit_of(self.unit_row(session, number))

    def label(
        self,
        person: str,
        unit: int,
        name: str | int | None,
        *,
        alternate: str | int | None = None,
        sure: bool = True,
        comment: str = "",
        imagery: Sequence[str] = (),
        replaces: int | None = None,
        at: datetime | None = None,
        markup: list[dict[str, Any]] | None = None,
    ) -> Label:
        """Store a label. When this returns, it is on the disk.

        Parameters
        ----------
        person
            Who says it.
        unit
            Number of the unit.
        name
            The class, by name or code; None if the unit cannot be interpreted.
        alternate
            Another class that it could be as well.
        sure, comment, imagery
            As in `Label`.
        replaces
            Id of the person's own label of the unit that this one takes the place of; the old one is withdrawn.
        at
            When it was said, if not now: UTC, with its zone.
        markup
            Polygons of a tile: see `lulc_core.labelling.markup`.

        Raises
        ------
        InvalidInputError
            For a class that is not in the legend, or a unit that the person has labelled and does not replace.
        NotFoundError
            If there is no such unit or label.
        """
        with self.database.writing_project(self.id) as session:
            me = self.person_id(session, person)
            if replaces is not None:
                self._withdraw(session, me, self._own_label(session, me, replaces, unit=unit))
            said = self.said(name, alternate, sure=sure, comment=comment, imagery=imagery, at=at)
            return self.store(session, me, unit, {**said, "adjudication": False, "markup": markup})

    def withdraw(self, person: str, label: int) -> None:
        """Take back a label by its id: a row is added that says so. A label that is withdrawn already stays so.

        Raises
        ------
        NotFoundError
            If the person has no such label.
        """
        with self.database.writing_project(self.id) as session:
            me = self.person_id(session, person)
            self._withdraw(session, me, self._own_label(session, me, label))

    def undo(self, person: str) -> Label | None:
        """Take back the person's last label that stands, and return it; None if there is none."""
        with self.database.writing_project(self.id) as session:
            me = self.person_id(session, person)
            mine = labels_with_people(self.id).where(LabelRow.person_id == me, stands())
            labels = fetch_labels(session, self.project.legend, mine)
            if not labels:
                return None
            now = self._withdraw(session, me, labels[-1].id)
            return replace(labels[-1], withdrawn=now)

    def labels_of(self, person: str) -> list[Label]:
        """Return a person's labels that stand, in the order in which they were stored."""
        with self.database.reading() as session:
            mine = labels_with_people(self.id).where(stands(), LabelRow.person_id == self.known_person(session, person))
            return fetch_labels(session, self.project.legend, mine)

    def progress(self) -> DeskProgress:
        """Return how far the project is."""
        with self.database.reading() as session:
            said = label_counts(self.id)
            units = session.scalar(select(func.count()).where(UnitRow.project_id == self.id)) or 0
            complete = select(func.count()).select_from(said).where(said.c.labels >= self.project.interpreters)
            people = (
                select(PersonRow.name, func.count())
                .join(LabelRow, LabelRow.person_id == PersonRow.id)
                .where(PersonRow.project_id == self.id, stands())
                .group_by(PersonRow.name)
                .order_by(PersonRow.name)
            )
            return DeskProgress(
                units=units,
                complete=session.scalar(complete) or 0,
                labels=int(session.scalar(select(func.sum(said.c.labels))) or 0),
                people={str(name): int(n) for name, n in session.execute(people)},
            )

    def left_for(self, person: str) -> int:
        """Return how many units need labels that a person could still give, those on other people's screens too."""
        with self.database.reading() as session:
            said = label_counts(self.id)
            left = (
                select(func.count())
                .select_from(UnitRow)
                .outerjoin(said, said.c.unit_id == UnitRow.id)
                .where(UnitRow.project_id == self.id, ~labelled_by(self.known_person(session, person)))
                .where(func.coalesce(said.c.labels, 0) < self.project.interpreters)
            )
            return session.scalar(left) or 0

    def said(
        self,
        name: str | int | None,
        alternate: str | int | None,
        *,
        sure: bool,
        comment: str,
        imagery: Sequence[str],
        at: datetime | None,
    ) -> dict[str, Any]:
        """Return a label as it is stored; raises `InvalidInputError` for one that contradicts itself or the legend."""
        code, other = (None if n is None else self.project.legend[n].code for n in (name, alternate))
        if other is not None and (code is None or other == code):
            raise InvalidInputError(f"An alternate class comes second to another; got {alternate!r} after {name!r}.")
        if len(comment) > LONGEST_COMMENT:
            raise InvalidInputError(f"A comment has {LONGEST_COMMENT:,} characters at most; got {len(comment):,}.")
        if at is not None and at.tzinfo is None:
            raise InvalidInputError(f"The time of a label needs its zone, such as UTC; got {at.isoformat()}.")
        now = datetime.now(UTC)
        stored = {"at": at or now, "stored": now, "sure": sure, "comment": comment, "imagery": list(imagery)}
        return stored | {"code": code, "alternate": other}

    def standing_code(self, session: Session, person_id: int, unit: int) -> tuple[int | None, ...]:
        """Return the code of a person's label of a unit that stands, as a tuple that is empty if there is none."""
        mine = select(LabelRow.code).where(LabelRow.person_id == person_id, stands())
        return tuple(session.scalars(mine.where(LabelRow.unit_id == self.unit_row(session, unit).id)))

    def store(self, session: Session, person_id: int, unit: int, said: dict[str, Any]) -> Label:
        """Add a label in a transaction of the project; raises `InvalidInputError` where the person has one."""
        row = self.unit_row(session, unit)
        mine = select(LabelRow.id).where(LabelRow.unit_id == row.id, LabelRow.person_id == person_id)
        if session.scalar(mine.where(stands())) is not None:
            raise InvalidInputError(f"You have labelled unit {unit}. Take that label back first, or replace it.")
        turn = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
        added = LabelRow(unit_id=row.id, person_id=person_id, turn=turn, **said)
        session.add(added)
        session.flush()
        stored = labels_with_people(self.id).where(LabelRow.id == added.id)
        return fetch_labels(session, self.project.legend, stored)[0]

    def unit_row(self, session: Session, number: int) -> UnitRow:
        """Return the row of a unit; raises `NotFoundError` if there is none."""
        row = session.scalar(select(UnitRow).where(UnitRow.project_id == self.id, UnitRow.number == number))
        if row is None:
            raise NotFoundError(f"Project {self.project.name!r} has no unit {number}.")
        return row

    def person_id(self, session: Session, person: str) -> int:
        """Return the id of a person, who is new if nobody of that name is known, in a transaction of the project."""
        name = plain_text(person, "The name of an interpreter")
        found = self.known_person(session, person)
        if found:
            return found
        row = PersonRow(project_id=self.id, key=name.casefold(), name=name)
        session.add(row)
        session.flush()
        return row.id

    def spelling(self, session: Session, person: str) -> str:
        """Return a person's name as it was first written; as it is given for somebody who is new."""
        known = session.get(PersonRow, self.known_person(session, person))
        return person if known is None else known.name

    def known_person(self, session: Session, person: str) -> int:
        """Return the id of a person; 0 for nobody."""
        key = plain_text(person, "The name of an interpreter").casefold()
        known = select(PersonRow.id).where(PersonRow.project_id == self.id, PersonRow.key == key)
        return session.scalar(known) or 0

    def _own_label(self, session: Session, person_id: int, label: int, *, unit: int | None = None) -> int:
        """Return the id of a person's own label of this project, and of a unit if one is given."""
        own = select(LabelRow.id).join(UnitRow, UnitRow.id == LabelRow.unit_id)
        own = own.where(LabelRow.id == label, LabelRow.person_id == person_id, UnitRow.project_id == self.id)
        found = session.scalar(own if unit is None else own.where(UnitRow.number == unit))
        if found is None:
            raise NotFoundError(f"You have no label {label}{'' if unit is None else f' of unit {unit}'}.")
        return found

    @staticmethod
    def _withdraw(session: Session, person_id: int, label: int) -> datetime:
        """Withdraw a label unless it is, and return when it was."""
        done = session.get(WithdrawalRow, label)
        if done is None:
            done = WithdrawalRow(label_id=label, person_id=person_id, at=datetime.now(UTC))
            session.add(done)
            session.flush()
        return done.at
