"""Files that anybody may have written: JSON read within bounds, TIFFs that are cut off, and checksums."""

from __future__ import annotations

import hashlib
import json
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from lulc_core.json_types import JsonObject

MOST_BYTES = 2**20
"""Bytes of the largest JSON file that is read, unless the caller allows more."""
_MOST_DIRECTORIES = 100
"""Directories of a TIFF that are looked at."""
_CONVERT = "Make GeoJSON of it: ogr2ogr -t_srs EPSG:4326 out.geojson"
_FORMATS = {
    b"PK": "a zip archive",
    b"\x00\x00\x27\x0a": f"a shapefile. {_CONVERT}",
    b"SQLite format 3": f"an SQLite database, such as a GeoPackage. {_CONVERT}",
}
"""How files begin that are given for GeoJSON, and what they are."""
_OF_SHAPEFILE = re.compile(rb"\.(shp|shx|dbf|prj)")
DEEPEST = 100
"""Most brackets within brackets: what reads the values may call itself for each."""


def local_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of a file to read, with a leading ``~`` as the home folder.

    Raises
    ------
    InvalidInputError
        For a pipe or a device, which may be waited for without an end.
    """
    found = from_home(path)
    if found.exists() and not (found.is_file() or found.is_dir()):
        raise InvalidInputError(f"{path} is a pipe or a device, no regular file. Write what comes from it to a file.")
    return found


def read_json(path: Path, *, most_bytes: int = MOST_BYTES, nan: bool = False) -> Any:
    """Return the value of a JSON file in UTF-8.

    Parameters
    ----------
    path
        The file.
    most_bytes
        Size of the largest file that is read.
    nan
        As in `parse_json`.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, is a pipe or is too large, and as `parse_json`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "a.json"
    >>> _ = path.write_text('{"classes": ["water", "trees"]}')
    >>> read_json(path)
    {'classes': ['water', 'trees']}
    """
    try:
        path = local_file(path)
        if path.stat().st_size > most_bytes:
            raise InvalidInputError(f"{path} is larger than {most_bytes:,} bytes, the most that is read as JSON.")
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not readable as JSON: it is {format_of(error.object)}.") from error
    except OSError as error:
        raise InvalidInputError(f"{path} is not readable as JSON: {error.strerror}.") from error
    except ValueError as error:  # a path with a null character
        raise InvalidInputError(f"{path} is not readable as JSON: {error}.") from error
    return parse_json(text, str(path), nan=nan)


def format_of(content: bytes) -> str:
    """Return what a file is that is no text, with what makes GeoJSON of it where something does.

    Examples
    --------
    >>> format_of(b"PK"), format_of(bytes([255, 254]))
    ('a zip archive', 'not UTF-8 text')
    """
    if is_zipped_shapefile(content):
        return f"a shapefile in a zip archive. {_CONVERT}"
    return next((kind for start, kind in _FORMATS.items() if content.startswith(start)), "not UTF-8 text")


def is_zipped_shapefile(content: bytes) -> bool:
    """Return whether bytes are a zip archive with a shapefile, whose names stand at its beginning and its end."""
    return content.startswith(b"PK") and _OF_SHAPEFILE.search(content[:200] + content[-2000:]) is not None


def parse_json(text: str, source: str, *, nan: bool = False) -> Any:
    """Return the value of JSON text.

    Parameters
    ----------
    text
        The text.
    source
        What messages call it.
    nan
        Whether NaN and infinite numbers are let through, for a caller that checks each value.

    Raises
    ------
    InvalidInputError
        For text that is not JSON, that is nested more than `DEEPEST` deep, in which an object has a key twice, or
        which holds half a character, NaN or an infinite number.

    Examples
    --------
    >>> parse_json('{"a": 1, "a": 2}', "The text")
    Traceback (most recent call last):
        ...
    lulc_core.errors.InvalidInputError: The text is not readable as JSON: 'a' is there twice.
    """
    try:
        check = float if nan else _finite
        value = json.loads(text, object_pairs_hook=_without_doubles, parse_float=check, parse_constant=check)
        _refuse_deep(value)
        json.dumps(value, ensure_ascii=False).encode()  # half a character, as in "\ud800", could not be written
    except RecursionError as error:
        raise InvalidInputError(f"{source} is not readable as JSON: it is nested too deeply.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInputError(f"{source} is not readable as JSON: {error.msg} ({where}).") from error
    except ValueError as error:  # doubles, numbers that are none or endless, half characters
        raise InvalidInputError(f"{source} is not readable as JSON: {error}.") from error
    return value


def _without_doubles(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is no finite number")
    return number


def _refuse_deep(value: object) -> None:
    """Raise `RecursionError` if brackets are nested more than `DEEPEST` deep."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    if level:
        raise RecursionError


def is_cut_off(tiff: Path) -> bool:
    """Return whether a TIFF ends before one of its directories does, as that of a mask; GDAL reads on without it.

    A directory that is all zeros, or ends in them, did not arrive: each has an entry, and each entry a type.
    """
    size = tiff.stat().st_size
    with tiff.open("rb") as file:
        head = file.read(16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 16:
            return order is not None
        big = struct.unpack(f"{order}H", head[2:4]) == (43,)
        count, entry, offset = (f"{order}Q", 20, f"{order}Q") if big else (f"{order}H", 12, f"{order}I")
        (where,) = struct.unpack_from(offset, head, 8 if big else 4)
        for _ in range(_MOST_DIRECTORIES):
            file.seek(where)
            (entries,) = struct.unpack(count, file.read(struct.calcsize(count)).ljust(struct.calcsize(count), b"\0"))
            end = where + struct.calcsize(count) + entries * entry
            if not entries or end + struct.calcsize(offset) > size:
                return True
            said = file.read(entries * entry)
            if any(said[at + 2 : at + 4] == b"\0\0" for at in range(0, len(said), entry)):
                return True
            (where,) = struct.unpack(offset, file.read(struct.calcsize(offset)))
            if not where:
                return False
    return False


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits, read in parts."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
