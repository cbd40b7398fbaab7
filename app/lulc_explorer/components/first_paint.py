"""Word from the browser that the page has been painted, so that what is not looked at first can wait for it."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class FirstPaint(pn.custom.JSComponent):
    """Says that the page in which it lies has been painted; shows nothing."""

    painted = param.Boolean(False, doc="Whether a frame with the page has been painted.")

    _esm = Path(__file__).parent / "first_paint.js"
