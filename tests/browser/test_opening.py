"""What a person sees before the page can be used, and when nobody answers it any more."""

from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.rendering import raster
from playwright.sync_api import expect

from browser.conftest import strict
from browser.serving import FIGURES, open_map, open_tab, resize, serve
from browser.waiting import PATIENCE_S, comes_to, eventually, settle, steady, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser
WATCH = """
    window.looks = []
    const look = () => {
        const root = window.Bokeh?.index?.roots?.[0]
        const main = root?.shadow_el.querySelector("main")
        const ground = (node) => node && getComputedStyle(node).backgroundColor
        const sidebar = root?.shadow_el.querySelector(".MuiDrawer-modal:not(.MuiModal-hidden)")
        const bar = document.getElementById("header-coming")?.offsetHeight
        window.looks.push({page: ground(document.body), main: ground(main), sidebar: Boolean(sidebar), bar})
        requestAnimationFrame(look)
    }
    addEventListener("DOMContentLoaded", look)
"""
"""Writes down in every frame how dark the page is, whether the sidebar lies over it, and how high its bar is before the
header comes."""
GROUND = "node => getComputedStyle(node).backgroundColor"
THEME, THEMES = "land-cover-explorer: theme", ("default", "dark")
"""What the browser keeps of a theme, and the words for a light and a dark one."""
DARK = "getComputedStyle(document.documentElement).colorScheme === 'dark'"
REMEMBER = """
    window.sockets = []
    window.WebSocket = class extends WebSocket {
        constructor(...given) { super(...given); window.sockets.push(this) }
    }
"""

SHIFTS = """
    window.shifts = []
    new PerformanceObserver((seen) => {
        for (const { value, hadRecentInput, sources } of seen.getEntries())
            if (!hadRecentInput) shifts.push([value, sources.map(({ previousRect, currentRect }) =>
                [previousRect, currentRect].map(({ x, y, width, height }) => [x, y, width, height]))])
    }).observe({ type: "layout-shift", buffered: true })
"""
"""Writes down what has moved without a person: how much of it, and from where to where."""


MEANWHILE = """
    const told = new WeakSet()
    const tell = (root) => new MutationObserver(() => {
        for (const slider of root.querySelectorAll("input[type=range]")) {
            if (told.has(slider)) continue
            told.add(slider)
            for (const { class_name, data } of Bokeh.documents[0]._all_models.values())
                if (class_name === "FloatSlider" && data.label === "Class opacity") data.setv({ value: 0.35 })
        }
    }).observe(root, { childList: true, subtree: true })
    const attach = Element.prototype.attachShadow
    Element.prototype.attachShadow = function (given) {
        const root = attach.call(this, given)
        tell(root)
        return root
    }
"""
"""Changes the opacity as the server does, in the moment in which its slider is drawn."""


AT_WORK = """
    window.work = {same: 0, written: 0, layouts: 0}
    const text = Object.getOwnPropertyDescriptor(Node.prototype, "textContent")
    Object.defineProperty(Node.prototype, "textContent", {...text, set(next) {
        if (this.tagName === "STYLE") work[text.get.call(this) === next ? "same" : "written"] += 1
        text.set.call(this, next)
    }})
    const page = Bokeh.index.roots[0], compute = page.compute_layout
    page.compute_layout = function () {
        work.layouts += 1
        compute.call(this)
    }
"""
"""Counts the style sheets that are written, apart those that are as they were, and how often the page is laid out."""
SCRIPTS = """
    performance.getEntriesByType("resource").map(({name}) => name).filter((name) => name.includes(".js"))
"""
BUNDLE = """
    performance.getEntriesByType("resource").filter(({name}) => name.includes("panel-material-ui.bundle.js"))
        .map((entry) => entry.initiatorType)
"""


def brightness(colour: str) -> float:
    return sum(float(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3]) / 3


@pytest.fixture(scope="module")
def dark(context: BrowserContext, laos_url: str) -> Iterator[Page]:
    """Yield a page of someone who prefers it dark, which opens with the error matrix."""
    page = context.new_page()
    with strict(page) as watched:
        watched.emulate_media(color_scheme="dark")
        watched.add_init_script(WATCH)
        watched.goto(f"{laos_url}&tab=error-matrix")
        watched.get_by_role("table", name="Error matrix").wait_for(timeout=180_000)  # its map is made if need be
        settle(watched)
        yield watched
    page.close()


