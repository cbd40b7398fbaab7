"""What either map can show: imagery against reflectance, and what each layer changes with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from lulc_explorer.analysis.composite import Spotlight
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS
from lulc_explorer.layers.layer import (
    BANDS,
    GAMMA,
    ClassRaster,
    ContinuousRaster,
    ImageryRaster,
    painted,
    positions,
    stretch,
)
from lulc_explorer.layers.reference_maps import OWN_MAP
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.session.layers import SIDES
from making import choose, small_session

import lulc_core as lulc

if TYPE_CHECKING:
    from lulc_explorer.session.session import Session
    from numpy.typing import NDArray


WHITES = sorted({band.white for band in BANDS.values()})
OWN_LAYERS = [name for name in LAYERS if name not in {*REFERENCE_MAPS, OWN_MAP}]
"""What a simulated place can have; `test_reference_map_layers.py` looks at the others."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return small_session(tmp_path_factory.mktemp("layers"), "laos")


@pytest.fixture
def explorer(made: Session) -> Session:
    choose(made, left="prediction", right="classes", highlight="", hidden=[], pair=None, spotlight=None)
    choose(made, scene=made.map.land_cover.moments[0], composite=made.map.land_cover.composite)
    return made


def colours(explorer: Session, side: str) -> NDArray[np.generic]:
    """What a person would see of a layer, whatever its kind."""
    shown = explorer.panels[side].read()
    if isinstance(shown, ImageryRaster):
        return shown.painted(shown.looks)
    values, listed = positions(shown, explorer.context)
    return np.array([*listed, *[""] * 256])[values]


@given(st.floats(0, 1), st.sampled_from(WHITES))
def test_the_brightness_tells_the_reflectance_up_to_white(reflectance: float, white: float) -> None:
    """A round trip, to a look and a brightness of a byte each: off by half a step of either."""
    look = int(lulc.quicklook(xr.DataArray([reflectance])).item())
    brightness = int(stretch(white)[look])
    half_a_look = np.sqrt(reflectance) / 254 + 1 / 254**2
    half_a_step = GAMMA * white / 510 * ((brightness + 0.5) / 255) ** (GAMMA - 1)
    told = (brightness / 255) ** GAMMA * white
    assert abs(told - min(reflectance, white)) <= half_a_look + half_a_step


@pytest.mark.parametrize("white", WHITES)
def test_more_reflectance_is_never_darker(white: float) -> None:
    brightness = stretch(white)
    assert (np.diff(brightness.astype(int)) >= 0).all()
    assert (brightness[1], brightness[255]) == (0, 255)


def test_imagery_is_the_scenes_own_in_the_order_red_green_blue_and_clear_where_a_band_has_no_data() -> None:
    looks = np.array([[[255, 128, 0]], [[1, 128, 9]], [[1, 1, 9]]], np.uint8)
    seen = ImageryRaster(looks=looks, bands=("B04", "B03", "B02")).painted(looks)
    assert seen.shape == (1, 3)
    red, green, blue, opacity = np.moveaxis(seen[..., None].view(np.uint8)[0], -1, 0)
    grey = round(255 * (0.25 / 0.3) ** (1 / 1.5))  # the look 128 is a reflectance of 0.25
    assert (red[:2].tolist(), green[:2].tolist(), blue[:2].tolist()) == ([255, grey], [0, grey], [0, 0])
    assert opacity.tolist() == [255, 255, 0]


def test_every_layer_can_be_shown_on_either_side(explorer: Session) -> None:
    for name in OWN_LAYERS:
        for side in SIDES:
            choose(explorer, **{side: name})
            assert explorer.layer(side) == name
        left, right = (explorer.panels[side].read() for side in SIDES)
        assert type(left) is type(right)
        assert (colours(explorer, "left") == colours(explorer, "right")).all()
        if isinstance(left, ContinuousRaster):
            assert len(left.words) == 101


