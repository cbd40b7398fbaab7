"""The explorer in the output of a cell: a real JupyterLab in Chromium, with jupyter-server-proxy and without."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import making
import nbformat
import pytest
from lulc_explorer.engine.repository import MapRepository
from playwright.sync_api import TimeoutError as TooLate
from playwright.sync_api import expect
from stac_server import free_port

from browser.serving import BYPASS, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import FrameLocator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_MS = 180_000
EAR_MS = 15_000
"""Long enough for a cell to begin, if its key was heard."""
BEGUN = re.compile(r"\[(\*|\d+)\]")
"""What stands beside a cell that is running, or has run."""


@pytest.fixture(scope="module")
def map_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small simulated map."""
    store = making.shrink(MapRepository(tmp_path_factory.mktemp("maps"), catalog=None, model="unet-simulated"), "laos")
    return store.make(store.request("laos", 2023), lambda _: None, threading.Event()).folder


@pytest.fixture(params=[False, True], ids=["on this machine", "through Jupyter's proxy"])
def lab(request: pytest.FixtureRequest, tmp_path: Path, map_folder: Path) -> Iterator[tuple[str, bool]]:
    """The address of a notebook that shows the map, in a JupyterLab that runs, and whether that has the proxy."""
    cell = f"import lulc_explorer\nlulc_explorer.show({str(map_folder)!r})"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)], metadata=kernel)
    nbformat.write(notebook, tmp_path / "map.ipynb")
    port, token = free_port(), secrets.token_hex()
    config = {
        "LabApp": {"news_url": None, "check_for_updates_class": "jupyterlab.NeverCheckForUpdate"},
        "ServerApp": {
            "base_url": "/user/ana/", "port": port, "ip": "127.0.0.1", "allow_root": True, "open_browser": False,
            "jpserver_extensions": {"jupyter_server_proxy": request.param}, "root_dir": str(tmp_path),
        },
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "jupyterlab", f"--config={tmp_path / 'config.json'}"]
    settings = {"JUPYTER_TOKEN": token, "HOME": str(tmp_path), "LULC_CACHE": str(tmp_path / "cache")}
    quiet = {"HTTPS_PROXY": NOBODY, "HTTP_PROXY": NOBODY, "NO_PROXY": BYPASS, "PYTHONPATH": os.pathsep.join(sys.path)}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | settings | quiet)
    try:
        _wait_for(f"http://127.0.0.1:{port}/user/ana/api?token={token}", server)
        yield f"http://localhost:{port}/user/ana/lab/tree/map.ipynb?token={token}", request.param
    finally:
        server.terminate()
        server.wait(60)


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=60).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("JupyterLab ended.")


def run_the_cell(page: Page, address: str) -> FrameLocator:
    """Open the notebook, run its cell, and return the explorer in its output."""
    page.goto(address, timeout=PATIENCE_MS)
    prompt = page.locator(".jp-CodeCell .jp-InputPrompt")
    for _ in range(PATIENCE_MS // EAR_MS):  # JupyterLab does not hear a key before it has a kernel
        page.locator(".jp-CodeCell .cm-content").click(timeout=PATIENCE_MS)
        page.keyboard.press("Control+Enter")
        try:
            prompt.get_by_text(BEGUN).wait_for(timeout=EAR_MS)
        except TooLate:
            continue
        break
    page.locator("iframe[title^='Land-cover explorer'][src]").wait_for(timeout=PATIENCE_MS)
    explorer = page.frame_locator("iframe[title^='Land-cover explorer']")
    explorer.get_by_text("of this map clear").wait_for(timeout=PATIENCE_MS)
    return explorer


def processes(folder: Path) -> list[str]:
    """The servers of explorers that were started in a folder."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            command, where = (one / "cmdline").read_text(), os.readlink(one / "cwd")
        except OSError:
            continue
        if "notebook_server" in command and Path(where) == folder:
            found.append(one.name)
    return found


def test_a_notebook_shows_maps_ledger_and_error_matrix_and_ends_its_server(
    page: Page, lab: tuple[str, bool], tmp_path: Path
) -> None:
    address, proxied = lab
    explorer = run_the_cell(page, address)
    frame = page.locator("iframe[title^='Land-cover explorer']")
    expect(frame).to_have_attribute("title", "Land-cover explorer: Vientiane province, Laos (simulated)")
    source = frame.get_attribute("src") or ""
    assert source.startswith("/user/ana/proxy/" if proxied else "http://127.0.0.1:")
    expect(page.locator(".jp-OutputArea a", has_text="Open in a tab")).to_have_attribute("href", source)
    expect(explorer.get_by_text("simulated place")).to_be_visible()

    maps = explorer.locator(".map")
    expect(maps).to_have_count(2)
    ledger = explorer.get_by_role("table", name="Votes by date")
    for _ in range(10):  # bokeh 3.9 takes a click that is over late for a press
        maps.nth(1).click(position={"x": 120, "y": 120})
        try:
            ledger.wait_for(timeout=10_000)
        except TooLate:
            continue
        break
    expect(ledger.get_by_role("row").nth(1)).to_contain_text(re.compile(r"2023"))
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/notebook-{'proxied' if proxied else 'direct'}.png")

    explorer.get_by_role("tab", name="Error matrix").click()
    explorer.get_by_role("table", name="Error matrix").wait_for(timeout=PATIENCE_MS)
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/notebook-matrix-{'proxied' if proxied else 'direct'}.png")

    assert len(processes(tmp_path)) == 1
    (kernel,) = {one for server in processes(tmp_path) for one in _parents(server)}
    os.kill(int(kernel), 9)
    until = time.monotonic() + 60
    while processes(tmp_path) and time.monotonic() < until:
        time.sleep(0.2)
    assert not processes(tmp_path), "the explorer outlived a kernel that was killed"


def _parents(process: str) -> set[str]:
    status = (Path("/proc") / process / "status").read_text()
    return set(re.findall(r"^PPid:\s*(\d+)", status, re.MULTILINE))
