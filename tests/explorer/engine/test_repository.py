"""Places and maps behind one interface: kept on disk, made once, never half."""

from __future__ import annotations

import gc
import json
import re
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lulc_explorer.analysis.uncertainty import disagreement
from lulc_explorer.engine import repository as store_module
from lulc_explorer.engine.classes import PALETTE
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.open_maps import OpenMaps
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE
from lulc_explorer.rendering.palette import NO_DATA, Palette, ink_on
from lulc_explorer.sidebar.weight_effects import weight_effects
from lulc_explorer.tabs.map.clicked_pixel.votes import flip, verdict
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core.locking import alone
from lulc_core.mapping.checksums import write_checksums

if TYPE_CHECKING:
    from collections.abc import Callable

    from lulc_explorer.engine.requests import MapRequest
    from making import MadeCatalog

SHARED = Path(__file__).parents[4] / "shared"
CATALOG = SHARED / "real" / "flanders-2018"
GRID = GeoBox.from_bbox((622_000, 5_633_000, 622_080, 5_633_060), crs="EPSG:32631", resolution=10)


def predictions() -> xr.Dataset:
    """Three scenes of 6 x 8 px; the clearest in summer is the second."""
    rng = np.random.default_rng(0)
    shape = (3, *GRID.shape)
    clear = np.ones(shape, bool)
    clear[2, :3] = False
    made = xr.Dataset(
        {
            "label": (("time", "y", "x"), rng.integers(1, 8, shape).astype(np.uint8)),
            "confidence": (("time", "y", "x"), rng.integers(50, 255, shape).astype(np.uint8)),
            "clear": (("time", "y", "x"), clear),
        },
        coords={
            "time": np.array(["2018-01-05T10:56", "2018-06-30T10:56", "2018-07-02T10:56"], "datetime64[ns]"),
            "scene": ("time", ["a", "b", "c"]),
            "cloud_cover": ("time", [0.0, 0.0, 50.0]),
            "y": GRID.coords["y"].values,
            "x": GRID.coords["x"].values,
        },
    )
    return made.odc.assign_crs(GRID.crs)


def stand_in(calls: list[str]) -> Any:
    """Return a `make_map` that writes a whole result without imagery or network."""

    def make_map(request: lulc.MapRequest, out: Path, *, cancel: threading.Event, **_: object) -> None:
        calls.append(f"{request.region.name} {request.year}")
        out.mkdir(parents=True, exist_ok=True)
        lulc.write_predictions(predictions(), out / "predictions.zarr")
        if cancel.is_set():
            raise lulc.CancelledError("Cancelled")
        report = {"region": request.region.name, "year": request.year, "simulated": False}
        (out / "report.json").write_text(json.dumps(report))
        write_checksums(out)

    return make_map


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []
    monkeypatch.setattr(lulc, "make_map", stand_in(made), raising=False)
    monkeypatch.setattr(lulc, "simulate", lambda *_, **__: Path("nowhere"), raising=False)
    return made


@pytest.fixture
def store(tmp_path: Path) -> MapRepository:
    return MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated")


def made(store: MapRepository, order: MapRequest) -> Any:
    return store.make(order, lambda _: None, threading.Event())


def test_the_built_in_places_are_on_offer_and_say_that_they_are_simulated(store: MapRepository) -> None:
    assert list(store.places) == lulc.region_names()
    assert all(place.simulated for place in store.places.values())


@pytest.mark.skipif(not CATALOG.exists(), reason=f"needs {CATALOG}")
def test_a_folder_of_items_is_a_place_of_its_own(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=CATALOG, model="any")
    place = next(iter(store.places.values()))
    assert (place.key, place.title, place.years, place.simulated) == ("flanders-2018", "Flanders", (2018,), False)
    assert place.region is not None


def test_a_folder_that_cannot_be_read_says_why_when_it_is_chosen(tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=tmp_path / "missing", model="any")
    with pytest.raises(UserError, match="missing"):
        store.request("missing", 2018)


def test_a_place_or_a_year_that_is_not_on_offer_is_refused_with_those_that_are(store: MapRepository) -> None:
    with pytest.raises(UserError, match="belgium, california"):
        store.request("atlantis", 2020)
    with pytest.raises(UserError, match=r"no imagery of 1999.*2019, 2020"):
        store.request("laos", 1999)


