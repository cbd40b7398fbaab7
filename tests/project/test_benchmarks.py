"""Every benchmark still starts, and those that take a size still run at the smallest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "real" / "flanders-2018"
SMALLEST = {
    "label_errors.py": ["5"],
    "reviewers.py": ["2", "0", "region"],
    "years.py": ["2", "0", "tiles"],
    "seams.py": ["512"],
    "training.py": ["--steps", "1"],
    "flanders.py": ["--halves", "1", "--max-scenes", "2"],
}
"""Arguments of scripts that run in seconds then; the others have one size, or take minutes at any."""
pytestmark = pytest.mark.slow


def said_by(*arguments: str) -> str:
    """Run Python on one core, as `make bench` does; return what it prints."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [sys.executable, "-P", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "benchmarks").glob("*.py")))
def test_what_a_benchmark_imports_is_there(script: str) -> None:
    path = ROOT / "benchmarks" / script
    assert "main" in said_by("-c", f"import runpy; print(*runpy.run_path({str(path)!r}))").split()


@pytest.mark.parametrize("script", SMALLEST)
def test_a_benchmark_runs_at_its_smallest_size(script: str) -> None:
    if script == "flanders.py" and not REAL.is_dir():
        pytest.skip(f"{REAL} is not there")
    assert any(character.isdigit() for character in said_by(f"benchmarks/{script}", *SMALLEST[script]))
