import importlib
import itertools
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rasterio.transform import rowcol
from rasterio.warp import transform_geom
from shapely import contains_xy
from shapely.geometry import shape as geometry
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import places
from lulc_core.locking import alone
from lulc_core.simulation.land import Landscape, ground, landscape
from lulc_core.simulation.materials import COVERS, SPECTRA, shares_by_day
from lulc_core.simulation.noise import field, generator, hashed
from lulc_core.simulation.passes import passes
from lulc_core.simulation.styles import STYLES

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
REGIONS = ("belgium", "california", "costa_rica", "laos")


def small(name: str, edge: int = 128) -> lulc.Region:
    whole = lulc.Region.named(name)
    grid = GeoBox((edge, edge), whole.grid.affine, whole.grid.crs)
    return lulc.Region.from_grid(grid, name=name, title=whole.title)


@lru_cache(maxsize=1)
def land_of(name: str, seed: int, shape: tuple[int, int]) -> Landscape:
    """What stays of a place from year to year."""
    return landscape(STYLES[name], (name, seed), shape)


def truth_of(name: str, year: int, seed: int = 0, shape: tuple[int, int] = (1000, 1000)) -> np.ndarray:
    """The truth of a place, without its imagery."""
    return ground(land_of(name, seed, shape), year).truth


def test_the_truth_of_a_place_is_its_ground() -> None:
    place = lulc.simulate_place("laos", 2021, 3, shape=(64, 96), acquisitions=1)
    np.testing.assert_array_equal(place.truth, truth_of("laos", 2021, 3, (64, 96)))
    assert all(lulc.Region.named(name).grid.shape == (1000, 1000) for name in REGIONS)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def laos(cache: Path) -> tuple[Path, list[dict[str, Any]]]:
    """A small place of 2021, as files: the folder and the items."""
    path = lulc.simulate(small("laos"), 2021, cache=cache)
    return path.parent, json.loads(path.read_text())["features"]


def read(folder: Path, item: dict[str, Any], asset: str) -> np.ndarray:
    with rasterio.open(folder / item["assets"][asset]["href"]) as file:
        return file.read(1)


# --- the land ---


@settings(max_examples=8)
@given(
    name=st.sampled_from(REGIONS),
    year=st.sampled_from(list(lulc.SIMULATED_YEARS)),
    seed=st.integers(0, 2**31),
    shape=st.tuples(st.integers(32, 90), st.integers(32, 90)),
)
def test_any_seed_year_and_shape_gives_a_place_that_keeps_the_contract(
    name: str, year: int, seed: int, shape: tuple[int, int]
) -> None:
    place = lulc.simulate_place(name, year, seed, shape=shape, acquisitions=2)
    assert place.truth.shape == shape
    assert set(np.unique(place.truth)) <= set(range(1, 10))
    assert place.reflectance.dtype == np.float32
    assert place.reflectance.band.values.tolist() == list(lulc.BANDS)
    missing = np.isnan(place.reflectance.values)
    np.testing.assert_array_equal(missing.any(1), missing.all(1))
    assert np.nanmin(place.reflectance) > -0.1
    assert np.nanmax(place.reflectance) < 2
    np.testing.assert_array_equal(place.scl.values == 0, missing[:, 0])
    assert place.reflectance.odc.geobox == place.region.grid


def test_the_same_place_is_the_same_to_the_bit() -> None:
    first, again = (lulc.simulate_place("belgium", 2022, 4, shape=(70, 64), acquisitions=3) for _ in range(2))
    for one, other in ((first.truth, again.truth), (first.reflectance, again.reflectance), (first.scl, again.scl)):
        np.testing.assert_array_equal(one, other)


def test_another_seed_is_another_landscape() -> None:
    one, other = (truth_of("laos", 2021, seed, (200, 200)) for seed in (0, 1))
    assert (one == other).mean() < 0.5


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_has_most_land_classes_and_no_clouds(name: str) -> None:
    codes, counts = np.unique(truth_of(name, 2021), return_counts=True)
    assert set(codes) == set(range(1, 10 if name == "california" else 9))
    assert counts[:8].min() > 1_000  # of a million pixels
    assert counts.max() < 600_000


