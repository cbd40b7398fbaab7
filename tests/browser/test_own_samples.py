"""Samples of one's own in the real browser: uploaded, drawn, downloaded, and shown on the map."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from making import SMALL as SMALL_PX
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import make_map, open_tab
from browser.steps import Steps
from browser.test_accuracy_tabs import matrix, press, table
from browser.waiting import comes_to, settle, watch

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CLASSES = ["Deforestation", "Forest gain", "Stable forest", "Stable non-forest"]
COUNTS = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
"""Olofsson et al. 2014, table 8."""
SIZES = [200_000, 150_000, 3_200_000, 6_450_000]
DOTS = """
() => [...Bokeh.documents[0]._all_models.values()]
    .filter((model) => model.type === "Figure" && model.renderers.some((r) => r.glyph?.type === "Image"))
    .flatMap((figure) => figure.renderers.filter((r) => r.data_source?.data.marker && r.data_source.data.words))
    .map((r) => [...r.data_source.data.words])
"""


def olofsson(folder: Path) -> tuple[Path, Path]:
    """The published sample as files: one row a pixel, and the strata."""
    cells = pd.DataFrame([(i, j, i) for i in CLASSES for j in CLASSES], columns=["map", "reference", "stratum"])
    sample, strata = folder / "sample.csv", folder / "strata.csv"
    cells.loc[cells.index.repeat(np.ravel(COUNTS))].to_csv(sample, index=False)
    pd.DataFrame({"stratum": CLASSES, "size": SIZES}).to_csv(strata, index=False)
    return sample, strata


def upload(page: Page, *files: Path) -> None:
    """Choose the sample, then the strata, and have them assessed."""
    for position, file in enumerate(files):
        chooser = page.locator("label:visible:has(input[type=file])").nth(position)
        chooser.locator("input").set_input_files(file)
        page.locator(f"label:visible[aria-label='{file.name}']").wait_for()
    settle(page)
    press(page, "Assess")


def save(page: Page, name: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("button", name=name, exact=True).click()
    return download.value.path().read_text()


@pytest.fixture
def mine(matrix_page: Page) -> Page:
    """The error matrix of one's own sample, before any was chosen."""
    open_tab(matrix_page, "Error matrix")
    press(matrix_page, "My sample")
    if matrix_page.get_by_role("button", name="Clear", exact=True).is_visible():
        press(matrix_page, "Clear")
    return matrix_page


def test_a_published_sample_gives_its_published_figures_and_files(mine: Page, tmp_path: Path) -> None:
    """Olofsson et al. 2014, sect. 5: 94.7 % overall, 0.88 user's, 21 158 ha +- 6 158 of deforestation."""
    page = mine
    side = page.get_by_label("Pixel side, m").locator("visible=true")
    side.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    expect(side).to_have_value("30.0")
    upload(page, *olofsson(tmp_path))
    page.get_by_text("94.7 % of the area is mapped correctly").wait_for()
    *cells, producers = matrix(page)
    assert [row[-1] for row in cells] == ["88.0 %", "73.3 %", "92.7 %", "96.3 %"]
    assert producers == ["74.9 %", "84.7 %", "93.5 %", "96.2 %", "94.7 %"]
    press(page, "Counts")
    assert [[int(cell) for cell in row[:-1]] for row in matrix(page)[:-1]] == COUNTS
    cell = page.get_by_role("button", name="Map Deforestation, reference Stable forest")
    cell.hover()
    for words in ("0.00133 of the area", "95 % interval", "5 sampled pixels"):
        expect(page.locator(".tip")).to_contain_text(words)
    page.mouse.move(2, 2)
    (tmp_path / "matrix.csv").write_text(save(page, "Save CSV"))
    saved = pd.read_csv(tmp_path / "matrix.csv").pivot(index="map", columns="reference", values="share")
    weights = np.array(SIZES) / sum(SIZES)
    expected = weights[:, None] * np.array(COUNTS) / np.sum(COUNTS, axis=1)[:, None]
    assert np.allclose(saved.loc[CLASSES, CLASSES], expected, rtol=1e-9)
    document = json.loads(save(page, "Save JSON"))
    assert document["area"]["Deforestation"]["area_ha"]["value"] == pytest.approx(21157.762237762)
    assert document["area"]["Deforestation"]["area_ha"]["se"] == pytest.approx(3141.65019697)

    open_tab(page, "Area")
    rows = {row[0]: row for row in table(page, "Areas")}
    assert any("21,158" in cell for cell in rows["Deforestation"])
    for chosen in ("Sample: sample.csv", "Strata: strata.csv"):
        expect(page.get_by_text(chosen).locator("visible=true")).to_have_count(1)
    (tmp_path / "areas.csv").write_text(save(page, "Save CSV"))
    areas = pd.read_csv(tmp_path / "areas.csv").set_index("class")
    assert areas.loc["Deforestation", "estimated_ha"] == pytest.approx(21157.762237762)
    assert areas.loc["Deforestation", "mapped_ha"] == pytest.approx(18000)
    estimate = document["area"]["Deforestation"]["area_ha"]
    assert 1.96 * estimate["se"] == pytest.approx(6158, abs=1)  # their half-width; our limits are not symmetric
    assert areas.loc["Deforestation", ["estimated_ha_low", "estimated_ha_high"]].tolist() == pytest.approx(
        [estimate["low"], estimate["high"]]
    )


