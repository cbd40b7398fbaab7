"""Starts a server in a process of its own that has the libraries already: to import them is half of a start."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys

multiprocessing.set_forkserver_preload(["panel.command", "lulc_explorer.compose", "torch"])
"""Imported and not run: once a thread is at work, a process cannot be forked."""


def panel(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be the command `panel`, with nothing of its parent but what is imported."""
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "w", buffering=1) as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    sys.argv = ["panel", *arguments]
    runpy.run_module("panel", run_name="__main__")
