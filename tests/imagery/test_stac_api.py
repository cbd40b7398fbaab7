"""A search ends, whatever an API answers."""

from __future__ import annotations

import contextlib
import gzip
import http.server
import threading
from typing import TYPE_CHECKING, Any

import pytest
from stac_server import Answer, api, page

import lulc_core as lulc
from lulc_core.imagery import stac_api

if TYPE_CHECKING:
    from collections.abc import Callable

REGION = lulc.Region.named("laos")


def found(address: str, timeout: float = 5.0) -> list[dict[str, Any]]:
    return stac_api.search_api(REGION, 2021, address, "sentinel-2-l2a", timeout)


def test_every_page_is_read_up_to_the_last() -> None:
    with api(lambda own, token: (200, {}, page(own, token + 1 if token < 3 else None))) as (address, asked):
        assert len(found(address)) == 4
    assert len([path for path in asked if "search" in path]) == 4


@pytest.mark.parametrize("following", [lambda token: token, lambda token: 1 - token], ids=["itself", "in turn"])
def test_pages_that_lead_to_each_other_are_an_error(following: Callable[[int], int]) -> None:
    with (
        api(lambda own, token: (200, {}, page(own, following(token)))) as (address, asked),
        pytest.raises(lulc.InvalidInputError, match="does not end: it gives a page that it has given before"),
    ):
        found(address)
    assert len(asked) < 6


def test_pages_without_an_end_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_api, "MOST_PAGES", 7)
    with (
        api(lambda own, token: (200, {}, page(own, token + 1))) as (address, asked),
        pytest.raises(lulc.InvalidInputError, match="has more than 7 pages"),
    ):
        found(address)
    assert len(asked) < 12


def test_pages_of_the_same_items_under_other_addresses_are_an_error() -> None:
    with (
        api(lambda own, token: (200, {}, page(own, token + 1, [{"id": "a"}, {"id": "b"}]))) as (address, asked),
        pytest.raises(lulc.InvalidInputError, match="gives a page that it has given before"),
    ):
        found(address)
    assert len(asked) < 6


def test_more_than_can_be_kept_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_api, "MOST_BYTES", 2**20)
    with (
        api(lambda own, _: (200, {}, page(own, None, blob="A" * 2**21))) as (address, _),
        pytest.raises(lulc.InvalidInputError, match="has more than 1 MiB"),
    ):
        found(address)


@pytest.mark.parametrize(
    "wrong", [None, [], {"type": "FeatureCollection"}, {"features": None}, {"features": {}}], ids=str
)
def test_a_page_without_features_is_an_error_not_the_end(wrong: object) -> None:
    with (
        api(lambda own, token: (200, {}, wrong if token else page(own, 1))) as (address, _),
        pytest.raises(lulc.InvalidInputError, match="has no list of `features`"),
    ):
        found(address)


def test_a_busy_server_is_not_waited_for_longer_than_the_time_out() -> None:
    with (
        api(lambda *_: (429, {"Retry-After": "3600"}, {})) as (address, asked),
        pytest.raises(lulc.UnreachableError, match="the server is too busy"),
    ):
        found(address, 0.2)
    assert len(asked) > 5


def test_an_answer_that_never_comes_to_an_end_is_given_up() -> None:
    stop = threading.Event()

    original = http.server.BaseHTTPRequestHandler.end_headers

    def slowly(self: Any) -> None:
        original(self)
        while "/search" in self.path and not stop.wait(0.05):
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    with pytest.MonkeyPatch.context() as patch, api(lambda *_: (200, {}, b"")) as (address, _):
        patch.setattr(http.server.BaseHTTPRequestHandler, "end_headers", slowly)
        with pytest.raises(lulc.UnreachableError, match="too slow: its answer was not complete in time"):
            found(address, 0.3)
        stop.set()


METADATA = "http://169.254.169.254/latest/meta-data"


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_the_content_of_an_answer_that_is_none_is_not_read(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    original = http.server.BaseHTTPRequestHandler.end_headers
    sent = [0]

    def endlessly(self: Any) -> None:
        original(self)
        with contextlib.suppress(OSError):
            while "/search" in self.path:
                sent[0] += self.wfile.write(b" " * 2**16)

    monkeypatch.setattr(http.server.BaseHTTPRequestHandler, "end_headers", endlessly)
    with (
        api(lambda own, _: (status, {"Location": f"{own}/search?token=1"}, b"")) as (address, _),
        pytest.raises(lulc.UnreachableError),
    ):
        found(address, 0.5)
    assert sent[0] < 2**27


def test_an_answer_that_is_packed_repeatedly_is_refused() -> None:
    bomb = gzip.compress(gzip.compress(bytes(2**24)))
    with (
        api(lambda *_: (200, {"Content-Encoding": "gzip, gzip"}, bomb)) as (address, _),
        pytest.raises(lulc.InvalidInputError, match="is packed more than once"),
    ):
        found(address)


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stac_api, "MOST_BYTES", 2**24)
    bomb = gzip.compress(b"[" + b" " * 2**28)
    with (
        api(lambda *_: (200, {"Content-Encoding": "gzip"}, bomb)) as (address, _),
        pytest.raises(lulc.InvalidInputError, match="has more than 16 MiB"),
    ):
        found(address)


@pytest.mark.parametrize("deep", [b'{"features": ' + b"[" * 10**6, b'{"a":' * 10**5 + b"0" + b"}" * 10**5])
def test_an_answer_that_is_nested_deeply_is_refused(deep: bytes) -> None:
    with (
        api(lambda *_: (200, {}, deep)) as (address, _),
        pytest.raises(lulc.InvalidInputError, match="is not readable as JSON"),
    ):
        found(address)


@pytest.mark.parametrize("method", ["DELETE", "PUT", "get\r\nX-Evil: 1"])
def test_a_next_page_is_asked_for_by_get_or_post_only(method: str) -> None:
    link = {"rel": "next", "method": method}
    with (
        api(lambda own, _: (200, {}, {"features": [{"id": "a"}], "links": [link | {"href": f"{own}/search"}]})) as (
            address,
            asked,
        ),
        pytest.raises(lulc.InvalidInputError, match="expected GET or POST"),
    ):
        found(address)
    assert len(asked) == 2


FILE, PRIVATE = "leads to no web address", "leads into a private network, 169.254.169.254"


@pytest.mark.parametrize("href, what", [("file:///etc/passwd", FILE), ("/etc/passwd", FILE), (METADATA, PRIVATE)])
def test_a_next_page_is_not_looked_for_elsewhere(href: str, what: str) -> None:
    first = {"features": [{"id": "a"}], "links": [{"rel": "next", "href": href}]}
    with api(lambda *_: (200, {}, first)) as (address, _), pytest.raises(lulc.InvalidInputError, match=what):
        found(address)


def test_a_redirect_into_a_private_network_is_not_followed() -> None:
    answer: Answer = (302, {"Location": METADATA}, {})
    with api(lambda *_: answer) as (address, _), pytest.raises(lulc.InvalidInputError, match=PRIVATE):
        found(address)
