"""Palettes: from class codes to colours on the screen.

A class raster travels as uint8 *positions* in the legend, so that the colours are a plain list and no data
(`NO_DATA`, 255) falls outside it and is drawn transparent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bokeh.palettes import interp_palette

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

NO_DATA = 255
"""Position of a pixel without a class."""
FAINT = "26"
"""Opacity of faded pixels, in hexadecimal."""
_CLEAR = "00"
TRANSPARENT, CLEAR = "rgba(0,0,0,0)", "#00000000"
"""No colour, as CSS writes it, and as every library reads it."""


RIGHT, WRONG = "#0050a0", "#c2185b"
"""Colours of sampled pixels where the map is right and where it is wrong."""
RAMP_STOPS = ("#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838")
"""Stops of cividis, readable with any colour vision: dark is low, bright is high."""
RAMP: tuple[str, ...] = interp_palette(RAMP_STOPS, 101)
"""A colour for each hundredth, 0-100."""


def ramp(least: int) -> list[str]:
    """Return the colours of hundredths: those below the least are faded."""
    return [f"{colour}{FAINT}" if hundredth < least else colour for hundredth, colour in enumerate(RAMP)]


class Palette:
    """The positions, names and colours of a legend's classes.

    Parameters
    ----------
    classes
        In legend order: code, name and colour as ``#rrggbb``.
    """

    def __init__(self, classes: Iterable[tuple[int, str, str]]) -> None:
        codes, names, colours = zip(*classes, strict=True)
        self.codes: Sequence[int] = codes
        self.names: Sequence[str] = names
        self.colours: Sequence[str] = colours
        self._positions = np.full(256, NO_DATA, np.uint8)
        self._positions[list(codes)] = np.arange(len(codes))

    def positions(self, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the position in the legend of every code; `NO_DATA` for codes outside it."""
        return self._positions[codes]

    def highlighted(self, name: str, hidden: Collection[str] = ()) -> list[str]:
        """Return the colours: hidden classes clear; all but one class faded, or none for an unknown or empty name."""
        alone = name in self.names
        return self._with("" if not alone else FAINT, hidden, full=name if alone else None)

    def painted(
        self,
        codes: NDArray[np.uint8],
        *,
        highlight: str = "",
        hidden: Collection[str] = (),
        faded: NDArray[np.bool_] | None = None,
    ) -> tuple[NDArray[np.uint8], list[str]]:
        """Return positions in a list of colours, and the colours: as `highlighted`, and a second, faded set of them.

        Positions that are `faded` are those of the second set, which is left out without any.
        """
        positions, colours = self.positions(codes), self.highlighted(highlight, hidden)
        if faded is None:
            return positions, colours
        moved = np.where(faded & (positions != NO_DATA), positions + len(self.names), positions).astype(np.uint8)
        return moved, [*colours, *self._with(FAINT, hidden)]

    def _with(self, opacity: str, hidden: Collection[str], full: str | None = None) -> list[str]:
        """Return the colours with an opacity in hexadecimal, one of them full and those hidden clear."""
        return [
            f"{colour}{_CLEAR if own in hidden else '' if own == full else opacity}"
            for own, colour in zip(self.names, self.colours, strict=True)
        ]


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a ``#rrggbb`` colour (WCAG contrast)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#ffffff"
