from __future__ import annotations

import re
import threading
import warnings
from typing import TYPE_CHECKING, Any

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from making import write_model
from odc.geo.xr import assign_crs

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from making import MadeCatalog
    from numpy.typing import NDArray

BANDS = ["B04", "B03", "B02"]


def image(height: int, width: int, times: int = 1, seed: int = 0) -> xr.DataArray:
    values = np.random.default_rng(seed).random((times, 3, height, width), np.float32)
    time = np.array([f"2020-{t + 1:02}-01" for t in range(times)], "datetime64[ns]")
    return xr.DataArray(values, dims=("time", "band", "y", "x"), coords={"band": BANDS, "time": time})


@pytest.fixture(scope="module")
def pointwise(tmp_path_factory: pytest.TempPathFactory) -> lulc.Model:
    """A network that looks at one pixel at a time: chips cannot change its answer."""
    return lulc.Model.open(write_model(tmp_path_factory.mktemp("pointwise"), kernel=1))


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> lulc.Model:
    """A network that sees three pixels around."""
    return lulc.Model.open(write_model(tmp_path_factory.mktemp("wide"), kernel=7, size_multiple=4))


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 60), st.integers(0, 29), st.integers(1, 20))
def test_chips_and_blocks_do_not_show_with_a_pointwise_network(
    pointwise: lulc.Model, height: int, width: int, chip: int, overlap: int, block: int
) -> None:
    whole = image(height, width)
    expected = pointwise.probabilities(whole.values)[0]
    lazy = whole.copy(data=da.from_array(whole.values, chunks=(1, 3, block, block)))
    predicted = lulc.predict(lazy, pointwise, chip=chip, overlap=min(overlap, chip - 1), probabilities=True)
    got = predicted.probability.values[0].astype(float) / 255
    np.testing.assert_allclose(got, expected, atol=0.5 / 255 + 1e-5)
    confident = np.sort(expected, axis=0)[-1] - np.sort(expected, axis=0)[-2] > 1e-4
    labels = lulc.LEGEND.codes[expected.argmax(axis=0)]
    np.testing.assert_array_equal(predicted.label.values[0][confident], labels[confident])


def test_with_context_only_pixels_by_the_seams_differ_from_one_pass(wide: lulc.Model) -> None:
    whole = image(200, 160)
    one_pass = lulc.predict(whole, wide, chip=200, probabilities=True).probability.values[0].astype(int)
    by_chip = lulc.predict(whole, wide, chip=80, overlap=20, probabilities=True).probability.values[0].astype(int)
    differs = (np.abs(one_pass - by_chip) > 1).any(axis=0)
    may = np.zeros_like(differs)  # the network sees 3 px: only so near to a chip's edge may it differ
    for edge in (60, 80, 120, 140):
        may[edge - 3 : edge + 3] = True
    for edge in (44, 68, 92, 112):
        may[:, edge - 3 : edge + 3] = True
    assert not differs[~may].any()
    assert differs.any()


def test_a_nan_blanks_its_pixel_and_no_other(wide: lulc.Model) -> None:
    whole = image(60, 60)
    holed = whole.copy(deep=True)
    holed[0, 1, 20, 30] = np.nan
    predicted = lulc.predict(holed, wide, probabilities=True)
    assert predicted.label.values[0, 20, 30] == predicted.confidence.values[0, 20, 30] == 0
    assert (predicted.probability.values[0, :, 20, 30] == 0).all()
    assert (predicted.label.values[0] == 0).sum() == 1
    far = np.hypot(*(np.indices((60, 60)) - np.array([20, 30])[:, None, None])) > 5
    np.testing.assert_array_equal(predicted.label.values[0][far], lulc.predict(whole, wide).label.values[0][far])


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda good: (good * 10_000).astype(np.uint16), "must be float32; got uint16.*x 0.0001"),
        (lambda good: good * 10_000, "scene of 2020-01-01 holds values from .*x 0.0001"),
        (lambda good: good * 100, "scene of 2020-01-01 holds values from"),
        (lambda good: good - 1000, "scene of 2020-01-01 holds values from -1e\\+03 to"),
        (lambda good: good.where(good.y > 0, -9999), "values from -1e.04 to .*NaN where"),
        (lambda good: good / 10_000, "scene of 2020-01-01 holds no value above"),
        (lambda good: good.where(good.time == good.time[0], good * 10_000), "scene of 2020-02-01 holds values from"),
    ],
)
def test_values_that_cannot_be_reflectance_are_refused(
    wide: lulc.Model, wrong: Callable[[xr.DataArray], xr.DataArray], message: str
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=message):
        lulc.predict(wrong(image(40, 40, times=2).assign_coords(y=np.arange(40))), wide, chip=20, overlap=4)