def test_towns_grow_and_never_shrink_where_there_is_no_other_change() -> None:
    years = [truth_of("belgium", year, 2, (300, 300)) for year in (2019, 2021, 2023)]
    built = [truth == lulc.LEGEND["built area"].code for truth in years]
    assert built[0].sum() < built[1].sum() < built[2].sum()
    assert (built[0] & ~built[2]).sum() < 0.01 * built[0].sum()
    assert (years[0] == years[2]).mean() > 0.9


def test_laos_loses_forest_every_year() -> None:
    trees = [(truth_of("laos", year, 1, (300, 300)) == 2).sum() for year in lulc.SIMULATED_YEARS]
    assert all(later < earlier for earlier, later in itertools.pairwise(trees))
    assert trees[-1] < 0.97 * trees[0]


def test_california_burns_then_grows_back_as_grass_and_scrub() -> None:
    years = [truth_of("california", year, 0, (400, 400)) for year in (2020, 2021, 2022, 2023)]
    burned = np.isin(years[0], (2, 6)) & (years[1] == 8)
    assert burned.sum() > 100
    assert set(np.unique(years[2][burned])) <= {3, 7, 8}
    assert (years[2][burned] == 3).mean() > 0.8
    assert (years[3][burned] == 6).mean() > 0.8


def test_lasting_snow_lies_only_on_the_heights_of_california() -> None:
    snow = {name: (truth_of(name, 2020, 1, shape=(500, 500)) == 9).any() for name in REGIONS}
    assert not any(snow[name] for name in REGIONS if name != "california")


# --- the signal ---


def test_every_cover_has_known_spectra_and_shares_of_at_most_one() -> None:
    for name, cover in COVERS.items():
        assert {cover.green, cover.dry, cover.ground, cover.wet} <= set(SPECTRA), name
    assert shares_by_day().sum(-1).max() <= 1
    assert shares_by_day().min() >= 0


def test_a_smooth_field_is_standardised_and_a_hash_is_spread_evenly() -> None:
    values = field(generator("test"), (123, 217), 30)
    assert abs(values.mean()) < 1e-3
    assert values.std() == pytest.approx(1, abs=1e-3)
    spread = np.histogram(hashed(np.arange(100_000), "test"), bins=10, range=(0, 1))[0]
    assert spread.min() > 9_700


def test_the_monsoon_is_cloudier_than_the_dry_season_and_california_s_summer_is_clear() -> None:
    def mean(name: str, months: tuple[int, ...]) -> float:
        region = lulc.Region.named(name)
        return float(np.mean([p.cloud for s in range(6) for p in passes(region, 2021, s) if p.sensed.month in months]))

    assert mean("laos", (6, 7, 8)) > 0.65 > 0.3 > mean("laos", (12, 1, 2))
    assert mean("costa_rica", tuple(range(5, 13))) > 0.55
    assert mean("california", (7, 8)) < 0.15
    assert 0.4 < mean("belgium", tuple(range(1, 13))) < 0.7


def test_passes_do_not_depend_on_other_years_and_never_share_a_day() -> None:
    for style in STYLES.values():
        assert 20 <= style.passes <= 40
    days = [p.sensed.date() for p in passes(lulc.Region.named("laos"), 2022, 0)]
    assert days == sorted(set(days))
    assert {day.year for day in days} == {2022}


def test_the_scene_classification_sees_most_clouds_but_not_all() -> None:
    place = lulc.simulate_place("costa_rica", 2021, 5, shape=(200, 200))
    data = place.scl.values > 0
    seen = np.isin(place.scl.values, (8, 9, 10))[data]
    real = place.clouds.values[data]
    assert 0.80 < seen[real].mean() < 0.999
    assert 0.001 < seen[~real].mean() < 0.25


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="real Flanders lies in ../shared, which is not there")
def test_monthly_medians_of_belgium_lie_within_the_real_ones_of_flanders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    compared = importlib.import_module("benchmarks.simulated_vs_real").compare()
    assert len(compared) == 3 * 11 * 6  # no clear acquisition in December 2018
    misfits = [
        f"{c.land_cover} {c.month} {c.band} {c.simulated:.4f} not in {c.low:.4f}-{c.high:.4f}"
        for c in compared
        if not c.fits
    ]
    assert not misfits


# --- the items ---


