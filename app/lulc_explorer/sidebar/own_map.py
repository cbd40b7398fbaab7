"""A map of one's own to compare with: the upload of a GeoTIFF, and how its classes are read."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.upload import Upload
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.own_map import CROSSWALKS, OwnMap
from lulc_explorer.layers.reference_maps import OWN_MAP

if TYPE_CHECKING:
    import param

    from lulc_explorer.layers.fetched_map import FetchedMap
    from lulc_explorer.session.session import Session

_CSS = """
:host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); }
p { margin: 0 0 4px; overflow-wrap: anywhere; }
summary { cursor: pointer; }
ul { padding-left: 18px; margin: 4px 0; overflow-wrap: anywhere; }
"""
_HOW = (
    "A GeoTIFF of class codes, beside the map, with how far the two agree. Its classes are read by the names or "
    "colours in the file, by a known legend, or by a table: code,name,class."
)


class OwnMapUpload(pn.viewable.Viewer):
    """Takes a map of one's own, and says how its classes were read, or why not.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        wide = {"sizing_mode": "stretch_width"}
        self._file = Upload("Own map (GeoTIFF)", margin=(4, 10))
        titles = {title: name for name, title in CROSSWALKS.items()}
        self._legend = pmui.Select(label="Its legend", options=titles, value="", size="small", margin=(8, 10), **wide)
        self._table = Upload("Table of its classes (CSV)", margin=(4, 10))
        self._said = pn.pane.HTML("", stylesheets=[_CSS], margin=(4, 10, 8, 10), **wide)
        for part in (self._file, self._legend, self._table):
            part.param.watch(self._take, "value")
        session.references.param.watch(self._follow, ["own", "fetched"])
        self._page = pn.Column(self._file, self._legend, self._table, self._said, margin=0, **wide)
        self._follow()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._page

    def _take(self, _: param.parameterized.Event) -> None:
        """Show what was uploaded on the map on the right; what is none is answered here."""
        if not self._file.value:
            return
        try:
            own = OwnMap(
                self._file.value,
                self._file.filename or "map.tif",
                crosswalk=self._legend.value,
                table=self._table.value or None,
            )
        except UserError as error:
            self._said.object = f'<p role="alert">{escape(str(error))}</p>'
            return
        self._session.references.take(own)
        land_cover = self._session.map.land_cover
        if land_cover is None or not land_cover.simulated:  # else no map shows it: `_words` says so
            self._session.layers.right = OWN_MAP

    def _follow(self, *_: param.parameterized.Event) -> None:
        self._said.object = _words(self._session)


def _words(session: Session) -> str:
    """Return what became of the file, as HTML."""
    own, land_cover = session.references.own, session.map.land_cover
    if own is None:
        return f"<p>{_HOW}</p>"
    if land_cover is None:
        return f'<p role="status">{escape(own.name)} is shown once a map is open.</p>'
    if land_cover.simulated:
        return '<p role="status">A simulated place is not compared with maps of the real one: choose real imagery.</p>'
    fetched = session.references.fetched.get(OWN_MAP)
    return _outcome(own.name, fetched) if fetched is not None else ""


def _outcome(name: str, fetched: FetchedMap) -> str:
    if fetched.codes is None:
        role = "alert" if fetched.why else "status"
        return f'<p role="{role}">{escape(fetched.why or fetched.words)}</p>'
    rows = "".join(f"<li>{escape(one)}</li>" for one in fetched.classes)
    return (
        f'<p role="status">{escape(name)} lies beside the map.</p>'
        f"<details><summary>How its classes are read</summary><ul>{rows}</ul></details>"
    )
