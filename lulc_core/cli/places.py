"""``lulc simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.words import Listing


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate", cls=Listing)(simulate)


def simulate(
    region: Annotated[str | None, typer.Option(help="Built-in region: {regions:region_names}.")] = None,
    year: Annotated[int | None, typer.Option(help="2019 to 2023.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed: another seed gives another landscape.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Output folder. Default: the cache.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All regions and years that are not given.")] = False,
) -> None:
    """Simulate imagery of a landscape with its reference map, and print the path of its STAC items.

    Example: lulc simulate --region belgium --year 2021 --out places
    """
    if not every and (region is None or year is None):
        raise lulc.InvalidInputError("Give --region and --year, or --all for all that are not given.")
    for name in lulc.region_names() if region is None else [region]:
        for when in lulc.SIMULATED_YEARS if year is None else [year]:
            with progress_bar() as progress:
                print(lulc.simulate(name, when, seed=seed, cache=out, progress=progress))
