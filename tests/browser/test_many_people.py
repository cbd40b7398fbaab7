"""Many people at one server: nothing of theirs stays, nothing of one's shows at another's, a crash harms nobody."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from making import SMALL as EDGE
from playwright.sync_api import expect

import lulc_core as lulc
from browser.person import Person
from browser.serving import FIGURES, SMALL, click_pixel, map_of, open_fold, open_map, serve
from browser.waiting import comes_to, eventually, settle, steady, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

GONE_MS = "500"
LATEST_S = 300
SILENCE_S = 1
"""In which nothing of another person's may come; a slow server makes this easier to pass, never harder."""
WARM = 1
"""The page that `--warm` builds for nobody and keeps."""


@pytest.fixture(scope="module")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """While this file is there, no map can be saved."""
    return tmp_path_factory.mktemp("many") / "fault"


@pytest.fixture(scope="module")
def url(small_cache: Path, fault: Path) -> Iterator[str]:
    soon = ("--unused-session-lifetime", GONE_MS, "--check-unused-sessions", GONE_MS)
    with serve(small_cache, options=soon, **SMALL, PLANTED=str(fault.parent)) as address:
        yield f"{address}?region=laos&year=2023"


@contextmanager
def visit(context: BrowserContext, url: str) -> Iterator[Page]:
    """Yield a page of somebody, who leaves whatever comes: the census counts all."""
    page = watch(context.new_page())
    try:
        open_map(page, url)
        yield page
    finally:
        page.close()


def census(url: str) -> Counter[str]:
    with urllib.request.urlopen(url.split("/small")[0] + "/census") as answer:
        return Counter({kind: count for kind, count in json.load(answer).items() if kind != "memory_kb"})


def use(page: Page, across: float = 0.5) -> None:
    """Look at everything once, and at the pixel that lies so far across the map."""
    page.get_by_role("button", name="Next scene").click()
    year = page.locator(".map").nth(1)
    year.evaluate("node => node.scrollIntoView({block: 'center'})")  # where no header lies over it
    box = steady(page, year.bounding_box)
    assert box is not None
    click_pixel(page, box["x"] + box["width"] * across, box["y"] + box["height"] / 2)
    page.get_by_text("clear scenes agree").first.wait_for()
    for tab in ("Change", "Error matrix", "Area", "Map"):
        page.get_by_role("tab", name=tab, exact=True).click()
        settle(page)


def test_what_one_does_another_does_not_see_and_a_crash_is_a_message_and_the_page_goes_on(
    context: BrowserContext, url: str, fault: Path
) -> None:
    with visit(context, url) as one, visit(context, url) as other:
        what_one_does_the_other_does_not_see(one, other)
        a_crash_is_a_message(one, other, fault)


def what_one_does_the_other_does_not_see(one: Page, other: Page) -> None:
    caption, shown = other.get_by_text("One day:").inner_text(), other.evaluate(FIGURES)
    use(one)
    open_fold(one, "Class weights")
    one.get_by_role("slider", name="Trees").press("End")
    one.get_by_role("button", name="Grass").click()
    eventually(one, lambda: one.evaluate(FIGURES), lambda now: now != shown)
    settle(one)
    settle(other)
    assert other.evaluate(FIGURES) == shown
    expect(other.get_by_text("One day:")).to_have_text(caption)
    expect(other.get_by_text("clear scenes agree")).to_have_count(0)
    expect(other.get_by_role("button", name="Grass")).to_have_attribute("aria-pressed", "false")


def a_crash_is_a_message(one: Page, other: Page, fault: Path) -> None:
    fault.touch()
    try:
        one.get_by_role("button", name="Map (GeoTIFF)").click()
        one.get_by_text("Unexpected error").wait_for()
        caption = one.get_by_text("One day:").inner_text()
        use(one, across=0.4)
        expect(one.get_by_text("One day:")).not_to_have_text(caption)
        expect(other.get_by_text("Unexpected error")).to_have_count(0)
    finally:
        fault.unlink()
    one.get_by_role("button", name="Close", exact=True).click()
    one.get_by_text("Unexpected error").wait_for(state="hidden")


