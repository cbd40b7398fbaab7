"""The precision of printed numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def half_unit(values: Iterable[float]) -> float:
    """Return half a unit in the last printed place of numbers.

    Examples
    --------
    >>> half_unit([0.25, 0.125]), half_unit([7903.0])
    (0.0005, 0.5)
    """
    places = max((-int(Decimal(repr(float(v))).normalize().as_tuple().exponent) for v in values), default=0)
    return float(0.5 * 10.0 ** -max(places, 0))


def places_of(half: float) -> int:
    """Return the number of decimals of which `half` is half a unit in the last place.

    Examples
    --------
    >>> places_of(0.0005)
    3
    """
    return max(round(-math.log10(2 * half)), 0)


def shown(value: float, half: float) -> str:
    """Format a number with the decimals of the print."""
    return f"{value:,.{places_of(half)}f}"


def printable(low: float, high: float, half: float) -> tuple[float, float]:
    """Return the smallest and largest printable number from `low` to `high`; these two themselves if there is none.

    Examples
    --------
    >>> printable(0.001185, 0.001255, 5e-6)
    (0.00119, 0.00125)
    """
    unit, places = 2 * half, places_of(half)
    least, most = math.ceil(low / unit - 1e-6), math.floor(high / unit + 1e-6)
    return (round(least * unit, places), round(most * unit, places)) if least <= most else (low, high)


def one_digit_off(printed: float, half: float, low: float, high: float) -> list[float]:
    """Return the numbers from `low` to `high` that differ from the print in one digit, nearest the middle first.

    Examples
    --------
    >>> one_digit_off(0.44338, 5e-6, 0.0430, 0.0437)
    [0.04338]
    """
    digits = f"{printed:.{places_of(half)}f}"
    changed = {
        float(digits[:at] + digit + digits[at + 1 :])
        for at in range(len(digits))
        if digits[at] != "."
        for digit in "0123456789"
    }
    middle = (low + high) / 2
    return sorted((v for v in changed if low <= v <= high and v != printed), key=lambda v: (abs(v - middle), v))


def nearest_fit(printed: float, half: float, low: float, high: float) -> float:
    """Return the most plausible number from `low` to `high`: one digit off the print, or else the middle."""
    fitting = one_digit_off(printed, half, low, high)
    return fitting[0] if fitting else round((low + high) / 2, places_of(half))
