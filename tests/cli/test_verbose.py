"""``--verbose`` says how a network is run, what is tried again, and what is used from before."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lulc_core import cli
from lulc_core.cli.words import telling
from lulc_core.cores import cores
from lulc_core.imagery.access import Reach
from lulc_core.imagery.fetching import patiently

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog


@pytest.mark.parametrize("wanted", [True, False])
def test_a_map_says_how_the_network_is_run(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wanted: bool,
) -> None:
    command = f"lulc map --catalog {made.root} --year 2020 --model {tiny_model} --out {tmp_path / 'out'} --json".split()
    monkeypatch.setattr(sys, "argv", [*command, "--runtime", "onnxruntime", *(["--verbose"] if wanted else [])])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert not stopped.value.code
    said = f"verbose: tiny runs by onnxruntime in float32 on {cores()} core(s)"
    assert capsys.readouterr().err.splitlines() == ([said] if wanted else [])
    assert not logging.getLogger("lulc_core").handlers


def test_an_attempt_that_failed_is_told_without_its_signature(capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([OSError("no answer from https://me:pw@example.org/B04.tif?sig=secret"), None])

    def read() -> np.ndarray:
        if error := next(answers):
            raise error
        return np.zeros(1)

    with telling(wanted=True):
        patiently(read, ["https://example.org/B04.tif"], "Scene a", Reach.WEB)
    said = "verbose: Scene a: attempt 1 of 8: no answer from https://example.org/B04.tif"
    assert capsys.readouterr().err.splitlines() == [said]
