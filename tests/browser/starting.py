"""Starts a server in a process of its own that has the libraries already: to load them is most of a start."""

from __future__ import annotations

import os
import runpy
import sys
from multiprocessing import forkserver
from pathlib import Path
from unittest.mock import patch


def preload() -> None:
    """Start the process that servers are forked from.

    Its path is no copy of ours, so it is told where the tests lie; OpenBLAS starts no threads.
    """
    forkserver.set_forkserver_preload(["browser.preloaded"])
    with patch.dict(os.environ, PYTHONPATH=str(Path(__file__).parents[1]), OPENBLAS_NUM_THREADS="1"):
        forkserver.ensure_running()


def panel(arguments: list[str], environment: dict[str, str], log: str) -> None:
    """Be the command `panel`, with nothing of its parent but what is imported."""
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "w", buffering=1) as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    sys.argv = ["panel", *arguments]
    runpy.run_module("panel", run_name="__main__")
