from __future__ import annotations

import dataclasses
import json
import re
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from making import shared
from published import ANNUAL, CCI, LCMAP, WORLDCOVER, publish
from stac_server import files_over_http, stac_api

import lulc_core as lulc
from lulc_core._deprecated import RENAMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGION = lulc.Region.from_bbox((4.70, 50.85, 4.71, 50.86), title="Leuven")
CORNER = REGION.grid.transform @ (0, 0)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[list[dict[str, Any]]], str]]:
    """Serve items by a real STAC API, and the files they point to over HTTP."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(items: list[dict[str, Any]]) -> str:
            (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
            files = stack.enter_context(files_over_http(tmp_path, []))
            return stack.enter_context(stac_api(tmp_path / "items.json", tmp_path, files))

        yield start


def annual(folder: Path, name: str, codes: np.ndarray, year: int = 2021, corner: Any = CORNER) -> dict[str, Any]:
    return publish(
        folder, name, codes, collection=ANNUAL, year=year, asset="data", crs=str(REGION.grid.crs), corner=corner
    )


def test_a_map_on_the_same_grid_comes_back_in_our_codes_with_rangeland_kept(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    theirs = np.random.default_rng(0).choice([0, 1, 2, 4, 5, 7, 8, 9, 10, 11], REGION.grid.shape).astype(np.uint8)
    api = serve([annual(tmp_path, "31U-2021", theirs), annual(tmp_path, "31U-2020", theirs * 0 + 2, year=2020)])
    label = lulc.load_reference_map(ANNUAL, REGION, year=2021, catalog=api)
    np.testing.assert_array_equal(label, theirs)  # their codes are ours; 11 is grass or scrub in REFERENCE_LEGEND
    assert label.odc.geobox == REGION.grid
    assert (label.attrs["title"], label.attrs["year"]) == ("Impact Observatory annual map", 2021)
    assert (lulc.load_reference_map(ANNUAL, REGION, year=2020, catalog=api) == 2).all()


def test_the_map_of_the_nearest_year_is_taken_and_named() -> None:
    covers = lulc.REFERENCE_MAPS
    assert [covers[WORLDCOVER].nearest_year(year) for year in (2017, 2020, 2021, 2024)] == [2020, 2020, 2021, 2021]
    assert [covers[ANNUAL].nearest_year(year) for year in (2016, 2019, 2026)] == [2017, 2019, 2023]


def test_two_maps_that_share_a_border_fill_each_other(tmp_path: Path, serve: Callable[..., str]) -> None:
    height, width = REGION.grid.shape
    west = np.full((height, width // 2), 5, np.uint8)
    west[:3] = 0
    whole = np.full((height, width), 2, np.uint8)
    api = serve([annual(tmp_path, "a", west), annual(tmp_path, "b", whole)])
    label = lulc.load_reference_map(ANNUAL, REGION, year=2021, catalog=api).values
    assert set(np.unique(label)) == {2, 5}
    assert (label[:3] == 2).all()
    assert (label[3:, width // 2 :] == 2).all()


def test_another_projection_is_warped_by_the_nearest_pixel_and_never_mixed(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    theirs = np.random.default_rng(1).choice([10, 20, 30, 40, 50, 100], (300, 300)).astype(np.uint8)
    item = publish(
        tmp_path,
        "N50E004",
        theirs,
        collection=WORLDCOVER,
        year=2021,
        asset="map",
        crs="EPSG:4326",
        corner=(4.695, 50.865),
    )
    label = lulc.load_reference_map(WORLDCOVER, REGION, year=2021, catalog=serve([item]))
    ours = {10: 2, 20: 6, 30: 3, 40: 5, 50: 7, 100: 3}
    height, width = REGION.grid.shape
    rows, columns = np.mgrid[5 : height - 5 : 7, 5 : width - 5 : 7]
    x, y = REGION.grid.transform @ (columns + 0.5, rows + 0.5)
    lon, lat = rasterio.warp.transform(REGION.grid.crs.to_wkt(), "EPSG:4326", x.ravel(), y.ravel())
    with rasterio.open(tmp_path / "N50E004.tif") as source:
        expected = [ours[int(value[0])] for value in source.sample(zip(lon, lat, strict=True))]
    agreeing = np.mean(label.values[rows, columns].ravel() == expected)
    assert agreeing > 0.97  # GDAL warps by an approximation of an eighth of a pixel


@pytest.mark.parametrize(
    "collection, asset, year, crs, corner, step, theirs, ours, size",
    [
        (CCI, "lccs_class", 2020, "EPSG:4326", (4.6, 50.95), 1 / 360, (10, 61, 130, 210), (5, 2, 3, 1), "2[4-9]. m"),
        (LCMAP, "lcpri", 2021, str(REGION.grid.crs), CORNER, 30.0, (2, 3, 8), (5, 11, 8), "30 m"),
        (WORLDCOVER, "map", 2021, "EPSG:4326", (4.6, 50.95), 1 / 12_000, (40, 95), (5, 4), ""),
        ("io-lulc", "data", 2020, str(REGION.grid.crs), CORNER, 10.0, (3, 6, 10), (3, 6, 10), ""),
    ],
)
def test_a_collection_is_read_by_its_items_with_its_crosswalk_and_a_word_on_its_pixels(
    tmp_path: Path,
    serve: Callable[..., str],
    collection: str,
    asset: str,
    year: int,
    crs: str,
    corner: Any,
    step: float,
    theirs: tuple[int, ...],
    ours: tuple[int, ...],
    size: str,
) -> None:
    side = int(0.2 / step) if crs == "EPSG:4326" else 120
    codes = np.random.default_rng(2).choice(theirs, (side, side)).astype(np.uint8)
    where = {"asset": asset, "crs": crs, "corner": corner, "step": step}
    item = publish(tmp_path, "x", codes, collection=collection, year=year, **where)
    label = lulc.load_reference_map(collection, REGION, year=2030, catalog=serve([item]))
    assert set(np.unique(label)) == {*ours}
    assert (label.attrs["year"], label.attrs["crosswalk"]) == (year, lulc.REFERENCE_MAPS[collection].table.name)
    assert re.search(size, label.attrs["remark"]) if size else label.attrs["remark"] == ""
    expected = {code: row.hides for code, row in ((c, lulc.REFERENCE_MAPS[collection].table[c]) for c in theirs)}
    assert len(label.attrs["hides"]) == sum(map(bool, expected.values()))


def test_a_collection_of_ones_own_is_read_by_the_only_asset_with_data(
    tmp_path: Path, serve: Callable[..., str]
) -> None:
    item = annual(tmp_path, "mine", np.full(REGION.grid.shape, 3, np.uint8)) | {"collection": "mine"}
    del item["assets"]["data"]["file:values"]  # the names of another legend
    item["assets"]["tilejson"] = {"href": "./tiles.json", "roles": ["tiles"]}
    described = {"collection": "mine", "title": "Mine", "credit": "", "asset": "", "years": (2021,)}
    mine = lulc.ReferenceMap(**described, table=lulc.CROSSWALKS["dynamic-world"])
    api = serve([item])
    assert (lulc.load_reference_map(mine, REGION, year=2021, catalog=api) == 4).all()  # 3 is flooded vegetation there
    other = dataclasses.replace(mine, asset="map")
    with pytest.raises(lulc.InvalidInputError, match=r"lacks the asset 'map'.* It has: data, tilejson"):
        lulc.load_reference_map(other, REGION, year=2021, catalog=api)


def test_an_item_that_names_its_codes_otherwise_is_refused(tmp_path: Path, serve: Callable[..., str]) -> None:
    item = annual(tmp_path, "x", np.full(REGION.grid.shape, 5, np.uint8))
    assert {"values": [5], "summary": "Crops"} in item["assets"]["data"]["file:values"]  # of the real one
    item["assets"]["data"]["file:values"] = [{"values": [5], "summary": "Built area"}, {"values": None}, 3]
    item["assets"]["data"]["classification:classes"] = "none"
    with pytest.raises(lulc.InvalidInputError, match="Item x names code 5 'Built area', but the crosswalk io"):
        lulc.load_reference_map(ANNUAL, REGION, year=2021, catalog=serve([item]))


def test_codes_are_not_those_of_averaged_overviews(tmp_path: Path) -> None:
    from lulc_core.reference_maps.reading import _read

    annual(tmp_path, "x", np.where(np.indices((96, 96)).sum(0) % 2, 1, 9).astype(np.uint8))
    with rasterio.open(tmp_path / "x.tif", "r+") as image:
        image.build_overviews([2, 4, 8], rasterio.enums.Resampling.average)
    coarse = REGION.grid.zoom_out(8)
    assert set(np.unique(_read(str(tmp_path / "x.tif"), coarse, set()))) <= {-1, 1, 9}


def test_a_map_whose_footprint_is_elsewhere_is_not_opened(tmp_path: Path, serve: Callable[..., str]) -> None:
    """Real items of zone 60 have a bounding box around the whole Earth: a search finds them everywhere."""
    around = annual(tmp_path, "60U-2021", np.full((4, 4), 1, np.uint8))
    around["bbox"] = [-180.0, 50.0, 180.0, 52.0]
    ring = [[174, 50], [180, 50], [180, 52], [174, 52], [174, 50]]
    around["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    (tmp_path / "60U-2021.tif").unlink()
    here = annual(tmp_path, "31U-2021", np.full(REGION.grid.shape, 7, np.uint8))
    assert (lulc.load_reference_map(ANNUAL, REGION, year=2021, catalog=serve([around, here])) == 7).all()


def test_what_cannot_be_had_is_said(tmp_path: Path, serve: Callable[..., str]) -> None:
    elsewhere = annual(tmp_path, "x", np.ones((4, 4), np.uint8), corner=(CORNER[0] + 50_000, CORNER[1]))
    strange = annual(tmp_path, "y", np.full(REGION.grid.shape, 77, np.uint8), year=2019)
    gone = annual(tmp_path, "z", np.ones(REGION.grid.shape, np.uint8), year=2018)
    (tmp_path / "z.tif").unlink()
    api = serve([elsewhere, strange, gone])
    for year, error, says in (
        (2021, lulc.NotFoundError, "Impact Observatory annual map of 2021 has no map of Leuven"),
        (2019, lulc.InvalidInputError, "has no code .77."),
        (2018, lulc.UnreachableError, "annual map of 2018 cannot be read"),
    ):
        with pytest.raises(error, match=says):
            lulc.load_reference_map(ANNUAL, REGION, year=year, catalog=api)
    with pytest.raises(lulc.NotFoundError, match="Choose one of: io-lulc-annual-v02"):
        lulc.load_reference_map("corine", REGION, year=2021, catalog=api)
    with pytest.raises(lulc.UnreachableError, match="did not answer"):
        lulc.load_reference_map(ANNUAL, REGION, year=2021, catalog="http://127.0.0.1:9", timeout=1)


def test_every_real_item_has_what_is_read_of_it() -> None:
    for collection in (ANNUAL, WORLDCOVER, "io-lulc"):
        reference = lulc.REFERENCE_MAPS[collection]
        for path in shared(f"stac-items/{collection}").glob("*.json"):
            real = json.loads(path.read_text())
            assert reference.asset in real["assets"]
            assert int(real["properties"]["start_datetime"][:4]) in reference.years
            coded = (
                {value for entry in real["assets"]["data"]["file:values"] for value in entry["values"]}
                if (collection == ANNUAL)
                else set()
            )
            assert coded <= set(reference.crosswalk.codes)


def test_a_cancelled_fetch_asks_for_nothing_more() -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(lulc.CancelledError):
        lulc.load_reference_map(WORLDCOVER, REGION, year=2021, catalog="http://127.0.0.1:9", cancel=cancel)


@pytest.mark.parametrize("old, new", RENAMED.items())
def test_an_old_name_is_the_new_one_and_says_so(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"lulc_core.{old} is now lulc_core.{new}"):
        assert getattr(lulc, old) is getattr(lulc, new)


def test_a_name_that_never_was_is_an_error() -> None:
    with pytest.raises(AttributeError, match="unheard"):
        lulc.unheard  # noqa: B018  # type: ignore[attr-defined]
