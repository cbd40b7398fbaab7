"""Numbers and dates as text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr


PERCENT = "\N{NO-BREAK SPACE}%"
"""What follows a number: they never part at the end of a line."""


def percent(share: float) -> str:
    """Return a share, 0-1, in per cent: with a decimal below 10 % and above 99 %, and 100 % only of all.

    Examples
    --------
    >>> [percent(share).split(PERCENT)[0] for share in (0.0004, 0.0021, 0.332, 0.9979, 0.9996, 1.0)]
    ['< 0.1', '0.2', '33', '99.8', '> 99.9', '100']
    """
    if 0 < share < 0.001:
        return f"< 0.1{PERCENT}"
    if 0.999 < share < 1 - 1e-9:
        return f"> 99.9{PERCENT}"
    return f"{100 * share:.{1 if share < 0.1 or 0.99 < share < 1 - 1e-9 else 0}f}{PERCENT}"


def hectares(area: float) -> str:
    """Return an area in hectares, with decimals below 100."""
    return f"{area:,.0f}" if area >= 100 else f"{area:.1f}" if area >= 1 else f"{area:.2f}"


def format_date(moment: str) -> str:
    """Return a moment as a date: ``14 July 2018``."""
    return np.datetime64(moment, "D").item().strftime("%-d %B %Y")


def to_the_minute(times: xr.DataArray) -> tuple[str, ...]:
    """Return times, UTC, datetime64, to the minute, as they stand in the address bar."""
    return tuple(np.datetime_as_string(times.values, unit="m").tolist())


def spans(years: Sequence[int]) -> str:
    """Return ascending years, those that follow each other as their first and last.

    Examples
    --------
    >>> spans([2016, 2017, 2018, 2020, 2022, 2023])
    '2016 to 2018, 2020, 2022, 2023'
    """
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)
