"""Of served images, the blocks of the place are read and little else, and the report says how much."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import rasterio
from faulty_server import files
from making import EPSG, NORTH, WEST, MadeCatalog, write_model
from rasterio.transform import from_origin
from stac_server import files_over_http

import lulc_core as lulc
from lulc_core.imagery import traffic

if TYPE_CHECKING:
    from pathlib import Path

SIZE, BLOCK = 1024, 256


@pytest.fixture(scope="module")
def cogs(tmp_path_factory: pytest.TempPathFactory) -> MadeCatalog:
    """A catalog of two scenes in COGs with overviews."""
    made = MadeCatalog(tmp_path_factory.mktemp("cogs"), SIZE)
    for month in (3, 6):
        made.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    for path in (made.root / "assets").iterdir():
        with rasterio.open(path) as plain:
            values, pixel = plain.read(1), plain.transform.a
        height, width = values.shape
        place = {"crs": f"EPSG:{EPSG}", "transform": from_origin(WEST, NORTH, pixel, pixel)}
        kind = {"dtype": values.dtype, "count": 1, "height": height, "width": width, "nodata": 0}
        options = {"compress": "deflate", "blocksize": BLOCK, "overview_count": 2}
        with rasterio.open(path, "w", driver="COG", **kind, **place, **options) as cog:
            cog.write(values, 1)
    return made


@pytest.fixture(autouse=True)
def no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("http", "https", "all", "no", "gdal_http"):
        monkeypatch.delenv(f"{kind}_proxy", raising=False)
        monkeypatch.delenv(f"{kind}_proxy".upper(), raising=False)


def made_map(cogs: MadeCatalog, address: str, region: lulc.Region, folder: Path) -> lulc.MapReport:
    """The report on a map of a region, of images that are served."""
    items = (cogs.root / "items.json").read_text().replace('"./', f'"{address}/')
    (folder / "items.json").write_text(items)
    model = write_model(folder / "model")
    request = lulc.MapRequest(region=region, year=2020, catalog=folder, data_dirs=[cogs.root], model=model)
    return lulc.make_map(request, folder / "out")


def stored_bytes(cogs: MadeCatalog, blocks: range) -> int:
    """Bytes of the blocks of one row and these columns, of every image that a map reads."""
    total = 0
    for path in (cogs.root / "assets").iterdir():
        with rasterio.open(path) as image:
            total += sum(
                int(image.get_tag_item(f"BLOCK_SIZE_{x}_0", "TIFF", 1)) for x in blocks if x * BLOCK < image.width
            )
    return total


def test_hardly_more_is_read_than_the_blocks_of_the_place(cogs: MadeCatalog, tmp_path: Path) -> None:
    region = lulc.Region.from_grid(lulc.catalog_region(cogs.root).grid[20:220, 20:220], name="corner")
    seen: list[tuple[str, str | None]] = []
    with files_over_http(cogs.root, seen) as address:
        said = made_map(cogs, address, region, tmp_path).traffic
    assert said["needed_bytes"] == stored_bytes(cogs, range(1))
    ranges = [re.fullmatch(r"bytes=(\d+)-(\d+)", header or "") for _, header in seen]
    asked = sum(int(found[2]) - int(found[1]) + 1 for found in ranges if found)
    assert 0.8 < said["read_bytes"] / asked < 1.2
    assert said["ratio"] == pytest.approx(said["read_bytes"] / said["needed_bytes"], abs=1e-3)
    print(said)
    assert said["ratio"] < 1.6
    whole = sum(path.stat().st_size for path in (cogs.root / "assets").iterdir())
    assert said["read_bytes"] < whole / 5


def test_what_was_asked_for_again_is_read_twice_and_needed_once(cogs: MadeCatalog, tmp_path: Path) -> None:
    region = lulc.Region.from_grid(lulc.catalog_region(cogs.root).grid[20:220, 20:220], name="corner")
    with files(cogs.root, "truncated", times=4) as address:
        said = made_map(cogs, address, region, tmp_path).traffic
    assert said["needed_bytes"] == stored_bytes(cogs, range(1))


def test_local_images_are_not_counted(cogs: MadeCatalog, tmp_path: Path) -> None:
    region = lulc.Region.from_grid(lulc.catalog_region(cogs.root).grid[20:220, 20:220], name="corner")
    assert made_map(cogs, str(cogs.root), region, tmp_path).traffic is None


def test_two_at_once_are_not_told_apart() -> None:
    with traffic.measured() as one:
        traffic.count_read(5)
        with traffic.measured() as other:
            traffic.count_read(7)
    assert (one.read, other.read) == (12, 7)
    assert one.summary() is None
    assert other.summary() is None


@pytest.mark.parametrize(
    "start, stop, blocks",
    [(0, 10, [0]), (-50, -2, []), (255, 300, [0, 1]), (257, 300, [1]), (1000, 2000, [3]), (300, 257, [1])],
)
def test_the_blocks_of_an_axis_are_those_that_it_touches(start: float, stop: float, blocks: list[int]) -> None:
    assert list(traffic._span(start, stop, 256, 1024)) == blocks
