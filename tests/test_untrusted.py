"""JSON that anybody may have written, and checksums."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.untrusted import DEEPEST, parse_json, read_json, sha256_of

if TYPE_CHECKING:
    from pathlib import Path

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert parse_json(json.dumps(value), "it") == value


@given(st.text(alphabet='[]{}",:\\ud8019eE.-+NaInfty \n', max_size=60))
@settings(max_examples=300)
def test_any_text_is_a_value_that_can_be_written_or_refused(text: str) -> None:
    with contextlib.suppress(lulc.InvalidInputError):
        json.dumps(parse_json(text, "it"), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("opened, closed", [("[", "]"), ('{"a":', "}")])
def test_brackets_may_be_nested_so_deep_and_no_deeper(opened: str, closed: str) -> None:
    parse_json(opened * DEEPEST + "1" + closed * DEEPEST, "it")
    for deep in (DEEPEST + 1, 900, 100_000):
        with pytest.raises(lulc.InvalidInputError, match="nested too deeply"):
            parse_json(opened * deep + "1" + closed * deep, "it")


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "sample.csv"
    os.mkfifo(pipe)
    for read in (read_json, lulc.read_sample, lulc.read_counts, lulc.read_territory):
        with pytest.raises(lulc.InvalidInputError, match=r"sample\.csv is a pipe .* to a file"):
            read(pipe)


def test_numbers_that_are_not_finite_are_refused_unless_each_is_checked() -> None:
    for text in ("NaN", "-Infinity", "1e999"):
        with pytest.raises(lulc.InvalidInputError, match=f"{text} is no finite number"):
            parse_json(f'{{"a": {text}}}', "it")
        assert not math.isfinite(parse_json(text, "it", nan=True))


def test_a_file_that_is_too_large_or_not_there_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("﻿[1, 2]")
    assert read_json(path) == [1, 2]
    with pytest.raises(lulc.InvalidInputError, match=r"a\.json is larger than 5 bytes"):
        read_json(path, most_bytes=5)
    with pytest.raises(lulc.InvalidInputError, match="No such file"):
        read_json(tmp_path / "b.json")


@given(st.binary(max_size=2000))
def test_the_checksum_is_that_of_the_whole_content(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "content"
    path.write_bytes(content)
    assert sha256_of(path) == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "name, came",
    [
        ("places.zip", r"a shapefile in a zip archive\. Make GeoJSON of it: ogr2ogr"),
        ("places.shp", r"a shapefile\. Make GeoJSON of it"),
        ("other.zip", "a zip archive"),
        ("places.gpkg", "an SQLite database, such as a GeoPackage"),
        ("latin.json", "not UTF-8 text"),
    ],
)
def test_what_is_given_for_geojson_is_called_by_its_name(tmp_path: Path, name: str, came: str) -> None:
    starts = {".zip": b"PK", ".shp": b"\x00\x00\x27\x0a", ".gpkg": b"SQLite format 3\0", ".json": b"{"}
    path = tmp_path / name
    inner = b"places.shp" if name == "places.zip" else b"places.txt"
    path.write_bytes(starts[path.suffix] + inner + b"\xff" * 30)
    with pytest.raises(lulc.InvalidInputError, match=f"is not readable as JSON: it is {came}"):
        lulc.read_territory(path)
