"""The command ``lulc``. Each group of commands has a file; heavy libraries load only when one runs."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

import lulc_core as lulc
from lulc_core.cli import (
    accuracy,
    benchmarking,
    comparing,
    datasets,
    explorer,
    labelling,
    links,
    maps,
    networks,
    places,
    reporting,
    reviewing,
    runs,
    sampling,
    training,
    words,
)
from lulc_core.cli.ending import end_on_sigterm, print_notes

app = typer.Typer(
    name="lulc",
    help="Land use / land cover from Sentinel-2 and deep learning, after Karra et al. 2021.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
_GROUPS = (
    explorer,
    links,
    maps,
    accuracy,
    comparing,
    reviewing,
    reporting,
    sampling,
    labelling,
    places,
    training,
    networks,
    datasets,
    benchmarking,
    runs,
)
for group in _GROUPS:
    group.register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(lulc.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def main() -> None:
    """Run the command line; an error that a person can mend is a line on stderr, with --json also on stdout, and 2."""
    end_on_sigterm()  # so that what is half-done is cleared away
    try:
        app()
    except (lulc.LulcError, OSError) as error:
        said = words.with_options(str(error))
        print(f"lulc: {said}", file=sys.stderr)
        print_notes(error)
        if "--json" in sys.argv:
            print(json.dumps({"error": said}))
        sys.exit(2)
