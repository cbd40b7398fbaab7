"""What a layer is: its label, the choices it follows, and its pixels. Pure."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.classes import LEGEND, PALETTES
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.palette import CLEAR, NO_DATA, ink_on, ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import Composite, Spotlight
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.layers.fetched_map import FetchedMap
    from lulc_explorer.rendering.palette import Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How a band is shown."""

    label: str
    """Label shown to the user."""
    white: float
    """Reflectance shown as white: the same on every date, so that dates can be compared."""


BANDS = {
    "B02": Band(label="blue", white=0.3),
    "B03": Band(label="green", white=0.3),
    "B04": Band(label="red", white=0.3),
    "B08": Band(label="near infrared", white=0.5),
    "B11": Band(label="shortwave infrared (1.6 μm)", white=0.5),
    "B12": Band(label="shortwave infrared (2.2 μm)", white=0.5),
}
"""The bands of imagery, by their asset keys."""
GAMMA = 1.5
"""Brightens dark ground: half of white is shown at 63 % of the brightness."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassRaster:
    """Pixels that are classes."""

    codes: NDArray[np.uint8]
    """Class codes, shape (y, x)."""
    faded: NDArray[np.bool_] | None
    """Pixels to fade, in place of classes that are not highlighted, shape (y, x); None for none."""
    masked: NDArray[np.bool_] | None = None
    """Pixels that do not vote, faded in any case, shape (y, x); None for none."""
    palettes: Mapping[str, Palette] = field(default_factory=lambda: PALETTES)
    """Their names and colours, by the key of the colours."""

    @property
    def masked_faded(self) -> bool:
        """Whether all that is faded is masked."""
        return self.masked is not None and self.faded is None

    @property
    def names(self) -> Sequence[str]:
        """The names of the classes, by position."""
        return next(iter(self.palettes.values())).names


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContinuousRaster:
    """Pixels of a continuous quantity."""

    hundredths: NDArray[np.uint8]
    """0-100, 255 = no data, shape (y, x)."""
    words: Sequence[str]
    """Hover text of each hundredth."""
    ends: tuple[str, str]
    """Labels of the two ends of the scale."""
    least: int = 0
    """Pixels with fewer hundredths are faded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageryRaster:
    """Pixels that are reflectance in three bands, shown as red, green and blue."""

    looks: NDArray[np.uint8]
    """``1 + 254 sqrt(reflectance)``, 0 = no data, shape (3, y, x)."""
    bands: Sequence[str]
    """Asset keys of the three."""

    def painted(self, looks: NDArray[np.unsignedinteger]) -> NDArray[np.uint32]:
        """Return looks of these bands, shape (3, y, x), as red, green, blue and opacity, a byte each, shape (y, x)."""
        painted = np.empty((*looks.shape[1:], 4), np.uint8)
        for number, band in enumerate(self.bands):
            painted[..., number] = stretch(BANDS[band].white)[looks[number]]
        painted[..., 3] = np.where((looks > 0).all(0), 255, 0)
        return painted.view("<u4")[..., 0]


