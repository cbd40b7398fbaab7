"""The probability of one class on the maps: its histogram and its threshold, in the real browser."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
import zarr
from playwright.sync_api import expect

from browser.serving import FIGURES, choose_layer, map_of, on_a_phone, open_fold, places
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crops(shared_page: Page, laos_url: str) -> Page:
    """Both maps show crops: as probability of a day, and as share of the year's votes."""
    shared_page.goto(f"{laos_url}&left=probability&right=votes&class=crops&threshold=60")
    shared_page.locator(".histograms section").nth(1).wait_for(timeout=180_000)
    settle(shared_page)
    return shared_page


def words(page: Page) -> list[str]:
    return page.locator(".histograms section > p").all_inner_texts()


def hectares(said: str) -> float:
    return float(re.match(r"([\d,.]+) ha", said)[1].replace(",", ""))


def test_what_the_maps_and_the_words_say_is_what_was_kept(crops: Page, small_cache: Path) -> None:
    store = zarr.open_group(map_of(small_cache, "laos", 2023) / "predictions.zarr", mode="r")
    heading = crops.get_by_text("One day:").first.inner_text()
    dates = [
        str(np.datetime64(int(t), "us").astype("datetime64[D]").item().strftime("%-d %B %Y")) for t in store["time"][:]
    ]
    scene = next(i for i, date in enumerate(dates) if date in heading)
    place = store["class"][:].tolist().index(5)
    stored, label = store["probability"][scene, place], store["label"][scene]
    probable = np.rint(stored / 2.55)[label > 0]
    reached = (probable >= 60).sum() / 100
    assert hectares(words(crops)[0]) == pytest.approx(reached, abs=0.06 if reached < 100 else 0.6)
    assert "of the scene, have at least 60\xa0%." in words(crops)[0]
    assert "of the map, have at least 60\xa0%." in words(crops)[1]
    drawn = [place for figure in crops.evaluate(FIGURES) for place in figure["classes"] if place != 255]
    assert max(drawn) <= 100
    assert len(set(drawn)) > 20


def test_the_pointer_says_how_probable_the_class_is(crops: Page) -> None:
    for which in (0, 1):
        box = crops.locator(".map").nth(which).bounding_box()
        assert box is not None
        for across in (0.5, 0.505):  # the first only enters the map
            crops.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * 0.55)
        expect(crops.locator(".bk-tooltip-row-value").first).to_have_text(re.compile(r"^\d+ %\s*$"))


def test_a_higher_threshold_leaves_less_land_and_stands_in_the_histogram_and_in_the_link(crops: Page) -> None:
    before = [hectares(said) for said in words(crops)]
    lines = crops.locator(".histograms .threshold")
    assert lines.evaluate_all("nodes => nodes.map(n => n.getAttribute('x1'))") == ["60%", "60%"]
    slider = crops.get_by_role("slider", name="Fade below")
    for _ in range(2):
        slider.press("PageUp")
    settle(crops)
    least = int(slider.get_attribute("aria-valuenow"))
    assert least > 60
    crops.get_by_text(f"of the map, have at least {least} %").wait_for()
    comes_to(crops, lambda: lines.evaluate_all("nodes => nodes.map(n => n.getAttribute('x1'))"), [f"{least}%"] * 2)
    assert all(now <= then for now, then in zip(map(hectares, words(crops)), before, strict=True))
    assert f"have at least {least}\xa0%" in words(crops)[1]
    crops.wait_for_url(f"**threshold={least}**")


def test_the_votes_follow_the_weights(crops: Page) -> None:
    day, year = words(crops)
    open_fold(crops, "Class weights")
    crops.get_by_role("slider", name="Crops").press("End")
    eventually(crops, lambda: hectares(words(crops)[1]), lambda now: now > hectares(year))
    settle(crops)
    assert words(crops)[0] == day


def test_another_class_at_hand_changes_maps_histograms_and_captions(crops: Page) -> None:
    bars = crops.locator(".histograms rect[data-ha]")
    before = bars.evaluate_all("nodes => nodes.map(n => n.dataset.ha)")
    assert len(before) == 2 * 20
    crops.get_by_role("button", name="Grass", exact=True).click()
    crops.get_by_text("The whole year 2023: votes for grass").wait_for()
    expect(crops.get_by_text("Grass: 0 %")).to_have_count(2)
    eventually(crops, lambda: bars.evaluate_all("nodes => nodes.map(n => n.dataset.ha)"), lambda now: now != before)
    crops.wait_for_url(lambda url: "class=" not in url)  # the usual one


@pytest.mark.parametrize("screen", [pytest.param(nullcontext, marks=pytest.mark.slow), on_a_phone])
def test_the_panel_comes_and_goes_with_such_a_map_and_moves_no_map(
    crops: Page, screen: Callable[[Page], AbstractContextManager[None]]
) -> None:
    with screen(crops):
        choose_layer(crops, "left", "Classes on this day")
        choose_layer(crops, "right", "Classes of the year")
        histograms = crops.locator(".histograms section").locator("visible=true")
        expect(histograms).to_have_count(0)
        settle(crops)
        maps = crops.locator(".map .bk-Figure")
        before = places(maps)
        for side, layer, shown in (
            ("right", "Votes for a class", 1),
            ("left", "Probability of a class", 2),
            ("right", "Classes of the year", 1),
            ("left", "Classes on this day", 0),
        ):
            choose_layer(crops, side, layer)
            expect(histograms).to_have_count(shown)
            settle(crops)
            assert places(maps) == before
            assert not crops.evaluate("() => document.documentElement.scrollWidth > innerWidth")
