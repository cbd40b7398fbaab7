"""What one of the two maps shows. It is read in a thread when the choice has changed: half a second, for imagery."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.errors import user_message
from lulc_explorer.layers.layer import ClassRaster, ContinuousRaster, ImageryRaster

if TYPE_CHECKING:
    from collections.abc import Callable

    from odc.geo.geobox import GeoBox

    from lulc_explorer.layers.layer import Layer, LayerContext, LayerData
    from lulc_explorer.session.remarks import Remarks

    Choice = Callable[[], tuple[Layer, LayerContext | None]]
    """Returns the chosen layer, and the map it is to be shown of, if there is one."""


class MapPanel(param.Parameterized):
    """What one of the two maps shows.

    Parameters
    ----------
    choice
        Returns what is chosen for this map.
    remarks
        Where to say that a layer cannot be read.
    """

    shown = param.ClassSelector(
        class_=(ClassRaster, ContinuousRaster, ImageryRaster),
        allow_None=True,
        doc="Pixels, of the last choice until the next is read.",
    )

    def __init__(self, choice: Choice, remarks: Remarks) -> None:
        super().__init__()
        self._choice = choice
        self._remarks = remarks
        self._read: list[object] = []
        self.context: LayerContext | None = None
        """What the pixels were read of: the map on screen may be another already."""

    @property
    def grid(self) -> GeoBox | None:
        """Where the pixels are."""
        return self.context.land_cover.grid if self.context is not None else None

    @property
    def up_to_date(self) -> bool:
        """Whether this shows what is chosen, and not what was chosen before."""
        return _same(self._read, _wanted(*self._choice()))

    def read(self) -> LayerData | None:
        """Return the pixels of what is chosen; None without a map."""
        layer, context = self._choice()
        return layer.show(context) if context is not None else None

    def show(self, shown: LayerData | None) -> None:
        """Show what was read of the choice as it is."""
        layer, context = self._choice()
        self._read = _wanted(layer, context)
        self.context = context if shown is not None else None
        self.shown = shown

    async def follow(self, *_: param.parameterized.Event) -> None:
        """Show what is chosen; while that is still changing, only the latest counts."""
        wanted = _wanted(*self._choice())
        if _same(self._read, wanted):
            return
        try:
            shown, problem = await asyncio.to_thread(self.read), ""
        except Exception as error:
            shown, problem = None, user_message(error)
        if _same(wanted, _wanted(*self._choice())):
            self.show(shown)
            if problem:
                self._remarks.say(problem)


def _wanted(layer: Layer, context: LayerContext | None) -> list[object]:
    """Return all that decides what is to be shown."""
    if context is None:
        return [layer, None]
    return [layer, context.land_cover, *(getattr(context, name) for name in sorted(layer.follows))]


def _same(one: list[object], other: list[object]) -> bool:
    """Return whether two lists hold the same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
