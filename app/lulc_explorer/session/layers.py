"""What the two maps are to show."""

from __future__ import annotations

import param

from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.words import Moment

SIDES = ("left", "right")
"""The parameters that say what the two maps show."""


class LayerSelection(param.Parameterized):
    """What one person wants to see on the two maps."""

    left = param.Selector(default="prediction", objects=list(LAYERS), doc="What the map on the left is to show.")
    right = param.Selector(default="classes", objects=list(LAYERS), doc="What the map on the right is to show.")
    scene = Moment(doc="When the chosen scene was taken: UTC, to the minute.")
    target_class = param.Selector(default="grass", objects=list(LEGEND.names), doc="Class whose probability is shown.")
    threshold = param.Integer(0, bounds=(0, 100), doc="Percent of it below which pixels are faded.")
    highlight = param.Selector(
        default="", objects=["", *LEGEND.names], doc="Name of the only class in full colour; empty for all."
    )
    hidden = param.List(default=[], item_type=str, doc="Names of the classes that are switched off.")
