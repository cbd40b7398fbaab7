"""A server that does not answer is waited for a while, once for all of its files."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from faulty_server import files

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
    monkeypatch.setattr(silence, "_failing", {})
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
def test_a_host_with_bad_answers_only_is_tried_often_for_its_first_file(clock: SimpleNamespace, says: str) -> None:
    bad, good = Asked(clock, says, 25.0), Asked(clock, "", 1.0)
    assert bad.attempts() == silence.FEWEST_FAILURES  # 100 s
    assert bad.attempts() == 1
    assert bad.attempts(OTHER) == silence.FEWEST_FAILURES
    patiently(good, [HREF], "Scene b", Reach.WEB)
    assert bad.attempts() == silence.FEWEST_FAILURES


def test_a_host_with_few_slow_bad_answers_is_tried_again(clock: SimpleNamespace) -> None:
    assert Asked(clock, "HTTP error code: 503", 100.0).attempts() == silence.FEWEST_FAILURES


def test_a_host_with_quick_bad_answers_is_not_given_up_before_its_time(clock: SimpleNamespace) -> None:
    bad = Asked(clock, "HTTP error code: 500", 1.0)
    tries = [bad.attempts() for _ in range(9)]
    assert tries[:7] == [fetching.REMOTE_ATTEMPTS] * 7  # 56 s
    assert tries[7:] == [4, 1]


def test_files_that_came_and_are_not_wanted_give_no_host_up(clock: SimpleNamespace) -> None:
    def refuse() -> np.ndarray:
        clock.s += 25.0
        raise fetching.RefusedError("it has no CRS")

    for _ in range(fetching.REMOTE_ATTEMPTS + 1):
        with pytest.raises(lulc.UnreachableError, match="no CRS"):
            patiently(refuse, [HREF], "Scene a", Reach.WEB)
    assert not silence.is_given_up([HREF])


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


def test_scenes_of_a_server_that_fails_always_are_named_after_few_requests(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def fail(path: str, _: object) -> tuple[int, bytes]:
        asked.append(path)
        return 500, b""

    monkeypatch.setattr(silence, "SILENT_S", 0.0)
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_MAX_RETRY", "0")
    monkeypatch.setattr(fetching, "LONGEST_PAUSE_S", 0.0)
    with files(made.root, "500", first=fail) as address:
        for item in made.items:
            for asset in item["assets"].values():
                asset["href"] = asset["href"].replace("./", f"{address}/", 1)
        made.save()
        request = lulc.MapRequest(
            region=lulc.catalog_region(made.root), year=2020, catalog=made.root, model=tiny_model, max_scenes=0
        )
        with pytest.raises(
            lulc.UnreachableError, match=r"None of 4 scenes could be read.* S2A_\w+ cannot be read: .*500"
        ):
            lulc.make_map(request, tmp_path / "out")
    assert len(asked) <= 2 * (len(made.items) + 2 * fetching.REMOTE_ATTEMPTS)  # a HEAD and a GET; two scenes at once
