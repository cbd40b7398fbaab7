"""How many decimals a figure needs, so that no uncertainty is rounded to 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NOISE = 1e-12
"""Relative distance that is attributed to rounding in the computer."""


def decimals(width: float | None, least: int) -> int:
    """Return how many decimals show a width as more than 0: `least`, or more for a small one.

    Examples
    --------
    >>> decimals(0.2, 3), decimals(0.00023, 3), decimals(None, 3)
    (3, 4, 3)
    """
    return least if not width else max(least, math.ceil(-math.log10(width)))


def finest(value: float, standard_error: float | None, ends: Sequence[float | None] | None) -> float | None:
    """Return the least of the standard error and the distances to the ends of an interval that are > 0, or None.

    An end that is None is open.

    Examples
    --------
    >>> finest(0.5, 0.2, (0.25, 0.75)), finest(0.5, None, (0.25, None)), finest(0.5, 0.0, (0.5, 0.5))
    (0.2, 0.25, None)
    """
    widths = [abs(end - value) for end in ends or () if end is not None] + [standard_error or 0.0]
    return min((width for width in widths if width > NOISE * abs(value)), default=None)
