"""Accuracy and area of a map: designs, samples, estimates with standard errors, plans for the next sample."""

from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.rounding import decimals

__all__ = ["decimals", "labels"]