@pytest.mark.parametrize(
    "odd, said",
    [
        (lambda good: good, None),
        (lambda good: good.astype(np.float64), None),
        (lambda good: good.where(good.time != good.time[0], 1.3), None),  # one scene is all cloud
        (lambda good: good.where(good.x != 3, 9), None),  # a few pixels of sun glint
        (lambda good: good + 0.1, r"All pixels have .*offset of the processing baseline \(0.1\) seems to be in it"),
        (lambda good: good * 0.4 - 0.3, r"\d+ % of the pixels have negative reflectance"),
        (lambda good: good + 0.9, r"\d+ % of the pixels have a reflectance above 1"),
    ],
)
def test_values_that_are_doubtful_are_told(
    wide: lulc.Model, odd: Callable[[xr.DataArray], xr.DataArray], said: str | None
) -> None:
    good = image(40, 40, times=3).assign_coords(x=np.arange(40))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        lulc.predict(odd(good), wide)
    messages = [str(w.message) for w in told if w.category is UserWarning]
    assert any(re.search(said, message) for message in messages) if said else not messages


def test_an_empty_scene_is_no_data(wide: lulc.Model) -> None:
    assert (lulc.predict(image(40, 40) * np.nan, wide).label == 0).all()


def test_confidence_is_the_probability_of_the_label(wide: lulc.Model) -> None:
    p = lulc.predict(image(50, 40), wide, chip=32, overlap=8, probabilities=True)
    position = {code: i for i, code in enumerate(lulc.LEGEND.codes.tolist())}
    index = np.vectorize(position.get)(p.label.values)
    best = np.take_along_axis(p.probability.values, index[:, None], axis=1)[:, 0]
    np.testing.assert_array_equal(p.confidence.values, best)
    assert (best == p.probability.max("class").values).all()


def test_bands_are_found_by_name_not_by_place(wide: lulc.Model) -> None:
    whole = image(40, 40)
    xr.testing.assert_equal(lulc.predict(whole.isel(band=[2, 0, 1]), wide), lulc.predict(whole, wide))


def test_progress_counts_every_chip_and_names_the_date(wide: lulc.Model) -> None:
    seen: list[lulc.Progress] = []
    lulc.predict(image(90, 50, times=2), wide, chip=40, overlap=10, progress=seen.append)
    assert [p.done for p in seen] == list(range(1, seen[0].total + 1))
    assert {p.detail for p in seen} == {"2020-01-01", "2020-02-01"}


def test_cancel_stops_before_the_next_chip(wide: lulc.Model) -> None:
    cancel, seen = threading.Event(), []

    def stop_at_three(p: lulc.Progress) -> None:
        seen.append(p)
        if p.done == 3:
            cancel.set()

    with pytest.raises(lulc.CancelledError):
        lulc.predict(image(90, 90), wide, chip=30, overlap=0, progress=stop_at_three, cancel=cancel)
    assert len(seen) == 3


def in_blocks(whole: xr.DataArray, rows: int, read: Callable[[NDArray[Any]], NDArray[Any]]) -> xr.DataArray:
    """The same image, lazy, in blocks of some rows; `read` is called when one is read."""
    lazy = da.from_array(whole.values, chunks=(1, -1, rows, -1)).map_blocks(read, dtype=np.float32, meta=np.empty(0))
    return whole.copy(data=lazy)


