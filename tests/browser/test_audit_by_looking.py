"""Weights, ledger, sureness and competing classes, in the real browser."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import FIGURES, choose_layer, click_pixel, open_fold
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCENE, YEAR = 0, 1


def area_of(page: Page, name: str) -> str:
    return page.get_by_role("group", name="Classes").get_by_role("button", name=name).inner_text()


def click_map(page: Page, which: int, x: float = 0.5, y: float = 0.5) -> None:
    box = page.locator(".map").nth(which).bounding_box()
    assert box is not None
    click_pixel(page, box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def test_the_maps_do_not_jump_when_the_ledger_opens(shared_explorer: Page) -> None:
    """The first of this file: no pixel has been asked about yet."""
    page = shared_explorer
    expect(page.get_by_text("clear scenes agree")).to_have_count(0)
    before = page.locator(".map").nth(YEAR).bounding_box()
    click_map(page, YEAR)
    page.get_by_text("clear scenes agree").wait_for()
    settle(page)
    assert page.locator(".map").nth(YEAR).bounding_box() == before


@pytest.fixture
def weighed(shared_explorer: Page) -> Page:
    """A page on which the sliders are open, and where they were at first."""
    open_fold(shared_explorer, "Class weights")
    shared_explorer.get_by_role("button", name="Default", exact=True).click()
    settle(shared_explorer)
    return shared_explorer


def test_a_heavier_class_gains_land_on_the_map_and_in_the_legend(weighed: Page) -> None:
    headline = weighed.get_by_text("Flanders in 2018:").inner_text()
    weighed.get_by_role("slider", name="Crops").press("End")
    weighed.get_by_text("(+").first.wait_for()
    eventually(weighed, lambda: area_of(weighed, "crops"), lambda said: "(+" in said)
    eventually(weighed, lambda: area_of(weighed, "grass"), lambda said: "(−" in said)
    eventually(weighed, weighed.get_by_text("Flanders in 2018:").inner_text, lambda said: said != headline)
    weighed.get_by_role("button", name="Default").click()
    eventually(weighed, lambda: area_of(weighed, "crops"), lambda said: "(" not in said)
    comes_to(weighed, weighed.get_by_text("Flanders in 2018:").inner_text, headline)


def test_a_class_of_weight_nothing_leaves_the_map(weighed: Page) -> None:
    weighed.get_by_role("slider", name="Built area").press("Home")
    eventually(weighed, lambda: area_of(weighed, "built area"), lambda said: "none on this map" in said)
    built_area = 6  # its position in the legend

    def shown() -> list[bool]:
        return [built_area in figure["classes"] for figure in weighed.evaluate(FIGURES)]

    comes_to(weighed, shown, [True, False])


def test_a_click_opens_the_ledger_of_the_pixel(weighed: Page, cache: Path) -> None:
    report = json.loads(next(cache.glob("*/report.json")).read_text())
    taken = sum(scene["taken"] for scene in report["scenes"])
    click_map(weighed, YEAR, 0.45, 0.45)
    weighed.get_by_text("clear scenes agree").wait_for()
    votes = weighed.get_by_role("table", name="Votes by date").get_by_role("row")
    expect(votes).to_have_count(taken + 1)  # and the head
    expect(weighed.get_by_role("table", name="Total score").get_by_role("row").nth(1)).to_be_attached()


def test_the_ledger_follows_the_weights(weighed: Page) -> None:
    click_map(weighed, YEAR, 0.4, 0.6)
    settle(weighed)  # until then the scores are of the last pixel
    scores = weighed.get_by_role("table", name="Total score")
    before = scores.inner_text()
    winner = scores.get_by_role("row").nth(1).get_by_role("cell").first.inner_text()
    weighed.get_by_role("slider", name=winner.capitalize()).press("Home")
    eventually(weighed, scores.inner_text, lambda said: said != before)
    expect(scores.get_by_role("row").nth(1).get_by_role("cell").first).not_to_have_text(winner)


@pytest.mark.parametrize(
    "layer, unit, scale",
    [
        ("Lead over the runner-up", "%", "100 % of the votes"),
        ("Clear observations", "observations", "The whole year 2018"),
        ("Disagreement of scenes", "bits", "bits"),
        ("Stable without a scene", "%", "100 % of the scenes"),
    ],
)
def test_the_map_of_the_year_shows_how_sure_it_is(shared_explorer: Page, layer: str, unit: str, scale: str) -> None:
    explorer = shared_explorer
    scene = explorer.evaluate(FIGURES)[SCENE]
    explorer.mouse.move(2, 2)
    choose_layer(explorer, "right", layer)
    explorer.get_by_text(scale).wait_for()
    box = explorer.locator(".map").nth(YEAR).bounding_box()
    assert box is not None
    explorer.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.45)
    tip = explorer.locator(".bk-tooltip-row-value").first
    expect(tip).to_have_text(re.compile(rf"{unit}\s*$"))
    assert explorer.evaluate(FIGURES)[SCENE]["classes"] == scene["classes"]


def test_patches_where_two_classes_compete_can_be_stepped_through(weighed: Page) -> None:
    explorer = weighed
    choose_layer(explorer, "right", "Classes of the year")
    explorer.get_by_role("button", name="Inspect confused classes").click()
    faded = range(len(lulc.LEGEND), 2 * len(lulc.LEGEND))
    eventually(explorer, lambda: explorer.evaluate(FIGURES)[YEAR]["classes"], lambda shown: {*shown} & {*faded})
    explorer.get_by_role("button", name="Next patch").click()
    settle(explorer)
    pair = explorer.get_by_role("combobox", name="Confused classes").locator("option:checked").inner_text()
    scores = explorer.get_by_role("table", name="Total score").get_by_role("row")

    def first(row: int) -> str:
        return scores.nth(row).get_by_role("cell").first.inner_text()

    comes_to(explorer, lambda: {first(1), first(2)}, {*pair.split(" · ")[0].split(" and ")})
