"""The app in real headless Chromium: what a person sees and does, read from the page."""

from __future__ import annotations

import io
import json
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import SMALL as EDGE
from making import MadeCatalog, write_model
from PIL import Image
from playwright.sync_api import expect

import lulc_core as lulc
from browser.conftest import strict
from browser.serving import FIGURES, SMALL, drag, make_map, serve
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

COLOURS = np.array([c.colour for c in lulc.LEGEND])
SCENE, YEAR = 0, 1


def picture(page: Page, which: int) -> NDArray[np.uint8]:
    """What is painted inside one map, without its edges and furniture."""
    box = page.locator(".map").nth(which).bounding_box()
    assert box is not None
    middle = {
        "x": box["x"] + box["width"] * 0.2,
        "y": box["y"] + box["height"] * 0.25,
        "width": box["width"] * 0.6,
        "height": box["height"] * 0.5,
    }
    return np.asarray(Image.open(io.BytesIO(page.screenshot(clip=middle))).convert("RGB"))


def in_legend_colours(pixels: NDArray[np.uint8]) -> float:
    """Share of pixels that have the exact colour of a class."""
    return float((pixels[..., None, :] == COLOURS).all(-1).any(-1).mean())


def most(share: float) -> bool:
    """All but furniture and rims."""
    return share > 0.98


def middle_of(page: Page, which: int) -> tuple[float, float]:
    box = page.locator(".map").nth(which).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag_map(page: Page, which: int, dx: int, dy: int) -> None:
    drag(page, middle_of(page, which), dx, dy)
    page.mouse.move(2, 2)
    settle(page)


def ranges(page: Page) -> list[list[float]]:
    return [figure["range"] for figure in page.evaluate(FIGURES)]


def test_both_maps_are_drawn_in_the_colours_of_the_legend(shared_explorer: Page) -> None:
    shared_explorer.mouse.move(2, 2)
    for which in (SCENE, YEAR):
        eventually(shared_explorer, lambda which=which: in_legend_colours(picture(shared_explorer, which)), most)
    assert (picture(shared_explorer, SCENE) != picture(shared_explorer, YEAR)).any()


def test_the_legend_gives_the_areas_of_the_report(shared_explorer: Page, cache: Path) -> None:
    report = json.loads(next(cache.glob("*/report.json")).read_text())
    for name, area in report["classes"].items():
        if name == "no data":
            continue
        chip = shared_explorer.get_by_role("button", name=name, exact=False).first.inner_text()
        expected = f"{area['area_ha']:.1f} ha" if area["area_ha"] else "none on this map"
        assert expected in chip


def test_the_axes_have_one_scale(shared_explorer: Page) -> None:
    for figure in shared_explorer.evaluate(FIGURES):
        west, east, south, north = figure["range"]
        width, height = figure["size"]
        assert (east - west) / width == pytest.approx((north - south) / height, rel=1e-3)


def test_a_pan_on_one_map_moves_the_other(shared_explorer: Page) -> None:
    explorer = shared_explorer
    before, seen = ranges(explorer), picture(explorer, YEAR)
    drag_map(explorer, SCENE, 80, 40)
    after = ranges(explorer)
    assert after[SCENE] == after[YEAR] != before[YEAR]
    assert (picture(explorer, YEAR) != seen).mean() > 0.05
    drag_map(explorer, YEAR, -80, -40)
    back = pytest.approx(before[SCENE], rel=1e-6)
    eventually(explorer, lambda: ranges(explorer)[SCENE], lambda now: now == back)


@pytest.fixture
def whole(shared_explorer: Page) -> Page:
    """The map of the real place, all of it."""
    shared_explorer.get_by_role("application", name="Map on the right").press("Home")
    settle(shared_explorer)
    return shared_explorer


def test_a_zoom_sharpens_the_map_without_mixing_classes(whole: Page) -> None:
    explorer = whole
    before = ranges(explorer)[YEAR]
    explorer.mouse.move(*middle_of(explorer, YEAR))
    explorer.mouse.wheel(0, -300)

    def width() -> float:
        return ranges(explorer)[YEAR][1] - ranges(explorer)[YEAR][0]

    eventually(explorer, width, lambda now: now < 0.8 * (before[1] - before[0]))
    explorer.mouse.move(2, 2)
    settle(explorer)
    eventually(explorer, lambda: in_legend_colours(picture(explorer, YEAR)), most)


def test_another_scene_changes_only_the_left_map(shared_explorer: Page) -> None:
    explorer = shared_explorer
    explorer.mouse.move(2, 2)
    settle(explorer)
    scene, year = picture(explorer, SCENE), picture(explorer, YEAR)
    caption = explorer.get_by_text("One day:").inner_text()
    explorer.get_by_role("button", name="Next scene").click()
    explorer.mouse.move(2, 2)
    eventually(explorer, explorer.get_by_text("One day:").inner_text, lambda said: said != caption)
    eventually(explorer, lambda: picture(explorer, SCENE), lambda now: (now != scene).any())
    settle(explorer)
    assert (picture(explorer, YEAR) == year).all()