def test_items_are_valid_stac_and_have_the_form_of_real_ones(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, features = laos
    assert len(features) >= 20
    for feature in features:
        item = pystac.Item.from_dict({**feature, "stac_extensions": []})  # extension schemas lie on the network
        item.validate()
        assert feature["id"].startswith("SIMULATED_S2")
        assert feature["properties"]["lulc:simulated"] is True
        assert "simulated" in feature["properties"]["title"].lower()
        assert feature["properties"]["s2:mgrs_tile"] == "48QTF"
        assert set(feature["assets"]) == {"B02", "B03", "B04", "B08", "B11", "B12", "SCL"}
    assert len({f["id"] for f in features}) == len(features)
    assert all("SIMULATED" in path.name for path in (folder / "assets").iterdir())


@pytest.mark.skipif(not SHARED.exists(), reason="real items lie in ../shared, which is not there")
def test_items_have_no_property_that_real_ones_lack_but_the_label(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    real = next((SHARED / "stac-items" / "sentinel-2-l2a").glob("S2A_*T59ULA*.json"))
    known = json.loads(real.read_text())
    ours = laos[1][0]
    assert set(ours["properties"]) - set(known["properties"]) == {"title", "description", "lulc:simulated"}
    assert set(known) <= set(ours) | {"links"}
    for key, asset in ours["assets"].items():
        assert set(asset) - {"file:checksum", "file:size"} == set(known["assets"][key])
        assert asset["title"] == known["assets"][key]["title"]


def test_a_byte_that_flips_in_the_cache_is_noticed(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = laos
    region = lulc.catalog_region(folder)
    scene = lulc.search(region, year=2021, catalog=folder)[0]
    path = Path(scene.hrefs["B04"])
    whole = path.read_bytes()
    assert len(whole) == scene.sizes["B04"]
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    try:
        with pytest.raises(lulc.UnreachableError, match=f"the bytes of {path.name} are not those"):
            lulc.load([scene], region.grid[:8, :8], ["B04"]).compute()
    finally:
        path.write_bytes(whole)
    assert np.isfinite(lulc.load([scene], region.grid[:8, :8], ["B04"]).values).any()


def test_files_are_tiled_with_the_grid_and_no_data_that_the_items_say(
    laos: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, features = laos
    for key, asset in features[0]["assets"].items():
        with rasterio.open(folder / asset["href"]) as file:
            assert list(file.shape) == asset["proj:shape"]
            assert list(file.transform)[:6] == asset["proj:transform"]
            assert file.nodata == 0
            assert file.dtypes == ("uint8" if key == "SCL" else "uint16",)
            assert file.tags()["LULC_SIMULATED"] == "true"
    with rasterio.open(folder / "truth.tif") as file:
        assert file.colormap(1)[5][:3] == lulc.LEGEND["crops"].colour


@pytest.mark.parametrize(
    "year, baseline, offset",
    [(2019, "02.12", 0), (2021, "03.01", 0), (2022, "04.00", 1000), (2023, "05.09", 1000)],
)
def test_digital_numbers_carry_the_offset_of_their_baseline(year: int, baseline: str, offset: int, cache: Path) -> None:
    region = small("belgium", 64)
    path = lulc.simulate(region, year, cache=cache)
    items = json.loads(path.read_text())["features"]
    assert {i["properties"]["s2:processing_baseline"] for i in items} == {baseline, "05.10"}
    place = lulc.simulate_place(region, year)
    item = next(i for i in items if i["properties"]["s2:processing_baseline"] == baseline)
    scene = place.reflectance.sel(time=item["properties"]["datetime"][:19], band="B08").values
    written = read(path.parent, item, "B08")
    valid = written > 0
    np.testing.assert_allclose(written[valid], np.clip(scene[valid] * 10_000 + offset, 1, None), atol=0.51)


def test_a_reprocessing_shows_the_same_ground_under_a_later_baseline(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, features = laos
    later = [f for f in features if f["properties"]["s2:processing_baseline"] == "05.10"]
    assert len(later) == 2
    for new in later:
        old = next(f for f in features if f["properties"]["datetime"] == new["properties"]["datetime"] and f is not new)
        assert old["properties"]["s2:generation_time"] < new["properties"]["s2:generation_time"]
        before, after = (read(folder, f, "B04").astype(int) for f in (old, new))
        lit = before > 1
        np.testing.assert_array_equal(after[lit] - 1000, before[lit])


def test_a_split_datatake_gives_two_items_that_complete_each_other(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, features = laos
    datatakes = [f["properties"]["s2:datatake_id"] for f in features]
    (split,) = {d for d in datatakes if datatakes.count(d) == 2}
    north, south = (read(folder, f, "B04") > 0 for f in features if f["properties"]["s2:datatake_id"] == split)
    assert not (north & south).any()
    assert (north | south).all()


def test_beyond_the_swath_there_is_no_data_in_any_band_and_the_footprint_ends(cache: Path) -> None:
    path = lulc.simulate(small("laos"), 2023, cache=cache)
    features = json.loads(path.read_text())["features"]
    cut = [f for f in features if f["properties"]["s2:nodata_pixel_percentage"] > 5 and "R061" in f["id"]]
    assert cut
    for item in cut:
        missing = read(path.parent, item, "SCL") == 0
        assert 100 * missing.mean() == pytest.approx(item["properties"]["s2:nodata_pixel_percentage"], abs=1e-4)
        for band in ("B02", "B03", "B04", "B08"):
            np.testing.assert_array_equal(read(path.parent, item, band)[::2, ::2] == 0, missing)
        np.testing.assert_array_equal(read(path.parent, item, "B11") == 0, missing)
        assert _share_outside_footprint(item, missing) < 0.02


def _share_outside_footprint(item: dict[str, Any], missing: np.ndarray) -> float:
    """Share of pixels that the footprint has and the image has not, or the other way round."""
    utm = geometry(transform_geom("EPSG:4326", f"EPSG:{item['properties']['proj:epsg']}", item["geometry"]))
    affine = rasterio.Affine(*item["assets"]["SCL"]["proj:transform"])
    rows, columns = np.indices(missing.shape)
    x, y = affine @ (columns + 0.5, rows + 0.5)
    assert rowcol(affine, x[0, 0], y[0, 0]) == (0, 0)
    return float((contains_xy(utm, x, y) == missing).mean())


def test_search_select_and_load_read_a_place_back_as_it_was_made(laos: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = laos
    region = small("laos")
    scenes = lulc.select(lulc.search(region, year=2021, catalog=str(folder / "items.json")))
    assert all(scene.simulated for scene in scenes)
    loaded = lulc.load(scenes, region.grid).compute()
    made = lulc.simulate_place(region, 2021).reflectance
    days = made["time"].values.astype("datetime64[D]").tolist()
    for scene in loaded:
        seen = made[days.index(scene["time"].values.astype("datetime64[D]").item())]
        for band in ("B04", "B08"):
            # Without an offset, a digital number cannot say less than 1: the darkest are compared as equal.
            read_back, as_made = (np.maximum(image.sel(band=band), 1e-3) for image in (scene, seen))
            np.testing.assert_allclose(read_back, as_made, atol=2e-4)


def test_the_truth_is_read_back_on_the_regions_grid(laos: tuple[Path, list[dict[str, Any]]], cache: Path) -> None:
    truth = lulc.simulated_truth(small("laos"), 2021, cache=cache)
    assert truth.odc.geobox == small("laos").grid
    np.testing.assert_array_equal(truth, lulc.simulate_place(small("laos"), 2021, acquisitions=1).truth)


# --- the cache ---

MAKE = textwrap.dedent("""
    import sys
    from pathlib import Path
    from odc.geo.geobox import GeoBox
    import lulc_core as lulc
    whole = lulc.Region.named("laos")
    grid = GeoBox((96, 96), whole.grid.affine, whole.grid.crs)
    region = lulc.Region.from_grid(grid, name="laos")
    show = lambda p: print(p.done, flush=True)
    print(lulc.simulate(region, 2020, cache=Path(sys.argv[1]), progress=show), flush=True)
""")


def make_elsewhere(cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", MAKE, str(cache)], stdout=subprocess.PIPE, text=True, cwd=ROOT)


def test_a_place_is_made_once_and_then_found(laos: tuple[Path, list[dict[str, Any]]], cache: Path) -> None:
    called = []
    assert lulc.simulate(small("laos"), 2021, cache=cache, progress=called.append) == laos[0] / "items.json"
    assert not called


def test_a_cache_whose_maker_was_killed_half_way_is_cleaned_and_made_again(tmp_path: Path) -> None:
    maker = make_elsewhere(tmp_path)
    assert maker.stdout is not None
    for line in maker.stdout:
        if int(line) >= 3:
            break
    os.kill(maker.pid, signal.SIGKILL)
    maker.wait()
    assert [p.name for p in (tmp_path / "simulated").glob(".*.part-*")]
    assert not list((tmp_path / "simulated").glob("*/items.json"))
    other = lulc.simulate(small("laos", 64), 2019, cache=tmp_path)  # whatever is made next tidies up
    assert list((tmp_path / "simulated").iterdir()) == [other.parent]
    assert lulc.simulate(small("laos", 96), 2020, cache=tmp_path).exists()


def test_two_processes_that_want_the_same_place_both_get_it(tmp_path: Path) -> None:
    makers = [make_elsewhere(tmp_path) for _ in range(2)]
    said = [maker.communicate(timeout=300)[0].splitlines() for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0]
    assert said[0][-1] == said[1][-1]
    assert min(len(lines) for lines in said) == 1  # one of them waited and found it
    assert len(list((tmp_path / "simulated").glob("*/items.json"))) == 1
    assert len(list((tmp_path / "simulated").iterdir())) == 1


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    stop = threading.Event()
    with pytest.raises(lulc.CancelledError):
        lulc.simulate(
            small("laos"), 2019, cache=tmp_path, progress=lambda p: stop.set() if p.done == 2 else None, cancel=stop
        )
    assert list((tmp_path / "simulated").iterdir()) == []


def test_waiting_for_another_maker_can_be_cancelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, started, waits = threading.Event(), threading.Event(), threading.Event()
    first_stop = threading.Event()

    def slow(_: lulc.Progress) -> None:
        started.set()
        first_stop.wait(30)

    monkeypatch.setattr("lulc_core.simulation.places.alone", partial(alone, waiting=waits.set))
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lulc.simulate, small("laos", 64), 2019, cache=tmp_path, progress=slow)
        assert started.wait(30)
        second = pool.submit(lulc.simulate, small("laos", 64), 2019, cache=tmp_path, cancel=stop)
        assert waits.wait(30)
        stop.set()
        with pytest.raises(lulc.CancelledError):
            second.result(timeout=10)
        first_stop.set()
        assert first.result(timeout=60).exists()


def test_the_default_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LULC_CACHE", str(tmp_path / "chosen"))
    assert lulc.default_cache() == tmp_path / "chosen"
    monkeypatch.delenv("LULC_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert lulc.default_cache() == tmp_path / "lulc-explorer"


# --- what cannot be made ---


@pytest.mark.parametrize("year", [2018, 2024])
def test_a_year_without_places_is_an_error_that_names_the_years(year: int) -> None:
    with pytest.raises(lulc.InvalidInputError, match="2019 to 2023"):
        lulc.simulate("laos", year)


def test_a_place_of_unknown_look_is_an_error_that_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match="belgium"):
        lulc.simulate(lulc.Region.from_bbox((4.75, 50.85, 4.80, 50.90)), 2021, cache=tmp_path)


def test_a_negative_seed_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"seed .* got -1"):
        lulc.simulate("laos", 2021, seed=-1, cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(lulc.InvalidInputError, match=r"Cannot write to .*file"):
        lulc.simulate(small("laos", 64), 2021, cache=tmp_path / "file")


@pytest.mark.parametrize("seed, shape, count", [(-1, (64, 64), 1), (0, (16, 64), 1), (0, (64, 64), 0)])
def test_a_negative_seed_a_tiny_shape_or_no_acquisition_is_an_error(
    seed: int, shape: tuple[int, int], count: int
) -> None:
    with pytest.raises(lulc.InvalidInputError, match="got"):
        lulc.simulate_place("laos", 2021, seed, shape=shape, acquisitions=count)


def test_the_name_simulate_can_be_called_whatever_was_imported_first() -> None:
    code = "import lulc_core as lulc; lulc.Place; lulc.simulate('nowhere', 2021)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "NotFoundError" in done.stderr


# --- the command ---


@pytest.fixture
def command() -> typer.Typer:
    app = typer.Typer()
    places.register(app)
    app.command("other")(lambda: None)  # with a single command, Typer drops its name
    return app


def test_the_command_prints_where_the_items_lie(
    command: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = small("laos", 64)
    monkeypatch.setattr(lulc.Region, "named", lambda name: region)
    done = CliRunner().invoke(command, ["simulate", "--region", "laos", "--year", "2020", "--out", str(tmp_path)])
    assert done.exit_code == 0
    assert Path(done.stdout.strip().splitlines()[-1]).exists()


def test_the_command_wants_a_region_and_a_year_or_all(command: typer.Typer) -> None:
    done = CliRunner().invoke(command, ["simulate", "--region", "laos"])
    assert isinstance(done.exception, lulc.InvalidInputError)
