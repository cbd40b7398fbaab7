"""From published label tiles to a dataset that `train` reads: the image of the day, on the tile's own grid."""

from __future__ import annotations

import csv
import json
import os
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from label_tiles import FOLDERS, SIDE, TILE, TILES, Tile, day, numbers, scenes, write_label, write_labels
from stac_server import files_over_http, stac_api

import lulc_core as lulc
from lulc_core.imagery import kept_searches
from lulc_core.training.chip_making import GIVE_UP
from lulc_core.training.datasets import hold_out
from lulc_core.training.label_tiles import find_label_tiles

if TYPE_CHECKING:
    from collections.abc import Callable

    from label_tiles import Scenes

pytestmark = pytest.mark.filterwarnings("ignore:.*no classes")
ALL = [(Path(folder), tile) for folder, tiles in TILES.items() for tile in tiles]


@pytest.fixture
def catalog(tmp_path: Path) -> Scenes:
    return scenes(tmp_path / "catalog")


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return write_labels(tmp_path / "labels")


@pytest.fixture
def fetch(tmp_path: Path, catalog: Scenes, labels: Path) -> Callable[..., lulc.DatasetReport]:
    def run(out: Path = tmp_path / "dataset", **options: object) -> lulc.DatasetReport:
        return lulc.fetch_dynamic_world(labels, out, source=lulc.ImagerySource(catalog=catalog.root), **options)

    return run


def rows(dataset: Path) -> dict[str, dict[str, str]]:
    with (dataset / "chips.csv").open() as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_each_tile_becomes_the_image_of_its_day_on_its_own_pixels(fetch: Callable[..., lulc.DatasetReport]) -> None:
    report = fetch()
    assert report.groups == {"expert": 2, "non-expert": 2, "validation": 1}
    assert not report.left_out
    for folder, tile in ALL:
        name = folder / tile.name
        with rasterio.open(report.folder / "images" / name) as image:
            np.testing.assert_array_equal(image.read(), numbers(tile.t)[:, *tile.at])
            assert image.descriptions == lulc.BANDS
            assert (image.transform, image.crs.to_epsg()) == (tile.grid.transform, 32631)
        with rasterio.open(report.folder / "labels" / name) as codes:
            np.testing.assert_array_equal(codes.read(1), tile.codes)
            assert codes.transform == tile.grid.transform
    counted = np.sum([np.bincount(tile.codes.ravel(), minlength=11) for _, tile in ALL], axis=0)
    assert report.pixels == {c.name: counted[c.code] for c in lulc.LEGEND if counted[c.code]}


def test_its_chips_validate_on_the_publishers_own_set(fetch: Callable[..., lulc.DatasetReport]) -> None:
    chips = lulc.read_chips(fetch().folder)
    assert [chip.group for chip in chips] == ["expert"] * 2 + ["non-expert"] * 2 + ["validation"]
    assert hold_out(chips, lulc.Recipe(validate_on="validation")) == (chips[:4], chips[4:])
    with pytest.raises(lulc.InvalidInputError, match=r"the chips are expert \(2\), non-expert \(2\), validation \(1\)"):
        hold_out(chips, lulc.Recipe(validate_on="novice"))


def test_chips_on_the_ground_of_those_that_validate_are_not_learned(
    fetch: Callable[..., lulc.DatasetReport], labels: Path
) -> None:
    same = Tile(64, 64, 0)
    write_label(labels / FOLDERS[0] / same.name, same.codes, same.grid)
    chips = lulc.read_chips(fetch().folder)
    with pytest.warns(UserWarning, match="1 chip is not learned, on the ground"):
        learned, held = hold_out(chips, lulc.Recipe(validate_on="validation"))
    assert (len(learned), len(held)) == (4, 1)


def test_card_and_table_cite_the_sources_and_list_every_tile(fetch: Callable[..., lulc.DatasetReport]) -> None:
    report = fetch()
    card = json.loads((report.folder / "dataset.json").read_text())
    assert (card["labels"]["doi"], card["labels"]["license"]) == ("10.1594/PANGAEA.933475", "CC-BY-4.0")
    assert card["groups"] == report.groups
    assert card["chips"] == 5
    table = rows(report.folder)
    assert len(table) == 5
    row = table[f"{FOLDERS[2]}/{ALL[-1][1].name[:-4]}"]
    assert (row["group"], row["day"], row["scenes"]) == ("validation", str(day(1)), f"S2A_{day(1):%Y%m%d}")
    assert int(row["labelled_px"]) == np.count_nonzero(ALL[-1][1].codes)


