"""``lulc networks``: what is installed, what can be had, and getting it."""

from __future__ import annotations

import dataclasses
import json

import typer
from rich.console import Console
from rich.table import Table

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.ending import INTERRUPTED
from lulc_core.cli.progress import progress_bar


def register(app: typer.Typer) -> None:
    """Add the commands."""
    networks = typer.Typer(help="List the networks that are installed or can be had, or get one.")
    networks.callback(invoke_without_command=True)(show)
    networks.command("get")(get)
    app.add_typer(networks, name="networks")


def show(context: typer.Context, as_json: opt.Json = False) -> None:
    """List the networks that are installed or can be had, or get one.

    Example: lulc networks
    """
    if context.invoked_subcommand:
        return
    installed = lulc.installed_networks()
    more = [one for name, one in lulc.PUBLISHED_NETWORKS.items() if name not in {other.name for other in installed}]
    if as_json:
        print(
            json.dumps({"installed": [_fields(one) for one in installed], "available": [_offer(one) for one in more]})
        )
        return
    table = Table("name", "title", "licence", "made for", title="Installed networks")
    table.add_column("folder", overflow="fold")
    for one in installed:
        table.add_row(one.name, one.title, one.licence, one.product_level, one.problem or str(one.folder))
    Console().print(table)
    if more:
        table = Table("name", "title", "licence", "made for", "size", title="Get one with lulc networks get NAME")
        for other in more:
            table.add_row(other.name, other.title, other.licence, other.product_level, f"{other.size / 1e6:.1f} MB")
        Console().print(table)


def get(name: opt.PublishedNetwork, source: opt.NetworkSource = None) -> None:
    """Download a published network, prove it, and print its folder; lulc map --model NAME then uses it.

    Example: lulc networks get dynamic-world
    """
    with progress_bar() as progress:
        folder = lulc.get_network(name, source, progress=progress, cancel=INTERRUPTED)
    print(folder)


def _fields(network: lulc.InstalledNetwork) -> dict[str, str]:
    return {name: str(value) for name, value in dataclasses.asdict(network).items()}


def _offer(network: lulc.PublishedNetwork) -> dict[str, object]:
    names = ("name", "title", "licence", "product_level", "size", "address", "sha256")
    return {name: getattr(network, name) for name in names}
