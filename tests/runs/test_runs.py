"""Runs of many tiles: what is done stays, what fails is named, and a cluster makes the same maps."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import odc.stac
import pystac
import pystac_client
import pytest
import rasterio
import rustac
import shapely
import typer
from many_tiles import TERRITORY, MadeRun, maps_of
from pyproj import Geod

import lulc_core as lulc
from lulc_core.cli import app, maps
from lulc_core.cli import runs as command
from lulc_core.mapping.cost import Cost
from lulc_core.regions import footprint
from lulc_core.runs import running
from lulc_core.runs.plan import keep_plan
from lulc_core.runs.records import Record, record_of

GEOD = Geod(ellps="WGS84")


def test_every_map_is_made_and_has_a_record(finished: lulc.Run) -> None:
    records = lulc.run_records(finished.folder)
    assert [(one.name, one.status, one.tries, one.scenes) for one in records] == [
        (f"{tile}-{year}", "done", 0, 3) for tile in ("31UGS", "32UKB") for year in (2020, 2021)
    ]
    for one in records:
        assert one.seconds > 0
        assert sum(one.core_seconds.values()) > 0
        assert one.started < one.ended
    assert maps_of(finished.folder).keys() == {one.name for one in records}


def test_what_is_done_is_not_done_again(finished: lulc.Run) -> None:
    before = {path: path.stat().st_mtime_ns for path in finished.folder.glob("*.json")}
    assert lulc.run_here(finished) == []
    assert {path: path.stat().st_mtime_ns for path in finished.folder.glob("*.json")} == before


def test_areas_count_every_pixel_of_the_ground_once(finished: lulc.Run) -> None:
    found = lulc.run_areas(finished.folder, territory=TERRITORY)
    geodesic = abs(GEOD.geometry_area_perimeter(TERRITORY)[0]) / 1e4
    assert list(found.columns) == [2020, 2021]
    np.testing.assert_allclose(found.sum(), geodesic, rtol=0.003)
    whole = lulc.run_areas(finished.folder)
    assert (whole.sum() > found.sum()).all()  # the boxes of both parts, of which no ground counts twice
    boxes = [footprint(unit.region.grid).intersection(unit.tile.ground) for unit in finished.units if unit.year == 2020]
    np.testing.assert_allclose(
        whole[2020].sum(), sum(abs(GEOD.geometry_area_perimeter(box)[0]) for box in boxes) / 1e4, rtol=0.003
    )


def test_one_that_always_fails_is_named_and_the_others_are_made(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out", (2020, 2022))  # there is no imagery of 2022
    done = lulc.run_here(run)
    records = {one.name: one for one in lulc.run_records(run.folder)}
    assert {name: (one.status, one.tries) for name, one in records.items()} == {
        "31UGS-2020": ("done", 0),
        "31UGS-2022": ("failed", 1),
        "32UKB-2020": ("done", 0),
        "32UKB-2022": ("failed", 1),
    }
    assert "2022" in records["31UGS-2022"].error
    assert len(done) == 4  # no second try at once of what will not pass
    status = lulc.run_status(run.folder)
    assert (status.done, status.failed, status.running, status.left) == (2, 2, 0, 2)


def moment(minute: float) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()


def test_the_rate_counts_the_time_in_which_maps_were_made_and_not_the_night_between(tmp_path: Path) -> None:
    begins = {2018: 0, 2019: 0, 2020: 600, 2021: 600}  # two workers, six minutes a map
    for year, begin in begins.items():
        times = {"started": moment(begin), "ended": moment(begin + 6)}
        Record(tile="31UFS", year=year, status="done", core_seconds={"predict": 90}, **times).write(tmp_path)
    Record(tile="31UFS", year=2022, status="running", started=moment(606)).write(tmp_path)
    status = lulc.run_status(tmp_path)
    assert (status.per_hour, status.left_for) == (pytest.approx(20), timedelta(minutes=3))
    assert (status.core_hours, status.core_hours_left) == (0.1, 0.025)


def test_what_was_given_up_is_not_to_come(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    times = {"started": moment(0), "ended": moment(6)}
    Record(tile="31UFS", year=2018, status="done", core_seconds={"predict": 36}, **times).write(tmp_path)
    Record(tile="31UFS", year=2019, status="failed", tries=3, error="No scene.", **times).write(tmp_path)
    records = lulc.run_records(tmp_path)
    status = lulc.run_status(tmp_path, records)
    assert (status.failed, status.given_up, status.left, status.core_hours_left) == (1, 1, 0, 0)
    command._show(status, records, as_json=False, price=0.04)
    said = capsys.readouterr()
    assert "Price: under 0.01 spent, 0.00 to come." in said.out
    assert "Nothing is left to do: 1 map is given up." in said.out
    assert "at this rate" not in said.out
    assert "is not counted" in said.err


def test_a_run_whose_workers_only_start_is_no_error(
    made_run: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = made_run.into(tmp_path / "out")
    keep_plan(run.units, run.template, run.folder)
    assert call("status", str(run.folder)) == 0
    assert f"0 of {len(run.units)} maps are done, 0 begun, 0 failed." in capsys.readouterr().out


def test_a_catalog_that_is_not_there_is_told_once_before_a_map_is_begun(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out")
    template = dataclasses.replace(run.template, catalog=tmp_path / "nowhere")
    with pytest.raises(lulc.NotFoundError, match="No catalog at"):
        lulc.run_here(dataclasses.replace(run, template=template))
    assert not list(run.folder.iterdir())


def test_an_error_that_may_pass_is_tried_again_at_once(
    made_run: MadeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = ["31UGS"]

    def make_map(request: lulc.MapRequest, out: Path, **how: Any) -> lulc.MapReport:
        if request.region.name in left:
            left.remove(request.region.name)
            raise lulc.UnreachableError("The catalog does not answer.")
        report = lulc.make_map(request, out, **how)
        served = {"read_bytes": 7, "needed_bytes": 7, "ratio": 1.0} if request.region.name == "31UGS" else None
        return dataclasses.replace(report, traffic=served)

    monkeypatch.setattr(running, "make_map", make_map)
    done = lulc.run_here(made_run.into(tmp_path / "out", (2020,)))
    assert [(one.name, one.status, one.tries) for one in done] == [
        ("31UGS-2020", "failed", 1),
        ("32UKB-2020", "done", 0),
        ("31UGS-2020", "done", 1),
    ]
    assert [one.read_bytes for one in done] == [None, None, 7]


@pytest.mark.parametrize("kind, tries", [(TypeError, 1), (KeyError, 1), (RuntimeError, 3), (OSError, 3)])
def test_a_fault_of_the_program_is_named_and_not_tried_again_at_once(
    made_run: MadeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], tries: int
) -> None:
    def make_map(*_: object, **__: object) -> None:
        raise kind("wrong")

    monkeypatch.setattr(running, "make_map", make_map)
    done = lulc.run_here(made_run.into(tmp_path / "out", (2020,)))
    assert [one.tries for one in done if one.name == "31UGS-2020"] == [*range(1, tries + 1)]
    assert ("test_runs.py, line" in done[0].error) == (tries == 1)


@pytest.mark.parametrize("error", [MemoryError("too little"), lulc.CancelledError("ended")])
def test_two_workers_of_one_map_leave_it_whole_and_done(
    made_run: MadeRun, finished: lulc.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """A scheduler that was lost may leave a worker at work, while the one that is back gives its map to another."""
    run = made_run.into(tmp_path / "out", (2020,))
    unit, second = run.units[0], list[lulc.Record]()

    def make_map(request: lulc.MapRequest, out: Path, **how: Any) -> lulc.MapReport:
        def meanwhile(step: lulc.Progress) -> None:
            if step.stage == "write" and not second:
                monkeypatch.setattr(running, "make_map", lulc.make_map)
                second.append(running.make_one(unit, run.template, run.folder))
                raise error

        return lulc.make_map(request, out, **how | {"progress": meanwhile})

    monkeypatch.setattr(running, "make_map", make_map)
    if isinstance(error, lulc.CancelledError):
        with pytest.raises(lulc.CancelledError):
            running.make_one(unit, run.template, run.folder)
    else:
        assert running.make_one(unit, run.template, run.folder).status == "done"
    assert [one.status for one in lulc.run_records(run.folder)] == [second[0].status] == ["done"]
    lulc.check_files(run.folder / unit.name)
    assert maps_of(run.folder) == {unit.name: maps_of(finished.folder)[unit.name]}


def test_a_map_whose_process_ended_too_often_is_given_up(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out", (2020,))
    first, second = run.units
    killed = lulc.Record(
        tile=first.tile.name, year=2020, status="running", deaths=7, started="2026-01-01T00:00:00+00:00"
    )
    killed.write(run.folder)
    dataclasses.replace(killed, tile=second.tile.name, deaths=6).write(run.folder)
    done = {one.name: one for one in lulc.run_here(run)}
    assert done[first.name].status == "failed"
    assert "ended 8 times" in done[first.name].error
    assert (done[second.name].status, done[second.name].deaths) == ("done", 7)


def test_a_record_that_is_none_is_refused_by_name(made_run: MadeRun, tmp_path: Path) -> None:
    run = made_run.into(tmp_path / "out", (2020,))
    (run.folder / "31UGS-2020.json").write_text('{"tile": "31UGS"}')
    with pytest.raises(lulc.InvalidInputError, match=r"31UGS-2020\.json is no record"):
        lulc.run_here(run)


def test_what_is_made_otherwise_belongs_elsewhere(made_run: MadeRun, finished: lulc.Run) -> None:
    other = dataclasses.replace(finished, template=dataclasses.replace(finished.template, max_scenes=2))
    with pytest.raises(lulc.InvalidInputError, match="max_scenes was None, and is 2 now"):
        lulc.run_here(other)
    whole = dataclasses.replace(finished, units=tuple(lulc.tile_years(["31UGS"], [2020])))
    with pytest.raises(lulc.InvalidInputError, match="31UGS-2020 of another part of the tile"):
        lulc.run_here(whole)
    more = made_run.into(finished.folder, (2020,))
    assert lulc.run_here(more) == []


def test_an_end_that_was_asked_for_is_no_death(made_run: MadeRun, tmp_path: Path) -> None:
    run, cancel = made_run.into(tmp_path / "out", (2020,)), threading.Event()
    with pytest.raises(lulc.CancelledError):
        lulc.run_here(run, progress=lambda step: cancel.set() if step.done else None, cancel=cancel)
    first, second = (record_of(unit, run.folder) for unit in run.units)
    assert first is not None
    assert second is not None
    assert (first.status, second.status) == ("done", "waiting")
    cancel.clear()
    (made,) = lulc.run_here(run)
    assert (made.status, made.deaths) == ("done", 0)


def test_areas_of_a_territory_elsewhere_are_refused(finished: lulc.Run) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"No map in .* has ground in that territory"):
        lulc.run_areas(finished.folder, territory=shapely.box(100, 10, 101, 11))


def test_the_results_are_a_collection_that_other_tools_read(finished: lulc.Run) -> None:
    path = lulc.write_run_catalog(finished.folder)
    collection = pystac.Collection.from_file(path)
    items = list(collection.get_items())
    assert collection.license == "other"
    assert items[0].properties["attribution"] in collection.extra_fields["attribution"]
    root = pystac_client.Client.open(path.replace("collection.json", "catalog.json"))
    assert {one.id for one in root.get_items(recursive=True)} == {one.id for one in items}
    beside = pystac.ItemCollection.from_file(path.replace("collection.json", "items.json"))
    table = rustac.read_sync(path.replace("collection.json", "items.parquet"))
    assert sorted(item["id"] for item in table["features"]) == sorted(item.id for item in items)
    asked = f"select count(*), sum(cast(year as int)) from '{finished.folder}/[0-9]*-[0-9]*.json' where status = 'done'"
    assert duckdb.sql(asked).fetchall() == [(4, 2 * (2020 + 2021))]
    assert sorted(item.id for item in beside) == sorted(item.id for item in items)
    assert collection.extent.spatial.bboxes[0][0] < 6 < collection.extent.spatial.bboxes[0][2]
    (item,) = [item for item in items if item.properties["start_datetime"].startswith("2020") and "31UGS" in item.id]
    read = odc.stac.load([item], bands=["map"], crs="EPSG:32631", resolution=10)["map"]
    assert read.dtype == np.uint8
    with rasterio.open(finished.folder / "31UGS-2020" / "map.tif") as source:
        np.testing.assert_array_equal(read.values[0], source.read(1))


def call(*arguments: str) -> object:
    """Run the command line here, and return its exit code."""
    return app(list(arguments), standalone_mode=False) or 0


def test_a_search_lists_the_maps_of_a_run(finished: lulc.Run, capsys: pytest.CaptureFixture[str]) -> None:
    listed = Path(lulc.write_run_catalog(finished.folder)).parent
    for catalog in (finished.folder, listed, listed / "items.json"):
        assert call("search", "--catalog", str(catalog), "--year", "2021", "--json") == 0
        rows = json.loads(capsys.readouterr().out)
        assert [row["id"] for row in rows] == ["lulc-31UGS-2021", "lulc-32UKB-2021"]
        assert all(Path(row["map"]).is_file() for row in rows)
    west = ("--bbox", "5.99", "50.9", "5.998", "50.903")
    assert call("search", "--catalog", str(finished.folder), "--year", "2021", *west) == 0
    assert "32UKB" not in capsys.readouterr().out
    with pytest.raises(lulc.NotFoundError, match="no such map of 1999; its maps are of 2020, 2021"):
        call("search", "--catalog", str(finished.folder), "--year", "1999")


def test_the_command_makes_shows_and_names_what_failed(
    made_run: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, common = tmp_path / "out", made_run.template
    arguments = [str(made_run.territory), "--clip", "--model", str(common.model), "--catalog", str(common.catalog)]
    assert call("run", *arguments, "--years", "2020,2022", "--shard", "1/2", "--out", str(out)) == 0
    said = capsys.readouterr().out
    assert "2 of 4 maps are done, 0 begun, 0 failed." in said
    assert call("run", *arguments, "--years", "2020,2022", "--out", str(out)) == 1
    said = capsys.readouterr().out
    assert "31UGS-2022 (tried 1 time, to be tried again): " in said
    assert call("status", str(out), "--price-per-core-hour", "0.04", "--territory", str(made_run.territory)) == 0
    said = capsys.readouterr().out
    assert "2 of 4 maps are done, 0 begun, 2 failed." in said
    assert "to come" in said
    assert "class, hectares" in said
    assert call("status", str(out), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["left"] == 2
    assert set(said["area_ha"]) == {"2020"}


ONE = Cost(
    scenes=3,
    kept=0,
    live=True,
    read_bytes=10**9,
    seconds=(maps.LONG_S / 3, maps.LONG_S),
    disk_bytes=3 * 10**9,
    most_disk_bytes=9 * 10**9,
    free_bytes=10**12,
    passing_bytes=(2 * 10**9, 6 * 10**9),
)
"""A map that nobody is asked for, but four are."""


@pytest.mark.parametrize(
    "answer, options, begun", [("n", [], 0), ("y", [], 1), ("n", ["--yes"], 1), ("n", ["--json"], 0)]
)
def test_a_run_says_what_all_of_it_takes_and_asks_before_it_begins(
    made_run: MadeRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    options: list[str],
    begun: int,
) -> None:
    calls = list[object]()
    monkeypatch.setattr(lulc, "estimate", lambda *_: ONE)
    monkeypatch.setattr(command, "at_terminal", lambda: True)
    monkeypatch.setattr(command, "_make", lambda run, *_, **__: calls.append(run) or [])
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{answer}\n"))
    out, common = tmp_path / "out", made_run.template
    arguments = [str(made_run.territory), "--clip", "--model", str(common.model), "--catalog", str(common.catalog)]
    arguments += ["--years", "2020,2021", "--out", str(out), *options]
    with nullcontext() if begun else pytest.raises(typer.Abort):
        call("run", *arguments)
    said = capsys.readouterr().err
    assert "4 maps; 31UGS-2020 takes 3 scenes: about 1.0 GB to read" in said
    assert "all 4 together, if they are alike: 12 scenes: about 4.0 GB to read, 13 to 40 minutes" in said
    assert "6.0 GB of disk (18.0 GB at most, 1.0 TB are free)" in said
    assert (len(calls), out.exists()) == (begun, bool(begun))


def test_a_run_that_is_being_planned_says_so(
    made_run: MadeRun, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out, common, said = tmp_path / "out", made_run.template, list[str]()

    def look(*_: object) -> None:
        for options in ([], ["--json"]):
            assert call("status", str(out), *options) == 0
            said.append(capsys.readouterr().out)
        raise lulc.UnreachableError("The catalog does not answer.")

    monkeypatch.setattr(lulc, "estimate", look)
    monkeypatch.setattr(command, "_make", lambda *_, **__: [])
    arguments = [str(made_run.territory), "--clip", "--model", str(common.model), "--catalog", str(common.catalog)]
    call("run", *arguments, "--years", "2020", "--out", str(out))
    since = json.loads(said[1])["planning"]
    assert datetime.fromisoformat(since).tzinfo == UTC
    assert said[0].split() == f"The run is being planned, since {since}; no map has begun.".split()
    assert [path.name for path in out.iterdir()] == ["plan.json"]
    assert lulc.run_status(out).planning == ""


def test_a_run_that_was_killed_while_it_was_planned_is_not_being_planned(tmp_path: Path) -> None:
    """Its file stays behind; whoever plans on another machine cannot be seen from this one."""
    plans = (
        "import sys, time; from lulc_core.runs.plan import planning\n"
        "with planning(sys.argv[1]): print('now', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", plans, tmp_path], stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert lulc.run_status(tmp_path).planning
        process.kill()
    assert lulc.run_status(tmp_path).planning == ""
    said = json.loads((tmp_path / "planning.json").read_text())
    (tmp_path / "planning.json").write_text(json.dumps(said | {"process": "elsewhere:1"}))
    assert lulc.run_status(tmp_path).planning == said["since"]


def test_what_a_run_takes_counts_what_is_done_of_its_first_map_and_what_goes_to_a_bucket() -> None:
    begun = dataclasses.replace(ONE, kept=2)
    assert begun.times(4).read_bytes == 10 * 10**9  # a third of the first, and three whole ones
    assert ONE.times(4, stays=False).disk_bytes == ONE.disk_bytes


def test_a_run_opens_its_network_in_the_format_that_was_asked_for(
    made_run: MadeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, opened, open_any = made_run.into(tmp_path / "out", (2020,)), [], lulc.Model.open
    monkeypatch.setattr(
        lulc.Model, "open", lambda model, **how: (opened.append(how["precision"]), open_any(model, **how))[1]
    )
    in_float32 = dataclasses.replace(run.template, precision="float32")
    keep_plan(run.units, in_float32, run.folder)
    assert opened == ["float32"]
    with pytest.raises(lulc.InvalidInputError, match="precision was float32, and is None now"):
        keep_plan(run.units, run.template, run.folder)
    other = dataclasses.replace(in_float32, model=open_any(run.template.model, precision="float32"), precision="bf16")
    with pytest.raises(lulc.InvalidInputError, match=r"precision is 'bf16', but .* is open in float32"):
        other.open_model()