def test_a_network_is_made_ready_beside_a_simulation_and_who_cancels_does_not_wait_for_it(
    store: MapRepository, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, enough, ended = threading.Event(), threading.Event(), threading.Event()

    def get_ready(*_: object) -> None:
        begun.set()
        enough.wait(60)
        ended.set()

    def simulate(*_: object, **__: object) -> None:
        assert begun.wait(60)
        raise lulc.CancelledError("Cancelled")

    monkeypatch.setattr(lulc, "get_ready", get_ready, raising=False)
    monkeypatch.setattr(lulc, "simulate", simulate, raising=False)
    made(store, store.request("laos", 2020, imagery=LIVE))
    assert calls == ["laos 2020"]
    assert not begun.is_set()
    with pytest.raises(lulc.CancelledError):
        made(store, store.request("laos", 2020))
    assert not ended.is_set()
    enough.set()


def test_a_map_is_made_once_and_found_again_even_by_another_process(
    store: MapRepository, calls: list[str], tmp_path: Path
) -> None:
    order = store.request("laos", 2020)
    assert store.find(order) is None
    first = made(store, order)
    assert made(store, order) is first
    assert calls == ["laos 2020"]
    other = MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated")
    found = other.find(other.request("laos", 2020))
    assert found is not None
    assert (found.composite.label == first.composite.label).all()


def test_what_a_kill_left_behind_is_not_a_map(store: MapRepository, calls: list[str], tmp_path: Path) -> None:
    order = store.request("laos", 2020)
    half = tmp_path / "cache" / order.key
    half.mkdir(parents=True)
    (half / "map.tif").write_bytes(b"half")
    assert store.find(order) is None
    made(store, order)
    assert not (half / "map.tif").exists()
    assert store.find(order) is not None


def test_what_a_kill_left_of_another_map_is_removed_with_its_lock(
    store: MapRepository, calls: list[str], tmp_path: Path
) -> None:
    cache, made_by_another = tmp_path / "cache", store.request("laos", 2021).key
    for name in ("killed", "to go on with", made_by_another):
        (cache / name).mkdir(parents=True)
        (cache / f"{name}.lock").touch()
    (cache / "to go on with" / ".unfinished" / "scene").mkdir(parents=True)
    with alone(cache / f"{made_by_another}.lock"):
        made(store, store.request("laos", 2020))
        assert (cache / made_by_another).is_dir()
        assert not (cache / "killed").exists()
        assert (cache / "to go on with").is_dir()
        assert [lock.stem for lock in cache.glob("*.lock")] == [made_by_another]


def label_chunk(folder: Path) -> Path:
    return next(path for path in sorted((folder / "predictions.zarr" / "label" / "c").rglob("*")) if path.is_file())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "report.json").write_text(""),
        lambda folder: label_chunk(folder).unlink(),
        lambda folder: label_chunk(folder).write_bytes(label_chunk(folder).read_bytes()[:-9]),
    ],
    ids=["an empty report", "a missing chunk", "half a chunk"],
)
def test_a_map_that_broke_on_disk_is_set_aside_and_made_anew(
    store: MapRepository, calls: list[str], tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    order = store.request("laos", 2020)
    expected = made(store, order).composite.label.copy()
    spoil(tmp_path / "cache" / order.key)
    again = MapRepository(tmp_path / "cache", catalog=None, model="unet-simulated")
    again.places = store.places
    assert again.find(order) is None
    assert (tmp_path / "cache" / ".broken").is_dir()
    np.testing.assert_array_equal(made(again, order).composite.label, expected)
    assert again.find(order) is not None


def test_a_cancelled_map_is_not_kept(store: MapRepository, calls: list[str]) -> None:
    order = store.request("laos", 2020)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(lulc.CancelledError):
        store.make(order, lambda _: None, cancel)
    assert store.find(order) is None


def test_a_map_that_is_made_again_after_a_cancel_goes_on(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    store = MapRepository(tmp_path / "cache", catalog=made.root, model=str(tiny_model))
    order, steps, cancel = store.request(next(iter(store.places)), 2020), [], threading.Event()
    costs = []

    def tell(step: lulc.Progress) -> None:
        steps.append(step.stage)
        costs.extend([step.detail] * (step.stage == "estimate"))
        if steps.count("predict") == 3:
            cancel.set()

    with pytest.raises(lulc.CancelledError):
        store.make(order, tell, cancel)
    assert len(costs) == 1
    assert costs[0].startswith("4 scenes: about")
    steps.clear()
    report = store.make(order, lambda step: steps.append(step.stage), threading.Event()).report
    assert (report["taken_over"], steps.count("resume"), steps.count("predict")) == (3, 3, 1)


def test_one_who_waits_for_another_process_can_still_leave(
    store: MapRepository, calls: list[str], tmp_path: Path
) -> None:
    order = store.request("laos", 2020)
    lock = tmp_path / "cache" / f"{order.key}.lock"
    lock.parent.mkdir(parents=True)
    said, cancel = [], threading.Event()

    def told(progress: lulc.Progress) -> None:
        said.append(progress.stage)
        cancel.set()

    with alone(lock), pytest.raises(lulc.CancelledError):
        store.make(order, told, cancel)
    assert said == ["wait"]
    assert not calls


def test_the_key_depends_on_everything_the_map_does(store: MapRepository, tmp_path: Path) -> None:
    other = MapRepository(tmp_path, catalog=None, model="another")
    keys = {
        store.request("laos", 2020).key,
        store.request("laos", 2021).key,
        store.request("belgium", 2020).key,
        other.request("laos", 2020).key,
    }
    assert len(keys) == 4
    assert store.request("laos", 2020).key in keys


def test_a_scene_is_found_by_its_moment_the_nearest_or_else_the_clearest_of_summer(
    store: MapRepository, calls: list[str]
) -> None:
    result = made(store, store.request("laos", 2020))
    assert result.moments[0] == "2018-01-05T10:56"
    assert result.nearest("2018-01-20") == 0
    assert result.nearest("2018-07-02T10:56") == 2
    assert result.nearest("") == result.nearest("tomorrow") == 1


@pytest.mark.parametrize(
    "moment, nearest, lacking",
    [
        ("2018-07-01", 1, False),
        ("20180701", 1, False),
        ("2018-W26-7", 1, False),
        ("20180701T185031", 1, False),
        ("2018-07-01T20:50+02:00", 1, False),
        ("2018-07-01T18:50", 1, False),
        ("2018-06-30T18:20", 0, False),
        ("2018-07-02", 1, True),
        ("2018-07-01T10:00", 1, True),
        ("0001-01-01", 0, True),
        ("9999-12-31T23:00-05:00", 1, False),
        ("tomorrow", 1, False),
    ],
)
def test_a_scene_is_found_by_every_form_of_its_day_and_time(
    store: MapRepository, calls: list[str], moment: str, nearest: int, lacking: bool
) -> None:
    evenings = np.array(["2018-06-30T18:50", "2018-07-01T18:50:31", "2018-07-03T18:50"], "datetime64[ns]")
    evening = made(store, store.request("laos", 2020))
    evening = replace(evening, predictions=evening.predictions.assign_coords(time=evenings))
    assert (evening.nearest(moment), evening.lacks(moment)) == (nearest, lacking)


def test_areas_follow_the_weights_and_add_up(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    equal, without = result.composite, result.weigh({"trees": 0})
    whole = GRID.shape.x * GRID.shape.y / 100
    assert sum(equal.hectares.values()) == pytest.approx(whole)
    assert equal.hectares[2] > 0
    assert without.hectares[2] == 0
    assert sum(without.hectares.values()) == pytest.approx(whole)


def test_the_ledger_of_every_pixel_decides_as_the_composite_does(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    for weights in ({}, {"trees": 2.5, "crops": 0.0, "grass": 0.3}):
        composite = result.weigh(weights)
        for pixel in np.ndindex(*GRID.shape):
            scores = result.ledger(pixel, weights).scores
            assert (scores[0][0] if scores else 0) == composite.label[pixel]
            assert (scores[1][0] if len(scores) > 1 else 0) == composite.data["runner_up"].values[pixel]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(lulc.LEGEND.names[:-1]), min_size=2, max_size=2, unique=True),
    st.integers(1, 199),
    st.sampled_from([1.0, 0.1, 0.3, 2.5]),
)
def test_the_ledger_says_the_hundredths_of_the_map_and_its_winner_also_at_halves_and_ties(
    store: MapRepository, calls: list[str], pair: list[str], first: int, weight: float
) -> None:
    """Two classes have k and 200 - k of 200 votes: odd shares lie between two hundredths, and 100 tie."""
    made_up, parts = predictions(), np.resize(np.arange(first, 200), GRID.shape)
    parts[1:] = np.resize(np.arange(first | 1, 200, 2), parts[1:].shape)
    parts[0, 0] = 100
    made_up["label"][:2] = np.array([lulc.LEGEND[name].code for name in pair])[:, None, None]
    made_up["confidence"][:2] = np.stack([parts, 200 - parts])
    made_up["label"][2] = 0
    whole = made(store, store.request("laos", 2020))
    result = replace(whole, predictions=made_up, votes=lulc.votes(made_up), _composites=WeakValueDictionary())
    weights = dict.fromkeys(lulc.LEGEND.names, weight)
    composite = result.weigh(weights)
    for pixel in np.ndindex(3, GRID.shape.x):
        ledger = result.ledger(pixel, weights)
        assert ledger.scores[0][0] == composite.label[pixel]
        assert f"with {composite.layer('support')[0][pixel]}\xa0% of the score" in verdict(ledger)


def test_a_runner_up_wins_once_it_weighs_more_than_the_ledger_says(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    for pixel in np.ndindex(*GRID.shape):
        ledger = result.ledger(pixel, {})
        if ledger.flips_at is None:
            continue
        second = lulc.LEGEND[ledger.scores[1][0]]
        heavier = result.ledger(pixel, {second.name: ledger.flips_at * 1.001})
        assert heavier.scores[0][0] == second.code


def test_the_weights_that_the_words_name_make_the_runner_up_win(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    for pixel in np.ndindex(*GRID.shape):
        ledger = result.ledger(pixel, {})
        if ledger.flips_at is None:
            continue
        winner, runner_up = (lulc.LEGEND[code].name for code, _ in ledger.scores[:2])
        above, below = (float(n) for n in re.findall(r"(?:above|below) (\d+\.\d+)", flip(ledger)))
        assert result.ledger(pixel, {runner_up: above + 0.01}).scores[0][0] == lulc.LEGEND[runner_up].code
        assert result.ledger(pixel, {runner_up: max(above - 0.02, 0)}).scores[0][0] == lulc.LEGEND[winner].code
        lighter = result.ledger(pixel, {winner: max(below - 0.01, 0)}).scores[0][0]
        assert lighter == lulc.LEGEND[runner_up].code


def test_what_the_weights_exchange_adds_up_to_the_areas(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    usual, now = result.composite, result.weigh({"trees": 2.5, "crops": 0.0})
    gained = dict.fromkeys(now.hectares, 0.0)
    pairs = now.exchanged(usual)
    for was, became, area in pairs:
        gained[was] -= area
        gained[became] += area
    assert pairs
    assert [area for *_, area in pairs] == sorted((area for *_, area in pairs), reverse=True)
    assert gained == pytest.approx({code: now.hectares[code] - usual.hectares[code] for code in gained})
    assert usual.exchanged(usual) == []
    largest = f"{lulc.LEGEND[pairs[0][0]].name} → " if pairs[0][0] else "no data → "
    assert largest in re.sub("<[^>]*>", "", weight_effects(now, usual))


def test_a_masked_scene_has_no_vote(store: MapRepository, calls: list[str]) -> None:
    ledger = made(store, store.request("laos", 2020)).ledger((0, 0), {})
    assert [vote.clear for vote in ledger.votes] == [True, True, False]
    assert ledger.votes[2].counts_for == 0


def test_layers_of_sureness_are_hundredths_with_no_data_apart(store: MapRepository, calls: list[str]) -> None:
    composite = made(store, store.request("laos", 2020)).composite
    support, whole = composite.layer("support")
    assert whole == 1
    assert (support[composite.label > 0] <= 100).all()
    looks, most = composite.layer("observations")
    assert most == 3
    assert set(np.unique(looks)) == {67, 100}
    assert composite.words("observations")[100] == "3 observations"


def test_scenes_that_agree_have_no_entropy_and_two_even_halves_have_one_bit(
    store: MapRepository, calls: list[str]
) -> None:
    even = np.array([3, 1, 2, 0])[:, None, None] * np.array([[[1], [0]]]) + np.array([[[0], [1]]])
    found = disagreement(np.array([[[2, 4, 0]], [[2, 0, 0]], [[9, 0, 0]]]), np.array([1.0, 2.0, 0.0]))
    assert found[0, :2].tolist() == [1, 0]
    assert np.isnan(found[0, 2])
    assert disagreement(even, np.ones(4))[1, 0] == pytest.approx(2)


def test_a_label_is_as_stable_as_leaving_out_each_scene_shows(store: MapRepository, calls: list[str]) -> None:
    result = made(store, store.request("laos", 2020))
    for weights in ({}, {"trees": 2.5, "crops": 0.0, "grass": 0.3}):
        composite = result.weigh(weights)
        used = result.legend.weights(weights)
        seen, same = np.zeros(GRID.shape), np.zeros(GRID.shape)
        for t in range(3):
            others = result.predictions.isel(time=[i for i in range(3) if i != t])
            label = lulc.decide(lulc.votes(others, lulc.LEGEND), result.legend, weights=weights)["label"].values
            counts = result.predictions["clear"].values[t] & (used[result.scene(t)] > 0)
            seen += counts
            same += counts & (label == composite.label)
        known = composite.label > 0
        expected = np.rint(100 * same[known] / seen[known])
        assert (composite.layer("stability")[0][known] == expected).all()
        assert (composite.layer("stability")[0][~known] == NO_DATA).all()
        assert len(np.unique(expected)) > 1


def test_the_patches_of_a_composite_are_found_once_and_follow_its_weights(
    store: MapRepository, calls: list[str]
) -> None:
    land_cover = made(store, store.request("laos", 2020))
    composite = land_cover.composite
    (pair, _), *_ = composite.contested_pairs()
    found = land_cover.confused_patches(composite, pair, 0.0)
    assert land_cover.confused_patches(composite, pair, 0.0) is found
    assert ((found.ids > 0) == composite.confused(*pair)).all()
    assert all(composite.confused(*pair)[patch.pixel] for patch in found.patches)
    other = land_cover.weigh({"water": 0.2, "trees": 3.0})
    assert land_cover.confused_patches(other, pair, 0.0) is not found


def test_who_asks_for_a_map_that_is_being_read_waits_for_it(
    store: MapRepository, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    order = store.request("laos", 2020)
    made(store, order)
    store._open = OpenMaps()
    read: list[str] = []
    arrived, door = threading.Semaphore(0), store._reading[order.key]

    class Door:
        """The lock that people wait at, which says who has come to it."""

        def __enter__(self) -> None:
            arrived.release()
            door.acquire()

        def __exit__(self, *_: object) -> None:
            door.release()

    def slowly(order: Any, folder: Path) -> Any:
        read.append(order.key)
        assert all(arrived.acquire(timeout=30) for _ in range(4))
        return whole(order, folder)

    whole = store_module.read_land_cover_map
    monkeypatch.setattr(store_module, "read_land_cover_map", slowly)
    monkeypatch.setitem(store._reading, order.key, Door())
    with ThreadPoolExecutor(4) as people:
        found = list(people.map(store.find, [order] * 4))
    assert read == [order.key]
    assert len({id(result) for result in found}) == 1


def test_people_with_equal_weights_share_a_composite_as_long_as_anybody_looks(
    store: MapRepository, calls: list[str]
) -> None:
    result = made(store, store.request("laos", 2020))
    one = result.weigh({"trees": 2.5, "crops": 0.3})
    assert result.weigh({"crops": 0.3, "trees": 2.5}) is one
    assert result.weigh({"trees": 2.5}) is not one
    assert result.weigh({}) is result.composite
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None


def test_the_palette_gives_every_class_its_place_and_the_rest_none() -> None:
    codes = np.array([0, 1, 10, 77], np.uint8)
    assert PALETTE.positions(codes).tolist() == [NO_DATA, 0, 9, NO_DATA]
    assert len(PALETTE.colours) == len(lulc.LEGEND)


def test_a_highlight_fades_all_classes_but_one() -> None:
    palette = Palette([(1, "water", "#0000ff"), (2, "trees", "#00ff00")])
    assert palette.highlighted("trees") == ["#0000ff26", "#00ff00"]
    assert palette.highlighted("") == ["#0000ff", "#00ff00"]
    assert palette.highlighted("", ["water"]) == ["#0000ff00", "#00ff00"]
    assert palette.highlighted("trees", ["trees"]) == ["#0000ff26", "#00ff0000"]
    moved, both = palette.painted(np.array([1, 2, 0], np.uint8), hidden=["trees"], faded=np.array([False, True, True]))
    assert moved.tolist() == [0, 3, NO_DATA]
    assert both == ["#0000ff", "#00ff0000", "#0000ff26", "#00ff0000"]


@pytest.mark.parametrize("colour, ink", [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#c4281b", "#ffffff")])
def test_ink_reads_on_its_ground(colour: str, ink: str) -> None:
    assert ink_on(colour) == ink
