"""Change between two years, in the real browser: the hectares on the page against pandas on the maps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from browser.serving import FIGURES, SETTLE_MS, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

YEARS = (2019, 2023)
EDGE = 64
PIXEL_HA = 0.01
PICTURE = """
() => {
    const models = [...Bokeh.documents[0]._all_models.values()]
    const map = models.find((model) => model.type === "Figure" && model.tags.includes("change"))
    const image = map.renderers.find((r) => r.glyph?.type === "Image")
    const shown = [...image.data_source.data.image[0]].filter((pair) => pair < 255)
    return { pairs: [...new Set(shown)] }
}
"""
"""Of the map of change: the transitions in view."""


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small place with scenes of two years, in one folder."""
    folder: Path = tmp_path_factory.mktemp("two") / "paddies"
    whole = lulc.Region.named("laos")
    grid = GeoBox((EDGE, EDGE), whole.grid.affine, whole.grid.crs)
    region = lulc.Region.from_grid(grid, name="laos", title="Paddies")
    features: list[dict[str, Any]] = []
    for year in YEARS:
        items = lulc.simulate(region, year, cache=folder / "made")
        for feature in json.loads(items.read_text())["features"]:
            for asset in feature["assets"].values():
                asset["href"] = str((items.parent / asset["href"]).resolve().relative_to(folder.resolve()))
            features.append(feature)
    (folder / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("change") / "cache"


@pytest.fixture(scope="module")
def url(two_years: Path, made: Path) -> Iterator[str]:
    with serve(made, catalog=two_years, model="unet-simulated") as address:
        yield address


@pytest.fixture
def change(offline_page: Page, url: str) -> Page:
    """A page that compares both years; their maps are made if need be."""
    offline_page.goto(url)
    offline_page.get_by_text("The whole year").wait_for()
    offline_page.wait_for_timeout(SETTLE_MS)
    offline_page.get_by_role("tab", name="Change").click()
    button = offline_page.get_by_role("button", name="Make the map")
    said = offline_page.get_by_text("changed its class")
    button.or_(said).first.wait_for()
    if button.count():
        button.click()
    said.wait_for(timeout=180_000)
    offline_page.wait_for_timeout(2 * SETTLE_MS)
    return offline_page


@pytest.fixture
def counted(change: Page, made: Path) -> pd.DataFrame:
    """Hectares of every transition, counted by pandas on the maps that the app made."""
    of_year = {json.loads((path.parent / "report.json").read_text())["year"]: path for path in made.glob("*/map.tif")}
    names = {c.code: c.name for c in lulc.LEGEND}
    was, became = (pd.Series(lulc.read_map(of_year[year]).values.ravel()) for year in YEARS)
    seen = (was > 0) & (became > 0)
    return pd.crosstab(was[seen].map(names), became[seen].map(names)) * PIXEL_HA


def cells(table: Locator) -> list[list[str]]:
    rows = table.get_by_role("row").all()
    return [[cell.strip() for cell in row.locator("th, td").all_inner_texts()] for row in rows]


def hectares(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_every_transition_has_the_hectares_that_pandas_counts(change: Page, counted: pd.DataFrame) -> None:
    (_, *became, _), *rows, _ = cells(change.get_by_role("region", name="Transitions").get_by_role("table"))
    shown = {(was, to): hectares(area) for was, *areas, _ in rows for to, area in zip(became, areas, strict=True)}
    expected = {(was, to): counted.get(to, {}).get(was, 0.0) for was, to in shown}
    assert shown == pytest.approx(expected, abs=0.051)
    assert set(counted.stack().loc[lambda area: area > 0].index) <= set(shown)


def test_gains_and_losses_add_up(change: Page, counted: pd.DataFrame) -> None:
    _, *rows = cells(change.get_by_role("region", name="Gains and losses").get_by_role("table"))
    for name, *_, before, lost, gained, net, swap, after in rows:
        was, became = counted.T.get(name, pd.Series(dtype=float)).sum(), counted.get(name, pd.Series(dtype=float)).sum()
        kept = counted.get(name, {}).get(name, 0.0)
        expected = [was, was - kept, became - kept, became - was, 2 * (min(was, became) - kept), became]
        assert [hectares(t) for t in (before, lost, gained, net, swap, after)] == pytest.approx(expected, abs=0.051)


def test_the_headline_says_how_much_changed_and_that_it_is_simulated(change: Page, counted: pd.DataFrame) -> None:
    kept = sum(counted.get(name, {}).get(name, 0.0) for name in counted.index)
    share = 100 * (1 - kept / counted.to_numpy().sum())
    said = change.get_by_role("heading", name="changed its class").inner_text()
    assert float(said.split(": ")[1].split(" %")[0]) == pytest.approx(share, abs=0.51)
    assert "simulated" in said


def test_the_map_holds_every_transition_there_is(change: Page, counted: pd.DataFrame) -> None:
    picture = change.evaluate(PICTURE)
    count = len(lulc.LEGEND.names)
    there = {(pair % count**2) // count * count + pair % count for pair in picture["pairs"]}
    areas = counted.stack()
    names = list(lulc.LEGEND.names)
    assert there == {names.index(was) * count + names.index(to) for was, to in areas[areas > 0].index}


def test_the_first_tab_keeps_its_maps(change: Page) -> None:
    change.get_by_role("tab", name="Map", exact=True).click()
    change.wait_for_timeout(SETTLE_MS)
    (left, right) = change.evaluate(FIGURES)
    assert left["range"] == right["range"]
    assert len(right["classes"]) > 2
