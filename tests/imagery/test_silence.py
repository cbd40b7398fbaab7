"""A server that does not answer is waited for a while, once for all of its files."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio

import lulc_core as lulc
from lulc_core.imagery import fetching, patience, silence
from lulc_core.imagery.access import Reach
from lulc_core.imagery.fetching import patiently

if TYPE_CHECKING:
    from pathlib import Path

    from making import MadeCatalog

HREF, OTHER = "https://example.org/B04.tif", "https://elsewhere.example.org/B04.tif"


@pytest.fixture(autouse=True)
def _no_host_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "_since", {})
    monkeypatch.setattr(silence, "_heard", {})
    monkeypatch.setattr(patience, "FIRST_S", 0.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that only a test moves."""
    now = SimpleNamespace(s=1000.0)
    monkeypatch.setattr(silence, "time", SimpleNamespace(monotonic=lambda: now.s))
    return now


class Asked:
    """Reads a file of a server that says something, in some seconds."""

    def __init__(self, clock: SimpleNamespace, says: str, seconds: float) -> None:
        self.clock, self.says, self.seconds = clock, says, seconds
        self.retries: list[str] = []

    def __call__(self) -> np.ndarray:
        self.retries.append(rasterio.env.getenv()["GDAL_HTTP_MAX_RETRY"])
        self.clock.s += self.seconds
        if self.says:
            raise rasterio.errors.RasterioIOError(self.says)
        return np.zeros(1)

    def attempts(self, href: str = HREF) -> int:
        before = len(self.retries)
        with pytest.raises(lulc.UnreachableError, match="attempt"):
            patiently(self, [href], "Scene a", Reach.WEB)
        return len(self.retries) - before


@pytest.mark.parametrize(
    "says",
    [
        "CURL error: Connection timed out after 10001 milliseconds",
        "CURL error: Operation too slow. Less than 1 bytes/sec transferred the last 15 seconds",
        "CURL error: cannot complete SOCKS5 connection to example.org. (4)",
        "CURL error: Could not resolve host: example.org",
        "CURL error: Failed to connect to example.org port 443",
    ],
)
def test_a_host_that_does_not_answer_is_waited_for_once(clock: SimpleNamespace, says: str) -> None:
    dead = Asked(clock, says, 25.0)
    assert dead.attempts() == 3  # 75 s
    assert dead.attempts() == 1
    assert [str(retries) for retries in dead.retries] == ["4", "4", "4", "0"]
    assert dead.attempts(OTHER) == 3


@pytest.mark.parametrize("says", ["HTTP error code: 503", "TIFFReadDirectory: cannot read", "connection was reset"])
def test_a_host_with_bad_answers_is_tried_as_often_as_ever(clock: SimpleNamespace, says: str) -> None:
    assert Asked(clock, says, 25.0).attempts() == fetching.REMOTE_ATTEMPTS


def test_a_host_that_answers_again_is_waited_for_again(clock: SimpleNamespace) -> None:
    dead, alive = Asked(clock, "Connection timed out", 100.0), Asked(clock, "", 1.0)
    assert dead.attempts() == 1
    patiently(alive, [HREF], "Scene b", Reach.WEB)
    assert not silence.is_silent([HREF])
    dead.seconds = 25.0
    assert dead.attempts() == 3


def test_a_request_that_hangs_while_others_are_answered_makes_no_host_silent(clock: SimpleNamespace) -> None:
    def hang() -> None:
        with silence.listening([HREF]):
            clock.s += 100.0
            with silence.listening([HREF]):
                pass  # as in another thread
            raise OSError("Operation too slow")

    with pytest.raises(OSError, match="too slow"):
        hang()
    assert not silence.is_silent([HREF])
    clock.s += silence.SILENT_S
    assert silence.is_silent([HREF])


def test_scenes_of_a_host_that_is_not_there_are_named(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for item in made.items:
        for asset in item["assets"].values():
            asset["href"] = asset["href"].replace("./", f"{dead}/", 1)
    made.save()
    monkeypatch.setattr(silence, "SILENT_S", 0.0)
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_MAX_RETRY", "0")
    request = lulc.MapRequest(region=lulc.catalog_region(made.root), year=2020, catalog=made.root, model=tiny_model)
    with pytest.raises(lulc.UnreachableError, match=r"Scene S2A_\w+ cannot be read: .*connect to 127\.0\.0\.1 "):
        lulc.make_map(request, tmp_path / "out")


def test_what_gdal_remembers_of_a_silent_host_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENT_S", 0.0)
    for options in (fetching._GDAL, silence.BRIEFLY):
        monkeypatch.setitem(options, "GDAL_HTTP_MAX_RETRY", "0")
        monkeypatch.setitem(options, "GDAL_HTTP_LOW_SPEED_TIME", "1")
    with socket.create_server(("127.0.0.1", 0)) as never:  # accepts, and says nothing
        href = f"http://127.0.0.1:{never.getsockname()[1]}/B04.tif"
        for _ in range(2):
            with pytest.raises(lulc.UnreachableError, match="too slow"):
                patiently(lambda: fetching.open_image(href).read(), [href], "Scene a", Reach.PRIVATE)
            assert silence.is_silent([href])
