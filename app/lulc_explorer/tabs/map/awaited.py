"""What stands for the maps and their legend until the page has been built.

Whoever opens a link that has been opened before is going to see what was seen then. So its headline, its areas and a
picture of both maps are kept, and sent at once, for as long as its map is open. Of a map that comes while a page is
open, too: its link stands in the address.
"""

from __future__ import annotations

import asyncio
import weakref
from copy import copy
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import numpy as np
from cachetools import LRUCache
from PIL import Image, ImageColor

from lulc_explorer.engine.classes import DISTINCT, css_variables
from lulc_explorer.layers.layer import ImageryRaster, painted
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import CLEAR
from lulc_explorer.rendering.png import data_url, encode
from lulc_explorer.session.display import MAP
from lulc_explorer.session.layers import SIDES
from lulc_explorer.tabs.map.headline import HEADLINE_CSS, caption, summary
from lulc_explorer.tabs.map.legend import rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import param

    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.layers.layer import LayerContext, LayerData
    from lulc_explorer.session.session import Session

_HERE = Path(__file__).parent
_INNER_CSS = HEADLINE_CSS + "".join((_HERE / name).read_text() for name in ("legend.css", "awaited.css"))
_DISTINCT = "; ".join(f"{name}: {colour}" for name, colour in css_variables(DISTINCT).items())
_OUTER = f"""
#awaited {{ display: none; }}
@media (min-width: 1200px) {{
  html:not([data-asks~="tab"], [data-asks~="stage"], [data-asks~="pixel"], [data-asks~="rivals"], [data-asks~="mode"])
    #awaited {{ display: block; }}
}}
html[data-asks~="colours"] #awaited {{ {_DISTINCT} }}
"""
"""Of a link with which nothing else is open, in a window in which the sidebar is open and captions have one line."""
_LINKS = 32
"""Links of which what they show is kept, of 130 KB each where both maps are whole."""
_WIDTH = 440
"""Screen pixels of a picture of a map: it is about as wide as the map on a small screen."""
_DRAWN_S = 1.0
"""Seconds after which a map that came later is on screen: until then, whoever waits for it is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a link shows."""

    maps: tuple[weakref.ref[LandCoverMap], ...]
    """The open map, and that of each side: the same, but for a side of another year."""
    parts: str
    """HTML of headline, maps and legend."""

    def is_of(self, maps: tuple[LandCoverMap | None, ...]) -> bool:
        """Return whether it shows these maps."""
        return tuple(there() for there in self.maps) == maps


_seen: LRUCache[frozenset[tuple[str, str]], _Seen] = LRUCache(_LINKS)


def render(query: str = "") -> str:
    """Return HTML with its styles: the grounds of both maps and the classes, with what is known of a link.

    Parameters
    ----------
    query
        What the link asks for, as it stands in the address.
    """
    seen = _seen.get(_words(query))
    parts = seen.parts if seen is not None and all(there() for there in seen.maps) else _parts(None, ["", ""])
    return (
        f'<style>{_OUTER}</style><div id="awaited" aria-hidden="true">'
        f'<template shadowrootmode="closed"><style>{_INNER_CSS}</style>{parts}</template></div>'
    )


def follow(links: Callable[[], Iterable[str]], session: Session) -> None:
    """Keep what a page shows that has just been opened, and later what it first shows of each map that is new."""

    async def keep_new(*_: param.parameterized.Event) -> None:
        if not _knows(_maps(session)):
            await asyncio.sleep(_DRAWN_S)
        if not _knows(_maps(session)):
            keep(links(), session)

    for panel in session.panels.values():
        panel.param.watch(keep_new, "shown")
    keep(links(), session)


def keep(queries: Iterable[str], session: Session) -> None:
    """Keep what links show on the tab Map, if both maps are there.

    It takes 30 ms. What is downloaded for a layer comes later, and is not kept.
    """
    panels, maps = [session.panels[side] for side in SIDES], _maps(session)
    of_others = any(LAYERS[session.layer(side)].credit for side in SIDES)
    there = all(panel.shown is not None and panel.up_to_date for panel in panels)
    if session.display.tab != MAP or of_others or not there:
        return
    links = [_words(query) for query in queries]
    if all(link in _seen and _seen[link].is_of(maps) for link in links):
        return
    view, alpha = session.bounds, session.display.opacity
    pictures = [_picture(panel.shown, panel.context, view, alpha) for panel in panels]
    seen = _Seen(maps=tuple(weakref.ref(each) for each in maps if each), parts=_parts(session, pictures))
    _seen.update(dict.fromkeys(links, seen))


