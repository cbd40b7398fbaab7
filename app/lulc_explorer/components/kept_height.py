"""The height of a part as a variable of CSS, so that others leave room for it."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class KeptHeight(pn.custom.JSComponent):
    """Keeps a variable of CSS at the height of the column that it lies in; shows nothing."""

    variable = param.String(doc="Name of the variable, with its two dashes.")

    _esm = Path(__file__).parent / "kept_height.js"
