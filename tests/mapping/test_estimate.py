"""What a map will take, against what it then takes."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import MadeCatalog, write_model
from stac_server import files_over_http

import lulc_core as lulc
from lulc_core.imagery import catalog as catalogs
from lulc_core.mapping import estimate as estimating
from lulc_core.mapping.cost import Cost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZE = 1200
"""Pixels along the edge of a scene: more than one block of its files, and of those that are read at a time."""


def cost(**changes: Any) -> Cost:
    usual = {"scenes": 2, "kept": 0, "live": False, "read_bytes": 1, "seconds": (1.0, 2.0), "disk_bytes": 10}
    return Cost(**{**usual, "most_disk_bytes": 20, "free_bytes": 100, **changes})


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> MadeCatalog:
    """Two scenes of several blocks, of values as noisy as land's, so that their files are no smaller."""
    made = MadeCatalog(tmp_path_factory.mktemp("catalog"), size=SIZE)
    for month in (1, 7):
        values = made.random.integers(1000, 1100, (SIZE, SIZE)).astype(np.uint16)
        made.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z", dn=values)
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> lulc.Model:
    return lulc.Model.open(write_model(tmp_path_factory.mktemp("model")))


def request_of(made: MadeCatalog, model: lulc.Model, **changes: Any) -> lulc.MapRequest:
    region = lulc.catalog_region(made.root)
    return lulc.MapRequest(**{"region": region, "year": 2020, "catalog": made.root, "model": model, **changes})


def served(made: MadeCatalog, address: str, folder: Path, *, sizes: bool) -> Path:
    """The catalog with its images on a server."""
    collection = json.loads((made.root / "items.json").read_text())
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            size = (made.root / asset["href"]).stat().st_size
            asset["href"] = f"{address}/{asset['href'].removeprefix('./')}"
            if sizes:
                asset["file:size"] = size
    (folder / "items.json").write_text(json.dumps(collection))
    return folder


def asked_for(seen: list[tuple[str, str | None]]) -> int:
    """Bytes of the ranges that a server was asked for."""
    ranges = [re.fullmatch(r"bytes=(\d+)-(\d+)", header or "") for _, header in seen]
    return sum(int(found[2]) - int(found[1]) + 1 for found in ranges if found)


@pytest.mark.parametrize("sizes", [True, False], ids=["file:size", "no size"])
@pytest.mark.parametrize("part", ["whole", "corner"])
def test_the_bytes_to_read_are_about_those_that_are_read(
    large: MadeCatalog, model: lulc.Model, tmp_path: Path, sizes: bool, part: str
) -> None:
    seen: list[tuple[str, str | None]] = []
    with files_over_http(large.root, seen) as address:
        root = served(large, address, tmp_path, sizes=sizes)
        request = request_of(large, model, catalog=root, clear_of="tile")  # a look at each is read before
        if part == "corner":
            corner = lulc.Region.from_grid(request.region.grid[100:300, 150:350], name="corner")
            request = dataclasses.replace(request, region=corner)
        expected = lulc.estimate(request, tmp_path / "out")
        assert not seen
        assert not (tmp_path / "out").exists()
        report = lulc.make_map(request, tmp_path / "out")
    assert report.failed == []
    assert expected.live
    assert 1 / 2.5 < expected.read_bytes / asked_for(seen) < 2.5


@pytest.mark.parametrize(
    "kind", [{"mask": "none"}, {"keep": "votes"}, {"probabilities": True, "quicklooks": True}], ids=str
)
def test_the_most_that_may_be_written_is_all_of_it_without_compression(
    large: MadeCatalog, model: lulc.Model, tmp_path: Path, kind: dict[str, Any]
) -> None:
    """And what is on the disk, at any time, is less."""
    seen, out, request = [0], tmp_path / "out", request_of(large, model, **kind)

    def measure(_: lulc.Progress) -> None:
        found = {}
        for folder, _, names in os.walk(out):  # whose files another thread moves meanwhile
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    file = os.stat(os.path.join(folder, name))
                    found[file.st_ino] = file.st_size
        seen[0] = max(seen[0], sum(found.values()))

    expected = lulc.estimate(request, str(out))
    lulc.make_map(request, out, progress=measure)
    measure(lulc.Progress(stage="", done=0, total=0))
    votes = request.keep == "votes"
    stays = lulc.open_votes(out / "votes.zarr") if votes else lulc.open_predictions(out / "predictions.zarr")
    pixel_bytes = sum(values.nbytes for values in stays.data_vars.values()) / large.size**2 + estimating.MAP_BYTES[1]
    assert expected.most_disk_bytes == large.size**2 * (pixel_bytes + (2 * 3 if votes else 0))  # of two scenes
    assert seen[0] < expected.most_disk_bytes > expected.disk_bytes


