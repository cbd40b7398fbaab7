"""What one person looks at. No widgets: views bind to these parameters."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

import param

from lulc_explorer.analysis.composite import Composite, SamplePoints, Spotlight
from lulc_explorer.analysis.pixel_evidence import PixelEvidence
from lulc_explorer.background.jobs import STARTING, Jobs, Step, Ticket
from lulc_explorer.engine.land_cover_map import LandCoverMap
from lulc_explorer.engine.repository import (
    LEGEND,
    LIVE,
    OWN,
    SIMULATED,
    MapRepository,
    MapRequest,
    Place,
    UserError,
    user_message,
)
from lulc_explorer.layers import basemaps as tiles
from lulc_explorer.layers import reference_maps as published
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.session.address import Moment, View, read_view, spelled
from lulc_explorer.session.map_panel import MapPanel

if TYPE_CHECKING:
    import numpy as np
    from odc.geo.geobox import GeoBox
    from param.parameterized import Event

    from lulc_explorer.background.prefetch import Prefetch
    from lulc_explorer.engine.networks import Network

_OVER_TILES = 0.7
"""How opaque the classes are when a base map is first put under them."""
SIDES = ("left", "right")
"""The parameters that say what the two maps show."""
TABS = {"map": "Map", "change": "Change", "error-matrix": "Error matrix", "area": "Area"}
"""The tabs of the page, as the link calls them, and how a person does."""
MODES = {"side-by-side": "Side by side", "swipe": "Swipe"}
"""How the two maps can lie, and how a person calls it."""
CHOICE = ["place", "year", "imagery", "network"]
"""The parameters that say which map."""


class Explorer(param.Parameterized):
    """One person's choices, and what follows from them.

    Parameters
    ----------
    store
        Where maps come from.
    jobs
        The work that is running, shared with everybody else.
    ahead
        What makes the other places' maps before anybody asks; None if nothing does.
    """

    place = param.String(doc="Key of the place.")
    year = param.Integer(default=None, allow_None=True, doc="Calendar year.")
    imagery = param.Selector(default=SIMULATED, objects=[SIMULATED, LIVE, OWN], doc="Where the imagery comes from.")
    network = param.String(doc="Key of the network.")
    scene = Moment(doc="When the scene on the left was taken: UTC, to the minute.")
    view = View(doc="West, south, east, north in degrees, comma-separated; empty shows the whole place.")
    tab = param.Selector(default="", objects=["", *TABS], doc="Which tab of the page is open; empty for the first.")
    basemap = param.Selector(default="", objects=["", *tiles.TILES], doc="What is asked for under the classes.")
    tiles = param.String(doc="The base map that is there, once its server has answered.")
    notice = param.String(doc="A remark on the base map; empty if there is none.")
    opacity = param.Number(default=1.0, bounds=(0.0, 1.0), doc="Of the classes, over the base map.")
    highlight = param.Selector(
        default="", objects=["", *LEGEND.names], doc="Name of the only class in full colour; empty for all."
    )
    hidden = param.List(default=[], item_type=str, doc="Names of the classes that are switched off.")

    weights = param.Dict(default={}, doc="Class name to weight, where it differs from the legend's.")
    left = param.Selector(default="prediction", objects=list(LAYERS), doc="What the map on the left is to show.")
    right = param.Selector(default="classes", objects=list(LAYERS), doc="What the map on the right is to show.")
    mode = param.Selector(default="side-by-side", objects=list(MODES), doc="How the two maps lie.")
    divider = param.Number(0.5, bounds=(0.0, 1.0), doc="Where the line between them is, as a share of the width.")
    probed = param.Selector(default="grass", objects=list(LEGEND.names), doc="The class whose probability is shown.")
    at_least = param.Integer(0, bounds=(0, 100), doc="Percent of it below which pixels are faded.")
    rivals = param.NumericTuple(default=None, length=2, allow_None=True, doc="Codes of two classes that compete.")
    spotlight = param.ClassSelector(class_=Spotlight, allow_None=True, doc="Pixels of a cell of the error matrix.")
    dots = param.ClassSelector(class_=SamplePoints, allow_None=True, doc="Sampled pixels that are shown.")
    drawing = param.Boolean(False, doc="Whether a drag over a map draws a place of one's own.")
    pixel = param.NumericTuple(default=None, length=2, allow_None=True, doc="Row and column that is asked about.")
    asked = param.Integer(0, doc="How many presses asked about a pixel.")
    remark = param.String(doc="What a person should know that no part of the page has room for; empty for nothing.")
    evidence = param.ClassSelector(
        class_=PixelEvidence, allow_None=True, doc="What lies behind its votes, once it is read."
    )

    result = param.ClassSelector(class_=LandCoverMap, allow_None=True, doc="The map on screen.")
    composite = param.ClassSelector(class_=Composite, allow_None=True, doc="Its composite with the chosen weights.")
    step = param.ClassSelector(class_=Step, allow_None=True, doc="How far the map being made is; None if none is.")
    problem = param.String(doc="What went wrong, and what to do.")
    refused = param.Boolean(doc="Whether it went wrong because the address asks for what cannot be.")
    published = param.Dict(default={}, doc="Published maps of this place, as `published.Fetched`, by collection.")

    def __init__(self, store: MapRepository, jobs: Jobs[LandCoverMap], ahead: Prefetch | None = None) -> None:
        super().__init__()
        self._repository = store
        self._ahead = ahead
        self._jobs = jobs
        self._ticket: Ticket[LandCoverMap] | None = None
        self._following = False
        self.param.imagery.objects = store.imagery
        self.imagery = store.imagery[0]
        self.place = next(iter(self.places))
        self.network = next(iter(store.networks))
        self.year = max(self.years, default=None)
        self.param.watch(self._settle, CHOICE)
        self.param.watch(self._reopen, CHOICE)
        self.param.watch(self._ask_for_tiles, "basemap")
        self.param.watch(self._weigh, "weights")
        self.param.watch(self._gather, ["pixel", "result"])
        self.param.watch(lambda _: self.param.update(spotlight=None), "composite")
        self.param.watch(lambda _: self.param.update(dots=None, published={}), "result")
        self.param.watch(partial(published.fetch, self), ["result", *SIDES])
        self.screens = {side: MapPanel(self, side) for side in SIDES}
        self.param.watch(lambda *_: self.param.update(drawing=False), CHOICE)

    @property
    def places(self) -> dict[str, Place]:
        """What is on offer with the chosen imagery, by key."""
        return self._repository.offer(self.imagery, self.place)

    @property
    def networks(self) -> dict[str, Network]:
        """The networks on offer, by key; some may have a problem."""
        return self._repository.networks

    @property
    def years(self) -> tuple[int, ...]:
        """The years on offer for the chosen place."""
        place = self.places.get(self.place)
        return place.years if place else ()

    @property
    def grid(self) -> GeoBox | None:
        """Where the chosen place is; None if it cannot be used."""
        place = self.places.get(self.place)
        return place.region.grid if place and place.region else None

    @property
    def bounds(self) -> raster.Bounds:
        """What the maps are to show (web Mercator metres): the view, if any of the place is there; else all of it."""
        home = raster.home(self.grid)
        asked = raster.to_mercator(read_view(self.view)) if self.view else home
        return asked if raster.overlap(asked, home) else home

    @property
    def order(self) -> MapRequest:
        """The chosen map; raises `UserError` if there can be none."""
        return self.order_of(self.year)

    def order_of(self, year: int) -> MapRequest:
        """Return the map of another year of all that is chosen; raises `UserError` if there can be none."""
        return self._repository.order(self.place, year, imagery=self.imagery, network=self.network)

    @property
    def can_make(self) -> bool:
        """Whether the choice is one that a map can be made of."""
        try:
            return self.order is not None
        except UserError:
            return False

    @property
    def scene_index(self) -> int:
        """Position of the chosen scene in the result."""
        return self.result.nearest(self.scene)

    @property
    def latest(self) -> list[MapRequest]:
        """The map of the latest year of every simulated place, by the chosen network; none if that cannot be used."""
        places = [place for place in self._repository.places.values() if place.simulated]
        try:
            return [self._repository.order(place.key, max(place.years), network=self.network) for place in places]
        except UserError:
            return []

    @property
    def latest_ready(self) -> tuple[int, int]:
        """How many of the latest maps there are, and of how many."""
        orders = self.latest
        return sum(map(self._repository.has, orders)), len(orders)

    def layer(self, side: str) -> str:
        """Return what one of `SIDES` really shows: not every map has what is asked for; nobody knows a real truth."""
        chosen = getattr(self, side)
        has = self.result is None or LAYERS[chosen].offered(self.result)
        return chosen if has else self.param[side].default

    @property
    def away(self) -> np.ndarray | None:
        """Pixels to fade on the composite: all but those in the spotlight, or where rivals compete; None for none."""
        if self.spotlight is not None:
            return ~self.spotlight.pixels
        return ~self.composite.compete(*self.rivals) if self.rivals and self.composite is not None else None

    @property
    def away_from_the_spotlight(self) -> np.ndarray | None:
        """Pixels to fade on classes other than the composite; None for none."""
        return None if self.spotlight is None else self.away

    def ask(self, pixel: tuple[int, int] | None) -> None:
        """Ask about a pixel that was pressed; None for a press beside the map."""
        self.param.update(pixel=pixel, asked=self.asked + 1)

    def open(self) -> None:
        """Show the chosen map, if it has been made and nothing is wrong with the choice."""
        if self.problem:
            return
        self.look_here()
        try:
            self._show(self._repository.find(self.order), self.weights, self.pixel)
            for screen in self.screens.values():
                screen.show(screen.look())
        except Exception as error:
            self._fail(error)

    def look_here(self) -> None:
        """Look at the whole place, and say so, if a link looks where nothing of it is."""
        if self.view and self.bounds == raster.home(self.grid):
            self.param.update(view="", remark=f"The link looks at {self.view}, where nothing of this place is.")

    def on_the_map(self, pixel: tuple[int, int] | None, result: LandCoverMap | None = None) -> tuple[int, int] | None:
        """Return a pixel of a link if a map, by default the one on screen, has it; else say that it has not."""
        result = result or self.result
        if pixel is None or result is None or result.has(pixel):
            return pixel
        self.remark = _off_the_map(pixel, result)
        return None

    def go_to(self, key: str) -> str:
        """Go to a place that is not on offer yet; return why it cannot be, and stay; empty if it can."""
        offers = (self._repository.offer(imagery, key) for imagery in (self.imagery, *self._repository.imagery))
        problem = next(offer[key].problem for offer in offers if key in offer)
        if not problem:
            self.place = key
        return problem

    def refuse(self, values: dict[str, object]) -> None:
        """Say that the address asks for what cannot be: called with the values that were not taken."""
        self._fail(
            UserError(f"The address asks for {spelled(values)}, which cannot be. Choose a place and a year instead.")
        )
        self.refused = True

    async def begin(self) -> None:
        """Make the map of a simulated place by itself, then those of the others: they need but a little time."""
        if self.problem:
            return
        if self.result is None and self.order.place.simulated:
            await self.make()
        if self.result is not None and self._ahead is not None:
            self._ahead.start(self.latest)

    async def arrive(self) -> None:
        """Show the evidence anew: what was read before the page was there may not have reached it."""
        if self.evidence is not None:
            self.evidence = None
            await self._gather()

    async def make(self) -> None:
        """Make the chosen map, or wait for whoever is making it, and show it."""
        if self.step is not None:
            return
        try:
            order = self.order
            self._ticket = ticket = self._jobs.join(order.key, partial(self._repository.make, order))
            self.param.update(step=STARTING, problem="")
            async for self.step in ticket.steps():
                pass
            if (made := ticket.result()) is not None:
                self._show(made, self.weights, self.pixel)
        except Exception as error:
            self._fail(error)
        finally:
            self._ticket = None
            self.step = None

    def stop(self) -> None:
        """Stop waiting for the map being made; it is abandoned if nobody else waits for it."""
        if self._ticket is not None:
            self._ticket.leave()

    def _settle(self, *events: Event) -> None:
        """Move to imagery that a newly chosen place has, or the other way about, and to a year that it has.

        What was asked for stays, to be answered.
        """
        asked = {event.name for event in events}
        if self._following:
            return
        if self.place not in self.places:
            self._following = True
            if "imagery" not in asked:
                self.imagery = next(
                    (i for i in self._repository.imagery if self.place in self._repository.offer(i, self.place)),
                    self.imagery,
                )
            elif "place" not in asked:
                self.place = next(iter(self.places))
            self._following = False
        if self.years and self.year not in self.years and "year" not in asked:
            self.year = max(self.years)

    async def _reopen(self, *_: Event) -> None:
        self.stop()
        try:
            order = self.order
            result = await asyncio.to_thread(self._repository.find, order)
            if order == self.order:
                if self.result is not None and result is not self.result:
                    self.scene = ""  # of another map: the nearest in time may be all cloud
                self._show(result)
                await self.begin()
        except Exception as error:
            self._fail(error)

    async def _ask_for_tiles(self, event: Event) -> None:
        if not event.new:
            self.tiles = ""
        elif await asyncio.to_thread(tiles.answers, event.new):
            self.param.update(tiles=event.new, notice="", opacity=min(self.opacity, _OVER_TILES))
        else:
            self.param.update(basemap="", notice=tiles.NOBODY_ANSWERS)

    def _show(
        self, result: LandCoverMap | None, weights: dict[str, float] | None = None, pixel: tuple[int, int] | None = None
    ) -> None:
        """Show a map, with the weights and the pixel that were asked for before it was there, if any were."""
        weights = weights or {}
        if result is None:
            self.param.update(result=None, composite=None, weights=weights, pixel=pixel, problem="")
            return
        self.param.update(
            result=result,
            composite=result.weigh(weights) if weights else result.composite,
            weights=weights,
            pixel=self.on_the_map(pixel, result),
            scene=result.moments[result.nearest(self.scene)],
            problem="",
        )

    async def _weigh(self, _: Event) -> None:
        """Follow the weights; while they are being dragged, only the latest count."""
        result, weights = self.result, self.weights
        if result is None:
            return
        composite = await asyncio.to_thread(result.weigh, weights)
        if result is self.result and weights == self.weights:
            self.composite = composite

    async def _gather(self, *_: Event) -> None:
        """Read what lies behind the votes on the pixel; only the latest that was asked about counts."""
        result, pixel = self.result, self.pixel
        if result is None or pixel is None:
            self.evidence = None
            return
        try:
            evidence = await asyncio.to_thread(result.evidence, pixel)
        except Exception as error:
            evidence = PixelEvidence(pixel=pixel, lacking=user_message(error))
        if result is self.result and pixel == self.pixel:
            self.evidence = evidence

    def _fail(self, error: Exception) -> None:
        self.param.update(result=None, composite=None, pixel=None, problem=user_message(error), refused=False)


def _off_the_map(pixel: tuple[int, int], result: LandCoverMap) -> str:
    rows, columns = result.grid.shape
    return (
        f"The link asks for the pixel in row {pixel[0]} and column {pixel[1]}; this map has rows 0 to {rows - 1} and "
        f"columns 0 to {columns - 1}."
    )
