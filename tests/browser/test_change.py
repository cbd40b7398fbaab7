"""Change between two years, in the real browser: the hectares on the page against pandas on the maps."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import lulc_core as lulc
from browser.serving import FIGURES, SETTLE_MS, SMALL, open_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

YEARS = (2019, 2023)
PIXEL_HA = 0.01
PICTURE = """
() => {
    const models = [...Bokeh.documents[0]._all_models.values()]
    const map = models.find((model) => model.type === "Figure" && model.tags.includes("change"))
    const image = map.renderers.find((r) => r.glyph?.type === "Image")
    const shown = [...image.data_source.data.image[0]].filter((pair) => pair < 255)
    return { pairs: [...new Set(shown)] }
}
"""
"""Of the map of change: the transitions in view."""


FLOWS = """
() => {
    const drawn = (model) => model.type === "Figure" && model.inner_width > 0
    const figure = [...Bokeh.documents[0]._all_models.values()]
        .find((model) => drawn(model) && model.renderers.some((r) => r.glyph?.type === "Quad"))
    const glyph = (type) => figure.renderers.find((r) => r.glyph?.type === type)
    const {start, end} = figure.x_range
    const x = (value) => (value - start) / (end - start) * figure.inner_width
    const bars = glyph("Quad").data_source.data
    const pen = document.createElement("canvas").getContext("2d")
    pen.font = "12px Roboto, Helvetica, Arial, sans-serif"
    const names = figure.renderers.filter((r) => r.glyph?.type === "Text").flatMap((renderer) => {
        const field = (name) => [...renderer.data_source.data[renderer.glyph[name].field]]
        const before = renderer.glyph.text_align.value === "right"
        return field("text").map((said, i) => {
            const wide = Math.max(...said.split("\\n").map((line) => pen.measureText(line).width))
            const at = x(field("x")[i]) + renderer.glyph.x_offset.value
            return {said, before, left: before ? at - wide : at, right: before ? at : at + wide}
        })
    }).filter((name) => name.said)
    const quad = glyph("Quad").glyph
    const edges = [Math.min(...bars[quad.left.field]), Math.max(...bars[quad.right.field])]
    return {names, width: figure.inner_width, bars: edges.map(x)}
}
"""
"""Of the picture of the flows, in its pixels: where each name begins and ends, and the outer edges of the bars."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("change") / "cache"


@pytest.fixture(scope="module")
def url(made: Path) -> Iterator[str]:
    with serve(made, **SMALL) as address:
        yield f"{address}?region=laos&year={YEARS[1]}"


@pytest.fixture
def change(offline_page: Page, url: str) -> Page:
    """A page that compares both years; their maps are made if need be."""
    open_map(offline_page, url)
    offline_page.get_by_role("tab", name="Change").click()
    button = offline_page.get_by_role("button", name="Make the map")
    said = offline_page.get_by_text("changed its class")
    button.or_(said).first.wait_for()
    if button.count():
        button.click()
    said.wait_for(timeout=180_000)
    offline_page.wait_for_timeout(2 * SETTLE_MS)
    return offline_page


@pytest.fixture
def covers(change: Page, made: Path) -> list[xr.Dataset]:
    """Of both years: label and margin, put together anew from the predictions that the app made, and the truth."""
    found = {}
    for path in made.glob("*/report.json"):
        report = json.loads(path.read_text())
        cover = lulc.composite(lulc.open_predictions(path.parent / "predictions.zarr"), weights=report["weights"])
        truth = lulc.read_map(Path(report["catalog"]).with_name("truth.tif")).values
        found[report["year"]] = cover.assign(truth=(("y", "x"), truth))
    return [found[year] for year in YEARS]


@pytest.fixture
def counted(covers: list[xr.Dataset]) -> pd.DataFrame:
    """Hectares of every transition, counted by pandas."""
    names = {c.code: c.name for c in lulc.LEGEND}
    was, became = (pd.Series(cover.label.values.ravel()) for cover in covers)
    seen = (was > 0) & (became > 0)
    return pd.crosstab(was[seen].map(names), became[seen].map(names)) * PIXEL_HA


