"""A run that was ended goes on: nothing is classified twice, and the result is the same, byte for byte."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.system
import numpy as np
import pytest
import xarray as xr
from making import write_model

import lulc_core as lulc
from lulc_core.imagery.scenes import acquisitions
from lulc_core.mapping import classification, kept_scenes
from lulc_core.mapping.classification import Classification
from lulc_core.mapping.fingerprints import fingerprint, what_decides
from lulc_core.mapping.kept_scenes import KeptScenes

if TYPE_CHECKING:
    from collections.abc import Callable

    from making import MadeCatalog

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys, time
from pathlib import Path
import lulc_core as lulc
catalog, model, out, at = sys.argv[1:]
CHIPS = 4
seen = [0]

def progress(step):
    if step.stage == "search":
        print("begun", flush=True)
    seen[0] += step.stage == "predict"
    if seen[0] == int(at):
        while len(list(Path(out, ".unfinished").glob("[!.]*"))) < int(at) // CHIPS:  # the last one is being written
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)

region = lulc.catalog_region(catalog)
request = lulc.MapRequest(region=region, year=2020, catalog=catalog, model=model, chip=25, overlap=5)
lulc.make_map(request, Path(out), progress=progress)
"""
CHIPS = 4
"""Of 25 px, that overlap by 5, in a scene of 40 px."""


class Counter:
    """Makes maps of one catalog, and counts the chips that the network classifies and the scenes taken over."""

    def __init__(self, made: MadeCatalog, model: Path) -> None:
        self.made, self.model = made, model

    def request(self, **changes: Any) -> lulc.MapRequest:
        usual = {"year": 2020, "catalog": self.made.root, "model": self.model, "chip": 25, "overlap": 5}
        return lulc.MapRequest(**{"region": lulc.catalog_region(self.made.root), **usual, **changes})

    def make(self, out: Path, *, cancel_at: int | None = None, **changes: Any) -> tuple[int, int]:
        """Return the chips that were classified, and the scenes that were taken over."""
        chips, cancel = [0], threading.Event()

        def count(step: lulc.Progress) -> None:
            chips[0] += step.stage == "predict"
            if chips[0] == cancel_at:
                cancel.set()

        report = lulc.make_map(self.request(**changes), out, progress=count, cancel=cancel)
        return chips[0], report.taken_over

    def fingerprints(self, **changes: Any) -> list[str]:
        request = self.request(**changes)
        found = lulc.search(request.region, year=request.year, catalog=request.catalog)
        decides = what_decides(request, request.open_model())
        return [fingerprint(parts, decides) for parts in acquisitions(found)]

    def started(self, out: Path, *, kill_at: int = -1) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", KILLED, self.made.root, self.model, out, str(kill_at)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


@pytest.fixture
def counter(made: MadeCatalog, tiny_model: Path) -> Counter:
    return Counter(made, tiny_model)


def has_begun(process: subprocess.Popen[bytes]) -> float:
    """Wait until a run begins its work; return when that is."""
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return time.monotonic()


def files(out: Path) -> dict[str, bytes]:
    """Every file of a map; without the moment it was made, the time that took, and what was taken over."""
    links = [path for path in out.iterdir() if not path.name.startswith(".")]
    paths = [path for top in links for path in (top.rglob("*") if top.is_dir() else [top]) if path.is_file()]
    found = {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}
    report, item = json.loads(found["report.json"]), json.loads(found["item.json"])
    for changing in ("created", "seconds", "taken_over"):
        del report[changing]
    del item["properties"]["created"]
    lines = found["checksums.sha256"].splitlines()
    stated = [line for line in lines if not line.endswith((b"report.json", b"item.json"))]
    anew = {"report.json": report, "item.json": item, "checksums.sha256": [line.decode() for line in stated]}
    return found | {name: json.dumps(content).encode() for name, content in anew.items()}


