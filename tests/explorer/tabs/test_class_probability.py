"""The probability of one class, for a scene and for the year, against the files and against slow loops."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import pytest
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from making import choose, small_session
from PIL import Image

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lulc_explorer.session.session import Session
    from numpy.typing import NDArray

from lulc_explorer.analysis.composite import areas, histogram, votes_for
from lulc_explorer.analysis.uncertainty import share
from lulc_explorer.layers.layer import ContinuousRaster, positions
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering.palette import FAINT, RAMP
from lulc_explorer.tabs.map.class_probability import describe, histogram_section
from lulc_explorer.tabs.map.picture import picture

UNCERTAINTY_LAYERS = arrays(np.uint8, (7, 9), elements=st.sampled_from([*range(101), 255]))
PIXEL_HA = 0.01


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return small_session(tmp_path_factory.mktemp("probability"), "laos")


@pytest.fixture
def explorer(made: Session) -> Iterator[Session]:
    composite = made.map.land_cover.composite
    choose(made, left="probability", right="votes", target_class="crops", threshold=0, composite=composite)
    yield made
    choose(made, left="prediction", right="classes")


def seen(explorer: Session, side: str) -> ContinuousRaster:
    shown = explorer.panels[side].read()
    assert shown is not None
    return shown


def test_the_layer_of_a_day_is_what_was_kept_of_the_scene_and_the_class(explorer: Session) -> None:
    store = zarr.open_group(explorer.map.land_cover.folder / "predictions.zarr", mode="r")
    codes = store["class"][:].tolist()
    for index, name in ((0, "crops"), (3, "trees"), (5, "grass")):
        choose(explorer, scene=explorer.map.land_cover.moments[index], target_class=name)
        kept = store["probability"][index, codes.index(lulc.LEGEND[name].code)]
        nothing = store["label"][index] == 0
        hundredths = seen(explorer, "left").hundredths
        assert (hundredths[nothing] == 255).all()
        assert np.abs(hundredths - kept / 2.55)[~nothing].max(initial=0) <= 0.5


def test_a_class_that_the_network_does_not_know_has_no_probability_anywhere(explorer: Session) -> None:
    only = explorer.map.land_cover.probability.sel({"class": [2, 3]})
    explorer.map.land_cover.__dict__["codes"] = tuple(only["class"].values.tolist())
    try:
        assert set(np.unique(seen(explorer, "left").hundredths)) <= {0, 255}
    finally:
        del explorer.map.land_cover.__dict__["codes"]


@pytest.mark.parametrize("weights", [{}, {"crops": 3.0, "trees": 0.2}])
def test_the_layer_of_the_year_is_the_share_of_weighted_votes_counted_scene_by_scene(
    explorer: Session, weights: dict[str, float]
) -> None:
    explorer.map.composite = explorer.map.land_cover.weigh(weights)
    store = zarr.open_group(explorer.map.land_cover.folder / "predictions.zarr", mode="r")
    label, confidence, clear = (store[name][:] for name in ("label", "confidence", "clear"))
    weight = explorer.map.land_cover.legend.weights(weights)
    hundredths = seen(explorer, "right").hundredths
    for row, column in np.random.default_rng(0).integers(0, 64, (40, 2)):
        score = dict.fromkeys(range(256), 0.0)
        for scene in range(len(label)):
            if clear[scene, row, column] and label[scene, row, column]:
                code = int(label[scene, row, column])
                score[code] += weight[code] * confidence[scene, row, column]
        whole = sum(score.values())
        expected = 100 * score[lulc.LEGEND["crops"].code] / whole if whole else 255
        assert abs(int(hundredths[row, column]) - expected) <= 0.5 + 1e-9


def test_the_winners_share_is_the_support_of_the_map(explorer: Session) -> None:
    composite = explorer.map.composite
    support = composite.layer("support")[0]
    for c in lulc.LEGEND:
        where = composite.label == c.code
        assert (composite.layer(votes_for(c.name))[0][where] == support[where]).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, len(lulc.LEGEND) - 2), min_size=2, max_size=2, unique=True), st.integers(1, 300))
def test_they_are_the_same_hundredths_where_a_share_lies_at_a_half(
    explorer: Session, pair: list[int], times: int
) -> None:
    """Two classes have k and 200 - k of 200 votes, so that every second share lies between two hundredths."""
    votes = explorer.map.land_cover.votes.copy(deep=True)
    parts = np.resize(np.arange(201), votes["count"].shape[1:])
    votes["confidence"][:] = votes["count"][:] = 0
    for place, sums in zip(pair, (parts, 200 - parts), strict=True):
        votes["confidence"][place] = times * sums
        votes["count"][place] = sums
    composite = replace(explorer.map.land_cover, votes=votes, report={}, _composites=WeakValueDictionary()).composite
    support = composite.layer("support")[0]
    winners = [lulc.LEGEND.names[place] for place in pair]
    shares = [composite.layer(votes_for(name))[0] for name in winners]
    assert (np.maximum(*shares) == support).all()
    for name, hundredths in zip(winners, shares, strict=True):
        won = composite.label == lulc.LEGEND[name].code
        assert won.any()
        assert (hundredths[won] == support[won]).all()


@given(
    arrays(np.uint32, (4, 3, 5), elements=st.integers(0, 5000)),
    arrays(np.float64, 4, elements=st.floats(0.01, 4)),
)
def test_the_shares_of_all_classes_add_up_to_one(sums: NDArray[np.uint32], weights: NDArray[np.float64]) -> None:
    shares = np.array([share(sums, weights, place) for place in range(4)])
    voted = sums.sum(0) > 0
    assert np.isnan(shares[:, ~voted]).all()
    np.testing.assert_allclose(shares[:, voted].sum(0), 1)


@given(UNCERTAINTY_LAYERS)
def test_the_bars_add_up_to_the_land_that_has_data(layer: NDArray[np.uint8]) -> None:
    bars = histogram(areas(layer, PIXEL_HA))
    known = layer[layer != 255]
    assert bars.sum() == pytest.approx(known.size * PIXEL_HA)
    expected, _ = np.histogram(known, bins=np.arange(0, 101, 5))  # its last bin takes both its ends, too
    np.testing.assert_allclose(bars, expected * PIXEL_HA)


def test_the_bars_of_the_year_add_up_to_the_hectares_that_are_mapped(explorer: Session) -> None:
    every = areas(seen(explorer, "right").hundredths, explorer.map.land_cover.pixel_ha)
    assert histogram(every).sum() == pytest.approx(explorer.map.composite.mapped_ha)


@given(UNCERTAINTY_LAYERS, st.integers(1, 100))
def test_the_words_say_how_much_land_reaches_the_threshold(layer: NDArray[np.uint8], least: int) -> None:
    words = describe(areas(layer, 1000.0), least)
    reached, whole = int(((layer >= least) & (layer <= 100)).sum()), int((layer <= 100).sum())
    if not whole:
        assert words == "No part of the map has data."
        return
    if not reached:
        assert words.startswith(f"No part of the map has at least {least}\xa0%. Mean")
        return
    known = r"([\d,.]+) ha, (<? ?[\d.]+)\xa0% of the map, have at least (\d+)\xa0%\. Mean (.+)\xa0%\."
    said = re.fullmatch(known, words)
    assert float(said[1].replace(",", "")) == 1000 * reached
    assert float(said[2]) == pytest.approx(100 * reached / whole, abs=0.5)
    assert int(said[3]) == least
    assert float(said[4].strip("< ")) == pytest.approx(layer[layer <= 100].mean(), abs=0.5)


@given(UNCERTAINTY_LAYERS.filter(lambda layer: (layer != 255).any()), st.integers(0, 100))
def test_the_histogram_has_a_bar_every_five_percent_and_a_line_at_the_threshold(
    layer: NDArray[np.uint8], least: int
) -> None:
    drawn = histogram_section(
        "A day", ContinuousRaster(hundredths=layer, words=[], ends=("", ""), least=least), PIXEL_HA
    )
    bars = [float(found) for found in re.findall(r'data-ha="([\d.]+)"', drawn)]
    np.testing.assert_allclose(bars, histogram(areas(layer, PIXEL_HA)), atol=1e-4)
    assert re.findall(r'class="threshold" x1="(\d+)%"', drawn) == ([str(least)] if least else [])
    assert drawn.count('class="below"') == least // 5
    heights = [float(found) for found in re.findall(r'height="([\d.]+)%" fill', drawn)]
    assert [height > 0 for height in heights] == [bar > 0 for bar in bars]
    assert np.argsort(heights, kind="stable").tolist() == np.argsort(bars, kind="stable").tolist()


def test_pixels_below_the_threshold_are_faded_and_the_others_keep_their_colour(explorer: Session) -> None:
    explorer.layers.threshold = 60
    for side in ("left", "right"):
        _, colours = positions(seen(explorer, side), explorer.context)
        assert colours == [*(f"{colour}{FAINT}" for colour in RAMP[:60]), *RAMP[60:]]


def test_the_saved_picture_shows_both(explorer: Session) -> None:
    saved = np.asarray(Image.open(io.BytesIO(picture(explorer))).convert("RGB"))
    wanted = {tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for colour in RAMP}
    halves = saved[80:-110, : saved.shape[1] // 2], saved[80:-110, saved.shape[1] // 2 :]
    for half in halves:
        assert len({tuple(pixel) for pixel in half.reshape(-1, 3).tolist()} & wanted) > 10
    assert [name for name, layer in LAYERS.items() if layer.of_class] == ["probability", "votes"]
