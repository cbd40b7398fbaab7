"""What is served is protected from the start of the server, not from its first page on."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from lulc_explorer import server

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("folder", ["app", "app/lulc_explorer/served/app"])
def test_headers_are_sent_before_the_first_page(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bool] = []
    monkeypatch.setattr(server, "send_headers", lambda: sent.append(True))
    runpy.run_path(str(ROOT / folder / "server_lifecycle.py"))["on_server_loaded"](None)
    assert sent