async def stay_a_while(url: str) -> None:
    """Look at everything once, as `use` does, without a browser."""
    person = Person(url, LATEST_S)
    await person.enter()
    if "of this map clear" not in str(person.models):
        await person.hear("PATCH-DOC", "of this map clear")  # its map is made if need be
    strip, tabs = person.named("Strip"), person.named("Tabs")
    for scene in (0, 1):  # whichever it shows
        await person.change(strip, "chosen", scene)
    await person.hear("PATCH-DOC", "One day: ")
    grid = lulc.Region.named("laos").grid[:EDGE, :EDGE]
    ((x, y),) = grid.footprint("EPSG:3857").centroid.coords
    await person.tap(person.figures()[1], x, y)
    await person.hear("PATCH-DOC", "Votes by date")
    for position, word in enumerate(("", "", "change", "Error matrix", "Areas")):
        if word:
            await person.change(tabs, "active", position)
            await person.hear("PATCH-DOC", word)
    await person.leave()


async def stay_at_most(url: str) -> None:
    await asyncio.wait_for(stay_a_while(url), LATEST_S)


@pytest.mark.parametrize("in_browser", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_closed_session_leaves_nothing(context: BrowserContext, url: str, in_browser: bool) -> None:
    def stay() -> None:
        if not in_browser:
            with ThreadPoolExecutor(1) as apart:  # a loop of its own, beside the browser's
                apart.submit(asyncio.run, stay_at_most(url)).result()
            return
        with visit(context, url) as page:
            use(page)

    stay()  # what is made once and kept for all
    before = eventually(None, lambda: census(url), lambda left: left["openmap"] == WARM, "the warm page alone")
    for _ in range(5 if in_browser else 1):
        stay()
    comes_to(None, lambda: census(url) - before, Counter())  # of nothing more than before


async def audit(person: Person, weight: float, ahead: int, scenes: int) -> tuple[dict[str, float], int, str, list[str]]:
    """Give trees a weight and go some scenes ahead: the hectares, scene and date that a person gets, and what else."""
    await person.unfold(0)
    strip, heard = person.named("Strip"), person.forget()
    scene = (person.had(strip, "chosen") + ahead) % scenes
    await person.change(person.model(label="Trees"), "value", weight)
    areas = await person.hear("PATCH-DOC", '"rows"')
    await person.change(strip, "chosen", scene)
    caption = await person.hear("PATCH-DOC", "One day: ")
    await asyncio.sleep(SILENCE_S)
    heard += person.forget()
    rows = next(event["new"] for event in json.loads(areas)["events"] if event.get("attr") == "rows")
    said = {row["name"]: re.search(r"([\d.,]+) ha", row["area"]) for row in map(unpacked, rows)}
    date = re.search(r"One day: (\d+ \w+ \d+)", caption)
    assert date is not None
    return {name: float(m[1].replace(",", "")) if m else 0.0 for name, m in said.items()}, scene, date[1], heard


def unpacked(row: dict) -> dict:
    """Return a mapping as Bokeh sends it."""
    return dict(row["entries"]) if row.get("type") == "map" else row


@pytest.mark.parametrize("people", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_many_people_at_once_each_get_their_own_answers(
    context: BrowserContext, url: str, small_cache: Path, people: int
) -> None:
    with visit(context, url):  # which makes the map
        made = map_of(small_cache, "laos", 2023)
    usual = json.loads((made / "report.json").read_text())["weights"]
    predictions = lulc.open_predictions(made / "predictions.zarr").load()
    scenes = predictions.sizes["time"]
    asked = [(round(0.2 + 0.17 * i, 2), i % (scenes - 1) + 1, scenes) for i in range(people)]

    async def crowd() -> list[tuple[dict[str, float], int, str, list[str]]]:
        persons = [Person(url, LATEST_S) for _ in asked]
        for person in persons:
            await person.enter()
        audits = (audit(person, *each) for person, each in zip(persons, asked, strict=True))
        found = await asyncio.wait_for(asyncio.gather(*audits), LATEST_S)
        for person in persons:
            await person.leave()
        return found

    with ThreadPoolExecutor(1) as apart:  # a loop of its own, beside the browser's
        answers = apart.submit(asyncio.run, crowd()).result()
    for (weight, *_), (areas, scene, date, heard) in zip(asked, answers, strict=True):
        label = lulc.composite(predictions, weights={**usual, "trees": weight})["label"].values
        expected = {c.name: float((label == c.code).sum()) / 100 for c in lulc.LEGEND}
        assert areas == pytest.approx(expected, abs=0.051)
        assert date == predictions["time"][scene].dt.strftime("%-d %B %Y").item()
        assert not [said for said in heard if '"rows"' in said or "Unexpected error" in said]
    assert len({tuple(areas.values()) for areas, *_ in answers}) > people // 2
