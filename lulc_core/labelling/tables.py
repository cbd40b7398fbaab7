"""The tables of the label desk. Labels, withdrawals and units are only added: the database refuses anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA_VERSION = 1
"""Of these tables; a database of another version is refused, one that lacks a table that came later is given it."""


class Utc(TypeDecorator[datetime]):
    """A time with its zone, UTC: SQLite keeps none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what is stored."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what was stored."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up only what it calls INTEGER."""


class Base(DeclarativeBase):
    """Base of the tables."""


class SchemaRow(Base):
    """The version of the tables, one row."""

    __tablename__ = "lulc_schema"
    version: Mapped[int] = mapped_column(primary_key=True)


class ProjectRow(Base):
    """A project. Its row is the lock of all that is written for it."""

    __tablename__ = "lulc_project"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    created: Mapped[datetime] = mapped_column(Utc)
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)


class PersonRow(Base):
    """Who labels in a project. One key for all spellings in case."""

    __tablename__ = "lulc_person"
    __table_args__ = (UniqueConstraint("project_id", "key"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("lulc_project.id"))
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)


class UnitRow(Base):
    """A place to label: what an interpreter may know of it."""

    __tablename__ = "lulc_unit"
    __table_args__ = (UniqueConstraint("project_id", "number"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("lulc_project.id"))
    number: Mapped[int]
    lon: Mapped[float]
    lat: Mapped[float]
    grid: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class HeldApartRow(Base):
    """What no interpreter may know of a unit. Only the modules that estimate read it."""

    __tablename__ = "lulc_held_apart"
    unit_id: Mapped[int] = mapped_column(ForeignKey("lulc_unit.id"), primary_key=True)
    source_id: Mapped[str | None] = mapped_column(Text)
    map_class: Mapped[str | None] = mapped_column(Text)
    stratum: Mapped[str | None] = mapped_column(Text)


class ClaimRow(Base):
    """A unit that is on somebody's screen, so that nobody else is given it until then."""

    __tablename__ = "lulc_claim"
    __table_args__ = (UniqueConstraint("unit_id", "person_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("lulc_unit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("lulc_person.id"))
    until: Mapped[datetime] = mapped_column(Utc)


class LabelRow(Base):
    """What a person said of a unit. `turn` counts their labels of it: no two can be the same one."""

    __tablename__ = "lulc_label"
    __table_args__ = (UniqueConstraint("unit_id", "person_id", "turn"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("lulc_unit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("lulc_person.id"), index=True)
    turn: Mapped[int]
    at: Mapped[datetime] = mapped_column(Utc)
    stored: Mapped[datetime] = mapped_column(Utc)
    code: Mapped[int | None]
    alternate: Mapped[int | None]
    sure: Mapped[bool]
    comment: Mapped[str] = mapped_column(Text)
    imagery: Mapped[list[str]] = mapped_column(JSON)
    adjudication: Mapped[bool]
    markup: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))


class WithdrawalRow(Base):
    """A label taken back."""

    __tablename__ = "lulc_withdrawal"
    label_id: Mapped[int] = mapped_column(ForeignKey("lulc_label.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("lulc_person.id"))
    at: Mapped[datetime] = mapped_column(Utc)


class StrokeRow(Base):
    """A stroke of a tile that is being marked: polygons, or that an earlier stroke is undone.

    `turn` is that of the label to come: with it, the strokes so far are done with.
    """

    __tablename__ = "lulc_stroke"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("lulc_unit.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("lulc_person.id"))
    turn: Mapped[int]
    at: Mapped[datetime] = mapped_column(Utc)
    markup: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    undoes: Mapped[int | None] = mapped_column(ForeignKey("lulc_stroke.id"), unique=True)


Index("lulc_stroke_of_unit", StrokeRow.unit_id, StrokeRow.person_id)
Index("lulc_label_of_unit", LabelRow.unit_id)
APPEND_ONLY = (ProjectRow, UnitRow, HeldApartRow, LabelRow, WithdrawalRow, StrokeRow)
"""Tables whose rows stay as they are."""


def _guard() -> None:
    """Let the database refuse to change or remove rows of the tables that are only added to."""
    for row in APPEND_ONLY:
        name = row.__tablename__
        made = {
            "sqlite": [_SQLITE_GUARD.format(name=name, verb=verb) for verb in ("UPDATE", "DELETE")],
            "postgresql": [_POSTGRESQL_GUARD.format(name=name)],
        }
        for dialect, statements in made.items():
            for statement in statements:
                guard: DDL = DDL(statement)  # type: ignore[no-untyped-call]
                event.listen(row.__table__, "after_create", guard.execute_if(dialect=dialect))


_SQLITE_GUARD = """
CREATE TRIGGER {name}_no_{verb} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, 'rows are only added'); END
"""
_POSTGRESQL_GUARD = """
CREATE FUNCTION {name}_guard() RETURNS trigger LANGUAGE plpgsql
  AS $$ BEGIN RAISE EXCEPTION 'rows are only added'; END $$;
CREATE TRIGGER {name}_guard BEFORE UPDATE OR DELETE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_guard()
"""
_guard()
