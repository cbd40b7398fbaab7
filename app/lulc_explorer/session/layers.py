"""The layers of the two maps."""

from __future__ import annotations

import param

from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.link_formats import Moment

SIDES = ("left", "right")
"""The parameters of the two layers."""
USUAL = ("prediction", "classes")
"""What they show at first."""


class LayerSelection(param.Parameterized):
    """The layers that one person has chosen, and their settings."""

    left: param.Selector[str] = param.Selector(default=USUAL[0], objects=list(LAYERS), doc="Layer of the left map.")
    right: param.Selector[str] = param.Selector(default=USUAL[1], objects=list(LAYERS), doc="Layer of the right map.")
    scene = Moment(doc="Time of the chosen scene: UTC, to the minute.")
    target_class: param.Selector[str] = param.Selector(
        default="grass", objects=list(LEGEND.names), doc="Class whose probability is shown."
    )
    threshold = param.Integer(0, bounds=(0, 100), doc="Probability in percent below which pixels are faded.")
    highlight: param.Selector[str] = param.Selector(
        default="", objects=["", *LEGEND.names], doc="Name of the only highlighted class; empty for all."
    )
    hidden = param.List(default=[], item_type=str, doc="Names of the hidden classes.")
