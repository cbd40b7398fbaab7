"""The notebooks run from top to bottom, and speak of what comes out today.

``python tests/project/test_notebooks.py [NAME ...]`` runs them and writes their outputs anew.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 400_000
WORD = re.compile(r"[A-Za-z_]{4,}")
CLASS = re.compile("|".join(re.escape(name) for name in lulc.LEGEND.names))
REAL = {"LULC_CATALOG": SHARED / "real/flanders-2018", "LULC_MODELS": SHARED / "models/dynamicworld"}
NEEDS_REAL = "07-real-maps"
NEEDS_TORCH = "04-train-a-small-network"
SLOW = {NEEDS_TORCH, "06-many-tiles-on-dask"}

AFRESH = """
%reset -f
__spec__ = None
"""
"""Nothing is left of the notebook before. Dask's processes ask for `__spec__`."""


@contextlib.contextmanager
def kernel() -> Iterator[NotebookClient]:
    """One kernel for all notebooks, which import the same and have the real imagery where it is."""
    first = NotebookClient(nbformat.v4.new_notebook(), kernel_name="python3")
    real = {name: str(value) for name, value in REAL.items() if value.exists()}
    with first.setup_kernel(env=os.environ | real):
        yield first


def run(path: Path, first: NotebookClient) -> Any:
    """A notebook with the outputs of today, without what tells one machine from another."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(AFRESH))
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(
        notebook, km=first.km, timeout=300, resources=where, record_timing=False, coalesce_streams=True
    ).execute()
    del notebook.cells[0]
    for number, cell in enumerate([cell for cell in notebook.cells if cell.cell_type == "code"], start=1):
        cell.execution_count = number
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = number
            if "image/png" in output.get("data", {}):
                output.metadata["image/png"] = {"alt": alternative(cell)}
    notebook.metadata.pop("language_info", None)
    return notebook


def alternative(cell: Any) -> str:
    """What the picture of a cell shows, for those who do not see it: where MyST reads it; nbconvert asks the output."""
    return str(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""))


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


UNHURRIED = "still alive after"
"""What Dask says of a worker that takes more than four seconds to end, as on a crowded machine."""


def texts(notebook: Any) -> list[str]:
    """What the cells print and return, as text; spaces, which follow the widths of numbers, count once."""
    found = [o.text if o.output_type == "stream" else o.data.get("text/plain", "") for o in outputs(notebook)]
    return [" ".join(text.split()) for text in found]


def words(text: str) -> set[str]:
    """What a text speaks of but for figures, dates and classes: on another kind of processor a network answers a little
    otherwise, and one pixel of another class draws another sample, or is itself the one to look at."""
    return {*WORD.findall(CLASS.sub(" ", text))} - {"True", "False"}


def pictures(notebook: Any) -> list[str]:
    return [o.data["image/png"] for o in outputs(notebook) if "image/png" in o.get("data", {})]


@pytest.fixture(scope="module")
def started() -> Iterator[NotebookClient]:
    with kernel() as first:
        yield first


def parameters() -> list[Any]:
    return [pytest.param(p, id=p.stem, marks=pytest.mark.slow if p.stem in SLOW else ()) for p in NOTEBOOKS]


@pytest.mark.parametrize("path", parameters())
def test_a_notebook_shows_what_comes_out_today(path: Path, started: NotebookClient) -> None:
    if path.stem == NEEDS_REAL and not all(value.exists() for value in REAL.values()):
        pytest.skip("the real imagery is not there: the shared folder lies beside the project only in development")
    if path.stem == NEEDS_TORCH:
        pytest.importorskip("torch", reason="training needs torch")
    kept, today = nbformat.read(path, as_version=4), run(path, started)
    said = [o.text for o in outputs(today) if o.get("name") == "stderr"]
    assert not [text for text in said if UNHURRIED not in text]
    assert len(pictures(today)) == len(pictures(kept)) > 0
    for ours, theirs in zip(texts(today), texts(kept), strict=True):
        assert words(ours) == words(theirs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_is_fit_to_be_kept(path: Path) -> None:
    text = path.read_text("utf-8")
    notebook = nbformat.reads(text, as_version=4)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    heads = [len(found) for found in re.findall(r"^(#+) ", prose, re.MULTILINE)]
    assert len(text) < MOST_BYTES
    assert heads[0] == 1
    assert set(heads[1:]) == {2}
    assert "simulated" in prose.lower()
    for code in (cell.source for cell in notebook.cells if '"unet-simulated"' in cell.source):
        assert 'precision="float32"' in code  # bf16 maps other pixels, of which another sample is drawn
    assert all(o.metadata["image/png"]["alt"] for o in outputs(notebook) if "image/png" in o.get("data", {}))
    assert str(ROOT) not in text
    assert not re.search(r"/home/|/root/|/tmp/|[A-Z]:\\\\", text)
    assert not [o for o in outputs(notebook) if o.get("name") == "stderr" or o.output_type == "error"]


if __name__ == "__main__":
    with kernel() as first:
        for one in NOTEBOOKS:
            if not sys.argv[1:] or one.stem in sys.argv[1:]:
                nbformat.write(run(one, first), one)
