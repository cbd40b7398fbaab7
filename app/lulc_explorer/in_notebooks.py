"""The explorer in the output of a notebook's cell."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.map_paths import from_home

HEIGHT_PX = 860
"""Of the frame: both maps and the clicked pixel."""
_SCRIPT = (Path(__file__).parent / "in_notebooks.js").read_text()
_PATIENCE_S = 10.0
"""How long the server may take to end, when this process does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A map that is shown: what `show` returns, and a notebook draws."""

    title: str
    """Of the place."""
    port: int
    """Of the server, on this machine."""
    path: str
    """Of the page on it, with what to open."""
    height: int
    """Of the frame, px."""

    @property
    def address(self) -> str:
        """The address of the page: through the hub's proxy on a hub, else on this machine."""
        hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
        return f"{hub}{self._proxied}" if hub else f"http://127.0.0.1:{self.port}/{self.path}"

    @property
    def _proxied(self) -> str:
        return f"proxy/{self.port}/{self.path}"

    def __repr__(self) -> str:
        return f"<Land-cover explorer: {self.title}>"

    def _repr_html_(self) -> str:
        address, style = escape(self.address), f"width: 100%; height: {self.height:d}px; border: 1px solid #8884"
        return (
            f'<div><iframe title="Land-cover explorer: {escape(self.title)}" style="{style}" allow="fullscreen" '
            f'data-address="{address}" data-proxied="{escape(self._proxied)}"></iframe>'
            f'<p><a href="{address}" target="_blank" rel="noopener">Open in a tab of its own</a></p>'
            f"<script>{_SCRIPT}</script></div>"
        )


def show(folder: str | os.PathLike[str], *, tab: str = "map", height: int = HEIGHT_PX) -> Shown:
    """Show a finished map in the notebook: both maps, the ledger of a clicked pixel, change, and error matrix, live.

    The first call starts the explorer as a process of its own, which takes some seconds; later ones use the same. It
    listens on a free port of this machine only, under a path that nobody else knows, and ends with the kernel. On a
    JupyterHub, and wherever Jupyter has jupyter-server-proxy, the browser reaches it through Jupyter.

    Parameters
    ----------
    folder
        As `lulc_core.make_map` wrote it, with the predictions kept; or that of a finished run.
    tab
        The tab to open: ``"map"``, ``"years"``, ``"change"``, ``"error-matrix"`` or ``"area"``.
    height
        Of the frame, px.

    Returns
    -------
    Shown

    Raises
    ------
    LulcError
        If there is no such map, or the explorer cannot show it, or cannot start.

    Examples
    --------
    >>> import lulc_explorer
    >>> lulc_explorer.show("maps/belgium-2021")  # doctest: +SKIP
    <Land-cover explorer: Hageland, Belgium (simulated)>
    """
    server = _the_server()
    found = server.add(from_home(folder).absolute())
    words = {"region": found["region"], "year": found["year"], "imagery": "folder", "tab": tab}
    return Shown(title=found["title"], port=server.port, path=f"{server.path}?{urlencode(words)}", height=height)


class _Server:
    """The explorer's process, and the pipes to it; see `notebook_server`."""

    def __init__(self) -> None:
        self.path = secrets.token_urlsafe(24)
        self._lock = threading.Lock()
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lulc_explorer.notebook_server"],
            text=True,
            encoding="utf-8",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self.port = int(self._ask(self.path)["port"])
        atexit.register(self._end)

    def add(self, folder: Path) -> dict[str, Any]:
        """Let it show a folder, and return how to ask for it."""
        with self._lock:
            answer = self._ask(str(folder))
        if "error" in answer:
            raise UserError(answer["error"])
        return answer

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def _ask(self, value: str) -> dict[str, Any]:
        answer, pipes = "", (self._process.stdin, self._process.stdout)
        with contextlib.suppress(OSError):
            print(json.dumps(value), file=pipes[0], flush=True)
            answer = pipes[1].readline() if pipes[1] else ""
        if not answer:
            self._log.seek(0)
            said = self._log.read().strip().splitlines()[-1:] or ["it said nothing"]
            raise UserError(f"The explorer ended: {said[0]}. Is it installed? pip install 'lulc-explorer[app]'")
        found: dict[str, Any] = json.loads(answer)
        return found

    def _end(self) -> None:
        """End the process, as it does when the pipe is closed."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=_PATIENCE_S)
        self._process.kill()


_server: _Server | None = None
_starting = threading.Lock()


def _the_server() -> _Server:
    """Return the explorer of this process, started when it is first asked for, and anew when it has ended."""
    global _server
    with _starting:
        if _server is None or not _server.runs:
            _server = _Server()
        return _server
