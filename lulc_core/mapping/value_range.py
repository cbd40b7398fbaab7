"""Whether values can be reflectance, looked at while a network sees them: digital numbers, and offsets left in."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.imagery.typical_reflectance import OFFSET
from lulc_core.mapping.plausibility import BRIGHTEST, FAINTEST, FEWEST_PX, LOWEST, NEGATIVE, TOO_LARGE, WITH_OFFSET

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import xarray as xr
    from numpy.typing import NDArray

LOOKED_AT_PX = 20_000
"""About so many pixels of a strip are looked at, evenly spread."""
HIGHEST = 10.0
"""No 16 bits hold more reflectance."""
FILL_SHARE = 0.01
"""Share of pixels below `LOWEST` or above `HIGHEST` that stand for no data, as -9999 does."""
WHAT_TO_GIVE = (
    "Give reflectance of 0-1, as lulc.load returns it: digital numbers x 0.0001, less 0.1 from processing baseline "
    "04.00 on, and NaN where there is no data."
)


def check_type(reflectance: xr.DataArray) -> None:
    """Raise `InvalidInputError` for whole numbers, which are no reflectance."""
    if reflectance.dtype.kind != "f":
        raise InvalidInputError(f"Reflectance must be float32; got {reflectance.dtype}. {WHAT_TO_GIVE}")


@dataclass(slots=True)
class ValueRange:
    """What is found in the scenes of one call, in pixels of `pixels`."""

    pixels: int = 0
    negative: int = 0
    """Of which the mean of all bands is below 0."""
    large: int = 0
    """That are above 1 in some band."""
    lowest: float = np.inf
    """Value of any band."""

    def passing(self, date: str, strips: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        """Yield the strips (band, y, x) of a scene, looked at.

        Raises
        ------
        InvalidInputError
            If half of what was seen of the scene is brighter than any ground, some has values that no pixel has, or all
            is black.
        """
        pixels, highest, outside = 0, -np.inf, np.zeros(2, np.int64)
        for strip in strips:
            step = max(int(np.sqrt(strip[0].size / LOOKED_AT_PX)), 1)
            some = strip[:, ::step, ::step].reshape(len(strip), -1)
            some = some[:, np.isfinite(some).all(axis=0)]
            if some.size:
                low, high = some.min(axis=0), some.max(axis=0)
                outside += [np.count_nonzero(high > BRIGHTEST), np.count_nonzero((low < LOWEST) | (high > HIGHEST))]
                pixels, highest = pixels + low.size, max(highest, float(high.max()))
                if (outside > [pixels / 2, pixels * FILL_SHARE]).any():
                    values = f"from {low.min():.3g} to {high.max():.3g}"
                    raise InvalidInputError(f"The scene of {date} holds values {values}. {WHAT_TO_GIVE}")
                self.pixels += low.size
                self.negative += int(np.count_nonzero(some.mean(axis=0) < 0))
                self.large += int(np.count_nonzero(high > 1))
                self.lowest = min(self.lowest, float(low.min()))
            yield strip
        if pixels >= FEWEST_PX and highest < FAINTEST:
            raise InvalidInputError(f"The scene of {date} holds no value above {highest:.3g}. {WHAT_TO_GIVE}")

    def tell(self) -> None:
        """Warn of what is doubtful in all scenes together; clouds and water make a single one look odd."""
        if self.pixels < FEWEST_PX:
            return
        for what, share in ((NEGATIVE, self.negative / self.pixels), (TOO_LARGE, self.large / self.pixels)):
            if share > 0.5:
                warnings.warn(f"{percent(share)} of the pixels have {what}.", stacklevel=3)
        if self.lowest > OFFSET:
            warnings.warn(f"All pixels have {WITH_OFFSET}, unless all is cloud or bright sand.", stacklevel=3)
