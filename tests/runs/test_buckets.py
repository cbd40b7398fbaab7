"""A run into a bucket: moto's server on loopback, behind a gate that answers some requests with 503."""

from __future__ import annotations

from typing import TYPE_CHECKING

import obstore
import pystac
import pytest
from buckets import bucket, objects
from many_tiles import MadeRun, maps_of

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.runs.plan import planning
from lulc_core.runs.storage import storage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def busy_bucket() -> Iterator[list[str]]:
    """The bucket ``maps``; the requests that it did not serve."""
    with bucket(busy_share=0.2) as refused:
        yield refused


def test_a_run_into_a_busy_bucket_makes_the_same_maps_and_goes_on(
    made_run: MadeRun, finished: lulc.Run, busy_bucket: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    common = made_run.template
    arguments = [str(made_run.territory), "--clip", "--model", str(common.model), "--catalog", str(common.catalog)]
    command = ["run", *arguments, "--years", "2020", "--out", "s3://maps/one"]
    assert not app(command, standalone_mode=False)
    assert "2 of 2 maps are done" in capsys.readouterr().out
    assert busy_bucket  # otherwise nothing was tried here
    there = objects("s3://maps/one")
    maps = {path.removesuffix("/map.tif"): data for path, data in there.items() if path.endswith("/map.tif")}
    assert maps == {name: data for name, data in maps_of(finished.folder).items() if name.endswith("-2020")}
    assert {path.split("/")[1] for path in there if path.startswith("31UGS-2020/")} >= {"item.json", "quality.tif"}
    assert not [path for path in there if "/." in path]
    assert not app(command, standalone_mode=False)
    again = objects("s3://maps/one")
    assert {path for path in there if there[path] != again[path]} <= {"catalog/items.parquet"}

    items = pystac.ItemCollection.from_dict(storage("s3://maps/one").read_json("catalog/items.json"))
    assert {item.assets["map"].href for item in items} == {f"s3://maps/one/{name}/map.tif" for name in maps}
    here, bucket = lulc.run_areas(finished.folder), lulc.run_areas("s3://maps/one")
    assert here[[2020]].equals(bucket)
    with pytest.raises(lulc.InvalidInputError, match="max_scenes was None, and is 2 now"):
        app([*command, "--max-scenes", "2"], standalone_mode=False)


def test_an_item_comes_after_the_files_it_names(busy_bucket: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[str] = []
    put = obstore.put
    monkeypatch.setattr(obstore, "put", lambda store, path, file: (came.append(path), put(store, path, file)))
    with storage("s3://maps/two").folder_to_fill("m") as folder:
        (folder / "z.zarr").mkdir(parents=True)
        for name in ("item.json", "map.tif", "z.zarr/0", ".hidden"):
            (folder / name).write_text(name)
    assert sorted(came[:-1]) == ["m/map.tif", "m/z.zarr/0"]
    assert came[-1] == "m/item.json"


def test_of_two_workers_that_upload_one_map_the_last_is_whole(
    busy_bucket: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def upload(worker: str) -> None:
        with storage("s3://maps/both").folder_to_fill("m") as folder:
            folder.mkdir(parents=True)
            for name in ("checksums.sha256", "item.json", "map.tif", "report.json"):
                (folder / name).write_text("the same bits" if name == "map.tif" else worker)

    put = obstore.put

    def put_and_wait(store: object, path: str, file: object) -> object:
        if path == "m/report.json":
            monkeypatch.setattr(obstore, "put", put)
            upload("new")
        return put(store, path, file)

    monkeypatch.setattr(obstore, "put", put_and_wait)
    upload("old")
    there = objects("s3://maps/both")
    assert there.pop("m/map.tif") == b"the same bits"
    assert len(there) == 3
    assert len(set(there.values())) == 1


@pytest.mark.parametrize("failures, arrives", [(2, True), (3, False)])
def test_an_upload_that_breaks_off_is_tried_again_and_costs_no_map(
    busy_bucket: list[str], monkeypatch: pytest.MonkeyPatch, failures: int, arrives: bool
) -> None:
    put, broken = obstore.put, [OSError("a part came too late")] * failures

    def put_late(store: object, path: str, file: object) -> object:
        if broken:
            raise broken.pop()
        return put(store, path, file)

    def upload() -> None:
        with storage(f"s3://maps/late-{failures}").folder_to_fill("m") as folder:
            folder.mkdir()
            (folder / "map.tif").write_text("whole")

    monkeypatch.setattr(obstore, "put", put_late)
    if arrives:
        upload()
        assert objects(f"s3://maps/late-{failures}") == {"m/map.tif": b"whole"}
    else:
        with pytest.raises(lulc.UnreachableError, match="a part came too late"):
            upload()


def test_a_map_that_fails_leaves_nothing_in_the_bucket(busy_bucket: list[str]) -> None:
    def fail() -> None:
        with storage("s3://maps/three").folder_to_fill("m") as folder:
            folder.mkdir()
            (folder / "map.tif").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert objects("s3://maps/three") == {}


def test_a_run_that_is_being_planned_says_so_in_a_bucket_too(busy_bucket: list[str]) -> None:
    with planning("s3://maps/new"):
        assert lulc.run_status("s3://maps/new").planning
    assert objects("s3://maps/new") == {}


@pytest.mark.parametrize("place", ["http://maps/one", "s3://", "ftp://a/b"])
def test_what_is_no_bucket_is_refused(place: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match="expected a folder, or a bucket such as"):
        storage(place)


def test_a_bucket_that_is_not_there_is_named(busy_bucket: list[str]) -> None:
    with pytest.raises(lulc.UnreachableError, match=r"s3://nowhere/x/ cannot be reached: .*404"):
        lulc.run_records("s3://nowhere/x")
