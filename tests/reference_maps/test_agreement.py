"""Agreement against a slow count by hand, and what must hold of any two maps."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from odc.geo.geobox import GeoBox
from scipy import ndimage

import lulc_core as lulc

if TYPE_CHECKING:
    import xarray as xr

CODES = [0, 1, 2, 3, 5, 6, 8]
PIXEL_HA = 0.01
SHAPE = (7, 9)


def raster(codes: np.ndarray | list[list[int]], crs: str = "EPSG:32631") -> xr.DataArray:
    codes = np.asarray(codes, np.uint8)
    grid = GeoBox.from_bbox(
        (500000, 5600000, 500000 + 10 * codes.shape[1], 5600000 + 10 * codes.shape[0]), crs=crs, resolution=10
    )
    return odc.geo.xr.wrap_xr(codes, grid)


def labels(*codes: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.uint8, SHAPE, elements=st.sampled_from(codes or CODES)).map(
        lambda a: np.where(np.indices(SHAPE).sum(0) == 0, 1, a).astype(np.uint8)  # one pixel that both have
    )


def slowly(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Pontius & Millones (2011), eq. 2 to 7, pixel by pixel."""
    pairs = [(i, j) for i, j in zip(ours.ravel().tolist(), theirs.ravel().tolist(), strict=True) if i and j]
    count, n = Counter(pairs), len(pairs)
    classes = {i for pair in pairs for i in pair}
    rows = {g: sum(count[g, j] for j in classes) / n for g in classes}
    columns = {g: sum(count[i, g] for i in classes) / n for g in classes}
    same = {g: count[g, g] / n for g in classes}
    return {
        "overall": sum(same.values()),
        "quantity": sum(abs(columns[g] - rows[g]) for g in classes) / 2,
        "allocation": sum(2 * min(columns[g] - same[g], rows[g] - same[g]) for g in classes) / 2,
    }


@given(labels(), labels())
def test_the_figures_are_those_of_a_slow_count(ours: np.ndarray, theirs: np.ndarray) -> None:
    found, expected = lulc.agreement(raster(ours), raster(theirs)), slowly(ours, theirs)
    assert {key: getattr(found, key) for key in expected} == pytest.approx(expected)
    assert found.area_ha == pytest.approx(PIXEL_HA * np.count_nonzero((ours > 0) & (theirs > 0)))
    assert found.only_ours_ha == pytest.approx(PIXEL_HA * np.count_nonzero((ours > 0) & (theirs == 0)))
    assert found.only_theirs_ha == pytest.approx(PIXEL_HA * np.count_nonzero((ours == 0) & (theirs > 0)))


@given(labels(), labels())
def test_quantity_and_allocation_add_up_and_do_not_care_which_map_is_first(
    ours: np.ndarray, theirs: np.ndarray
) -> None:
    one, other = lulc.agreement(raster(ours), raster(theirs)), lulc.agreement(raster(theirs), raster(ours))
    assert one.quantity + one.allocation == pytest.approx(1 - one.overall)
    assert (one.overall, one.quantity, one.allocation) == pytest.approx(
        (other.overall, other.quantity, other.allocation)
    )
    np.testing.assert_allclose(one.matrix_ha, other.matrix_ha.T)
    for name, figures in one.by_class.items():
        assert (figures.of_ours, figures.of_theirs) == pytest.approx(
            (other.by_class[name].of_theirs, other.by_class[name].of_ours), nan_ok=True
        )


@given(labels(*CODES, 11, 10))
def test_a_map_agrees_wholly_with_itself(codes: np.ndarray) -> None:
    found = lulc.agreement(raster(codes), raster(codes))
    assert (found.overall, found.quantity, found.allocation) == (1, 0, 0)
    assert {figures.of_ours for figures in found.by_class.values()} == {1.0}


@given(labels())
def test_a_map_of_rangeland_agrees_with_one_that_tells_grass_from_scrub(codes: np.ndarray) -> None:
    theirs = np.where(np.isin(codes, (3, 6)), 11, codes)
    found = lulc.agreement(raster(codes), raster(theirs))
    assert found.overall == 1
    assert found.merged == bool((theirs == 11).any())
    assert not found.merged or not {"grass", "scrub/shrub"} & {*found.classes}


def test_an_exchange_is_allocation_and_a_surplus_is_quantity() -> None:
    base = raster([[1, 1, 1, 2, 2, 2]])
    exchanged = lulc.agreement(base, raster([[2, 1, 1, 1, 2, 2]]))
    assert (exchanged.quantity, exchanged.allocation) == pytest.approx((0, 2 / 6))
    surplus = lulc.agreement(base, raster([[2, 1, 1, 2, 2, 2]]))
    assert (surplus.quantity, surplus.allocation) == pytest.approx((1 / 6, 0))
    water = surplus.by_class["water"]
    assert (water.of_ours, water.of_theirs) == pytest.approx((2 / 3, 1))
    assert surplus.to_frame().loc["trees"].tolist() == pytest.approx([0.03, 0.04, 0.03, 1, 3 / 4, 1 / 6, 0])
    assert surplus.matrix().loc["water", "trees"] == pytest.approx(0.01)


