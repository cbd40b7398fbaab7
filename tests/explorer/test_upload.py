"""An upload that is too large is refused in words, by a server that keeps none of it."""

from __future__ import annotations

import pytest
from lulc_explorer.components import upload
from lulc_explorer.engine.errors import UserError


def chunk(data: bytes, number: int = 1, of: int = 1) -> dict[str, object]:
    return {
        "status": "upload_event",
        "name": "a.csv",
        "chunk": number,
        "total_chunks": of,
        "mime_type": "text/csv",
        "data": data,
    }


@pytest.mark.parametrize(
    "error, told",
    [
        (
            'File "a.csv" (120 MB) exceeds maximum file size of 100 MB',
            "^a.csv was not uploaded: it is larger than 100 MiB[.] What",
        ),
        ("The network is gone", "not uploaded: The network is gone[.]"),
    ],
)
def test_a_file_that_the_browser_did_not_send_is_told_in_words(error: str, told: str) -> None:
    files = upload.Upload("Sample (CSV)")
    with pytest.raises(UserError, match=told):
        files._handle_msg({"status": "error", "error": error})


@pytest.mark.parametrize("parts, kept", [([b"ab", b"cd"], True), ([b"ab", b"cde"], False)])
def test_a_server_keeps_no_more_than_the_limit(parts: list[bytes], kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "UPLOAD_BYTES", 4)
    files = upload.Upload("Sample (CSV)")
    files._handle_msg(chunk(parts[0], 1, 2))
    if kept:
        files._handle_msg(chunk(parts[1], 2, 2))
        files._handle_msg({"status": "finished"})
        assert files.value == b"abcd"
    else:
        with pytest.raises(UserError, match="it is larger than"):
            files._handle_msg(chunk(parts[1], 2, 2))
        assert not files._buffer
        assert not files._file_buffer


def test_a_file_that_was_refused_is_named_beside_the_one_that_is_there_until_another_comes() -> None:
    files = upload.Upload("Sample (CSV)")
    assert (files.label, files.uploaded_label) == ("Sample (CSV)", "Sample (CSV)")
    files._handle_msg(chunk(b"ab"))
    files._handle_msg({"status": "finished"})
    with pytest.raises(UserError, match="larger than"):
        files._handle_msg({"status": "error", "error": 'File "big.csv" (120 MB) exceeds maximum file size of 100 MB'})
    assert files.label == files.uploaded_label == "Sample: a.csv; refused: big.csv"
    for status in ({"status": "initializing"}, chunk(b"cd"), {"status": "finished"}):
        files._handle_msg(status)
    assert files.label == files.uploaded_label == "Sample: a.csv"


def test_an_empty_file_is_not_taken_for_the_one_before() -> None:
    files = upload.Upload("Sample (CSV)")
    files._handle_msg(chunk(b"ab"))
    files._handle_msg({"status": "finished"})
    files._handle_msg({"status": "initializing"})
    with pytest.raises(UserError, match=r"it is empty\. What was there before stays"):
        files._handle_msg({"status": "finished"})
    assert files.value == b"ab"
    assert files.label == "Sample: a.csv; refused: an empty file"
