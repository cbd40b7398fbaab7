"""What ``panel serve app/`` runs when the server starts, and when it stops."""

from __future__ import annotations

from lulc_explorer.server import begin_to_serve, stop_work


def on_server_loaded(_: object) -> None:
    """Protect what is asked for before the first page, too."""
    begin_to_serve()


def on_server_unloaded(_: object) -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    stop_work()
