"""One bad answer to one request loses no scene, and bytes that are not an item's are never a map."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from faulty_server import files

import lulc_core as lulc
from lulc_core.counted import counted
from lulc_core.imagery import fetching, patience
from lulc_core.imagery.access import Reach

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog


def served(made: MadeCatalog, address: str, *, checksums: bool = False) -> None:
    """Let a catalog lead to its files as they are served."""
    for feature in made.items:
        for asset in feature["assets"].values():
            path = made.root / asset["href"]
            if checksums:
                asset["file:checksum"] = "1220" + hashlib.sha256(path.read_bytes()).hexdigest()
            asset["href"] = asset["href"].replace("./", f"{address}/")
    made.save()


def read(made: MadeCatalog) -> np.ndarray:
    region = lulc.catalog_region(made.root)
    scenes = lulc.search(region, year=2020, catalog=made.root)[:1]
    return lulc.load(scenes, region.grid, ("B04", "B03")).values


@pytest.mark.parametrize(
    "fault, method",
    [("truncated", "GET"), ("short", "GET"), ("page", "GET"), ("empty", "HEAD"), ("gone", "HEAD"), ("gone", "GET")],
)
def test_one_bad_answer_loses_no_scene(made: MadeCatalog, fault: str, method: str) -> None:
    expected = read(made)
    with files(made.root, fault, method) as address:
        served(made, address)
        np.testing.assert_array_equal(read(made), expected)


@pytest.mark.parametrize("times", [1, 3])
def test_an_answer_that_lacks_the_scale_of_an_image_is_not_read_without_it(made: MadeCatalog, times: int) -> None:
    with rasterio.open(made.root / "assets" / "S2A_202001_B04.tif", "r+") as image:
        image.scales, image.offsets = (0.0002,), (-0.05,)
    expected = read(made)
    with files(made.root, "without_metadata", times=times) as address:
        served(made, address)
        np.testing.assert_array_equal(read(made), expected)


def test_a_whole_image_whose_tags_are_out_of_order_is_read(made: MadeCatalog) -> None:
    expected = read(made)
    path = made.root / "assets" / "S2A_202001_B04.tif"
    image = bytearray(path.read_bytes())
    first = int.from_bytes(image[4:8], "little") + 2  # of the directory's entries, 12 bytes each
    image[first : first + 24] = image[first + 12 : first + 24] + image[first : first + 12]
    path.write_bytes(image)
    np.testing.assert_array_equal(read(made), expected)


def test_several_bad_answers_in_a_row_lose_no_scene(made: MadeCatalog) -> None:
    expected = read(made)
    with files(made.root, "page", times=4) as address:
        served(made, address)
        np.testing.assert_array_equal(read(made), expected)


def test_flipped_bytes_are_noticed_where_an_item_has_the_checksum(made: MadeCatalog) -> None:
    expected = read(made)
    with files(made.root, "flipped", times=2) as address:
        served(made, address, checksums=True)
        np.testing.assert_array_equal(read(made), expected)


def test_a_file_with_other_bytes_than_its_checksum_is_left_out(made: MadeCatalog) -> None:
    made.items[0]["assets"]["B04"]["file:checksum"] = "1220" + "0" * 64
    made.save()
    with pytest.raises(lulc.UnreachableError, match=r"S2A_202001_B04[.]tif are not those that its file:checksum"):
        read(made)


@pytest.mark.parametrize("kind", ["1220", "1114", "1340", "d50110"])
def test_every_usual_kind_of_checksum_is_compared(made: MadeCatalog, kind: str) -> None:
    path = made.root / "assets" / "S2A_202001_B04.tif"
    digest = fetching._HASHES[kind](path.read_bytes()).hexdigest()
    with fetching.verified(str(path), kind + digest.upper()) as source:
        assert source == str(path)
    assert not fetching.checkable(str(path), "9999" + digest)


def test_a_local_file_is_hashed_anew_when_it_has_changed(tmp_path: Path) -> None:
    path, checksum = tmp_path / "x.tif", "1220" + hashlib.sha256(b"right").hexdigest()
    path.write_bytes(b"right")
    with fetching.verified(str(path), checksum):
        pass
    path.write_bytes(b"wrong")
    os.utime(path, ns=(0, 1))
    with pytest.raises(lulc.UnreachableError, match="are not those"), fetching.verified(str(path), checksum):
        pass


def test_a_served_file_too_large_to_be_fetched_whole_is_read_and_counted_as_unchecked(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_CHECKED_BYTES", 2000)
    expected = read(made)
    with files(made.root, "page", times=0) as address:
        served(made, address, checksums=True)
        np.testing.assert_array_equal(read(made), expected)
        asset = made.items[0]["assets"]["B04"]
        assert not fetching.checkable(asset["href"], asset["file:checksum"])
        request = lulc.MapRequest(region=lulc.catalog_region(made.root), year=2020, catalog=made.root, model=tiny_model)
        report = lulc.make_map(request, tmp_path / "out")
    unchecked = report.files["read"] - report.files["checked"]
    assert unchecked > 0
    assert f"{counted(unchecked, 'image', 'have')} a checksum that was not compared" in " ".join(report.warnings)


def test_neither_report_nor_item_names_a_secret(
    made: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "REMOTE_ATTEMPTS", 2)
    from making import write_model

    with files(made.root, "page", times=0) as address:
        served(made, address.replace("//", "//user:TopSecret@"), checksums=True)
        for feature in made.items:
            for asset in feature["assets"].values():
                asset["href"] += "?se=2030&sig=TOPSECRET"
            own = f"https://user:TopSecret@example.org/items/{feature['id']}?sig=TOPSECRET"
            feature["links"] = [{"rel": "self", "href": own}]
        made.items[0]["assets"]["B04"]["href"] = made.items[0]["assets"]["B04"]["href"].replace("S2A", "gone")
        made.save()
        request = lulc.MapRequest(
            region=lulc.catalog_region(made.root), year=2020, catalog=made.root, model=write_model(tmp_path / "model")
        )
        report = lulc.make_map(request, tmp_path / "map")
    assert len(report.failed) == 1
    assert report.files == {"read": 4 * 3, "checked": 4 * 3}
    written = [path for path in (tmp_path / "map").rglob("*") if path.is_file()]
    assert not [path for path in written if b"topsecret" in path.read_bytes().lower()]
    item = json.loads((tmp_path / "map" / "item.json").read_text())
    assert [link["href"] for link in item["links"] if link["rel"] == "derived_from"] == [
        f"https://example.org/items/{scene['id']}" for scene in report.scenes[1:]
    ]


@pytest.mark.parametrize("kind", [fetching.RefusedError, lulc.InvalidInputError])
def test_what_an_incomplete_file_lacks_is_no_reason_to_refuse_it(
    kind: type[lulc.LulcError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "FIRST_S", 0.0)
    bad = iter([True, True, True, False])

    def read() -> np.ndarray:
        if next(bad):
            sign = "CPLE_AppDefined in B04.tif: TIFFFetchNormalTag: IO error during reading of GeoKeyDirectory"
            logging.getLogger("rasterio._env").warning(sign)
            raise kind("it has no CRS")
        return np.ones(1)

    assert fetching.patiently(read, ["https://example.org/B04.tif"], "Scene a", Reach.WEB) == 1
