"""Two catalogs of the same scenes: Earth Search as it writes its items, one instead of the other, kept answers."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import files
from making import write_model
from stac_server import api, page

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.imagery import catalogs, kept_searches
from lulc_core.imagery.items import read_item
from lulc_core.imagery.kept_searches import Question
from lulc_core.mapping.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from making import MadeCatalog

NAMES = {
    "coastal": ("B01", 60, "Coastal aerosol (band 1) - 60m", 0.443),
    "blue": ("B02", 10, "Blue (band 2) - 10m", 0.49),
    "green": ("B03", 10, "Green (band 3) - 10m", 0.56),
    "red": ("B04", 10, "Red (band 4) - 10m", 0.665),
    "rededge1": ("B05", 20, "Red edge 1 (band 5) - 20m", 0.704),
    "rededge2": ("B06", 20, "Red edge 2 (band 6) - 20m", 0.74),
    "rededge3": ("B07", 20, "Red edge 3 (band 7) - 20m", 0.783),
    "nir": ("B08", 10, "NIR 1 (band 8) - 10m", 0.842),
    "nir08": ("B8A", 20, "NIR 2 (band 8A) - 20m", 0.865),
    "nir09": ("B09", 60, "NIR 3 (band 9) - 60m", 0.945),
    "swir16": ("B11", 20, "SWIR 1 (band 11) - 20m", 1.61),
    "swir22": ("B12", 20, "SWIR 2 (band 12) - 20m", 2.19),
}
"""Asset key of Earth Search to band, pixel (m), title and wavelength (um)."""
COGS = "https://sentinel-cogs.s3.us-west-2.amazonaws.com/sentinel-s2-l2a-cogs/31/U/FS/2023/7/S2A_31UFS_20230701_0_L2A"


def earth_search_item() -> dict[str, Any]:
    """An item in the form of Earth Search v1, of 1 July 2023 in tile 31UFS."""
    assets: dict[str, Any] = {}
    for key, (band, pixel, title, wavelength) in NAMES.items():
        common = "rededge" if key.startswith("rededge") else key
        said = {
            "title": title,
            "eo:bands": [{"name": key, "common_name": common, "center_wavelength": wavelength}],
            "gsd": pixel,
            "proj:shape": [109_800 // pixel, 109_800 // pixel],
            "proj:transform": [pixel, 0, 600_000, 0, -pixel, 5_700_000],
            "raster:bands": [
                {"nodata": 0, "data_type": "uint16", "spatial_resolution": pixel, "scale": 0.0001, "offset": -0.1}
            ],
            "roles": ["data", "reflectance"],
        }
        cog = "image/tiff; application=geotiff; profile=cloud-optimized"
        assets[key] = said | {"href": f"{COGS}/{band}.tif", "type": cog}
        original = f"s3://sentinel-s2-l2a/tiles/31/U/FS/2023/7/1/0/{band}.jp2"
        assets[f"{key}-jp2"] = copy.deepcopy(said) | {"href": original, "type": "image/jp2"}
    rgb = [{"name": key, "common_name": key} for key in ("red", "green", "blue")]
    assets["visual"] = {"href": f"{COGS}/TCI.tif", "title": "True color image", "eo:bands": rgb, "roles": ["visual"]}
    assets["scl"] = {
        "href": f"{COGS}/SCL.tif",
        "title": "Scene classification map (SCL)",
        "proj:shape": [5490, 5490],
        "proj:transform": [20, 0, 600_000, 0, -20, 5_700_000],
        "raster:bands": [{"nodata": 0, "data_type": "uint8", "spatial_resolution": 20}],
        "roles": ["data", "reflectance"],
    }
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": "S2A_31UFS_20230701_0_L2A",
        "collection": "sentinel-2-l2a",
        "bbox": [4.4, 50.4, 6.0, 51.4],
        "geometry": {"type": "Polygon", "coordinates": [[[4.4, 50.4], [6, 50.4], [6, 51.4], [4.4, 51.4], [4.4, 50.4]]]},
        "properties": {
            "datetime": "2023-07-01T10:46:30.262000Z",
            "platform": "sentinel-2a",
            "constellation": "sentinel-2",
            "grid:code": "MGRS-31UFS",
            "mgrs:utm_zone": 31,
            "proj:epsg": 32631,
            "eo:cloud_cover": 31.5,
            "s2:cloud_shadow_percentage": 2.5,
            "s2:nodata_pixel_percentage": 12.0,
            "s2:product_type": "S2MSI2A",
            "s2:processing_baseline": "05.09",
            "s2:product_uri": "S2A_MSIL2A_20230701T103631_N0509_R008_T31UFS_20230701T200058.SAFE",
            "s2:generation_time": "2023-07-01T20:00:58.000000Z",
            "s2:datatake_id": "GS2A_20230701T103631_041904_N05.09",
            "s2:datastrip_id": "S2A_OPER_MSI_L2A_DS_2APS_20230701T200058_S20230701T104159_N05.09",
            "s2:sequence": "0",
            "earthsearch:boa_offset_applied": True,
        },
        "links": [{"rel": "self", "href": f"{catalogs.EARTH_SEARCH}/x"}],
        "assets": assets,
    }


def test_an_item_of_earth_search_is_read_for_what_it_is() -> None:
    scene = lulc.scene_from_item(read_item(earth_search_item(), None))
    assert {band: scene.hrefs[band] for band, *_ in NAMES.values()} == {
        band: f"{COGS}/{band}.tif" for band, *_ in NAMES.values()
    }
    assert scene.hrefs["SCL"] == f"{COGS}/SCL.tif"
    assert scene.boa_offset == 0
    assert all(said.offset == 0 for said in scene.radiometry.values())
    assert (scene.mgrs_tile, scene.satellite, scene.remarks) == ("31UFS", "A", ())
    assert scene.usable == pytest.approx(0.88 * 0.66)


def test_the_same_scene_of_both_catalogs_is_one_acquisition() -> None:
    theirs = lulc.scene_from_item(read_item(earth_search_item(), None))
    other = earth_search_item()
    other["id"] = "S2A_MSIL2A_20230701T103631_R008_T31UFS_20230701T200058"
    other["properties"] |= {
        "datetime": "2023-07-01T10:36:31.024Z",
        "s2:datatake_id": "GS2A_20230701T103631_041904_N05.00",
    }
    ours = lulc.scene_from_item(read_item(other, None))
    assert ours.acquisition == theirs.acquisition
    found = lulc.compare_catalogs([ours, ours], [theirs])
    assert (found.counts, found.missing) == ((1, 1), ((), ()))


def test_a_shortfall_is_named_by_tile_and_moment() -> None:
    def scene(days: int, tile: str = "31UFS") -> lulc.Scene:
        made = earth_search_item()
        moment = datetime(2023, 7, 1, 10, 46, tzinfo=UTC) + timedelta(days=days)
        made["id"] = f"S2A_{tile}_{moment:%Y%m%d}_0_L2A"
        made["properties"] |= {"datetime": moment.isoformat(), "grid:code": f"MGRS-{tile}"}
        made["properties"] |= dict.fromkeys(("s2:product_uri", "s2:datatake_id", "s2:datastrip_id"), "")
        return lulc.scene_from_item(read_item(made, None))

    found = lulc.compare_catalogs([scene(0), scene(5), scene(5, "31UFT")], [scene(0), scene(10)])
    assert found.counts == (3, 2)
    assert [(tile, moment.day) for moment, tile in found.missing[0]] == [("31UFS", 11)]
    assert [(tile, moment.day) for moment, tile in found.missing[1]] == [("31UFS", 6), ("31UFT", 6)]
    assert found.summary("ab")["a"]["missing"] == [{"datetime": "2023-07-11T10:46:00+00:00", "mgrs_tile": "31UFS"}]


@pytest.fixture
def two(made: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[lulc.Region, list[str]]]:
    """A Planetary Computer that does not answer, and an Earth Search that has three of four scenes."""
    region = lulc.catalog_region(made.root)
    features = made.items[:3]
    monkeypatch.setenv("LULC_STAC_API", "http://127.0.0.1:9")
    with (
        files(made.root, "page", times=0) as images,
        api(lambda own, _: (200, {}, page(own, None, features))) as (address, asked),
    ):
        for asset in (asset for feature in features for asset in feature["assets"].values()):
            asset["href"] = asset["href"].replace("./", f"{images}/")
        monkeypatch.setenv("LULC_EARTH_SEARCH", address)
        yield region, asked


def test_a_catalog_that_does_not_answer_names_the_other(two: tuple[lulc.Region, list[str]]) -> None:
    region, asked = two
    with pytest.raises(lulc.UnreachableError, match=r"127\.0\.0\.1:9.* The catalog 'earth-search' has the same scenes"):
        lulc.search(region, year=2020, catalog="planetary-computer", timeout=1)
    assert not asked  # never silently
    assert len(lulc.search(region, year=2020, catalog="earth-search")) == 3
    with pytest.raises(lulc.InvalidInputError, match="fallback must be the address"):
        lulc.search(region, year=2020, fallback="nowhere")


def test_a_map_of_the_other_catalog_says_so(two: tuple[lulc.Region, list[str]], tmp_path: Path) -> None:
    region, _ = two
    model = write_model(tmp_path / "model")
    asked = {"catalog": "planetary-computer", "fallback": "earth-search", "timeout": 1}
    request = lulc.MapRequest(region=region, year=2020, model=model, **asked)
    report = lulc.make_map(request, tmp_path / "out")
    other = catalogs.address_of("earth-search")
    assert report.catalog == "planetary-computer"
    assert report.search["catalog"] == other
    assert "http://127.0.0.1:9 did not answer" in report.search["instead_of"]
    assert report.warnings[0].startswith(f"The scenes are those of {other}. The STAC API at http://127.0.0.1:9 did not")
    written = json.loads((tmp_path / "out" / "item.json").read_text())
    assert written["properties"]["lulc:catalog"] == other
    assert [link["href"] for link in written["links"] if link["rel"] == "derived_from"] == [
        f"{other}/collections/sentinel-2-l2a/items/{scene['id']}" for scene in report.scenes
    ]


def test_the_comparison_of_two_catalogs_is_printed(
    two: tuple[lulc.Region, list[str]], made: MadeCatalog, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", "--year", "2020", "--catalog", str(made.root), "--compare", "earth-search"]
    app(command, standalone_mode=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "earth-search" in said
    assert "31UFS 2020-10-15" in said
    app([*command, "--json"], standalone_mode=False)
    assert json.loads(capsys.readouterr().out)["earth-search"]["acquisitions"] == 3


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where answers are kept, also those of this machine."""
    monkeypatch.setattr(kept_searches, "kept_in", lambda: tmp_path / "searches")
    monkeypatch.setattr(kept_searches, "is_far", lambda _: True)
    return tmp_path / "searches"


