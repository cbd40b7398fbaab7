"""The map of the world in the sidebar: it shows which place is chosen, and a press chooses another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from browser.waiting import comes_to, settle, steady

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

DOTS = """
() => {
    const all = [...Bokeh.documents[0]._all_models.values()]
    const figure = all.find((model) => model.type === "Figure" && model.tags.includes("locator"))
    const {data} = figure.renderers.find((r) => r.glyph.type === "Scatter").data_source
    const view = Bokeh.index.find_one_by_id(figure.id)
    const {left, top} = view.el.getBoundingClientRect()
    const at = (x, y) => [left + view.frame.x_scale.compute(x), top + view.frame.y_scale.compute(y)]
    return [...data.title].map((title, i) => ({title, size: data.size[i], at: at(data.x[i], data.y[i])}))
}
"""


def largest(page: Page) -> str:
    return max(page.evaluate(DOTS), key=lambda dot: dot["size"])["title"]


def test_a_press_on_a_dot_goes_to_its_place_and_the_map_keeps_its_size(laos: Page) -> None:
    world = laos.locator(".sidebar .bk-Figure")
    before = world.bounding_box()
    assert largest(laos) == "Vientiane province, Laos"
    dots = steady(laos, lambda: laos.evaluate(DOTS))
    (there,) = [dot["at"] for dot in dots if dot["title"] == "Hageland, Belgium"]
    laos.mouse.move(*there, steps=3)  # the first only enters the map
    laos.get_by_text("Hageland, Belgium", exact=True).wait_for()
    laos.mouse.click(*there)
    laos.wait_for_url("**region=belgium**")
    comes_to(laos, lambda: largest(laos), "Hageland, Belgium")
    expect(laos.get_by_role("combobox", name="Place", exact=True)).to_contain_text("Hageland")
    settle(laos)
    assert world.bounding_box() == before
