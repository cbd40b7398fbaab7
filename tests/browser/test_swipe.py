"""Two maps in one place, with a line between them, in the real browser."""

from __future__ import annotations

import io
import re
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import FIGURES, choose_layer, click_pixel, on_a_phone, open_map, pixel_of
from browser.waiting import comes_to, eventually, settle, steady

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

COLOURS = np.array([c.colour for c in lulc.LEGEND])
DIVIDER = "Divider between the left and the right map"


def lie(page: Page, how: str) -> None:
    layout = page.get_by_role("group", name="Map layout").get_by_role("button", name=how)
    if layout.get_attribute("aria-pressed") != "true":
        layout.click()
    page.mouse.move(2, 2)
    settle(page)


def boxes(page: Page, what: str) -> list[dict[str, float]]:
    return page.locator(what).evaluate_all("nodes => nodes.map(n => n.getBoundingClientRect().toJSON())")


def places(page: Page, what: str) -> list[tuple[float, ...]]:
    """Where things are below the headline, however the page is scrolled: top, left, width, height."""
    head = boxes(page, ".head")[0]["y"]
    return [(box["y"] - head, box["x"], box["width"], box["height"]) for box in boxes(page, what)]


def below_the_head(page: Page) -> float:
    """How far the captions are below the foot of the headline, which may need a second line beside the legend."""
    head, caption = (boxes(page, what)[0] for what in (".head", ".caption"))
    return caption["y"] - head["bottom"]


def clips(page: Page) -> list[str]:
    return page.locator(".map > .bk-Figure").evaluate_all("nodes => nodes.map(n => getComputedStyle(n).clipPath)")


def divide(page: Page, share: float) -> None:
    """Move the divider by the keyboard: two hundredths a press."""
    line = page.get_by_role("slider", name=DIVIDER)
    line.press("Home")
    for _ in range(round(share * 50)):
        line.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", str(2 * round(share * 50)))


def at(page: Page, across: float, up: float) -> tuple[float, float]:
    """A point of the maps, as shares of them."""
    box = boxes(page, ".map > .bk-Figure")[0]
    return box["x"] + across * box["width"], box["y"] + up * box["height"]


@pytest.mark.parametrize("screen", [nullcontext, pytest.param(on_a_phone, marks=pytest.mark.slow)])
def test_both_maps_lie_in_one_place_and_nothing_else_moves(
    shared_laos: Page, screen: Callable[[Page], AbstractContextManager[None]]
) -> None:
    with screen(shared_laos):
        both_maps_lie_in_one_place_and_nothing_else_moves(shared_laos)


