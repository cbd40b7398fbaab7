"""A dataset of a region from published maps: labelled where they agree and the sky is clear."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from label_tiles import SIDE, numbers, place, scenes
from published import ANNUAL, publish
from stac_server import files_over_http, stac_api
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.training.distilled import agreed_label

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr
    from label_tiles import Scenes

TRUTH = place().truth.values.astype(np.uint8)
OTHER = np.where(np.arange(SIDE) < 40, TRUTH, TRUTH % 9 + 1).astype(np.uint8)  # agrees in the west
CLEAR = ~np.isin(place().scl.values[:, ::2, ::2].repeat(2, 1).repeat(2, 2), (0, 1, 3, 8, 9, 10))
pytestmark = pytest.mark.filterwarnings("ignore:.*no classes")


def wrapped(codes: np.ndarray, **said: object) -> xr.DataArray:
    return odc.geo.xr.wrap_xr(codes, place().region.grid).assign_attrs(title="a map", year=2019, **said)


@pytest.fixture
def catalog(tmp_path: Path) -> Scenes:
    return scenes(tmp_path / "catalog")


def distilled(catalog: Scenes, out: Path, *maps: np.ndarray, **options: object) -> lulc.DatasetReport:
    source = lulc.ImagerySource(catalog=catalog.root)
    options = {"year": 2019, "size": 32, "max_scenes": 0, "source": source} | options
    return lulc.distil_maps([wrapped(one, credit="them") for one in maps], place().region, out, **options)


@given(st.lists(st.lists(st.sampled_from([0, 1, 3, 5, 6, 11]), min_size=5, max_size=5), min_size=1, max_size=4))
def test_maps_agree_where_one_class_is_possible_for_all_in_any_order(maps: list[list[int]]) -> None:
    possible = {0: set(), 11: {3, 6}} | {code: {code} for code in (1, 3, 5, 6)}
    for pixel, found in zip(zip(*maps, strict=True), agreed_label([np.array(m, np.uint8) for m in maps]), strict=True):
        common = set.intersection(*(possible[code] for code in pixel))
        assert found == (common.pop() if len(common) == 1 else 0)
    for turned in itertools.permutations(maps):
        found = [agreed_label([np.array(one, np.uint8) for one in each]).tolist() for each in (maps, turned)]
        assert found[0] == found[1]


def test_chips_are_labelled_where_all_maps_agree_and_the_sky_is_clear(catalog: Scenes, tmp_path: Path) -> None:
    report = distilled(catalog, tmp_path / "dataset", TRUTH, OTHER)
    counts = 0
    for t, y, x in itertools.product((0, 1), range(0, SIDE, 32), range(0, SIDE, 32)):
        at = slice(y, y + 32), slice(x, x + 32)
        expected = np.where((TRUTH == OTHER)[at] & CLEAR[t][at], TRUTH[at], 0)
        name = f"belgium_y{y:05}_x{x:05}-{place().reflectance.time.dt.strftime('%Y%m%d').values[t]}T105000.tif"
        file = report.folder / "labels" / name
        assert file.is_file() == bool((expected * numbers(t)[(0, *at)]).any())
        if file.is_file():
            counts += 1
            with rasterio.open(file) as codes, rasterio.open(report.folder / "images" / name) as image:
                np.testing.assert_array_equal(codes.read(1), expected)
                np.testing.assert_array_equal(image.read(), numbers(t)[(slice(None), *at)])
    assert len(report.chips) == counts > 3
    places = {chip.place for chip in lulc.read_chips(report.folder)}
    assert places <= {f"belgium_y{y:05}_x{x:05}" for y in (0, 32, 64) for x in (0, 32)}


def test_the_card_says_what_it_was_distilled_from(catalog: Scenes, tmp_path: Path) -> None:
    report = distilled(catalog, tmp_path / "dataset", TRUTH, OTHER)
    said = json.loads((report.folder / "dataset.json").read_text())["distilled_from"]
    assert said["maps"] == [{"title": "a map", "year": 2019, "credit": "them"}] * 2
    assert (said["mapped_px"], said["agreed_px"]) == (SIDE**2, np.count_nonzero(TRUTH == OTHER))
    assert said["notes"] == []


def test_a_run_goes_on_and_another_map_makes_the_chips_anew(catalog: Scenes, tmp_path: Path) -> None:
    first = distilled(catalog, tmp_path / "dataset", TRUTH)
    again = distilled(catalog, tmp_path / "dataset", TRUTH)
    assert again.taken_over == len(first.chips)
    assert distilled(catalog, tmp_path / "dataset", TRUTH % 9 + 1).taken_over == 0


def test_maps_that_agree_nowhere_or_lie_elsewhere_are_refused(catalog: Scenes, tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match="all of them agree on"):
        distilled(catalog, tmp_path / "dataset", TRUTH, TRUTH % 9 + 1)
    elsewhere = wrapped(TRUTH)[:32]
    with pytest.raises(lulc.InvalidInputError, match="on the grid of"):
        lulc.distil_maps([elsewhere], place().region, tmp_path / "dataset", year=2019)


def test_the_command_reads_a_published_map_and_a_file_that_must_agree(catalog: Scenes, tmp_path: Path) -> None:
    annual = np.where(np.isin(TRUTH, (3, 6)), 11, TRUTH).astype(np.uint8)
    where = {"crs": "EPSG:32631", "corner": place().region.grid.transform @ (0, 0)}
    item = publish(tmp_path, "x", annual, collection=ANNUAL, year=2019, asset="data", **where)
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    lulc.write_map(wrapped(OTHER), tmp_path / "other.tif")
    with files_over_http(tmp_path, []) as files, stac_api(tmp_path / "items.json", tmp_path, files) as api:
        arguments = ["dataset", "published-map", "--map", ANNUAL, "--agree", tmp_path / "other.tif", "--year", 2019]
        arguments += ["--map-catalog", api, "--catalog", catalog.root, "--out", tmp_path / "dataset", "--max-scenes", 0]
        result = CliRunner().invoke(app, [*map(str, arguments), "--size", "64"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    card = json.loads((tmp_path / "dataset/dataset.json").read_text())
    assert [one["title"] for one in card["distilled_from"]["maps"]] == ["Impact Observatory annual map", "other.tif"]
    assert card["distilled_from"]["agreed_px"] == np.count_nonzero(TRUTH == OTHER)
