"""Change between two years, in the real browser: the hectares on the page against pandas on the maps."""

from __future__ import annotations

import io
import itertools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import FIGURES, click_pixel, map_of, open_map, texts
from browser.steps import Steps
from browser.waiting import comes_to, eventually, settle, steady

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


@pytest.fixture(scope="module")
def change(shared_page: Page, laos_url: str) -> Page:
    """A page that compares both years; their maps are made if need be."""
    open_map(shared_page, laos_url)
    shared_page.get_by_role("tab", name="Change").click()
    button = shared_page.get_by_role("button", name="Make the map")
    said = shared_page.get_by_text("changed its class")
    button.or_(said).first.wait_for()
    if button.count():
        button.click()
    said.wait_for(timeout=180_000)
    settle(shared_page)
    return shared_page


@pytest.fixture(scope="module")
def composites(change: Page, small_cache: Path) -> list[xr.Dataset]:
    """Of both years: label and margin, put together anew from the predictions that the app made, and the truth."""
    found = []
    for year in YEARS:
        folder = map_of(small_cache, "laos", year)
        report = json.loads((folder / "report.json").read_text())
        composite = lulc.composite(lulc.open_predictions(folder / "predictions.zarr"), weights=report["weights"])
        truth = lulc.read_map(Path(report["catalog"]).with_name("truth.tif")).values
        found.append(composite.assign(truth=(("y", "x"), truth)))
    return found


@pytest.fixture(scope="module")
def counted(composites: list[xr.Dataset]) -> pd.DataFrame:
    """Hectares of every transition, counted by pandas."""
    names = {c.code: c.name for c in lulc.LEGEND}
    was, became = (pd.Series(composite.label.values.ravel()) for composite in composites)
    seen = (was > 0) & (became > 0)
    return pd.crosstab(was[seen].map(names), became[seen].map(names)) * PIXEL_HA


