"""``lulc search`` and ``lulc map``."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.ending import INTERRUPTED, saying_how_to_go_on
from lulc_core.cli.listing import Listing
from lulc_core.cli.made_maps import show_made_maps
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.words import print_note, read_pairs
from lulc_core.cores import cores
from lulc_core.counted import counted, percent
from lulc_core.imagery.access import public
from lulc_core.imagery.answers import read_features
from lulc_core.imagery.catalogs import CATALOGS, is_address
from lulc_core.imagery.selection import LOOKS, check_choice, check_clear_of
from lulc_core.mapping.staging import made
from lulc_core.networks.folders import usual_network

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_core.cli.progress import NotebookBar, ProgressBar
    from lulc_core.imagery.selection import Verdict

LONG_S = 600.0
"""A run that takes longer than this, at the least, is asked for again: nobody waits at the terminal that long."""
MUCH_BYTES = 5 * 10**9
"""So is one that reads more: an hour on a slow line, and more than many mobile contracts have."""
MOST_OF_DISK = 0.5
"""And one that takes more of what is free on its disk: other work on it would suffer."""
TOLD_S = 60.0
"""A run that may take longer is told what it takes, and so is every one that reads from a server."""
_log = logging.getLogger(__name__)
_SIMULATED = "simulated"
"""The catalog of a built-in region if none is named."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("search", cls=Listing)(search)
    app.command("map", cls=Listing)(make)


def search(
    year: opt.Year,
    catalog: opt.Catalog = None,
    bbox: opt.Bbox = None,
    region: opt.Named = None,
    polygon: opt.Polygon = None,
    max_scenes: opt.MaxScenes = None,
    looks: opt.Looks = LOOKS,
    clear_of: opt.ClearOf = "place",
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    fallback: opt.Fallback = None,
    refresh: opt.Refresh = False,
    compare: opt.Compare = None,
    as_json: opt.Json = False,
) -> None:
    """List the scenes of a place and a year, which of them would be used, and why; or the maps of a finished run.

    Example: lulc search --bbox 4.70 50.85 4.80 50.92 --catalog planetary-computer --year 2021
    """
    check_choice(max_scenes, looks)
    check_clear_of(clear_of)
    ground = _place(region, bbox, polygon, None)[0].ground if region or bbox or polygon else None
    if show_made_maps(catalog, year, ground, as_json=as_json):
        return
    place, source = _place(region, bbox, polygon, catalog)
    find = partial(
        lulc.search,
        place,
        year=year,
        timeout=timeout,
        on_imperfect=lambda error: print_note(error, "left out"),
        on_remark=print_note,
        on_record=_say_source,
        data_dirs=data_dir or (),
        refresh=refresh,
    )
    found = find(catalog=_ready(source, place, year, quiet=as_json), fallback=fallback)
    for note in place.notes:
        print_note(note)
    if compare:
        _show_comparison(lulc.compare_catalogs(found, find(catalog=compare)), (source, compare), as_json=as_json)
        return
    if clear_of == "place" and max_scenes != 0:
        found = lulc.measure_clear_shares(found, place, cancel=INTERRUPTED)
    _show_scenes(lulc.choose(found, max_scenes, looks=looks).verdicts, f"{place.title}, {year}", as_json=as_json)


def _show_scenes(verdicts: Sequence[Verdict], title: str, *, as_json: bool) -> None:
    """Print the scenes of a place and a year, which of them would be used, and why."""
    if as_json:
        print(json.dumps([v.summary() for v in verdicts], indent=2))
        return
    table = Table("date", "tile", "cloud %", "usable %", "used", "why", title=title)
    for v in verdicts:
        numbers = (f"{v.scene.cloud_cover:.0f}", f"{v.scene.usable:.0%}"[:-1])
        table.add_row(f"{v.scene.datetime:%Y-%m-%d}", v.scene.mgrs_tile, *numbers, "yes" if v.taken else "", v.reason)
    Console().print(table)


