"""``lulc search`` of a catalog of finished maps, as a run leaves it: it lists the maps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import shapely.geometry
from rich.console import Console
from rich.table import Table

import lulc_core as lulc
from lulc_core.home import from_home
from lulc_core.imagery.answers import read_features
from lulc_core.imagery.catalogs import CATALOGS, is_address
from lulc_core.runs.plan import CATALOG

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from lulc_core.json_types import JsonObject


def show_made_maps(catalog: str | None, year: int, ground: BaseGeometry | None, *, as_json: bool) -> bool:
    """Print the maps of a year, of some ground if that is given, where a catalog lists maps; return whether it does."""
    if catalog is None or catalog in CATALOGS or is_address(catalog) or not (maps := _maps(from_home(catalog))):
        return False
    years = sorted({str(one["properties"]["start_datetime"])[:4] for one in maps})
    chosen = [one for one in maps if str(one["properties"]["start_datetime"]).startswith(f"{year}-")]
    if ground is not None:
        chosen = [one for one in chosen if shapely.geometry.shape(one["geometry"]).intersects(ground)]
    if not chosen:
        raise lulc.NotFoundError(f"{catalog} lists no such map of {year}; its maps are of {', '.join(years)}.")
    rows = [
        {
            "id": one["id"],
            "network": one["properties"]["lulc:model"],
            "simulated": one["properties"]["lulc:simulated"],
            "map": one["assets"]["map"]["href"],
        }
        for one in chosen
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
        return True
    table = Table(title=f"Finished maps, {year}")
    for name in rows[0]:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("yes" if cell is True else "" if cell is False else str(cell) for cell in row.values()))
    Console().print(table)
    return True


def _maps(path: Path) -> list[JsonObject]:
    """Return the items of a catalog, which may be that of a run, if all of them are maps that were made here."""
    path = path / CATALOG if lulc.is_run(path) else path
    if not (path.is_file() or (path / "items.json").is_file()):
        return []
    items = read_features(path)
    made = [one for one in items if isinstance(one, dict) and "lulc:weights" in (one.get("properties") or {})]
    return made if len(made) == len(items) else []
