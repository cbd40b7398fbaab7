from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import numpy as np
import odc.geo.xr
import pytest
import rasterio
import rasterio.shutil
import shapely.geometry
import xarray as xr
from odc.geo.geobox import GeoBox
from rasterio.enums import Resampling

import lulc_core as lulc
from lulc_core.mapping import staging
from lulc_core.mapping.staging import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

GRID = GeoBox.from_bbox((622_000, 5_633_000, 632_000, 5_643_000), crs="EPSG:32631", resolution=10)


@pytest.fixture
def label() -> xr.DataArray:
    """Patches of classes with a rim of no data."""
    coarse = np.random.default_rng(0).integers(1, 11, (50, 50)).astype(np.uint8)
    codes = np.kron(coarse, np.ones((20, 20), np.uint8))
    codes[:7] = 0
    return odc.geo.xr.wrap_xr(codes, GRID)


def test_a_map_comes_back_with_its_grid_names_and_colours(label: xr.DataArray, tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    lulc.write_map(label, path, tags={"YEAR": "2020"})
    back = lulc.read_map(path)
    np.testing.assert_array_equal(back.values, label.values)
    assert back.odc.geobox == GRID
    with rasterio.open(path) as source:
        assert (source.dtypes, source.nodata, source.crs.to_epsg()) == (("uint8",), 0, 32631)
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        colours = source.colormap(1)
        assert {code: rgba[:3] for code, rgba in colours.items() if 1 <= code <= 10} == lulc.LEGEND.colours
        assert source.tags()["CLASS_5"] == "crops"
        assert source.tags()["YEAR"] == "2020"
    names = [e.text for e in ElementTree.parse(f"{path}.aux.xml").iter("Category")]  # what GDAL and QGIS read
    assert names == ["no data", *lulc.LEGEND.names]


def test_rows_and_columns_of_a_map_to_write_are_told_by_their_names(label: xr.DataArray, tmp_path: Path) -> None:
    part = label[100:160, 100:140]
    for number, turned in enumerate((part.T, part.astype(np.int64))):
        lulc.write_map(turned, tmp_path / f"{number}.tif")
        xr.testing.assert_equal(lulc.read_map(tmp_path / f"{number}.tif"), part)
    with pytest.raises(lulc.InvalidInputError, match=r"class codes as uint8, 0 = no data; got float"):
        lulc.write_map(part.where(part != 5), tmp_path / "map.tif")


def test_overviews_hold_only_codes_that_are_there_and_the_most_frequent(label: xr.DataArray, tmp_path: Path) -> None:
    lulc.write_map(label, tmp_path / "map.tif")
    with rasterio.open(tmp_path / "map.tif") as source:
        assert source.overviews(1) == [2]
        half = source.read(1, out_shape=(500, 500), resampling=Resampling.nearest)
    np.testing.assert_array_equal(half[10:], label.values[20::2, ::2])  # patches of 20 px: the mode is the patch


def test_other_tools_read_real_values_of_quality_and_no_data(tmp_path: Path) -> None:
    """A tie has a margin of 0, which is data; a pixel without observations has none."""
    label = odc.geo.xr.wrap_xr(np.array([[0, 1]], np.uint8), GRID[:1, :2])
    composite = label.to_dataset(name="label").assign(
        runner_up=(("y", "x"), np.array([[0, 2]], np.uint8)),
        support=(("y", "x"), np.array([[np.nan, 0.5]], np.float32)),
        margin=(("y", "x"), np.array([[np.nan, 0.0]], np.float32)),
        observations=(("y", "x"), np.array([[0, 2]], np.uint16)),
    )
    lulc.write_quality(composite, tmp_path / "quality.tif")
    with rasterio.open(tmp_path / "quality.tif") as source:
        assert source.nodatavals == (65535,) * 4
        assert source.units == (None, "%", "%", "1")
        read = source.read(masked=True).filled(9999)[:, 0].tolist()
    assert read == [[9999, 2], [9999, 50], [9999, 0], [0, 2]]


def test_a_code_outside_the_legend_is_never_written_nor_read(label: xr.DataArray, tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"\[11\]"):
        lulc.write_map(label.where(label != 5, 11).astype(np.uint8), tmp_path / "map.tif")
    assert not list(tmp_path.iterdir())
    shape = {"count": 1, "dtype": "uint8", "height": 2, "width": 2, "crs": "EPSG:32631", "transform": GRID.transform}
    with rasterio.open(tmp_path / "theirs.tif", "w", driver="GTiff", **shape) as target:
        target.write(np.full((1, 2, 2), 95, np.uint8))
    with pytest.raises(lulc.InvalidInputError, match=r"theirs\.tif holds codes .*\[95\]"):
        lulc.read_map(tmp_path / "theirs.tif")


def test_a_file_that_is_no_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "map.tif").write_bytes(b"no raster")
    with pytest.raises(lulc.InvalidInputError, match="not a readable raster"):
        lulc.read_map(tmp_path / "map.tif")
    with pytest.raises(lulc.NotFoundError):
        lulc.read_map(tmp_path / "nowhere.tif")


