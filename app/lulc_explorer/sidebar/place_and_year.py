"""Place, year, imagery, network and base map."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import kept, toggle
from lulc_explorer.components.command import Command, choices
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
    from lulc_explorer.session.network_download import NetworkDownload
    from lulc_explorer.session.selection import MapSelection
    from lulc_explorer.session.session import Session

IMAGERY = {"My folder": OWN, "Simulated": SIMULATED, **{title: name for name, title in LIVE_CATALOGS.items()}}
BASEMAPS = {"None": "", "Streets": "streets", "Imagery": "imagery"}

_WHOLE = {"& .MuiSelect-select": {"fontSize": "0.875rem", "whiteSpace": "normal !important"}}
"""Style of a choice whose words are never cut: two lines for the longest."""
_SMALL = {"& .MuiTypography-root": {"fontSize": "0.875rem"}}
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
        select = {"size": "small", "sx": _WHOLE, "styles": kept(), **wide}
        self._place = pmui.Select(label="Place", margin=(18, 10, 8, 10), **select)
        self._year = pmui.Select(label="Year", margin=(8, 10), **select)
        self._network = pmui.Select(label="Network", margin=(8, 10), **select)
        kinds = _imagery(session.selection)
        rows = len(kinds) if len(kinds) > 2 else 1  # three do not fit side by side
        imagery = toggle(
            session.selection.param.imagery,
            "Imagery",
            kinds,
            orientation="vertical" if rows > 1 else "horizontal",
            styles=kept(19 + 38 * rows),
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
            NetworkDownloadButton(session.network_download, height=68),
            self._unusable,
            *_basemap(session.display),
            **wide,
        )

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Offer the available options; a place without such imagery, or a year without any, stays visible."""
        selection = self._session.selection
        self._unusable.object = _unusable(selection.networks.values())
        self._network.param.update(
            options=_networks(selection), value=selection.network, disabled=_finished(selection) is not None
        )
        self._place.param.update(options=_places(selection), value=selection.place)
        self._year.param.update(options=_years(selection), value=selection.year)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def commands(session: Session) -> list[Command]:
    """Return a command for each place, year, kind of imagery, network and base map on offer."""
    selection, display = session.selection, session.display
    networks = {} if _finished(selection) else _networks(selection)
    return [
        *choices("Place", selection, "place", _places(selection)),
        *choices("Year", selection, "year", {str(year): year for year in _years(selection)}),
        *choices("Imagery", selection, "imagery", _imagery(selection)),
        *choices("Network", selection, "network", networks),
        *choices("Base map", display, "basemap", BASEMAPS),
        *choices("Class opacity", display, "opacity", {f"{part} %": part / 100 for part in (100, 75, 50, 25)}),
        *choices("Graticule", display, "graticule", {"Shown": True, "Hidden": False}),
        *_download(session.network_download),
    ]


def _download(download: NetworkDownload) -> list[Command]:
    """Return the command that downloads a network, if there is one to download."""
    offer = download.offer
    return [] if offer is None else [Command(group="Network", title=f"Download {offer.title}", run=download.get)]


def _imagery(selection: MapSelection) -> dict[str, str]:
    return {said: kind for said, kind in IMAGERY.items() if kind in selection.param.imagery.objects}


def _places(selection: MapSelection) -> dict[str, str]:
    """Return the places on offer, and the chosen one, by title."""
    places = {_title(place): key for key, place in selection.places.items()}
    return places if selection.place in selection.places else places | {selection.place: selection.place}


def _years(selection: MapSelection) -> list[int]:
    """Return the years on offer, and the chosen one, the latest first."""
    asked = [] if selection.year is None else [selection.year]
    return sorted({*selection.years, *asked}, reverse=True)


def _networks(selection: MapSelection) -> dict[str, str]:
    """Return the networks on offer by title; the one that a finished run was made with, if its map is chosen."""
    if (place := _finished(selection)) is not None:
        return {f"{place.network} (of the finished run)": selection.network}
    real = selection.imagery != SIMULATED
    return {_named(network, real=real): key for key, network in selection.networks.items()}


def _finished(selection: MapSelection) -> Place | None:
    """Return the chosen place if its maps were made by a finished run."""
    place = selection.places.get(selection.place)
    return place if place is not None and place.made else None


def _basemap(display: MapDisplay) -> list[pn.viewable.Viewable]:
    """Return the choice of a base map, what went wrong with it, and the opacity of the classes over it."""
    looks = {"description": "", "size": "small", "sizing_mode": "stretch_width"}
    notice = pn.pane.HTML(pn.bind(_notice, display.param.notice), margin=(0, 10), sizing_mode="stretch_width")
    return [
        pmui.RadioButtonGroup.from_param(
            display.param.basemap, label="Base map", options=BASEMAPS, margin=(10, 10), styles=kept(57), **looks
        ),
        notice,
        pmui.FloatSlider.from_param(display.param.opacity, label="Class opacity", step=0.05, styles=kept(47), **looks),
        pmui.Checkbox.from_param(
            display.param.graticule, label="Graticule", sx=_SMALL, margin=(0, 10), styles=kept(28), **looks
        ),
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
