import pytest
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc


@pytest.mark.parametrize(
    "bbox, says",
    [
        ((5, 50, 4, 51), "reversed"),
        ((179, -17, -179, -16), "antimeridian"),
        ((4, 51, 5, 50), "south >= north"),
        ((4, 50, 4, 51), "west >= east"),
        ((4, 50, 5), "four finite numbers"),
        ((4, 50, 5, float("nan")), "four finite numbers"),
        ((4, 50, 400, 51), "longitudes"),
        ((-33.5, 151, -33.4, 151.1), "latitudes .* If latitude came first, give 151.0 -33.5 151.1 -33.4"),
        ((4, 88, 5, 89), "latitudes"),
        ((4, 50, 12, 51), "UTM zone has 6 .*Split it\\.$"),
        ((4.7, 4.8, 50.85, 50.92), "UTM zone .* west east south north, .* give 4.7 50.85 4.8 50.92"),
        ((150, 151, -34, -33), "latitudes .* west east south north, .* give 150.0 -34.0 151.0 -33.0"),
        ((30, 31, 1, 2), "west >= east .* give 30.0 1.0 31.0 2.0"),
    ],
)
def test_a_bad_box_is_refused_with_what_came_and_what_to_do(bbox: tuple[float, ...], says: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says) as caught:
        lulc.Region.from_bbox(bbox)
    assert str(bbox[0]) in str(caught.value)


@given(st.floats(-179, 178), st.floats(-79, 82), st.floats(0.001, 0.2), st.floats(0.001, 0.2))
def test_a_grid_covers_its_box_on_whole_ten_metre_pixels(
    west: float, south: float, width: float, height: float
) -> None:
    region = lulc.Region.from_bbox((west, south, west + width, south + height))
    covered = region.grid.footprint("EPSG:4326").boundingbox
    slack = 1e-6
    assert covered.left <= west + slack
    assert covered.right >= west + width - slack
    assert covered.bottom <= south + slack
    assert covered.top >= south + height - slack
    assert region.grid.transform.c % 10 == region.grid.transform.f % 10 == 0
    assert region.grid.crs.proj.utm_zone[:-1] == str(int((west + width / 2 + 180) // 6 + 1))


def test_each_built_in_region_is_ten_by_ten_kilometres() -> None:
    for name in lulc.region_names():
        region = lulc.Region.named(name)
        assert (region.grid.shape, region.area_ha) == ((1000, 1000), 10_000)


def test_an_unknown_region_says_which_there_are() -> None:
    with pytest.raises(lulc.NotFoundError, match="belgium, california, costa_rica, laos"):
        lulc.Region.named("atlantis")
