"""What happens when the server starts, and when it stops."""

from __future__ import annotations

import contextlib
import threading

from lulc_explorer.analysis.change import UNCERTAIN_BELOW
from lulc_explorer.background.jobs import the_jobs
from lulc_explorer.compose import get_ready
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.last_map import open_last
from lulc_explorer.engine.repository import the_repository
from lulc_explorer.session.change import compare
from lulc_explorer.shell import early_head
from lulc_explorer.shell.root import keep_words
from lulc_explorer.shell.workarounds import keep_for_good

_READS_S = 2.0
"""Seconds that a start waits for maps."""


def begin_to_serve(path: str) -> None:
    """Load what draws a page at an address, and send its headers with all that is served, before the first, too.

    The maps that were opened last are read first: somebody is likely to ask for them, and all that reads maps gets
    loaded; two years of a place are compared. What takes longer goes on beside the pages.
    """
    get_ready()
    keep_words()
    early_head.begin(path)
    keep_for_good()
    reading = threading.Thread(target=_read_ahead, name="read ahead", daemon=True)
    reading.start()
    reading.join(_READS_S)


def _read_ahead() -> None:
    maps = sorted(open_last(the_repository(), _READS_S), key=lambda land_cover: land_cover.request.year)
    with contextlib.suppress(UserError, OSError):  # whoever asks for it is told
        match maps:
            case [first, second] if first.grid == second.grid:
                compare(first, second, {}, UNCERTAIN_BELOW)


def stop_work() -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    the_jobs().stop()
