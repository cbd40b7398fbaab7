"""Place, year, imagery, network and base map."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import toggle
from lulc_explorer.components.network_download import NetworkDownloadButton
from lulc_explorer.engine.requests import LIVE_CATALOGS, OWN, SIMULATED
from lulc_explorer.session.selection import CHOICE
from lulc_explorer.sidebar.catalog_comparison import CatalogComparison

if TYPE_CHECKING:
    from collections.abc import Iterable

    import param

    from lulc_explorer.engine.networks import Network
    from lulc_explorer.engine.requests import Place
    from lulc_explorer.session.display import MapDisplay
    from lulc_explorer.session.session import Session

IMAGERY = {"My folder": OWN, "Simulated": SIMULATED, **{title: name for name, title in LIVE_CATALOGS.items()}}
BASEMAPS = {"None": "", "Streets": "streets", "Imagery": "imagery"}

_WHOLE = {"& .MuiSelect-select": {"fontSize": "0.875rem", "whiteSpace": "normal !important"}}
"""Style of a choice whose words are never cut: two lines for the longest."""
_CSS = """
:host { color: var(--panel-on-background-color); font: 12px/1.4 var(--bokeh-base-font); }
summary { cursor: pointer; }
ul { padding-left: 18px; margin: 4px 0; overflow-wrap: anywhere; }
"""


class PlaceAndYear(pn.viewable.Viewer):
    """The choice of a map, and its base map.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        wide = {"sizing_mode": "stretch_width"}
        self._place = pmui.Select(label="Place", size="small", sx=_WHOLE, margin=(18, 10, 8, 10), **wide)
        self._year = pmui.Select(label="Year", size="small", sx=_WHOLE, margin=(8, 10), **wide)
        self._network = pmui.Select(label="Network", size="small", sx=_WHOLE, margin=(8, 10), **wide)
        kinds = {said: kind for said, kind in IMAGERY.items() if kind in session.selection.param.imagery.objects}
        imagery = toggle(
            session.selection.param.imagery,
            "Imagery",
            kinds,
            orientation="vertical" if len(kinds) > 2 else "horizontal",  # three do not fit side by side
            margin=(18, 10, 0, 10),
            **wide,
        )
        self._unusable = pn.pane.HTML("", stylesheets=[_CSS], margin=(0, 10), **wide)
        self._offer()
        self._place.param.watch(lambda event: session.selection.param.update(place=event.new), "value")
        self._year.param.watch(lambda event: session.selection.param.update(year=event.new), "value")
        self._network.param.watch(lambda event: session.selection.param.update(network=event.new), "value")
        session.selection.param.watch(self._offer, CHOICE)
        self._view = pn.Column(
            imagery,
            CatalogComparison(session),
            self._place,
            self._year,
            self._network,
            NetworkDownloadButton(session.network_download),
            self._unusable,
            *_basemap(session.display),
            **wide,
        )

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Offer the available options; a place without such imagery, or a year without any, stays visible."""
        session = self._session
        places = {_title(place): key for key, place in session.selection.places.items()}
        if session.selection.place not in session.selection.places:
            places[session.selection.place] = session.selection.place
        asked = [] if session.selection.year is None else [session.selection.year]
        years = sorted({*session.selection.years, *asked}, reverse=True)
        real = session.selection.imagery != SIMULATED
        networks = {_named(network, real=real): key for key, network in session.selection.networks.items()}
        self._unusable.object = _unusable(session.selection.networks.values())
        place = session.selection.places.get(session.selection.place)
        if place is not None and place.made:
            networks = {f"{place.network} (of the finished run)": session.selection.network}
        self._network.param.update(
            options=networks, value=session.selection.network, disabled=bool(place and place.made)
        )
        self._place.param.update(options=places, value=session.selection.place)
        self._year.param.update(options=years, value=session.selection.year)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def _basemap(display: MapDisplay) -> list[pn.viewable.Viewable]:
    """Return the choice of a base map, what went wrong with it, and the opacity of the classes over it."""
    looks = {"description": "", "size": "small", "sizing_mode": "stretch_width"}
    notice = pn.pane.HTML(pn.bind(_notice, display.param.notice), margin=(0, 10), sizing_mode="stretch_width")
    return [
        pmui.RadioButtonGroup.from_param(
            display.param.basemap, label="Base map", options=BASEMAPS, margin=(10, 10), **looks
        ),
        notice,
        pmui.FloatSlider.from_param(display.param.opacity, label="Class opacity", step=0.05, **looks),
    ]


def _title(place: Place) -> str:
    return f"{place.title} (simulated)" if place.simulated else place.title


def _named(network: Network, *, real: bool) -> str:
    """Return the title of a network, and why it may not be what is wanted for such imagery."""
    why = "unavailable" if network.problem else "for simulated places" if network.simulated and real else ""
    return f"{network.title} ({why})" if why else network.title


def _unusable(networks: Iterable[Network]) -> str:
    """Return the unavailable networks with their problems, collapsed; nothing if there are none."""
    rows = "".join(f"<li><b>{escape(n.title)}</b>: {escape(n.problem)}</li>" for n in networks if n.problem)
    return f"<details><summary>Unavailable networks</summary><ul>{rows}</ul></details>" if rows else ""


def _notice(text: str) -> str:
    return f'<p role="status" style="font-size:12px;line-height:1.4;margin:4px 0">{escape(text)}</p>' if text else ""