@pytest.fixture(scope="module")
def light(shared_page: Page, laos_url: str) -> Page:
    """Return a page of someone who prefers it light; while it is drawn, the server changes the opacity."""
    shared_page.emulate_media(color_scheme="light")
    for script in (WATCH, MEANWHILE):
        shared_page.add_init_script(script)
    open_map(shared_page, laos_url)
    return shared_page


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_page_has_the_colours_that_a_person_prefers_from_its_first_frame(
    dark: Page, light: Page, scheme: str
) -> None:
    page = {"dark": dark, "light": light}[scheme]
    grounds = {frame[what] for frame in page.evaluate("looks") for what in ("page", "main")} - {None}
    assert grounds
    assert all((brightness(ground) < 60) == (scheme == "dark") for ground in grounds), grounds


def test_a_bar_as_high_as_the_header_stands_for_it_until_it_comes(light: Page) -> None:
    header = light.locator("header").evaluate("node => node.offsetHeight")
    assert {frame["bar"] for frame in light.evaluate("looks") if frame.get("bar")} == {header}
    expect(light.locator("#header-coming")).to_have_count(0)


@pytest.fixture(scope="module")
def early(light: Page, laos_url: str) -> Iterator[Page]:
    """Return a page that is never built, of a link that has been opened; what stands for it can be seen by a test."""
    page = light.context.new_page()  # the map of its link is there
    open_map(watch(page), laos_url)
    with urllib.request.urlopen(laos_url, timeout=PATIENCE_S) as answer:
        begun = answer.read().decode().partition("<!-- the page -->")[0]
    assert begun.index('id="awaited"') < begun.rindex("bokeh.min.js")  # nothing below that is painted before it has run
    seen = begun.replace('shadowrootmode="closed"', 'shadowrootmode="open"')
    page.route("**", lambda route: route.fulfill(body=seen if route.request.is_navigation_request() else ""))
    page.goto(laos_url)
    yield page
    page.close()
    light.bring_to_front()


def test_a_link_that_was_opened_before_shows_its_headline_areas_and_maps_before_its_page_is_built(
    early: Page, light: Page
) -> None:
    for part, comes, count in (("h2", ".top h2", 1), ("h3", ".caption h3", 2), (".area", ".legend .area", 10)):
        said = light.locator(comes).all_inner_texts()
        assert len(said) == count
        assert early.locator(part).all_inner_texts() == said
    assert early.locator(".ground img").evaluate_all("all => all.map((image) => image.naturalWidth)") == [440, 440]


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900), (1920, 1080)])
def test_headline_maps_and_legend_are_awaited_where_they_come(early: Page, light: Page, size: tuple[int, int]) -> None:
    early.set_viewport_size({"width": size[0], "height": size[1]})
    resize(light, *size)
    built = {"h2": ".top h2", "h3": ".caption h3", ".ground": ".map .bk-Figure", ".legend": ".bench .legend"}
    for part, comes in built.items():
        before, after = (
            [node.bounding_box() for node in page.locator(of).all()] for page, of in ((early, part), (light, comes))
        )
        assert len(before) == len(after) > 0
        for stands, has in zip(before, after, strict=True):
            assert (stands["x"], stands["y"]) == pytest.approx((has["x"], has["y"]), abs=1), part
            assert part[0] == "h" or (stands["width"], stands["height"]) == pytest.approx(
                (has["width"], has["height"]), abs=1
            ), part
    expect(light.locator("#awaited")).to_have_count(0)


@pytest.mark.parametrize("size", [(1280, 800), (1366, 768), (1920, 1080)])
def test_the_dock_does_not_cover_the_legend_while_the_tour_is_open(light: Page, size: tuple[int, int]) -> None:
    resize(light, *size)
    light.evaluate("document.documentElement.dataset.tour = ''")
    legend, dock = (steady(light, light.locator(part).bounding_box) for part in (".bench .legend", ".dock"))
    light.evaluate("delete document.documentElement.dataset.tour")
    assert dock["x"] >= legend["x"] - 10
    assert dock["y"] >= legend["y"] + legend["height"]


def test_the_first_page_after_a_start_begins_before_it_is_built(tmp_path: Path) -> None:
    with serve(tmp_path / "cache", catalog="", model="unet-simulated") as url:
        for _ in ("the first", "the next"):
            with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                assert answer.headers["Transfer-Encoding"] == "chunked"  # in pieces
                page = answer.read().decode()
            assert page.count("</html>") == 1
            assert "location.reload()\n    else" not in page  # of a head that was not its own