def test_pixels_of_the_highlighted_class_and_of_one_of_two_confused_are_hatched_and_no_others(
    explorer: Session,
) -> None:
    grass, crops = (lulc.LEGEND[name].code for name in ("grass", "crops"))
    bounds = raster.mercator_bounds(explorer.map.land_cover.grid)
    view = raster.Viewport(bounds=bounds, width=300, height=300)
    for chosen, of in (({"highlight": "trees"}, "trees"), ({"pair": (grass, crops)}, "grass"), ({}, "")):
        choose(explorer, **({"highlight": "", "pair": None} | chosen))
        shown = explorer.panels["right"].read()
        plain, listed = positions(shown, explorer.context)
        plain = raster.warp(plain, explorer.map.land_cover.grid, view, fill=255).pixels
        drawn, colours = painted(shown, explorer.context, view)
        ink = drawn.pixels == 2 * len(shown.names)
        assert (drawn.pixels == plain)[~ink].all()
        assert list(colours[: len(listed)]) == list(listed)
        assert {shown.names[at] for at in plain[ink]} == ({of} if of else set())
        if of:
            assert 0.15 < ink.sum() / (plain == shown.names.index(of)).sum() < 0.3
            assert colours[-1] in ("#000000", "#ffffff")


def test_classes_of_a_day_are_faded_where_they_do_not_vote_whatever_else_is_chosen(explorer: Session) -> None:
    land_cover = explorer.map.land_cover
    cloudy = int(np.abs(land_cover.clear_share - 0.5).argmin())
    masked = ~land_cover.predictions["clear"][cloudy].values
    nowhere = Spotlight(pixels=np.zeros(masked.shape, bool), words="", hectares=0.0)
    choose(explorer, scene=land_cover.moments[cloudy])
    assert masked.any()
    assert not masked.all()
    for chosen in ({}, {"highlight": "trees"}, {"spotlight": replace(nowhere, pixels=~nowhere.pixels)}):
        choose(explorer, **({"highlight": "", "spotlight": None} | chosen))
        drawn, listed = positions(explorer.panels["left"].read(), explorer.context)
        assert ((drawn >= len(lulc.LEGEND)) == masked).all()  # every pixel has a class
        assert len({colour[7:] for colour in listed[len(lulc.LEGEND) :]}) == 1  # all equally faint


def test_true_colour_is_what_was_kept_of_the_scene(explorer: Session) -> None:
    choose(explorer, left="true-colour", scene=explorer.map.land_cover.moments[2])
    kept = lulc.open_predictions(explorer.map.land_cover.folder / "predictions.zarr")["quicklook"]
    shown = explorer.panels["left"].read()
    assert isinstance(shown, ImageryRaster)
    assert (shown.looks == kept[2].sel(band=["B04", "B03", "B02"])).all()


@pytest.mark.parametrize("name", OWN_LAYERS)
def test_a_layer_changes_with_what_it_follows_and_with_nothing_else(explorer: Session, name: str) -> None:
    """Changes only show where something can: each is a change that anything which follows it must show."""
    explorer.layers.left = name
    before = colours(explorer, "left")
    changes = {
        "scene": explorer.map.land_cover.moments[3],
        "composite": explorer.map.land_cover.weigh({"crops": 0.0, "trees": 0.2}),
        "hidden": [lulc.LEGEND.names[1], lulc.LEGEND.names[4]],
        "highlight": "water",
        "spotlight": Spotlight(pixels=np.zeros(before.shape, bool), words="", hectares=0.0),
        "pair": (lulc.LEGEND["water"].code, lulc.LEGEND["snow/ice"].code),
    }
    for what, value in changes.items():
        usual = getattr(explorer.context, what)
        choose(explorer, **{what: value})
        changed = (colours(explorer, "left") != before).any()
        choose(explorer, **{what: usual})
        choose(explorer, spotlight=None)
        followed = what in LAYERS[name].follows
        stays_the_same = name == "observations" and what == "composite"  # but for classes without a weight
        assert changed == followed or stays_the_same, (what, changed, followed)


def test_a_map_without_the_bands_or_the_truth_offers_what_it_has(explorer: Session) -> None:
    kept = explorer.map.land_cover.imagery
    assert kept is not None
    choose(explorer, left="false-colour", right="truth")
    usual = explorer.map.land_cover
    poorer = replace(usual, imagery=kept.sel(band=["B04", "B03", "B02"]))
    poorer.__dict__["truth"] = None
    try:
        explorer.map.land_cover = poorer
        assert [name for name in OWN_LAYERS if not LAYERS[name].offered(poorer)] == [
            "false-colour",
            "shortwave",
            "truth",
        ]
        assert (explorer.layer("left"), explorer.layer("right")) == ("prediction", "classes")
        assert isinstance(explorer.panels["left"].read(), ClassRaster)
        explorer.map.land_cover = replace(usual, imagery=None)
        explorer.layers.left = "true-colour"
        assert explorer.layer("left") == "prediction"
    finally:
        explorer.map.land_cover = usual
