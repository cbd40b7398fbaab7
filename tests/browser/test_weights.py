"""Class weights in the real browser: presets, and weights that are found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import open_fold, open_tab, texts
from browser.steps import Steps
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

CLOSEST = """
(table) => {
    for (const {cells: [name, , ...shares]} of [...table.rows].slice(1)) {
        name.lastChild.textContent = "flooded vegetation"
        shares.forEach((cell) => { cell.textContent = "100→100" })
    }
    const text = (cell) => { const all = new Range(); all.selectNodeContents(cell); return all.getBoundingClientRect() }
    const apart = ({cells}) => [...cells].slice(1).map((cell, i) => text(cell).left - text(cells[i]).right)
    return Math.min(...[...table.rows].flatMap(apart))
}
"""
"""The least room between two cells of the found weights (px), when all say the most that they can."""

HEAR_TWICE = """
(slider) => {
    const sliders = [...Bokeh.documents[0]._all_models.values()].filter((model) => model.class_name === "FloatSlider")
    const crops = sliders.find(({data}) => data.label === "Crops").data
    const hear = (value) => crops.setv({value}, {sync: false})
    slider.setAttribute = function (name, value) {
        Element.prototype.setAttribute.call(this, name, value)
        if (name !== "aria-valuenow" || Number(value) !== 1) { return }
        delete this.setAttribute
        queueMicrotask(() => hear(2))
        for (const began = performance.now(); performance.now() < began + 50;) {}
    }
    hear(1)
}
"""
"""A slider hears 1 from the server, draws that as slowly as on a busy machine, and hears 2 before it is done."""


@pytest.fixture
def weighed(shared_laos: Page) -> Page:
    """A page on which the sliders are open, and where they were at first."""
    shared_laos.set_viewport_size({"width": 1440, "height": 1400})
    open_fold(shared_laos, "Class weights")
    shared_laos.get_by_role("button", name="Default", exact=True).click()
    settle(shared_laos)
    return shared_laos


def weights(page: Page) -> dict[str, float]:
    """What the sliders say."""
    sliders = {name: page.get_by_role("slider", name=name.capitalize()) for name in lulc.LEGEND.names}
    return {name: float(slider.get_attribute("aria-valuenow") or "nan") for name, slider in sliders.items()}


def test_presets_set_the_sliders_and_the_default_comes_back(weighed: Page) -> None:
    usual = weights(weighed)
    weighed.get_by_role("button", name="Equal").click()
    comes_to(weighed, lambda: set(weights(weighed).values()), {0, 1})  # clouds stay off the map
    weighed.get_by_role("button", name="Seasonal").click()
    comes_to(weighed, lambda: weights(weighed)["crops"], 1.5)
    weighed.get_by_role("button", name="Default").click()
    comes_to(weighed, lambda: weights(weighed), usual)


def test_of_presets_in_quick_succession_the_last_counts(weighed: Page) -> None:
    usual = weights(weighed)
    for name in ("Equal", "Seasonal", "Default") * 4:
        weighed.get_by_role("button", name=name, exact=True).click()
    settle(weighed)
    assert weights(weighed) == usual


def test_a_switch_is_heard_though_the_numbers_change_while_it_is_held(weighed: Page) -> None:
    legend, switch = weighed.get_by_label("Classes: choose one"), weighed.get_by_role("switch", name="Show water")
    before = legend.inner_text()
    switch.hover()
    weighed.get_by_role("slider", name="Crops").press("End")
    weighed.mouse.down()
    eventually(weighed, legend.inner_text, lambda said: said != before)
    weighed.mouse.up()
    expect(switch).to_have_attribute("aria-checked", "false")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_what_the_weights_exchange_is_listed_while_a_slider_moves(weighed: Page) -> None:
    weighed.get_by_text("No pixel changes class from the default weights").wait_for()
    slider = weighed.get_by_role("slider", name="Trees")
    slider.focus()
    exchanged, said = weighed.get_by_text("change class from the default weights"), {""}
    for _ in range(3):
        for _ in range(20):
            weighed.keyboard.press("ArrowLeft")
        said.add(eventually(weighed, exchanged.inner_text, lambda now: now not in said))
    expect(weighed.get_by_text("trees → ").first).to_be_attached()


def test_the_error_matrix_follows_the_weights_and_the_curve_sets_them(weighed: Page) -> None:
    """Task 3: the tab, the curve and a key. It was 2 and keys, and the matrix stayed as it was."""
    person = Steps(weighed)
    person.click(weighed.get_by_role("tab", name="Error matrix", exact=True))
    matrix, curve = weighed.get_by_role("table", name="Error matrix"), weighed.get_by_role("slider", name="Trade-off")
    curve.wait_for()
    before, place = matrix.inner_text(), matrix.bounding_box()
    weighed.get_by_role("slider", name="Grass").press("End")
    eventually(weighed, matrix.inner_text, lambda now: now != before)
    settle(weighed)
    after = matrix.inner_text()
    comes_to(weighed, lambda: float(curve.get_attribute("aria-valuenow")), weights(weighed)["grass"])
    expect(curve).to_have_attribute("aria-valuetext", re.compile(re.escape(f"grass × {weights(weighed)['grass']:.2f}")))
    weighed.get_by_role("heading", name="custom weights").wait_for()
    assert matrix.bounding_box() == place
    weighed.get_by_role("button", name="Default", exact=True).click()
    comes_to(weighed, matrix.inner_text, before)
    comes_to(weighed, lambda: float(curve.get_attribute("aria-valuenow")), weights(weighed)["grass"])
    person.click(curve)
    person.press("End")
    comes_to(weighed, lambda: weights(weighed)["grass"], 4)
    comes_to(weighed, matrix.inner_text, after)
    person.took(3, 3)
    expect(weighed.get_by_role("alert")).to_have_count(0)
    open_tab(weighed, "Map")


def test_weights_that_are_found_come_into_view_and_can_be_used(weighed: Page) -> None:
    open_fold(weighed, "Calibrate class weights")
    weighed.set_viewport_size({"width": 1440, "height": 700})
    weighed.get_by_role("button", name="Find weights").click()
    weighed.get_by_text("On held-out data,").wait_for(timeout=60_000)
    table = weighed.get_by_role("table").filter(has_text="user's accuracy")
    eventually(weighed, table.bounding_box, lambda at: at["y"] + at["height"] < 700, "come into view")
    rows = texts(table)
    found = {name: float(weight) for name, weight, *_ in rows[1:]}
    assert {"trees", "crops"} <= set(found)
    assert all("→" in cell for _, _, *shares in rows[1:] for cell in shares)
    assert table.evaluate(CLOSEST) >= 8
    weighed.get_by_role("button", name="Use these weights").click()
    comes_to(weighed, lambda: {name: weights(weighed)[name] for name in found}, found)


def test_labels_that_do_not_fit_are_a_message(weighed: Page) -> None:
    open_fold(weighed, "Calibrate class weights")
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"x,y,reference\n1,2,jungle\n"}
    weighed.locator("input[type=file]").first.set_input_files(files=[file])
    weighed.locator("label:visible[aria-label='mine.csv']").wait_for()
    weighed.get_by_role("button", name="Find weights").click()
    weighed.get_by_text("The labels name jungle").wait_for()


def test_a_slider_does_not_write_back_what_it_heard_before(weighed: Page) -> None:
    """The last of this file: its page then shows a weight of which the server knows nothing."""
    weighed.wait_for_url(lambda url: "weights" not in url)
    usual = weights(weighed)
    weighed.get_by_role("slider", name="Crops").evaluate(HEAR_TWICE)
    settle(weighed)
    assert weights(weighed) == {**usual, "crops": 2}
    assert "weights" not in weighed.url  # the server was told nothing