def test_a_dark_page_turns_light_and_dark_again_by_the_switch(dark: Page) -> None:
    cell = dark.get_by_role("table").locator("td button").nth(3)

    def becomes(is_dark: bool) -> None:
        looks = lambda ground: ground and (brightness(ground) < 120) == is_dark  # noqa: E731  # none while it is redrawn
        eventually(dark, lambda: cell.evaluate(GROUND), looks)

    becomes(is_dark=True)  # though the server draws a light one first
    for is_dark in (False, True):
        settle(dark)
        dark.get_by_label("Toggle theme").click()
        becomes(is_dark=is_dark)
        comes_to(dark, lambda: dark.evaluate("theme => localStorage.getItem(theme)", THEME), THEMES[is_dark])


def test_a_chosen_theme_is_there_before_a_page_is_built_unless_its_link_says_another(
    early: Page, laos_url: str
) -> None:
    assert not early.evaluate(DARK)
    early.evaluate("([theme, chosen]) => localStorage.setItem(theme, chosen)", [THEME, THEMES[True]])
    early.reload()
    assert early.evaluate(DARK)
    for is_dark in (False, True):
        early.evaluate("link => history.replaceState(null, '', link)", f"{laos_url}&theme={THEMES[is_dark]}")
        early.evaluate("([theme, chosen]) => localStorage.setItem(theme, chosen)", [THEME, THEMES[not is_dark]])
        early.reload()
        assert early.evaluate(DARK) == is_dark
    early.goto(laos_url)


def test_on_a_phone_the_sidebar_never_covers_a_page_that_opens(offline_page: Page, laos_url: str) -> None:
    offline_page.set_viewport_size({"width": 390, "height": 844})
    offline_page.add_init_script(WATCH)
    open_map(offline_page, laos_url)
    frames = [frame for frame in offline_page.evaluate("looks") if frame["main"]]
    assert frames
    assert not any(frame["sidebar"] for frame in frames)
    assert all(brightness(frame["main"]) >= 60 for frame in frames)  # nobody prefers it dark
    expect(offline_page.get_by_text("About this map")).to_have_count(0)  # it is built when it is first seen
    offline_page.get_by_role("button", name="Open drawer").click()
    offline_page.get_by_text("About this map").wait_for()


def test_a_page_whose_server_is_gone_says_so_and_how_to_come_back(page: Page, laos_url: str) -> None:
    page.add_init_script(REMEMBER)
    open_map(watch(page), laos_url)
    expect(page.get_by_text("Connection to the server lost")).to_have_count(1)
    expect(page.get_by_role("alert").filter(has_text="lost")).not_to_be_visible()
    page.evaluate("sockets.forEach((socket) => socket.close())")
    page.get_by_role("alert").filter(has_text="its link restores this view").wait_for()
    page.get_by_role("button", name="Reload").click()
    page.get_by_text("of this map clear").wait_for()
    expect(page.get_by_role("alert").filter(has_text="lost")).not_to_be_visible()


def test_a_tab_says_that_it_opens_until_what_it_holds_has_come(light: Page, dark: Page) -> None:
    says = "panel => getComputedStyle(panel, '::before').content"
    for page, built in ((light, "Map"), (dark, "Error matrix")):
        panels = page.locator("[role=tabpanel]")
        said = {panels.nth(i).get_attribute("aria-label"): panels.nth(i).evaluate(says) for i in range(panels.count())}
        assert said.pop(built) == "none"
        assert {*said.values()} == {'"Opening …"'}


def test_what_the_server_sends_to_a_part_that_is_just_being_drawn_is_shown(light: Page) -> None:
    expect(light.get_by_role("slider", name="Class opacity")).to_have_attribute("aria-valuenow", "0.35")


def test_who_asks_for_less_motion_gets_none_of_the_parts_of_others_either(light: Page) -> None:
    expect(light.get_by_role("button", name="Share", exact=True)).to_have_css("transition-property", "none")


