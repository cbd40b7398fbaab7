"""A run of two tiles and two years, and what comes of it in one process."""

from __future__ import annotations

import pytest
from many_tiles import YEARS, MadeRun, prepare

import lulc_core as lulc


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> MadeRun:
    """A run of two tiles and two years."""
    return prepare(tmp_path_factory.mktemp("runs"), YEARS)


@pytest.fixture(scope="session")
def finished(made_run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> lulc.Run:
    """That run, made in this process."""
    run = made_run.into(tmp_path_factory.mktemp("finished"))
    lulc.run_here(run)
    return run
