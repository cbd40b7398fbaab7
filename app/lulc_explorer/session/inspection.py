"""The pixel a person asks about, and what is known of it."""

from __future__ import annotations

import param

from lulc_explorer.analysis.pixel_evidence import PixelEvidence


class PixelInspection(param.Parameterized):
    """The pixel one person asks about."""

    pixel = param.NumericTuple(default=None, length=2, allow_None=True, doc="Row and column.")
    asked = param.Integer(0, doc="How many clicks asked about a pixel.")
    evidence = param.ClassSelector(class_=PixelEvidence, allow_None=True, doc="What lies behind its votes, once read.")

    def ask(self, pixel: tuple[int, int] | None) -> None:
        """Ask about a pixel that was clicked; None for a click beside the map."""
        self.param.update(pixel=pixel, asked=self.asked + 1)
