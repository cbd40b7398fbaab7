"""Simulated Belgium compared with real Flanders: monthly medians of six bands for grass, crops and built area.

A simulated median fits where it lies between the 5th and the 95th percentile of the real clear pixels of the same
month and class. Real: 91 acquisitions of 2018 in ``../shared/real/flanders-2018``, with parcel declarations. Run it
from the project's root: ``python -m benchmarks.simulated_vs_real``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

REAL = Path(__file__).parents[2] / "shared" / "real" / "flanders-2018"
CLASSES = ("grass", "crops", "built area")
CLEAR = (4, 5, 6, 7)
"""Codes of the scene classification that count as clear: vegetation, bare, water, unclassified."""
FEWEST = 200
"""Minimum number of clear pixels for a month to be compared."""
PLACES = ((2019, 0), (2020, 1), (2021, 2), (2022, 3))
"""Years and seeds of the simulated places, of 300 x 300 pixels each."""

Pixels = dict[tuple[str, int], list["NDArray[np.float32]"]]
"""Class and month to reflectances ``(pixel, band)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One class, month and band."""

    land_cover: str
    month: int
    band: str
    low: float
    """5th percentile of the real pixels, reflectance 0-1."""
    high: float
    """95th percentile of the real pixels, reflectance 0-1."""
    real: float
    """Median of the real pixels, reflectance 0-1."""
    simulated: float
    """Median of the simulated pixels, reflectance 0-1."""

    @property
    def fits(self) -> bool:
        return self.low <= self.simulated <= self.high


def compare() -> list[Comparison]:
    """Return every class, month and band of which both have clear pixels."""
    real, simulated = real_pixels(), simulated_pixels()
    return list(_comparisons(real, simulated))


def _comparisons(real: Pixels, simulated: Pixels) -> Iterator[Comparison]:
    for key in sorted(real.keys() & simulated.keys()):
        ours, theirs = np.concatenate(simulated[key]), np.concatenate(real[key])
        if min(len(ours), len(theirs)) < FEWEST:
            continue
        for i, band in enumerate(lulc.BANDS):
            low, median, high = np.percentile(theirs[:, i], [5, 50, 95])
            yield Comparison(
                land_cover=key[0],
                month=key[1],
                band=band,
                low=float(low),
                high=float(high),
                real=float(median),
                simulated=float(np.median(ours[:, i])),
            )


def real_pixels() -> Pixels:
    with rasterio.open(REAL / "reference.tif") as file:
        reference = file.read(1)
    found: Pixels = {}
    for item in json.loads((REAL / "items.json").read_text())["features"]:
        images = np.stack([_read(item, band) for band in lulc.BANDS], -1)
        clear = np.isin(_read(item, "SCL"), CLEAR) & (images > 0).all(-1)
        _add(found, int(item["properties"]["datetime"][5:7]), reference, clear, images / np.float32(10_000))
    return found


def _read(item: dict, band: str) -> NDArray[np.uint16]:
    """Return a band at 10 m, each pixel of 20 m repeated."""
    with rasterio.open(REAL / item["assets"][band]["href"]) as file:
        values = file.read(1)
        return values if abs(file.transform.a) == 10 else values.repeat(2, 0).repeat(2, 1)


def simulated_pixels() -> Pixels:
    found: Pixels = {}
    for year, seed in PLACES:
        place = lulc.simulate_place("belgium", year, seed, shape=(300, 300))
        for scene, scl in zip(place.reflectance, place.scl, strict=True):
            clear = np.isin(scl.values, CLEAR)
            month = int(scene["time"].dt.month)
            _add(found, month, place.truth.values, clear, np.moveaxis(scene.values, 0, -1))
    return found


def _add(found: Pixels, month: int, codes: NDArray[np.uint8], clear: NDArray[np.bool_], images: NDArray) -> None:
    for name in CLASSES:
        found.setdefault((name, month), []).append(images[clear & (codes == lulc.LEGEND[name].code)])


def main() -> None:
    compared = compare()
    print("reflectance x 10 000: simulated median [real 5th percentile, median, 95th percentile]; * does not fit")
    for name in CLASSES:
        for month in range(1, 13):
            row = [c for c in compared if (c.land_cover, c.month) == (name, month)]
            cells = [
                f"{c.band} {c.simulated * 1e4:4.0f}{' ' if c.fits else '*'}"
                f"[{c.low * 1e4:4.0f} {c.real * 1e4:4.0f} {c.high * 1e4:4.0f}]"
                for c in row
            ]
            print(f"{name:10s} {month:2d}  " + ("  ".join(cells) or "no clear pixels to compare"))
    fits = sum(c.fits for c in compared)
    print(f"{fits} of {len(compared)} medians fit")


if __name__ == "__main__":
    main()
