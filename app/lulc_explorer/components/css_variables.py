"""Variables of CSS for the whole page."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class CssVariables(pn.custom.JSComponent):
    """Sets variables of CSS on the page; shows nothing."""

    values = param.Dict(default={}, doc="Name, with its two dashes, to value.")

    _esm = Path(__file__).parent / "css_variables.js"