def test_predictions_come_back_appended_in_order(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 11, (3, 8, 9)).astype(np.uint8)
    grid = GRID[:8, :9]
    whole = xr.Dataset(
        {"label": (("time", "y", "x"), values), "confidence": (("time", "y", "x"), values)},
        coords={
            "time": np.array(["2020-01-01T10:50:31.024", "2020-02-01", "2020-03-01"], "datetime64[ns]"),
            "scene": ("time", ["short", "a much longer name", "c"]),
            **odc.geo.xr.xr_coords(grid),
        },
    )
    for t in range(3):
        lulc.write_predictions(whole.isel(time=[t]), tmp_path / "p.zarr")
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # by one file, and never as it was before the last
            assert xr.open_zarr(tmp_path / "p.zarr").sizes["time"] == t + 1
    back = lulc.open_predictions(tmp_path / "p.zarr")
    xr.testing.assert_equal(back[["label", "confidence"]].compute(), whole)
    assert back.odc.geobox == grid
    stored = json.loads((tmp_path / "p.zarr" / "label" / "zarr.json").read_text())["attributes"]
    assert stored["grid_mapping"] == "spatial_ref"  # where GDAL looks for the CRS
    with pytest.raises(lulc.NotFoundError, match=r"predictions\.zarr"):
        lulc.open_predictions(tmp_path / "nowhere.zarr")
    elsewhere = whole.isel(time=[2]).assign_coords(time=[np.datetime64("2020-04-01", "ns")], x=whole.x + 90)
    for wrong, message in [
        (whole.isel(time=[1]), "must be later than 2020-03-01T00:00:00.*got 2020-02-01"),
        (elsewhere, "on one grid with those that are stored; it has x from"),
        (whole.isel(time=[0, 0]), "short of 2020-01-01T10:50:31 is there twice"),
    ]:
        with pytest.raises(lulc.InvalidInputError, match=message):
            lulc.write_predictions(wrong, tmp_path / "p.zarr")
    xr.testing.assert_equal(lulc.open_predictions(tmp_path / "p.zarr").compute(), back.compute())


def test_staged_files_appear_together_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with staged(out) as stage:
        (stage / "a").write_text("1")
        (stage / "z").mkdir()
        (stage / "z" / "inner").write_text("1")
    with pytest.raises(RuntimeError), staged(out) as stage:  # noqa: PT012  it must fail half-way
        (stage / "a").write_text("2")
        raise RuntimeError
    assert (out / "a").read_text() == "1"
    with staged(out) as stage:
        (stage / "a").write_text("3")
        (stage / "z").mkdir()
        (stage / "z" / "other").write_text("3")
    assert (out / "a").read_text() == "3"
    assert [p.name for p in (out / "z").iterdir()] == ["other"]
    assert shown(out) == {"a", "z"}
    assert len(list(out.iterdir())) == 4  # their one version, and the link to it


@pytest.mark.parametrize("earlier", ["versions", "plain files", "no links"])
def test_what_is_not_to_stay_beside_the_new_files_goes_and_only_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: str
) -> None:
    if earlier == "no links":
        monkeypatch.setattr(staging, "_has_links", lambda _: False)
    if earlier == "versions":
        with staged(tmp_path) as stage:
            write_version(stage, "old")
    else:
        write_version(tmp_path, "old")
    with staged(tmp_path, without=["a", "b", "z", "never there"]) as stage:
        (stage / "b").write_text("new")
    assert shown(tmp_path) == {"b", "c"}
    assert [(tmp_path / name).read_text() for name in "bc"] == ["new", "old"]


def test_a_failed_first_run_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), staged(tmp_path / "new"):
        raise RuntimeError
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(lulc.InvalidInputError, match="Cannot write to"), staged(tmp_path / "file" / "out"):
        pass


ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
from lulc_core.mapping.staging import staged
with staged(Path(sys.argv[1])) as stage:
    (stage / "a").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_by_the_next_but_never_what_is_being_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    subprocess.run([sys.executable, "-c", KILLED, out], check=False, cwd=ROOT)
    assert list(out.glob(".partial-*/a"))
    with staged(out) as one, staged(out) as other:
        assert {p.name.removesuffix(".lock") for p in out.iterdir()} == {one.name, other.name}
        (one / "a").write_text("whole")
        (other / "b").write_text("whole")
    assert {name: (out / name).read_text() for name in shown(out)} == {"a": "whole", "b": "whole"}
    assert len(list(out.iterdir())) == 4


