"""Error matrix and area, in the real browser: what the page says against the engine and the paper."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import FIGURES, make_map, map_of, open_tab, texts
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def table(page: Page, name: str) -> list[list[str]]:
    """The texts of a table, header included."""
    return texts(page.get_by_role("table", name=name))


def matrix(page: Page) -> list[list[str]]:
    """The texts of the error matrix, without header and names: cells, with user's accuracy at the end of each row."""
    return [row[1:] for row in table(page, "Error matrix")[1:]]


@pytest.fixture
def error_matrix(matrix_page: Page) -> Page:
    """The paper's matrices as they are at first: California's, as printed, in shares, its classes apart."""
    open_tab(matrix_page, "Error matrix")
    press(matrix_page, "The paper")
    focus = "Focus on grass, crops, scrub/shrub"
    if matrix_page.get_by_role("button", name=focus).get_attribute("aria-pressed") == "true":
        press(matrix_page, focus)
    if matrix_page.get_by_role("button", name="Unmerge all").is_visible():
        press(matrix_page, "Unmerge all")
    for name in ("California", "As printed", "Share of area"):
        matrix_page.get_by_role("button", name=name, exact=True).click()
    settle(matrix_page)
    return matrix_page


@pytest.mark.parametrize("region", [m.region for m in lulc.FIG3])
def test_the_page_shows_the_matrices_as_the_paper_prints_them(error_matrix: Page, region: str) -> None:
    press(error_matrix, region)
    printed = lulc.printed_matrix(region)
    *cells, producers = matrix(error_matrix)
    for row, values, user in zip(cells, printed.cells, printed.users or (), strict=True):
        assert row == [*(f"{value:.5f}" for value in values), f"{100 * user:.1f} %"]
    assert producers == [f"{100 * value:.1f} %" for value in (*(printed.producers or ()), printed.overall or 0)]


def test_a_misprint_is_marked_and_explained_and_can_be_corrected(error_matrix: Page) -> None:
    cell = error_matrix.get_by_role("button", name="Map Grass, reference Built Area")
    expect(cell).to_have_text("0.00722")
    lies = re.compile(re.escape("agree that it lies between 0.00119 and 0.00125; 0.00122 fits"))
    expect(cell).to_have_attribute("aria-label", lies)
    cell.hover()
    expect(error_matrix.locator(".tip")).to_contain_text("0.00122 fits")
    error_matrix.get_by_role("listitem").filter(has_text="0.00122 fits").first.wait_for()
    error_matrix.mouse.move(2, 2)
    press(error_matrix, "Corrected")
    expect(cell).to_have_text("0.00122")
    expect(cell).to_have_attribute("aria-label", re.compile(re.escape("Corrected here to 0.00122")))


def test_the_cells_say_rows_columns_and_hectares(error_matrix: Page) -> None:
    press(error_matrix, "Corrected")
    grass = lulc.corrected_matrix("California").cells[2]
    press(error_matrix, "Row %")
    assert matrix(error_matrix)[2][:8] == [f"{100 * value / sum(grass):.1f} %" for value in grass]
    press(error_matrix, "Column %")
    trees = [row[1] for row in lulc.corrected_matrix("California").cells]
    assert [row[1] for row in matrix(error_matrix)[:8]] == [f"{100 * value / sum(trees):.1f} %" for value in trees]
    press(error_matrix, "Hectares")
    total = lulc.audit_matrices(lulc.FIG3).regions[0].total_ha or 0
    scrub = error_matrix.get_by_role("button", name="Map Scrub, reference Scrub")
    expect(scrub).to_have_text(f"{0.45416 * total / 1e6:.2f} M")


def test_one_click_puts_grass_scrub_and_crops_in_focus(error_matrix: Page) -> None:
    before = [row[-1] for row in matrix(error_matrix)], matrix(error_matrix)[-1]
    press(error_matrix, "Focus on grass, crops, scrub/shrub")
    names = [row[0] for row in table(error_matrix, "Error matrix")[1:-1]]
    assert names == ["All others", "Grass", "Crops", "Scrub"]
    expect(error_matrix.get_by_text("merges all classes but grass, crops, scrub/shrub")).to_be_visible()
    cells = lulc.printed_matrix("California").cells
    others = [0, 1, 3, 6, 7]
    inside = sum(cells[i][j] for i in others for j in others)
    of_the_map = sum(cells[i][j] for i in others for j in range(8))
    assert matrix(error_matrix)[0][0] == f"{inside:.5f}"
    assert matrix(error_matrix)[0][-1] == f"{100 * inside / of_the_map:.1f} %"
    assert matrix(error_matrix)[1][1] == "0.00442"
    apart = [2, 4, 5]  # grass, crops and scrub keep the user's and producer's accuracies that the paper prints
    assert [row[-1] for row in matrix(error_matrix)[1:4]] == [before[0][i] for i in apart]
    assert matrix(error_matrix)[-1][1:4] == [before[1][i] for i in apart]


