"""Captions that several layers share. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.rendering.formatting import format_date, percent

if TYPE_CHECKING:
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
    return f"{cloud:.0f} % cloud"


def clear_share(context: LayerContext) -> str:
    """Return the cloud cover of the chosen scene, and its clear share of the map."""
    seen = percent(float(context.land_cover.clear_share[context.scene_index]))
    return f"{cloud_cover(context)} · {seen} of this map clear"


def target_class(context: LayerContext) -> str:
    """Return the class whose probability is shown, before the scale."""
    return f"{context.target_class.capitalize()}: "
