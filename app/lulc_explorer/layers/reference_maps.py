"""Land-cover maps of others as layers, read when they are first shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.classes import DISTINCT, PUBLISHED, REFERENCE_PALETTES
from lulc_explorer.engine.reference_maps import REFERENCE_MAPS, agreement
from lulc_explorer.layers.layer import CLASS_CHOICES, ClassRaster, Layer, LayerContext
from lulc_explorer.rendering.formatting import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_explorer.engine.reference_maps import Agreement

_MERGED = {PUBLISHED: "pale", DISTINCT: "pink"}
"""What the class that only some reference maps have looks like, by the chosen colours: the legend does not show it."""


def codes(context: LayerContext, name: str) -> NDArray[np.uint8]:
    """Return the codes of a reference map, shape (y, x); no data everywhere until it is available."""
    fetched = context.references.get(name)
    if fetched is None or fetched.codes is None:
        return np.zeros(context.land_cover.grid.shape, np.uint8)
    return fetched.codes


def agreement_with(context: LayerContext, name: str) -> Agreement | None:
    """Return how far the composite agrees with a reference map; None where that is not available, or nothing to it."""
    fetched = context.references.get(name)
    if fetched is None or fetched.codes is None:
        return None
    return agreement(context.composite.label, fetched.codes, context.land_cover.grid)


def agreement_caption(context: LayerContext, name: str) -> str:
    """Return how far a reference map agrees with the composite, or why it is not available."""
    fetched = context.references.get(name)
    if fetched is None or fetched.codes is None:
        return fetched.words if fetched else ""
    found = agreement_with(context, name)
    if found is None:
        return "No data here."
    merged = f" · {_MERGED[context.colours]}: grass or scrub" if found.merged else ""
    return f"{percent(found.overall)} agreement with this map{merged}"


def _layer(name: str) -> Layer:
    """Return the layer of a published map."""
    series = REFERENCE_MAPS[name]
    return Layer(
        title=series.title,
        heading=lambda context: series.heading(context.land_cover.request.year),
        says=lambda context: agreement_caption(context, name),
        terms=f"{series.credit}. The map of the nearest year, resampled to this grid by nearest neighbour. Agreement: "
        "share of the area with the same class, of what both maps cover",
        follows=CLASS_CHOICES | {"references"},
        show=lambda context: ClassRaster(codes=codes(context, name), faded=None, palettes=REFERENCE_PALETTES),
        offered=lambda land_cover: not land_cover.simulated,
        credit=series.credit,
    )


OWN_MAP = "my-map"
"""The layer of a map that a person has uploaded, by its name in the link, which does not hold the file."""
_OWN = Layer(
    title="My own map",
    heading=lambda _: "My own map",
    says=lambda context: agreement_caption(context, OWN_MAP) or "Upload it under “Compare with my own map”.",
    terms="The map that was uploaded, resampled to this grid by nearest neighbour. Agreement: share of the area with "
    "the same class, of what both maps cover",
    follows=CLASS_CHOICES | {"references"},
    show=lambda context: ClassRaster(codes=codes(context, OWN_MAP), faded=None, palettes=REFERENCE_PALETTES),
    offered=lambda land_cover: not land_cover.simulated,
)
LAYERS = {name: _layer(name) for name in REFERENCE_MAPS} | {OWN_MAP: _OWN}