def both_maps_lie_in_one_place_and_nothing_else_moves(page: Page) -> None:
    lie(page, "Side by side")
    before = steady(page, lambda: places(page, ".map > .bk-Figure"))
    under_the_head = below_the_head(page)
    lie(page, "Swipe")
    left, right = steady(page, lambda: boxes(page, ".map > .bk-Figure"))
    assert left == right
    one, other = page.evaluate(FIGURES)
    assert (one["range"], one["size"]) == (other["range"], other["size"])
    west, east, south, north = one["range"]
    assert (east - west) / one["size"][0] == pytest.approx((north - south) / one["size"][1], rel=1e-3)
    assert below_the_head(page) == under_the_head
    captions = boxes(page, ".caption")
    assert captions[0]["right"] <= captions[1]["x"] or captions[0]["bottom"] <= captions[1]["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    lie(page, "Side by side")
    comes_to(page, lambda: places(page, ".map > .bk-Figure"), before)
    comes_to(page, lambda: clips(page), ["none", "none"])
    expect(page.get_by_role("slider", name=DIVIDER)).not_to_be_visible()


def test_the_divider_moves_by_keyboard_and_mouse_and_the_link_brings_it_back(shared_laos: Page) -> None:
    lie(shared_laos, "Swipe")
    line = shared_laos.get_by_role("slider", name=DIVIDER)
    comes_to(shared_laos, lambda: clips(shared_laos), ["inset(0px 50% 0px 0px)", "inset(0px 0px 0px 50%)"])
    line.press("ArrowRight")
    expect(line).to_have_attribute("aria-valuenow", "52")
    for key, now in (("End", "100"), ("PageDown", "90"), ("Home", "0"), ("ArrowLeft", "0")):
        line.press(key)
        expect(line).to_have_attribute("aria-valuenow", now)
    x, y = at(shared_laos, 0.3, 0.5)
    assert boxes(shared_laos, ".knob")[0]["top"] > y + 50  # the pixel that the inspector flies to is seen
    shared_laos.mouse.move(at(shared_laos, 0, 0)[0], y)
    shared_laos.mouse.down()
    shared_laos.mouse.move(x, y + 10, steps=4)
    shared_laos.mouse.up()
    expect(line).to_have_attribute("aria-valuenow", re.compile("^(29|30|31)"))
    for word in ("mode=swipe", "divider=0.3"):
        shared_laos.wait_for_url(f"**{word}**")
    shown = clips(shared_laos)
    open_map(shared_laos, shared_laos.url)
    comes_to(shared_laos, lambda: clips(shared_laos), shown)
    expect(line).to_have_attribute("aria-valuenow", "30")


def test_a_finger_drags_the_divider_and_not_the_page(shared_laos: Page) -> None:
    page = shared_laos
    touch, fingers = page.context.new_cdp_session(page), "Emulation.setTouchEmulationEnabled"
    with on_a_phone(page):
        lie(page, "Swipe")
        divide(page, 0.5)
        touch.send(fingers, {"enabled": True})
        top = page.evaluate("scrollY")
        way = [at(page, across, 0.5) for across in (0.5, 0.6, 0.7, 0.8)]
        for kind, points in (("touchStart", way[:1]), *(("touchMove", [to]) for to in way[1:]), ("touchEnd", [])):
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
        line, share = page.get_by_role("slider", name=DIVIDER), pytest.approx(80, abs=2)
        eventually(page, lambda: float(line.get_attribute("aria-valuenow") or 0), lambda now: now == share)
        assert page.evaluate("scrollY") == top
        touch.send(fingers, {"enabled": False})


def test_what_is_left_of_the_divider_is_the_left_map(shared_laos: Page) -> None:
    """The left map is imagery, whose colours are none of the legend's; the right one is classes."""
    choose_layer(shared_laos, "left", "True colour on this day")
    lie(shared_laos, "Swipe")
    divide(shared_laos, 0.5)
    shared_laos.mouse.move(2, 2)
    box = boxes(shared_laos, ".map > .bk-Figure")[0]
    shown = np.asarray(
        Image.open(io.BytesIO(shared_laos.screenshot(clip={k: box[k] for k in ("x", "y", "width", "height")})))
    )
    height, width = shown.shape[:2]
    rows = slice(int(height * 0.15), int(height * 0.4))
    in_legend = (shown[rows, :, None, :3] == COLOURS).all(-1).any(-1).mean(0)  # a share a column
    middle = width // 2
    assert in_legend[middle - 100 : middle - 10].mean() < 0.05
    assert in_legend[middle + 10 : middle + 100].mean() > 0.95


def test_a_click_and_the_pointer_reach_the_map_that_is_seen_and_ask_the_same_pixel(shared_laos: Page) -> None:
    choose_layer(shared_laos, "left", "True colour on this day")
    lie(shared_laos, "Swipe")
    asked = []
    for share, is_imagery in ((0.2, False), (0.8, True)):
        divide(shared_laos, share)
        click_pixel(shared_laos, *at(shared_laos, 0.5, 0.6))
        settle(shared_laos)
        asked.append(pixel_of(shared_laos.url))
        click_pixel(shared_laos, *at(shared_laos, 0.48, 0.3))
        settle(shared_laos)
        shared_laos.mouse.move(*at(shared_laos, 0.52, 0.55))
        tip = shared_laos.locator(".bk-tooltip-row-value")
        tip.first.wait_for()
        expect(tip).to_have_count(1)
        red = re.compile("^red ")
        (expect(tip).to_have_text if is_imagery else expect(tip).not_to_have_text)(red)
        shared_laos.mouse.move(2, 2)
        tip.first.wait_for(state="hidden")
    assert asked[0] == asked[1]


def test_a_pan_moves_both_maps_together(shared_laos: Page) -> None:
    lie(shared_laos, "Swipe")
    before = shared_laos.evaluate(FIGURES)[0]["range"]
    for share in (0.2, 0.8):
        divide(shared_laos, share)
        x, y = at(shared_laos, 0.5, 0.6)
        shared_laos.mouse.move(x, y)
        shared_laos.mouse.down()
        shared_laos.mouse.move(x + 40, y + 20, steps=5)
        shared_laos.mouse.up()
        settle(shared_laos)
        one, other = shared_laos.evaluate(FIGURES)
        assert one["range"] == other["range"] != before
        before = one["range"]


BARS = """() => [...Bokeh.documents[0]._all_models.values()].filter((model) => model.type === "Figure")
    .flatMap((figure) => figure.below.concat(figure.center)).filter((model) => model.type === "ScaleBar")
    .map((bar) => [bar.label, bar.bar_length])"""


@pytest.mark.parametrize("side, wheel", [(0, -1500), (1, 1500)], ids=["in-on-the-left", "out-on-the-right"])
def test_the_scale_bars_of_both_maps_follow_a_zoom_over_either(shared_laos: Page, side: int, wheel: int) -> None:
    """In and out again: a second zoom in ends at the closest view, whose bar may be as long."""
    lie(shared_laos, "Side by side")
    before = shared_laos.evaluate(BARS)
    box = shared_laos.locator(".map .bk-Figure").nth(side).bounding_box()
    assert box is not None
    shared_laos.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shared_laos.mouse.wheel(0, wheel)
    eventually(shared_laos, lambda: shared_laos.evaluate(BARS), lambda now: now[side] != before[side])
    settle(shared_laos)
    one, other = shared_laos.evaluate(BARS)
    assert one == other


def test_there_is_no_divider_where_there_are_no_maps(offline_page: Page, laos_url: str) -> None:
    offline_page.goto(laos_url.replace("laos", "nowhere") + "&mode=swipe")
    offline_page.get_by_text("Map unavailable").wait_for()
    told = offline_page.get_by_text("The link asks for region 'nowhere', which is not available")
    told.first.wait_for()  # on the tab, and above all tabs
    settle(offline_page)
    expect(offline_page.get_by_role("slider", name=DIVIDER)).not_to_be_visible()


TWO_FRAMES_MS = 1_700
"""Of the player; in which one that does not wait would go on."""
STRIP = "[...Bokeh.documents[0]._all_models.values()].find((model) => model.data?.drawn !== undefined).data"


def test_the_player_waits_until_the_scene_before_is_drawn(shared_laos: Page) -> None:
    strip = shared_laos.get_by_role("slider", name="Scene of the year")
    strip.press("Home")
    shared_laos.wait_for_function(f"{STRIP}.drawn === 0")
    settle(shared_laos)  # the server says no more of what is drawn
    shared_laos.evaluate(f"{STRIP}.drawn = -1")
    shared_laos.get_by_role("button", name="Play the year").click()
    shared_laos.wait_for_timeout(TWO_FRAMES_MS)
    expect(strip).to_have_attribute("aria-valuenow", "1")
    shared_laos.evaluate(f"{STRIP}.drawn = 0")
    eventually(shared_laos, lambda: int(strip.get_attribute("aria-valuenow") or 0), lambda now: now >= 3)  # and goes on
