"""A button that downloads a network for real maps, and how far that is."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import kept
from lulc_explorer.components.empty_state import BAR, bar, say
from lulc_explorer.components.late_column import LateColumn

if TYPE_CHECKING:
    import param

    from lulc_explorer.session.network_download import NetworkDownload

_CSS = ":host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); } p { margin: 4px 0; }"


class NetworkDownloadButton(pn.viewable.Viewer):
    """Offers a network that can be downloaded; nothing if there is none.

    Parameters
    ----------
    download
        The download of the person's session.
    height
        Of the button with its margins, px: it is drawn after what lies below, which would jump.
    """

    def __init__(self, download: NetworkDownload, *, height: int) -> None:
        super().__init__()
        self._download = download
        wide = {"sizing_mode": "stretch_width"}
        self._words = pn.pane.HTML("", stylesheets=[_CSS, BAR], margin=(0, 10), **wide)
        room = {"margin": 0, "styles": kept(height), **wide}
        self._view = LateColumn(lambda: pn.Column(self._button, self._words, **room), **wide)
        download.param.watch(self._redraw, ["step", "problem"])
        self._redraw()

    @cached_property
    def _button(self) -> pmui.Button:
        download = self._download

        async def press(_: param.parameterized.Event) -> None:
            if download.step is None:
                await download.get()
            else:
                download.stop()

        balanced = {"textWrap": "balance"}
        return pmui.Button(variant="outlined", size="small", margin=(4, 10), on_click=press, sx=balanced)

    def _redraw(self, *_: param.parameterized.Event) -> None:
        offer, step, problem = self._download.offer, self._download.step, self._download.problem
        self._view.show(offer is not None or step is not None)
        if step is not None:
            self._words.object = f'<p role="status">{escape(say(step))}</p>{bar(step)}'
        else:
            self._words.object = f'<p role="alert">{escape(problem)}</p>' if problem else ""
        if offer is not None:
            self._button.label = "Cancel" if step is not None else f"Download {offer.title} ({offer.about})"

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view
