"""A real JupyterHub on free ports, with the configuration of `deploy/jupyterhub`, and people who log in to it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import requests
from lulc_explorer.launcher import on_jupyter
from stac_server import free_port
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
SERVICE = "services/lulc"
PATIENCE_S = 240
_NODE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "lulc-explorer-tests" / "node"
_CONFIG = """
c = get_config()
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret = bytes.fromhex("{secret}")
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api_port}"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.Spawner.args = ["--allow-root"]
c.Spawner.environment = {{"JUPYTER_CONFIG_DIR": "{folder}"}}
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 240
load_subconfig("{config}")
for service in c.JupyterHub.services._extend:
    service["timeout"] = 240
"""


class Person(NamedTuple):
    """Somebody with a browser, who logged in or did not."""

    host: str
    browser: requests.Session

    def get(self, path: str, **options: object) -> requests.Response:
        return self.browser.get(f"http://{self.host}/{path}", timeout=PATIENCE_S, **options)

    def log_in(self, name: str) -> Person:
        self.get("hub/login")
        form = {"username": name, "password": "any", "_xsrf": self.browser.cookies.get("_xsrf", path="/hub/")}
        answer = self.browser.post(f"http://{self.host}/hub/login?next=/hub/home", data=form, timeout=PATIENCE_S)
        assert answer.url.endswith("/hub/home")
        return self

    def open(self, path: str) -> str:
        """Open a page as a browser does, and wait while the hub starts what answers it."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self.get(path)
            if answer.ok and "/hub/spawn" not in answer.url and "<title>Land-cover explorer</title>" in answer.text:
                return answer.text
            if "/hub/spawn" not in answer.url and "/hub/" not in answer.url:
                break
            time.sleep(0.5)
        raise AssertionError(f"{path} ended as {answer.url}: {answer.status_code} {answer.text[:500]}")

    def cookie_header(self, path: str) -> str:
        """Return the header that a browser sends: `requests` would make it."""
        request = requests.Request("GET", f"http://{self.host}/{path}")
        return self.browser.prepare_request(request).headers.get("Cookie", "")

    def document(self, path: str, page: str, *, origin: str | None = None, **headers: str) -> str:
        """Open the websocket of a page as its script does, and return the document that the server has for it."""
        sent = {"Origin": origin or f"http://{self.host}", "Cookie": self.cookie_header(path), **headers}
        (token,) = re.findall(r'"token":"([^"]+)"', page)
        with ThreadPoolExecutor(1) as apart:  # a loop of its own, beside a browser's
            return apart.submit(asyncio.run, _pull(f"ws://{self.host}/{path}/ws", token, sent)).result()


async def _pull(url: str, token: str, headers: dict[str, str]) -> str:
    """Speak the protocol of Bokeh: what comes first is an acknowledgement, then the answer to a request."""
    request = HTTPRequest(url, headers=headers, follow_redirects=False, request_timeout=PATIENCE_S)
    connection = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=2**28)
    try:
        assert "ACK" in str(await asyncio.wait_for(connection.read_message(), PATIENCE_S))
        await connection.read_message(), await connection.read_message()
        for part in ('{"msgid": "1000", "msgtype": "PULL-DOC-REQ"}', "{}", "{}"):
            await connection.write_message(part)
        while "PULL-DOC-REPLY" not in str(await asyncio.wait_for(connection.read_message(), PATIENCE_S)):
            pass
        await connection.read_message()
        return str(await connection.read_message())
    finally:
        connection.close()


class Hub(NamedTuple):
    """A running hub."""

    host: str
    pid: int
    log: Path

    def visitor(self) -> Person:
        return Person(self.host, requests.Session())

    def lines(self) -> list[str]:
        return self.log.read_text(errors="replace").splitlines()


@contextmanager
def running_hub(folder: Path, **settings: str) -> Iterator[Hub]:
    """Start a hub with its service; in the end it is told to stop, and must leave no process."""
    pytest.importorskip("jupyterhub")
    proxy = shutil.which("configurable-http-proxy") or _NODE / "node_modules" / ".bin" / "configurable-http-proxy"
    if not Path(proxy).exists():
        pytest.skip("needs configurable-http-proxy: run tests/hub/install.sh, which needs npm")
    port, hub_port, api_port, service_port = (free_port() for _ in range(4))
    config = folder / "jupyterhub_config.py"
    deployed = ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py"
    config.write_text(
        _CONFIG.format(
            folder=folder,
            port=port,
            hub_port=hub_port,
            api_port=api_port,
            proxy=proxy,
            config=deployed,
            secret=os.urandom(32).hex(),
        )
    )
    extensions = {"jupyter_server_proxy": True}  # pip enables both where the package is installed
    server = {"ServerApp": {"jpserver_extensions": extensions}, "ServerProxy": {"servers": {"lulc": on_jupyter()}}}
    (folder / "jupyter_server_config.json").write_text(json.dumps(server))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LULC_SERVICE_URL": f"http://127.0.0.1:{service_port}",
        "LULC_ORIGINS": f"127.0.0.1:{port}",
        **settings,
    }
    log = folder / "hub.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "jupyterhub", f"--config={config}"]
        with _interrupts_ignored():
            server = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_it_runs(server, log)
        yield Hub(f"127.0.0.1:{port}", server.pid, log)
        started = offspring(server.pid)

    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)
    assert len(started) >= 2, "the proxy and the service did not run"
    assert not gone(started), "a process outlived the hub"
    # what Bokeh prints: the hub has waited half a minute before it sends this
    assert "Received signal SIGTERM, shutting down" not in log.read_text(errors="replace")


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Start processes as a script starts them in the background: they ignore SIGINT, unless they say otherwise."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _wait_until_it_runs(server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < until:
        if "JupyterHub is now running" in log.read_text(errors="replace"):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def offspring(pid: int) -> set[int]:
    """Return the processes that a process started, and theirs."""
    own: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):  # a thread that has ended since
            own.update(map(int, task.read_text().split()))
    return own.union(*(offspring(child) for child in own))


def gone(processes: set[int]) -> set[int]:
    """Wait for processes to end, and return those that did not."""
    until = time.monotonic() + 60
    while (left := {pid for pid in processes if _lives(pid)}) and time.monotonic() < until:
        time.sleep(0.2)
    return left


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
