"""The land of a place: what covers every pixel in a year, and the truth that follows from it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.cores import cores
from lulc_core.simulation.materials import CODES, position
from lulc_core.simulation.noise import field, generator, hashed, uniform
from lulc_core.simulation.parcels import Parcels, parcels
from lulc_core.simulation.terrain import Terrain, terrain
from lulc_core.simulation.towns import Towns, towns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from lulc_core.simulation.styles import Style

FIRE_DAY = 262
"""Day of the year on which fires burn; the truth changes from the next year on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landscape:
    """What stays the same from year to year; every array is ``(y, x)``."""

    style: Style
    """How the region looks."""
    key: tuple[str | int, ...]
    """Key that it is drawn from."""
    terrain: Terrain
    """Relief and water."""
    fields: Parcels
    """Farm parcels."""
    plots: Parcels
    """Town plots."""
    towns: Towns
    """Towns, roads and pits."""
    canopy: NDArray[np.float32]
    """Density of woody plants on wild ground, uniform over 0-1."""
    patches: NDArray[np.float32]
    """Chooses among several covers; uniform over 0-1."""
    farmed: NDArray[np.bool_]
    """Farm land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What covers a place in one year: two covers per pixel; every array is ``(y, x)``."""

    truth: NDArray[np.uint8]
    """Legend code."""
    first: NDArray[np.uint8]
    """Position of the main cover in `materials.COVERS`."""
    second: NDArray[np.uint8]
    """Position of the cover mixed into it."""
    share: NDArray[np.float32]
    """Share of the main cover, 0-1."""
    delay: NDArray[np.float32]
    """Delay of the calendar, days."""
    vigour: NDArray[np.float32]
    """Factor on the green share, about 1."""
    managed: NDArray[np.int64]
    """Number of the farm parcel, and 0 on other ground."""
    burning: NDArray[np.bool_]
    """Ground that burns on `FIRE_DAY` of this year."""


def landscape(style: Style, key: tuple[str | int, ...], shape: tuple[int, int]) -> Landscape:
    """Return the landscape drawn from a key.

    Parameters
    ----------
    style
        How the region looks.
    key
        Key that the place is drawn from: its region and seed.
    shape
        ``(height, width)``, pixels of 10 m.
    """
    with ThreadPoolExecutor(min(3, cores())) as pool:  # none hangs on another: each has a key of its own
        relief = pool.submit(terrain, style, key, shape)
        in_fields = pool.submit(parcels, (*key, "fields"), shape, block=style.block, size=style.field, wavy=style.wavy)
        in_plots = pool.submit(parcels, (*key, "plots"), shape, block=34, size=(9, 5), wavy=1.0)
        land = relief.result()
        built = pool.submit(towns, style, key, land)
        rng = generator(*key, "cover")
        suitable = uniform(field(rng, shape, 130, 3.2)) < style.farmed
        level = (land.slope < style.steep) & (land.shore > 2) & (land.elevation < style.timber[1])
        canopy = _canopy(style, rng, land)
        patches = uniform(field(rng, shape, 60, 3.6))
        fields = in_fields.result()
    return Landscape(
        style=style,
        key=key,
        terrain=land,
        fields=fields,
        plots=in_plots.result(),
        towns=built.result(),
        canopy=canopy,
        patches=patches,
        farmed=(suitable & level)[fields.centre],
    )


def _canopy(style: Style, rng: np.random.Generator, land: Terrain) -> NDArray[np.float32]:
    shape = land.elevation.shape
    low, high = style.timber
    dry = np.clip((low - land.elevation) / 500, 0, 0.8)
    cold = np.clip((land.elevation - high) / 220, 0, 3.0)
    exposed = 0.5 * np.clip(land.slope_y / 0.4, -1, 1) * (style.timber[0] > 0)
    rough = field(rng, shape, 70, 3.6) + 0.13 * field(rng, shape, 6, 3.4)
    return uniform(np.asarray(rough / 1.01 - dry - cold - exposed, np.float32))


