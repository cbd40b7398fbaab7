"""The pixel that was clicked, and the evidence for its votes.

A click goes from `tabs.map.map_view.MapView._ask` to `PixelInspection.ask`. `watchers.connect` then has
`opening.gather` read the evidence of the pixel, and `tabs.map.clicked_pixel` shows it with the vote ledger.
"""

from __future__ import annotations

import param

from lulc_explorer.analysis.pixel_evidence import PixelEvidence
from lulc_explorer.session.layers import SIDES


class PixelInspection(param.Parameterized):
    """The inspected pixel."""

    pixel: param.Parameter[tuple[int, int] | None] = param.NumericTuple(  # type: ignore[assignment]  # floats to param
        default=None, length=2, allow_None=True, doc="Row and column."
    )
    side: param.Selector[str] = param.Selector(
        default="", objects=["", *SIDES], doc="The map that was clicked, if it shows another year than the open one."
    )
    asked = param.Integer(0, doc="Number of clicks so far.")
    evidence = param.ClassSelector(class_=PixelEvidence, allow_None=True, doc="The evidence for its votes, once read.")

    def ask(self, pixel: tuple[int, int] | None, side: str = "") -> None:
        """Inspect a pixel that was clicked; None for a click outside the map."""
        self.param.update(pixel=pixel, side=side, asked=self.asked + 1)