KILLED_AT = """
import os, signal, sys
from pathlib import Path
from lulc_core.mapping.staging import staged
out, at, left = Path(sys.argv[1]), int(sys.argv[2]), [int(sys.argv[2])]

def counted(plain):
    def call(*arguments, **more):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(*arguments, **more)
    return call

with staged(out) as stage:
    for name in ("a", "b", "c"):
        (stage / name).write_text(sys.argv[3])
    (stage / "z").mkdir()
    (stage / "z" / sys.argv[3]).write_text(sys.argv[3])
    Path.rename, os.replace, os.symlink = counted(Path.rename), counted(os.replace), counted(os.symlink)
"""


@pytest.mark.parametrize(
    "earlier, moments", [("versions", (1, 2, 4, 5)), ("plain files", (1, 4, 5, 9, 14, 99)), ("nothing", (1, 7, 12, 99))]
)
def test_a_kill_at_any_moment_leaves_all_of_the_old_or_all_of_the_new(
    tmp_path: Path, earlier: str, moments: tuple[int, ...]
) -> None:
    seen = set()
    for at in moments:
        out = tmp_path / str(at)
        if earlier == "versions":
            with staged(out) as stage:
                write_version(stage, "old")
        elif earlier == "plain files":
            out.mkdir()
            write_version(out, "old")
        subprocess.run([sys.executable, "-c", KILLED_AT, out, str(at), "new"], check=False, cwd=ROOT)
        there = {(out / name).read_text() for name in "abc" if (out / name).exists()}
        there |= {path.name for path in (out / "z").glob("*")}
        assert len(there) <= 1
        assert there or earlier == "nothing"
        seen |= there or {"nothing"}
        with staged(out) as stage:
            write_version(stage, "newest")
        assert shown(out) == {"a", "b", "c", "z"}
        assert len(list(out.iterdir())) == 6
    assert seen == {"nothing" if earlier == "nothing" else "old", "new"}


def write_version(folder: Path, text: str) -> None:
    for name in ("a", "b", "c"):
        (folder / name).write_text(text)
    (folder / "z").mkdir()
    (folder / "z" / text).write_text(text)


def shown(folder: Path) -> set[str]:
    """Return the names that a person sees in a folder."""
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def test_without_links_files_are_renamed_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "symlink_to", refused)
    for text in ("old", "new"):
        with staged(tmp_path / "out") as stage:
            write_version(stage, text)
        assert {path.name for path in (tmp_path / "out").iterdir()} == {"a", "b", "c", "z"}
        assert {(tmp_path / "out" / name).read_text() for name in "abc"} == {text}
        assert [path.name for path in (tmp_path / "out" / "z").iterdir()] == [text]


def test_a_tilde_is_the_home_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with staged(Path("~/out")) as stage:
        (stage / "a").write_text("1")
    assert (tmp_path / "out" / "a").read_text() == "1"
    assert not (tmp_path / "~").exists()
    with staged(Path("~old")) as stage:  # a name that only begins so, and no user's
        (stage / "a").write_text("2")
    assert (tmp_path / "~old" / "a").read_text() == "2"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only one who may mount a small disk can fill it")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_named_and_nothing_half_done_stays(label: xr.DataArray, small_disk: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (9, 1000, 1000)).astype(np.uint8)
    times = np.arange(9).astype("datetime64[ns]")
    coordinates = {"time": times, "scene": ("time", list("abcdefghi")), **odc.geo.xr.xr_coords(GRID)}
    predictions = xr.Dataset({"confidence": (("time", "y", "x"), noise)}, coords=coordinates)
    with pytest.raises(lulc.InvalidInputError, match="is full"), staged(small_disk / "out") as stage:
        lulc.write_predictions(predictions, stage / "p.zarr")
    assert not list(small_disk.iterdir())
    with pytest.raises(lulc.InvalidInputError, match="is full"):
        lulc.simulate("laos", 2021, cache=small_disk)
    assert not list((small_disk / "simulated").iterdir())


def test_a_footprint_over_180_is_cut_there_and_its_box_has_west_above_east() -> None:
    from lulc_core.mapping.stac_item import MapDescription, map_item

    day = datetime(2021, 1, 1, tzinfo=UTC)
    for box, parts in (((179.97, 10.0, 180.0, 10.02), 2), ((-179.9, 10.0, -179.88, 10.02), 1)):
        grid = lulc.Region.from_bbox(box).grid
        item = map_item(MapDescription(identifier="x", grid=grid, start=day, end=day, scene_links={}, properties={}))
        shape = shapely.geometry.shape(item.geometry)
        outlines = getattr(shape, "geoms", [shape])
        assert len(outlines) == parts
        assert all(part.bounds[2] - part.bounds[0] < 0.1 for part in outlines)
        west, _, east, _ = item.bbox
        assert (west > east) == (parts == 2)
    over = lulc.Region.from_grid(lulc.Region.from_bbox((179.97, 10.0, 180.0, 10.02)).grid, name="over")
    assert over.outline.intersects(shapely.Point(-179.9999, 10.01))
    assert not over.outline.intersects(shapely.Point(0, 10.01))
