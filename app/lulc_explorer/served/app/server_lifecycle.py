"""What happens when the server stops: all work does, too, or the process would live on until it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.background.jobs import the_jobs

if TYPE_CHECKING:
    from bokeh.application.application import ServerContext


def on_server_unloaded(_: ServerContext) -> None:
    """Tell the work of this process to stop."""
    the_jobs().stop()
