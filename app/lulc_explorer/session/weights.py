"""Class weights of the composite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import param

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.engine.classes import Legend


class ClassWeights(param.Parameterized):
    """The class weights one person has chosen."""

    chosen = param.Dict(default={}, doc="Class name to weight, where it differs from the legend's.")

    def choose(self, weights: Mapping[str, float], legend: Legend) -> None:
        """Choose weights by class name, of which those that differ from a map's legend are kept."""
        usual = legend.weights_by_name
        self.chosen = {name: weight for name, weight in weights.items() if weight != usual[name]}
