"""Confused patches and their probable causes, as the engine finds them."""

from __future__ import annotations

import lulc_core as lulc

CAUSES = lulc.CONFUSION_CAUSES
ConfusedPatch = lulc.ConfusedPatch
ConfusedPatches = lulc.ConfusedPatches