def hectares(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_every_transition_has_the_hectares_that_pandas_counts(change: Page, counted: pd.DataFrame) -> None:
    (_, *became, _), *rows, _ = texts(change.get_by_role("region", name="Transitions").get_by_role("table"))
    shown = {(was, to): hectares(area) for was, *areas, _ in rows for to, area in zip(became, areas, strict=True)}
    expected = {(was, to): counted.get(to, {}).get(was, 0.0) for was, to in shown}
    assert shown == pytest.approx(expected, abs=0.051)
    assert set(counted.stack().loc[lambda area: area > 0].index) <= set(shown)


def test_gains_and_losses_add_up(change: Page, counted: pd.DataFrame) -> None:
    _, *rows = texts(change.get_by_role("region", name="Gains and losses").get_by_role("table"))
    for name, *_, before, lost, gained, net, swap, after in rows:
        was, became = counted.T.get(name, pd.Series(dtype=float)).sum(), counted.get(name, pd.Series(dtype=float)).sum()
        kept = counted.get(name, {}).get(name, 0.0)
        expected = [was, was - kept, became - kept, became - was, 2 * (min(was, became) - kept), became]
        assert [hectares(t) for t in (before, lost, gained, net, swap, after)] == pytest.approx(expected, abs=0.051)


def test_the_headline_says_how_much_changed_and_that_it_is_simulated(change: Page, counted: pd.DataFrame) -> None:
    kept = sum(counted.get(name, {}).get(name, 0.0) for name in counted.index)
    share = 100 * (1 - kept / counted.to_numpy().sum())
    said = change.get_by_role("heading", name="changed its class").inner_text()
    assert float(said.split(": ")[1].split("\xa0%")[0]) == pytest.approx(share, abs=0.51)
    assert "simulated" in said


def test_the_map_holds_every_transition_there_is(change: Page, counted: pd.DataFrame) -> None:
    picture = change.evaluate(PICTURE)
    count = len(lulc.LEGEND.names)
    there = {(pair % count**2) // count * count + pair % count for pair in picture["pairs"]}
    areas = counted.stack()
    names = list(lulc.LEGEND.names)
    assert there == {names.index(was) * count + names.index(to) for was, to in areas[areas > 0].index}


def test_one_step_says_what_changed_most_and_is_likely_real_and_the_first_tab_keeps_its_maps(change: Page) -> None:
    """Task 5: the tab is its one step. It was 2, and 51 s for a year that was missing."""
    change.get_by_role("tab", name="Map", exact=True).click()
    settle(change)
    (left, right) = change.evaluate(FIGURES)
    person = Steps(change)
    person.click(change.get_by_role("tab", name="Change"))
    expect(change.get_by_role("heading", name="likely real")).to_be_visible()
    expect(change.locator(".transitions li").first).to_be_visible()
    person.took(5, 1)
    assert left["range"] == right["range"]
    assert len(right["classes"]) > 2


def test_it_says_how_much_of_the_change_is_true(change: Page, composites: list[xr.Dataset]) -> None:
    before, after = composites
    seen = (before.label > 0) & (after.label > 0)
    changed = seen & (before.label != after.label)
    uncertain = (before.margin < 0.1) | (after.margin < 0.1)
    real = before.truth != after.truth
    said = change.get_by_text("Checked against the simulated truth").inner_text()
    shares = [100 * float(real.values[kind.values].mean()) for kind in (changed & ~uncertain, changed & uncertain)]
    told = [0.0 if text == "none" else float(text.split()[0]) for text in re.findall(r"(none|[\d.]+\s%) of the", said)]
    assert told == pytest.approx(shares, abs=0.51)


def test_a_click_on_the_map_of_change_shows_the_votes_and_the_imagery_of_both_years(
    change: Page, composites: list[xr.Dataset]
) -> None:
    box = change.locator(".panels .bk-Figure").first.bounding_box()
    assert box is not None
    click_pixel(change, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    both = change.locator(".years")
    both.wait_for()
    row, column = map(int, parse_qs(urlsplit(change.url).query)["pixel"][0].split(","))
    names = {c.code: c.name for c in lulc.LEGEND}
    for year, composite in zip(YEARS, composites, strict=True):
        said = both.get_by_role("heading", name=f"{year}: {names[int(composite.label[row, column])]}")
        said.wait_for()
    expect(both.locator(".plot")).to_have_count(2)
    expect(both.locator(".looks img").nth(4)).to_be_attached()


def test_the_map_of_change_is_moved_and_asked_by_keyboard(change: Page) -> None:
    before = change.url
    surface = change.get_by_role("application", name="Map of change")
    surface.press("ArrowRight")
    surface.press("Enter")
    eventually(change, lambda: change.url, lambda url: "pixel=" in url and url != before, "ask about another pixel")
    surface.press("Home")
    settle(change)


def test_a_list_of_transitions_that_goes_on_has_a_shadow_at_its_edge(change: Page) -> None:
    """Without a scroll bar, half a row looked like the end."""
    rows = change.locator(".transitions ol")
    rows.scroll_into_view_if_needed()
    assert rows.evaluate("list => list.scrollHeight > list.clientHeight")

    def edge() -> float:
        box = rows.bounding_box()
        assert box is not None
        clip = {"x": box["x"] + box["width"] - 4, "y": box["y"] + box["height"] - 4, "width": 2, "height": 2}
        return float(np.asarray(Image.open(io.BytesIO(change.screenshot(clip=clip))).convert("L")).mean())

    goes_on = edge()
    rows.evaluate("list => { list.scrollTop = list.scrollHeight }")
    eventually(change, edge, lambda end: end > goes_on + 20)
    rows.evaluate("list => { list.scrollTop = 0 }")


def test_the_transitions_are_ranked_found_and_shown_alone(change: Page, counted: pd.DataFrame) -> None:
    found = change.locator(".transitions li")
    told = [(row.locator(".class").all_inner_texts(), row.locator(".number").first.inner_text()) for row in found.all()]
    rotating = [{*pair} == {"grass", "crops"} for pair, _ in told]
    assert rotating == sorted(rotating)  # last, and an upper bound
    assert all(
        text.startswith("at most ") or not hectares(text) for pair, text in told if {*pair} == {"grass", "crops"}
    )
    ranks = [hectares(text) for pair, text in told if {*pair} != {"grass", "crops"}]
    assert ranks == sorted(ranks, reverse=True)
    moved = counted.stack()
    assert len(told) == sum(was != became for was, became in moved[moved > 0].index)
    change.get_by_role("searchbox", name="Find a transition").fill("trees crops")
    comes_to(change, found.count, 1)
    area = pytest.approx(counted.loc["trees", "crops"], abs=0.051)
    comes_to(change, lambda: hectares(found.locator(".number").last.inner_text()), area)
    found.get_by_role("button").click()
    eventually(change, lambda: in_full_colour(change), lambda share: share < 0.2)
    change.get_by_role("button", name="All on the map").click()
    change.get_by_role("searchbox", name="Find a transition").fill("")


def test_the_years_are_stacked_told_in_hectares_and_opened_by_a_click(
    change: Page, composites: list[xr.Dataset]
) -> None:
    """Task 6: the tab is its one step; each area stands above its 95 % interval."""
    person = Steps(change)
    person.click(change.get_by_role("tab", name="Years", exact=True))
    table = change.get_by_role("region", name="Areas by year").get_by_role("table")
    table.wait_for()
    person.took(6, 1)
    head, *rows = texts(table)
    assert head == ["class", "2019", "2023", "2019 to 2023"]
    codes = {c.name: c.code for c in lulc.LEGEND}
    for name, *areas, grown in rows:
        expected = [float((composite.label == codes[name]).sum()) * PIXEL_HA for composite in composites]
        assert [hectares(area.split()[0]) for area in areas] == pytest.approx(expected, abs=0.051)
        assert hectares(grown.removeprefix("+")) == pytest.approx(expected[1] - expected[0], abs=0.051)
    expect(table.get_by_text(re.compile(r"^[\d.,]+ to [\d.,]+( · map too \w+)?$")).nth(2 * 4 - 1)).to_be_attached()
    change.get_by_role("button", name="Make the maps of 2020 to 2022").wait_for()
    bar = change.locator(".stack .share").nth(1).bounding_box()
    assert bar is not None
    change.mouse.move(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    change.locator(".stack .tip").get_by_text(" ha (").wait_for()
    change.get_by_role("button", name="Open the map of 2019").click()
    change.get_by_role("heading", name="in 2019").wait_for()
    change.get_by_role("combobox", name="Right year").click()
    change.get_by_role("menuitem", name="2023").click()
    change.get_by_text("The whole year 2023").wait_for()
    change.wait_for_url("**right-year=2023**")
    change.get_by_role("combobox", name="Year", exact=True).click()
    change.get_by_role("menuitem", name="2023").click()
    change.get_by_role("heading", name="in 2023").wait_for()
    change.get_by_role("tab", name="Change", exact=True).click()
    settle(change)


def in_full_colour(page: Page) -> float:
    """Share of the map of change that has the full colour of a class."""
    page.mouse.move(2, 2)
    settle(page)
    box = page.get_by_role("heading", name="Changed area").bounding_box()
    assert box is not None
    clip = {"x": box["x"] + 80, "y": box["y"] + 80, "width": 340, "height": 300}
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB"))
    return float((pixels[..., None, :] == [c.colour for c in lulc.LEGEND]).all(-1).any(-1).mean())


def test_only_clear_change_fades_what_a_narrow_margin_decided(change: Page, composites: list[xr.Dataset]) -> None:
    before, after = composites
    changed = (before.label > 0) & (after.label > 0) & (before.label != after.label)
    clear = changed & (before.margin >= 0.1) & (after.margin >= 0.1)
    every = in_full_colour(change)
    for expected in (float(clear.sum() / changed.sum()), 1.0):  # pressed, and pressed again
        change.get_by_label("Hide uncertain change").click()
        share = pytest.approx(expected, abs=0.12)
        eventually(change, lambda: in_full_colour(change) / every, lambda left, share=share: left == share)


def boxes(found: Locator) -> list[dict[str, float]]:
    """Where things are on the page."""
    return [box for one in found.all() if (box := one.bounding_box())]


def test_the_names_in_the_picture_of_flows_stand_beside_the_bars(change: Page) -> None:
    for width in (390, 1440):
        change.set_viewport_size({"width": width, "height": 1200})
        picture = change.locator(".flows")
        parts = [picture, picture.locator("rect"), *(picture.locator(f".{side} span") for side in ("before", "after"))]
        (whole,), bars, before, after = steady(change, lambda parts=parts: [boxes(part) for part in parts])
        assert before
        assert after
        for names in (before, after):
            assert all(
                whole["x"] - 1 <= n["x"] and n["x"] + n["width"] <= whole["x"] + whole["width"] + 1 for n in names
            )
            tops = sorted(n["y"] for n in names)
            assert all(low - high >= names[0]["height"] - 1 for high, low in itertools.pairwise(tops))
        assert max(n["x"] + n["width"] for n in before) <= min(bar["x"] for bar in bars) + 1
        assert min(n["x"] for n in after) >= max(bar["x"] + bar["width"] for bar in bars) - 1


def test_the_tables_fit_their_panels_and_on_a_phone_the_names_stay(change: Page) -> None:
    balance, transitions = (change.get_by_role("region", name=name) for name in ("Gains and losses", "Transitions"))
    for width, fit in ((2560, [balance, transitions]), (1440, [balance, transitions]), (390, [balance])):
        change.set_viewport_size({"width": width, "height": 1200})
        settle(change)
        assert [table.evaluate("(it) => it.scrollWidth - it.clientWidth") for table in fit] == [0] * len(fit)
        assert max(bar["width"] for bar in boxes(balance.locator("td span"))) > 80
    name = transitions.get_by_role("rowheader").first
    before = name.bounding_box()
    transitions.evaluate("(it) => { it.scrollLeft = 90 }")
    after = name.bounding_box()
    change.set_viewport_size({"width": 1440, "height": 1200})
    assert after == before


def test_the_bands_in_the_picture_of_flows_are_as_wide_as_pandas_counts(change: Page, counted: pd.DataFrame) -> None:
    areas = counted.stack()
    said = [title.text_content() or "" for title in change.locator(".flows title").all()]
    shown = {tuple(re.split(" → |: ", text)[:2]): hectares(text.split(": ")[1].removesuffix(" ha")) for text in said}
    assert shown == pytest.approx({pair: areas[pair] for pair in shown}, abs=0.051)
    moved = areas[[was != became for was, became in areas.index]]
    assert set(shown) == set(moved[moved >= 0.01 * moved.sum()].index)
    wide = [box["height"] for box in boxes(change.locator(".flows rect"))]
    assert max(wide) / min(wide) > 2


@pytest.fixture
def held(planted: Path) -> Iterator[None]:
    """No map is made to its end, however slow the page."""
    hold = planted / "hold"
    hold.touch()
    yield
    hold.unlink()


@pytest.mark.usefixtures("held")
def test_a_map_being_made_for_a_comparison_can_be_cancelled(change: Page, small_cache: Path) -> None:
    change.get_by_label("From", exact=True).click()
    change.get_by_role("option", name="2020").or_(change.get_by_role("menuitem", name="2020")).first.click()
    button = change.get_by_role("button", name="Make the map of 2020")
    button.click()
    change.get_by_role("progressbar", name="Progress").last.wait_for()
    change.get_by_role("button", name="Cancel").last.click()
    button.wait_for()
    settle(change)
    reports = [json.loads(path.read_text()) for path in small_cache.glob("*/report.json")]
    assert not [report for report in reports if report["year"] == 2020]