def found(two: tuple[lulc.Region, list[str]], **more: Any) -> tuple[list[lulc.Scene], lulc.SearchRecord, int]:
    """Scenes of Earth Search, their record, and how many requests it has had so far."""
    region, asked = two
    records: list[lulc.SearchRecord] = []
    scenes = lulc.search(region, year=2020, catalog="earth-search", on_record=records.append, **more)
    return scenes, records[0], len(asked)


def test_an_answer_is_kept_for_a_day(
    two: tuple[lulc.Region, list[str]], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, record, requests = found(two)
    assert not record.kept
    again, later, still = found(two)
    assert (again, still) == (first, requests)
    assert later.kept
    assert abs(later.asked - record.asked) < timedelta(seconds=1)
    assert found(two, refresh=True)[2] > requests
    monkeypatch.setattr(kept_searches, "LASTS_S", 0)
    assert not found(two)[1].kept
    assert len(list(kept.iterdir())) == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"asked": "now"}', '{"asked": 1e300, "features": []}'])
def test_a_kept_answer_that_is_broken_is_asked_for_again(
    two: tuple[lulc.Region, list[str]], kept: Path, content: str
) -> None:
    found(two)
    (path,) = kept.iterdir()
    path.write_text(content)
    assert not found(two)[1].kept
    assert found(two)[1].kept


