"""What the first map of a process would wait for is there before it, in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from making import MadeCatalog, write_model

if TYPE_CHECKING:
    from pathlib import Path

FIRST_MAP = """
import sys
from pathlib import Path
import lulc_core as lulc

def compiled():
    return set(getattr(model.network.run, "_compiled", ()))  # what ONNX Runtime runs is not compiled

folder = Path(sys.argv[1])
region = lulc.Region.from_bbox([float(side) for side in sys.argv[2:]])
model = lulc.Model.open(folder / "model")
lulc.get_ready(model, region.grid.shape)
before, loaded = compiled(), set(sys.modules)
lulc.make_map(lulc.MapRequest(region=region, year=2021, catalog=folder, model=model), folder / "map")
print(*sorted({name.split(".")[0] for name in set(sys.modules) - loaded}), compiled() == before)
"""


def test_the_first_map_loads_no_library_and_compiles_no_network(tmp_path: Path) -> None:
    catalog = MadeCatalog(tmp_path)
    catalog.add("one", "2021-06-01")
    write_model(tmp_path / "model")
    box = map(str, catalog.items[0]["bbox"])
    done = subprocess.run(
        [sys.executable, "-c", FIRST_MAP, tmp_path, *box], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not {"dask", "distributed", "xarray", "zarr", "lulc_core"} & {*done.stdout.split()}
    assert done.stdout.endswith("True\n")