def kept(out: Path) -> list[Path]:
    return sorted((out / kept_scenes.UNFINISHED).glob("[!.]*"))


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("done", [*(pytest.param(k, marks=pytest.mark.slow) for k in range(3)), 3])
def test_a_killed_run_goes_on_to_the_same_result(counter: Counter, tmp_path: Path, done: int) -> None:
    out = tmp_path / "out"
    with counter.started(out, kill_at=done * CHIPS + 1) as process:
        assert process.wait() == -signal.SIGKILL
    assert len(kept(out)) == done
    for broken in kept(out)[:1]:
        flip(broken / "predictions.zarr" / "label" / "c" / "0" / "0" / "0")
    good = max(done - 1, 0)
    assert counter.make(out) == ((4 - good) * CHIPS, good)
    assert counter.make(tmp_path / "plain") == (4 * CHIPS, 0)
    assert files(out) == files(tmp_path / "plain")
    assert len(list(out.glob(".*"))) == 2  # the one version, and the link to it


def test_a_cancelled_run_says_how_to_go_on_and_other_class_weights_do_not_matter(
    counter: Counter, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(lulc.CancelledError) as stopped:
        counter.make(out, cancel_at=CHIPS + 1)
    said = f"1 of 4 scenes is done and kept in {out / kept_scenes.UNFINISHED}. Make the same map again to go on."
    assert stopped.value.__notes__ == [said]
    assert counter.make(out, weights={"crops": 1.5}) == (3 * CHIPS, 1)
    assert not kept(out)


@pytest.mark.parametrize("scenes", [1, 4])
def test_a_scene_is_kept_whose_last_chip_was_classified_when_the_run_was_cancelled(
    counter: Counter, tmp_path: Path, scenes: int
) -> None:
    with pytest.raises(lulc.CancelledError):
        counter.make(tmp_path / "out", cancel_at=scenes * CHIPS)
    assert counter.make(tmp_path / "out") == ((4 - scenes) * CHIPS, scenes)


def test_a_scene_that_waits_to_be_written_is_kept_when_the_run_is_cancelled(
    counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_at, plain, cancel = classification.look_at, Classification._predictions, threading.Event()
    looked: list[bool] = []

    def look(*given: Any, **more: Any) -> Any:
        looked.append(not looked or cancel.wait(60))  # the second image is being read until then
        return look_at(*given, **more)

    def predictions(self: Classification, *given: Any) -> xr.Dataset:
        made = plain(self, *given)
        cancel.set()
        assert self._stopped.wait(60)
        return made

    monkeypatch.setattr(dask.system, "CPU_COUNT", 2)  # or nothing would be done beside
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(classification, "look_at", look)
    monkeypatch.setattr(Classification, "_predictions", predictions)
    with pytest.raises(lulc.CancelledError):
        lulc.make_map(counter.request(), tmp_path / "out", cancel=cancel)
    assert len(kept(tmp_path / "out")) == 1


@pytest.mark.parametrize("keep", ["votes", "nothing"])
def test_a_run_goes_on_whatever_is_kept_beside_the_map(counter: Counter, tmp_path: Path, keep: str) -> None:
    with pytest.raises(lulc.CancelledError):
        counter.make(tmp_path / "out", cancel_at=2 * CHIPS + 1, keep="predictions")
    assert counter.make(tmp_path / "out", keep=keep) == (2 * CHIPS, 2)
    counter.make(tmp_path / "plain", keep=keep)
    assert files(tmp_path / "out") == files(tmp_path / "plain")


def test_two_runs_at_once_in_one_folder_are_kept_apart(counter: Counter, tmp_path: Path) -> None:
    inner: list[tuple[int, int]] = []

    def once(step: lulc.Progress) -> None:
        if step.stage == "predict" and step.done == CHIPS + 1:
            inner.append(counter.make(tmp_path / "out"))

    report = lulc.make_map(counter.request(), tmp_path / "out", progress=once)
    assert (inner, report.taken_over) == ([(4 * CHIPS, 0)], 0)
    lulc.check_files(tmp_path / "out")
    assert len(list((tmp_path / "out").glob(".*"))) == 2


def written(path: Path) -> dict[str, Any]:
    path.parent.mkdir()
    path.write_bytes(b"other")
    return {}


CHANGES: dict[str, Callable[[Counter], dict[str, Any]]] = {
    "mask": lambda _: {"mask": "none"},
    "chips": lambda _: {"chip": 24},
    "overlap": lambda _: {"overlap": 6},
    "probabilities": lambda _: {"probabilities": True},
    "quicklooks": lambda _: {"quicklooks": True},
    "grid": lambda c: {"region": lulc.Region.from_grid(c.request().region.grid[1:, :], name="catalog")},
    "weights of the network": lambda c: {"model": write_model(c.model, seed=1)},
    "weights in a folder below": lambda c: written(c.model / "data" / "weights.bin"),
    "card of the network": lambda c: {"model": write_model(c.model, scaling={"kind": "clip", "low": 0, "high": 2})},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_decides_the_predictions_changes_every_fingerprint(
    counter: Counter, change: Callable[[Counter], dict[str, Any]]
) -> None:
    before = counter.fingerprints()
    assert before == counter.fingerprints(weights={"crops": 2.0}, max_scenes=1, timeout=9)
    assert not set(before) & set(counter.fingerprints(**change(counter)))


@pytest.mark.parametrize("what", ["item", "image"])
def test_another_item_or_image_changes_the_fingerprint_of_its_scene(counter: Counter, what: str) -> None:
    before = counter.fingerprints()
    if what == "item":
        counter.made.items[1]["properties"]["s2:processing_baseline"] = "05.00"
        counter.made.save()
    else:
        os.utime(counter.made.root / "assets" / "S2A_202004_B03.tif", (0, 0))
    after = counter.fingerprints()
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True, True]


BREAK: dict[str, Callable[[Path], object]] = {
    "a flipped bit": lambda scene: flip(scene / "predictions.zarr" / "label" / "c" / "0" / "0" / "0"),
    "a missing chunk": lambda scene: (scene / "predictions.zarr" / "label" / "c" / "0" / "0" / "0").unlink(),
    "no checksums": lambda scene: (scene / "checksums.sha256").unlink(),
    "checksums that are none": lambda scene: (scene / "checksums.sha256").write_bytes(b"\xff\n"),
    "remarks of something else": lambda scene: (scene / "remarks.json").write_text("{}"),
}


@pytest.mark.parametrize("break_it", BREAK.values(), ids=BREAK.keys())
def test_a_scene_that_broke_is_not_found_and_is_removed(tmp_path: Path, break_it: Callable[[Path], object]) -> None:
    predictions = xr.Dataset(
        {name: (("time", "y", "x"), np.ones((1, 3, 4), np.uint8)) for name in ("label", "confidence")},
        {"time": np.array(["2020-01-01"], "datetime64[ns]")},
    )
    look = ("S2A", "odd values", 0.7)
    scene = KeptScenes(folder=tmp_path / "kept").keep("abc", predictions, look=look, checked=3)
    again = KeptScenes(folder=tmp_path / "kept")
    assert again.find("abc") == scene
    xr.testing.assert_equal(lulc.open_predictions(scene.store).compute(), predictions)
    break_it(scene.folder)
    assert again.find("abc") is None
    assert not scene.folder.exists()
    assert (again.done, again.taken_over) == (1, 1)


def test_what_is_old_or_half_written_is_swept(tmp_path: Path) -> None:
    for name in ("young", "old", ".part-1"):
        (tmp_path / "kept" / name).mkdir(parents=True)
    past = time.time() - (kept_scenes.MOST_DAYS + 1) * 86_400
    os.utime(tmp_path / "kept" / "old", (past, past))
    KeptScenes(folder=tmp_path / "kept").sweep()
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["young"]


@pytest.mark.slow
def test_kills_at_random_moments_never_change_the_result(counter: Counter, tmp_path: Path) -> None:
    counter.make(tmp_path / "plain")
    wanted, choose, seen = files(tmp_path / "plain"), random.Random(0), set()
    with counter.started(tmp_path / "timed") as process:
        begun = has_begun(process)
        process.wait()
    took = time.monotonic() - begun
    for number in range(6):
        out, done = tmp_path / f"out{number}", 0
        for _ in range(2):
            with counter.started(out) as process:
                has_begun(process)
                time.sleep(choose.uniform(0, 1.2) * took)
                process.kill()
            finished = (out / "map.tif").exists()
            assert files(out) == wanted if finished else len(kept(out)) >= done
            done = len(kept(out))
            seen.add("finished" if finished else done)
        assert counter.make(out) == ((4 - done) * CHIPS, done)
        assert files(out) == wanted
    assert len(seen) > 2, seen
