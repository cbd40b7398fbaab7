"""The label desk in the real browser: two interpreters label by keys, disagree on one unit, and a third decides."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import making
import pandas as pd
import pytest
from odc.geo import CRS
from playwright.sync_api import expect

import lulc_core as lulc
from browser.conftest import strict
from browser.serving import SMALL, serve
from browser.steps import Steps
from browser.waiting import comes_to, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNITS = 3
STRATA = {"stratum-of-lakes": 3000.0, "stratum-of-forests": 6216.0}
REMARK = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of a few units on a small simulated place, for two people and an adjudicator."""
    grid = lulc.Region.named("laos").grid
    to_degrees = grid.crs.transformer_to_crs(CRS("EPSG:4326"))
    lon, lat = zip(*(to_degrees(*grid.pix2wld(20.5 + 20 * i, 30.5)) for i in range(UNITS)), strict=True)
    table = pd.DataFrame({"lon": lon, "lat": lat, "stratum": "stratum-of-forests", "map": "trees"})
    table.loc[0, ["stratum", "map"]] = ["stratum-of-lakes", "water"]
    path = tmp_path_factory.mktemp("labels") / "labels.db"
    with lulc.LabelDatabase(path) as database:
        terms = {"interpreters": 2, "rule": "adjudicated", "strata": STRATA, "pixel_ha": 0.01}
        project = lulc.LabelProject(name="Laos", targets=lulc.Targets(overall=0.05), **terms)
        lulc.create_label_project(database, project, table)
    assert grid.shape.x > making.SMALL > 20 * UNITS  # they lie in the corner that is served
    return path


@pytest.fixture(scope="module")
def label_url(labels: Path, small_cache: Path) -> Iterator[str]:
    """Address of the desk, on a server of its own that knows the labels."""
    with serve(small_cache, **SMALL, LULC_LABELS=str(labels)) as url:
        yield f"{url}?region=laos&year=2023&tab=label"


@contextmanager
def interpreter(context: BrowserContext, url: str, name: str) -> Iterator[Steps]:
    """Yield somebody who has said their name, at their desk."""
    page = context.new_page()
    with strict(page):
        page.goto(url)
        person = Steps(page)
        person.do(lambda: page.get_by_label("Your name").fill(name))
        person.click(page.get_by_role("button", name="Begin"))
        page.get_by_text("left for you").wait_for()
        settle(page)
        yield person
    page.close()


def unit(page: Page) -> int:
    """Return the number of the unit on screen, once its pictures are there."""
    page.locator(".looks img").first.wait_for()
    return int(page.get_by_role("heading", name="Unit").inner_text().split()[1])


def press(page: Page, key: str) -> None:
    """Press a key, and wait until it is dealt with: until then the desk hears no other."""
    page.keyboard.press(key)
    expect(page.locator(".desk:not(.waiting)")).to_be_attached()
    settle(page)


def test_two_interpreters_label_by_keys_and_a_third_decides(
    context: BrowserContext, label_url: str, labels: Path
) -> None:
    """Task 7 by hand: a name, Begin, and a key for each unit. It was impossible."""
    with lulc.LabelDatabase(labels) as database:
        desk = lulc.LabelDesk(database)
        with interpreter(context, label_url, "Ana") as person:
            page = person.page
            page.get_by_label("Comment").fill(REMARK)
            page.keyboard.press("Escape")
            page.keyboard.press("Shift+Digit3")
            page.keyboard.press("u")
            for _ in range(UNITS):
                unit(page)
                person.press("1")
            person.took(7, 2 + UNITS)
            page.get_by_text(f"{UNITS} of {UNITS}, 0 left for you").wait_for()
        first = desk.labels_of("Ana")[0]
        names = list(desk.project.legend.names)
        assert (first.name, first.alternate, first.sure, first.comment) == (names[0], names[2], False, REMARK)
        assert first.imagery
        assert [label.sure for label in desk.labels_of("Ana")] == [False, True, True]

        with interpreter(context, label_url, "Ben") as person:
            page = person.page
            assert not any(stratum in page.content() for stratum in STRATA)
            while unit(page) != first.unit:
                press(page, "1")
            press(page, "2")
            press(page, "b")
            page.get_by_text(f"You said: {names[1]}").wait_for()
            press(page, "n")
            for _ in range(UNITS - len(desk.labels_of("Ben"))):
                press(page, "1")
            page.get_by_text(f"{UNITS} of {UNITS}, 0 left for you").wait_for()
            expect(page.get_by_role("button", name="Adjudicate")).to_have_count(0)

        with interpreter(context, label_url, "Eva") as person:
            page = person.page
            page.get_by_role("button", name="Adjudicate (1)").click()
            assert unit(page) == first.unit
            expect(page.get_by_label("What the interpreters said")).to_contain_text(REMARK)
            press(page, "1")
            comes_to(page, lambda: len(lulc.disputes(desk)), 0)
            page.get_by_role("button", name="Results").click()
            page.get_by_role("heading", name="Laos so far").wait_for()
            expect(page.get_by_role("region", name="Units that are missing")).to_contain_text("stratum-of-lakes")
        assert [label.name for label in desk.labels_of("Eva")] == [names[0]]
