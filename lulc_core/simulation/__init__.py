"""Simulated landscapes: truth, imagery and STAC items, to try everything offline.

What they show is **simulated** and says so in every item and file name.
"""

from lulc_core.simulation.passes import SIMULATED_YEARS
from lulc_core.simulation.places import Place, default_cache, simulate, simulate_place, simulated_truth

__all__ = ["SIMULATED_YEARS", "Place", "default_cache", "simulate", "simulate_place", "simulated_truth"]
