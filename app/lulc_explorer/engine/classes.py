"""The classes of the maps: their legend, their colours, and the maps that others publish."""

from __future__ import annotations

import lulc_core as lulc
from lulc_explorer.rendering.palette import Palette

LEGEND = lulc.LEGEND
PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.LEGEND)
PUBLISHED_PALETTE = Palette((c.code, c.name, c.hex) for c in lulc.PUBLISHED_LEGEND)
PUBLISHED_MAPS = lulc.PUBLISHED_MAPS
