"""What each of the two maps is chosen to show, in the real browser."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  # gives arrays `.odc`
import pytest
from playwright.sync_api import expect
from pyproj import Transformer

import lulc_core as lulc
from browser.serving import FIGURES, choose_layer, click_pixel, map_of, on_a_phone, pixel_of, places
from browser.waiting import comes_to, eventually, settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import xarray as xr
    from numpy.typing import NDArray
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

IMAGERY = """
(which) => {
    const figures = [...Bokeh.documents[0]._all_models.values()].filter((model) => model.type === "Figure"
        && !model.tags.includes("change") && model.renderers.some((r) => r.glyph?.type === "Image"))
    const data = figures[which].renderers.find((r) => r.glyph?.type === "ImageRGBA")?.data_source.data
    return [...data?.image ?? []].map((image, i) => ({
        pixels: [...image], shape: image.shape, bounds: [data.x[i], data.y[i], data.dw[i], data.dh[i]],
    }))
}
"""
"""The pictures that lie over a map, from the south up: red, green, blue and opacity in a number."""
TWO_FRAMES_MS = 1_700
"""Of the player; in which one that does not stop would go on."""
WHITE = {"B04": 0.3, "B03": 0.3, "B02": 0.3, "B08": 0.5}
"""The reflectance that the note on the screen calls full."""


def kept(cache: Path) -> xr.DataArray:
    """The imagery of the place, as the engine left it on disk."""
    return lulc.open_predictions(map_of(cache, "laos", 2023) / "predictions.zarr")["quicklook"]


def expected(looks: xr.DataArray, bands: list[str], picture: dict) -> NDArray[np.uint8]:
    """What the middle of every pixel of a picture shows of a scene, shape (y, x, 3), the south first; 0 outside."""
    (west, south, width, height), (rows, columns) = picture["bounds"], picture["shape"]
    x, y = np.meshgrid(
        west + (np.arange(columns) + 0.5) / columns * width, south + (np.arange(rows) + 0.5) / rows * height
    )
    east, north = Transformer.from_crs("EPSG:3857", looks.odc.crs, always_xy=True).transform(x, y)
    across, up = (np.floor(v).astype(int) for v in ~looks.odc.affine @ (east, north))
    inside = (across >= 0) & (across < looks.sizes["x"]) & (up >= 0) & (up < looks.sizes["y"])
    seen = np.zeros((*inside.shape, 3), np.uint8)
    for number, band in enumerate(bands):
        stored = looks.sel(band=band).values[up[inside], across[inside]]
        reflectance = ((stored.astype(float) - 1) / 254) ** 2
        seen[inside, number] = np.rint(255 * (reflectance / WHITE[band]).clip(0, 1) ** (1 / 1.5))
    return seen


@pytest.mark.parametrize(
    "side, which, layer, bands, said",
    [
        pytest.param(
            "left", 0, "True colour on this day", ["B04", "B03", "B02"], "red, green, blue", marks=pytest.mark.slow
        ),
        ("right", 1, "False colour on this day", ["B08", "B04", "B03"], "near infrared, red, green"),
    ],
)
def test_imagery_is_the_reflectance_of_the_chosen_scene(
    shared_laos: Page, small_cache: Path, side: str, which: int, layer: str, bands: list[str], said: str
) -> None:
    choose_layer(shared_laos, side, layer)
    for step in ("Home", "ArrowRight"):
        shared_laos.get_by_role("slider", name="Scene of the year").press(step)
        shared_laos.get_by_text(said).wait_for()
        settle(shared_laos)
        (picture,) = shared_laos.evaluate(IMAGERY, which)
        scene = kept(small_cache)[int(step == "ArrowRight")]
        right = expected(scene, bands, picture)
        found = np.array(picture["pixels"], np.uint32).reshape(picture["shape"])[..., None].view(np.uint8)[..., :3]
        assert (right > 0).mean() > 0.5
        assert (found == right).all(-1).mean() > 0.99  # but for the rims of pixels
    assert shared_laos.evaluate(IMAGERY, 1 - which) == []
    shared_laos.wait_for_url(f"**{side}={'true' if which == 0 else 'false'}-colour**")
    choose_layer(shared_laos, side, "Clear observations")
    comes_to(shared_laos, lambda: shared_laos.evaluate(IMAGERY, which), [])


def test_the_pointer_tells_the_reflectance_of_imagery(shared_laos: Page, small_cache: Path) -> None:
    choose_layer(shared_laos, "left", "True colour on this day")
    box = shared_laos.locator(".map .bk-Figure").first.bounding_box()
    assert box is not None
    shared_laos.get_by_role("slider", name="Scene of the year").press("Home")
    settle(shared_laos)  # the words at the pointer are of what was drawn when it came
    click_pixel(shared_laos, box["x"] + box["width"] * 0.53, box["y"] + box["height"] * 0.53)  # inside of a pixel
    settle(shared_laos)
    tip = shared_laos.locator(".bk-tooltip-row-value")
    tip.first.wait_for()
    expect(tip).to_have_count(1)
    words = [part.rsplit(" ", 1) for part in tip.inner_text().split(", ")]
    assert [word.removesuffix(" at least") for word, _ in words] == ["red", "green", "blue"]
    row, column = map(int, pixel_of(shared_laos.url).split(","))
    looks = kept(small_cache)[0, :, row, column].sel(band=["B04", "B03", "B02"]).values.astype(float)
    reflectance = (((looks - 1) / 254) ** 2).clip(0, 0.3)
    assert [float(value) for _, value in words] == pytest.approx(reflectance.tolist(), abs=0.007)


def test_the_year_plays_through_the_imagery_and_says_the_date_and_the_cloud(shared_laos: Page) -> None:
    choose_layer(shared_laos, "left", "True colour on this day")
    strip = shared_laos.get_by_role("slider", name="Scene of the year")
    strip.press("Home")
    settle(shared_laos)
    flag, said = shared_laos.locator(".flag"), set()

    def pixels() -> list[int]:
        return shared_laos.evaluate(IMAGERY, 0)[0]["pixels"]

    first = pixels()
    shared_laos.get_by_role("button", name="Play the year").press("Enter")
    for _ in range(3):
        said.add(eventually(shared_laos, flag.inner_text, lambda now: now not in said))
    eventually(shared_laos, pixels, lambda now: now != first)
    shared_laos.get_by_role("button", name="Pause").press("Enter")
    settle(shared_laos)
    stopped = strip.get_attribute("aria-valuenow")
    label = flag.inner_text()
    above, month = flag.bounding_box(), shared_laos.locator(".month").first.bounding_box()
    assert above["y"] + above["height"] <= month["y"]
    expect(strip).to_have_attribute("aria-valuetext", label)
    date, cloud, clear = label.split(" · ")
    assert cloud.endswith("% cloud")
    assert clear.endswith("% clear here")
    shared_laos.get_by_text(f"One day: {date}").wait_for()
    shared_laos.wait_for_timeout(TWO_FRAMES_MS)
    expect(strip).to_have_attribute("aria-valuenow", stopped)


def test_the_truth_stands_on_the_left_and_the_link_brings_both_choices_back(shared_laos: Page) -> None:
    day = shared_laos.evaluate(FIGURES)[0]["classes"]
    choose_layer(shared_laos, "left", "Simulated truth")
    shared_laos.get_by_text("The truth of 2023").wait_for()
    eventually(shared_laos, lambda: shared_laos.evaluate(FIGURES)[0]["classes"], lambda now: now != day)
    choose_layer(shared_laos, "right", "Disagreement of scenes")
    shared_laos.get_by_text("bits").wait_for()
    shared_laos.wait_for_url("**right=**")
    shared_laos.goto(shared_laos.url)
    shared_laos.get_by_text("The truth of 2023").wait_for(timeout=180_000)
    shared_laos.get_by_text("bits").wait_for()
    settle(shared_laos)  # for whoever uses this page next


@pytest.mark.parametrize("screen", [nullcontext, pytest.param(on_a_phone, marks=pytest.mark.slow)])
def test_a_choice_moves_nothing_and_no_caption_is_cut(
    shared_laos: Page, screen: Callable[[Page], AbstractContextManager[None]]
) -> None:
    laos = shared_laos
    with screen(laos):
        choose_layer(laos, "left", "Classes on this day")
        choose_layer(laos, "right", "Classes of the year")
        maps = laos.locator(".map .bk-Figure")
        before = places(maps)
        for side, layers in (
            ("left", ("Simulated truth", "Classes on this day")),
            ("right", ("Votes for the winner", "Clear observations")),
            ("right", ("Disagreement of scenes", "Stable without a scene")),
        ):
            for what in layers:
                choose_layer(laos, side, what)
                assert places(maps) == before
                cut = "nodes => nodes.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.textContent)"
                assert laos.locator(".caption .MuiSelect-select, .caption p, .caption h3").evaluate_all(cut) == []