def test_a_bad_file_says_why_and_leaves_nothing_of_the_last(mine: Page, tmp_path: Path) -> None:
    page = mine
    press(page, "Assess")
    expect(page.get_by_role("alert")).to_contain_text("Choose a sample first")
    expect(page.get_by_text("Choose a sample: a CSV of pixels").locator("visible=true")).to_have_count(1)
    chooser = page.get_by_text("Sample (CSV)").locator("visible=true")
    place = chooser.bounding_box()
    upload(page, *olofsson(tmp_path))
    page.get_by_role("table", name="Error matrix").wait_for()
    unlabelled = tmp_path / "unlabelled.csv"
    unlabelled.write_text("map,lon,lat\nwater,1,2\n")
    upload(page, unlabelled)
    expect(page.get_by_role("alert")).to_contain_text("needs the columns 'map' and 'reference'")
    expect(page.get_by_role("table", name="Error matrix")).to_have_count(0)
    expect(page.get_by_label("Merge classes").locator("visible=true")).to_have_count(0)
    open_tab(page, "Area")
    press(page, "Assess")  # what was chosen in the other tab, strata and all
    expect(page.get_by_role("alert")).to_contain_text("needs the columns 'map' and 'reference'")
    press(page, "Clear")
    expect(page.get_by_role("alert")).to_have_count(0)
    open_tab(page, "Error matrix")
    comes_to(page, chooser.bounding_box, place)
    expect(page.locator("label[aria-label$='.csv']")).to_have_count(0)
    press(page, "The paper")
    page.get_by_role("table", name="Error matrix").wait_for()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_file_that_is_too_large_or_no_table_is_refused_by_name_and_a_right_one_is_taken(
    page: Page, small_url: str, tmp_path: Path
) -> None:
    """Not on a page that lets nothing slip: panel-material-ui 0.16 logs what the browser did not send as an error."""
    sample, _ = olofsson(tmp_path)
    large, broken = tmp_path / "large.csv", tmp_path / "broken.csv"
    with large.open("wb") as file:
        file.truncate(101 * 2**20)  # without a byte on the disk: the browser looks at the size
    broken.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    watch(page).goto(f"{small_url}?region=laos&tab=error-matrix")
    press(page, "My sample")
    upload(page, sample)
    page.get_by_role("table", name="Error matrix").wait_for()
    page.locator("label:visible input[type=file]").first.set_input_files(large)
    expect(page.get_by_role("alert")).to_contain_text("large.csv was not uploaded: it is larger than 100 MiB")
    expect(page.get_by_text("Sample: sample.csv; refused: large.csv")).to_be_visible()
    expect(page.get_by_role("table", name="Error matrix")).to_be_visible()
    upload(page, broken)
    expect(page.get_by_role("alert").filter(has_text="broken.csv")).to_have_count(1)
    expect(page.get_by_text("Sample: broken.csv")).to_be_visible()
    expect(page.get_by_role("table", name="Error matrix")).to_have_count(0)
    upload(page, sample)
    page.get_by_role("table", name="Error matrix").wait_for()