def test_any_classes_can_be_taken_as_one(error_matrix: Page) -> None:
    for name in ("Scrub", "Grass"):
        press(error_matrix, name)
        expect(error_matrix.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    names = [row[0] for row in table(error_matrix, "Error matrix")[1:-1]]
    assert names == ["Water", "Trees", "Grass + Scrub", "Flooded Veg", "Crops", "Built Area", "Bare"]
    cells = lulc.printed_matrix("California").cells
    both = sum(cells[i][j] for i in (2, 5) for j in (2, 5))
    assert matrix(error_matrix)[2][2] == f"{both:.5f}"
    press(error_matrix, "New group")
    press(error_matrix, "Grass + Scrub")
    press(error_matrix, "Water")
    names = [row[0] for row in table(error_matrix, "Error matrix")[1:-1]]
    assert names == ["Water + Grass + Scrub", "Trees", "Flooded Veg", "Crops", "Built Area", "Bare"]
    press(error_matrix, "Unmerge all")
    assert len(matrix(error_matrix)) == 9


def test_the_matrix_is_walked_through_by_keyboard(error_matrix: Page) -> None:
    first = error_matrix.get_by_role("button", name="Map Water, reference Water")
    first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        error_matrix.keyboard.press(key)
    expect(error_matrix.locator(".tip")).to_contain_text("Map Grass, reference Trees")


def sizes(figures: list[dict]) -> list[list[int]]:
    return [figure["size"] for figure in figures]


def test_the_matrix_reaches_to_its_findings_on_a_wide_screen(error_matrix: Page) -> None:
    error_matrix.set_viewport_size({"width": 2560, "height": 1440})
    settle(error_matrix)
    parts = error_matrix.get_by_role("table", name="Error matrix"), error_matrix.locator(".findings")
    table, findings = (part.bounding_box() for part in parts)
    error_matrix.set_viewport_size({"width": 1440, "height": 900})
    assert findings["x"] - table["x"] - table["width"] < 40


@pytest.fixture
def laos(matrix_page: Page) -> Page:
    """The same page, with its map before it."""
    open_tab(matrix_page, "Map")
    make_map(matrix_page)
    return matrix_page


WATCH = """
(toolbars) => {
    window.moved = 0
    const watch = new MutationObserver((changes) => { moved += changes.length })
    toolbars.forEach(({shadowRoot}) => watch.observe(shadowRoot, {childList: true}))
    return toolbars.length
}
"""
"""Counts how often buttons are put into toolbars, or taken out."""


def test_a_map_keeps_its_size_and_its_tools_while_another_tab_is_open(laos: Page) -> None:
    before = laos.evaluate(FIGURES)
    assert laos.locator(".map .bk-Toolbar").evaluate_all(WATCH) == 2
    open_tab(laos, "Error matrix")
    laos.wait_for_url("**tab=error-matrix**")
    open_tab(laos, "Map")
    comes_to(laos, lambda: laos.evaluate(FIGURES), before)
    assert laos.evaluate("moved") == 0


def test_a_map_that_opens_behind_another_tab_is_whole(laos: Page, laos_url: str) -> None:
    before = laos.evaluate(FIGURES)
    laos.goto(f"{laos_url}&tab=area")
    laos.get_by_role("table", name="Areas").wait_for()
    open_tab(laos, "Map")
    make_map(laos)
    after = eventually(laos, lambda: laos.evaluate(FIGURES), lambda now: sizes(now) == sizes(before))
    assert after[0]["range"] == pytest.approx(before[0]["range"], abs=1)


def test_a_cell_of_a_drawn_sample_shows_its_pixels_on_the_map(laos: Page, small_cache: Path) -> None:
    """The oracle is the map and the truth as files: the hectares that the page says, and the colours that stay full."""
    page = laos
    open_tab(page, "Error matrix")
    press(page, "This map")
    press(page, "Draw from this map")
    cell = page.get_by_role("button", name="Map grass, reference crops")
    cell.hover()
    expect(page.locator(".tip")).to_contain_text("The map counts their hectares; this table estimates them")
    cell.click()
    page.get_by_text("Highlighted: map grass, reference crops").wait_for()
    pixels, area = in_the_files(small_cache, "grass", "crops")
    assert pixels
    said = page.get_by_text("Highlighted").inner_text()
    assert float(said.split("crops: ")[1].split(" ha")[0].replace(",", "")) == pytest.approx(area, rel=0.05)
    grass, crops = (lulc.LEGEND.names.index(name) for name in ("grass", "crops"))
    comes_to(page, lambda: [[c for c in each if c < len(lulc.LEGEND)] for each in classes(page)], [[crops], [grass]])
    assert max(map(len, classes(page))) > 2
    press(page, "Show the whole map")
    expect(page.get_by_text("Highlighted")).to_be_hidden()
    eventually(page, lambda: classes(page), lambda now: all(max(each) in (*range(10), 255) for each in now))
    assert np.any([len(each) > 3 for each in classes(page)])


def classes(page: Page) -> list[list[int]]:
    """The positions in the legend that each map shows; faded ones are beyond it."""
    return [figure["classes"] for figure in page.evaluate(FIGURES)]


def in_the_files(cache: Path, mapped_as: str, really: str) -> tuple[int, float]:
    """Pixels, and their hectares, of the map of Laos and of its truth, as files."""
    folder = map_of(cache, "laos", 2023)
    catalog = json.loads((folder / "report.json").read_text())["catalog"]
    truth = folder.joinpath(catalog).with_name("truth.tif")
    with rasterio.open(folder / "map.tif") as mapped, rasterio.open(truth) as true:
        codes = lulc.LEGEND[mapped_as].code, lulc.LEGEND[really].code
        pixels = int(((mapped.read(1) == codes[0]) & (true.read(1) == codes[1])).sum())
        return pixels, pixels * mapped.res[0] * mapped.res[1] / 10_000
