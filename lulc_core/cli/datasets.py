"""``lulc dataset``: training sets from published labels and maps."""

from __future__ import annotations

import json

import typer
from rich.console import Console

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.progress import progress_bar
from lulc_core.training.dataset_report import CARD, TABLE

_group = typer.Typer(help="Make a training set of published labels or maps.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(_group, name="dataset")
    _group.command("dynamic-world")(dynamic_world)


def dynamic_world(
    labels: opt.LabelTiles,
    out: opt.DatasetOut,
    catalog: opt.Catalog = None,
    data_dir: opt.DataDir = None,
    timeout: opt.Timeout = 30.0,
    as_json: opt.Json = False,
) -> None:
    """Fetch the Sentinel-2 image of each label tile of Dynamic World, the training set of the paper.

    The labels are at https://doi.org/10.1594/PANGAEA.933475. A run that was ended goes on: give the same command again.

    Example: lulc dataset dynamic-world Experts --out dataset
    """
    catalog = catalog or "planetary-computer"
    source = lulc.ImagerySource(catalog=catalog, data_dirs=tuple(data_dir or ()), timeout=timeout)
    with progress_bar(quiet=as_json) as progress:
        report = lulc.fetch_dynamic_world(labels, out, source=source, progress=progress, cancel=INTERRUPTED)
    _show(report, as_json)


def _show(report: lulc.DatasetReport, as_json: bool) -> None:
    """Print what is in a dataset, and what could not be had."""
    said = report.summary()
    if as_json:
        print(json.dumps(said | {"reasons": {str(k): why for k, why in report.left_out.items()}}, indent=2))
        return
    console = Console()
    groups = ", ".join(f"{count:,} {name or 'without a group'}" for name, count in report.groups.items())
    console.print(f"{said['chips']:,} chips ({groups or 'none'}), {said['taken_over']:,} of them from before.")
    if report.left_out:
        name, why = next(iter(report.left_out.items()))
        console.print(f"{said['left_out']:,} could not be had, such as {name}: {why}", soft_wrap=True, markup=False)
    console.print(f"Written to {report.folder}; {CARD} cites the sources, {TABLE} lists every tile.", soft_wrap=True)
