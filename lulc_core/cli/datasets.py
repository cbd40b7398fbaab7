"""``lulc dataset``: training sets from published labels and maps."""

from __future__ import annotations

import json

import typer
from rich.console import Console

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.comparing import read_other_map
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.listing import Listing
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.training import warnings_as_notes
from lulc_core.cli.words import print_note
from lulc_core.counted import counted
from lulc_core.imagery.selection import LOOKS
from lulc_core.training.dataset_report import CARD, TABLE

_group = typer.Typer(help="Make a training set of published labels or maps.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_group, name="dataset")
    _group.command("dynamic-world")(dynamic_world)
    _group.command("published-map", cls=Listing)(published_map)


def dynamic_world(
    labels: opt.LabelTiles,
    out: opt.DatasetOut,
    catalog: opt.SceneCatalog = "planetary-computer",
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    as_json: opt.Json = False,
) -> None:
    """Fetch the Sentinel-2 image of each label tile of Dynamic World, the training set of the paper.

    The labels are at https://doi.org/10.1594/PANGAEA.933475. A run that was ended goes on: give the same command again.

    Example: lulc dataset dynamic-world Experts --out dataset
    """
    source = lulc.ImagerySource(catalog=catalog, data_dirs=tuple(data_dir or ()), timeout=timeout)
    with progress_bar(quiet=as_json) as progress:
        report = lulc.fetch_dynamic_world(labels, out, source=source, progress=progress, cancel=INTERRUPTED)
    _show(report, as_json)


def published_map(
    published: opt.PublishedMap,
    year: opt.Year,
    out: opt.DatasetOut,
    agree: opt.Agree = None,
    region: opt.Named = None,
    bbox: opt.Bbox = None,
    catalog: opt.SceneCatalog = "planetary-computer",
    map_catalog: opt.MapsFrom = "planetary-computer",
    max_scenes: opt.MaxScenes = None,
    looks: opt.Looks = LOOKS,
    size: opt.ChipSize = 256,
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    as_json: opt.Json = False,
) -> None:
    """Cut chips of a region's scenes, labelled by a published map, or where several maps agree.

    A network learns the errors of the maps, too; the dataset's card says what it was distilled from.

    Example: lulc dataset published-map --bbox 4.70 50.85 4.80 50.92 --map io-lulc-annual-v02 --agree esa-worldcover
    --year 2021 --out dataset
    """
    place = _place(region, bbox, catalog)
    names = dict.fromkeys([published, *(agree or [])])
    mapped = lulc.ImagerySource(catalog=map_catalog, timeout=timeout)
    maps = [read_other_map(name, place, year, mapped) for name in names]
    for one in maps:
        if (own := one.attrs.get("year", year)) != year:
            print_note(f"{one.attrs['title']} is of {own}; the scenes are of {year}.")
    source = lulc.ImagerySource(catalog=catalog, data_dirs=tuple(data_dir or ()), timeout=timeout)
    with progress_bar(quiet=as_json) as progress, warnings_as_notes():
        report = lulc.distil_maps(
            maps,
            place,
            out,
            year=year,
            source=source,
            max_scenes=max_scenes,
            looks=looks,
            size=size,
            progress=progress,
            cancel=INTERRUPTED,
        )
    _show(report, as_json)


def _place(name: str | None, bbox: tuple[float, float, float, float] | None, catalog: str) -> lulc.Region:
    """Return the region of a name or a box, or that of a local catalog."""
    if name and bbox:
        raise lulc.InvalidInputError("Give --region or --bbox, not both.")
    if name:
        return lulc.Region.named(name)
    return lulc.Region.from_bbox(bbox) if bbox else lulc.catalog_region(catalog)


def _show(report: lulc.DatasetReport, as_json: bool) -> None:
    """Print what is in a dataset, and what could not be had."""
    said = report.summary()
    if as_json:
        print(json.dumps(said | {"reasons": {str(k): why for k, why in report.left_out.items()}}, indent=2))
        return
    console = Console()
    groups = ", ".join(f"{count:,} {name or 'without a group'}" for name, count in report.groups.items())
    console.print(f"{counted(said['chips'], 'chip')} ({groups or 'none'}), {said['taken_over']:,} of them from before.")
    if report.left_out:
        name, why = next(iter(report.left_out.items()))
        console.print(f"{said['left_out']:,} could not be had, such as {name}: {why}", soft_wrap=True, markup=False)
    console.print(f"Written to {report.folder}; {CARD} cites the sources, {TABLE} lists every tile.", soft_wrap=True)
