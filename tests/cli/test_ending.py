"""A run that is told to end ends, whatever it is doing."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEAF = """
from lulc_core.cli import ending
ending.GRACE_S = 2.0
ending.end_on_sigterm()
while True:
    try:
        print("ready", flush=True)
        while True:
            pass
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_a_run_that_does_not_heed_the_signal_is_ended_after_a_while() -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "interrupted\n"
        assert process.wait(60) == 128 + signal.SIGTERM