def test_the_next_block_is_read_while_the_network_is_busy_and_no_more(wide: lulc.Model) -> None:
    read, wanted = threading.Semaphore(0), []

    def reading(block: NDArray[Any]) -> NDArray[Any]:
        wanted.append(block)
        read.release()
        return block

    def first_chip(p: lulc.Progress) -> None:
        if p.done == 1:
            taken = 1 + wide.network.at_once  # a chip each: the first, and those that the network is given
            for _ in range(taken + 1):  # with no reading ahead, this would wait in vain
                assert read.acquire(timeout=60)
            assert len(wanted) == taken + 1

    whole = image(400, 40)
    predicted = lulc.predict(in_blocks(whole, 40, reading), wide, chip=40, overlap=0, progress=first_chip)
    assert len(wanted) == 10
    xr.testing.assert_equal(predicted, lulc.predict(whole, wide, chip=40, overlap=0))


@pytest.mark.parametrize("nth", [0, 1, 3])
def test_a_block_that_cannot_be_read_ends_it_and_leaves_no_thread(wide: lulc.Model, nth: int) -> None:
    before, whole = set(threading.enumerate()), image(160, 40)
    broken = whole.values[0, 0, 40 * nth, 0]

    def reading(block: NDArray[Any]) -> NDArray[Any]:
        if block[0, 0, 0, 0] == broken:
            raise lulc.UnreachableError("it cannot be read")
        return block

    with pytest.raises(lulc.UnreachableError, match="it cannot be read"), dask.config.set(scheduler="synchronous"):
        lulc.predict(in_blocks(whole, 40, reading), wide, chip=40, overlap=0)
    assert set(threading.enumerate()) <= before


def test_cancelling_leaves_no_thread(wide: lulc.Model) -> None:
    before, cancel = set(threading.enumerate()), threading.Event()
    lazy = in_blocks(image(160, 40), 40, lambda block: block)
    with pytest.raises(lulc.CancelledError), dask.config.set(scheduler="synchronous"):
        lulc.predict(lazy, wide, chip=40, overlap=0, progress=lambda _: cancel.set(), cancel=cancel)
    assert set(threading.enumerate()) <= before


def test_a_missing_band_says_how_to_load_it(wide: lulc.Model) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"B02 is missing.*load\(scenes, grid, model.bands\)"):
        lulc.predict(image(8, 8).isel(band=[0, 1]), wide)


@pytest.mark.parametrize(
    "crs, edge, told",
    [
        ("EPSG:32631", 10, ""),
        ("EPSG:32631", 20, r"^The pixels are 20 x 20 m on the ground\. Networks are made for 10 m"),
        ("EPSG:3857", 10, r"^The pixels are 6\.\d+ x 6\.\d+ m on the ground"),
        ("EPSG:4326", 0.0002, r"^The pixels are 1\d\.\d x 22\.\d m on the ground"),
        (None, 10, ""),
        (None, 20, "20 x 20 m, if their coordinates are in metres"),
        (None, 1, ""),
    ],
)
def test_pixels_of_another_size_than_networks_are_made_for_are_told(
    pointwise: lulc.Model, crs: str | None, edge: float, told: str
) -> None:
    whole = image(12, 12)
    west, north = (4.5, 50.9) if edge < 1 else (600_000, 5_640_000) if crs != "EPSG:3857" else (500_000, 6_600_000)
    placed = whole.assign_coords(y=north - edge * np.arange(12), x=west + edge * np.arange(12))
    placed = assign_crs(placed, crs) if crs else placed
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        lulc.predict(placed, pointwise)
        lulc.predict(whole, pointwise)  # lies nowhere: nothing is known of its pixels
    said = [str(one.message) for one in caught if "pixels are" in str(one.message)]
    assert [bool(re.search(told, one)) for one in said] == ([True] if told else [])


def test_the_report_of_a_map_tells_of_pixels_of_another_size(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    grid = lulc.catalog_region(made.root).grid.zoom_out(2)
    region = lulc.Region.from_grid(grid, name="coarse")
    request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, max_scenes=1)
    assert any("20 x 20 m on the ground" in warning for warning in lulc.make_map(request, tmp_path / "out").warnings)
