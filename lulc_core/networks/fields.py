"""Reading the fields of ``model.json``, a file that anybody may have written: right, or refused by name."""

from __future__ import annotations

import json
import reprlib
from typing import TYPE_CHECKING, Any

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LARGEST_BYTES = 2**20
"""Most bytes of a ``model.json``."""
LARGEST_NUMBER = 1e30
"""Larger ones would overflow in float32."""


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object in UTF-8; raises `InvalidInputError` if the file does not hold one, or names a key twice."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InvalidInputError(f"{path} is larger than {LARGEST_BYTES:,} bytes, which no model.json needs to be.")
        fields = json.loads(path.read_text("utf-8-sig"), object_pairs_hook=_without_doubles)
        json.dumps(fields, ensure_ascii=False).encode()  # half a character, as in "\ud800", could not be written
    except (OSError, ValueError, RecursionError) as error:  # ValueError: bytes, syntax, endless numbers, doubles
        if isinstance(error, InvalidInputError):
            raise
        said = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise InvalidInputError(f"{path} is not readable as JSON: {said}") from error
    if not isinstance(fields, dict):
        raise InvalidInputError(f"{path} must hold a JSON object; got {type(fields).__name__}.")
    return fields


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"{next(key for key in keys if keys.count(key) > 1)!r} is there twice")
    return found


def shown(value: object) -> str:
    """Return a value for a message, cut short: it may be long, or deep."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxdict = 12
_SHORT.maxstring = 120


def is_number(value: object) -> bool:
    """Whether a JSON value is a number that float32 can hold; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def need(fields: Mapping[str, Any], key: str, kind: type, source: str) -> Any:
    """Return a field of a type, not empty."""
    value = fields.get(key)
    if not isinstance(value, kind) or not value:
        raise InvalidInputError(f"{source} needs {key!r}, a {kind.__name__} that is not empty; got {shown(value)}.")
    return value


def one_of(known: tuple[str, ...], value: object, name: str, source: str) -> str:
    """Return a word that must be one of those known."""
    if value not in known:
        raise InvalidInputError(f"{source}: {name} must be one of {', '.join(known)}; got {shown(value)}.")
    return str(value)


def whole_number(value: object, most: int, name: str, source: str) -> int:
    """Return a whole number within 1 and `most`."""
    if type(value) is not int or not 1 <= value <= most:
        raise InvalidInputError(f"{source}: {name} must be a whole number within 1-{most}; got {shown(value)}.")
    return value


def text(value: object, name: str, source: str) -> str:
    """Return a line of text, not empty."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise InvalidInputError(f"{source}: {name} must be a line of text; got {shown(value)}.")
    return value
