"""The pixel that was clicked, and the evidence for its votes.

A click goes from `tabs.map.maps.Maps._ask` to `PixelInspection.ask`. `watchers.connect` then has `opening.gather` read
the evidence of the pixel, and `tabs.map.clicked_pixel` shows it with the vote ledger.
"""

from __future__ import annotations

import param

from lulc_explorer.analysis.pixel_evidence import PixelEvidence


class PixelInspection(param.Parameterized):
    """The inspected pixel."""

    pixel: param.Parameter[tuple[int, int] | None] = param.NumericTuple(  # type: ignore[assignment]  # floats to param
        default=None, length=2, allow_None=True, doc="Row and column."
    )
    asked = param.Integer(0, doc="Number of clicks so far.")
    evidence = param.ClassSelector(class_=PixelEvidence, allow_None=True, doc="The evidence for its votes, once read.")

    def ask(self, pixel: tuple[int, int] | None) -> None:
        """Inspect a pixel that was clicked; None for a click outside the map."""
        self.param.update(pixel=pixel, asked=self.asked + 1)
