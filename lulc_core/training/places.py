"""Which chips are of one place: the same ground must not be learned on one date and validated on another."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj
import pyproj.exceptions
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SHARED = 0.1
"""Chips with more of the smaller one in common lie on the same ground."""
_DATE = re.compile(r"(?:^|[-_ .])(?:19|20)\d\d([-_.]?)\d\d\1\d\d(?:T\d{6}Z?)?(?=$|[-_ .])")


class Footprint(NamedTuple):
    """Where a chip lies."""

    crs: str
    """As well-known text; empty if the file does not say."""
    transform: tuple[float, ...]
    """From pixels to its coordinates: the six numbers of an affine transform."""
    shape: tuple[int, int]
    """Height and width, px."""

    @property
    def corners(self) -> NDArray[np.float64]:
        """Its corners in its coordinates, shape (corner, 2)."""
        height, width = self.shape
        pixels = np.array([(0, 0, 1), (width, 0, 1), (width, height, 1), (0, height, 1)])
        return pixels @ np.reshape(self.transform, (2, 3)).T


def places_of(ids: Sequence[Path], footprints: Sequence[Footprint | None]) -> list[str]:
    """Return the place of each chip.

    Chips are of one place if their ids are equal but for a date, if they have no date and are in one folder, or
    if they lie on the same ground.

    Parameters
    ----------
    ids
        Paths below the folder of the images, without ending.
    footprints
        Of each chip; None for a file that does not say where it lies.

    Examples
    --------
    >>> from pathlib import Path
    >>> places_of([Path("a-20190611"), Path("20190701_a"), Path("lake/x"), Path("lake/y")], [None] * 4)
    ['a', 'a', 'lake', 'lake']
    """
    named = [_named(name) for name in ids]
    first: dict[str, int] = {}
    edges = [(i, first.setdefault(name, i)) for i, name in enumerate(named)]
    edges += _on_same_ground(footprints)
    ends = np.array(edges, int).reshape(-1, 2).T
    _, place = connected_components(coo_array((np.ones(ends.shape[1]), ends), shape=(len(ids), len(ids))))
    names: dict[int, str] = {}
    for number, name in sorted(zip(place.tolist(), named, strict=True)):
        names.setdefault(number, name)
    return [names[number] for number in place.tolist()]


def _named(name: Path) -> str:
    """Return the place that an id names."""
    undated = _DATE.sub("", name.name).strip("-_ .")
    if undated in ("", name.name):  # no date, or nothing else
        return str(name.parent if name.parent.name else name)
    return str(name.with_name(undated))


def content_of(image: NDArray[np.float32]) -> tuple[int, ...]:
    """Return what an image, (band, y, x), keeps when it is mirrored or turned: sums over the pixels of each band.

    Examples
    --------
    >>> image = np.random.default_rng(0).random((2, 3, 4), np.float32)
    >>> [content_of(image) == content_of(other) for other in (np.rot90(image, axes=(1, 2)), image * 2)]
    [True, False]
    """
    bits = (np.ascontiguousarray(band).view(np.uint32).astype(np.uint64) for band in image)
    return *sorted(image.shape[1:]), *(int(total) for band in bits for total in (band.sum(), (band * band).sum()))


def folders_taken_for_places(ids: Sequence[Path]) -> list[Path]:
    """Return the folders that are the place of two chips or more, because their names have no date.

    Examples
    --------
    >>> from pathlib import Path
    >>> [f.name for f in folders_taken_for_places([Path("lake/x"), Path("lake/y"), Path("a-20190611"), Path("hill/z")])]
    ['lake']
    """
    undated = Counter(name.parent for name in ids if name.parent.name and _named(name) == str(name.parent))
    return [folder for folder, chips in undated.items() if chips > 1]


def _on_same_ground(footprints: Sequence[Footprint | None]) -> list[tuple[int, int]]:
    """Return pairs of chips that share ground: each with the first on its own pixels, and these with each other."""
    alike: defaultdict[Footprint, list[int]] = defaultdict(list)
    for i, footprint in enumerate(footprints):
        if footprint is not None:
            alike[footprint].append(i)
    pairs = [(same[0], i) for same in alike.values() for i in same]
    outlines = [(same[0], *_outline(footprint)) for footprint, same in alike.items()]
    for world in {world for _, world, _ in outlines}:
        owners, rings = zip(*((owner, ring) for owner, of, ring in outlines if of == world), strict=True)
        pairs += [(owners[one], owners[other]) for one, other in _overlapping(np.stack(rings))]
    return pairs


def _overlapping(rings: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Return pairs of outlines (outline, corner, 2) that share more than `SHARED` of the smaller."""
    polygons = np.array([shapely.Polygon(ring).buffer(0) for ring in rings])
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    areas = shapely.area(polygons)
    common = shapely.area(shapely.intersection(polygons[one], polygons[other]))
    shared = common > SHARED * np.minimum(areas[one], areas[other])
    return list(zip(one[shared].tolist(), other[shared].tolist(), strict=True))


def _outline(footprint: Footprint) -> tuple[str, NDArray[np.float64]]:
    """Return the corners (corner, 2) in degrees, or as they are if the system is unknown; and in what they are."""
    try:
        x, y = footprint.corners.T
        degrees = np.stack(_to_degrees(footprint.crs).transform(x, y, errcheck=True), axis=-1)
    except pyproj.exceptions.ProjError:
        return footprint.crs, footprint.corners
    if np.ptp(degrees[:, 0]) > 180:  # across the antimeridian
        degrees[:, 0] %= 360
    return "degrees", degrees


@functools.lru_cache
def _to_degrees(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