def test_the_strip_of_scenes_works_by_keyboard_and_plays(shared_explorer: Page) -> None:
    explorer = shared_explorer
    strip = explorer.get_by_role("slider", name="Scene of the year")
    strip.press("Home")
    expect(strip).to_have_attribute("aria-valuenow", "1")
    strip.press("ArrowRight")
    expect(strip).to_have_attribute("aria-valuenow", "2")
    expect(strip).to_have_attribute("aria-valuetext", re.compile("cloud"))
    explorer.get_by_role("button", name="Play the year").click()
    eventually(explorer, lambda: int(strip.get_attribute("aria-valuenow") or 0), lambda now: now > 2)
    explorer.get_by_role("button", name="Pause").click()


def test_hover_names_the_class(shared_explorer: Page) -> None:
    shared_explorer.mouse.move(*middle_of(shared_explorer, YEAR))
    tip = shared_explorer.locator(".bk-tooltip-row-value").first
    eventually(shared_explorer, tip.inner_text, lambda said: said in lulc.LEGEND.names)


def test_a_class_of_the_legend_can_be_looked_at_alone(whole: Page) -> None:
    explorer = whole
    chip = explorer.get_by_role("button", name="grass")
    chip.click()
    explorer.mouse.move(2, 2)
    expect(chip).to_have_attribute("aria-pressed", "true")
    settle(explorer)
    left = picture(explorer, YEAR)
    grass = (left == lulc.LEGEND["grass"].colour).all(-1).mean()
    assert in_legend_colours(left) == pytest.approx(grass)
    assert grass > 0.2
    explorer.get_by_role("button", name="grass").click()
    explorer.mouse.move(2, 2)
    eventually(explorer, lambda: in_legend_colours(picture(explorer, YEAR)), most)