def test_clouds_are_no_class_of_land() -> None:
    found = lulc.agreement(raster([[1, 10, 2]]), raster([[1, 2, 10]]))
    assert (found.classes, found.overall) == (("water",), 1)
    assert (found.only_ours_ha, found.only_theirs_ha) == pytest.approx((PIXEL_HA, PIXEL_HA))


def test_areas_are_those_on_the_ground_where_pixels_are_not_of_one_size() -> None:
    grid = GeoBox.from_bbox((4, 45, 5, 60), crs="EPSG:4326", resolution=0.5)
    north, all_water = np.ones(grid.shape, np.uint8), np.ones(grid.shape, np.uint8)
    north[: len(north) // 2] = 2
    found = lulc.agreement(*(odc.geo.xr.wrap_xr(codes, grid) for codes in (all_water, north)))
    areas = lulc.pixel_areas(grid)
    assert found.overall == pytest.approx(areas[len(north) // 2 :].sum() / areas.sum(), rel=1e-4)
    assert found.overall > 0.53


@pytest.mark.parametrize("unit", [1, 4, 9, 25])
@given(codes=labels(1, 2, 5))
def test_patches_of_the_unit_and_larger_ones_stay(unit: int, codes: np.ndarray) -> None:
    from lulc_core.reference_maps.agreement import sieved

    found = sieved(codes, unit)
    for code in (1, 2, 5):
        patches, count = ndimage.label(codes == code)
        for patch in range(1, count + 1):
            if (patches == patch).sum() >= unit:
                assert (found[patches == patch] == code).all()


def test_detail_of_one_map_no_longer_disagrees_at_a_coarser_unit() -> None:
    smooth = np.ones((20, 20), np.uint8)
    speckled = smooth.copy()
    speckled[::4, ::4] = 2
    by_unit = [lulc.agreement(raster(smooth), raster(speckled), unit_px=unit).overall for unit in (1, 4)]
    assert by_unit == [1 - 25 / 400, 1]


def test_no_data_stays_and_is_no_neighbour() -> None:
    ours = np.zeros((5, 5), np.uint8)
    ours[2, 2] = 1
    found = lulc.agreement(raster(ours), raster(np.ones((5, 5))), unit_px=25)
    assert (found.area_ha, found.only_theirs_ha, found.overall) == pytest.approx((PIXEL_HA, 24 * PIXEL_HA, 1))


def test_what_cannot_be_compared_is_refused() -> None:
    one = raster([[1, 2]])
    for other, unit, says in (
        (raster([[1, 2, 3]]), 1, "on one grid"),
        (raster([[1, 77]]), 1, "not in the legend"),
        (raster([[0, 0]]), 1, "No pixel has a class in both"),
        (one, 0, "1 pixel or more; got 0"),
    ):
        with pytest.raises(lulc.InvalidInputError, match=says):
            lulc.agreement(one, other, unit_px=unit)


def test_three_maps_in_every_combination_of_two_classes_and_no_data() -> None:
    cells = np.array([*product((0, 1, 2, 5), repeat=3)], np.uint8)
    maps = [raster(cells[None, :, i]) for i in range(3)]
    found = lulc.disagreement(maps, ["a", "b", "c"])
    for code, (a, b, c) in zip(found.label.values[0].tolist(), cells.tolist(), strict=True):
        said = "" if code == 0 else found.legend[code].name
        if 0 in (a, b, c):
            assert said == ""
        elif len({a, b, c}) == 3:
            assert said == "all differ"
        elif a == b == c:
            assert said == "all agree"
        else:
            odd = "a" if b == c else "b" if a == c else "c"
            assert said == f"only {odd} differs"
    assert found.to_frame()["share"].sum() == pytest.approx(1)
    assert found.to_frame().loc["all agree", "area_ha"] == pytest.approx(3 * PIXEL_HA)


def test_grass_and_scrub_are_one_in_all_three_if_they_are_in_one() -> None:
    maps = [raster([codes]) for codes in ([3, 6, 3], [11, 11, 1], [6, 3, 6])]
    found = lulc.disagreement(maps, ["ours", "io", "other"])
    assert [found.legend[int(code)].name for code in found.label.values[0]] == [
        "all agree",
        "all agree",
        "only io differs",
    ]


def test_three_maps_are_three() -> None:
    one = raster([[1, 2]])
    for maps, names in (([one, one], ["a", "b"]), ([one] * 3, ["a", "a", "b"])):
        with pytest.raises(lulc.InvalidInputError, match="Three maps with three different names"):
            lulc.disagreement(maps, names)
    with pytest.raises(lulc.InvalidInputError, match="No pixel has a class in all three"):
        lulc.disagreement([one, one, raster([[0, 0]])], ["a", "b", "c"])
