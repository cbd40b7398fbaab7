"""Error matrix and area, in the real browser: what the page says against the engine and the paper."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

import lulc_core as lulc
from browser.serving import FIGURES, SETTLE_MS, SMALL, make_map, open_map, serve

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def open_tab(page: Page, title: str) -> None:
    page.get_by_role("tab", name=title).click()
    page.wait_for_timeout(SETTLE_MS)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_timeout(SETTLE_MS)


def table(page: Page, name: str) -> list[list[str]]:
    """The texts of a table, header included."""
    rows = page.get_by_role("table", name=name).get_by_role("row").all()
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def matrix(page: Page) -> list[list[str]]:
    """The texts of the error matrix, without header and names: cells, with user's accuracy at the end of each row."""
    return [row[1:] for row in table(page, "Error matrix")[1:]]


@pytest.fixture
def error_matrix(offline_page: Page, app_url: str) -> Page:
    offline_page.goto(f"{app_url}?tab=error-matrix")
    offline_page.get_by_role("table", name="Error matrix").wait_for()
    offline_page.wait_for_timeout(SETTLE_MS)
    return offline_page


@pytest.mark.parametrize("region", [m.region for m in lulc.FIG3])
def test_the_page_shows_the_matrices_as_the_paper_prints_them(error_matrix: Page, region: str) -> None:
    press(error_matrix, region)
    printed = lulc.printed_matrix(region)
    *cells, producers = matrix(error_matrix)
    for row, values, user in zip(cells, printed.cells, printed.users or (), strict=True):
        assert row == [*(f"{value:.5f}" for value in values), f"{100 * user:.1f} %"]
    assert producers == [f"{100 * value:.1f} %" for value in (*(printed.producers or ()), printed.overall or 0)]


def test_a_misprint_is_marked_and_explained_and_can_be_corrected(error_matrix: Page) -> None:
    cell = error_matrix.get_by_role("button", name="Map says Grass, really Built Area")
    assert cell.inner_text() == "0.00722"
    assert "lies between 0.00118 and 0.00125; 0.00122 fits" in (cell.get_attribute("aria-label") or "")
    cell.hover()
    tip = error_matrix.locator(".tip")
    assert "0.00122 fits" in tip.inner_text()
    assert "0.00122 fits" in error_matrix.get_by_role("listitem").first.inner_text()
    error_matrix.mouse.move(2, 2)
    press(error_matrix, "Corrected")
    assert cell.inner_text() == "0.00122"
    assert "Corrected here to 0.00122" in (cell.get_attribute("aria-label") or "")


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
    scrub = error_matrix.get_by_role("button", name="Map says Scrub, really Scrub")
    assert scrub.inner_text() == f"{0.45416 * total / 1e6:.2f} M"


def test_one_click_puts_grass_scrub_and_crops_in_focus(error_matrix: Page) -> None:
    press(error_matrix, "Grass, scrub, crops in focus")
    names = [row[0] for row in table(error_matrix, "Error matrix")[1:-1]]
    assert names == ["All others", "Grass", "Crops", "Scrub"]
    assert error_matrix.get_by_text("takes all classes but grass, scrub and crops as one").is_visible()
    cells = lulc.printed_matrix("California").cells
    others = [0, 1, 3, 6, 7]
    inside = sum(cells[i][j] for i in others for j in others)
    of_the_map = sum(cells[i][j] for i in others for j in range(8))
    assert matrix(error_matrix)[0][0] == f"{inside:.5f}"
    assert matrix(error_matrix)[0][-1] == f"{100 * inside / of_the_map:.1f} %"
    assert matrix(error_matrix)[1][1] == "0.00442"