def _say_source(record: lulc.SearchRecord) -> None:
    """Say that scenes are of an earlier search, or of another catalog than was asked for."""
    if record.instead_of:
        print_note(f"{record.instead_of} The scenes are those of {record.catalog}.")
    if record.kept:
        print_note(f"{record.catalog} answered at {record.asked:%Y-%m-%d %H:%M} UTC; --refresh asks it again.")


def _show_comparison(found: lulc.CatalogComparison, names: tuple[str, str], *, as_json: bool) -> None:
    """Print how many acquisitions each of two catalogs lists, and those that it lacks."""
    names = (public(names[0]), public(names[1]))
    if as_json:
        print(json.dumps(found.summary(names), indent=2))
        return
    table = Table("catalog", "acquisitions", "lacks")
    for name, count, lacks in zip(names, found.counts, found.missing, strict=True):
        table.add_row(name, str(count), ", ".join(f"{tile} {moment:%Y-%m-%d}" for moment, tile in lacks))
    Console().print(table)


@saying_how_to_go_on()
def make(
    year: opt.Year,
    out: opt.MapOut,
    model: opt.Network = None,
    runtime: opt.Runtime = None,
    precision: opt.Precision = None,
    catalog: opt.Catalog = None,
    bbox: opt.Bbox = None,
    region: opt.Named = None,
    polygon: opt.Polygon = None,
    mask: opt.Mask = "scl",
    weights: opt.ClassWeights = "",
    max_scenes: opt.MaxScenes = None,
    looks: opt.Looks = LOOKS,
    clear_of: opt.ClearOf = "place",
    strict: opt.Strict = False,
    chip: opt.Chip = 500,
    overlap: opt.Overlap = 100,
    probabilities: opt.Probabilities = False,
    quicklooks: opt.Quicklooks = False,
    keep: opt.Keep = "predictions",
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    fallback: opt.Fallback = None,
    refresh: opt.Refresh = False,
    as_json: opt.Json = False,
    _jobs: opt.Jobs = None,
    yes: opt.Yes = False,
    _verbose: opt.Verbose = False,
) -> None:
    """Make the land-cover map of a place and a year by the class-weighted mode of its scenes.

    A run that was ended goes on where it was: give the same command again.

    Example: lulc map --region laos --year 2021 --out out/laos
    """
    place, source = _place(region, bbox, polygon, catalog)
    request = lulc.MapRequest(
        region=place,
        year=year,
        model=lulc.Model.open(network_for(model, source), runtime=runtime, precision=precision),
        catalog=source,
        data_dirs=data_dir or (),
        mask=mask,
        weights=read_pairs(weights, "--weights", "class=number pairs, such as crops=1.5,grass=1.2"),
        max_scenes=max_scenes,
        looks=looks,
        clear_of=clear_of,
        strict=strict,
        chip=chip,
        overlap=overlap,
        probabilities=probabilities,
        quicklooks=quicklooks,
        keep=keep,
        timeout=timeout,
        fallback=fallback,
        refresh=refresh,
    )
    _make(request, out, as_json, yes)


def network_for(model: str | None, catalog: str) -> str:
    """Return the network that was named, or else one for the imagery of a catalog."""
    return model or usual_network(simulated=_is_simulated(catalog))


def _is_simulated(catalog: str) -> bool:
    if catalog == _SIMULATED or is_address(catalog):
        return catalog == _SIMULATED
    items = read_features(Path(catalog))
    return all(isinstance(item, dict) and (item.get("properties") or {}).get("lulc:simulated") for item in items)


def _make(request: lulc.MapRequest, out: Path, as_json: bool, yes: bool) -> None:
    """Make a map, and print what came of it."""
    warnings.filterwarnings("ignore", module="rasterio")  # odc-stac warps arrays without a transform
    model = request.open_model()  # refused, as the folder is, before anything is simulated
    because = f", because {model.remark}" if model.remark else ""
    _log.info("%s runs by %s in %s on %d core(s)%s", model.name, model.runtime, model.precision, cores(), because)
    with made(out):
        catalog = _ready(str(request.catalog), request.region, request.year, quiet=as_json)
        request = dataclasses.replace(request, catalog=catalog)
        with progress_bar(quiet=as_json) as progress:
            agree = partial(_agree, progress=progress, quiet=as_json, ask=not yes)
            report = lulc.make_map(request, out, progress=progress, cancel=INTERRUPTED, on_cost=agree)
    if as_json:
        print(json.dumps(dataclasses.asdict(report), indent=2))
        return
    _show(report, f"{request.region.title}, {request.year}")
    Console().print(f"Written to {out}")


