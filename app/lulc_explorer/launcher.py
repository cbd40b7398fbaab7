"""How JupyterLab starts the explorer, through jupyter-server-proxy."""

from __future__ import annotations

import sys
from importlib.resources import files


def on_jupyter() -> dict[str, object]:
    """Return what jupyter-server-proxy has to know to start the explorer, and to show it on the launcher.

    The explorer listens on a Unix socket in a folder that only its owner can enter, so no other user of the machine
    reaches it but through Jupyter, which asks who comes and from which page. The explorer itself can therefore let
    every origin in; it could not know by which host a browser reaches the hub.

    Returns
    -------
    dict
        The options of one server of jupyter-server-proxy, whose name has to be ``lulc``.

    Examples
    --------
    >>> on_jupyter()["launcher_entry"]["title"]
    'Land-cover explorer'
    """
    socket, prefix = "--unix-socket={unix_socket}", "--prefix={base_url}lulc"
    return {
        "command": [sys.executable, "-m", "lulc_core", "app", socket, prefix, "--allow-websocket-origin=*"],
        "unix_socket": True,
        "absolute_url": True,
        "timeout": 120,
        "launcher_entry": {
            "title": "Land-cover explorer",
            "icon_path": str(files("lulc_explorer") / "launcher.svg"),
            "path_info": "lulc/app",
        },
    }
