"""One small case of each service as it is: `make test-live`, for those who have a network."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.request import getproxies

import numpy as np
import pytest
from remote_archives import unpack

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.live
LABELS = "https://download.pangaea.de/dataset/933475/files/Experts_tiles.zip"
CONSENSUS = "https://zenodo.org/records/4766508/files/dw_test.zip"
PLACE = lulc.Region.from_bbox((4.700, 50.872, 4.714, 50.881), name="leuven")
YEAR = 2021
SOURCE = lulc.ImagerySource(catalog="planetary-computer")


@pytest.fixture(scope="module", autouse=True)
def network() -> None:
    """Skip, and say so, where there is no network: behind a proxy the tests find out for themselves."""
    if {"https", "all"} & getproxies().keys():
        return
    try:
        socket.create_connection(("planetarycomputer.microsoft.com", 443), 4).close()
    except OSError as error:
        pytest.skip(f"no network: the Planetary Computer cannot be reached ({error})")


def clearest(catalog: str) -> lulc.Scene:
    scenes = lulc.search(PLACE, year=YEAR, catalog=catalog, refresh=True)
    return max(scenes, key=lambda scene: scene.usable)


@pytest.mark.parametrize("catalog", ["planetary-computer", "earth-search"])
def test_scenes_are_found_and_read(catalog: str) -> None:
    scene = clearest(catalog)
    assert "?" not in scene.hrefs["B04"]
    reflectance = lulc.load([scene], PLACE.grid).compute()
    assert np.isfinite(reflectance).mean() > 0.9
    assert 0 < float(reflectance.sel(band="B04").median()) < 0.5
    assert set(np.unique(lulc.load_scene_classification([scene], PLACE.grid))) <= set(range(12))


def test_both_catalogs_list_nearly_the_same() -> None:
    names = ("planetary-computer", "earth-search")
    found = lulc.compare_catalogs(*(lulc.search(PLACE, year=YEAR, catalog=name) for name in names))
    assert min(found.counts) > 0.9 * max(found.counts), found.summary(names)


def test_an_answer_is_kept_for_a_day() -> None:
    records: list[lulc.SearchRecord] = []
    for refresh in (True, False):
        lulc.search(PLACE, year=YEAR, catalog="planetary-computer", refresh=refresh, on_record=records.append)
    assert [record.kept for record in records] == [False, True]


def test_a_map_is_made(tmp_path: Path) -> None:
    request = lulc.MapRequest(
        region=PLACE, year=YEAR, catalog="planetary-computer", model="unet-simulated", max_scenes=2
    )
    report = lulc.make_map(request, tmp_path / "out")
    assert report.failed == []
    assert {scene["usable_of"] for scene in report.scenes if scene["taken"]} == {"place"}
    assert not [path for path in (tmp_path / "out").glob("*.json") if "sig=" in path.read_text()]


def test_a_published_map_is_read() -> None:
    label = lulc.load_reference_map("io-lulc-annual-v02", PLACE, year=YEAR, catalog=SOURCE.catalog)
    assert (label > 0).mean() > 0.9


def test_a_dataset_is_made_of_a_published_map(tmp_path: Path) -> None:
    label = lulc.load_reference_map("io-lulc-annual-v02", PLACE, year=YEAR, catalog=SOURCE.catalog)
    report = lulc.distil_maps([label], PLACE, tmp_path / "dataset", year=YEAR, max_scenes=1, source=SOURCE)
    assert report.chips, report.left_out
    assert sum(report.pixels.values()) > 0


def test_the_published_network_is_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = lulc.get_network("dynamic-world")
    assert lulc.Model.open(folder).name


def test_published_label_tiles_get_their_images(tmp_path: Path) -> None:
    """Of three; the archive of images may lack a day."""
    unpack(LABELS, lambda names: sorted(name for name in names if name.endswith(".tif"))[:3], tmp_path / "labels")
    report = lulc.fetch_dynamic_world(tmp_path / "labels", tmp_path / "dataset")
    assert len(report.chips) + len(report.left_out) == 3
    assert report.groups == {"expert": len(report.chips)}
    assert report.chips, report.left_out


def test_consensus_tiles_are_scored(tmp_path: Path) -> None:
    unpack(CONSENSUS, two_tiles, tmp_path)
    report = lulc.score_gold_standard(tmp_path)
    assert (report.tiles, report.left_out, report.remarks) == (2, {}, ())
    assert report.scores[0].assessment.overall.value > 0.3


def two_tiles(names: list[str]) -> list[str]:
    """The files of the first two tiles of `names`, in the order of their labels."""
    labels = sorted(name for name in names if "/label_dw_" in f"/{name}")[:2]
    return [*labels, *(name.replace("label_dw_", "probs_dw_") for name in labels)]
