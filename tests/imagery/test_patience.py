"""Servers are asked no more often than they bear, and left alone as long as they ask."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lulc_core.imagery import patience


@given(st.integers(1, 12))
def test_pauses_grow_and_are_not_all_the_same(attempt: int) -> None:
    longest = patience.FIRST_S * 2 ** (attempt - 1)
    pauses = [patience.pause(attempt) for _ in range(5)]
    assert all(longest / 2 <= one <= longest for one in pauses)
    assert len(set(pauses)) > 1


@given(st.floats(0, 10_000))
def test_a_server_is_left_alone_as_long_as_it_asks(seconds: float) -> None:
    assert seconds <= patience.pause(9, {"Retry-After": str(seconds)}) <= 1.1 * seconds


def test_a_date_is_taken_by_the_servers_clock_or_by_ours() -> None:
    theirs = 10**9  # long ago
    by_theirs = {"Retry-After": formatdate(theirs + 30, usegmt=True), "Date": formatdate(theirs, usegmt=True)}
    assert 30 <= patience.pause(1, by_theirs) <= 33
    by_ours = {"Retry-After": formatdate(time.time() + 30, usegmt=True)}
    assert 20 <= patience.pause(1, by_ours) <= 33
    assert patience.pause(1, {"Retry-After": formatdate(theirs, usegmt=True)}) == 0


@pytest.mark.parametrize("said", ["", "soon", "Wed, 99 Foo", "-3"])
def test_what_cannot_be_read_is_no_request_to_wait_long(said: str) -> None:
    assert patience.pause(1, {"Retry-After": said}) <= patience.FIRST_S


def test_requests_to_one_host_wait_for_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(patience.time, "monotonic", lambda: 1000.0)  # no time passes
    monkeypatch.setattr(patience.time, "sleep", waited.append)
    for _ in range(patience.BURST + 5):
        patience.wait_for_turn("https://me:secret@busy.example/a")
        patience.wait_for_turn("/a/local/file.tif")
    assert waited == pytest.approx([n / patience.REQUESTS_S for n in range(1, 6)])
    waited.clear()
    patience.wait_for_turn("https://other.example/a")
    assert not waited
    monkeypatch.setattr(patience.time, "monotonic", lambda: 1010.0)
    patience.wait_for_turn("https://busy.example/b")
    assert not waited
