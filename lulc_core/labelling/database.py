"""The database of the label desk: SQLite in a file, or PostgreSQL by its address."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, insert, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session

from lulc_core.accuracy.planning import Targets
from lulc_core.errors import InvalidInputError, LulcError, NotFoundError, UnreachableError
from lulc_core.home import from_home
from lulc_core.labelling.records import LabelProject
from lulc_core.labelling.tables import SCHEMA_VERSION, Base, ProjectRow, SchemaRow
from lulc_core.legend import LandCoverClass, Legend
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection, Engine

_APPLICATION_ID = 0x4C554C43
"""By which SQLite files of this library are known."""
_WAIT_S = 30
"""Seconds that a writer waits for another before it gives up."""
_LOCK = 0x4C554C43
"""Advisory lock of PostgreSQL while tables are made."""


class LabelDatabase:
    """The labelling projects of one database, safe for many processes at once.

    Parameters
    ----------
    address
        Path of an SQLite file, or the address of PostgreSQL: ``postgresql://user@host/name``.
    create
        Whether to make the file and the tables if they are not there.

    Raises
    ------
    InvalidInputError
        For a file or an address that is something else, or of a newer version of this library.
    NotFoundError
        If there are no labels and `create` is false.
    UnreachableError
        If the server does not answer.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, LabelDatabase(Path(folder) / "labels.db") as database:
    ...     database.add(LabelProject(name="Flanders"))
    ...     [project.name for project in database.projects()]
    ['Flanders']
    """

    def __init__(self, address: str | os.PathLike[str], *, create: bool = True) -> None:
        self._url = _address(address)
        self._engine = _connected(self._url, create=create)
        try:
            with self._explained(), self._engine.begin() as connection:
                self._prepare(connection, create=create)
        except BaseException:
            self._engine.dispose()
            raise

    def __enter__(self) -> LabelDatabase:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"LabelDatabase({self.name!r})"

    @property
    def name(self) -> str:
        """Its path or address, without a password."""
        return self._url.database or "" if self._url.drivername == "sqlite" else self._url.render_as_string()

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def projects(self) -> list[LabelProject]:
        """Return the projects, in the order of their names."""
        with self.reading() as session:
            return [project_of(row) for row in session.scalars(select(ProjectRow).order_by(ProjectRow.name))]

    def add(self, project: LabelProject) -> None:
        """Add a project without units; raises `InvalidInputError` if its name is taken."""
        with self.writing() as session:
            self.add_row(session, project)

    def add_row(self, session: Session, project: LabelProject) -> ProjectRow:
        """Add the row of a project in a transaction that goes on; raises `InvalidInputError` if its name is taken."""
        if session.scalar(select(ProjectRow.id).where(ProjectRow.name == project.name)) is not None:
            raise InvalidInputError(f"{self.name} has a project {project.name!r} already. Give another name.")
        row = ProjectRow(name=project.name, created=datetime.now(UTC), terms=_terms(project))
        session.add(row)
        session.flush()
        return row

    def find(self, name: str | None) -> tuple[int, LabelProject]:
        """Return the id and the terms of a project; of None the only one.

        Raises
        ------
        NotFoundError
            If there is none of that name, or several and no name was given.
        """
        with self.reading() as session:
            rows = list(session.scalars(select(ProjectRow)))
            names = ", ".join(repr(row.name) for row in rows) or "none"
            found = [row for row in rows if name in (None, row.name)]
            if len(found) != 1:
                asked = "Name one of several projects" if name is None and rows else f"There is no project {name!r}"
                raise NotFoundError(f"{asked} in {self.name}. It has: {names}.")
            return found[0].id, project_of(found[0])

    @contextlib.contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a transaction that sees one state of the database, and writes nothing."""
        engine = self._engine.execution_options(lulc_writes=False)
        with self._explained(), Session(engine) as session:
            yield session

    @contextlib.contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a transaction that is stored as a whole when the block ends, or not at all."""
        engine = self._engine.execution_options(lulc_writes=True)
        with self._explained(), Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextlib.contextmanager
    def writing_project(self, project_id: int) -> Iterator[Session]:
        """Open a transaction as `writing` does; another process that writes to the project waits until it ends."""
        with self.writing() as session:
            session.execute(select(ProjectRow.id).where(ProjectRow.id == project_id).with_for_update())
            yield session

    def _prepare(self, connection: Connection, *, create: bool) -> None:
        """Make the tables, or refuse what is not ours."""
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        there = inspect(connection).get_table_names()
        ours = SchemaRow.__tablename__ in there
        if not ours and not create:
            raise NotFoundError(f"{self.name} has no labelling projects. Give the database that has them.")
        if not ours and connection.dialect.name == "sqlite":
            if there:
                raise InvalidInputError(f"{self.name} is an SQLite file of another program. Give a new file.")
            connection.execute(text(f"PRAGMA application_id = {_APPLICATION_ID}"))
        if not ours:
            Base.metadata.create_all(connection)
            connection.execute(insert(SchemaRow).values(version=SCHEMA_VERSION))
        version = connection.scalar(select(SchemaRow.version))
        if version != SCHEMA_VERSION:
            raise InvalidInputError(
                f"{self.name} has labels in version {version}; this library reads version {SCHEMA_VERSION}. Install "
                "the version of the library that wrote them."
            )
        if Base.metadata.tables.keys() - {*there}:
            Base.metadata.create_all(connection)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the driver that a person can mend into errors of this library."""
        try:
            yield
        except DBAPIError as error:
            said = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
            if isinstance(error.orig, sqlite3.Error):
                raise _of_sqlite(self.name, error.orig, said) from error
            if error.connection_invalidated or "connect" in said:
                raise UnreachableError(
                    f"{self.name} does not answer: {said}. Is the server running, and the address right?"
                ) from error
            raise