def ground(place: Landscape, year: int) -> Ground:
    """Return what covers a place in a year.

    Each layer is painted over the ones before: wild ground, fields, what was cleared or burned, marsh,
    rivers and lakes, pits, towns and roads, lasting snow.
    """
    paint = _Paint.start(place.terrain.elevation.shape)
    _paint_wild(paint, place)
    _paint_fields(paint, place, year)
    managed = np.where(place.farmed, place.fields.ids, 0)
    _paint_clearings(paint, place, year)
    burning = _paint_fires(paint, place, year)
    _paint_wet(paint, place)
    _paint_built(paint, place, year)
    _paint_snow(paint, place)
    rng = generator(*place.key, "vigour", year)
    parcel = hashed(place.fields.ids, f"vigour {year}") - 0.5
    vigour = 1 + 0.09 * field(rng, paint.truth.shape, 30, 2.8) + 0.26 * parcel * place.farmed
    delay = 26 * (hashed(place.fields.ids, f"delay {year}") - 0.5) * place.farmed + rng.normal(0, 5)
    delay += np.clip(place.terrain.elevation - 300, 0, 2000) * 0.015
    return Ground(
        truth=paint.truth,
        first=paint.first,
        second=paint.second,
        share=paint.share,
        delay=delay.astype(np.float32),
        vigour=np.clip(vigour, 0.5, 1.35).astype(np.float32),
        managed=np.where(np.isin(paint.truth, (3, 5)), managed, 0),
        burning=burning,
    )


@dataclass(frozen=True, slots=True)
class _Paint:
    """The canvas that the layers are painted on."""

    truth: NDArray[np.uint8]
    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    share: NDArray[np.float32]

    @classmethod
    def start(cls, shape: tuple[int, int]) -> _Paint:
        truth, first, second = (np.zeros(shape, np.uint8) for _ in range(3))
        return cls(truth, first, second, np.ones(shape, np.float32))

    def put(
        self,
        where: NDArray[np.bool_],
        first: NDArray[np.uint8] | int,
        second: NDArray[np.uint8] | int | None = None,
        share: NDArray[np.float32] | float = 1.0,
    ) -> None:
        """Cover `where`; the truth becomes the class of the first cover."""
        layers: tuple[NDArray[np.generic], ...] = (self.first, self.second, self.share)
        for layer, value in zip(layers, (first, first if second is None else second, share), strict=True):
            layer[where] = value[where] if isinstance(value, np.ndarray) else value
        self.truth[where] = CODES[self.first[where]]


