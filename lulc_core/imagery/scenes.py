"""One Sentinel-2 scene, and which scenes are one acquisition. No network, no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from lulc_core.imagery.access import Reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from shapely.geometry.base import BaseGeometry

BANDS = ("B04", "B03", "B02", "B08", "B11", "B12")
"""The paper's six bands in its order: red, green, blue, nir, swir1, swir2."""

ONE_PASS = timedelta(minutes=20)
"""A satellite goes round the Earth in 100 minutes, and sees a place once in that time; a datatake lasts up to 25."""

SEASONS = {
    month: season
    for season, months in {
        "December-February": (12, 1, 2),
        "March-May": (3, 4, 5),
        "June-August": (6, 7, 8),
        "September-November": (9, 10, 11),
    }.items()
    for month in months
}
"""Season of each month of the calendar year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiometry:
    """How to make reflectance of stored values: ``value * scale + offset``."""

    scale: float | None = None
    """Unitless, > 0; None where it is not said."""
    offset: float | None = None
    """Unitless reflectance; None where it is not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One item of a catalog: one satellite's view of one MGRS tile, or a part of it."""

    id: str
    """The item's identifier."""
    datetime: datetime
    """When the datatake was sensed, UTC."""
    mgrs_tile: str
    """For example ``31UFS``."""
    cloud_cover: float
    """Share of the valid pixels under cloud, %."""
    cloud_shadow: float = 0.0
    """Share of the valid pixels in the shadow of a cloud, %; 0 where the catalog does not say."""
    nodata: float = 0.0
    """Share of the tile without data, %; 0 where the catalog does not say."""
    shares_said: Mapping[str, str] = field(default_factory=dict)
    """Which of `cloud_cover`, `cloud_shadow` and `nodata` the item says, to the name of its property."""
    boa_offset: int
    """What to add to the digital numbers (DN) before dividing by 10 000, where `radiometry` does not say otherwise:
    -1000 from baseline 04.00 on, else 0."""
    radiometry: Mapping[str, Radiometry] = field(default_factory=dict)
    """Asset key of a band to the scale and offset that the item says."""
    remarks: tuple[str, ...] = ()
    """Where the item contradicts itself, and what is believed."""
    footprint: BaseGeometry
    """Outline of its data, in degrees (WGS 84); the data may cover less."""
    hrefs: Mapping[str, str] = field(repr=False)
    """Asset key to absolute address, unsigned; not shown, because it may hold a password."""
    positions: Mapping[str, int] = field(default_factory=dict)
    """Asset key to the position of its band in the file, from 1, where the item says it."""
    no_data: Mapping[str, float] = field(default_factory=dict)
    """Asset key to the stored value that means no data, where the item says it."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Asset key to why its address may not be opened; it is not in `hrefs`."""
    reach: Reach = Reach.WEB
    """How far the connections that read it may lead."""
    checksums: Mapping[str, str] = field(default_factory=dict)
    """Asset key to the multihash of its file, in hexadecimal, where the catalog says it."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Asset key to the size of its file in bytes, where the catalog says it."""
    bounds: Mapping[str, tuple[str, tuple[float, float, float, float]]] = field(default_factory=dict)
    """Asset key to the CRS and west, south, east, north of its image, where the item says it."""
    pixels: Mapping[str, float] = field(default_factory=dict)
    """Asset key to the side of a pixel of its image, in the unit of the CRS, where the item says it."""
    acquisition: str
    """The same for every scene cut from one datatake, however often it was processed."""
    satellite: str = ""
    """Which of the satellites, such as ``A`` of Sentinel-2A; empty if unknown."""
    strip: str = ""
    """Start of its datastrip: tells the parts of a split datatake from a reprocessing; empty if unknown."""
    processed: str = ""
    """Baseline and time of processing, in a form that sorts."""
    simulated: bool = False
    """Whether the imagery is simulated."""
    address: str = field(default="", repr=False)
    """Where its item is to be had, unsigned: in its API, or in the file of a local catalog, after a ``#``."""
    clear_share: float | None = None
    """Share of a place, as far as it lies in the tile, that is seen clearly, 0-1, where that has been measured."""

    @property
    def usable(self) -> float:
        """Share that is seen clearly, 0-1: of the place if that has been measured, else of the tile by the catalog."""
        if self.clear_share is not None:
            return self.clear_share
        clear = 1 - min(100.0, self.cloud_cover + self.cloud_shadow) / 100
        return (1 - self.nodata / 100) * clear

    def __repr__(self) -> str:
        sensed, made = f"{self.datetime:%Y-%m-%d %H:%M}", ", simulated" if self.simulated else ""
        return f"<Scene {self.id}: {sensed}, {self.mgrs_tile}, {self.cloud_cover:.0f}% cloud{made}>"

    @property
    def season(self) -> str:
        """The season it was sensed in, one of the values of `SEASONS`."""
        return SEASONS[self.datetime.month]


def contradictions(scenes: Iterable[Scene]) -> list[str]:
    """Return the remarks on some scenes, each once, with the scenes that it is about."""
    about: dict[str, list[str]] = {}
    for scene in scenes:
        for remark in scene.remarks:
            about.setdefault(remark, []).append(scene.id)
    return [
        f"Item {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {remark}"
        for remark, names in about.items()
    ]


def acquisitions(scenes: Iterable[Scene]) -> list[tuple[Scene, ...]]:
    """Group scenes by acquisition, what one satellite saw in one pass, in order of time.

    Scenes belong together if their catalog says so, and also if one satellite sensed them within `ONE_PASS`, or they do
    not say which: one of two merged catalogs may not name the datatake.

    Returns
    -------
    list of tuple of Scene
        Each group votes once per pixel: the first of its scenes that has data there. The most recently
        processed scene comes first.
    """
    latest_first = sorted(sorted(scenes, key=lambda s: s.id), key=lambda s: s.processed, reverse=True)
    pass_of: dict[str, int] = {}
    seen: list[Scene] = []
    for scene in sorted(latest_first, key=lambda s: s.datetime):
        same = next((s for s in reversed(seen) if _is_of_one_pass(s, scene)), None)
        pass_of.setdefault(scene.acquisition, pass_of[same.acquisition] if same else len(seen))
        seen.append(scene)
    groups: dict[int, list[Scene]] = {}
    for scene in latest_first:
        groups.setdefault(pass_of[scene.acquisition], []).append(scene)
    return sorted(map(tuple, groups.values()), key=lambda g: (min(s.datetime for s in g), g[0].id))


def _is_of_one_pass(before: Scene, scene: Scene) -> bool:
    return scene.datetime - before.datetime <= ONE_PASS and (
        before.satellite == scene.satellite or not (before.satellite and scene.satellite)
    )
