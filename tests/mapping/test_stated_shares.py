"""What an item says of its clouds, shadows and no data, held against its pixels."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from making import MadeCatalog
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core.imagery.items import read_item, scene_from_item
from lulc_core.mapping.stated_shares import contradicted, worded

if TYPE_CHECKING:
    from pathlib import Path

GRID = GeoBox.from_bbox((600_000, 5_700_000, 600_400, 5_700_400), crs="EPSG:32631", resolution=10)
CLEAR, CLOUD, SHADOW, NOTHING = 4, 9, 3, 0
NAMES = {"cloud_cover": "eo:cloud_cover", "cloud_shadow": "s2:cloud_shadow_percentage", "nodata": "statistics.nodata"}


def scene(*, tile: str = "31UFS", whole_m: int = 400, **shares: float) -> lulc.Scene:
    return lulc.Scene(
        id=f"a{tile}",
        datetime=datetime(2021, 6, 1, tzinfo=UTC),
        mgrs_tile=tile,
        boa_offset=0,
        footprint=shapely.box(0, 0, 1, 1),
        hrefs={},
        acquisition="x",
        bounds={"SCL": ("EPSG:32631", (600_000, 5_700_400 - whole_m, 600_000 + whole_m, 5_700_400))},
        shares_said={field: NAMES[field] for field in shares},
        **{"cloud_cover": 0.0, **shares},  # type: ignore[arg-type]
    )


def classes(code: int, share: float = 1.0) -> np.ndarray:
    """Clear but for a share of the rows."""
    found = np.full(GRID.shape, CLEAR, np.uint8)
    found[: round(share * len(found))] = code
    return found


@pytest.mark.parametrize(
    "said, code, share, words",
    [
        ({"nodata": 60.0}, NOTHING, 0.0, "its statistics.nodata is 60 %, but by its pixels it is 0 %"),
        ({"nodata": 60.0}, NOTHING, 0.5, None),
        ({"nodata": 0.0}, NOTHING, 0.5, "its statistics.nodata is 0 %, but by its pixels it is 50 %"),
        ({}, NOTHING, 0.5, None),
        ({"cloud_shadow": 70.0}, SHADOW, 0.1, "its s2:cloud_shadow_percentage is 70 %, but by its pixels it is 10 %"),
        ({"cloud_cover": 3.0}, CLOUD, 0.9, "its eo:cloud_cover is 3 %, but by its pixels it is 90 %"),
        ({"cloud_cover": 0.9}, CLOUD, 0.9, "90 %; it seems to be a share of 0-1"),
        ({"cloud_cover": 80.0}, CLOUD, 0.9, None),
        (
            {"cloud_cover": 90.0, "nodata": 60.0},
            NOTHING,
            0.6,
            "its eo:cloud_cover is 90 %, but by its pixels it is 0 %",
        ),
    ],
)
def test_a_share_that_the_pixels_contradict_is_told_with_both(
    said: dict[str, float], code: int, share: float, words: str | None
) -> None:
    found = contradicted([scene(**said)], classes(code, share), GRID)
    assert [words in both for _, _, both in found] == ([True] if words else [])


@pytest.mark.parametrize("whole_m, words", [(800, "at least 25 %"), (500, "at least 64 %"), (10_000, None)])
def test_of_an_image_that_is_seen_in_part_the_rest_may_be_anything(whole_m: int, words: str | None) -> None:
    cloudy = contradicted([scene(cloud_cover=0.0, whole_m=whole_m)], classes(CLOUD), GRID)
    clear = contradicted([scene(cloud_cover=100.0, whole_m=whole_m)], classes(CLEAR), GRID)
    told = 100 * (400 / whole_m) ** 2 > 25
    assert [len(cloudy), len(clear)] == [told, told]
    assert not told or (words in cloudy[0][2] and "at most 36 %" in clear[0][2])


def test_two_items_of_one_tile_are_not_told_apart_and_of_two_tiles_each_has_its_pixels() -> None:
    halves = [scene(nodata=100.0), scene(nodata=100.0)]
    assert not contradicted(halves, classes(CLEAR), GRID)
    apart = [scene(nodata=100.0), scene(tile="31UFT", nodata=100.0)]
    found = contradicted(apart, classes(CLEAR), GRID)
    assert worded(found) == [
        "Item a31UFS: its statistics.nodata is 100 %, but by its pixels it is 0 %. So it is in 1 other item."
    ]


@pytest.mark.parametrize("mask", ["scl", "none"])
def test_the_report_of_a_map_tells_statistics_that_its_pixels_contradict(
    tmp_path: Path, tiny_model: Path, mask: str
) -> None:
    made = MadeCatalog(tmp_path / "one", size=20)
    made.add("a", "2021-06-01T10:00:00Z", statistics={"nodata": 60.0, "cloud_shadow": 5.0})
    region = lulc.catalog_region(made.root)
    request = lulc.MapRequest(region=region, year=2021, model=tiny_model, catalog=made.root, mask=mask)
    report = lulc.make_map(request, tmp_path / "out")
    assert report.warnings == ["Item a: its statistics.nodata is 60 %, but by its pixels it is 0 %."]


@pytest.mark.parametrize(
    "properties, cover, nodata, says",
    [
        ({"eo:cloud_cover": 40.0, "statistics": {"nodata": 7.0}}, 40, 7, None),
        (
            {"s2:nodata_pixel_percentage": 7.0, "statistics": {"nodata": 70.0}},
            10,
            7,
            "its s2:nodata_pixel_percentage is 7 %, but its statistics.nodata 70 %; used the former",
        ),
        (
            {"statistics": {"high_proba_clouds": 50.0, "medium_proba_clouds": 30.0, "thin_cirrus": 1.0}},
            10,
            0,
            "its eo:cloud_cover is 10, but its parts (statistics.*) are 81 % together; used the former",
        ),
        (
            {
                "statistics": {
                    "nodata": 0.6,
                    "high_proba_clouds": 0.08,
                    "medium_proba_clouds": 0.02,
                    "thin_cirrus": 0.0,
                    "vegetation": 0.9,
                }
            },
            10,
            60,
            "its statistics sum to 1, as shares of 0-1 do; read as these",
        ),
    ],
)
def test_statistics_that_an_item_contradicts_itself_are_told(
    tmp_path: Path, properties: dict[str, object], cover: float, nodata: float, says: str | None
) -> None:
    made = MadeCatalog(tmp_path, size=20)
    made.add("a", "2021-06-01T10:00:00Z", **properties)  # type: ignore[arg-type]
    read = scene_from_item(read_item(made.items[0], tmp_path))
    assert (read.cloud_cover, read.nodata) == (cover, nodata)
    assert [says in remark for remark in read.remarks] == ([True] if says else [])
