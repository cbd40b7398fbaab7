"""Weights, ledger, sureness and competing classes, in the real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from browser.serving import FIGURES, SETTLE_MS

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SCENE, YEAR = 0, 1


def open_part(page: Page, title: str) -> None:
    page.get_by_role("button", name=title).click()
    page.wait_for_timeout(SETTLE_MS)


def area_of(page: Page, name: str) -> str:
    return page.get_by_role("group", name="Classes").get_by_role("button", name=name).inner_text()


def click_map(page: Page, which: int, x: float = 0.5, y: float = 0.5) -> None:
    box = page.locator(".map").nth(which).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    page.wait_for_timeout(SETTLE_MS)


def test_a_heavier_class_gains_land_on_the_map_and_in_the_legend(explorer: Page) -> None:
    open_part(explorer, "Class weights")
    headline = explorer.get_by_text("Flanders in 2018:").inner_text()
    explorer.get_by_role("slider", name="Crops").press("End")
    explorer.get_by_text("(+").first.wait_for()
    assert "(+" in area_of(explorer, "crops")
    assert "(−" in area_of(explorer, "grass")
    assert explorer.get_by_text("Flanders in 2018:").inner_text() != headline
    explorer.get_by_role("button", name="Default").click()
    explorer.wait_for_timeout(SETTLE_MS)
    assert "(" not in area_of(explorer, "crops")
    assert explorer.get_by_text("Flanders in 2018:").inner_text() == headline


def test_a_class_of_weight_nothing_leaves_the_map(explorer: Page) -> None:
    open_part(explorer, "Class weights")
    explorer.get_by_role("slider", name="Built area").press("Home")
    explorer.wait_for_timeout(SETTLE_MS)
    assert "none on this map" in area_of(explorer, "built area")
    built_area = 6  # its position in the legend
    shown = explorer.evaluate(FIGURES)
    assert built_area not in shown[YEAR]["classes"]
    assert built_area in shown[SCENE]["classes"]


def test_a_click_opens_the_ledger_of_the_pixel(explorer: Page, cache: Path) -> None:
    report = json.loads(next(cache.glob("*/report.json")).read_text())
    taken = sum(scene["taken"] for scene in report["scenes"])
    click_map(explorer, YEAR)
    explorer.get_by_text("clear scenes say so").wait_for()
    votes = explorer.get_by_role("table", name="How each scene voted").get_by_role("row")
    assert votes.count() == taken + 1  # and the head
    assert explorer.get_by_role("table", name="What that adds up to").get_by_role("row").count() > 1


def test_the_ledger_follows_the_weights(explorer: Page) -> None:
    open_part(explorer, "Class weights")
    click_map(explorer, YEAR)
    scores = explorer.get_by_role("table", name="What that adds up to")
    before = scores.inner_text()
    winner = scores.get_by_role("row").nth(1).get_by_role("cell").first.inner_text()
    explorer.get_by_role("slider", name=winner.capitalize()).press("Home")
    explorer.wait_for_timeout(SETTLE_MS)
    assert scores.inner_text() != before
    assert scores.get_by_role("row").nth(1).get_by_role("cell").first.inner_text() != winner


def test_the_maps_do_not_jump_when_the_ledger_opens(explorer: Page) -> None:
    before = explorer.locator(".map").nth(YEAR).bounding_box()
    click_map(explorer, YEAR)
    explorer.get_by_text("clear scenes say so").wait_for()
    assert explorer.locator(".map").nth(YEAR).bounding_box() == before


@pytest.mark.parametrize(
    "layer, unit, scale",
    [
        ("Lead over the runner-up", "%", "100 % of the votes"),
        ("Clear looks at the ground", "clear looks", "The whole year 2018"),
        ("Disagreement of scenes", "bits", "bits"),
        ("Stable without a scene", "%", "100 % of the scenes"),
    ],
)
def test_the_map_of_the_year_shows_how_sure_it_is(explorer: Page, layer: str, unit: str, scale: str) -> None:
    scene = explorer.evaluate(FIGURES)[SCENE]
    explorer.get_by_label("The map on the right shows").click()
    explorer.get_by_role("menuitem", name=layer).or_(explorer.get_by_role("option", name=layer)).first.click()
    explorer.get_by_text(scale).wait_for()
    explorer.wait_for_timeout(SETTLE_MS)
    box = explorer.locator(".map").nth(YEAR).bounding_box()
    assert box is not None
    explorer.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.45)
    tip = explorer.locator(".bk-tooltip-row-value").first
    tip.wait_for()
    assert tip.inner_text().endswith(unit)
    assert explorer.evaluate(FIGURES)[SCENE]["classes"] == scene["classes"]


def test_places_where_two_classes_compete_can_be_stepped_through(explorer: Page) -> None:
    open_part(explorer, "Classes that compete")
    explorer.get_by_text("First and second on").wait_for()
    explorer.get_by_text("Show only these places").click()
    explorer.wait_for_timeout(SETTLE_MS)
    faded = [position for position in explorer.evaluate(FIGURES)[YEAR]["classes"] if 10 <= position < 20]
    assert faded
    explorer.get_by_role("button", name="Next place").click()
    explorer.get_by_text("Place 1 of").wait_for()
    scores = explorer.get_by_role("table", name="What that adds up to").get_by_role("row")
    first_two = {scores.nth(row).get_by_role("cell").first.inner_text() for row in (1, 2)}
    assert first_two == {"grass", "crops"}
