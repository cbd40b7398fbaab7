"""Reading the fields of ``model.json``, a file that anybody may have written: right, or refused by name."""

from __future__ import annotations

import reprlib
from typing import TYPE_CHECKING, TypeVar

from lulc_core.errors import InvalidInputError
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.json_types import JsonFields, JsonObject

Kind = TypeVar("Kind")
LARGEST_NUMBER = 1e30
"""Larger ones would overflow in float32."""


def read_object(path: Path) -> JsonObject:
    """Return a JSON object; raises `InvalidInputError` as `read_json`, or if the file holds something else."""
    fields = read_json(path)
    if not isinstance(fields, dict):
        raise InvalidInputError(f"{path} must hold a JSON object; got {type(fields).__name__}.")
    return fields


def shown(value: object) -> str:
    """Return a value for a message, cut short: it may be long, or deep."""
    return _SHORT.repr(value)


_SHORT = reprlib.Repr()
_SHORT.maxlist = _SHORT.maxdict = 12
_SHORT.maxstring = 120


def is_number(value: object) -> bool:
    """Whether a JSON value is a number that float32 can hold; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST_NUMBER


def need(fields: JsonFields, key: str, kind: type[Kind], source: str) -> Kind:
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