def test_what_is_there_is_not_fetched_again(fetch: Callable[..., lulc.DatasetReport], catalog: Scenes) -> None:
    first = fetch()
    before = files(first.folder)
    (first.folder / "images" / ALL[0][0] / ALL[0][1].name).unlink()
    for lost in catalog.root.glob(f"assets/*{day(1):%Y%m%d}*"):  # of which nothing is missing
        lost.unlink()
    again = fetch()
    assert again.taken_over == 4
    assert files(again.folder) == before


def test_a_chip_is_made_anew_if_its_label_changed(fetch: Callable[..., lulc.DatasetReport], labels: Path) -> None:
    fetch()
    folder, tile = ALL[0]
    write_label(labels / folder / tile.name, np.full((TILE, TILE), 7, np.uint8), tile.grid)
    report = fetch()
    assert report.taken_over == 4
    with rasterio.open(report.folder / "labels" / folder / tile.name) as codes:
        assert (codes.read(1) == 7).all()


def test_a_run_that_is_killed_leaves_whole_chips_and_goes_on(
    fetch: Callable[..., lulc.DatasetReport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moves, replace = [], os.replace

    def dies(source: Path, target: Path) -> None:
        if len(moves) == 3 and target.suffix == ".tif":  # a label without its image
            raise KeyboardInterrupt
        moves.append(target)
        replace(source, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", dies)
        patched.setattr("lulc_core.training.chip_making.AT_ONCE", 1)
        with pytest.raises(KeyboardInterrupt):
            fetch(tmp_path / "killed")
    left = files(tmp_path / "killed")
    assert sum(name.startswith("images") for name in left) == 1
    assert not [name for name in left if ".part" in name]
    assert fetch(tmp_path / "killed").taken_over == 1
    assert files(tmp_path / "killed") == files(fetch(tmp_path / "whole").folder)


def test_it_can_be_cancelled(fetch: Callable[..., lulc.DatasetReport]) -> None:
    cancel = threading.Event()
    with pytest.raises(lulc.CancelledError):
        fetch(progress=lambda p: cancel.set() if p.stage == "fetch" else None, cancel=cancel)
    assert fetch().taken_over >= 1


BAD = [  # name of a file, what is odd about it, why it is left out
    ("dw_5.000000_50.900000-{day}.tif", {}, "named after 5.0 50.9, but lies around 4.7"),
    ("{place}-20190231.tif", {}, "no date in its name: 20190231"),
    ("{place}-20170703.tif", {}, "No scene of 2017-07-03"),
    ("tile_7.tif", {}, "no label tile by its name"),
    ("large/{place}-{day}.tif", {"transform": rasterio.Affine(30, 0, 622_000, 0, -30, 5_643_000)}, "pixels of 10 m"),
    ("degrees/{place}-{day}.tif", {"crs": "EPSG:4326"}, "pixels of 10 m in a projected CRS"),
    ("long/{place}-{day}.tif", {"dtype": "uint16"}, "one band of uint8; it has 1 of uint16"),
    ("empty/{place}-{day}.tif", {"codes": 0}, "Nothing is marked"),
    ("other/{place}-{day}.tif", {"codes": 40}, "codes that are not in the legend"),
    ("text/{place}-{day}.tif", {}, "not a readable GeoTIFF"),
]


def test_what_could_not_be_had_is_named_with_the_reason(fetch: Callable[..., lulc.DatasetReport], labels: Path) -> None:
    tile, expected = Tile(32, 32, 0), {}
    for name, change, why in BAD:
        where = {"place": tile.name.rpartition("-")[0], "day": f"{day(0):%Y%m%d}"}
        file = labels / name.format(**where)
        profile = {key: value for key, value in change.items() if key != "codes"}
        write_label(file, np.where(tile.codes > 0, change.get("codes", 1), 0).astype(np.uint8), tile.grid, **profile)
        expected[name.format(**where)[:-4]] = why
        if name.startswith("text"):
            file.write_text("no image")
    report = fetch()
    assert len(report.chips) == 5
    reasons = {name: row["left_out"] for name, row in rows(report.folder).items() if row["left_out"]}
    assert reasons.keys() == expected.keys()
    for name, why in expected.items():
        assert why in reasons[name]
        assert why in report.left_out[Path(name)]


def test_a_tile_without_data_where_it_is_labelled_is_left_out_and_hidden_pixels_are_counted(
    fetch: Callable[..., lulc.DatasetReport], catalog: Scenes
) -> None:
    gaps = numbers(1)
    gaps[:, 64:, 64:80] = 0  # half of a tile
    gaps[:, :32, 64:] = 0  # another, whole
    catalog.add_scene(catalog.items.pop()["id"], 1, gaps)
    report = fetch()
    assert list(report.left_out) == [Path(FOLDERS[1]) / TILES[FOLDERS[1]][0].name[:-4]]
    (hidden,) = [note.unseen for name, note in report.chips.items() if str(name).startswith(FOLDERS[2])]
    assert hidden == np.count_nonzero(TILES[FOLDERS[2]][0].codes[:, :16])


def test_of_two_processings_the_latest_is_read_with_its_offset(
    fetch: Callable[..., lulc.DatasetReport], catalog: Scenes
) -> None:
    brighter = numbers(0) + np.uint16(1000 + 50)  # baseline 05.00 adds 1000; and it is another image
    catalog.add_scene("S2A_again", 0, brighter, **{"s2:processing_baseline": "05.00"})
    report = fetch()
    folder, tile = ALL[0]
    with rasterio.open(report.folder / "images" / folder / tile.name) as image:
        np.testing.assert_allclose(image.read(), numbers(0)[:, *tile.at] + 50.0, atol=1)
    assert report.chips[folder / tile.name[:-4]].scenes == ("S2A_again",)


def test_the_mgrs_tile_that_covers_the_labels_is_read_and_others_fill_its_gaps(
    fetch: Callable[..., lulc.DatasetReport], catalog: Scenes
) -> None:
    part = numbers(0).copy()
    part[:, :, 16:] = 0
    item = catalog.items.pop(0)
    catalog.add_scene("S2A_part", 0, part, **{"s2:mgrs_tile": "31UFR"})
    catalog.add_scene(item["id"], 0, np.where(np.arange(SIDE) < 8, 0, numbers(0)).astype(np.uint16))
    report = fetch()
    folder, tile = ALL[0]
    with rasterio.open(report.folder / "images" / folder / tile.name) as image:
        np.testing.assert_array_equal(image.read(), numbers(0)[:, *tile.at])
    assert set(report.chips[folder / tile.name[:-4]].scenes) == {"S2A_part", item["id"]}
    other = ALL[1]
    assert report.chips[other[0] / other[1].name[:-4]].scenes in [(item["id"],), ("S2A_part", item["id"])]


def test_scenes_come_from_a_stac_api_whose_answers_of_a_day_are_not_kept(
    tmp_path: Path, catalog: Scenes, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_searches, "kept_in", lambda: tmp_path / "searches")
    monkeypatch.setattr(kept_searches, "is_far", lambda _: True)
    with files_over_http(catalog.root, []) as assets, stac_api(catalog.root / "items.json", tmp_path, assets) as api:
        report = lulc.fetch_dynamic_world(labels, tmp_path / "dataset", source=lulc.ImagerySource(catalog=api))
    assert (len(report.chips), report.left_out) == (5, {})
    card = json.loads((report.folder / "dataset.json").read_text())
    assert card["imagery"]["catalog"] == api
    assert not (tmp_path / "searches").exists()


def test_a_catalog_that_does_not_answer_ends_the_run_and_says_how_to_go_on(tmp_path: Path, labels: Path) -> None:
    for i in range(GIVE_UP):
        tile = Tile(8 * i, 0, 0)
        write_label(labels / FOLDERS[0] / tile.name, tile.codes, tile.grid)
    with pytest.raises(lulc.UnreachableError, match="give the same command again"):
        lulc.fetch_dynamic_world(labels, tmp_path / "dataset", source=lulc.ImagerySource(catalog="http://127.0.0.1:9"))
    assert len(rows(tmp_path / "dataset")) == GIVE_UP


def test_a_missing_catalog_is_said_before_any_tile_is_tried(tmp_path: Path, labels: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match="No catalog"):
        lulc.fetch_dynamic_world(labels, tmp_path / "dataset", source=lulc.ImagerySource(catalog=tmp_path / "none"))
    with pytest.raises(lulc.NotFoundError, match="dw_<lon>_<lat>"):
        find_label_tiles(tmp_path / "nothing")
    assert not (tmp_path / "dataset").exists()


def test_a_day_is_searched_alone(catalog: Scenes) -> None:
    region = lulc.catalog_region(catalog.root)
    found = lulc.search(region, year=2019, day=day(1), catalog=catalog.root)
    assert [scene.id for scene in found] == [f"S2A_{day(1):%Y%m%d}"]
    with pytest.raises(lulc.InvalidInputError, match="not in 2020"):
        lulc.search(region, year=2020, day=day(1), catalog=catalog.root)


def test_archives_may_be_given_one_by_one(labels: Path) -> None:
    shutil.move(labels / "Experts", labels / "only" / "Experts")
    tiles, refused = find_label_tiles(labels / "only" / "Experts")
    assert [tile.group for tile in tiles] == ["expert", "expert"]
    assert not refused
