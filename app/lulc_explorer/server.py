"""What happens when the server stops."""

from __future__ import annotations

from lulc_explorer.background.jobs import the_jobs


def stop_work() -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    the_jobs().stop()
