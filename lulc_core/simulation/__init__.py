"""Places made by the project itself: truth, imagery and STAC items, to try everything on offline.

What they show is **simulated** and says so in every item and file name.
"""

from __future__ import annotations

import sys
from types import ModuleType

from lulc_core.simulation.passes import SIMULATED_YEARS
from lulc_core.simulation.places import Place, default_cache, simulate, simulate_place, simulated_truth

__all__ = ["SIMULATED_YEARS", "Place", "default_cache", "simulate", "simulate_place", "simulated_truth"]


class _Simulate(ModuleType):
    """The package, which can be called as its function `simulate`.

    Once the package is imported, ``lulc_core.simulate`` is the package and not the function of that name.
    """

    __call__ = staticmethod(simulate)


sys.modules[__name__].__class__ = _Simulate
