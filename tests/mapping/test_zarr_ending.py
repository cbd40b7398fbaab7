"""A process that worked with stores ends without a word, also where zarr's thread is slow to end."""

from __future__ import annotations

import subprocess
import sys

BUSY_AT_THE_END = """
import time, zarr
from zarr.core import sync
import lulc_core.mapping.prediction_store
zarr.create_array(zarr.storage.MemoryStore(), shape=(4,), dtype="uint8")[:] = 1
sync.loop[0].call_soon_threadsafe(time.sleep, 0.6)  # zarr itself waits 0.2 s
"""


def test_a_slow_thread_of_zarr_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", BUSY_AT_THE_END], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
