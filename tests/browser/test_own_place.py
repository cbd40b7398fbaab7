"""A place of one's own in the real browser, with the imagery of a STAC server on loopback."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import odc.geo.xr
import pytest
from lulc_explorer.engine.boxes import key_of, read_box
from making import SMALL as EDGE
from making import MadeCatalog, write_model
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import drag, make_map, open_fold, serve
from browser.steps import Steps
from browser.waiting import settle, steady

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DRAWS_BOXES = """() => {
    const figures = [...Bokeh.documents[0]._all_models.values()].filter(({ type }) => type === "Figure")
    const bars = figures.map(({ toolbar }) => toolbar)
    const maps = bars.filter(({ tools }) => tools.some(({ type }) => type === "BoxSelectTool"))
    return maps.length && maps.every(({ active_drag }) => active_drag?.type === "BoxSelectTool")
}"""
"""Whether a drag draws on both maps: their tools change once the document is free, after the words beside them."""


def begin_to_draw(page: Page) -> tuple[float, float]:
    """Begin to draw a place; return the middle of the right map, in pixels of the screen."""
    page.get_by_role("button", name="Draw on the map").first.click()
    page.get_by_text("Drag a rectangle").wait_for()
    page.wait_for_function(DRAWS_BOXES)
    box = steady(page, page.locator(".map").nth(1).bounding_box)
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_box_drawn_too_large_is_told_and_the_map_stays(laos: Page) -> None:
    middle = begin_to_draw(laos)
    laos.mouse.move(*middle)
    for _ in range(8):  # each time twice as far
        laos.mouse.wheel(0, 2000)
        settle(laos)
    for _ in range(2):
        drag(laos, middle, 150, 100)
        laos.get_by_text("the explorer shows at most 900").wait_for()
        laos.get_by_role("button", name="Close", exact=True).click()
        laos.get_by_text("the explorer shows at most 900").wait_for(state="hidden")
    expect(laos.get_by_text("of this map clear")).to_be_visible()
    assert "region=laos" in laos.url


def paste(page: Page, shape: dict[str, object]) -> None:
    field = page.get_by_role("textbox", name="Own place")
    field.fill(json.dumps(shape))
    field.press("Enter")
    settle(page)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("button", name=name).first.click()
    settle(page)


def test_an_own_place_and_an_own_map_beside_it_on_real_imagery(offline_page: Page, tmp_path: Path) -> None:
    """Tasks 10 and 11, on imagery of one's own."""
    page, person = offline_page, Steps(offline_page)
    catalog = MadeCatalog(tmp_path / "catalog", size=EDGE)
    catalog.add("S2A_202007", "2020-07-15T10:50:00Z")
    write_model(tmp_path / "networks" / "mine", name="Of my own")
    region = lulc.catalog_region(catalog.root)
    west, south, east, north = region.bbox
    corners = [(west, south), (east, south), ((west + east) / 2, north), (west, south)]
    networks = str(tmp_path / "networks")
    with serve(tmp_path / "cache", catalog=catalog.root, model="unet-simulated", LULC_MODELS=networks) as url:
        page.goto(url)
        settle(page)
        expect(page.get_by_role("combobox", name="Network", exact=True)).to_have_text("Of my own")
        person.do(lambda: paste(page, {"type": "Polygon", "coordinates": [corners]}))
        said = page.get_by_text(re.compile(r"The polygon has [\d.]+ ha: only that counts")).inner_text()
        person.took(10, 1)  # the same, but its areas were those of the box
        person.do(lambda: make_map(page))
        person.took(11, 2)  # it was 4: the network for simulated places was chosen first
        areas = page.get_by_text(re.compile(r"% · [\d.]+ ha$")).all_inner_texts()
        mapped = sum(float(text.split(" · ")[1].removesuffix(" ha")) for text in areas)
        assert mapped == pytest.approx(float(re.search(r"has ([\d.]+) ha", said)[1]), rel=0.05)
        assert mapped < 0.6 * region.area_ha
        # The link holds the polygon.
        link = page.url
        assert "region=outline" in link
        page.goto("about:blank")
        page.goto(link)
        make_map(page)
        expect(page.get_by_text("only that counts")).to_be_visible()
        # Pasted with latitude first it was taken for a place in another country: 1 step more.
        paste(page, {"type": "Polygon", "coordinates": [[[y, x] for x, y in corners]]})
        expect(page.get_by_role("alert")).to_contain_text("outside the imagery of the folder")
        assert page.url == link
        middle: list[tuple[float, float]] = []
        person = Steps(page)
        person.do(lambda: middle.append(begin_to_draw(page)))
        person.do(lambda: drag(page, middle[0], 40, 30))
        page.wait_for_url("**region=box*")
        person.took(10, 2)
        drawn = read_box(unquote(re.search(r"region=([^&]+)", page.url)[1]))
        assert drawn[0] == pytest.approx((west + east) / 2, abs=(east - west) / 20)
        assert drawn[3] == pytest.approx((south + north) / 2, abs=(north - south) / 4)
        assert west < drawn[0] < drawn[2] < east
        assert drawn[1] < drawn[3]
        expect(page.get_by_role("textbox", name="Own place")).to_have_value(key_of(drawn).removeprefix("box:"))
        # The other order brings the polygon back: its map is there already.
        paste(page, {"type": "Polygon", "coordinates": [[[y, x] for x, y in corners]]})
        press(page, re.compile("Swap latitude and longitude"))
        page.get_by_text("of this map clear").wait_for()
        _compare_with_an_own_map(page, region)


def _compare_with_an_own_map(page: Page, region: lulc.Region) -> None:
    """An own map beside this one: 2 steps; it took a restart with LULC_MAPS before."""
    codes = odc.geo.xr.wrap_xr(np.full(region.grid.shape, 3, np.uint8), region.grid)
    with tempfile.TemporaryDirectory() as folder:
        lulc.write_map(codes, Path(folder) / "mine.tif")
        content = (Path(folder) / "mine.tif").read_bytes()
    open_fold(page, "Compare with my own map")
    files = page.locator("input[type=file]")
    files.first.set_input_files({"name": "mine.tif", "mimeType": "image/tiff", "buffer": content})
    page.get_by_text("mine.tif lies beside the map.").wait_for()
    page.get_by_text("agreement with this map").wait_for()
    page.get_by_role("region", name="This map of 2020 and My own map").wait_for()
    files.first.set_input_files({"name": "mine.vrt", "mimeType": "text/xml", "buffer": b"<VRTDataset/>"})
    page.get_by_text("mine.vrt is not a GeoTIFF").wait_for()
