"""How many places have their latest map and this one its years, and a button that stops or resumes prefetching."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.command import Command
from lulc_explorer.engine.counts import counted

if TYPE_CHECKING:
    from lulc_explorer.background.prefetch import Prefetch
    from lulc_explorer.session.session import Session

LOOK_EVERY_MS = 2_000
_CSS = ":host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); opacity: 0.8; }"


class PrefetchStatus(pn.viewable.Viewer):
    """Progress of the maps that are made before anybody asks.

    Parameters
    ----------
    session
        The person's session.
    prefetch
        What makes them.
    """

    def __init__(self, session: Session, prefetch: Prefetch) -> None:
        super().__init__()
        self._session = session
        self._prefetch = prefetch
        self._words = pn.pane.HTML("", stylesheets=[_CSS], margin=(6, 0, 6, 10), sizing_mode="stretch_width")
        self._button = pmui.Button(
            label="Stop", variant="text", size="small", width=64, margin=0, on_click=self._turn, visible=False
        )
        self._view = pn.Row(self._words, self._button, margin=0, sizing_mode="stretch_width")
        self._looking = pn.state.add_periodic_callback(self.look, LOOK_EVERY_MS)
        session.selection.param.watch(lambda _: self._looking.running or self._looking.start(), "network")
        session.map.param.watch(lambda _: self._looking.running or self._looking.start(), "land_cover")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    async def look(self) -> None:
        """See how many maps there are."""
        (ready, total), (years, of_years) = self._session.selection.latest_ready, self._session.selection.years_ready
        if ready == total and years == of_years:
            self._looking.stop()  # until the network changes, or a new map evicts one
        waiting = (ready < total or years < of_years) and (self._prefetch.busy or self._prefetch.stopped)
        going = ", making the next" if waiting and self._prefetch.busy else ""
        here = f" · {years} of {of_years} years here" if of_years else ""
        said = f'<span role="status">{ready} of {counted(total, "region")} ready{here}{going}</span>'
        self._words.object = said if total else ""
        self._button.param.update(label="Resume" if self._prefetch.stopped else "Stop", visible=waiting)

    async def _turn(self, _: object) -> None:
        turn(self._session, self._prefetch)
        await self.look()


def turn(session: Session, prefetch: Prefetch) -> None:
    """Stop prefetching, or resume it."""
    if prefetch.stopped:
        prefetch.resume(session.selection.ahead)
    else:
        prefetch.stop()


def commands(session: Session) -> list[Command]:
    """Return the command that stops or resumes prefetching; none while there is nothing to do."""
    prefetch = session.prefetch
    if prefetch is None or not (prefetch.busy or prefetch.stopped):
        return []
    title = "Resume" if prefetch.stopped else "Stop"
    return [Command(group="Maps made ahead", title=title, run=partial(turn, session, prefetch))]
