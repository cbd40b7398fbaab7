"""The link in the address bar: whoever opens it sees what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import expect

from browser.serving import FIGURES, choose_layer, click_pixel, open_fold, open_map, open_tab, pixel_of
from browser.steps import Steps
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

pytestmark = pytest.mark.browser

MARKUP = '<img src=x onerror="window.ran=1">'


def seen(page: Page) -> dict[str, object]:
    """What of the page a link must bring back."""
    slider = page.get_by_role("slider", name="Crops", include_hidden=True)
    return {
        "maps": page.evaluate(FIGURES),
        "legend": page.get_by_label("Classes: choose one").inner_text(),
        "off": page.get_by_role("switch", name="Show clouds").get_attribute("aria-checked"),
        "crops": slider.get_attribute("aria-valuenow") or slider.input_value(),
        "why": page.get_by_role("heading", name="of the score").inner_text(),
        "rivals": page.get_by_role("combobox", name="Confused classes").locator("option:checked").inner_text(),
    }


def asked(page: Page) -> dict[str, list[str]]:
    """What the address bar says, by word."""
    return parse_qs(urlsplit(page.url).query)


@pytest.fixture(scope="module")
def marked(shared_page: Page, small_url: str) -> tuple[Page, Response | None]:
    """Return a page whose link has markup and names neither place nor year, and the answer to it."""
    return shared_page, shared_page.goto(f"{small_url}?{urlencode({'scene': MARKUP, 'cells': MARKUP})}")


def test_markup_in_a_link_is_shown_as_text_and_runs_nothing(marked: tuple[Page, Response | None]) -> None:
    page, answer = marked
    page.get_by_text(f"The link asks for scene '{MARKUP}', cells '{MARKUP}', which are not").wait_for()
    expect(page.locator("img[src=x]")).to_have_count(0)
    assert page.evaluate("window.ran") is None
    assert answer is not None
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_any_link_says_which_map_it_is(marked: tuple[Page, Response | None]) -> None:
    page, _ = marked
    page.get_by_text("of this map clear").wait_for(timeout=180_000)
    eventually(page, lambda: asked(page), lambda q: {"region", "year"} <= q.keys())


def test_what_a_link_cannot_have_is_told_and_leaves_the_address(shared_page: Page, laos_url: str) -> None:
    """The other name of a word is read."""
    page, wrong = shared_page, "&pixel=9999,3&scene=midsummer&view=here&right=support&colour=red"
    open_map(page, laos_url.replace("region=", "place=") + wrong)
    page.get_by_text("row 9999 and column 3").wait_for()
    words = "scene 'midsummer', view 'here', colour 'red'"
    page.get_by_text(f"The link asks for {words}, which are not available and were ignored.").wait_for()
    comes_to(page, lambda: asked(page), {"region": ["laos"], "year": ["2023"], "right": ["support"]})


@pytest.fixture
def page_of_laos(shared_page: Page, laos_url: str) -> Page:
    """Return a page that shows the small map, however it was left: opened only where it shows another."""
    if "region=laos" not in shared_page.url:
        open_map(shared_page, laos_url)
    return shared_page


def choices_of(page: Page) -> dict[str, object]:
    """Return the open tab, and where its figures come from."""
    tab = page.get_by_role("tab", selected=True).inner_text().capitalize()
    pressed = page.get_by_role("button", pressed=True).all_inner_texts() if tab == "Error matrix" else []
    return {"tab": tab, "of": next((name for name in ("The paper", "This map") if name.upper() in pressed), "")}


def test_back_forward_and_reload_bring_choices_back(page_of_laos: Page) -> None:
    """Task 13: Back and Forward, a step each. Back kept the tab."""
    page = page_of_laos
    open_tab(page, "Error matrix")
    page.get_by_role("table", name="Error matrix").wait_for()  # of a sample that nobody asked for
    page.get_by_role("button", name="The paper", exact=True).click()
    here = {"tab": "Error matrix", "of": "The paper"}
    comes_to(page, lambda: choices_of(page), here)
    settle(page)
    before = {"tab": "Error matrix", "of": "This map"}
    for go, seen in ((page.go_back, before), (page.go_back, {"tab": "Map", "of": ""}), (page.go_forward, before)):
        person = Steps(page)
        person.do(go)
        comes_to(page, lambda: choices_of(page), seen)
        person.took(13, 1)
    page.go_forward()
    comes_to(page, lambda: choices_of(page), here)
    page.reload()
    comes_to(page, lambda: choices_of(page), here)
    settle(page)
    page.go_back()  # to before the reload
    comes_to(page, lambda: choices_of(page), before)


def test_weights_pixel_classes_and_rivals_come_back(page_of_laos: Page) -> None:
    page = page_of_laos
    open_tab(page, "Map")
    choose_layer(page, "right", "Classes of the year")
    open_fold(page, "Class weights")
    page.get_by_role("slider", name="Crops").press("End")
    page.get_by_role("switch", name="Show clouds").press("Space")
    page.get_by_role("button", name="Inspect confused classes").click()
    settle(page)
    box = page.locator(".map").nth(1).bounding_box()
    click_pixel(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.get_by_role("heading", name="of the score").wait_for()
    for word in ("weights=", "hidden=", "rivals=", "pixel="):
        page.wait_for_url(f"**{word}**")
    settle(page)
    first, link = seen(page), page.url
    for shown in first["maps"]:
        shown["range"] = pytest.approx(shown["range"], abs=2)  # metres: a link has five digits of a degree
    page.goto("about:blank")
    open_map(page, link)
    open_fold(page, "Class weights")
    comes_to(page, lambda: seen(page), first)


def ask(page: Page, right: float, down: float) -> str:
    """Click the second map at a share of its size; return the pixel."""
    box = page.locator(".map").nth(1).bounding_box()
    assert box is not None
    click_pixel(page, box["x"] + box["width"] * right, box["y"] + box["height"] * down)
    settle(page)
    return pixel_of(page.url)


def test_back_closes_the_pixels_asked_about_in_one_step_and_undoes_weights_in_another(
    shared_page: Page, laos_url: str
) -> None:
    """Back left the page, or went to another tab, and both stayed."""
    page = shared_page
    open_map(page, laos_url)
    pixels = [ask(page, *at) for at in ((0.4, 0.4), (0.5, 0.5), (0.6, 0.6))]
    assert len({*pixels}) == 3
    open_fold(page, "Class weights")
    slider = page.get_by_role("slider", name="Crops")
    usual = slider.input_value()
    for key in ("End", "ArrowLeft", "ArrowLeft"):
        slider.press(key)
        settle(page)
    chosen = (pixels[-1], "crops:3.98")

    def words(page: Page = page) -> tuple[str, str]:
        now = asked(page)
        return now.get("pixel", [""])[0], now.get("weights", [""])[0]

    comes_to(page, words, chosen)
    page.go_back()
    comes_to(page, words, (pixels[-1], ""))
    expect(slider).to_have_value(usual)
    page.go_back()
    comes_to(page, words, ("", ""))
    expect(page.get_by_role("heading", name="of the score")).to_have_count(0)
    for _ in range(2):
        page.go_forward()
        comes_to(page, words, (pixels[-1], ""))
        page.get_by_role("heading", name="of the score").wait_for()
        page.get_by_role("button", name="Close (Escape)").click()  # left an entry on which Back did nothing
        settle(page)
        comes_to(page, words, ("", ""))


GO_BACK_WHILE_SOMETHING_COMES = """() => new Promise((told) => {
    const [doc] = Bokeh.documents
    const address = [...doc._all_models.values()].find(({ type }) => type === "panel.models.location.Location")
    const late = { kind: "ModelChanged", model: address.ref(), attr: "search", new: address.search + "&divider=40" }
    addEventListener("popstate", () => {
        const search = location.search
        doc.apply_json_patch({ events: [late] })
        told([search, location.search, address.search])
    }, { once: true })
    history.back()
})"""
"""Go back, and let come what the server has still said of what was left: what the address said before and after."""


def test_what_comes_late_is_not_said_of_the_entry_that_was_gone_to(page_of_laos: Page) -> None:
    page = page_of_laos
    open_tab(page, "Area")
    page.wait_for_url("**tab=area**")
    settle(page)
    before, after, kept = page.evaluate(GO_BACK_WHILE_SOMETHING_COMES)
    assert "tab=area" not in before
    assert before == after == kept
    comes_to(page, lambda: choices_of(page)["tab"], "Map")
    page.go_forward()
    comes_to(page, lambda: choices_of(page)["tab"], "Area")


def test_a_place_that_is_too_large_has_no_scale_bar(page_of_laos: Page, laos_url: str) -> None:
    page = page_of_laos
    bars = """[...Bokeh.documents[0]._all_models.values()]
        .filter((model) => model.type === "ScaleBar").map((bar) => bar.visible)"""
    assert True in page.evaluate(bars)
    page.goto(laos_url.replace("laos", "box:0,0,20,20"))
    page.get_by_text("Map unavailable").wait_for()
    eventually(page, lambda: page.evaluate(bars), lambda seen: seen and not any(seen))


def test_one_click_copies_a_link_that_shows_the_drawn_sample_to_others(offline_page: Page, laos_url: str) -> None:
    """Task 9: one step; the other page shows the same error matrix without a step. The sample was lost."""
    page, person = offline_page, Steps(offline_page)
    page.goto(f"{laos_url}&tab=error-matrix&matrix=drawn&sample=60,3&focus=true")
    table = page.get_by_role("table", name="Error matrix")
    table.wait_for()
    settle(page)
    matrix = table.inner_text()
    assert "All others" in matrix
    person.click(page.get_by_role("button", name="Share", exact=True))
    page.get_by_text("It opens on this computer only.").wait_for()
    link = page.get_by_label("Link to this view").input_value()
    assert parse_qs(urlsplit(link).query)["sample"] == ["60,3"]
    page.goto("about:blank")
    page.goto(link)
    comes_to(page, lambda: table.inner_text() if table.is_visible() else "", matrix)
    person.took(9, 1)
