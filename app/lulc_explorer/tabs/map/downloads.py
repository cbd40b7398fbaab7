"""Downloads: the maps, the areas, the picture, and the Python code that reproduces them."""

from __future__ import annotations

import asyncio
import os
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import panel as pn

from lulc_explorer.components.command import Command, File
from lulc_explorer.components.download_button import save_button
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.share import shared_link
from lulc_explorer.engine.export import area_table, script, stem
from lulc_explorer.tabs.map.picture import picture
from lulc_explorer.tabs.report import report

if TYPE_CHECKING:
    from collections.abc import Callable

    import panel_material_ui as pmui

    from lulc_explorer.layers.layer import LayerContext
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.visit import Visit

    Write = Callable[[Visit, LayerContext], bytes]
    """Returns the content of a file."""

_HEAD = (
    '<h2 style="font-size:16px;font-weight:500;margin:0;color:var(--panel-on-background-color)">Download</h2>'
    '<p style="font-size:13px;margin:2px 0 0;color:var(--panel-on-background-color)">The map with the weights on '
    "screen. Both GeoTIFFs are cloud-optimised; the map includes the names and colours of its classes. The report has "
    "what you have opened, in one page: maps, areas, a pixel's votes, years, change and accuracy.</p>"
)
FILES: dict[str, tuple[str, Write]] = {
    "Map (GeoTIFF)": ("map.tif", lambda _, opened: opened.land_cover.map_file(opened.composite, opened.colours)),
    "Quality (GeoTIFF)": ("quality.tif", lambda _, opened: opened.land_cover.quality_file(opened.composite)),
    "Areas (CSV)": ("areas.csv", lambda _, opened: area_table(opened.land_cover, opened.composite).encode()),
    "Picture (PNG)": ("picture.png", lambda visit, _: picture(visit.session, _link())),
    "Report (HTML)": ("report.html", lambda visit, _: report(visit, _link()).encode()),
    "Python": ("again.py", lambda visit, opened: _script(visit.session, opened).encode()),
}
"""Label of the button to the end of the file's name and the function that returns its content."""


class DownloadMap(pn.viewable.Viewer):
    """Buttons that download the open map, a file each.

    Parameters
    ----------
    visit
        The visit of one person.
    """

    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self._visit = visit
        self._view = LateColumn(self._build, margin=(4, 6), sizing_mode="stretch_width")
        visit.session.map.param.watch(self._follow, "land_cover")
        visit.session.display.param.watch(self._follow, "painted")
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _buttons(self) -> dict[str, pmui.FileDownload]:
        return {
            ending: save_button(label, ending, partial(_content, self._visit, write))
            for label, (ending, write) in FILES.items()
        }

    def _build(self) -> pn.Column:
        head = pn.pane.HTML(_HEAD, margin=0, sizing_mode="stretch_width")
        row = pn.Row(*self._buttons.values(), styles={"flex-wrap": "wrap"}, margin=0, sizing_mode="stretch_width")
        return pn.Column(head, row, margin=0, sizing_mode="stretch_width")

    def _follow(self, *_: object) -> None:
        """Name the files after the open map; show no buttons without one, or before the page has been painted."""
        session = self._visit.session
        self._view.show(session.display.painted and session.map.land_cover is not None)
        if len(self._view):
            for ending, button in self._buttons.items():
                button.filename = _name(session, ending)


def commands(visit: Visit) -> list[Command]:
    """Return a command for each file; none without a map."""
    session = visit.session

    async def save(ending: str, write: Write) -> File:
        return File(name=_name(session, ending), content=await asyncio.to_thread(_content, visit, write))

    files = FILES if session.map.land_cover is not None else {}
    return [Command(group="Download", title=title, run=partial(save, *file)) for title, file in files.items()]


def _name(session: Session, ending: str) -> str:
    land_cover = session.map.land_cover
    return f"{stem(land_cover)}-{ending}" if land_cover else ending


def _content(visit: Visit, write: Write) -> bytes:
    opened = visit.session.context
    return b"" if opened is None else write(visit, opened)


def _script(session: Session, opened: LayerContext) -> str:
    """Return Python code that reproduces what is on screen."""
    return script(
        opened.land_cover, opened.composite, scene=opened.scene, view=session.display.view, colours=opened.colours
    )


def _link() -> str:
    """Return the link to what is on screen, for others as well; empty outside a page."""
    if not pn.state.location:
        return ""
    opened = urlsplit(str(pn.state.location.href or ""))  # its words are those that the page was opened with
    return shared_link(opened._replace(query=pn.state.location.search[1:], fragment="").geturl(), os.environ)