def _of_sqlite(name: str, error: sqlite3.Error, said: str) -> LulcError:
    """Return what is wrong with an SQLite file."""
    if "locked" in said:
        return UnreachableError(f"{name} was written by others for {_WAIT_S} s. Try again.")
    cure = "Give a file that you may write to, on a disk of this machine."
    if "not a database" in said:
        cure = "Give another file."
    return InvalidInputError(f"{name} must be an SQLite file of labels; SQLite says: {said}. {cure}")


def _address(address: str | os.PathLike[str]) -> URL:
    """Return the address as SQLAlchemy takes it."""
    given = str(address)
    if not re.match(r"[a-z][a-z0-9+]+://", given):
        if not given.strip():
            raise InvalidInputError("The database is a path, or postgresql://user@host/name; got nothing.")
        return make_url("sqlite://").set(database=str(from_home(given)))
    try:
        url = make_url(given)
    except ArgumentError:
        url = make_url("unknown://")
    if url.drivername == "sqlite" and url.database:
        return url
    if url.drivername not in ("postgres", "postgresql", "postgresql+psycopg"):
        scheme = given.partition("://")[0]
        raise InvalidInputError(f"The database is a path, or postgresql://user@host/name; got {scheme}://...")
    if find_spec("psycopg") is None:
        raise InvalidInputError("PostgreSQL needs psycopg: pip install 'lulc-explorer[postgresql]'.")
    return url.set(drivername="postgresql+psycopg")


def _connected(url: URL, *, create: bool) -> Engine:
    """Return an engine whose transactions are those of this library."""
    if url.drivername != "sqlite":
        return create_engine(url, pool_pre_ping=True)
    path = Path(url.database or "")
    if not path.exists():
        if not create:
            raise NotFoundError(
                f"There is no file {path}. Give the database that has the labels, or make one by lulc label new."
            )
        folder_to_write(path.parent)
    engine = create_engine(url, connect_args={"timeout": _WAIT_S})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    """Log ahead, so that readers do not wait; sync each commit, so that none is lost; check foreign keys."""
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", f"busy_timeout = {_WAIT_S * 1000}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at once where something will be written: a lock taken later may be refused."""
    reads = not connection.get_execution_options().get("lulc_writes", True)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _terms(project: LabelProject) -> dict[str, Any]:
    """Return the terms of a project as JSON."""
    terms = {name: getattr(project, name) for name in _PLAIN} | {"strata": dict(project.strata)}
    classes = [{name: getattr(c, name) for name in ("code", "name", "colour", "definition")} for c in project.legend]
    return terms | {"targets": asdict(project.targets), "classes": classes}


def project_of(row: ProjectRow) -> LabelProject:
    """Return the terms that are stored of a project."""
    terms = row.terms
    legend = Legend(tuple(LandCoverClass(**{**c, "colour": tuple(c["colour"])}) for c in terms["classes"]))
    plain = {name: terms[name] for name in (*_PLAIN, "strata")}
    return LabelProject(name=row.name, legend=legend, targets=Targets(**terms["targets"]), **plain)


_PLAIN = ("kind", "interpreters", "rule", "unit_m", "pixel_ha", "expected")
"""Terms of a project that are JSON as they are."""
