"""``lulc compare``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.listing import Listing
from lulc_core.cli.stated_units import read_with_tags
from lulc_core.cli.words import comparison_words, print_note, print_result
from lulc_core.mapping.staging import staged

if TYPE_CHECKING:
    from collections.abc import Mapping

    import typer
    import xarray as xr

    from lulc_core.json_types import JsonObject

_RASTERS = (".tif", ".tiff", ".img", ".vrt", ".nc", ".jp2")
"""Ends of the names of files, also of those that are not there."""
_ODD = ("disagreement.tif", "disagreement.tif.aux.xml")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("compare", cls=Listing)(compare)


def compare(
    map_path: opt.MapToCompare,
    others: opt.With,
    crosswalk: opt.CrosswalkNames = None,
    asset: opt.Asset = "",
    year: opt.OwnYear = None,
    mmu: opt.Units = "1,4,9,25",
    catalog: opt.MapCatalog = "planetary-computer",
    timeout: opt.Timeout = 30.0,
    out: opt.CompareOut = None,
    as_json: opt.Json = False,
) -> None:
    """Compare a map with one or two maps of others: agreement by class, and where three maps differ.

    Neither map is the truth, so this is agreement, not accuracy.

    Example: lulc compare --map out/map.tif --with io-lulc-annual-v02 --with esa-worldcover --out out/compared
    """
    if len(others) > 2:
        raise lulc.InvalidInputError(f"Give --with once or twice: three maps are compared at most; got {len(others)}.")
    units = _units(mmu)
    ours, tags = read_with_tags(map_path)
    ours = ours.assign_attrs(title=map_path.name)
    region = lulc.Region.from_grid(ours.odc.geobox, name=map_path.stem, title=map_path.name)
    said = _crosswalks(others, crosswalk or [])
    wanted = _year(map_path, tags, year)
    source = lulc.ImagerySource(catalog=catalog, timeout=timeout)
    theirs = [read_other_map(name, region, wanted, source, crosswalk=said.get(name), asset=asset) for name in others]
    result, files = _compared([ours, *theirs], units, map_path, wanted)
    if out is not None:
        _write(out, result, files)
    print_result(result, as_json, comparison_words(result) + (f"\nWritten to {out}" if out else ""))


def _units(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise lulc.InvalidInputError(f"--mmu takes whole numbers of pixels, such as 1,4,9,25; got {text!r}.")
    return sorted({int(part) for part in parts})


def _year(map_path: Path, tags: Mapping[str, str], year: int | None) -> int | None:
    """Return the year that is asked for, or that the map itself says; says if the map is simulated."""
    if tags.get("SIMULATED") == "yes":
        print_note(f"{map_path.name} is a map of simulated imagery: no published map shows that landscape.")
    own = tags.get("YEAR", "")
    return year if year is not None else int(own) if own.isdecimal() else None


def _crosswalks(others: list[str], given: list[str]) -> dict[str, lulc.CrosswalkTable]:
    """Return the crosswalk of each map that is not known by name."""
    unknown = [name for name in others if name not in lulc.REFERENCE_MAPS]
    if given and len(given) not in (1, len(unknown)):
        raise lulc.InvalidInputError(
            f"Give --crosswalk once, or once for each --with that is not known by name ({len(unknown)}); got "
            f"{len(given)}."
        )
    if given and not unknown:
        raise lulc.InvalidInputError("--crosswalk does not apply: the maps have their own. Leave it out.")
    tables = [_crosswalk(name) for name in given]
    return dict(zip(unknown, tables if len(tables) == len(unknown) else tables * len(unknown), strict=False))


def _crosswalk(name: str) -> lulc.CrosswalkTable:
    if name in lulc.CROSSWALKS:
        return lulc.CROSSWALKS[name]
    if Path(name).suffix or Path(name).exists():
        return lulc.read_crosswalk(name)
    raise lulc.NotFoundError(
        f"There is no crosswalk {name!r}. Choose one of {', '.join(lulc.CROSSWALKS)}, or give a CSV: code,name,class."
    )


def read_other_map(
    name: str,
    region: lulc.Region,
    year: int | None,
    source: lulc.ImagerySource,
    *,
    crosswalk: lulc.CrosswalkTable | None = None,
    asset: str = "",
) -> xr.DataArray:
    """Return the map of a collection or a file."""
    known = lulc.REFERENCE_MAPS.get(name)
    if known is None and (Path(name).exists() or Path(name).suffix.lower() in _RASTERS):
        return lulc.read_reference_map(name, region, crosswalk=crosswalk)
    if known is None and crosswalk is None:
        raise lulc.InvalidInputError(
            f"{name} is no file, and none of the maps that are known: {', '.join(lulc.REFERENCE_MAPS)}. If it is "
            "another collection of the catalog, give its --crosswalk."
        )
    if year is None:
        raise lulc.InvalidInputError("The map does not say of which year it is. Give --year.")
    if known is None and crosswalk is not None:
        known = lulc.ReferenceMap(collection=name, title=name, credit="", asset=asset, years=(year,), table=crosswalk)
    return lulc.load_reference_map(
        known or name, region, year=year, catalog=source.catalog, timeout=source.timeout, cancel=INTERRUPTED
    )


def _compared(
    maps: list[xr.DataArray], units: list[int], map_path: Path, year: int | None
) -> tuple[JsonObject, JsonObject]:
    """Return what is printed, and the tables and the map that are written."""
    ours, *theirs = maps
    if len({one.attrs["title"] for one in maps}) < len(maps):
        raise lulc.InvalidInputError("Maps that are compared must have different names; two are alike. Rename a file.")
    found = {str(one.attrs["title"]): [lulc.agreement(ours, one, unit_px=unit) for unit in units] for one in theirs}
    result: JsonObject = {
        "map": str(map_path),
        "year": year,
        "with": [
            {key: one.attrs.get(key) for key in ("title", "year", "credit", "crosswalk")}
            | {"agreement": [a.as_dict() for a in by_unit]}
            for one, by_unit in zip(theirs, found.values(), strict=True)
        ],
        "warnings": [warning for one in theirs for warning in _warnings(one, year)],
    }
    files = _tables(found)
    if len(theirs) == 2:
        odd = [lulc.disagreement(maps, [str(one.attrs["title"]) for one in maps], unit_px=unit) for unit in units]
        result["disagreement"] = [
            {"minimum_mapping_unit_px": unit, "cases": one.to_frame().to_dict(orient="index")}
            for unit, one in zip(units, odd, strict=True)
        ]
        files["disagreement.tif"] = odd[0]
    return result, files


def _warnings(theirs: xr.DataArray, year: int | None) -> list[str]:
    """Return what a reader of the figures should know of a map: its year, its pixels, what its crosswalk hides."""
    said, own = theirs.attrs, theirs.attrs.get("year")
    other_year = [f"the nearest year that it has is {own}, not {year}."] if own is not None and own != year else []
    return [f"{said['title']}: {words}" for words in (*other_year, said["remark"], *said["hides"]) if words]


def _tables(found: dict[str, list[lulc.Agreement]]) -> JsonObject:
    """Return the figures by class, and the cells of the matrices, for each map and minimum mapping unit."""
    import pandas as pd

    both = [(title, one) for title, by_unit in found.items() for one in by_unit]
    keys, names = [(title, one.unit_px) for title, one in both], ["map", "unit_px"]
    cells = [one.matrix().reset_index().melt("ours", var_name="theirs", value_name="area_ha") for _, one in both]
    tables = {
        "agreement.csv": [one.to_frame().reset_index() for _, one in both],
        "matrix.csv": [cell.assign(share=cell["area_ha"] / cell["area_ha"].sum()) for cell in cells],
    }
    return {
        name: pd.concat(parts, keys=keys, names=names).reset_index(level=names).reset_index(drop=True)
        for name, parts in tables.items()
    }


def _write(out: Path, result: JsonObject, files: JsonObject) -> None:
    """Write the figures as JSON and CSV, and the map of disagreement, all together or not at all."""
    with staged(out, without=[] if _ODD[0] in files else _ODD) as stage:
        (stage / "agreement.json").write_text(json.dumps(result, indent=2, allow_nan=False) + "\n", "utf-8")
        for name, content in files.items():
            if isinstance(content, lulc.Disagreement):
                lulc.write_map(content.label, stage / name, legend=content.legend)
            else:
                content.to_csv(stage / name, index=False, lineterminator="\n")
