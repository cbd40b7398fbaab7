"""The classes of the maps: their legends and their colours."""

from __future__ import annotations

import lulc_core as lulc
from lulc_explorer.rendering.palette import Palette

LEGEND = lulc.LEGEND
CONFUSABLE = tuple(c.name for c in LEGEND if c.confusable)
"""Names of the classes that maps confuse most."""
PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
REFERENCE_LEGEND = lulc.REFERENCE_LEGEND
REFERENCE_PALETTE = Palette((c.code, c.name, c.hex) for c in REFERENCE_LEGEND)
