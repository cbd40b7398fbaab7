"""Layers of the whole year: the composite, the votes for a class, and the uncertainty of the composite. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.analysis.composite import votes_for
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.engine.counts import counted
from lulc_explorer.layers.captions import target_class, year_heading
from lulc_explorer.layers.layer import CLASS_CHOICES, ClassRaster, ContinuousRaster, Layer, LayerContext

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Composite


def _agreement(context: LayerContext) -> str:
    if context.pair and context.spotlight is None:
        one, other = (LEGEND[code].name for code in context.pair)
        return f"Top two: {one} and {other}"
    return f"Composite of {counted(context.land_cover.scene_count, 'scene')}, pixel by pixel"


def _raster(composite: Composite, name: str, least: int = 0) -> ContinuousRaster:
    hundredths, _ = composite.layer(name)
    return ContinuousRaster(hundredths=hundredths, words=composite.words(name), ends=composite.ends(name), least=least)


def _uncertainty(name: str, title: str, terms: str) -> Layer:
    """Return a layer of the uncertainty of the composite."""
    return Layer(
        title=title,
        heading=year_heading,
        says=lambda _: "",
        terms=terms,
        follows=frozenset({"composite"}),
        show=lambda context: _raster(context.composite, name),
        offered=lambda land_cover: not land_cover.why_no_votes or name in land_cover.composite.data,
    )


CLASSES = Layer(
    title="Classes of the year",
    heading=year_heading,
    says=_agreement,
    terms="Class-weighted mode: every clear observation votes for its class with weight x confidence",
    follows=CLASS_CHOICES | {"composite", "pair"},
    show=lambda context: ClassRaster(codes=context.composite.label, faded=context.faded),
)
VOTES = Layer(
    title="Votes for a class",
    heading=year_heading,
    says=target_class,
    terms="The class's score (weight x sum of confidences), as a share of the total score",
    follows=frozenset({"composite", "target_class", "threshold"}),
    show=lambda context: _raster(context.composite, votes_for(context.target_class), least=context.threshold),
    offered=lambda land_cover: not land_cover.why_no_votes,
    of_class=True,
)
_UNCERTAINTY = {
    "support": ("Votes for the winner", "The winner's share of the total score of a pixel"),
    "margin": (
        "Lead over the runner-up",
        "The winner's score minus the runner-up's, as a share of the total score",
    ),
    "observations": ("Clear observations", "Number of clear observations of a pixel"),
    "disagreement": (
        "Disagreement of scenes",
        "Shannon entropy of the classes of the clear observations, unweighted; 0 if all agree",
    ),
    "stability": (
        "Stable without a scene",
        "Share of clear observations that could each be left out without changing the class",
    ),
}
"""Label shown to the user, and scientific terms."""
UNCERTAINTY = {name: _uncertainty(name, *words) for name, words in _UNCERTAINTY.items()}
