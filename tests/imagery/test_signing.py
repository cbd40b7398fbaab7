"""One token serves all threads, is renewed when it is refused, and occurs in nothing that is written or said."""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from faulty_server import files
from making import write_model
from planetary_computer import sas
from planetary_computer.settings import Settings

import lulc_core as lulc
from lulc_core.imagery import fetching, signing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

    from making import MadeCatalog

KEY = "K3Yk3yK3Y"


class Storage:
    """A store of images that gives tokens, and refuses what is asked for without the newest."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.refused = 0
        self.broken = False
        self.closed = ""

    @property
    def newest(self) -> str:
        return f"SECRETsig{len(self.asked)}"

    def answer(self, path: str, headers: Message) -> tuple[int, bytes] | None:
        if path.startswith("/token/"):
            time.sleep(0.05)
            self.asked.append(headers.get("Ocp-Apim-Subscription-Key"))
            token = {"msft:expiry": "2099-01-01T00:00:00Z", "token": f"se=2099&sig={self.newest}"}
            return (500, b"") if self.broken else (200, json.dumps(token).encode())
        if not path.endswith(self.newest) or (self.closed and self.closed in path):
            self.refused += 1
            return 403, b"<Error><Code>AuthenticationFailed</Code></Error>"
        return None


@pytest.fixture
def storage(made: MadeCatalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Storage, str]]:
    """The images of a catalog in a store that demands a token."""
    store = Storage()
    with files(made.root, "page", times=0, first=store.answer) as address:
        monkeypatch.setenv("PC_SDK_SAS_URL", f"{address}/token")
        monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", KEY)
        monkeypatch.setattr(sas, "BLOB_STORAGE_DOMAIN", address.removeprefix("http://"))
        monkeypatch.setattr(fetching, "REMOTE_ATTEMPTS", 3)
        Settings.get.cache_clear()
        for feature in made.items:
            for asset in feature["assets"].values():
                asset["href"] = asset["href"].replace("./", f"{address}/")
        made.save()
        yield store, address
    Settings.get.cache_clear()
    sas.TOKEN_CACHE.clear()
    signing._refused.clear()


def test_many_threads_ask_for_one_token(storage: tuple[Storage, str]) -> None:
    store, address = storage
    with ThreadPoolExecutor(16) as pool:
        signed = list(pool.map(signing.sign, [f"{address}/assets/{n}.tif" for n in range(64)]))
    assert store.asked == [KEY]
    assert all(href.endswith(f"{n}.tif?se=2099&sig=SECRETsig1") for n, href in enumerate(signed))


def test_a_token_that_many_threads_see_refused_is_renewed_once(storage: tuple[Storage, str]) -> None:
    store, address = storage
    signing.sign(f"{address}/assets/a.tif")
    first = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: (signing.forget_tokens(first), signing.sign(f"{address}/assets/a.tif")), range(64)))
    assert len(store.asked) == 2


def test_what_needs_no_token_is_left_as_it_is(storage: tuple[Storage, str]) -> None:
    store, address = storage
    for href in ("https://example.org/a/B04.tif", "/a/B04.tif", f"{address}/assets/a.tif?se=2030&sig=x", address):
        with contextlib.suppress(ValueError):  # the library's own, for an address without a container
            assert signing.sign(href) == href
    assert not store.asked


def test_an_endpoint_that_gives_no_token_is_named_and_asked_by_one_thread(storage: tuple[Storage, str]) -> None:
    store, address = storage
    store.broken = True

    def say(_: int) -> str:
        with pytest.raises(lulc.UnreachableError) as told:
            signing.sign(f"{address}/assets/a.tif")
        return str(told.value)

    with ThreadPoolExecutor(8) as pool:
        said = set(pool.map(say, range(16)))
    where = f"{address}/token/127/assets"
    assert said == {
        f"No token for images of the Planetary Computer from {where}: it answered HTTP 500. Try again later."
    }
    assert len(store.asked) == signing.ATTEMPTS


def test_no_token_and_no_key_is_in_anything_that_a_map_leaves_behind(
    made: MadeCatalog,
    storage: tuple[Storage, str],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    store, _ = storage
    store.closed = "S2A_202007_B03"  # refused whatever the token
    caplog.set_level(logging.DEBUG)
    request = lulc.MapRequest(
        region=lulc.catalog_region(made.root),
        year=2020,
        catalog=made.root,
        model=write_model(tmp_path / "model"),
        mask="none",
        max_scenes=0,
    )
    sas.TOKEN_CACHE[f"{Settings.get().sas_url}/127/assets"] = sas.SASToken(
        **{"msft:expiry": "2099-01-01T00:00:00Z", "token": "se=2099&sig=SECRETold"}
    )  # one that has expired before its time
    report = lulc.make_map(request, tmp_path / "out")
    assert [scene["id"] for scene in report.failed] == ["S2A_202007"]
    assert store.refused
    assert len(store.asked) <= 6  # the old one is renewed, and once more for each file that is refused
    said = [*capfd.readouterr(), repr(report), *(record.getMessage() for record in caplog.records)]
    left = [path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    for secret in ("SECRET", KEY):
        assert not [text for text in said if secret in text]
        assert not [path for path in left if secret.encode() in path]


AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from lulc_core.imagery.signing import sign
start = Barrier(8)
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda _: (start.wait(), sign("https://example.org/a/b.tif")), range(8)))
"""


def test_threads_that_sign_at_once_for_the_first_time_wait_for_the_library() -> None:
    ran = subprocess.run([sys.executable, "-P", "-c", AT_ONCE], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
