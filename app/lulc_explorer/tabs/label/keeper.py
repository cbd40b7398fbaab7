"""Who labels, kept by the browser's tab: a reload does not ask again, and no link and no cookie says it."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class Keeper(pn.custom.JSComponent):
    """Sends what the tab kept when the page opens, and keeps what is said since. It is seen by this tab only."""

    kept = param.Dict(default={}, doc="What to keep; nothing once it is empty again.")

    _esm = Path(__file__).parent / "keeper.js"
