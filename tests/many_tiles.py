"""A territory over the border of two zones of UTM, and a run of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

YEARS = (2020, 2021)
TERRITORY = shapely.box(5.996, 50.900, 6.004, 50.903)
CORNERS = {"31UGS": (709_500, 5_643_400, 32631), "32UKB": (288_900, 5_643_400, 32632)}
"""West and north edge of the imagery on both sides of 6 degrees east, and its EPSG code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRun:
    """What a run needs."""

    territory: Path
    template: lulc.MapRequest

    def into(self, folder: Path, years: tuple[int, ...] = YEARS) -> lulc.Run:
        folder.mkdir(parents=True, exist_ok=True)
        units = tuple(lulc.tile_years([str(self.territory)], years, clip=True))
        return lulc.Run(units=units, template=self.template, folder=folder)


def maps_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every map of a run, by name."""
    return {path.parent.name: path.read_bytes() for path in sorted(folder.glob("[0-9]*-[0-9]*/map.tif"))}
