"""Whether the percentages that an item says of its scene, by which scenes are chosen, are those of its pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from odc.geo.geom import box

from lulc_core.counted import counted
from lulc_core.imagery.assets import SCL
from lulc_core.mapping.plausibility import FEWEST_PX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_core.imagery.scenes import Scene

APART = 25.0
"""By so much, %, they may differ: some clouds are those of Level-1C, some of all pixels, some of those with data."""
CODES = {"nodata": (0,), "cloud_cover": (8, 9, 10), "cloud_shadow": (3,)}
"""Field of a scene to the SCL codes that it is the share of."""

Contradiction = tuple[str, str, str]
"""Id of an item, name of its property, and both statements in words."""


def contradicted(
    parts: Sequence[Scene], classes: NDArray[np.uint8], grid: GeoBox, of: Collection[str] = tuple(CODES)
) -> list[Contradiction]:
    """Return what the items of one acquisition say, and its pixels contradict.

    Parameters
    ----------
    parts
        The items. One that lies in the tile of another says nothing of the pixels that both have.
    classes
        SCL codes, dims (y, x), on `grid`.
    grid
        Where. Of an image that it holds a part of, the other pixels may be anything.
    of
        Which fields of a scene are looked at.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> contradicted([], np.zeros((2, 2), np.uint8), GeoBox.from_bbox((0, 0, 20, 20), "EPSG:32631", resolution=10))
    []
    """
    tiles = [scene.mgrs_tile for scene in parts]
    return [
        (scene.id, name, said)
        for scene in parts
        if tiles.count(scene.mgrs_tile) == 1
        for name, said in _contradicted(scene, classes, grid, of)
    ]


def _contradicted(scene: Scene, classes: NDArray[np.uint8], grid: GeoBox, of: Collection[str]) -> list[tuple[str, str]]:
    where = scene.bounds.get(SCL) or next(iter(scene.bounds.values()), None)
    if where is None or grid.crs is None:
        return []
    inside, whole = _part(classes, grid, where)
    if inside.size < FEWEST_PX:
        return []
    unseen = max(0.0, 100 * (1 - inside.size / whole))
    data = 100 * np.count_nonzero(inside) / whole
    found = []
    for field, codes in CODES.items():
        seen = 100 * float(sum(np.count_nonzero(inside == code) for code in codes)) / whole
        stated: float = getattr(scene, field)
        least = stated if field == "nodata" else stated * min(1.0, data / 100)  # of the pixels with data, or of all
        said = field in scene.shares_said and field in of
        if said and not (least - APART <= seen + unseen and seen - APART <= stated):
            name = scene.shares_said[field]
            found.append((name, _in_words(name, stated, seen, seen + unseen)))
            if field == "nodata":
                break  # the others are shares of the data
    return found


def _in_words(name: str, stated: float, least: float, most: float) -> str:
    exact = most - least < 1
    pixels = f"{least:.0f}" if exact else f"at least {least:.0f}" if least > stated else f"at most {most:.0f}"
    share = stated <= 1 and least - APART <= 100 * stated <= most + APART
    hint = "; it seems to be a share of 0-1" if share else ""
    return f"its {name} is {stated:g} %, but by its pixels it is {pixels} %{hint}"


def _part(
    classes: NDArray[np.uint8], grid: GeoBox, where: tuple[str, tuple[float, float, float, float]]
) -> tuple[NDArray[np.uint8], float]:
    """Return the pixels of a grid that lie in an image, and how many all of the image would be."""
    crs, (west, south, east, north) = where
    outline = box(west, south, east, north, crs).to_crs(str(grid.crs))
    bounds, to_pixels = outline.boundingbox, ~grid.affine
    x, y = np.array([bounds.left, bounds.right]), np.array([bounds.top, bounds.bottom])
    columns = to_pixels.a * x + to_pixels.b * y + to_pixels.c
    rows = to_pixels.d * x + to_pixels.e * y + to_pixels.f
    inside = [
        slice(*np.clip(np.sort(edges).round().astype(int), 0, length))
        for edges, length in zip((rows, columns), grid.shape, strict=True)
    ]
    return classes[inside[0], inside[1]], outline.area / abs(grid.affine.determinant)


def worded(found: Iterable[Contradiction]) -> list[str]:
    """Return a sentence for each property, of the first item that its pixels contradict."""
    first: dict[str, Contradiction] = {}
    count: dict[str, int] = {}
    for one in found:
        first.setdefault(one[1], one)
        count[one[1]] = count.get(one[1], 0) + 1
    return [
        f"Item {item}: {said}." + (f" So it is in {counted(count[name] - 1, 'other item')}." if count[name] > 1 else "")
        for name, (item, _, said) in first.items()
    ]
