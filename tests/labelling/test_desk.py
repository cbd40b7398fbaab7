"""The desk gives each person units they have not done, keeps every label, and lets everything be undone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from labelling.conftest import CLASSES, label_all
from sqlalchemy import delete, event, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

import lulc_core as lulc
from lulc_core.labelling import desk as desk_module
from lulc_core.labelling.tables import LabelRow, SchemaRow, UnitRow, WithdrawalRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    Made = Callable[..., lulc.LabelDesk]

forked = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked, so that they need not import again")


def test_a_unit_is_offered_until_it_is_labelled_and_then_never_again(made: Made) -> None:
    desk = made()
    first = desk.next_unit("Ana")
    assert desk.next_unit("Ana") == first
    seen = []
    while (unit := desk.next_unit("Ana")) is not None:
        seen.append(unit.number)
        desk.label("Ana", unit.number, "trees")
    assert seen == [*range(1, 11)]


def test_units_that_need_the_fewest_more_labels_come_first(made: Made) -> None:
    desk = made(interpreters=2)
    desk.label("Ana", 7, "trees")
    assert desk.next_unit("Ben").number == 7
    assert desk.next_unit("Ben", skip=[7]).number == 1


def test_a_unit_is_left_for_all_who_have_not_labelled_it_until_it_has_enough_labels(made: Made) -> None:
    desk = made(interpreters=2)
    desk.label("Ana", 1, "trees")
    assert [desk.left_for(person) for person in ("Ana", "Ben", "nobody yet")] == [9, 10, 10]
    desk.label("Ben", 1, "trees")
    assert [desk.left_for(person) for person in ("Ana", "Ben", "nobody yet")] == [9, 9, 9]
    desk.undo("Ben")
    assert desk.left_for("Ben") == 10


def test_two_people_are_not_given_the_same_last_label(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = made()
    assert desk.next_unit("Ana").number == 1
    assert desk.next_unit("Ben").number == 2
    monkeypatch.setattr(desk_module, "CLAIM", timedelta(0))
    assert desk.next_unit("Ana").number == 1
    assert desk.next_unit("Cy").number == 1, "Ana's claim has ended"


def test_a_label_that_comes_late_is_kept_and_adds_no_vote(made: Made) -> None:
    desk = made()
    for person, name in (("Ana", "trees"), ("Ben", "crops")):
        desk.label(person, 1, name)
    assert [label.name for label in lulc.all_labels(desk)] == ["trees", "crops"]
    assert lulc.project_consensus(desk).reference.to_dict() == {1: "trees"}


def test_undo_adds_a_row_that_withdraws(made: Made) -> None:
    desk = made()
    desk.label("Ana", 1, "trees")
    assert desk.undo("Ana").name == "trees"
    assert desk.undo("Ana") is None
    desk.label("Ana", 1, "crops", alternate="grass", sure=False, comment="ploughed", imagery=["S2A"])
    first, second = lulc.all_labels(desk)
    assert (first.name, first.withdrawn is not None) == ("trees", True)
    assert (second.name, second.alternate, second.sure, second.comment) == ("crops", "grass", False, "ploughed")
    assert second.imagery == ("S2A",)
    assert desk.labels_of("Ana") == [second]


def test_a_label_is_replaced_in_one_step_or_not_at_all(made: Made) -> None:
    desk = made()
    old = desk.label("Ana", 1, "trees")
    with pytest.raises(lulc.InvalidInputError, match="labelled unit 1"):
        desk.label("Ana", 1, "crops")
    with pytest.raises(lulc.InvalidInputError, match="not in the legend"):
        desk.label("Ana", 1, "moon", replaces=old.id)
    assert desk.labels_of("Ana") == [old]
    new = desk.label("Ana", 1, "crops", replaces=old.id)
    assert desk.labels_of("Ana") == [new]


def test_nobody_takes_back_the_label_of_another(made: Made) -> None:
    desk = made()
    label = desk.label("Ana", 1, "trees")
    with pytest.raises(lulc.NotFoundError, match="no label"):
        desk.withdraw("Ben", label.id)
    desk.withdraw("Ana", label.id)
    desk.withdraw("Ana", label.id)
    assert desk.labels_of("Ana") == []


@pytest.mark.parametrize(
    "said, message",
    [
        ({"alternate": "trees"}, "comes second"),
        ({"name": None, "alternate": "trees"}, "comes second"),
        ({"comment": "x" * 2001}, "2,000 characters"),
        ({"at": datetime(2026, 1, 1)}, "needs its zone"),
        ({"name": "clouds"}, "not in the legend"),
    ],
)
def test_a_label_that_contradicts_itself_is_refused(made: Made, said: dict[str, object], message: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=message):
        made().label(**{"person": "Ana", "unit": 1, "name": "trees", **said})


def test_a_person_is_one_in_any_spelling(made: Made) -> None:
    desk = made()
    desk.label("José  Luis", 1, "trees")
    assert len(desk.labels_of("JOSE\u0301 luis")) == 1
    assert desk.progress().people == {"José Luis": 1}
    with pytest.raises(lulc.InvalidInputError, match="printable"):
        desk.next_unit(" \n")


def test_the_database_itself_refuses_to_change_or_remove_what_was_said(either: str, made: Made) -> None:
    desk = made(either)
    desk.label("Ana", 1, "trees", at=datetime(2026, 5, 1, 12, tzinfo=UTC))
    desk.undo("Ana")
    kept = lulc.all_labels(desk)
    assert kept[0].at == datetime(2026, 5, 1, 12, tzinfo=UTC)
    for statement in (
        update(LabelRow).values(code=5),
        delete(LabelRow),
        delete(WithdrawalRow),
        update(UnitRow).values(lon=0),
    ):
        with (
            pytest.raises((DBAPIError, lulc.InvalidInputError), match="only added"),
            desk.database.writing() as session,
        ):
            session.execute(statement)
    assert lulc.all_labels(desk) == kept


@forked
def test_people_in_several_processes_neither_lose_nor_double_a_label(either: str, made: Made) -> None:
    desk = made(either, interpreters=2)
    desk.database.close()  # a connection must not be shared with a process that is forked
    processes = [multiprocessing.get_context("fork").Process(target=work, args=(either, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    labels = lulc.all_labels(desk)
    assert len({(label.unit, label.person) for label in labels}) == len(labels) == 20
    assert (desk.progress().complete, desk.progress().labels) == (10, 20)


def work(address: str, person: str) -> None:
    with lulc.LabelDatabase(address) as database:
        label_all(lulc.LabelDesk(database), person, lambda _: "trees")


@forked
def test_a_killed_process_loses_no_label_that_was_stored(tmp_path: Path, made: Made) -> None:
    path = tmp_path / "labels.db"
    desk = made(str(path), interpreters=20)
    desk.database.close()
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=tell_each_label, args=(str(path), theirs))
    process.start()
    told = {ours.recv() for _ in range(15)}
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while ours.poll():
        told.add(ours.recv())
    assert told <= {label.id for label in lulc.all_labels(desk)}
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert desk.next_unit("Ben") is not None


def tell_each_label(address: str, told: multiprocessing.connection.Connection) -> None:
    with lulc.LabelDatabase(address) as database:
        desk = lulc.LabelDesk(database)
        for i in range(1000):
            for unit in range(1, 11):
                told.send(desk.label(f"person {i}", unit, "trees").id)


def test_interpreters_are_blind_to_map_class_and_stratum(made: Made, tmp_path: Path) -> None:
    desk = made(interpreters=2)
    asked: list[str] = []

    def note(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        desk.next_units("Ana", 3)
        desk.label("Ana", 1, "trees")
        desk.label("Ben", 1, "crops")
        desk.undo("Ana"), desk.labels_of("Ana"), desk.progress(), desk.unit(2), lulc.disputes(desk, "Cy")
        paths = [tmp_path / f"{name}{form.suffixes[0]}" for name, form in lulc.LABEL_FORMATS.items()]
        for name, path in zip(lulc.LABEL_FORMATS, paths, strict=True):
            lulc.export_units(desk, path, name, person="Ana")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) > 20
    assert not [statement for statement in asked if "held_apart" in statement]
    for path in paths:
        assert not any(name.encode() in path.read_bytes() for name in CLASSES)


def test_the_order_of_units_tells_nothing_of_their_class(made: Made) -> None:
    sample = lulc.labelled_sample(labelled(made()))
    assert sample["id"].tolist() != sorted(sample["id"], key=lambda name: int(name.partition("-")[2]))
    assert sample["id"].str.partition("-")[0].tolist() == sample["map"].tolist()


def labelled(desk: lulc.LabelDesk) -> lulc.LabelDesk:
    label_all(desk, "Ana", lambda _: "trees")
    return desk


@pytest.mark.parametrize(
    "change, message",
    [
        ({"lat": 91.0}, "must be degrees"),
        ({"lon": 3.0}, "occurs twice"),
        ({"stratum": "moon"}, "needs a stratum"),
        ({"stratum": ""}, "blank"),
    ],
)
def test_a_sample_that_is_wrong_leaves_no_project(
    sample: pd.DataFrame, change: dict[str, object], message: str
) -> None:
    with lulc.LabelDatabase("sqlite:///:memory:") as database:
        project = lulc.LabelProject(name="Flanders", strata={"water": 200, "trees": 800})
        with pytest.raises(lulc.InvalidInputError, match=message):
            lulc.create_label_project(database, project, sample.assign(**change))
        assert database.projects() == []


def test_units_are_added_after_those_that_are_there(made: Made, sample: pd.DataFrame) -> None:
    desk = made()
    with pytest.raises(lulc.InvalidInputError, match="occurs twice"):
        lulc.add_label_units(desk, sample)
    lulc.add_label_units(desk, sample.assign(lat=52.0))
    assert desk.progress().units == 20
    assert desk.unit(1).lat == 51.0
    assert desk.unit(11).lat == 52.0


def test_terms_that_nothing_could_be_made_of_are_refused() -> None:
    for terms in ({"rule": "loudest"}, {"interpreters": 0}, {"rule": "majority"}, {"name": " "}, {"pixel_ha": -1}):
        with pytest.raises(lulc.InvalidInputError):
            lulc.LabelProject(**{"name": "Flanders", **terms})


def test_a_file_of_something_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, other, newer = tmp_path / "text.db", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("no database at all " * 100)
    with sqlite3.connect(other) as file:
        file.execute("CREATE TABLE cars (name TEXT)")
    with lulc.LabelDatabase(newer) as database, database.writing() as session:
        session.execute(update(SchemaRow).values(version=99))
    for address, message in (
        (text, "not a database"),
        (other, "another program"),
        (newer, "version 99"),
        ("mysql://root:secret@host/x", "got mysql"),
        (" ", "got nothing"),
    ):
        with pytest.raises(lulc.InvalidInputError, match=message):
            lulc.LabelDatabase(address)
    with pytest.raises(lulc.NotFoundError, match="no file"):
        lulc.LabelDatabase(tmp_path / "none.db", create=False)
    assert not (tmp_path / "none.db").exists()
    monkeypatch.setattr("lulc_core.labelling.database.find_spec", lambda _: None)
    with pytest.raises(lulc.InvalidInputError, match="needs psycopg"):
        lulc.LabelDatabase("postgresql://host/x")


class Interpreters(RuleBasedStateMachine):
    """Three people label, undo and replace at will; what stands is what a plain dict says."""

    def __init__(self) -> None:
        super().__init__()
        import pandas as pd

        self.database = lulc.LabelDatabase("sqlite:///:memory:")
        places = pd.DataFrame({"lon": [1.0, 2.0, 3.0], "lat": [0.0, 0.0, 0.0]})
        self.desk = lulc.create_label_project(self.database, lulc.LabelProject(name="x", interpreters=2), places)
        self.standing: dict[tuple[str, int], tuple[int, str]] = {}
        self.said = 0

    people, units, names = st.sampled_from("abc"), st.integers(1, 3), st.sampled_from(["water", "trees"])

    @rule(person=people, unit=units, name=names)
    def label(self, person: str, unit: int, name: str) -> None:
        if (person, unit) in self.standing:
            with pytest.raises(lulc.InvalidInputError):
                self.desk.label(person, unit, name)
            return
        self.standing[person, unit] = self.desk.label(person, unit, name).id, name
        self.said += 1

    @rule(person=people, unit=units, name=names)
    def replace(self, person: str, unit: int, name: str) -> None:
        if (person, unit) in self.standing:
            old, _ = self.standing[person, unit]
            self.standing[person, unit] = self.desk.label(person, unit, name, replaces=old).id, name
            self.said += 1

    @rule(person=people)
    def undo(self, person: str) -> None:
        mine = {label: key for key, (label, _) in self.standing.items() if key[0] == person}
        undone = self.desk.undo(person)
        assert (undone and undone.id) == (max(mine) if mine else None)
        if undone:
            del self.standing[mine[undone.id]]

    @rule(person=people)
    def next(self, person: str) -> None:
        unit = self.desk.next_unit(person)
        if unit is not None:
            assert (person, unit.number) not in self.standing
            assert sum(key[1] == unit.number for key in self.standing) < 2

    @precondition(lambda self: self.said)
    @invariant()
    def what_stands_is_what_was_said(self) -> None:
        labels = lulc.all_labels(self.desk)
        assert len(labels) == self.said
        standing = {(label.person, label.unit): (label.id, label.name) for label in labels if label.withdrawn is None}
        assert standing == self.standing

    def teardown(self) -> None:
        self.database.close()


TestInterpreters = Interpreters.TestCase
TestInterpreters.settings = settings(max_examples=5, stateful_step_count=12, deadline=None)
