"""While a scene is classified, the next is read and the last one written; nothing else changes."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dask.system
import pytest

import lulc_core as lulc
from lulc_core.cores import at_most
from lulc_core.imagery import loading
from lulc_core.mapping import classification
from lulc_core.mapping.ahead import ahead, reading_ahead
from lulc_core.mapping.kept_scenes import KeptScenes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from making import MadeCatalog

SCENES = 4
PATIENCE_S = 60
"""Nobody waits that long, unless what is waited for never comes."""


@pytest.fixture
def request_(made: MadeCatalog, tiny_model: Path) -> lulc.MapRequest:
    region = lulc.catalog_region(made.root)
    return lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, chip=25, overlap=5)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has, and how many tests run at once."""
    monkeypatch.setattr(dask.system, "CPU_COUNT", 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def own_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(("ahead", "predict"))]


def test_the_next_scene_is_read_and_the_last_one_written_while_one_is_classified(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other; one after the other, they would wait for ever. One scene, no more, is read ahead."""
    read, classified = ([threading.Event() for _ in range(SCENES)] for _ in range(2))
    begun: list[int] = []
    look_at, predict, keep = classification.look_at, classification.label_scenes, KeptScenes.keep

    def reading(*given: Any, **more: Any) -> Any:
        begun.append(len(begun))
        read[begun[-1]].set()
        return look_at(*given, **more)

    def classifying(*given: Any, **more: Any) -> Any:
        number = sum(event.is_set() for event in classified)
        classified[number].set()
        assert all(event.wait(PATIENCE_S) for event in read[: number + 2])
        assert len(begun) <= number + 2
        return predict(*given, **more)

    def keeping(kept: KeptScenes, *given: Any, **more: Any) -> Any:
        assert classified[min(kept.written + 1, SCENES - 1)].wait(PATIENCE_S)
        return keep(kept, *given, **more)

    monkeypatch.setattr(classification, "look_at", reading)
    monkeypatch.setattr(classification, "label_scenes", classifying)
    monkeypatch.setattr(KeptScenes, "keep", keeping)
    report = lulc.make_map(request_, tmp_path / "out")
    assert report.failed == []
    assert not own_threads()


def test_the_network_has_the_next_scene_before_the_last_chips_of_one_are_blended(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the first would wait for ever; progress is told in order all the same."""
    begun, told, predict = [threading.Event() for _ in range(SCENES)], list[int](), classification.label_scenes

    def classifying(*given: Any, **more: Any) -> Any:
        next(event for event in begun if not event.is_set()).set()
        return predict(*given, **more)

    def watch(step: lulc.Progress) -> None:
        if step.stage == "predict":
            told.append(step.done)
            scene, chip = divmod(step.done, 4)
            assert chip or scene == SCENES or begun[scene].wait(PATIENCE_S)

    monkeypatch.setattr(classification, "label_scenes", classifying)
    lulc.make_map(request_, tmp_path / "out", progress=watch)
    assert told == [*range(1, 4 * SCENES + 1)]


def test_a_scene_of_an_earlier_run_is_told_after_the_one_before_it(
    request_: lulc.MapRequest, made: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although its turn begins before the last chips of that one are blended."""
    first, classify = made.root / "assets" / "S2A_202001_B03.tif", classification.Classification._classified
    begun, resumed, told = threading.Event(), threading.Event(), list[tuple[str, int]]()

    def end(step: lulc.Progress) -> None:
        if step.stage == "predict" and step.done == 16:
            raise KeyboardInterrupt

    def classified(self: Any, one: Any, *given: Any) -> Any:
        if one.number == 1:
            begun.set()
        return classify(self, one, *given)

    def watch(step: lulc.Progress) -> None:
        if (step.stage, step.done) == ("predict", 4):
            assert begun.wait(PATIENCE_S)
            assert not resumed.wait(0.1)
        if step.stage == "resume":
            resumed.set()
        if step.stage in ("predict", "resume"):
            told.append((step.stage, step.done))

    hidden = first.rename(first.with_suffix(".hidden"))
    with pytest.raises(KeyboardInterrupt):
        lulc.make_map(request_, tmp_path / "out", progress=end)
    hidden.rename(first)
    monkeypatch.setattr(classification.Classification, "_classified", classified)
    lulc.make_map(request_, tmp_path / "out", progress=watch)
    first_chips, last_chips = ([("predict", chip) for chip in range(at, at + 4)] for at in (1, 13))
    assert told == [*first_chips, ("resume", 2), ("resume", 3), *last_chips]


def test_on_one_core_nothing_is_done_beside_what_is_being_done(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, ahead = list[str](), set[str]()

    def noting(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any, **more: Any) -> Any:
            done.append(f"{name} begins")
            made = act(*given, **more)
            done.append(f"{name} ends")
            return made

        return noted

    def watch(_: lulc.Progress) -> None:
        ahead.update(name for name in own_threads() if name.startswith("ahead"))

    whole = lulc.make_map(request_, tmp_path / "both")
    monkeypatch.setattr(classification, "look_at", noting("reading", classification.look_at))
    monkeypatch.setattr(classification, "label_scenes", noting("classifying", classification.label_scenes))
    monkeypatch.setattr(KeptScenes, "keep", noting("writing", KeptScenes.keep))
    with at_most(1):
        assert lulc.make_map(request_, tmp_path / "one", progress=watch).classes == whole.classes
    steps = [f"{step} {how}" for step in ("reading", "classifying", "writing") for how in ("begins", "ends")]
    assert (done, ahead) == (steps * SCENES, set())


def test_on_one_core_only_what_a_server_sends_is_read_ahead(request_: lulc.MapRequest) -> None:
    here = lulc.search(request_.region, year=2020, catalog=request_.catalog)
    served = [replace(scene, hrefs={"B04": "https://example.org/B04.tif"}) for scene in here]
    assert [reading_ahead(scenes, 3) for scenes in (here, served)] == [3, 3]
    with at_most(1):
        assert [reading_ahead(scenes, 3) for scenes in (here, served)] == [0, 3]


ENDS = (KeyboardInterrupt, lulc.CancelledError, OSError)
"""Of a run, each quickly at some chips, and all at each of them in a long sweep."""


@pytest.mark.parametrize(
    "at, error",
    [
        pytest.param(at, kind, id=f"{at}-{kind.__name__}", marks=() if i % 3 == j else pytest.mark.slow)
        for i, at in enumerate((1, 4, 9, 16))
        for j, kind in enumerate(ENDS)
    ],
)
def test_a_run_that_ends_at_any_chip_leaves_no_thread_and_no_half_scene(
    request_: lulc.MapRequest, tmp_path: Path, error: type[BaseException], at: int
) -> None:
    chips = [0]

    def end(step: lulc.Progress) -> None:
        chips[0] += step.stage == "predict"
        if chips[0] == at:
            raise error("now")

    with pytest.raises(error, match="now"):
        lulc.make_map(request_, tmp_path / "out", progress=end)
    assert not own_threads()
    kept = [path.name for path in (tmp_path / "out").glob(".unfinished/*")]
    assert len(kept) == (at - 1) // 4
    assert not any(name.startswith(".") for name in kept)
    assert lulc.make_map(request_, tmp_path / "out").taken_over == len(kept)


def test_a_scene_that_cannot_be_written_ends_the_run_with_that_error(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = KeptScenes.keep

    def full(kept: KeptScenes, *given: Any, **more: Any) -> Any:
        if kept.written == 1:
            raise lulc.InvalidInputError("The disk is full.")
        return keep(kept, *given, **more)

    monkeypatch.setattr(KeptScenes, "keep", full)
    with pytest.raises(lulc.InvalidInputError, match=r"The disk is full\.") as stopped:
        lulc.make_map(request_, tmp_path / "out")
    assert "1 of 4 scenes is done and kept" in stopped.value.__notes__[0]
    assert not own_threads()


@pytest.mark.parametrize("strict", [False, True])
def test_a_scene_that_cannot_be_read_is_told_in_its_turn(
    request_: lulc.MapRequest, made: MadeCatalog, tmp_path: Path, strict: bool
) -> None:
    """Although the next is read before this one is classified."""
    (made.root / "assets" / "S2A_202004_B03.tif").unlink()
    seen: list[str] = []
    request = lulc.MapRequest(**{name: getattr(request_, name) for name in request_.__slots__} | {"strict": strict})

    def watch(step: lulc.Progress) -> None:
        seen.append(step.detail)

    if not strict:
        report = lulc.make_map(request, tmp_path / "out", progress=watch)
        assert [failed["id"] for failed in report.failed] == ["S2A_202004"]
        return
    with pytest.raises(lulc.UnreachableError, match="S2A_202004"):
        lulc.make_map(request, tmp_path / "out", progress=watch)
    assert "2020-01-15" in seen
    assert "2020-07-15" not in seen


@pytest.mark.parametrize("error, chip", [(KeyboardInterrupt, 1), (lulc.CancelledError, 1), (OSError, 4)])
def test_what_is_read_ahead_stops_at_the_next_block(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], chip: int
) -> None:
    """Also after the network has the last chips of a scene, when the run waits for nothing but the next image."""
    monkeypatch.setattr(loading, "BLOCK_PX", 10)
    started, over, blocks, cancel = threading.Event(), threading.Event(), list[str](), threading.Event()
    read = loading._read_acquisition

    def slowly(parts: Any, grid: Any, bands: Any, dtype: Any) -> Any:
        if parts[0].id == "S2A_202004" and dtype.kind == "f":
            started.set()
            assert over.wait(PATIENCE_S)
            blocks.append(parts[0].id)
            time.sleep(0.1)
        return read(parts, grid, bands, dtype)

    def end(step: lulc.Progress) -> None:
        if (step.stage, step.done) == ("predict", chip):
            assert started.wait(PATIENCE_S)
            over.set()
            if error is not lulc.CancelledError:
                raise error
            cancel.set()

    monkeypatch.setattr(loading, "_read_acquisition", slowly)
    with pytest.raises(error):
        lulc.make_map(request_, tmp_path / "out", progress=end, cancel=cancel)
    assert 0 < len(blocks) < 16
    assert not own_threads()


def test_a_large_scene_is_not_read_ahead(
    request_: lulc.MapRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of them would not fit into memory; the result is the same."""
    whole = lulc.make_map(request_, tmp_path / "whole")
    monkeypatch.setattr(classification, "IN_MEMORY_PX", 0)
    looks, predict = [0], classification.label_scenes

    def counted(*given: Any, **more: Any) -> Any:
        looks[0] += 1
        return None

    def classifying(reflectance: Any, *given: Any, **more: Any) -> Any:
        assert reflectance.chunks
        assert looks[0] == sum(name.startswith("S2A") for name in seen) + 1
        seen.append(str(reflectance.scene.item()))
        return predict(reflectance, *given, **more)

    seen: list[str] = []
    monkeypatch.setattr(classification, "look_at", counted)
    monkeypatch.setattr(classification, "label_scenes", classifying)
    assert lulc.make_map(request_, tmp_path / "parts").classes == whole.classes
    assert len(seen) == SCENES


@pytest.mark.parametrize("at_once", [0, 1, 3])
def test_all_items_are_taken_before_the_last_is_yielded(at_once: int) -> None:
    taken: list[str] = []

    def items() -> Iterator[int]:
        yield from (-1, -2)
        taken.append("all")

    made = ahead(at_once, abs, items())
    assert (next(made), next(made), taken) == (1, 2, ["all"])
    made.close()


def test_what_is_made_ahead_comes_in_order_and_raises_in_its_turn() -> None:
    def third(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    taken, ended = list[int](), threading.Event()
    results = ahead(2, third, (taken.append(i) or i for i in range(9)), ended=ended)  # type: ignore[func-returns-value]
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert taken == [0, 1, 2, 3, 4]
    assert not ended.is_set()
    with pytest.raises(ValueError, match="three"):
        next(results)
    assert ended.is_set()
    assert not own_threads()
