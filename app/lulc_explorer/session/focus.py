"""What stands out on the maps: where two classes are confused, a cell of the error matrix, sampled pixels."""

from __future__ import annotations

import param

from lulc_explorer.analysis.composite import Spotlight
from lulc_explorer.rendering.markers import SamplePoints


class Focus(param.Parameterized):
    """What stands out on one person's maps."""

    pair = param.NumericTuple(default=None, length=2, allow_None=True, doc="Codes of two confused classes.")
    spotlight = param.ClassSelector(class_=Spotlight, allow_None=True, doc="Pixels of a cell of the error matrix.")
    sample_points = param.ClassSelector(class_=SamplePoints, allow_None=True, doc="Sampled pixels that are shown.")
