"""The pixels of one of the two maps, read in a thread when the choice changes."""

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
    """Returns the chosen layer, and its context if a map is open."""


class MapPanel(param.Parameterized):
    """One of the two maps.

    Parameters
    ----------
    choice
        Returns the layer and context chosen for this map.
    remarks
        Shows that a layer could not be read.
    """

    shown = param.ClassSelector(
        class_=(ClassRaster, ContinuousRaster, ImageryRaster),
        allow_None=True,
        doc="Pixels of the last choice until the next is read.",
    )

    def __init__(self, choice: Choice, remarks: Remarks) -> None:
        super().__init__()
        self._choice = choice
        self._remarks = remarks
        self._read: list[object] = []
        self.context: LayerContext | None = None
        """The context that the pixels were read from; the open map may already be another."""

    @property
    def grid(self) -> GeoBox | None:
        """Grid of the pixels."""
        return self.context.land_cover.grid if self.context is not None else None

    @property
    def up_to_date(self) -> bool:
        """Whether the pixels are those of the current choice."""
        return _same(self._read, _wanted(*self._choice()))

    def read(self) -> LayerData | None:
        """Return the pixels of the choice; None without a map."""
        layer, context = self._choice()
        return layer.show(context) if context is not None else None

    def show(self, shown: LayerData | None) -> None:
        """Show pixels that were read for the current choice."""
        layer, context = self._choice()
        self._read = _wanted(layer, context)
        self.context = context if shown is not None else None
        self.shown = shown

    async def follow(self, *_: param.parameterized.Event) -> None:
        """Read the choice and show it; while it is still changing, only the latest counts."""
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
    """Return everything that the pixels depend on."""
    if context is None:
        return [layer, None]
    return [layer, context.land_cover, *(getattr(context, name) for name in sorted(layer.follows))]


def _same(one: list[object], other: list[object]) -> bool:
    """Return whether two lists hold the same objects."""
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))
