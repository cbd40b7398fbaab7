"""What ``panel serve app/`` runs when the server stops."""

from __future__ import annotations

from lulc_explorer.server import stop_work


def on_server_unloaded(_: object) -> None:
    """Tell all work to stop, or the process would live on until it is done."""
    stop_work()
