"""What every server needs, loaded before one is forked.

Nothing here may start a thread, which the fork would lose: OpenVINO and ONNX Runtime do when they are imported, Numba
when it compiles for several.
"""

from __future__ import annotations

import gc
import importlib
import os

for name in ("lulc_core.mapping.pipeline", "lulc_core.simulation", "lulc_explorer.compose", "panel.command"):
    importlib.import_module(name)
for name in ("scipy.optimize", "zarr"):  # imported late
    importlib.import_module(name)
for name in ("geoviews", "holoviews"):
    importlib.import_module(name).extension("bokeh")
gc.collect()
gc.freeze()
assert len(os.listdir("/proc/self/task")) == 1, "A process with threads was about to be forked."
