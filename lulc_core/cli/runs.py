"""``lulc run``, ``lulc status`` and ``lulc mosaic``."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.listing import Listing
from lulc_core.cli.maps import at_terminal, is_much, network_for
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.words import print_note, read_pairs
from lulc_core.counted import counted
from lulc_core.imagery.selection import LOOKS
from lulc_core.runs.records import DONE, FAILED
from lulc_core.runs.storage import found_anywhere, is_address, storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run", cls=Listing)(run)
    app.command("status")(status)
    app.command("mosaic")(mosaic)


def run(
    tiles: opt.Tiles,
    years: opt.Years,
    out: opt.RunOut,
    catalog: opt.SceneCatalog = "planetary-computer",
    model: opt.Network = None,
    precision: opt.Precision = None,
    clip: opt.Clip = False,
    part: opt.Shard = None,
    cluster: opt.Cluster = None,
    workers: opt.Workers = 1,
    mask: opt.Mask = "scl",
    weights: opt.ClassWeights = "",
    max_scenes: opt.MaxScenes = None,
    looks: opt.Looks = LOOKS,
    chip: opt.Chip = 500,
    overlap: opt.Overlap = 100,
    keep: opt.Keep = "nothing",
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    as_json: opt.Json = False,
    _jobs: opt.Jobs = None,
    yes: opt.Yes = False,
    _verbose: opt.Verbose = False,
) -> None:
    """Make the maps of many tiles and years. The same command again goes on: it tries what is not done.

    Example: lulc run 31UFS 31UGS --years 2019-2023 --out belgium --model dynamic-world
    """
    units = lulc.tile_years(tiles, read_years(years), clip=clip)
    template = lulc.MapRequest(
        region=units[0].region,
        year=units[0].year,
        model=network_for(model, catalog),
        precision=precision,
        catalog=catalog,
        data_dirs=tuple(data_dir or ()),
        mask=mask,
        weights=read_pairs(weights, "--weights", "class=number pairs, such as crops=1.5,grass=1.2"),
        max_scenes=max_scenes,
        looks=looks,
        chip=chip,
        overlap=overlap,
        keep=keep,
        timeout=timeout,
    )
    place = found_anywhere(out)  # by workers, too
    mine = lulc.Run(units=tuple(lulc.shard(units, part) if part else units), template=template, folder=place)
    with storage(place).begun():
        _plan(mine, units, quiet=as_json, ask=not yes)
        done = _make(mine, cluster, workers, quiet=as_json)
        records = lulc.run_records(place)
        if any(record.status == DONE for record in records):
            lulc.write_run_catalog(place)
    _show(lulc.run_status(place, records), records, as_json=as_json)
    if any(record.status == FAILED for record in done):
        raise typer.Exit(1)


def status(
    folder: opt.RunFolder,
    price: opt.Price = None,
    territory: opt.Territory = None,
    as_json: opt.Json = False,
) -> None:
    """Say how far a run is: maps, rate, core hours, price, what failed and why, and the areas of the classes.

    Example: lulc status belgium --price-per-core-hour 0.04
    """
    records = lulc.run_records(folder)
    now = lulc.run_status(folder, records)
    if not (now.planned or now.planning):
        raise lulc.NotFoundError(
            f"{folder} holds no record of a run, or of one that was killed before it had a plan. Give the folder or "
            "the bucket of lulc run, or run it again."
        )
    shape = lulc.read_territory(territory) if territory else None
    done = any(record.status == DONE for record in records)
    hectares = lulc.run_areas(folder, territory=shape) if done else None
    _show(now, records, as_json=as_json, price=price, hectares=hectares)


def mosaic(
    folder: opt.RunFolder,
    out: opt.MosaicOut,
    year: opt.MosaicYear = None,
    crs: opt.MosaicCrs = None,
    resolution: opt.MosaicResolution = None,
) -> None:
    """Write the maps of a run and a year as one raster, in which the rims that tiles share count once.

    Example: lulc mosaic maps --year 2021 --crs EPSG:3035 --out belgium.tif
    """
    with progress_bar() as progress:
        grid = lulc.write_mosaic(
            folder, out, year=year, crs=crs, resolution=resolution, progress=progress, cancel=INTERRUPTED
        )
    print(f"{out}: {grid.shape.x:,} x {grid.shape.y:,} pixels, {grid.crs}")


def _plan(mine: lulc.Run, units: Sequence[lulc.TileYear], *, quiet: bool, ask: bool) -> None:
    """Agree on the maps of this machine, and keep the plan of those of all, so that the status knows the whole."""
    from lulc_core.runs.plan import checked_plan, keep_plan, planning  # loads the networks

    with planning(mine.folder):
        checked_plan(units, mine.template, mine.folder)  # refused before anything is read
        _agree(mine, quiet=quiet, ask=ask)
        keep_plan(units, mine.template, mine.folder)  # opens the network


def _make(run: lulc.Run, cluster: str | None, workers: int, *, quiet: bool) -> list[lulc.Record]:
    """Make the maps of a run where that was asked for."""
    with progress_bar(quiet=quiet) as progress:
        if cluster is None:
            return lulc.run_here(run, progress=progress, cancel=INTERRUPTED)
        with lulc.connected(cluster, workers=workers) as client:
            return lulc.run_on(client, run, progress=progress, cancel=INTERRUPTED)


def _agree(run: lulc.Run, *, quiet: bool, ask: bool) -> None:
    """Say how many maps there are to make, and what one takes, and all; on a terminal, ask before it is too much."""
    ask = ask and at_terminal()
    if not (waiting := run.waiting) or (quiet and not ask):
        return
    out = storage(run.folder).written_at(waiting[0].name)
    try:
        cost = lulc.estimate(lulc.request_of(waiting[0], run.template), out)
    except lulc.LulcError:  # its record will say so
        return
    whole = cost.times(len(waiting), stays=not is_address(run.folder))
    if not quiet or is_much(whole):
        print_note(f"{counted(len(waiting), 'map')}; {waiting[0].name} takes {cost}", "estimate")
        if len(waiting) > 1:
            print_note(f"all {len(waiting)} together, if they are alike: {whole}", "estimate")
    if ask and is_much(whole):
        typer.confirm("Go on?", abort=True, err=True)


def _show(
    now: lulc.RunStatus,
    records: list[lulc.Record],
    *,
    as_json: bool,
    price: float | None = None,
    hectares: pd.DataFrame | None = None,
) -> None:
    """Print how far a run is, the maps that failed, and the areas of the classes."""
    failed = [one for one in records if one.status == FAILED]
    if as_json:
        what = {**dataclasses.asdict(now), "left": now.left, "failures": [dataclasses.asdict(one) for one in failed]}
        print(json.dumps(what | ({} if hectares is None else {"area_ha": hectares.to_dict()}), indent=2))
        return
    console = Console()
    if now.planning:
        console.print(f"The run is being planned, since {escape(now.planning)}; no map has begun.")
        return
    console.print(f"{now.done} of {now.planned} maps are done, {now.running} begun, {now.failed} failed.")
    if now.a_map_h is not None and now.core_hours_left is not None:
        console.print(f"Computing: {_cores(now.core_hours)} for what is done, {_cores(now.a_map_h)} a map.")
        if price is not None:
            console.print(
                f"Price: {_price(now.core_hours * price)} spent, {_price(now.core_hours_left * price)} to come."
            )
            print_note("time of waiting, and of tries that failed or were killed, is not counted", "price")
    if now.left and now.left_for is not None and now.per_hour is not None:
        end = datetime.now(UTC) + now.left_for
        console.print(f"{now.per_hour:,.1f} maps an hour; at this rate the rest ends at {end:%Y-%m-%d %H:%M} UTC.")
    if now.given_up and not now.left:
        given_up = counted(now.given_up, "map", "are")
        console.print(
            f"Nothing is left to do: {given_up} given up. To have one tried again, remove its record (.json).",
            soft_wrap=True,
        )
    for record in failed:
        again = f"tried {counted(record.tries, 'time')}, to be tried again"
        tried = f"after {record.tries} tries" if record.finished else again
        console.print(f"[yellow]{record.name}[/] ({tried}): {escape(record.error)}", soft_wrap=True)
    if hectares is not None:
        _show_areas(hectares)


def _cores(hours: float) -> str:
    """Return core hours in words; few of them in minutes.

    Examples
    --------
    >>> _cores(12.5), _cores(0.01)
    ('12.50 core hours', '0.60 core minutes')
    """
    return f"{hours:,.2f} core hours" if hours >= 1 else f"{60 * hours:,.2f} core minutes"


def _price(value: float) -> str:
    """Return a price with two decimals.

    Examples
    --------
    >>> _price(1234.5), _price(0.00012), _price(0)
    ('1,234.50', 'under 0.01', '0.00')
    """
    return "under 0.01" if 0 < value < 0.01 else f"{value:,.2f}"


def _show_areas(hectares: pd.DataFrame) -> None:
    """Print the area of each class by year."""
    table = Table("class, hectares", *map(str, hectares.columns))
    for name, row in hectares.iterrows():
        if row.any():
            table.add_row(str(name), *(f"{value:,.1f}" for value in row))
    Console().print(table)


def read_years(text: str) -> list[int]:
    """Return the years of a text.

    Examples
    --------
    >>> read_years("2019-2021,2023")
    [2019, 2020, 2021, 2023]
    """
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        ends = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", part)
        if ends is None or int(ends[2] or ends[1]) < int(ends[1]):
            raise lulc.InvalidInputError(f"--years is such as 2019-2023 or 2019,2021; got {text!r}.")
        found += range(int(ends[1]), int(ends[2] or ends[1]) + 1)
    return sorted(set(found))