def test_scenes_that_were_done_before_are_neither_read_nor_timed(
    made: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(made, lulc.Model.open(write_model(tmp_path / "model")))

    def stop_after_two(step: lulc.Progress) -> None:
        if step.stage == "predict" and step.done == 3:
            raise lulc.CancelledError("enough")

    whole = lulc.estimate(request, tmp_path / "out")
    with pytest.raises(lulc.CancelledError):
        lulc.make_map(request, tmp_path / "out", progress=stop_after_two)
    rest = lulc.estimate(request, tmp_path / "out")
    assert (whole.kept, rest.kept, rest.scenes) == (0, 2, 4)
    assert rest.read_bytes == pytest.approx(whole.read_bytes / 2, rel=0.2)
    assert str(rest).startswith("4 scenes, 2 of them done before: ")


def test_a_run_that_asks_for_its_cost_searches_once_and_reports_it(
    made: MadeCatalog, model: lulc.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches, told, read_items = [], list[Cost](), catalogs._read_scenes

    def counted(*given: Any) -> Any:
        searches.append(1)
        return read_items(*given)

    monkeypatch.setattr(catalogs, "_read_scenes", counted)
    report = lulc.make_map(request_of(made, model), tmp_path / "out", on_cost=told.append)
    assert (len(searches), len(told), told[0].scenes) == (1, 1, 4)
    assert report.estimate == dataclasses.asdict(told[0])
    written = json.loads((tmp_path / "out" / "report.json").read_text())
    assert written["estimate"]["read_bytes"] == told[0].read_bytes
    assert "estimate" in written["seconds"]


def test_a_run_that_is_declined_leaves_nothing(made: MadeCatalog, model: lulc.Model, tmp_path: Path) -> None:
    def decline(_: Cost) -> None:
        raise lulc.CancelledError("no")

    with pytest.raises(lulc.CancelledError):
        lulc.make_map(request_of(made, model), tmp_path / "out", on_cost=decline)
    assert not (tmp_path / "out").exists()


def test_a_map_that_the_disk_cannot_hold_is_refused_before_anything_is_read(
    made: MadeCatalog, model: lulc.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = dataclasses.replace(cost(), disk_bytes=3 * 10**9, free_bytes=10**9)
    monkeypatch.setattr("lulc_core.mapping.pipeline.cost_of", lambda *_: full)
    said = r"takes about 3\.0 GB, and the disk that holds .*out has 1\.0 GB free\. Make room"
    with pytest.raises(lulc.InvalidInputError, match=said):
        lulc.make_map(request_of(made, model), tmp_path / "out", on_cost=lambda _: pytest.fail("asked in vain"))
    assert not (tmp_path / "out").exists()


WORDS: dict[str, Callable[[], tuple[Cost, str]]] = {
    "small": lambda: (cost(scenes=1), "1 scene: about 1 MB to read, 1 to 2 seconds, 1 MB of disk"),
    "long": lambda: (cost(seconds=(100, 599), read_bytes=2 * 10**9), "2.0 GB to read, 2 to 10 minutes"),
    "certain": lambda: (cost(seconds=(130, 150)), "2 to 3 minutes"),
    "at once": lambda: (cost(seconds=(0.1, 0.4)), "to read, 1 seconds"),
}


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS.keys())
def test_the_words_have_fitting_units(words: Callable[[], tuple[Cost, str]]) -> None:
    told, said = words()
    assert said in str(told)


@given(st.integers(0, 3000), st.integers(1, 2000), st.integers(1, 600), st.integers(1, 4000))
def test_blocks_at_an_interval_are_counted_one_by_one(start: int, length: int, edge: int, whole: int) -> None:
    blocks = [(at, min(at + edge, whole)) for at in range(0, whole, edge)]
    touched = sum(stop - at for at, stop in blocks if at < start + length and stop > start)
    assert estimating._within(start, start + length, edge, whole) == pytest.approx(touched / edge)


@pytest.mark.parametrize("size", ["12", -1, 0, 1.5, None, True])
def test_a_size_that_is_none_is_not_believed(made: MadeCatalog, size: object) -> None:
    made.items[0]["assets"]["B04"]["file:size"] = size
    made.items[0]["assets"]["B03"]["file:size"] = 77
    made.save()
    scene = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)[0]
    assert scene.sizes == {"B03": 77}


def test_the_time_of_a_scene_is_that_of_chips_of_the_size_that_it_is_cut_into(
    model: lulc.Model, made: MadeCatalog, tmp_path: Path
) -> None:
    """One warms up, as many as run at once are timed; no more."""
    seen: list[tuple[int, ...]] = []

    def run(chips: np.ndarray) -> np.ndarray:
        seen.append(chips.shape)
        return model.network.run(chips)

    network = dataclasses.replace(model.network, run=run, shares=None, at_once=3)
    request = request_of(made, dataclasses.replace(model, network=network), chip=25, overlap=5)
    assert estimating._seconds_a_scene(request, request.open_model()) > 0
    timed, seen[:] = list(seen), []
    lulc.make_map(request, tmp_path / "out")
    assert (len(timed), len({*timed}), seen.count(timed[0])) == (1 + 3, 1, 4 * 4)
