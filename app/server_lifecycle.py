"""What ``panel serve app/`` runs when the server starts, and when it stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.server import begin_to_serve, stop_work

if TYPE_CHECKING:
    from bokeh.server.contexts import BokehServerContext


def on_server_loaded(server: BokehServerContext) -> None:
    """Protect what is asked for before the first page, too."""
    begin_to_serve(server.application_context.url)


def on_server_unloaded(_: object) -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    stop_work()
