"""How many acquisitions the two catalogs of real imagery list, when asked, and which of them either lacks."""

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import kept
from lulc_explorer.engine.catalog_comparison import compare_live_catalogs
from lulc_explorer.engine.errors import user_message
from lulc_explorer.engine.requests import LIVE_CATALOGS
from lulc_explorer.rendering.formatting import format_date

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import param

    from lulc_explorer.engine.catalog_comparison import Listed
    from lulc_explorer.session.selection import MapSelection
    from lulc_explorer.session.session import Session

_CSS = """
:host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); }
p { margin: 0 0 4px; overflow-wrap: anywhere; }
"""
LABEL = "Compare both catalogs"
_MOST = 20
"""Acquisitions that are named; of more, how many."""


class CatalogComparison(pn.viewable.Viewer):
    """A button that compares both catalogs, with real imagery only, and what came of it.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._selection = session.selection
        wide = {"sizing_mode": "stretch_width"}
        self._button = pmui.Button(
            label=LABEL, on_click=self._compare, variant="text", size="small", margin=(0, 10), styles=kept(), **wide
        )
        self._said = pn.pane.HTML("", stylesheets=[_CSS], margin=(0, 10), **wide)
        self._view = pn.Column(self._button, self._said, margin=0, **wide)
        session.selection.param.watch(self._follow, ["place", "year", "imagery"])
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    def _follow(self, *_: param.parameterized.Event) -> None:
        """Forget what was said of another place or year."""
        self._view.visible = offered(self._selection)
        self._said.object = ""

    async def _compare(self, _: param.parameterized.Event) -> None:
        selection = self._selection
        asked = selection.place, selection.year, selection.imagery
        self._said.object = '<p role="status">Searching both catalogs …</p>'
        try:
            said = _words(await asyncio.to_thread(compare_live_catalogs, selection.request))
        except Exception as error:
            said = f'<p role="alert">{escape(user_message(error))}</p>'
        if asked == (selection.place, selection.year, selection.imagery):
            self._said.object = said


def offered(selection: MapSelection) -> bool:
    """Whether there are two catalogs of the chosen imagery."""
    return selection.imagery in LIVE_CATALOGS


def _words(found: Mapping[str, Listed]) -> str:
    """Return the numbers of acquisitions, and those that one catalog lacks, as HTML."""
    counts = ", ".join(f"{name} lists {listed.acquisitions}" for name, listed in found.items())
    lacking = "".join(_lacking(name, listed.lacks) for name, listed in found.items() if listed.lacks)
    return f'<p role="status">{counts} acquisitions.{"" if lacking else " They are the same."}</p>{lacking}'


def _lacking(name: str, lacks: Sequence[tuple[str, str]]) -> str:
    named = ", ".join(f"{tile} {format_date(day)}" for tile, day in lacks[:_MOST])
    more = f" and {len(lacks) - _MOST} more" if len(lacks) > _MOST else ""
    return f"<p>{escape(name)} lacks {len(lacks)}: {escape(named)}{more}.</p>"
