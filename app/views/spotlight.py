"""What the maps show alone, and the way back to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from views.legend import hectares

if TYPE_CHECKING:
    from cover import Spotlight
    from state import Explorer


class SpotlightBar(pn.viewable.Viewer):
    """Says which pixels are in full colour, and shows all again.

    Parameters
    ----------
    explorer
        What the person looks at.
    """

    def __init__(self, explorer: Explorer) -> None:
        super().__init__()
        shown = explorer.param.spotlight
        words = pmui.Alert(
            pn.bind(tell, shown), severity="info", variant="outlined", margin=(8, 0), sizing_mode="stretch_width"
        )
        back = pmui.Button(
            label="Show all pixels",
            size="small",
            variant="outlined",
            margin=(0, 0, 8, 0),
            on_click=lambda _: explorer.param.update(spotlight=None, left="prediction"),
        )
        self._view = pn.Column(words, back, visible=pn.bind(bool, shown), sizing_mode="stretch_width", margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def tell(spotlight: Spotlight | None) -> str:
    """Return what is in full colour, and how much land it is."""
    if spotlight is None:
        return ""
    return (
        f"In full colour: {spotlight.words}: {hectares(spotlight.hectares)} ha in the whole map. "
        "Left the truth, right the map."
    )