GROUPED = ("Grass", "Scrub", "Crops", "Bare")


def test_classes_chosen_in_quick_succession_are_all_taken(matrix_page: Page) -> None:
    page = matrix_page
    open_tab(page, "Error matrix")
    press(page, "The paper")
    page.get_by_role("table", name="Error matrix").wait_for()

    def names() -> list[str]:
        return [row[0] for row in table(page, "Error matrix")[1:-1]]

    apart = names()
    for pace_ms in (0, 30, 150):  # within one turn of the browser, and with answers that come between
        settle(page)
        chips = {name: page.get_by_role("button", name=name, exact=True) for name in GROUPED}
        handles = {name: chip.element_handle() for name, chip in chips.items()}
        for name in ("Bare", "Grass", "Scrub", "Crops", "Bare"):
            handles[name].evaluate("chip => chip.click()")
            page.wait_for_timeout(pace_ms)
        settle(page)
        comes_to(page, names, ["Water", "Trees", "Grass + Crops + Scrub", "Flooded Veg", "Built Area", "Bare"])
        assert_grouped(page)
        press(page, "Unmerge all")
        comes_to(page, names, apart)


def assert_grouped(page: Page) -> None:
    """Grass, crops and scrub count as one class in California's matrix and in what is said of it."""
    printed = lulc.printed_matrix("California")
    cells = printed.cells
    both = sum(cells[i][j] for i in (2, 4, 5) for j in (2, 4, 5))
    of_the_map = sum(cells[i][j] for i in (2, 4, 5) for j in range(8))
    comes_to(page, lambda: matrix(page)[2][2], f"{both:.5f}")
    comes_to(page, lambda: matrix(page)[2][-1], f"{100 * both / of_the_map:.1f} %")
    share = printed.overall + both - sum(cells[i][i] for i in (2, 4, 5))
    said = f"California: by the paper's pooled matrix, {100 * share:.1f} % of the area"
    page.get_by_role("heading", name=said).wait_for()


DENSITY = """
() => [...Bokeh.documents[0]._all_models.values()]
    .filter((model) => model.type === "GlyphRenderer" && model.glyph.type === "ImageRGBA")
    .map((r) => ({...r.data_source.data}))
    .filter((data) => data.image.length)
    .map((data) => [data.x[0], data.x[0] + data.dw[0], [...data.image[0]].filter((rgba) => rgba >>> 24).length])
"""


@pytest.fixture
def with_map(matrix_page: Page) -> Page:
    """That page, whose map has been made and is seen whole."""
    open_tab(matrix_page, "Map")
    make_map(matrix_page)
    if matrix_page.get_by_role("button", name="Show the whole map").is_visible():
        press(matrix_page, "Show the whole map")
    matrix_page.get_by_role("application", name="Map on the left").press("Home")
    settle(matrix_page)
    return matrix_page


def test_a_sample_by_the_hundred_thousand_is_shown_whole_on_both_maps(with_map: Page, tmp_path: Path) -> None:
    page = with_map
    random, count = np.random.default_rng(0), 120_000
    corner = lulc.Region.named("laos").grid[:SMALL_PX, :SMALL_PX]
    west, south, east, north = corner.footprint("EPSG:4326").boundingbox.bbox
    many = pd.DataFrame({"lon": random.uniform(west, east, count), "lat": random.uniform(south, north, count)})
    many["map"], many["reference"] = "crops", np.where(np.arange(count) < 90_000, "crops", "grass")
    many.to_csv(tmp_path / "many.csv", index=False)
    open_tab(page, "Error matrix")
    press(page, "My sample")
    upload(page, tmp_path / "many.csv")
    page.get_by_role("heading", name="many.csv").wait_for(timeout=60_000)
    press(page, "Show the sample on the map")
    page.get_by_text("blue, darker where denser").wait_for()
    page.wait_for_function(f"({DENSITY.strip()})().length === 2", timeout=60_000)  # Datashader compiles once
    settle(page)
    left, right = page.evaluate(DENSITY)
    assert left == right
    assert left[2] > 100
    box = page.locator(".map").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.wheel(0, -400)
    page.wait_for_function(f"({DENSITY.strip()})()[0][0] > {left[0]}")  # drawn anew for what is in view


