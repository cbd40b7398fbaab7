"""What one of the two maps shows. It is read in a thread when the choice has changed: half a second, for imagery."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.repository import user_message
from lulc_explorer.layers.registry import LAYERS, ClassRaster, ContinuousRaster, ImageryRaster

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

    from lulc_explorer.layers.registry import LayerData
    from lulc_explorer.session.explorer import Explorer

_FOLLOWED = sorted(set().union(*(layer.follows for layer in LAYERS.values())))
"""The choices that any sight changes with."""


class MapPanel(param.Parameterized):
    """What one of the two maps shows.

    Parameters
    ----------
    explorer
        What the person looks at.
    side
        Which of `state.SIDES`.
    """

    shown = param.ClassSelector(
        class_=(ClassRaster, ContinuousRaster, ImageryRaster),
        allow_None=True,
        doc="Pixels, of the last choice until the next is read.",
    )

    def __init__(self, explorer: Explorer, side: str) -> None:
        super().__init__()
        self._explorer = explorer
        self._side = side
        self._read: list[object] = []
        self.grid: GeoBox | None = None
        """Where the pixels are: the map on screen may be another already."""
        explorer.param.watch(self._follow, [side, "result", *_FOLLOWED])

    @property
    def up_to_date(self) -> bool:
        """Whether this shows what is chosen, and not what was chosen before."""
        return _same(self._read, self._wanted)

    def look(self) -> LayerData | None:
        """Return what is to be shown; None without a map."""
        explorer = self._explorer
        has_map = explorer.result is not None and explorer.composite is not None
        return LAYERS[explorer.layer(self._side)].show(explorer) if has_map else None

    def show(self, shown: LayerData | None) -> None:
        """Show what was read of the choice as it is."""
        self._read = self._wanted
        self.grid = self._explorer.result.grid if shown is not None else None
        self.shown = shown

    async def _follow(self, *_: param.parameterized.Event) -> None:
        """Show what is chosen; while that is still changing, only the latest counts."""
        wanted = self._wanted
        if _same(self._read, wanted):
            return
        try:
            shown, problem = await asyncio.to_thread(self.look), ""
        except Exception as error:
            shown, problem = None, user_message(error)
        if _same(wanted, self._wanted):
            self.show(shown)
            if problem:
                self._explorer.remark = problem

    @property
    def _wanted(self) -> list[object]:
        """All that decides what is to be shown."""
        explorer = self._explorer
        layer = LAYERS[explorer.layer(self._side)]
        return [layer, explorer.result, *(getattr(explorer, name) for name in sorted(layer.follows))]


def _same(one: list[object], other: list[object]) -> bool:
    """Return whether two lists hold the same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