def test_any_classes_can_be_taken_as_one(error_matrix: Page) -> None:
    error_matrix.get_by_label("Take as one class").click()
    for name in ("Grass", "Scrub"):
        error_matrix.get_by_role("menuitem", name=name, exact=True).click()
        error_matrix.get_by_role("menuitem", name=name, exact=True).wait_for(state="hidden")
        error_matrix.wait_for_timeout(SETTLE_MS)
    error_matrix.keyboard.press("Escape")
    error_matrix.wait_for_timeout(SETTLE_MS)
    names = [row[0] for row in table(error_matrix, "Error matrix")[1:-1]]
    assert names == ["Water", "Trees", "Grass + Scrub", "Flooded Veg", "Crops", "Built Area", "Bare"]
    cells = lulc.printed_matrix("California").cells
    both = sum(cells[i][j] for i in (2, 5) for j in (2, 5))
    assert matrix(error_matrix)[2][2] == f"{both:.5f}"
    press(error_matrix, "All apart")
    assert len(matrix(error_matrix)) == 9


def test_the_matrix_is_walked_through_by_keyboard(error_matrix: Page) -> None:
    first = error_matrix.get_by_role("button", name="Map says Water, really Water")
    first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        error_matrix.keyboard.press(key)
    assert "Map says Grass, really Trees" in error_matrix.locator(".tip").inner_text()


def test_a_map_keeps_its_size_while_another_tab_is_open(explorer: Page) -> None:
    before = explorer.evaluate(FIGURES)
    open_tab(explorer, "Error matrix")
    assert "tab=error-matrix" in explorer.url
    open_tab(explorer, "Map")
    assert explorer.evaluate(FIGURES) == before


def test_a_map_that_opens_behind_another_tab_is_whole(explorer: Page, app_url: str) -> None:
    before = explorer.evaluate(FIGURES)
    explorer.goto(f"{app_url}?tab=area")
    explorer.get_by_role("table", name="Areas").wait_for()
    open_tab(explorer, "Map")
    make_map(explorer)
    after = explorer.evaluate(FIGURES)
    assert [figure["size"] for figure in after] == [figure["size"] for figure in before]
    assert after[0]["range"] == pytest.approx(before[0]["range"], abs=1)


def test_a_cell_of_a_drawn_sample_shows_its_pixels_on_the_map(offline_page: Page, tmp_path: Path) -> None:
    """The oracle is the map and the truth as files: the hectares that the page says, and the colours that stay full."""
    page, cache = offline_page, tmp_path / "cache"
    with serve(cache, **SMALL) as url:
        open_map(page, f"{url}?region=laos&year=2023")
        open_tab(page, "Error matrix")
        press(page, "This map")
        press(page, "Draw from this map")
        page.get_by_role("table", name="Error matrix").wait_for()
        page.get_by_role("button", name="Map says grass, really crops").click()
        page.get_by_text("In full colour: map says grass, really crops").wait_for()
        page.wait_for_timeout(2 * SETTLE_MS)
        said = page.get_by_text("In full colour").inner_text()
        figures = page.evaluate(FIGURES)
        report = next(path for path in cache.rglob("report.json") if (path.parent / "map.tif").exists())
        truth = report.parent.joinpath(json.loads(report.read_text())["catalog"]).with_name("truth.tif")
        with rasterio.open(report.with_name("map.tif")) as mapped, rasterio.open(truth) as true:
            codes = lulc.LEGEND["grass"].code, lulc.LEGEND["crops"].code
            pixels = int(((mapped.read(1) == codes[0]) & (true.read(1) == codes[1])).sum())
            area = pixels * mapped.res[0] * mapped.res[1] / 10_000
        assert pixels
        assert float(said.split("crops: ")[1].split(" ha")[0].replace(",", "")) == pytest.approx(area, rel=0.05)
        grass, crops = (lulc.LEGEND.names.index(name) for name in ("grass", "crops"))
        full = [[c for c in figure["classes"] if c < len(lulc.LEGEND)] for figure in figures]
        assert full == [[crops], [grass]]
        assert max(map(len, (figure["classes"] for figure in figures))) > 2
        press(page, "Show all pixels")
        assert page.get_by_text("In full colour").count() == 0
        assert all(max(figure["classes"]) in (*range(10), 255) for figure in page.evaluate(FIGURES))
        assert np.any([len(figure["classes"]) > 3 for figure in page.evaluate(FIGURES)])
