"""Counts in sentences: 1 scene, 2 scenes."""

from lulc_core.counted import counted as counted