def _agree(cost: lulc.Cost, *, progress: ProgressBar | NotebookBar, quiet: bool, ask: bool) -> None:
    """Say what a map takes, if that is worth to be said; on a terminal, ask before it is too much."""
    if not is_much(cost) and (quiet or not (cost.live or cost.seconds[1] > TOLD_S)):
        return
    with progress.paused():
        print_note(cost, "estimate")
        if is_much(cost) and ask and at_terminal():
            typer.confirm("Go on?", abort=True, err=True)


def is_much(cost: lulc.Cost) -> bool:
    """Return whether a person had better be asked before that much is begun."""
    return cost.seconds[0] > LONG_S or cost.read_bytes > MUCH_BYTES or cost.disk_bytes > MOST_OF_DISK * cost.free_bytes


def at_terminal() -> bool:
    """Return whether there is a person to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _show(report: lulc.MapReport, title: str) -> None:
    """Print the area of each class, and what a reader of the map should know."""
    table = Table("class", "hectares", "share", title=title + (" (simulated)" if report.simulated else ""))
    total = sum(c["area_ha"] for c in report.classes.values())
    for name, c in report.classes.items():
        if c["pixels"]:
            table.add_row(name, f"{c['area_ha']:,.1f}", percent(c["area_ha"] / total, 1))
    console = Console()
    console.print(table)
    if report.search and report.search["kept"]:
        console.print(
            f"{report.search['catalog']} listed the scenes at {report.search['asked']}; --refresh asks again."
        )
    if report.taken_over:
        console.print(f"{counted(report.taken_over, 'scene', 'were')} taken over from a run that was ended.")
    for scene in report.failed:
        console.print(f"[yellow]left out:[/] {escape(scene['reason'])}", soft_wrap=True)
    for warning in report.warnings:
        console.print(f"[yellow]note:[/] {escape(warning)}", soft_wrap=True)


def _place(
    name: str | None, bbox: tuple[float, float, float, float] | None, polygon: Path | None, catalog: str | None
) -> tuple[lulc.Region, str]:
    """Return the region and its catalog."""
    if sum(map(bool, (name, bbox, polygon))) > 1:
        raise lulc.InvalidInputError("Give only one of --region, --bbox and --polygon.")
    region = lulc.Region.named(name) if name else lulc.Region.from_bbox(bbox) if bbox else None
    if polygon:
        region = lulc.Region.from_polygons(lulc.read_territory(polygon), title=polygon.stem)
    if catalog in (None, *CATALOGS) and region is None:
        there = catalog and os.path.exists(catalog)
        folder = f" {catalog} is the STAC API of that name; the folder is ./{catalog}." if there else ""
        raise lulc.InvalidInputError(
            "Say where: --region with a built-in region, --bbox W S E N (degrees) or --polygon with GeoJSON for any "
            f"other place, or --catalog with a local items.json.{folder}"
        )
    if catalog == _SIMULATED and not name:
        raise lulc.InvalidInputError("Simulated imagery covers the built-in regions only; name one with --region.")
    source = catalog or (_SIMULATED if name else "planetary-computer")
    return region or lulc.catalog_region(source), source


def _ready(catalog: str, region: lulc.Region, year: int, *, quiet: bool) -> str:
    """Return a catalog, made if it is simulated."""
    if catalog != _SIMULATED:
        return catalog
    with progress_bar(quiet=quiet) as progress:
        return str(lulc.simulate(region, year, progress=progress, cancel=INTERRUPTED))
