"""Numbers of the command line, written plainly: Python itself would take 0_01 for 1, and inf and nan for numbers."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import typer

from lulc_core.errors import LulcError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import OptionInfo

_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def number_option(name: str, help: str, *, low: float | None = None, **more: Any) -> OptionInfo:  # noqa: A002  typer's name
    """Return an option that takes a number.

    Parameters
    ----------
    name
        What it is called.
    help
        What it is.
    low
        The least that it may be; None for any.
    more
        Further words to `typer.Option`.

    Examples
    --------
    >>> number_option("--timeout", "Seconds to wait.", low=0.1).metavar
    'NUMBER >= 0.1'
    """
    more.setdefault("metavar", _with_bounds("NUMBER", low, None))
    more.setdefault("parser", _within(read_number, name, low, None))
    return typer.Option(name, help=help, **more)


def whole_option(
    name: str,
    help: str,  # noqa: A002  typer's own name
    *,
    low: int | None = None,
    high: int | None = None,
    **more: Any,
) -> OptionInfo:
    """Return an option that takes a whole number, as `number_option`.

    Examples
    --------
    >>> whole_option("--port", "Port.", low=0, high=65535).metavar
    'INTEGER, 0 to 65535'
    """
    more.setdefault("metavar", _with_bounds("INTEGER", low, high))
    more.setdefault("parser", _within(read_whole, name, low, high))
    return typer.Option(name, help=help, **more)


def read_number(text: str, name: str) -> float:
    """Return the number that a text is.

    Parameters
    ----------
    text
        As 1234 or 12.5.
    name
        What messages call the option.

    Raises
    ------
    LulcError
        For anything else. It is no ValueError, of which typer would put its own words.

    Examples
    --------
    >>> read_number("0.01", "--pixel-ha")
    0.01
    """
    plain = str(text).strip()
    if not _PLAIN.fullmatch(plain) or not math.isfinite(float(plain)):
        raise LulcError(f"{name} takes a number with a decimal point, such as 1234 or 12.5; got {text!r}.")
    return float(plain)


def read_whole(text: str, name: str) -> int:
    """Return the whole number that a text is, as `read_number`.

    Examples
    --------
    >>> read_whole("2021", "--year")
    2021
    """
    plain = str(text).strip()
    if not _WHOLE.fullmatch(plain):
        raise LulcError(f"{name} takes a whole number of at most 18 digits, such as 1234; got {text!r}.")
    return int(plain)


def _with_bounds(kind: str, low: float | None, high: float | None) -> str:
    return kind if low is None else f"{kind} >= {low:g}" if high is None else f"{kind}, {low:g} to {high:g}"


def _within(
    read: Callable[[str, str], float], name: str, low: float | None, high: float | None
) -> Callable[[str], float]:
    def number(text: str) -> float:  # typer wants a function with a name
        value = read(text, name)
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"{low:g} or more" if high is None else f"from {low:g} to {high:g}"
            raise LulcError(f"{name} must be {bounds}; got {text}.")
        return value

    return number
