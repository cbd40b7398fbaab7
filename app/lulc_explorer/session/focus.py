"""What is highlighted on the maps: two confused classes, a cell of the error matrix, sampled pixels."""

from __future__ import annotations

import param

from lulc_explorer.analysis.composite import Spotlight
from lulc_explorer.rendering.markers import SamplePoints


class Focus(param.Parameterized):
    """What is highlighted on the maps of one person."""

    pair: param.Parameter[tuple[int, int] | None] = param.NumericTuple(  # type: ignore[assignment]  # floats to param
        default=None, length=2, allow_None=True, doc="Codes of two confused classes."
    )
    spotlight = param.ClassSelector(class_=Spotlight, allow_None=True, doc="Pixels of a cell of the error matrix.")
    sample_points = param.ClassSelector(class_=SamplePoints, allow_None=True, doc="Sampled pixels that are shown.")