def test_the_browser_loads_modules_itself_and_another_tab_does_no_work_twice(light: Page) -> None:
    assert light.evaluate(BUNDLE)
    assert "fetch" not in light.evaluate(BUNDLE)  # by a script, which has it compiled anew with every page
    scripts = " ".join(light.evaluate(SCRIPTS))
    assert "bokeh.min" in scripts
    assert "es-module-shims" not in scripts
    assert "bokeh-gl" not in scripts
    for tab in ("Change", "Map"):
        open_tab(light, tab)
    light.evaluate(f"() => {{{AT_WORK}}}")
    for tab in ("Change", "Map"):
        open_tab(light, tab)
    work = light.evaluate("work")
    assert work["written"] > 0
    assert work["same"] == 0
    assert 0 < work["layouts"] < 20  # of forty components, each of which once laid out the page
    open_tab(light, "Area")  # for the first time: each of its parts lays out the page
    assert light.evaluate("work")["written"] - work["written"] < 1000  # of once six thousand


COVERED = """
() => [...Bokeh.documents[0]._all_models.values()].filter(({type}) => type === "Figure").flatMap((figure) => {
    const image = figure.renderers.find(({glyph}) => glyph?.type === "Image")
    if (!image) return []
    const {data: {x, dw}} = image.data_source, {start, end} = figure.x_range
    return [(Math.min(x[0] + dw[0], end) - Math.max(x[0], start)) / (end - start)]
})
"""
"""How much of the width of each map is drawn, 0-1."""


def test_the_map_of_a_link_to_a_part_of_the_place_fills_a_window_of_another_shape(light: Page, laos_url: str) -> None:
    """Beside what the link asked for, both maps were empty until the window had another size."""
    west, east, south, north = light.evaluate(FIGURES)[0]["range"]
    x, y, side = (west + east) / 2, (south + north) / 2, (north - south) / 10
    part = raster.to_degrees((x - side / 4, y - side, x + side / 4, y + side))
    sent: list[str] = []
    light.once("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(str(frame))))
    open_map(light, f"{laos_url}&view={','.join(f'{degrees:.6f}' for degrees in part)}")
    eventually(light, lambda: light.evaluate(COVERED), lambda shares: shares == [pytest.approx(1, abs=0.01)] * 2)
    told = re.findall(r"rangesupdate.*?x0.*?y1[^}]*", "".join(sent))
    assert len({view.partition("x0")[2] for view in told}) == len(told) > 0  # the server draws both maps for each


@pytest.mark.parametrize(
    "size, tab", [((390, 844), "error-matrix"), pytest.param((1440, 900), "map", marks=pytest.mark.slow)]
)
def test_nothing_moves_while_a_page_comes(laos: Page, laos_url: str, size: tuple[int, int], tab: str) -> None:
    """The matrix pushed down what stands below it, the button of a network the lower half of the sidebar."""
    page = laos  # its map is there
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.add_init_script(SHIFTS)
    page.goto(f"{laos_url}&tab={tab}")
    shown = page.get_by_role("table", name="Error matrix") if tab == "error-matrix" else page.locator(".map").first
    shown.wait_for(timeout=180_000)
    settle(page)
    moved = page.evaluate("shifts")
    assert sum(share for share, _ in moved) < 0.002, moved


@pytest.mark.slow
def test_nothing_moves_on_a_phone_while_the_map_of_a_matrix_is_being_made(
    laos: Page, small_url: str, planted: Path
) -> None:
    """What says that there is no map, and leads to it, had no room of its own."""
    laos.set_viewport_size({"width": 390, "height": 844})
    laos.add_init_script(SHIFTS)
    (planted / "hold").touch()
    try:
        laos.goto(f"{small_url}?region=belgium&year=2022&tab=error-matrix")
        laos.get_by_role("button", name="Go to the map").wait_for()
    finally:
        (planted / "hold").unlink()
    laos.get_by_role("table", name="Error matrix").wait_for(timeout=180_000)
    settle(laos)
    moved = laos.evaluate("shifts")
    assert sum(share for share, _ in moved) < 0.002, moved


@pytest.mark.slow
def test_nothing_moves_on_a_phone_while_a_map_is_being_made(laos: Page, small_url: str) -> None:
    """What tells of it moved up when its button was drawn, and with each step that had one line more."""
    laos.set_viewport_size({"width": 390, "height": 844})
    laos.add_init_script(SHIFTS)
    laos.goto(f"{small_url}?region=belgium&year=2021")
    laos.get_by_role("button", name="Cancel").wait_for()
    laos.get_by_text("of this map clear").wait_for(timeout=180_000)
    settle(laos)
    moved = laos.evaluate("shifts")
    assert sum(share for share, _ in moved) < 0.002, moved