def _choose(shares: Mapping[str, float], number: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return covers in proportion to their shares, by numbers that are uniform over 0-1."""
    places = np.array([position(name) for name in shares], np.uint8)
    limits = np.cumsum(list(shares.values()))[:-1] / sum(shares.values())
    return places[np.searchsorted(limits, number)]


def _paint_wild(paint: _Paint, place: Landscape) -> None:
    """Paint forest, scrub, grass and bare ground by the density of woody plants; each grades into the next."""
    style, canopy = place.style, place.canopy
    trees, scrub, grass = style.wild
    forest, bush, turf, bare = (
        _choose(shares, place.patches) for shares in (style.forests, style.scrubs, style.meadows, style.bare)
    )
    if style.snow_line < 9_000:
        turf = np.where(place.terrain.elevation > style.timber[1], position("alpine meadow"), turf).astype(np.uint8)
        forest, bare = (_by_height(place, shares) for shares in (style.forests, style.bare))
    edges = np.cumsum([1 - trees - scrub - grass, grass, scrub])
    everywhere = np.ones(canopy.shape, bool)
    paint.put(everywhere, bare, bush, np.clip(1.0 - 0.45 * canopy / edges[0], 0.55, 1))
    within = (canopy - edges[0]) / grass
    paint.put(canopy >= edges[0], turf, bush, np.clip(1.0 - 0.26 * within, 0.6, 1))
    within = (canopy - edges[1]) / scrub
    sparse = np.where(place.patches < 0.7, turf, bare).astype(np.uint8)
    paint.put(canopy >= edges[1], bush, sparse, np.clip(0.52 + 0.36 * within, 0, 0.92))
    within = (canopy - edges[2]) / trees
    paint.put(canopy >= edges[2], forest, bush, np.clip(0.66 + 1.1 * within, 0, 1))


def _by_height(place: Landscape, shares: Mapping[str, float]) -> NDArray[np.uint8]:
    """Return the first of two covers on low ground and the second on high ground."""
    low, high = (position(name) for name in shares)
    height = place.terrain.elevation + 400 * (place.patches - 0.5)
    return np.where(height < np.mean(place.style.timber), low, high).astype(np.uint8)


def _paint_fields(paint: _Paint, place: Landscape, year: int) -> None:
    """Paint farm parcels, each with the crop of the year, and the lanes, trees and farms between them."""
    style, ids = place.style, place.fields.ids
    together = hashed(ids, "together") < 0.5
    use = np.where(together, hashed(place.fields.blocks, "use"), hashed(ids, "use"))
    crop = _choose(style.crops, hashed(ids, f"crop {year}"))
    meadow, grove = (_choose(s, hashed(ids, "kind")) for s in (style.meadows, style.groves))
    shrubs = np.clip(place.canopy * 0.5 - 0.1, 0, 0.3)
    bush = _choose(style.scrubs, place.patches)
    is_meadow, is_grove = use < style.meadow, use > 1 - style.grove
    paint.put(place.farmed & ~is_meadow & ~is_grove, crop)
    paint.put(place.farmed & is_meadow, meadow, bush, 1 - shrubs)
    gaps = np.clip(0.76 + 0.24 * hashed(ids, "gaps"), 0, 0.97)
    paint.put(place.farmed & is_grove, grove, meadow, gaps)
    lined = hashed(place.fields.blocks, "hedges") < 2.2 * style.hedges
    hedge = place.farmed & place.fields.borders & lined & (place.canopy > 0.5)
    paint.put(hedge, _choose(style.forests, place.patches), meadow, 0.7)


def _paint_clearings(paint: _Paint, place: Landscape, year: int) -> None:
    """Turn forest into fields for two years, then into scrub, patch by patch, more at the forest's edge."""
    style = place.style
    if style.cleared == 0:
        return
    front = np.clip(2.2 * (1 - place.patches), 0, 2)
    number = hashed(place.fields.ids, "clearing")
    age = np.floor(year - 2017 - number / np.maximum(style.cleared * front, 1e-6))
    forest = (paint.truth == 2) & (place.terrain.slope < 0.6) & ~place.farmed
    young = position("cassava" if "cassava" in style.crops else "tropical fallow")
    paint.put(forest & (age >= 0) & (age < 2), young, position("regrowth"), 0.85)
    paint.put(forest & (age >= 2), position("regrowth"), young, 0.8)


def _paint_fires(paint: _Paint, place: Landscape, year: int) -> NDArray[np.bool_]:
    """Paint what earlier fires left, and return where this year's fire burns.

    A fire leaves bare ground for a year, then grass for a year, then scrub.
    """
    nothing = np.zeros(paint.truth.shape, bool)
    if place.style.burned == 0:
        return nothing
    for fire in range(2017, year):
        burned = _fire(place, fire) & np.isin(paint.truth, (2, 6))
        age = year - fire
        bush, turf = position("chaparral"), position("annual grassland")
        if age == 1:
            paint.put(burned, position("burned"), bush, 0.85)
        elif age == 2:
            paint.put(burned, turf, bush, 0.72)
        else:
            paint.put(burned, bush, turf, min(0.5 + 0.06 * age, 0.8))
    return _fire(place, year) & np.isin(paint.truth, (2, 3, 6)) & ~place.farmed


def _fire(place: Landscape, year: int) -> NDArray[np.bool_]:
    fuel = field(generator(*place.key, "fire", year), place.canopy.shape, 90, 3.6) + 0.4 * (place.canopy - 0.5)
    return np.asarray((uniform(fuel) > 1 - place.style.burned) & ~place.farmed)


def _paint_wet(paint: _Paint, place: Landscape) -> None:
    """Paint marsh on low ground near water, bars along the river, and the water itself."""
    style, land = place.style, place.terrain
    rng = generator(*place.key, "wet")
    patch = uniform(field(rng, paint.truth.shape, 45, 3.5))
    low = (land.above_stream < style.wet * (0.4 + patch)) & (land.shore < 55)
    marsh = low & (patch > 1 - style.marsh) & (land.slope < style.steep)
    kinds = _choose(style.marshes, uniform(field(rng, paint.truth.shape, 80, 3.8)))
    inner = np.clip((patch - 1 + style.marsh) / style.marsh, 0, 1)
    paint.put(marsh, kinds, _choose(style.meadows, place.patches), 0.62 + 0.38 * inner)
    beside = (land.shore > 0) & (land.shore < 1.5 + 0.7 * style.river)
    bar = beside & (field(rng, paint.truth.shape, 30, 2.6) > 0.85)
    paint.put(bar, position("gravel bar"), _choose(style.scrubs, place.patches), 0.85)
    still = position("clear water")
    paint.put(land.water, np.where(patch < 0.5, position("turbid water"), still).astype(np.uint8), still, patch)


def _paint_built(paint: _Paint, place: Landscape, year: int) -> None:
    """Paint pits, roads, towns with their plots and gardens, and farmsteads."""
    style, built = place.style, place.towns
    dry = paint.truth != 1
    dug = _choose(style.bare, hashed(place.fields.blocks, "pit"))
    paint.put((built.year_dug <= year) & dry, dug, paint.second, 0.93)
    meadow = position(next(iter(style.meadows)))
    farm = hashed(place.fields.ids, "farmstead") < style.hamlets
    yard = farm & place.farmed & (np.hypot(*(np.indices(farm.shape) - np.stack(place.fields.centre))) < 2.2)
    paint.put(yard & dry, _choose(style.roofs, hashed(place.plots.ids, "roof")), meadow, 0.62)
    paved = hashed(place.fields.blocks, "lane") < 0.30
    road = built.roads | (place.fields.lanes & paved & place.farmed)
    paint.put(road & dry, position("asphalt"), meadow, 0.66)
    paint.put(built.roads, position("asphalt"), position("concrete"), 0.85)
    _paint_towns(paint, place, (built.year_built <= year) & dry)


def _paint_towns(paint: _Paint, place: Landscape, town: NDArray[np.bool_]) -> None:
    style, plots = place.style, place.plots
    core = np.clip(place.towns.centrality, 0, 1)
    roof = _choose(style.roofs, hashed(plots.ids, "roof"))
    garden = _choose(style.meadows, hashed(plots.ids, "garden"))
    tree = _choose(style.forests, hashed(plots.ids, "garden"))
    green = style.gardens * (1.25 - 0.8 * core) * (0.45 + 1.1 * hashed(plots.ids, "green"))
    lush = hashed(plots.ids, "shade") < 0.4
    paint.put(town, roof, np.where(lush, tree, garden).astype(np.uint8), np.clip(1 - green, 0.3, 0.97))
    park = hashed(plots.ids, "park") * (1.3 - 0.5 * core)
    paint.put(town & (park > 1.02), np.where(lush, tree, garden).astype(np.uint8), garden, 0.86)
    works = hashed(plots.blocks, "works") < 0.10
    big = np.where(hashed(plots.ids, "hall") < 0.5, position("metal roofs"), position("concrete")).astype(np.uint8)
    paint.put(town & works, big, position("asphalt"), 0.7)
    paint.put(town & plots.borders & (hashed(plots.blocks, "street") < 0.8), position("asphalt"), roof, 0.6)


def _paint_snow(paint: _Paint, place: Landscape) -> None:
    """Paint lasting snow where it is high, and less so where it faces south or is steep."""
    if place.style.snow_line > 9_000:
        return
    height = place.terrain.elevation + 320 * (place.patches - 0.5) + 250 * np.clip(place.terrain.slope_y, -1, 1)
    above = (height - place.style.snow_line) / 200
    white = np.clip(0.72 + 0.25 * above, 0, 1).astype(np.float32)
    paint.put((above > 0) & (paint.truth != 1), position("snow field"), position("rock"), white)