def test_a_class_can_be_switched_off_and_on_again(whole: Page) -> None:
    explorer = whole
    grass = lulc.LEGEND["grass"].colour
    explorer.mouse.move(2, 2)
    settle(explorer)
    whole = picture(explorer, YEAR)
    switch = explorer.get_by_role("switch", name="Show grass")
    switch.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(explorer.locator(".whole [title^=grass]")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    settle(explorer)
    for which in (SCENE, YEAR):
        left = picture(explorer, which)
        assert not (left == grass).all(-1).any()
    assert in_legend_colours(left) == pytest.approx(1 - (whole == grass).all(-1).mean(), abs=0.01)
    switch.press("Space")  # the focus stayed
    eventually(explorer, lambda: picture(explorer, YEAR), lambda now: (now == whole).all())


def test_the_report_is_on_the_screen(shared_explorer: Page, cache: Path) -> None:
    explorer = shared_explorer
    report = json.loads(next(cache.glob("*/report.json")).read_text())
    for warning in report["warnings"]:
        expect(explorer.get_by_role("listitem").filter(has_text=warning)).to_be_visible()
    expect(explorer.get_by_text("Copernicus Sentinel data")).to_be_visible()
    expect(explorer.get_by_text(f"of {len(report['scenes'])} scenes")).to_be_visible()


def test_everything_important_is_on_the_first_screen(shared_explorer: Page) -> None:
    for name in ("clouds", "Next scene"):
        box = shared_explorer.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900


def test_a_base_map_that_does_not_answer_is_a_remark_and_no_request(whole: Page) -> None:
    explorer = whole
    explorer.get_by_role("button", name="Streets").click()
    explorer.get_by_text("could not be reached").wait_for()
    settle(explorer)
    assert most(in_legend_colours(picture(explorer, YEAR)))


def test_the_address_restores_the_view(shared_explorer: Page) -> None:
    explorer = shared_explorer
    drag_map(explorer, SCENE, 60, 30)
    day = explorer.get_by_text("One day:")
    first = day.inner_text()
    explorer.get_by_role("button", name="Previous scene").click()
    caption = eventually(explorer, day.inner_text, lambda said: said != first)
    settle(explorer)
    shown = pytest.approx(ranges(explorer)[0], abs=3)  # metres
    explorer.goto(explorer.url)
    make_map(explorer)
    comes_to(explorer, day.inner_text, caption)
    eventually(explorer, lambda: ranges(explorer)[0], lambda now: now == shown)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address of an app with imagery of its own, and the folder of that, of its cache and of what is planted."""
    folder = tmp_path_factory.mktemp("own")
    catalog = MadeCatalog(folder / "catalog", size=EDGE)
    for month in (4, 7, 10):
        catalog.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    its = {"catalog": catalog.root, "model": write_model(folder / "model"), "app": SMALL["app"]}
    with serve(folder / "cache", **its, PLANTED=str(folder)) as url:
        yield url, folder


@pytest.fixture(scope="module")
def first_person(context: BrowserContext, served: tuple[str, Path]) -> Iterator[Page]:
    """Yield a page of that app, on which no map has been made yet."""
    page = context.new_page()
    with strict(page) as watched:
        watched.goto(served[0])
        watched.get_by_role("button", name="Make this map").wait_for()
        yield watched
    page.close()


@pytest.fixture
def unmade(first_person: Page, served: tuple[str, Path]) -> Iterator[tuple[Page, Path]]:
    """Yield that page, and that folder: its cache holds no map, and no scene is classified before it is cancelled."""
    _, folder = served
    shutil.rmtree(folder / "cache", ignore_errors=True)
    hold = folder / "hold-predict"
    hold.touch()
    yield first_person, folder
    hold.unlink(missing_ok=True)


def test_making_a_map_shows_progress_and_can_be_cancelled(unmade: tuple[Page, Path]) -> None:
    page, folder = unmade
    page.get_by_role("button", name="Make this map").click()
    page.get_by_role("progressbar", name="Progress").wait_for()
    page.get_by_text("Classifying each scene").wait_for()
    expect(page.locator(".whole")).to_be_hidden()  # the bar of the classes, which looks empty like one of work
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Make this map").wait_for()
    settle(page)
    left = {path.name for path in folder.glob("cache/*/*")}
    assert left <= {".unfinished"}  # finished scenes stay: the next attempt takes them


def test_a_place_that_cannot_be_read_shows_its_message(unmade: tuple[Page, Path]) -> None:
    page, folder = unmade
    images = folder / "catalog" / "assets"
    away = images.rename(folder / "away")
    page.get_by_role("button", name="Make this map").click()
    page.get_by_text("Map unavailable").wait_for()
    page.get_by_text("could be read, so there is no map").wait_for()
    page.get_by_role("button", name="Try again").wait_for()
    away.rename(images)


def test_a_second_person_joins_the_run_of_the_first(
    offline_page: Page, served: tuple[str, Path], unmade: tuple[Page, Path]
) -> None:
    first, folder = unmade
    second = offline_page
    second.goto(served[0])
    second.get_by_role("button", name="Make this map").wait_for()
    first.bring_to_front()  # a page behind another is drawn once a second
    first.get_by_role("button", name=re.compile("Make this map|Try again")).click()
    second.get_by_role("button", name="Make this map").click()
    second.get_by_role("progressbar", name="Progress").wait_for()
    first.get_by_role("button", name="Cancel").click()
    first.get_by_role("button", name="Make this map").wait_for()
    (folder / "hold-predict").unlink()
    second.get_by_text("of this map clear").wait_for(timeout=180_000)  # goes on for the one who stayed
    assert len(list(folder.glob("cache/*/report.json"))) == 1
    make_map(first)
    expect(first.locator(".whole")).to_be_visible()


def test_an_address_that_asks_for_what_is_not_there_gets_an_answer(offline_page: Page, app_url: str) -> None:
    offline_page.goto(f"{app_url}?year=1999")
    offline_page.get_by_text("has no imagery of 1999. Choose one of: 2018").wait_for()
    offline_page.get_by_role("button", name="Inspect confused classes").click()
    offline_page.get_by_text("There is no map yet.").wait_for()


def test_a_broken_catalog_shows_its_message_and_the_other_places_stay(offline_page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "items.json").write_text("{")
    with serve(tmp_path / "cache", **SMALL | {"catalog": broken}) as url:
        offline_page.goto(url)
        offline_page.get_by_text("Map unavailable").wait_for()
        settle(offline_page)
        expect(offline_page.get_by_role("button", name="Make this map")).to_have_count(0)
        offline_page.goto(f"{url}?region=belgium")
        step = re.compile("Simulating the scenes|Classifying each scene|of this map clear")  # whichever it has come to
        offline_page.get_by_text(step).first.wait_for()


def test_on_a_phone_the_maps_stack_and_the_sidebar_starts_closed(offline_page: Page, app_url: str) -> None:
    """In the dark, and by the switch in the light."""
    page = offline_page
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app_url)
    make_map(page)
    page.get_by_text("About this map").wait_for(state="hidden")
    for dark in (True, False):
        if not dark:
            page.get_by_label("Toggle theme").click()
        settle(page)
        boxes = [page.locator(".map").nth(which).bounding_box() for which in (SCENE, YEAR)]
        assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
        assert all(box["width"] > 340 and box["x"] >= 0 for box in boxes)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390

        def ground() -> NDArray[np.uint8]:
            return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))[70:, :8]

        eventually(page, lambda: np.median(ground()), lambda grey, dark=dark: (grey < 60) == dark)