def _maps(session: Session) -> tuple[LandCoverMap | None, ...]:
    """Return the open map, and that of each side, as `_Seen.maps`."""
    contexts = (session.context_of(side) for side in SIDES)
    return (session.map.land_cover, *(context.land_cover if context else None for context in contexts))


def _knows(maps: tuple[LandCoverMap | None, ...]) -> bool:
    """Return whether a link is kept that shows these maps."""
    return any(seen.is_of(maps) for seen in copy(_seen).values())  # to look is not to use: the order stays


def _words(query: str) -> frozenset[tuple[str, str]]:
    return frozenset(parse_qsl(query.removeprefix("?")))


def _parts(session: Session | None, maps: Sequence[str]) -> str:
    """Return the HTML of headline, captions and maps, and legend; of no session, what all have."""
    headline = summary(session.map.land_cover, session.map.composite) if session else ""
    captions = [caption(session, side) if session else "" for side in SIDES]
    panels = "".join(
        f'<div><div class="words">{said}</div><div class="ground">{drawn}</div></div>'
        for said, drawn in zip(captions, maps, strict=True)
    )
    return (
        f'<div class="headline">{headline}</div><div class="maps">{panels}</div>'
        f'<div class="key">{_legend(session)}</div>'
    )


def _legend(session: Session | None) -> str:
    """Return the HTML of the legend, as legend.js draws it."""
    hidden, said = set(session.layers.hidden) if session else set(), rows(session)
    looks = ["hidden" if row["name"] in hidden else "" for row in said]
    bar = "".join(
        f'<span class="{look}" style="flex: {row["part"]}; background: {row["colour"]}"></span>'
        for row, look in zip(said, looks, strict=True)
    )
    entries = "".join(_entry(row, look) for row, look in zip(said, looks, strict=True))
    return f'<div class="whole">{bar}</div><div class="legend">{entries}</div>'


def _entry(row: Mapping[str, str | float], hidden: str) -> str:
    """Return the HTML of a class."""
    absent = "" if row["share"] else "absent"
    area = "\n".join(str(row[of]) for of in ("area", "others") if row[of]) or "\N{NO-BREAK SPACE}"
    return (
        f'<div class="entry {hidden}"><div class="class {absent}">'
        f'<span class="swatch" style="background-color: {row["colour"]}"></span>'
        f'<span class="name">{escape(str(row["name"]))}</span><span class="area">{escape(area)}</span></div></div>'
    )


def _picture(shown: LayerData | None, context: LayerContext | None, view: raster.Bounds, alpha: float) -> str:
    """Return the HTML of a picture of a map; of imagery, which would be large, and of a strip, nothing."""
    height = round(_WIDTH * (view[3] - view[1]) / (view[2] - view[0]))
    if shown is None or context is None or isinstance(shown, ImageryRaster) or not _WIDTH / 4 < height < _WIDTH * 4:
        return ""
    viewport = raster.Viewport(bounds=view, width=_WIDTH, height=height)
    picture, colours = painted(shown, context, viewport)
    return f'<img alt="" src="{data_url(_png(picture, colours, viewport))}" style="opacity: {alpha:g}">'


def _png(picture: raster.Picture, colours: Sequence[str], viewport: raster.Viewport) -> bytes:
    """Return a view as a PNG of as many colours as it has; no data is transparent."""
    whole = np.full((viewport.height, viewport.width), len(colours), np.uint8)
    left = round((picture.bounds[0] - viewport.bounds[0]) / viewport.scale)
    top = round((viewport.bounds[3] - picture.bounds[3]) / viewport.scale)
    rows, columns = picture.pixels.shape
    part = whole[top : top + rows, left : left + columns]
    part[:] = np.minimum(picture.pixels, len(colours))[: part.shape[0], : part.shape[1]]
    image = Image.fromarray(whole).convert("P")
    table = np.array([ImageColor.getcolor(colour, "RGBA") for colour in [*colours, CLEAR]], np.uint8)
    image.putpalette(table.tobytes(), "RGBA")
    return encode(image)
