"""Class weights in the real browser: presets, and weights that are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import lulc_core as lulc
from browser.serving import SETTLE_MS, SMALL, open_map, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("weights") / "cache", **SMALL) as address:
        yield f"{address}?region=laos&year=2023"


@pytest.fixture
def laos(offline_page: Page, url: str) -> Page:
    offline_page.set_viewport_size({"width": 1440, "height": 1400})
    open_map(offline_page, url)
    offline_page.get_by_role("button", name="Class weights").click()
    offline_page.wait_for_timeout(SETTLE_MS)
    return offline_page


def weights(page: Page) -> dict[str, float]:
    """What the sliders say."""
    sliders = {name: page.get_by_role("slider", name=name.capitalize()) for name in lulc.LEGEND.names}
    return {name: float(slider.get_attribute("aria-valuenow") or "nan") for name, slider in sliders.items()}


def test_presets_set_the_sliders_and_the_default_comes_back(laos: Page) -> None:
    usual = weights(laos)
    laos.get_by_role("button", name="Equal").click()
    laos.wait_for_timeout(SETTLE_MS)
    assert set(weights(laos).values()) == {0, 1}  # clouds stay off the map
    laos.get_by_role("button", name="Seasonal").click()
    laos.wait_for_timeout(SETTLE_MS)
    assert weights(laos)["crops"] == 1.5
    laos.get_by_role("button", name="Default").click()
    laos.wait_for_timeout(SETTLE_MS)
    assert weights(laos) == usual


def test_what_the_weights_exchange_is_listed_while_a_slider_moves(laos: Page) -> None:
    laos.get_by_text("No pixel has another class than with the usual weights").wait_for()
    slider = laos.get_by_role("slider", name="Trees")
    slider.focus()
    said = set()
    for _ in range(3):
        for _ in range(20):
            laos.keyboard.press("ArrowLeft")
        laos.wait_for_timeout(SETTLE_MS)
        said.add(laos.get_by_text("have another class than with the usual weights").inner_text())
    assert len(said) == 3
    assert laos.get_by_text("trees → ").count() >= 1


def test_weights_that_are_found_are_shown_and_can_be_used(laos: Page) -> None:
    laos.get_by_role("button", name="Calibrate the weights").click()
    laos.wait_for_timeout(SETTLE_MS)
    laos.get_by_role("button", name="Find weights").click()
    laos.get_by_text("Where they were left out").wait_for(timeout=60_000)
    table = laos.get_by_role("table").filter(has_text="producer's accuracy")
    rows = [[c.strip() for c in row.locator("th, td").all_inner_texts()] for row in table.get_by_role("row").all()]
    found = {name: float(weight) for name, weight, *_ in rows[1:]}
    assert {"trees", "crops"} <= set(found)
    assert all("→" in cell for _, _, *cells in rows[1:] for cell in cells)
    laos.get_by_role("button", name="Use these weights").click()
    laos.wait_for_timeout(SETTLE_MS)
    shown = weights(laos)
    assert {name: shown[name] for name in found} == found


def test_labels_that_do_not_fit_are_a_message(laos: Page) -> None:
    laos.get_by_role("button", name="Calibrate the weights").click()
    laos.wait_for_timeout(SETTLE_MS)
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"x,y,reference\n1,2,jungle\n"}
    laos.locator("input[type=file]").first.set_input_files(files=[file])
    laos.wait_for_timeout(SETTLE_MS)
    laos.get_by_role("button", name="Find weights").click()
    laos.get_by_text("The labels name jungle").wait_for()
