"""Class weights of the composite."""

from __future__ import annotations

import param


class ClassWeights(param.Parameterized):
    """The class weights one person has chosen."""

    chosen = param.Dict(default={}, doc="Class name to weight, where it differs from the legend's.")
