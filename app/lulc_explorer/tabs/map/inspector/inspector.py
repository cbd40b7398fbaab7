"""The head of the dock: steps through the patches where two classes are confused, the most contested first."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.command import Command
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.engine.confusion import CAUSES
from lulc_explorer.rendering import raster
from lulc_explorer.rendering.formatting import hectares, percent
from lulc_explorer.rendering.outline import Patch
from lulc_explorer.session.focus import LEAST_HA

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox

    from lulc_explorer.engine.confusion import ConfusedPatch, ConfusedPatches
    from lulc_explorer.session.session import Session

_GROUP, INSPECT = "Confusion", "Inspect confused classes"
NO_CAUSE = "No single cause"
NO_MAP = "There is no map yet. Classes can be inspected once it is made."
LIMITS = (
    "Causes are read from votes, dates and masks only. They cannot know the ground: a confusion that is the same on "
    "every date, a change during the year and an error in the training labels stay hidden. Of several causes, the "
    "first that applies is named."
)
_AROUND_M, _LEAST_M = 0.8, 500
"""What is shown around a patch: a share of its size on every side, and at least so many Mercator metres across."""


class InspectorBar(StyledComponent):
    """What a click answers, and the patches of two confused classes, one by one."""

    open = param.Boolean(False, doc="Whether patches are inspected.")
    asked = param.Boolean(False, doc="Whether a pixel is shown.")
    clicks = param.Integer(0, doc="Number of pixels asked about: on a phone the map comes above the drawer.")
    lacking = param.String(doc="Why there is nothing to inspect; empty if there is.")
    pairs = param.List(doc="Value and label of each pair of classes, the most contested first.")
    pair = param.String(doc="Codes of the two classes, as `3,5`.")
    least = param.Number(LEAST_HA[1], doc="Area of the smallest patch, hectares.")
    sizes = param.List(list(LEAST_HA), doc="The areas to choose from.")
    tally = param.List(doc="Key, title, meaning and number of patches of each cause.")
    cause = param.String("all", doc="The cause whose patches are stepped through.")
    at = param.Integer(-1, doc="Position of the patch on screen; -1 for none.")
    count = param.Integer(0, doc="Number of patches to step through.")
    patch = param.Dict(default={}, doc="Cause, reason and facts of the patch on screen, as texts.")
    busy = param.Boolean(False, doc="Whether patches are searched for.")
    limits = param.String(LIMITS, doc="What causes cannot know.")
    leave = param.Integer(0, doc="Number of requests to close.")
    home = param.Integer(0, doc="Number of requests for the whole place.")

    _esm = Path(__file__).with_name("inspector.js")


class Inspector(pn.viewable.Viewer):
    """Steps through confused patches: flies to each and asks about a pixel that shows its cause.

    Parameters
    ----------
    session
        The session of one person.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._found: ConfusedPatches | None = None
        self._flies = session.focus.pair is not None and session.inspection.pixel is None and not session.display.view
        focus, bar = session.focus, InspectorBar(margin=0, sizing_mode="stretch_width")
        self._bar = bar
        bar.param.update(open=focus.pair is not None, pair=_written(focus.pair), least=focus.least_ha)
        bar.param.watch(self._toggle, "open")
        bar.param.watch(self._choose, ["pair", "least", "cause"])
        bar.param.watch(self._fly, "at")
        bar.param.watch(self._close, "leave")
        bar.param.watch(self._go_home, "home")
        focus.param.watch(self._find, ["pair", "least_ha"])
        session.map.param.watch(self._find, "composite")
        session.inspection.param.watch(self._follow, ["pixel", "asked"])
        self._follow()
        if focus.pair is not None:
            pn.state.onload(self._find)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._bar

    @property
    def _listed(self) -> list[tuple[int, ConfusedPatch]]:
        """The patches to step through, each with its number from 1."""
        every = enumerate(self._found.patches, 1) if self._found else ()
        return [(number, patch) for number, patch in every if self._bar.cause in ("all", patch.cause or "none")]

    async def _toggle(self, event: param.parameterized.Event) -> None:
        """Open with the most contested pair, or close."""
        if not event.new:
            self._session.focus.param.update(pair=None, patch=None)
        elif self._session.focus.pair is None:
            await self._offer()
            await inspect(self._session)

    async def _offer(self) -> None:
        """Offer the pairs of the composite."""
        land_cover, pairs = self._session.map.land_cover, await _contested(self._session)
        why = land_cover.why_no_votes if land_cover else NO_MAP
        self._bar.param.update(
            lacking=why or ("" if pairs else "No two classes are confused on this map."),
            pairs=[{"value": _written(pair), "label": f"{_names(pair)} · {hectares(area)} ha"} for pair, area in pairs],
        )

    def _choose(self, event: param.parameterized.Event) -> None:
        focus = self._session.focus
        if event.name == "cause":
            self._tell(fly=True)
        elif event.name == "least":
            focus.least_ha = event.new
        elif event.new and event.new != _written(focus.pair):
            focus.pair = _read(event.new)

    async def _find(self, *events: param.parameterized.Event) -> None:
        """Find the patches of the chosen pair, in a thread; only the latest choice counts."""
        focus, opened, bar = self._session.focus, self._session.map, self._bar
        land_cover, composite, pair, least_ha = opened.land_cover, opened.composite, focus.pair, focus.least_ha
        bar.param.update(open=focus.pair is not None, pair=_written(focus.pair), least=focus.least_ha)
        if pair is None or land_cover is None or composite is None or land_cover.why_no_votes:
            self._found = None
            self._tell()
            return
        bar.busy = True
        await self._offer()
        found = await asyncio.to_thread(land_cover.confused_patches, composite, pair, least_ha)
        if composite is opened.composite and (pair, least_ha) == (focus.pair, focus.least_ha):
            self._found = found
            bar.param.update(busy=False, cause="all", tally=_tally(found))
            self._tell(fly=self._flies or any(event.name != "composite" for event in events))
            self._flies = False

    def _tell(self, *, fly: bool = False) -> None:
        """Show the patch that holds the inspected pixel; else fly to the first."""
        listed = self._listed
        at = self._position(listed)
        self._bar.param.update(count=len(listed), at=-1 if at < 0 and fly and listed else at)
        if at < 0 and fly and listed:
            self._bar.at = 0
        self._show()

    def _position(self, listed: list[tuple[int, ConfusedPatch]]) -> int:
        """Return the position of the patch that holds the inspected pixel; -1 if none does."""
        pixel = self._session.inspection.pixel
        number = int(self._found.ids[pixel]) if pixel is not None and self._found is not None else 0
        return next((at for at, (its, _) in enumerate(listed) if its == number), -1)

    def _fly(self, event: param.parameterized.Event) -> None:
        """Show a patch on the maps, and ask about a pixel that shows its cause."""
        listed, land_cover = self._listed, self._session.map.land_cover
        if not 0 <= event.new < len(listed) or land_cover is None:
            return
        _, patch = listed[event.new]
        if self._position(listed) != event.new:
            top, left, bottom, right = patch.box
            self._session.display.view = _around(land_cover.grid[top:bottom, left:right])
            self._session.inspection.ask(patch.pixel)
        self._show()

    def _show(self) -> None:
        """Say what is known of the patch on screen, and outline it."""
        listed, at = self._listed, self._bar.at
        land_cover, composite = self._session.map.land_cover, self._session.map.composite
        if self._found is None or land_cover is None or composite is None or not 0 <= at < len(listed):
            self._bar.patch, self._session.focus.patch = {}, None
            return
        number, patch = listed[at]
        box = tuple(slice(*ends) for ends in zip(patch.box[:2], patch.box[2:], strict=True))
        pixels = self._found.ids[box] == number
        self._bar.patch = describe(patch, float(composite.data["margin"].values[box][pixels].min()))
        self._session.focus.patch = Patch(pixels=pixels, grid=land_cover.grid[box])

    def _follow(self, *_: param.parameterized.Event) -> None:
        """Keep to the pixel that is asked about: a click on another patch steps there."""
        inspection = self._session.inspection
        self._bar.param.update(asked=inspection.pixel is not None, clicks=inspection.asked)
        if self._found is not None:
            self._bar.at = self._position(self._listed)
            self._show()

    def _close(self, _: param.parameterized.Event) -> None:
        """Put the evidence away, and end the inspection."""
        self._bar.open = False
        self._session.inspection.pixel = None

    def _go_home(self, _: param.parameterized.Event) -> None:
        self._session.display.view = ""


