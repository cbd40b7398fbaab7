"""What is taken home is what is on screen: files read by rasterio, Python run and compared pixel by pixel."""

from __future__ import annotations

import io
import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import rasterio
from lulc_explorer.engine.classes import COLOURS, in_colours
from lulc_explorer.engine.export import area_table, script, stem
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import OWN
from lulc_explorer.rendering.palette import RAMP
from lulc_explorer.tabs.map.picture import _signature, credits_of, picture
from making import small_session
from matplotlib.figure import Figure
from PIL import Image

import lulc_core as lulc

if TYPE_CHECKING:
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.session.session import Session

EDGE = 64
WEIGHTS = {"crops": 2.5, "flooded vegetation": 0.3, "trees": 0.7}


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A person who looks at a small simulated place with weights of their own."""
    person = small_session(tmp_path_factory.mktemp("home"), "laos")
    person.map.composite = person.map.land_cover.weigh(WEIGHTS)
    return person


@pytest.fixture
def result(explorer: Session) -> LandCoverMap:
    return explorer.map.land_cover


def test_the_map_comes_as_a_cog_with_names_colours_and_weights(
    explorer: Session, result: LandCoverMap, tmp_path: Path
) -> None:
    path = tmp_path / "map.tif"
    path.write_bytes(result.map_file(explorer.map.composite))
    with rasterio.open(path) as file:
        assert (file.read(1) == explorer.map.composite.label).all()
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert {file.tags()[f"CLASS_{c.code}"] for c in lulc.LEGEND} == set(lulc.LEGEND.names)
        assert all(file.colormap(1)[c.code][:3] == c.colour for c in lulc.LEGEND)
        assert file.tags()["SIMULATED"] == "yes"
        assert json.loads(file.tags()["WEIGHTS"])["crops"] == WEIGHTS["crops"]
    assert lulc.read_map(path).odc.geobox == result.grid


def test_the_files_are_those_that_a_map_is_made_with(explorer: Session, result: LandCoverMap, tmp_path: Path) -> None:
    """With the weights of the map byte for byte; with others, all but the labels and the recorded weights."""
    for name, write in (("map.tif", result.map_file), ("quality.tif", result.quality_file)):
        made = result.folder / name
        assert write(result.composite) == made.read_bytes(), name
        (tmp_path / name).write_bytes(write(explorer.map.composite))
        with rasterio.open(made) as one, rasterio.open(tmp_path / name) as other:
            assert one.profile == other.profile
            assert one.overviews(1) == other.overviews(1)
            assert one.descriptions == other.descriptions
            assert {**one.tags(), "WEIGHTS": ""} == {**other.tags(), "WEIGHTS": ""}
            assert one.tags()["WEIGHTS"] != other.tags()["WEIGHTS"]


def test_files_say_whose_work_they_are_and_simulated_ones_claim_no_copernicus_data(
    explorer: Session, result: LandCoverMap, tmp_path: Path
) -> None:
    assert result.attribution.startswith("Simulated imagery, not a map of the real place. Classified by the network ")
    item = json.loads((result.folder / "item.json").read_text())["properties"]
    assert item["attribution"] == result.attribution
    assert not {"providers", "license"} & {*item}
    with rasterio.open(result.folder / "map.tif") as file:
        assert file.tags()["TIFFTAG_COPYRIGHT"] == result.attribution
    old = replace(result, report={k: v for k, v in result.report.items() if k not in ("attribution", "title")})
    (tmp_path / "map.tif").write_bytes(old.map_file(explorer.map.composite))
    with rasterio.open(tmp_path / "map.tif") as file:
        assert file.tags()["TIFFTAG_COPYRIGHT"].startswith("Simulated imagery")


def test_the_quality_comes_as_a_cog_of_named_bands(explorer: Session, result: LandCoverMap, tmp_path: Path) -> None:
    path = tmp_path / "quality.tif"
    path.write_bytes(result.quality_file(explorer.map.composite))
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.descriptions == ("runner_up", "support_percent", "margin_percent", "observations")
        assert (file.read(1) == explorer.map.composite.data["runner_up"].values).all()
        assert file.tags()["YEAR"] == "2023"


def test_the_areas_are_counted_on_the_map(explorer: Session, result: LandCoverMap) -> None:
    table = pd.read_csv(io.StringIO(area_table(result, explorer.map.composite))).set_index("class")
    for c in lulc.LEGEND:
        assert table.hectares[c.name] == pytest.approx((explorer.map.composite.label == c.code).sum() * 0.01, abs=1e-4)
    assert table.hectares.sum() == pytest.approx(EDGE**2 * 0.01)
    assert table.share_of_mapped.sum() == pytest.approx(1, abs=1e-4)


def test_the_names_of_the_files_say_that_the_place_is_simulated(result: LandCoverMap) -> None:
    assert stem(result) == "laos-2023-simulated"
    theirs = replace(result, report={**result.report, "simulated": False})
    assert stem(theirs) == "laos-2023"


def test_a_finished_map_of_a_simulated_place_knows_its_truth(result: LandCoverMap, tmp_path: Path) -> None:
    store = MapRepository(tmp_path, catalog=None, model="unet-simulated", runs=[result.folder])
    (place,) = [place for place in store.places.values() if place.made]
    found = store.find(store.request(place.key, 2023, imagery=OWN))
    np.testing.assert_array_equal(found.truth, result.truth)
    with rasterio.open(Path(result.report["catalog"]).with_name("truth.tif")) as file:
        profile, larger = file.profile, np.pad(file.read(1), 8)
    with rasterio.open(tmp_path / "truth.tif", "w", **profile | {"height": len(larger), "width": len(larger)}) as file:
        file.write(larger, 1)
    elsewhere = replace(found, report={**found.report, "catalog": str(tmp_path / "items.json")})
    assert elsewhere.truth is None  # of another grid
    assert replace(found, report={**found.report, "catalog": "nowhere/items.json"}).truth is None


def test_the_picture_has_the_colours_of_what_is_there(explorer: Session, result: LandCoverMap) -> None:
    shown = np.asarray(Image.open(io.BytesIO(picture(explorer))).convert("RGB"))
    year = shown[200:-250, shown.shape[1] // 2 + 100 : -100]
    there = {tuple(colour) for colour in np.unique(year.reshape(-1, 3), axis=0).tolist()}
    assert there <= {c.colour for c in lulc.LEGEND}
    share = (year == lulc.LEGEND["trees"].colour).all(-1).mean()
    assert share == pytest.approx(explorer.map.composite.hectares[2] / explorer.map.composite.mapped_ha, abs=0.1)


def test_the_picture_says_whose_maps_it_shows(
    explorer: Session, result: LandCoverMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert credits_of(explorer) == [result.attribution]
    monkeypatch.setitem(result.report, "simulated", False)  # so that published maps are offered
    monkeypatch.setattr(explorer.layers, "right", "esa-worldcover")
    theirs = lulc.REFERENCE_MAPS["esa-worldcover"]
    assert credits_of(explorer) == [result.attribution, f"{theirs.title} {theirs.nearest_year(2023)}: {theirs.credit}"]


def test_the_picture_has_the_scale_of_a_continuous_layer(explorer: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer.layers, "right", "support")
    shown = np.asarray(Image.open(io.BytesIO(picture(explorer))).convert("RGB"))
    right = shown.shape[1] // 2 + 10
    ramp = [rgb(colour) for colour in RAMP]
    rows = ([ramp.index(at) for at in map(tuple, row[right:]) if at in ramp] for row in shown[:180])
    assert any(row[:200] == sorted(row[:200]) and len({*row[:200]}) > 80 for row in rows)


def test_the_picture_says_of_which_class_and_which_bands_a_map_is(
    explorer: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    monkeypatch.setattr(explorer.layers, "left", "probability")
    monkeypatch.setattr(explorer.layers, "target_class", "crops")
    monkeypatch.setattr(explorer.layers, "right", "false-colour")
    picture(explorer)
    said = [{text.get_text() for text in axes.texts} for axes in drawn[0].axes[:2]]
    assert "Crops" in said[0]
    assert any("near infrared, red, green" in text for text in said[1])


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


@pytest.mark.parametrize("length", [30, 200, 3000])
def test_the_picture_has_the_whole_link_however_long(explorer: Session, length: int) -> None:
    link = "https://example.org/app?".ljust(length, "x")
    lines = _signature(explorer, explorer.context, link)
    assert link in "".join(reversed(lines))
    assert max(map(len, lines)) <= 200
    plain, signed = (Image.open(io.BytesIO(picture(explorer, asked))) for asked in ("", link))
    assert signed.height - plain.height == 18 * max(0, len(lines) - 3)


def test_what_is_downloaded_has_the_chosen_colours(explorer: Session, result: LandCoverMap, tmp_path: Path) -> None:
    explorer.display.colours = "distinct"
    try:
        shown = np.asarray(Image.open(io.BytesIO(picture(explorer))).convert("RGB"))
    finally:
        explorer.display.colours = "published"
    distinct = lulc.LEGEND.distinct
    year = shown[200:-250, shown.shape[1] // 2 + 100 : -100]
    assert {tuple(colour) for colour in np.unique(year.reshape(-1, 3), axis=0).tolist()} <= {c.colour for c in distinct}
    path = tmp_path / "map.tif"
    path.write_bytes(result.map_file(explorer.map.composite, "distinct"))
    with rasterio.open(path) as file:
        assert all(file.colormap(1)[c.code][:3] == c.colour for c in distinct)
        assert (file.read(1) == explorer.map.composite.label).all()


@pytest.mark.parametrize("in_view, colours", [(False, "published"), (True, "distinct")])
def test_the_python_makes_the_same_map_pixel_by_pixel(
    explorer: Session,
    result: LandCoverMap,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    in_view: bool,
    colours: str,
) -> None:
    west, south, east, north = result.grid.footprint("EPSG:4326").boundingbox.bbox
    view = f"{west:.5f},{south:.5f},{(west + east) / 2:.5f},{north:.5f}" if in_view else ""
    program = tmp_path / "again.py"
    chosen = {"scene": explorer.layers.scene, "view": view, "colours": colours}
    program.write_text(script(result, explorer.map.composite, **chosen))
    monkeypatch.chdir(tmp_path)
    shown = runpy.run_path(str(program))
    again = lulc.read_map(tmp_path / stem(result) / "map.tif")
    assert again.odc.geobox == result.grid
    assert (again.values == explorer.map.composite.label).all()
    assert (again.values != result.composite.label).any()
    there = {"y": shown["one_day"].y, "x": shown["one_day"].x}
    assert len(there["x"]) < EDGE if in_view else len(there["x"]) == EDGE
    assert (shown["land_cover"] == explorer.map.composite.data["label"].sel(there)).all()
    figure = Image.open(tmp_path / stem(result) / "maps.png").convert("RGB")
    drawn = {colour for _, colour in figure.getcolors(figure.width * figure.height)}
    most = int(np.bincount(shown["land_cover"].values.ravel()).argmax())
    seen = {name: in_colours(lulc.LEGEND, name)[most].colour for name in COLOURS}
    assert [name for name, colour in seen.items() if colour in drawn] == [colours]
    with rasterio.open(tmp_path / stem(result) / "map.tif") as file:
        assert file.colormap(1)[most][:3] == seen[colours]
    item = json.loads((tmp_path / stem(result) / "item.json").read_text())
    hints = {each["value"]: each.get("color_hint") for each in item["assets"]["map"]["classification:classes"]}
    assert hints[most] == in_colours(lulc.LEGEND, colours)[most].hex[1:].upper()
    assert (shown["one_day"] == result.predictions["label"][explorer.scene_index].sel(there)).all()