def cells(table: Locator) -> list[list[str]]:
    rows = table.get_by_role("row").all()
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def hectares(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_every_transition_has_the_hectares_that_pandas_counts(change: Page, counted: pd.DataFrame) -> None:
    (_, *became, _), *rows, _ = cells(change.get_by_role("region", name="Transitions").get_by_role("table"))
    shown = {(was, to): hectares(area) for was, *areas, _ in rows for to, area in zip(became, areas, strict=True)}
    expected = {(was, to): counted.get(to, {}).get(was, 0.0) for was, to in shown}
    assert shown == pytest.approx(expected, abs=0.051)
    assert set(counted.stack().loc[lambda area: area > 0].index) <= set(shown)


def test_gains_and_losses_add_up(change: Page, counted: pd.DataFrame) -> None:
    _, *rows = cells(change.get_by_role("region", name="Gains and losses").get_by_role("table"))
    for name, *_, before, lost, gained, net, swap, after in rows:
        was, became = counted.T.get(name, pd.Series(dtype=float)).sum(), counted.get(name, pd.Series(dtype=float)).sum()
        kept = counted.get(name, {}).get(name, 0.0)
        expected = [was, was - kept, became - kept, became - was, 2 * (min(was, became) - kept), became]
        assert [hectares(t) for t in (before, lost, gained, net, swap, after)] == pytest.approx(expected, abs=0.051)


def test_the_headline_says_how_much_changed_and_that_it_is_simulated(change: Page, counted: pd.DataFrame) -> None:
    kept = sum(counted.get(name, {}).get(name, 0.0) for name in counted.index)
    share = 100 * (1 - kept / counted.to_numpy().sum())
    said = change.get_by_role("heading", name="changed its class").inner_text()
    assert float(said.split(": ")[1].split(" %")[0]) == pytest.approx(share, abs=0.51)
    assert "simulated" in said


def test_the_map_holds_every_transition_there_is(change: Page, counted: pd.DataFrame) -> None:
    picture = change.evaluate(PICTURE)
    count = len(lulc.LEGEND.names)
    there = {(pair % count**2) // count * count + pair % count for pair in picture["pairs"]}
    areas = counted.stack()
    names = list(lulc.LEGEND.names)
    assert there == {names.index(was) * count + names.index(to) for was, to in areas[areas > 0].index}


def test_the_first_tab_keeps_its_maps(change: Page) -> None:
    change.get_by_role("tab", name="Map", exact=True).click()
    change.wait_for_timeout(SETTLE_MS)
    (left, right) = change.evaluate(FIGURES)
    assert left["range"] == right["range"]
    assert len(right["classes"]) > 2


def test_it_says_how_much_of_the_change_is_true(change: Page, covers: list[xr.Dataset]) -> None:
    before, after = covers
    seen = (before.label > 0) & (after.label > 0)
    changed = seen & (before.label != after.label)
    narrow = (before.margin < 0.1) | (after.margin < 0.1)
    real = before.truth != after.truth
    said = change.get_by_text("the truth is known").inner_text()
    shares = [100 * float(real.values[kind.values].mean()) for kind in (changed & ~narrow, changed & narrow)]
    told = [0.0 if text == "none" else float(text.split()[0]) for text in re.findall(r"(none|[\d.]+ %) of the", said)]
    assert told == pytest.approx(shares, abs=0.51)


def in_full_colour(page: Page) -> float:
    """Share of the map of change that has the full colour of a class."""
    page.mouse.move(2, 2)
    page.wait_for_timeout(SETTLE_MS)
    box = page.get_by_text("What changed").bounding_box()
    assert box is not None
    clip = {"x": box["x"] + 80, "y": box["y"] + 80, "width": 340, "height": 300}
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))
    return float((pixels[..., None, :] == [c.colour for c in lulc.LEGEND]).all(-1).any(-1).mean())


def test_only_clear_change_fades_what_a_narrow_margin_decided(change: Page, covers: list[xr.Dataset]) -> None:
    before, after = covers
    changed = (before.label > 0) & (after.label > 0) & (before.label != after.label)
    clear = changed & (before.margin >= 0.1) & (after.margin >= 0.1)
    every = in_full_colour(change)
    change.get_by_label("Only clear change").click()
    left = in_full_colour(change) / every
    assert left == pytest.approx(float(clear.sum() / changed.sum()), abs=0.12)


def test_the_names_in_the_picture_of_flows_stand_beside_the_bars(change: Page) -> None:
    for width in (1440, 390):
        change.set_viewport_size({"width": width, "height": 1200})
        change.wait_for_timeout(2 * SETTLE_MS)
        flows = change.evaluate(FLOWS)
        assert {name["before"] for name in flows["names"]} == {True, False}
        for name in flows["names"]:
            (near, far) = (name["right"], name["left"]) if name["before"] else (name["left"], name["right"])
            edge = flows["bars"][0] if name["before"] else flows["bars"][1]
            assert near <= edge + 1 if name["before"] else near >= edge - 1
            assert -1 <= far <= flows["width"] + 1


def test_a_map_being_made_for_a_comparison_can_be_cancelled(change: Page, made: Path) -> None:
    change.get_by_label("From").click()
    change.get_by_role("option", name="2020").or_(change.get_by_role("menuitem", name="2020")).first.click()
    button = change.get_by_role("button", name="Make the map of 2020")
    button.click()
    change.get_by_role("progressbar", name="Progress").last.wait_for()
    began = time.monotonic()
    change.get_by_role("button", name="Cancel").last.click()
    button.wait_for(timeout=2_000)
    assert time.monotonic() - began < 1.5
    change.wait_for_timeout(2_000)
    assert not [path for path in made.glob("*/report.json") if json.loads(path.read_text())["year"] == 2020]
