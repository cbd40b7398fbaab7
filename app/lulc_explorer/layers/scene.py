"""Layers of the chosen scene: its classes, its imagery, and the probability of a class. Pure."""

from __future__ import annotations

from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.layers.captions import clear_share, cloud_cover, scene_heading, target_class
from lulc_explorer.layers.layer import (
    BANDS,
    CLASS_CHOICES,
    GAMMA,
    ClassRaster,
    ContinuousRaster,
    ImageryRaster,
    Layer,
    LayerContext,
)


def _probability(context: LayerContext) -> ContinuousRaster:
    hundredths = context.land_cover.class_probability(context.scene_index, LEGEND[context.target_class].code)
    words = [f"{hundredth} %" for hundredth in range(101)]
    return ContinuousRaster(hundredths=hundredths, words=words, ends=("0 %", "100 %"), least=context.threshold)


def imagery(title: str, *bands: str) -> Layer:
    """Return the imagery of the chosen scene in three bands."""
    names = ", ".join(BANDS[band].label.partition(" (")[0] for band in bands)
    whites = ", ".join(f"{BANDS[band].white} {BANDS[band].label}" for band in bands)
    return Layer(
        title=title,
        heading=scene_heading,
        says=lambda context: f"{cloud_cover(context)} · {names}",
        terms=f"Reflectance as red, green and blue, one stretch for all dates: white at {whites}; gamma {GAMMA}",
        follows=frozenset({"scene"}),
        show=lambda context: ImageryRaster(looks=context.land_cover.looks(context.scene_index, bands), bands=bands),
        offered=lambda land_cover: {*bands} <= {*land_cover.bands},
    )


PREDICTION = Layer(
    title="Classes on this day",
    heading=scene_heading,
    says=clear_share,
    terms="Cloud cover of the whole scene, and the share of this map that votes: the rest is masked as cloud or "
    "shadow, and faded, whatever its class here",
    follows=CLASS_CHOICES | {"scene"},
    show=lambda context: ClassRaster(
        codes=context.land_cover.scene(context.scene_index),
        faded=context.faded_by_spotlight,
        masked=context.land_cover.masked(context.scene_index),
    ),
    offered=lambda land_cover: not land_cover.why_no_votes,
)
TRUE_COLOUR = imagery("True colour on this day", "B04", "B03", "B02")
FALSE_COLOUR = imagery("False colour on this day", "B08", "B04", "B03")
SHORTWAVE = imagery("Shortwave on this day", "B12", "B08", "B04")
PROBABILITY = Layer(
    title="Probability of a class",
    heading=scene_heading,
    says=target_class,
    terms="Softmax of the network for the class in this scene, clouds included",
    follows=frozenset({"scene", "target_class", "threshold"}),
    show=_probability,
    offered=lambda land_cover: land_cover.probability is not None,
    of_class=True,
)
