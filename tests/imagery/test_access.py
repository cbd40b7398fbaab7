"""What a catalog may lead to: its own files, and the web; nothing of this machine or its network."""

from __future__ import annotations

import json
import logging
import os
import shutil
from typing import TYPE_CHECKING

import pytest
import rasterio.shutil
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.imagery.access import Access, public, without_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog

REMOTE = Access.of("https://example.org/stac")
HERE = Access.of("http://127.0.0.1:8000/stac")
PRIVATE = [
    "http://127.0.0.1/x.tif",
    "http://localhost/x.tif",
    "http://10.0.0.1/x.tif",
    "http://192.168.1.1/x.tif",
    "http://[::1]/x.tif",
    "http://[::ffff:127.0.0.1]/x.tif",
    "http://2130706433/x.tif",
    "http://0x7f.1/x.tif",
    "http://user@127.0.0.1/x.tif",
    "http://169.254.169.254/latest/meta-data",
]
ELSEWHERE = [
    "/etc/passwd",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "etc/passwd",
    "../x.tif",
    "/vsicurl/http://example.org/x.tif",
    "/vsizip//tmp/x.zip/x.tif",
    "s3://bucket/x.tif",
    "zip+file:///tmp/x.zip!x.tif",
    "<VRTDataset></VRTDataset>",
    "GTIFF_DIR:1:/etc/passwd",
    "ftp://example.org/x.tif",
    "vrt:///etc/passwd?bands=1",
    "http:/etc/passwd",
    "https:x.tif",
    "data:image/tiff;base64,AAAA",
]


def test_a_path_of_windows_is_called_so() -> None:
    assert "path of Windows, with the drive C:" in HERE.problem("C:\\data\\B04.tif")


@pytest.mark.parametrize("href", [*PRIVATE, *ELSEWHERE])
def test_a_remote_catalog_opens_nothing_of_this_machine_or_its_network(href: str) -> None:
    assert REMOTE.problem(href)


@pytest.mark.parametrize("href", PRIVATE[:-1])
def test_a_catalog_of_this_network_opens_what_is_there(href: str) -> None:
    assert not HERE.problem(href)


def test_the_address_of_a_clouds_metadata_is_opened_by_nobody_but_itself(tmp_path: Path) -> None:
    assert HERE.problem(PRIVATE[-1])
    assert Access.of(tmp_path).problem(PRIVATE[-1])


def test_a_bucket_is_opened_where_it_is_named() -> None:
    named = Access.of("https://example.org/stac", ["s3://bucket/2021"])
    assert not named.problem("s3://bucket/2021/x.tif")
    assert named.problem("s3://bucket/2021-secret/x.tif")


def test_a_local_catalog_opens_its_folder_and_those_that_are_named(tmp_path: Path) -> None:
    own, other, third = (tmp_path / name for name in ("own", "other", "third"))
    for folder in (own, other, third):
        folder.mkdir()
        (folder / "x.tif").touch()
    access = Access.of(own / "items.json", [other])
    assert not access.problem(str(own / "x.tif"))
    assert not access.problem((other / "x.tif").as_uri())
    assert access.problem(str(third / "x.tif"))
    assert access.problem(str(own / ".." / "third" / "x.tif"))
    (own / "link.tif").symlink_to(third / "x.tif")
    assert access.problem(str(own / "link.tif"))
    os.mkfifo(own / "pipe.tif")
    assert access.problem(str(own / "pipe.tif")) == "is no regular file"
    with pytest.raises(lulc.InvalidInputError, match="is no folder of images"):
        Access.of(own, [tmp_path / "nowhere"])


def vrt(made: MadeCatalog, path: Path) -> None:
    source = made.root / "assets" / "S2A_202004_B04.tif"
    rasterio.shutil.copy(source, path.with_suffix(".vrt"), driver="VRT")
    shutil.move(path.with_suffix(".vrt"), path)


def huge(_: MadeCatalog, path: Path) -> None:
    shape = {"height": 10**6, "width": 10**6, "count": 1, "dtype": "uint16"}
    tiles = {"tiled": True, "blockxsize": 4096, "blockysize": 4096, "SPARSE_OK": True, "BIGTIFF": "YES"}
    rasterio.open(path, "w", driver="GTiff", crs="EPSG:32631", **shape, **tiles).close()


def bomb(_: MadeCatalog, path: Path) -> None:
    shape = {"height": 20_000, "width": 20_000, "count": 1, "dtype": "uint16"}
    rasterio.open(
        path, "w", driver="GTiff", crs="EPSG:32631", blockysize=20_000, compress="deflate", SPARSE_OK=True, **shape
    ).close()


@pytest.mark.parametrize(
    "spoil, why",
    [
        (bomb, "its blocks have 800,000,000 bytes"),
        (vrt, "not recognized"),
        (huge, r"it has 1,000,000 x 1,000,000 pixels, where a tile"),
    ],
)
def test_an_image_that_leads_elsewhere_or_is_too_large_is_left_out_by_name(
    made: MadeCatalog, spoil: object, why: str
) -> None:
    path = made.root / "assets" / "S2A_202001_B04.tif"
    path.unlink()
    spoil(made, path)  # type: ignore[operator]
    region = lulc.catalog_region(made.root)
    scenes = lulc.search(region, year=2020, catalog=made.root)
    with pytest.raises(lulc.UnreachableError, match=f"S2A_202001 cannot be read: .*{why}"):
        lulc.load(scenes, region.grid, ("B04",))[0].compute()


def test_a_scene_outside_the_catalogs_folder_is_left_out_with_what_to_do(made: MadeCatalog, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copy(made.root / "items.json", other)
    items = json.loads((other / "items.json").read_text())
    for feature in items["features"]:
        for asset in feature["assets"].values():
            asset["href"] = asset["href"].replace("./", f"{made.root}/")
    (other / "items.json").write_text(json.dumps(items))
    region = lulc.catalog_region(other)
    with pytest.raises(lulc.UnreachableError, match="B04 is outside the catalog's folder; add its folder"):
        lulc.load(lulc.search(region, year=2020, catalog=other), region.grid, ("B04",)).compute()
    scenes = lulc.search(region, year=2020, catalog=other, data_dirs=[made.root])
    assert lulc.load(scenes, region.grid, ("B04",)).compute().notnull().all()


@given(st.text())
def test_no_address_is_a_traceback(href: str) -> None:
    for access in (REMOTE, HERE):
        assert isinstance(access.problem(href), str)
    assert "secret" not in public(f"https://me:secret@example.org/{href}?sig=secret")


@pytest.mark.parametrize("name", ["odc.loader._rio", "rasterio._env"])
def test_what_a_library_logs_loses_them_too(name: str, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger(name).error("Failed to load %s:%d", "https://me:it's@example.org/x.tif?se=1&sig=abc", 1)
    assert caplog.messages == ["Failed to load https://example.org/x.tif"]


def test_a_text_loses_the_secrets_of_its_addresses() -> None:
    said = "'/vsicurl/https://me:pw@example.org/B04.tif?se=2030&sig=abc' not recognized, s3://key:pw@bucket/x"
    assert without_secrets(said) == "'/vsicurl/https://example.org/B04.tif' not recognized, s3://bucket/x"
