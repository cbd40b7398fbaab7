"""Captions that several layers share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.rendering.formatting import PERCENT, format_date, percent

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.layers.layer import LayerContext


def scene_heading(context: LayerContext) -> str:
    """Return the date of the chosen scene."""
    return f"One day: {format_date(context.land_cover.moments[context.scene_index])}"


def year_heading(context: LayerContext) -> str:
    """Return the year of the map."""
    return f"The whole year {context.land_cover.request.year}"


def cloud_cover(context: LayerContext) -> str:
    """Return the cloud cover of the chosen scene."""
    cloud = float(context.land_cover.predictions["cloud_cover"].values[context.scene_index])
    return f"{cloud:.0f}{PERCENT} cloud"


def clear_share(context: LayerContext) -> str:
    """Return the cloud cover of the chosen scene, and its clear share of the map."""
    seen = percent(float(context.land_cover.clear_share[context.scene_index]))
    return f"{cloud_cover(context)} · {seen} of this map clear"


def without_class(land_cover: LandCoverMap, composite: Composite) -> str:
    """Return how much of a map has no class with the weights of a composite; empty if all has."""
    lost = composite.hectares.get(0, 0.0) - land_cover.composite.hectares.get(0, 0.0)
    whole = composite.mapped_ha + lost
    return f"{percent(lost / whole)} has no class with these weights" if lost > 0 else ""


def other_weights(land_cover: LandCoverMap, composite: Composite) -> str:
    """Return the class weights of a composite that are not those of its map, as ``crops × 1.5``; empty for none."""
    usual, chosen = (one.data.attrs["weights"] for one in (land_cover.composite, composite))
    return ", ".join(f"{name} × {weight:g}" for name, weight in chosen.items() if weight != usual[name])


def target_class(context: LayerContext) -> str:
    """Return the class whose probability is shown, before the scale."""
    return f"{context.target_class.capitalize()}: "
