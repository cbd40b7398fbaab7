"""The truth of a simulated place. Pure."""

from __future__ import annotations

from lulc_explorer.layers.layer import CLASS_CHOICES, ClassRaster, Layer, LayerContext


def _truth(context: LayerContext) -> ClassRaster:
    truth = context.land_cover.truth
    if truth is None:
        raise ValueError(f"{context.land_cover.request.place.title} has no simulated truth. Choose another layer.")
    return ClassRaster(codes=truth, faded=context.faded_by_spotlight)


TRUTH = Layer(
    title="Simulated truth",
    heading=lambda context: f"The truth of {context.land_cover.request.year}",
    says=lambda _: "The classes behind the simulated scenes",
    terms="The classes from which the scenes of this place were simulated",
    follows=CLASS_CHOICES,
    show=_truth,
    offered=lambda land_cover: land_cover.truth is not None,
)
