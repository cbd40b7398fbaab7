"""The classes of the maps: their legends and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_explorer.rendering.palette import Palette, ink_on

if TYPE_CHECKING:
    from collections.abc import Mapping

Legend = lulc.Legend
LEGEND = lulc.LEGEND
CONFUSABLE = tuple(c.name for c in LEGEND if c.confusable)
"""Names of the classes that maps confuse most."""
ROTATED = tuple(c.name for c in LEGEND if c.rotated)
"""Names of the classes between which fields rotate."""
REFERENCE_LEGEND = lulc.REFERENCE_LEGEND
PUBLISHED, DISTINCT = "published", "distinct"
COLOURS = {PUBLISHED: "Published", DISTINCT: "Colour-blind safe"}
"""The colours of the classes to choose from, with the label shown to the user."""


def in_colours(legend: lulc.Legend, colours: str) -> lulc.Legend:
    """Return a legend in the chosen colours, a key of `COLOURS`."""
    return legend.distinct if colours == DISTINCT else legend


def _palettes(legend: lulc.Legend) -> dict[str, Palette]:
    return {colours: Palette((c.code, c.name, c.hex) for c in in_colours(legend, colours)) for colours in COLOURS}


PALETTES = _palettes(LEGEND)
"""The palette of each of `COLOURS`."""
REFERENCE_PALETTES = _palettes(REFERENCE_LEGEND)
PALETTE = PALETTES[PUBLISHED]


def css_colour(code: int, own: str = "") -> str:
    """Return the colour of a class in CSS, which follows the chosen colours; see `css_variables`.

    A colour of its own that another legend gives the class, as ``#rrggbb``, stays as it is.

    Examples
    --------
    >>> css_colour(5), css_ink(5), css_colour(5, "#123456")
    ('var(--class-5, #e49635)', 'var(--on-class-5, #000000)', '#123456')
    """
    published = {c.code: c.hex for c in REFERENCE_LEGEND}.get(code, own)
    return f"var(--class-{code}, {published})" if own in ("", published) else own


def css_ink(code: int) -> str:
    """Return the colour of text on that of a class in CSS."""
    return f"var(--on-class-{code}, {ink_on(REFERENCE_LEGEND[code].hex)})"


def css_variables(colours: str) -> Mapping[str, str]:
    """Return the variables that `css_colour` and `css_ink` refer to, in the chosen colours."""
    legend = in_colours(REFERENCE_LEGEND, colours)
    return {f"--class-{c.code}": c.hex for c in legend} | {f"--on-class-{c.code}": ink_on(c.hex) for c in legend}
