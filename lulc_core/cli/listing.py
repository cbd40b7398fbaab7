"""The names in the engine's registries, in the help of a command."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from typer.core import TyperCommand, TyperOption


class Listing(TyperCommand):
    """A command in whose help ``{module:REGISTRY}`` becomes the names in a registry.

    The registries load pandas or torch, so they are read only when the help is shown.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, with the names."""
        for option in self.params:
            if isinstance(option, TyperOption) and option.help:
                option.help = re.sub(r"\{(\S+):(\S+)\}", lambda found: ", ".join(listed(*found.groups())), option.help)
        super().format_help(ctx, formatter)


def listed(module: str, registry: str) -> list[str]:
    """Return the names in a registry of the engine, or those that a function returns."""
    found = getattr(import_module(f"lulc_core.{module}"), registry)
    entries = found() if callable(found) else found
    return [entry if isinstance(entry, str) else entry.name for entry in entries]
