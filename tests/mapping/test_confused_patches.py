"""Confused patches and their probable causes: votes with a planted cause, and a simulated place of known truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  # the accessor
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from scipy import ndimage

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Plant = Callable[[NDArray[np.uint8], NDArray[np.bool_]], None]

GRASS, CROPS, TREES, CLOUDS = (lulc.LEGEND[name].code for name in ("grass", "crops", "trees", "clouds"))
PAIR = (GRASS, CROPS)
DATES = np.array([f"2021-{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 16)], "datetime64[ns]")
SIDE = 60
PATCH = np.s_[20:30, 20:30]
"""One hectare, in which a cause is planted."""


def votes(plant: Plant, dates: int = 12, side: int = SIDE) -> xr.Dataset:
    """Predictions of trees all year, into whose labels and masks something is planted."""
    label, clear = np.full((dates, side, side), TREES, np.uint8), np.ones((dates, side, side), np.bool_)
    plant(label, clear)
    corners = (600_000, 5_600_000, 600_000 + 10 * side, 5_600_000 + 10 * side)
    grid = GeoBox.from_bbox(corners, "EPSG:32631", resolution=10)
    rasters = {"label": label, "confidence": np.full_like(label, 200), "clear": clear}
    flat = xr_zeros(grid, "uint8")
    data = xr.Dataset({name: (("time", "y", "x"), values) for name, values in rasters.items()}, flat.coords)
    return data.assign_coords(time=DATES[np.linspace(0, len(DATES) - 1, dates).astype(int)])


def found(predictions: xr.Dataset, least_ha: float = 0.5) -> lulc.ConfusedPatches:
    equal = {c.name: min(c.weight, 1.0) for c in lulc.LEGEND}
    return lulc.confused_patches(lulc.composite(predictions, weights=equal), predictions, PAIR, least_ha=least_ha)


def few(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    label[::2, *PATCH] = CROPS
    clear[3:, 15:35, 15:35] = False


def leaks(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    for date in (1, 4, 8):
        clear[date], label[date, *PATCH] = False, CROPS
        clear[date, *PATCH] = True


def edge(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
    label[:, :, :30], label[:, :, 30:] = GRASS, CROPS
    label[::2, 5:55, 29:31] = CROPS
    label[1::2, 5:55, 29:31] = GRASS


def summer(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    label[5:9, *PATCH] = CROPS


def turn_of_the_year(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    label[:2, *PATCH] = label[-2:, *PATCH] = CROPS


def to_and_fro(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    label[1::3, *PATCH] = CROPS


def chequered(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
    label[:, *PATCH] = GRASS
    rows, columns = np.indices(label.shape[1:])
    for date in range(len(label)):  # no pixel sees one class only: each changes sides from date to date
        label[date, *PATCH][((rows + columns) // 2 + date)[PATCH] % 2 == 0] = CROPS


@pytest.mark.parametrize(
    "plant, cause, why",
    [
        (few, "few-dates", "3 clear dates on most of the patch"),
        (leaks, "mask-leaks", "100 % of the votes for crops come from 3 dates next to cloud"),
        (edge, "field-edge", "a strip of 1 to 2 pixels between grass and crops"),
        (summer, "season", ", else grass, on 12 dates"),
        (turn_of_the_year, "season", "crops from November to February, else grass, on 12 dates"),
        (chequered, "mixed", "on 12 of 12 clear dates some pixels are grass and some crops"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_planted_cause_is_found(plant: Plant, cause: str, why: str) -> None:
    (patch,) = found(votes(plant)).patches
    assert patch.cause == cause
    assert patch.why.endswith(why)


def test_two_near_dates_that_disagree_are_named() -> None:
    (patch,) = found(votes(to_and_fro, dates=24)).patches
    assert (patch.cause, patch.why) == ("two-dates", "grass on 16 February, crops on 1 March")
    (patch,) = found(votes(to_and_fro, dates=6)).patches  # two months apart: nothing says that they disagree
    assert (patch.cause, patch.why) == ("", "")


@pytest.mark.parametrize(
    "plant, dates, seen",
    [
        (summer, 12, lambda votes: (votes[5:9] == CROPS).all() and not (votes[[0, 4, 9]] == CROPS).any()),
        (to_and_fro, 24, lambda votes: (votes[3], votes[4]) == (GRASS, CROPS)),
        (leaks, 12, lambda votes: (votes[[1, 4, 8]] == CROPS).all()),
    ],
)
def test_the_pixel_of_a_patch_votes_as_its_cause_says_though_another_has_a_smaller_margin(
    plant: Plant, dates: int, seen: Callable[[NDArray[np.uint8]], bool]
) -> None:
    def with_the_closest_elsewhere(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
        plant(label, clear)
        label[: dates // 2, 24, 24], label[dates // 2 :, 24, 24] = CROPS, GRASS

    predictions = votes(with_the_closest_elsewhere, dates=dates)
    (patch,) = found(predictions).patches
    assert seen(predictions["label"].values[:, *patch.pixel])


def test_a_cloud_that_the_network_sees_and_the_mask_does_not_tells_a_leak_too() -> None:
    def plant(label: NDArray[np.uint8], _: NDArray[np.bool_]) -> None:
        label[:, *PATCH] = GRASS
        label[2:4, *PATCH] = CROPS
        label[2, 20:25, 20:30] = label[3, 25:30, 20:30] = CLOUDS

    assert {patch.cause for patch in found(votes(plant)).patches} == {"mask-leaks"}


def test_small_patches_are_left_out_and_counted_and_the_most_contested_come_first() -> None:
    def plant(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
        summer(label, clear)  # a hectare, four of twelve dates
        label[:, 40:56, 40:56] = GRASS  # two and a half, one of twelve
        label[3, 40:56, 40:56] = CROPS
        label[:, 5, 5:9] = GRASS  # four pixels
        label[:6, 5, 5:9] = CROPS

    some, every = found(votes(plant)), found(votes(plant), least_ha=0)
    assert [round(patch.hectares, 2) for patch in some.patches] == [1.0, 2.56]
    assert some.smaller_ha == pytest.approx(0.04)
    assert (len(every.patches), every.smaller_ha) == (3, 0)
    for number, patch in enumerate(some.patches, 1):
        assert some.ids[patch.pixel] == number
        top, left, bottom, right = patch.box
        assert (some.ids[top:bottom, left:right] == number).sum() == round(patch.hectares * 100)
    assert sum(some.tally().values()) == 2


def test_a_pair_that_is_nowhere_confused_has_no_patches() -> None:
    predictions = votes(summer)
    none = lulc.confused_patches(lulc.composite(predictions), predictions, (TREES, CROPS), least_ha=0)
    assert (none.patches, none.smaller_ha, none.tally()) == ((), 0, {})


@pytest.mark.parametrize(
    "pair, least_ha, says",
    [
        ((3, 3), 0.5, "Two different classes"),
        ((3, 77), 0.5, "77"),
        (PAIR, -1.0, "at least 0 ha"),
        (PAIR, np.nan, "0 ha"),
    ],
)
def test_what_cannot_be_asked_is_refused(pair: tuple[int, int], least_ha: float, says: str) -> None:
    predictions = votes(summer)
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.confused_patches(lulc.composite(predictions), predictions, pair, least_ha=least_ha)


def test_a_map_that_lies_nowhere_has_no_areas() -> None:
    predictions = votes(summer).drop_vars(["x", "y", "spatial_ref"])
    with pytest.raises(lulc.InvalidInputError, match="coordinates and a CRS"):
        lulc.confused_patches(lulc.composite(predictions), predictions, PAIR)


def test_on_a_simulated_place_seasons_and_a_mask_that_is_too_small_are_told_apart() -> None:
    place = lulc.simulate_place("belgium", 2021, shape=(96, 96), acquisitions=12)
    fields, meadows = place.truth.values == CROPS, place.truth.values == GRASS
    cloud, when = np.isin(place.scl.values, (0, 3, 8, 9, 10)), place.scl["time"]
    too_small = ndimage.binary_erosion(cloud, np.ones((1, 3, 3)), iterations=4)

    def seasons(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
        label[:], clear[:] = place.truth.values, ~cloud
        label[np.ix_(~when.dt.month.isin([5, 6, 7, 8]).values)] = np.where(fields, GRASS, place.truth.values)

    def leaking(label: NDArray[np.uint8], clear: NDArray[np.bool_]) -> None:
        label[:], clear[:] = place.truth.values, ~too_small
        label[cloud & meadows] = CROPS  # what the network makes of cloud

    by_season, by_leaks = (
        found(votes(plant, side=96).assign_coords(time=when.values), least_ha=0.2) for plant in (seasons, leaking)
    )
    assert set(by_season.tally()) <= {"season", "few-dates"}
    assert fields[by_season.ids > 0].all()
    assert meadows[by_leaks.ids > 0].all()
    assert "mask-leaks" in by_leaks.tally()
    assert "season" not in by_leaks.tally()
