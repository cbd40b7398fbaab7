"""Glyphs over maps that are put there when there is first something to draw.

A glyph without data costs a page as much as any: models, messages, views, and a look at its colours in each painting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.components.map_canvas import with_lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure

    from lulc_explorer.components.map_tools import Columns


class LateGlyphs:
    """Glyphs that show the same data on one or more figures.

    Parameters
    ----------
    draw
        Puts them on a figure, and returns the source of their data.
    """

    def __init__(self, draw: Callable[[figure, Columns], ColumnDataSource]) -> None:
        self._draw = draw
        self._columns: Columns = {}
        self._sources: dict[figure, ColumnDataSource | None] = {}

    def join(self, fig: figure) -> None:
        """Draw on a new figure, now and later."""
        self._sources[fig] = None
        self._update(fig, self._columns)

    def show(self, columns: Columns) -> None:
        """Show other data on all figures, as soon as the document is free for it."""
        before, self._columns = self._columns, columns
        if _any(before) or _any(columns):
            for fig in self._sources:
                with_lock(self._update, fig, columns)

    def _update(self, fig: figure, columns: Columns) -> None:
        source = self._sources[fig]
        if source is not None:
            source.update(data=columns)
        elif _any(columns):
            self._sources[fig] = self._draw(fig, columns)


def _any(columns: Columns) -> bool:
    return any(map(len, columns.values()))
