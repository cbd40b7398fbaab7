"""Every layer that either of the two maps can show, by its name in the link, in the order of the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.layers import reference_maps, scene, truth, year

if TYPE_CHECKING:
    from lulc_explorer.layers.layer import Layer

LAYERS: dict[str, Layer] = {
    "prediction": scene.PREDICTION,
    "true-colour": scene.TRUE_COLOUR,
    "false-colour": scene.FALSE_COLOUR,
    "shortwave": scene.SHORTWAVE,
    "probability": scene.PROBABILITY,
    "classes": year.CLASSES,
    "votes": year.VOTES,
    **year.UNCERTAINTY,
    "truth": truth.TRUTH,
    **reference_maps.LAYERS,
}
