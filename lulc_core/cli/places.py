"""``lulc simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.progress import progress_bar


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate")(simulate)


def simulate(
    region: Annotated[
        str | None, typer.Option(help="A built-in region: belgium, california, costa_rica or laos. Default with --all.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="2019 to 2023.")] = None,
    seed: Annotated[int, typer.Option(help="Which place: another seed is another landscape.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the places. Default: the cache.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every region and year that is not named.")] = False,
) -> None:
    """Make simulated imagery of a place with its truth, and print where its STAC items lie.

    Example: lulc simulate --region belgium --year 2021 --out places
    """
    if not every and (region is None or year is None):
        raise lulc.InvalidInputError("Give --region and --year, or --all for every one that is not given.")
    for name in lulc.region_names() if region is None else [region]:
        for when in lulc.SIMULATED_YEARS if year is None else [year]:
            with progress_bar() as progress:
                print(lulc.simulate(name, when, seed=seed, cache=out, progress=progress))
