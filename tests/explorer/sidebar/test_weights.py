"""The sliders of the class weights say what the map is made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import making
from lulc_explorer.sidebar.weights import HEAVIEST, Weights, commands

if TYPE_CHECKING:
    from pathlib import Path


def test_a_weight_beyond_the_slider_is_shown_as_it_is_and_kept_when_another_is_dragged(tmp_path: Path) -> None:
    """A link asks for it: the slider showed 4, and the next drag of another made it 4."""
    session = making.small_session(tmp_path, "laos")
    view, weights = Weights(session), session.weights
    weights.chosen = {"crops": 9.0}
    crops = view._sliders["crops"]
    assert (crops.value, crops.end) == (9.0, 9.0)
    view._sliders["grass"].value = 0.5
    assert weights.chosen == {"crops": 9.0, "grass": 0.5}
    steps = {command.title: command.run for command in commands(session)}
    steps["Crops less"]()
    assert weights.chosen["crops"] == 8.75
    steps["Default"]()
    assert (weights.chosen, crops.end) == ({}, HEAVIEST)