def test_no_secret_and_no_part_of_an_answer_is_kept(
    two: tuple[lulc.Region, list[str]], made: MadeCatalog, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = {"href": "https://example.org/png?item=1&sig=SECRET", "type": "image/png"}
    made.items[0]["assets"]["rendered_preview"] = drawn
    found(two)
    (path,) = kept.iterdir()
    assert "SECRET" not in path.read_text()
    path.unlink()
    made.items[0]["assets"]["B04"]["href"] += "?sig=SECRET"
    found(two)
    own = catalogs.address_of("earth-search")
    monkeypatch.setenv("LULC_EARTH_SEARCH", own.replace("://", "://me:SECRET@"))
    made.items[0]["assets"]["B04"]["href"] = "https://example.org/B04.tif"
    found(two)
    assert not kept.exists() or not list(kept.iterdir())


def test_what_a_catalog_of_this_network_answers_is_not_kept(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(kept_searches, "kept_in", lambda: kept)
    region = lulc.Region.named("laos")
    for address, far in (("http://127.0.0.1:9", False), ("https://93.184.216.34/stac", True)):
        question = Question.of(address, "sentinel-2-l2a", region, 2020)
        question.keep([{"id": "a"}], datetime.now(UTC))
        assert (question.recall() is not None) == far


def test_a_run_that_goes_on_finds_the_same_scenes_in_a_kept_answer(
    two: tuple[lulc.Region, list[str]], made: MadeCatalog, kept: Path
) -> None:
    drawn = {"href": "https://example.org/png?item=1", "type": "image/png"}
    made.items[0]["assets"]["rendered_preview"] = drawn
    first, again = found(two), found(two)
    assert (first[1].kept, again[1].kept) == (False, True)
    decides = {"grid": "the same"}
    assert fingerprint(first[0], decides) == fingerprint(again[0], decides)
