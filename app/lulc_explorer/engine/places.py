"""The available places: built in, of a folder of imagery, or a bounding box."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pyproj import Geod

import lulc_core as lulc
from lulc_explorer.engine.boxes import key_of, read_box, title_of
from lulc_explorer.engine.outlines import OUTLINE, inside, outline_of
from lulc_explorer.engine.requests import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shapely.geometry.base import BaseGeometry

MOST_HA = 90_000
"""Largest place: the whole map is kept in memory."""


def built_in(name: str) -> Place:
    """Return one of the simulated places."""
    region = lulc.Region.named(name)
    return Place(key=name, title=region.title, years=tuple(lulc.SIMULATED_YEARS), catalog=None, region=region)


def local(catalog: Path) -> Place:
    """Return the place of a folder or file of STAC items."""
    name = (catalog.parent if catalog.name == "items.json" else catalog).name
    name = f"my-{name}" if name in lulc.region_names() else name
    try:
        region, years = lulc.catalog_region(catalog), tuple(lulc.catalog_years(catalog))
    except (lulc.LulcError, OSError, ValueError) as error:
        return Place(key=name, title=name, years=(), catalog=catalog, region=None, problem=str(error))
    if region.area_ha > MOST_HA:
        problem = (
            f"{catalog} covers {region.area_ha / 100:,.0f} km²; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Make a smaller catalog, or make the map with `lulc map`: it takes larger ones, or a part of one (--bbox)."
        )
        return Place(key=name, title=name, years=years, catalog=catalog, region=None, problem=problem)
    return Place(key=name, title=_spoken(name, years), years=years, catalog=catalog, region=region)


def boxed(key: str, around: Place, written: Callable[[str], str] = str) -> Place:
    """Return the place of a box or an outline, with the imagery of another place.

    Parameters
    ----------
    key, around
        Of the new place, and the other one.
    written
        Returns the outline that a key names, if it does.
    """
    try:
        outline = outline_of(written(key)) if key.startswith(OUTLINE) else None
        box = read_box(key if outline is None else key_of(outline.bounds))
        title = title_of(box)
        _small_enough(_area_ha(box))  # the limit of the engine is larger
        region = lulc.Region.from_bbox(box, title=title)
        _small_enough(region.area_ha)
        if isinstance(around.catalog, Path):
            _overlap(region, lulc.catalog_region(around.catalog))
        _some_pixels(outline, region)
        region = replace(region, within=outline)
    except (lulc.LulcError, OSError, ValueError) as error:
        return replace(around, key=key, title="Own place", region=None, problem=str(error))
    return replace(around, key=key, title=title, region=region, outline=outline, problem="")


def _area_ha(box: Sequence[float]) -> float:
    """Return the area of a box (west, south, east, north in degrees) in hectares."""
    west, south, east, north = box
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter([west, east, east, west], [south, south, north, north])
    return abs(area) / 10_000


def _small_enough(area_ha: float) -> None:
    """Raise `ValueError` for a place that is too large to be shown."""
    if area_ha > MOST_HA:
        raise ValueError(
            f"The box covers {area_ha / 100:,.0f} km²; the explorer shows at most {MOST_HA / 100:,.0f}. "
            "Choose a smaller one, or make the map with `lulc map --bbox`."
        )


def _some_pixels(outline: BaseGeometry | None, region: lulc.Region) -> None:
    """Raise `ValueError` for an outline with nothing within it."""
    if outline is not None and not inside(outline, region.grid).any():
        raise ValueError("The polygon has no pixel of 10 m within it. Draw a larger one.")


def _overlap(region: lulc.Region, imagery: lulc.Region) -> None:
    """Raise `ValueError` for a box that imagery does not overlap, on either side of the antimeridian."""
    if not region.outline.intersection(imagery.outline).area:
        covered = ",".join(f"{edge:.3f}" for edge in imagery.bbox)
        raise ValueError(f"The box lies outside the imagery of the folder, which covers {covered}.")


def _spoken(name: str, years: Sequence[int]) -> str:
    """Return the name of a folder as a title, without the year."""
    words = [word for word in name.replace("_", "-").split("-") if word not in map(str, years)]
    text = " ".join(words) or name
    return text[0].upper() + text[1:]
