"""``lulc benchmark``: networks scored on published reference data."""

from __future__ import annotations

import typer

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.progress import progress_bar
from lulc_core.cli.words import benchmark_words, print_result

_group = typer.Typer(help="Score a network on published reference data.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_group, name="benchmark")
    _group.callback()(_several)
    _group.command("gold-standard")(gold_standard)


def _several() -> None: ...  # without it, typer makes the only command of a group the group itself


def gold_standard(
    tiles: opt.ConsensusTiles,
    model: opt.ScoredNetwork = None,
    imagery: opt.Imagery = None,
    catalog: opt.SceneCatalog = "planetary-computer",
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    as_json: opt.Json = False,
) -> None:
    """Score a network on the 409 consensus tiles of Dynamic World, beside Dynamic World's own probabilities.

    The tiles are dw_test.zip of https://doi.org/10.5281/zenodo.4766508; their images are fetched. Without --model only
    Dynamic World is scored.

    Example: lulc benchmark gold-standard dw_test --model networks/mine
    """
    source = lulc.ImagerySource(catalog=catalog, data_dirs=tuple(data_dir or ()), timeout=timeout)
    network = None if model is None else lulc.Model.open(model)
    with progress_bar(quiet=as_json) as progress:
        report = lulc.score_gold_standard(
            tiles, network, imagery=imagery, source=source, progress=progress, cancel=INTERRUPTED
        )
    print_result(report.as_dict(), as_json, benchmark_words(report))
