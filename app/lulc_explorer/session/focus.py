"""What is highlighted on the maps: two confused classes and a patch of them, a cell of the error matrix, a sample."""

from __future__ import annotations

import param

from lulc_explorer.analysis.composite import Spotlight
from lulc_explorer.rendering.markers import SamplePoints
from lulc_explorer.rendering.outline import Patch

LEAST_HA = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Areas of the smallest confused patch to choose from, hectares."""


class Focus(param.Parameterized):
    """What is highlighted on the maps of one person."""

    pair: param.Parameter[tuple[int, int] | None] = param.NumericTuple(  # type: ignore[assignment]  # floats to param
        default=None, length=2, allow_None=True, doc="Codes of two confused classes."
    )
    least_ha: param.Selector[float] = param.Selector(
        default=LEAST_HA[1], objects=list(LEAST_HA), doc="Area of the smallest patch of the pair to inspect, hectares."
    )
    patch = param.ClassSelector(class_=Patch, allow_None=True, doc="The patch of the pair that is inspected.")
    spotlight = param.ClassSelector(class_=Spotlight, allow_None=True, doc="Pixels of a cell of the error matrix.")
    sample_points = param.ClassSelector(class_=SamplePoints, allow_None=True, doc="Sampled pixels that are shown.")