def test_a_drawn_sample_is_shown_on_the_map_saved_and_opened_again(with_map: Page, tmp_path: Path) -> None:
    """Tasks 7 and 8: two steps from the map to a saved sample with its matrix, three to assess one's own."""
    page = with_map
    open_tab(page, "Error matrix")
    press(page, "This map")
    open_tab(page, "Map")
    person, path = Steps(page), tmp_path / "drawn.csv"
    person.click(page.get_by_role("tab", name="Error matrix", exact=True))
    page.get_by_role("table", name="Error matrix").wait_for()
    with page.expect_download() as download:
        person.click(page.get_by_role("button", name="Download the sample", exact=True))
    person.took(7, 2)  # it was 3
    sample = pd.read_csv(download.value.path())
    assert sample["reference"].notna().all()
    mine = tmp_path / "mine.csv"
    sample[["lon", "lat", "reference"]].to_csv(mine, index=False)
    person = Steps(page)
    person.click(page.get_by_role("button", name="My sample", exact=True))
    person.choose(mine)
    person.click(page.get_by_role("button", name="Assess", exact=True))
    page.get_by_role("heading", name="mine.csv").wait_for()
    person.took(8, 3)  # it was 4, with a column of map classes
    page.get_by_text("map classes are those of the map on screen").first.wait_for()
    press(page, "Counts")
    assert sum(int(cell) for row in matrix(page)[:-1] for cell in row[:-1]) == len(sample)
    press(page, "This map")
    press(page, "Draw from this map")
    page.get_by_role("heading", name="Vientiane province, Laos 2023 by unet-simulated").wait_for()
    press(page, "Share of area")
    before = matrix(page)
    path.write_text(save(page, "Download the sample"))
    sample = pd.read_csv(path)
    assert len(sample) == 600
    press(page, "Show the sample on the map")
    right = int((sample["map"] == sample["reference"]).sum())
    page.get_by_text(f"○ {right} mapped correctly, ✕ {600 - right} mapped wrongly").wait_for()
    words = ("map " + sample["map"] + ", reference " + sample["reference"]).tolist()

    def in_order() -> list[list[str]]:
        return [sorted(one) for one in page.evaluate(DOTS)]

    comes_to(page, in_order, [sorted(words)] * 4)  # edge and ink, on both maps
    press(page, "Show the whole map")
    comes_to(page, in_order, [[]] * 4)

    open_tab(page, "Error matrix")
    press(page, "My sample")
    upload(page, path)
    page.get_by_role("heading", name="drawn.csv").wait_for()
    comes_to(page, lambda: matrix(page), before)
    i, j = next(
        (row, column) for row, column in sample[["map", "reference"]].drop_duplicates().to_numpy() if row != column
    )
    wrong = f"map {i}, reference {j}"
    page.get_by_role("button", name=f"Map {i}, reference {j}").click()
    page.get_by_text(f"drawn.csv: {wrong}").wait_for()
    comes_to(page, lambda: page.evaluate(DOTS)[0], [wrong] * words.count(wrong))

    open_tab(page, "Error matrix")
    press(page, "This map")
    page.get_by_role("combobox", name="Place").click()
    page.get_by_role("menuitem", name="Hageland").click()
    page.get_by_role("heading", name="Hageland").filter(has_text="is mapped correctly").wait_for(timeout=180_000)
