"""Evidence for a pixel: class probabilities in every scene, and imagery of the clearest dates.

Read from disk on request, and only around the pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

NATURAL = ["B04", "B03", "B02"]
"""Red, green and blue."""
WINDOW = 64
"""Pixels a side of the imagery around a pixel, or the map's size if that is less."""
_MOST = 8
"""Dates to show imagery of."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """Imagery around the pixel on one date."""

    scene: int
    """Position of the scene."""
    stored: NDArray[np.uint8]
    """Red, green and blue: ``1 + 254 sqrt(reflectance)``, 0 = no data, shape (3, y, x)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelEvidence:
    """Evidence for the class of a pixel."""

    pixel: tuple[int, int]
    """Row and column."""
    codes: tuple[int, ...] = ()
    """The classes whose probability was kept, as legend codes."""
    probability: NDArray[np.uint8] | None = None
    """Of these classes in every scene, 255 = 1, shape (time, class); None if it was not kept."""
    looks: tuple[Look, ...] = ()
    """In the order of time."""
    frame: tuple[float, float, float, float] = (0, 0, 1, 1)
    """Of the pixel in a look: left, top, width and height, as shares of the look."""
    lacking: str = ""
    """Why imagery is not available; empty if it is."""


def read_evidence(
    predictions: xr.Dataset, probability: xr.DataArray | None, imagery: xr.DataArray | None, pixel: tuple[int, int]
) -> PixelEvidence:
    """Read the evidence for a pixel.

    Parameters
    ----------
    predictions
        `label` and `clear` (time, y, x), in memory.
    probability, imagery
        As the engine keeps them on disk: (time, class, y, x) and (time, band, y, x), uint8; None if it did not.
    pixel
        Row and column.
    """
    rows, columns = (_around(at, size) for at, size in zip(pixel, predictions["label"].shape[1:], strict=True))
    height, width = rows.stop - rows.start, columns.stop - columns.start
    clear, label = (predictions[name][:, rows, columns].values for name in ("clear", "label"))
    seen = clear & (label > 0)
    at = seen[:, pixel[0] - rows.start, pixel[1] - columns.start]
    scenes = clearest(seen.mean((1, 2)), at, predictions["time"].dt.dayofyear.values)
    lacking = missing_imagery(imagery) or ("" if scenes else "No imagery: this pixel is cloudy in every scene.")
    return PixelEvidence(
        pixel=pixel,
        codes=tuple(probability["class"].values.tolist()) if probability is not None else (),
        probability=probability[:, :, pixel[0], pixel[1]].values if probability is not None else None,
        looks=() if lacking or imagery is None else _looks(imagery[scenes, :, rows, columns], scenes),
        frame=((pixel[1] - columns.start) / width, (pixel[0] - rows.start) / height, 1 / width, 1 / height),
        lacking=lacking,
    )


def missing_imagery(imagery: xr.DataArray | None) -> str:
    """Return why there is no imagery in natural colours; empty if there is."""
    if imagery is None:
        return "Imagery is not available: it was not kept when this map was made."
    missing = [band for band in NATURAL if band not in imagery["band"].values]
    if missing:
        return f"Natural-colour imagery is not available: the network does not read {', '.join(missing)}."
    return ""


def clearest(around: NDArray[np.floating], seen: NDArray[np.bool_], day: NDArray[np.integer]) -> list[int]:
    """Return the dates to look at, in order: the clearest of every part of the year, then the clearest of the rest.

    Parameters
    ----------
    around
        Clear share of what is around the pixel, 0-1, shape (time,).
    seen
        Whether the pixel itself is clear, shape (time,): other dates are left out.
    day
        Of the year, from 1, shape (time,).
    """
    ranked = [int(scene) for scene in np.argsort(-around, kind="stable") if seen[scene]]
    first: dict[int, int] = {}
    for scene in ranked:
        first.setdefault(int(day[scene] - 1) * _MOST // 366, scene)
    best = set(first.values())
    return sorted(sorted(ranked, key=lambda scene: scene not in best)[:_MOST])


def _around(at: int, size: int) -> slice:
    """Return the window around a position, shifted inwards at the edge to keep its size."""
    start = min(max(at - WINDOW // 2, 0), max(size - WINDOW, 0))
    return slice(start, min(start + WINDOW, size))


def _looks(imagery: xr.DataArray, scenes: list[int]) -> tuple[Look, ...]:
    seen = imagery.sel(band=NATURAL).values
    return tuple(Look(scene=scene, stored=stored) for scene, stored in zip(scenes, seen, strict=True))
