"""What happens when the server starts, and when it stops."""

from __future__ import annotations

import threading

from lulc_explorer.background.jobs import the_jobs
from lulc_explorer.compose import get_ready
from lulc_explorer.engine.last_map import open_last
from lulc_explorer.engine.repository import the_repository
from lulc_explorer.shell import early_head
from lulc_explorer.shell.root import keep_words
from lulc_explorer.shell.workarounds import keep_for_good

_READS_S = 2.0
"""Seconds that a start waits for maps."""


def begin_to_serve(path: str) -> None:
    """Load what draws a page at an address, and send its headers with all that is served, before the first, too.

    The maps that were opened last are read first: somebody is likely to ask for them, and all that reads maps gets
    loaded. One that takes longer to read is read on beside the pages.
    """
    get_ready()
    keep_words()
    early_head.begin(path)
    keep_for_good()
    reading = threading.Thread(target=open_last, args=(the_repository(), _READS_S), name="open last", daemon=True)
    reading.start()
    reading.join(_READS_S)


def stop_work() -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    the_jobs().stop()
