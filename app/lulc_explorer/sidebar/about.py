"""About this map: its imagery, its network and its limitations."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.engine.counts import counted
from lulc_explorer.engine.requests import MASK
from lulc_explorer.rendering.formatting import format_date

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.engine.networks import Network
    from lulc_explorer.session.session import Session

_CSS = """
:host { color: var(--panel-on-background-color); font: 13px/1.45 var(--bokeh-base-font); }
h2 { font-size: 14px; font-weight: 500; margin: 0 0 4px; }
p, ul { margin: 0 0 8px; }
ul { padding-left: 18px; }
li { margin-bottom: 4px; overflow-wrap: anywhere; }
summary { cursor: pointer; margin-bottom: 4px; }
summary:focus-visible { outline: 2px solid var(--panel-primary-color); }
.quiet { opacity: 0.75; font-size: 12px; }
"""
_CLEAR = {
    "scl": "the scene classification delivered with the imagery",
    "model": "the network's own cloud class",
}


class About(pn.viewable.Viewer):
    """What the open map was made from, and its limitations.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        network = pn.bind(session.selection.networks.get, session.selection.param.network)
        self._pane = pn.pane.HTML(
            pn.bind(about, session.map.param.land_cover, network),
            stylesheets=[_CSS],
            margin=(12, 10),
            sizing_mode="stretch_width",
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return self._pane


def about(land_cover: LandCoverMap | None, network: Network | None) -> str:
    """Return what a map is made from and its limitations, as HTML."""
    if land_cover is None:
        name = f", <b>{escape(network.title)}</b>," if network else ""
        return (
            f"<h2>About</h2><p>A network{name} classifies every clear Sentinel-2 scene of a year. "
            "The scenes then vote, pixel by pixel, and the class with the highest score wins.</p>"
        )
    report = land_cover.report
    failed = [f"{escape(scene['id'])}: {escape(scene['reason'])}" for scene in report["failed"]]
    left = [_verdict(scene) for scene in report["scenes"] if not scene["taken"]]
    return (
        "<h2>About this map</h2>"
        f"<p>Made from {land_cover.scene_count} of {counted(len(report['scenes']), 'scene')} with the network "
        f"<b>{escape(report['model'])}</b>. Clouds are masked with {_CLEAR[MASK]}.</p>"
        + _details("Warnings", [escape(text) for text in report["warnings"]], is_open=True)
        + _details(f"{counted(len(failed), 'scene')} could not be read", failed, is_open=True)
        + _details(f"{counted(len(left), 'scene')} excluded", left)
        + f'<p class="quiet">{escape(land_cover.attribution)}</p>'
    )


def _verdict(scene: dict[str, str]) -> str:
    return f"{escape(format_date(scene['datetime'][:10]))}: {escape(scene['reason'])}"


def _details(title: str, items: Iterable[str], *, is_open: bool = False) -> str:
    """Return a list under a title that opens and closes; nothing for an empty list."""
    rows = "".join(f"<li>{item}</li>" for item in items)
    return f"<details{' open' if is_open else ''}><summary>{title}</summary><ul>{rows}</ul></details>" if rows else ""
