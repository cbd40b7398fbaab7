"""What the maps show alone, and the way back to all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.rendering.formatting import hectares

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Spotlight
    from lulc_explorer.rendering.markers import SamplePoints
    from lulc_explorer.session.session import Session


class SpotlightBar(pn.viewable.Viewer):
    """Says which pixels are in full colour, and shows all again.

    Parameters
    ----------
    session
        What the person looks at.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        shown = session.focus.param.spotlight, session.focus.param.sample_points
        words = pmui.Alert(
            pn.bind(tell, *shown), severity="info", variant="outlined", margin=(8, 0), sizing_mode="stretch_width"
        )
        back = pmui.Button(
            label="Show the whole map again",
            size="small",
            variant="outlined",
            margin=(0, 0, 8, 0),
            on_click=lambda _: show_all(session),
        )
        self._view = pn.Column(words, back, visible=pn.bind(_either, *shown), sizing_mode="stretch_width", margin=0)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def show_all(session: Session) -> None:
    """Show the whole map again."""
    session.focus.param.update(spotlight=None, sample_points=None)
    session.layers.left = "prediction"


def _either(spotlight: Spotlight | None, dots: SamplePoints | None) -> bool:
    return spotlight is not None or dots is not None


def tell(spotlight: Spotlight | None, dots: SamplePoints | None) -> str:
    """Return what is shown alone, and how much of it there is."""
    if dots is not None:
        right, wrong = int(dots.right.sum()), int((~dots.right).sum())
        inks = ("blue, the fuller the more:", "pink:") if dots.crowd else ("○", "✕")
        return (
            f"Sampled pixels of {dots.title}: {inks[0]} {right:,} where the map is right, "
            f"{inks[1]} {wrong:,} where it is wrong."
        )
    if spotlight is None:
        return ""
    return (
        f"In full colour: {spotlight.words}: {hectares(spotlight.hectares)} ha, counted in the whole map. "
        "Left the truth, right the map."
    )
