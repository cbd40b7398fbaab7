"""A run over the border of two zones of UTM, opened by someone who did not make it."""

from __future__ import annotations

import dataclasses
import os
import shutil
from typing import TYPE_CHECKING

import pytest
from many_tiles import prepare
from playwright.sync_api import expect

import lulc_core as lulc
from browser.serving import click_pixel, open_fold, serve
from browser.waiting import settle, steady

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TILES = """
() => {
    const all = [...Bokeh.documents[0]._all_models.values()]
    const figure = all.find((model) => model.type === "Figure" && model.tags.includes("locator"))
    const {data} = figure.renderers.find((r) => r.data_source?.data.words).data_source
    const view = Bokeh.index.find_one_by_id(figure.id)
    const {left, top} = view.el.getBoundingClientRect()
    const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2
    return [...data.words].map((words, i) => ({words, at: [
        left + view.frame.x_scale.compute(middle([...data.x[i]])),
        top + view.frame.y_scale.compute(middle([...data.y[i]])),
    ]}))
}
"""


@pytest.fixture(scope="module")
def run_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app with that run twice: with the predictions of each scene, and without."""
    root = tmp_path_factory.mktemp("border")
    made = prepare(root, (2020, 2021))
    for name, keep in (("whole", "predictions"), ("bare", "nothing")):
        kept = dataclasses.replace(made, template=dataclasses.replace(made.template, keep=keep))
        lulc.run_here(kept.into(root / name))
    shutil.rmtree(root / "imagery")  # a finished run needs none
    with serve(root / "cache", catalog="", LULC_MAPS=os.pathsep.join([str(root / "whole"), str(root / "bare")])) as url:
        yield url


def test_both_tiles_are_on_the_map_and_a_click_opens_the_other(run_url: str, offline_page: Page) -> None:
    page = offline_page
    page.goto(f"{run_url}?region=whole-31UGS")
    page.get_by_text("of this map clear").wait_for()
    settle(page)
    expect(page.get_by_text("2 of 2 tiles of this run are done.")).to_be_visible()
    tiles = steady(page, lambda: page.evaluate(TILES))
    assert [tile["words"] for tile in sorted(tiles, key=lambda tile: tile["words"])] == [
        f"{name}-2020 done; {name}-2021 done" for name in ("31UGS", "32UKB")
    ]
    (other,) = [tile["at"] for tile in tiles if tile["words"].startswith("32UKB")]
    page.mouse.move(*other, steps=3)
    page.mouse.click(*other)
    page.wait_for_url("**region=whole-32UKB**")
    expect(page.get_by_text("Tile 32UKB of whole in 2021:")).to_be_visible()
    expect(page.get_by_role("combobox", name="Place", exact=True)).to_contain_text("Tile 32UKB of whole")


def test_a_map_without_votes_says_so_where_they_would_be(run_url: str, offline_page: Page) -> None:
    page = offline_page
    page.goto(f"{run_url}?region=bare-32UKB&year=2020")
    expect(page.get_by_text("Tile 32UKB of bare in 2020:")).to_be_visible()
    expect(page.get_by_role("combobox", name="The map on the left shows")).to_contain_text("Votes for the winner")
    settle(page)
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    box = page.locator(".bk-Figure").nth(2).bounding_box()
    assert box is not None
    click_pixel(page, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="% of the score: 3 clear scenes")).to_be_visible()
    expect(page.get_by_text("Votes are not available").first).to_be_visible()
    open_fold(page, "Class weights")
    expect(page.get_by_role("slider", name="Water")).to_be_disabled()
