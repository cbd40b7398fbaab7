"""``lulc search`` and ``lulc map``."""

from __future__ import annotations

import dataclasses
import json
import warnings
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import lulc_core as lulc
from lulc_core.cli.ending import saying_how_to_go_on
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.words import Listing, listed, print_note, read_pairs
from lulc_core.imagery.selection import LOOKS

Bbox = Annotated[
    tuple[float, float, float, float] | None,
    typer.Option("--bbox", metavar="W S E N", help="West south east north, degrees. Default: all of a local catalog."),
]
Named = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="A built-in region instead of a box: {regions:region_names}.",
        autocompletion=lambda: listed("regions", "region_names"),
    ),
]
Catalog = Annotated[
    str | None,
    typer.Option(
        help="A STAC API, 'planetary-computer', a local items.json or its folder, or 'simulated'. "
        "Default: simulated for a built-in region, else the Planetary Computer."
    ),
]
DataDir = Annotated[
    list[str] | None,
    typer.Option(
        help="Another folder whose images the catalog may open, or s3://bucket/folder; may be given several times."
    ),
]
Year = Annotated[int, typer.Option(help="Calendar year.")]
MaxScenes = Annotated[int | None, typer.Option(min=0, help="Most acquisitions per tile; 0 takes every one.")]
Looks = Annotated[
    float,
    typer.Option(
        help="Clear looks per pixel to reach: cloudy places take more scenes. From 10 to 48 acquisitions, unless "
        "--max-scenes says otherwise."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait for an answer of a STAC API.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("search", cls=Listing)(search)
    app.command("map", cls=Listing)(make)


def search(
    year: Year,
    catalog: Catalog = None,
    bbox: Bbox = None,
    region: Named = None,
    max_scenes: MaxScenes = None,
    looks: Looks = LOOKS,
    data_dir: DataDir = None,
    timeout: Timeout = 30.0,
    as_json: Json = False,
) -> None:
    """List the scenes of a place and a year, which of them would be used, and why.

    Example: lulc search --bbox 4.70 50.85 4.80 50.92 --catalog planetary-computer --year 2021
    """
    place, source = _place(region, bbox, catalog, year, quiet=as_json)
    found = lulc.search(
        place,
        year=year,
        catalog=source,
        timeout=timeout,
        on_imperfect=lambda error: print_note(error, "left out"),
        on_remark=print_note,
        data_dirs=data_dir or (),
    )
    for note in place.notes:
        print_note(note)
    verdicts = lulc.choose(found, max_scenes, looks=looks).verdicts
    if as_json:
        print(json.dumps([v.summary() for v in verdicts], indent=2))
        return
    table = Table("date", "tile", "cloud %", "usable %", "used", "why", title=f"{place.title}, {year}")
    for v in verdicts:
        numbers = (f"{v.scene.cloud_cover:.0f}", f"{v.scene.usable:.0%}"[:-1])
        table.add_row(f"{v.scene.datetime:%Y-%m-%d}", v.scene.mgrs_tile, *numbers, "yes" if v.taken else "", v.reason)
    Console().print(table)


def make(
    year: Year,
    out: Annotated[str, typer.Option(help="Folder for the map, its quality, the predictions and the report.")],
    model: Annotated[
        str, typer.Option(help="A shipped model's name, or a folder with model.json and weights.")
    ] = "unet-simulated",
    runtime: Annotated[
        str | None,
        typer.Option(
            help="What runs the network: {networks.runtimes:RUNTIMES}. Default: the fastest installed.",
            autocompletion=lambda: listed("networks.runtimes", "RUNTIMES"),
        ),
    ] = None,
    catalog: Catalog = None,
    bbox: Bbox = None,
    region: Named = None,
    mask: Annotated[str, typer.Option(help="How clouds are masked: {mapping.request:MASKS}.")] = "scl",
    weights: Annotated[str, typer.Option(help="Class weights of the mode, such as crops=1.5,grass=1.2.")] = "",
    max_scenes: MaxScenes = None,
    looks: Looks = LOOKS,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail if an item is imperfect or a scene cannot be read.")
    ] = False,
    chip: Annotated[int, typer.Option(min=1, help="Chip edge, px.")] = 500,
    overlap: Annotated[int, typer.Option(min=0, help="Least overlap of chips, px.")] = 100,
    probabilities: Annotated[bool, typer.Option("--probabilities", help="Keep every class's probability.")] = False,
    quicklooks: Annotated[bool, typer.Option("--quicklooks", help="Keep every scene's imagery to look at.")] = False,
    data_dir: DataDir = None,
    timeout: Timeout = 30.0,
    as_json: Json = False,
) -> None:
    """Make the land-cover map of a place and a year by the class-weighted mode of its scenes.

    A run that was ended goes on where it was: give the same command again.

    Example: lulc map --region laos --year 2021 --out out/laos
    """
    warnings.filterwarnings("ignore", module="rasterio")  # odc-stac warps arrays without a transform
    if not out.strip():
        raise lulc.InvalidInputError("--out is empty; give a folder.")
    opened = lulc.Model.open(model, runtime=runtime)
    place, source = _place(region, bbox, catalog, year, quiet=as_json)
    request = lulc.MapRequest(
        region=place,
        year=year,
        model=opened,
        catalog=source,
        data_dirs=data_dir or (),
        mask=mask,
        weights=read_pairs(weights, "--weights", "class=number pairs, such as crops=1.5,grass=1.2"),
        max_scenes=max_scenes,
        looks=looks,
        strict=strict,
        chip=chip,
        overlap=overlap,
        probabilities=probabilities,
        quicklooks=quicklooks,
        timeout=timeout,
    )
    with saying_how_to_go_on(), progress_bar(quiet=as_json) as progress:
        report = lulc.make_map(request, Path(out), progress=progress)
    if as_json:
        print(json.dumps(dataclasses.asdict(report), indent=2))
        return
    _show(report, f"{place.title}, {year}")
    Console().print(f"Written to {out}")


def _show(report: lulc.MapReport, title: str) -> None:
    """Print the area of each class, and what a reader of the map should know."""
    table = Table("class", "hectares", "share", title=title + (" (simulated)" if report.simulated else ""))
    total = sum(c["area_ha"] for c in report.classes.values())
    for name, c in report.classes.items():
        if c["pixels"]:
            table.add_row(name, f"{c['area_ha']:,.1f}", f"{c['area_ha'] / total:.1%}")
    console = Console()
    console.print(table)
    if report.taken_over:
        console.print(f"{report.taken_over} scene(s) were taken over from a run that was ended.")
    for scene in report.failed:
        console.print(f"[yellow]left out:[/] {escape(scene['reason'])}", soft_wrap=True)
    for warning in report.warnings:
        console.print(f"[yellow]note:[/] {escape(warning)}", soft_wrap=True)


def _place(
    name: str | None, bbox: tuple[float, float, float, float] | None, catalog: str | None, year: int, *, quiet: bool
) -> tuple[lulc.Region, str]:
    """Return the region and its catalog; makes the catalog if it is simulated."""
    if name and bbox:
        raise lulc.InvalidInputError("Give --region or --bbox, not both.")
    region = lulc.Region.named(name) if name else lulc.Region.from_bbox(bbox) if bbox else None
    if catalog in (None, "planetary-computer") and region is None:
        raise lulc.InvalidInputError(
            "Say where: --region with a built-in region, --bbox W S E N (degrees) for any other place, "
            "or --catalog with a local items.json."
        )
    if catalog == "simulated" and not name:
        raise lulc.InvalidInputError("Simulated imagery covers the built-in regions only; name one with --region.")
    if region and name and catalog in (None, "simulated"):
        with progress_bar(quiet=quiet) as progress:
            return region, str(lulc.simulate(region, year, progress=progress))
    source = catalog or "planetary-computer"
    return region or lulc.catalog_region(source), source
