"""What happens when the server starts, and when it stops."""

from __future__ import annotations

from lulc_explorer.background.jobs import the_jobs
from lulc_explorer.shell.early_head import send_early
from lulc_explorer.shell.policy import send_headers
from lulc_explorer.shell.root import keep_words


def begin_to_serve() -> None:
    """Send the headers of a page with all that is served, whatever is asked for before the first page."""
    send_headers()
    send_early()
    keep_words()


def stop_work() -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    the_jobs().stop()