LayerData = ClassRaster | ContinuousRaster | ImageryRaster


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerContext:
    """The open map, and the choices that layers depend on."""

    land_cover: LandCoverMap
    composite: Composite
    """Of this map, with the chosen weights."""
    scene: str
    """When the chosen scene was taken: UTC, to the minute."""
    target_class: str
    """Name of the class whose probability is shown."""
    threshold: int
    """Percent of it below which pixels are faded."""
    highlight: str
    """Name of the only class in full colour; empty for all."""
    hidden: Sequence[str]
    """Names of the classes that are switched off."""
    colours: str
    """Key of the colours of the classes."""
    pair: tuple[int, int] | None
    """Codes of two confused classes."""
    spotlight: Spotlight | None
    """Pixels of a cell of the error matrix."""
    references: Mapping[str, FetchedMap]
    """Reference maps of this place, by collection."""

    @property
    def scene_index(self) -> int:
        """Position of the chosen scene in the map; in that of another year, of the scene nearest to that day."""
        return self.land_cover.nearest(same_day(self.scene, self.land_cover.request.year))

    @property
    def faded(self) -> NDArray[np.bool_] | None:
        """Pixels to fade on the composite: all outside the spotlight, or outside the confusion; None for none."""
        if self.spotlight is not None:
            return ~self.spotlight.pixels
        return ~self.composite.confused(*self.pair) if self.pair else None

    @property
    def hatched(self) -> str:
        """Name of the class hatched on the composite: the highlighted one, or the first of two confused ones."""
        if self.spotlight is not None:
            return ""
        return LEGEND[self.pair[0]].name if self.pair else self.highlight

    @property
    def faded_by_spotlight(self) -> NDArray[np.bool_] | None:
        """Pixels to fade on classes other than the composite; None for none."""
        return None if self.spotlight is None else self.faded


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer that a map can show."""

    title: str
    """Label shown to the user."""
    heading: Callable[[LayerContext], str]
    """Heading of the caption."""
    says: Callable[[LayerContext], str]
    """Text of the caption; a continuous raster adds its scale."""
    terms: str
    """The same in scientific terms, shown as a tooltip."""
    follows: frozenset[str]
    """Fields of `LayerContext` that its pixels depend on, besides the map."""
    show: Callable[[LayerContext], LayerData]
    """Returns its pixels; called only for maps that it is offered for."""
    offered: Callable[[LandCoverMap], bool] = lambda _: True
    """Whether a map has it."""
    of_class: bool = False
    """Whether it shows one class, with a threshold."""
    credit: str = ""
    """Authors and licence of the map of others that it shows; empty for what the map itself has."""


CLASS_CHOICES = frozenset({"highlight", "hidden", "spotlight", "colours"})
"""The choices that every class raster depends on."""


def same_day(moment: str, year: int) -> str:
    """Return the same moment of another year, the day before in place of a leap day; what is no moment as it is.

    Examples
    --------
    >>> same_day("2023-07-01T10:30", 2019), same_day("2020-02-29", 2019), same_day("", 2019)
    ('2019-07-01T10:30', '2019-02-28', '')
    """
    try:
        begins = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    day = begins.day - (begins.month == 2 and begins.day == 29 and not isleap(year))
    text = begins.replace(year=year, day=day).isoformat(timespec="minutes")
    return text if "T" in moment or " " in moment else text[:10]


def stretch(white: float) -> NDArray[np.uint8]:
    """Return the brightness, 0-255, of every stored look: the reflectance as a share of white, to 1 / `GAMMA`."""
    reflectance = ((np.arange(256) - 1).clip(0) / 254) ** 2
    return np.rint(255 * (reflectance / white).clip(0, 1) ** (1 / GAMMA)).astype(np.uint8)


def positions(data: ClassRaster | ContinuousRaster, context: LayerContext) -> tuple[NDArray[np.uint8], Sequence[str]]:
    """Return pixels as positions in a list of colours, 255 = no data, and the colours."""
    if isinstance(data, ContinuousRaster):
        return data.hundredths, ramp(data.least)
    palette = data.palettes[context.colours]
    highlight = context.highlight if data.faded is None else ""
    dim = [pixels for pixels in (data.faded, data.masked) if pixels is not None]
    faded = np.logical_or.reduce(dim) if dim else None
    return palette.painted(data.codes, highlight=highlight, hidden=context.hidden, faded=faded)


def hatched_class(data: ClassRaster, context: LayerContext) -> str:
    """Return the name of the class of which a raster shows pixels hatched; empty for none."""
    return context.highlight if data.faded is None else context.hatched


def painted(
    data: ClassRaster | ContinuousRaster, context: LayerContext, viewport: raster.Viewport
) -> tuple[raster.Picture, Sequence[str]]:
    """Return what a viewport shows of a layer, as positions in a list of colours, and the colours.

    The pixels of `hatched_class` that are not faded are hatched, so that they are told by more than a colour; the
    position of the hatching is after two of each class, the second faded.
    """
    values, colours = positions(data, context)
    picture = raster.warp(
        values, context.land_cover.grid, viewport, fill=NO_DATA, mean=isinstance(data, ContinuousRaster)
    )
    if not isinstance(data, ClassRaster) or (name := hatched_class(data, context)) not in data.names:
        return picture, colours
    palette, own = data.palettes[context.colours], data.names.index(name)
    ink = 2 * len(data.names)
    unused = [CLEAR] * (ink - len(colours))
    stripes = CLEAR if name in context.hidden else ink_on(palette.colours[own])
    return raster.hatched(picture, viewport, of=own, ink=ink), [*colours, *unused, stripes]
