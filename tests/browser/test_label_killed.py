"""Two interpreters label ten units each, the server is killed in between, a third decides, and the matrix follows."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from odc.geo import CRS

import lulc_core as lulc
from browser.serving import SMALL, serve
from browser.test_label import interpreter, press, unit
from browser.waiting import comes_to

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

UNITS, DISPUTED = 10, (2, 5, 9)
WATER, TREES = "1", "2"
"""Keys."""


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """A project of ten units of trees, by the map."""
    grid = lulc.Region.named("laos").grid
    to_degrees = grid.crs.transformer_to_crs(CRS("EPSG:4326"))
    lon, lat = zip(*(to_degrees(*grid.pix2wld(8.5 + 8 * i, 30.5)) for i in range(UNITS)), strict=True)
    table = pd.DataFrame({"lon": lon, "lat": lat, "stratum": "trees", "map": "trees"})
    with lulc.LabelDatabase(tmp_path / "labels.db") as database:
        terms = {"interpreters": 2, "rule": "adjudicated", "strata": {"trees": 9216.0}}
        lulc.create_label_project(database, lulc.LabelProject(name="Laos", **terms), table)
    return tmp_path / "labels.db"


def label(page: Page, desk: lulc.LabelDesk, person: str, until: int, key: Callable[[int], str]) -> None:
    """Label by one key press a unit until the database has so many labels of a person."""
    while (done := len(desk.labels_of(person))) < until:
        press(page, key(unit(page)))
        comes_to(page, lambda: len(desk.labels_of(person)), done + 1)


def test_no_label_is_lost_with_the_server_and_the_matrix_follows_the_decisions(
    context: BrowserContext, small_cache: Path, labels: Path
) -> None:
    said = {"Ana": lambda _: TREES, "Ben": lambda number: WATER if number in DISPUTED else TREES}
    with lulc.LabelDatabase(labels) as database:
        desk = lulc.LabelDesk(database)
        for until in (5, UNITS):
            others = {*multiprocessing.active_children()}
            with serve(small_cache, **SMALL, LULC_LABELS=str(labels)) as address:
                url = f"{address}?region=laos&year=2023&tab=label"
                with interpreter(context, url, "Ana") as ana, interpreter(context, url, "Ben") as ben:
                    for page, person in ((ana.page, "Ana"), (ben.page, "Ben")):
                        label(page, desk, person, until, said[person])
                if until == UNITS:
                    decide(context, url, desk)
                for server in {*multiprocessing.active_children()} - others:
                    server.kill()
        assert desk.progress().people == {"Ana": UNITS, "Ben": UNITS, "Eva": len(DISPUTED)}
        sample = lulc.labelled_sample(desk)
        assert sample["reference"].value_counts().to_dict() == {"trees": 8, "water": 2}


def decide(context: BrowserContext, url: str, desk: lulc.LabelDesk) -> None:
    """Decide as Eva: two of three are water; the matrix is on the screen before and after."""
    assert [dispute.unit.number for dispute in lulc.disputes(desk)] == [*DISPUTED]
    with interpreter(context, url, "Eva") as eva:
        page = eva.page
        page.get_by_role("button", name="Results").click()
        page.get_by_role("heading", name="Laos so far: 100").wait_for()
        page.get_by_text("Hide the results").click()
        page.get_by_role("button", name=f"Adjudicate ({len(DISPUTED)})").click()
        for left, key in ((2, WATER), (1, TREES), (0, WATER)):
            unit(page)
            press(page, key)
            comes_to(page, lambda: len(lulc.disputes(desk)), left)
        page.get_by_role("button", name="Results").click()
        page.get_by_role("heading", name="Laos so far: 80").wait_for()
