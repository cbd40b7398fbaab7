"""Numbers and dates as text. Pure."""

from __future__ import annotations

import numpy as np


def percent(share: float) -> str:
    """Return a share, 0-1, in per cent, with a decimal below 10 %; ``< 0.1 %`` for less."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if share < 0.1 else f"{100 * share:.0f} %"


def hectares(area: float) -> str:
    """Return an area in hectares, with decimals below 100."""
    return f"{area:,.0f}" if area >= 100 else f"{area:.1f}" if area >= 1 else f"{area:.2f}"


def format_date(moment: str) -> str:
    """Return a moment as a date: ``14 July 2018``."""
    return np.datetime64(moment, "D").item().strftime("%-d %B %Y")