def commands(session: Session) -> list[Command]:
    """Return the command that steps through confused patches, and the one that ends that."""
    leave = partial(session.focus.param.update, pair=None, patch=None)
    inspecting = session.focus.pair is not None
    ends = [Command(group=_GROUP, title="Stop inspecting confused classes", run=leave)]
    return [Command(group=_GROUP, title=INSPECT, run=partial(inspect, session)), *(ends if inspecting else ())]


async def inspect(session: Session) -> None:
    """Inspect the most contested pair of classes; nothing without a map that has votes."""
    if pairs := await _contested(session):
        session.focus.pair = pairs[0][0]


async def _contested(session: Session) -> list[tuple[tuple[int, int], float]]:
    """Return the pairs of the composite, each with its contested hectares, the most contested first."""
    composite, land_cover = session.map.composite, session.map.land_cover
    if composite is None or land_cover is None or land_cover.why_no_votes:
        return []
    return await asyncio.to_thread(composite.contested_pairs)


def describe(patch: ConfusedPatch, least: float) -> dict[str, str]:
    """Return the cause of a patch, what speaks for it, its size, and its mean and least margin, as texts."""
    return {
        "cause": CAUSES[patch.cause].title if patch.cause else NO_CAUSE,
        "why": patch.why,
        "facts": f"{hectares(patch.hectares)} ha, where the winner leads by {percent(patch.margin)} of the score on "
        f"average, and by {percent(least)} at the closest pixel",
    }


def _tally(found: ConfusedPatches) -> list[dict[str, str | int]]:
    """Return the causes of some patches, all of them first."""
    every: dict[str, str | int] = {"key": "all", "title": "All", "meaning": "", "count": len(found.patches)}
    return [every] + [
        {
            "key": key or "none",
            "title": CAUSES[key].title if key else NO_CAUSE,
            "meaning": CAUSES[key].meaning if key else "No rule applies.",
            "count": count,
        }
        for key, count in found.tally().items()
    ]


def _around(grid: GeoBox) -> str:
    """Return the view of a patch in the format of the link."""
    west, south, east, north = raster.mercator_bounds(grid)
    half = max((1 + 2 * _AROUND_M) * max(east - west, north - south), _LEAST_M) / 2
    x, y = raster.middle((west, south, east, north))
    return ",".join(f"{side:.5f}" for side in raster.to_degrees((x - half, y - half, x + half, y + half)))


def _names(pair: tuple[int, int]) -> str:
    return " and ".join(LEGEND[code].name for code in pair)


def _written(pair: tuple[int, int] | None) -> str:
    return ",".join(map(str, sorted(pair))) if pair else ""


def _read(text: str) -> tuple[int, int]:
    one, other = map(int, text.split(","))
    return one, other
