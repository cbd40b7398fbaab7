"""``lulc simulate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.listing import Listing
from lulc_core.cli.progress import progress_bar

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate", cls=Listing)(simulate)


def simulate(
    region: opt.SimulatedRegion = None,
    year: opt.SimulatedYear = None,
    seed: opt.SimulatedSeed = 0,
    out: opt.SimulatedOut = None,
    every: opt.Every = False,
    _jobs: opt.Jobs = None,
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
