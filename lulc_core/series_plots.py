"""Pictures of areas by year. matplotlib is imported when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.plots import class_colours, new_axes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MARKERS = "osD^vP*Xhd<>"
"""Of the classes in turn: colours alone do not tell them apart for everybody."""


def draw_area_series(
    years: Sequence[int], values: Mapping[str, NDArray[np.float64]], *, unit: str, ax: Axes | None, title: str
) -> Axes:
    """Draw areas by year, each with its interval.

    Parameters
    ----------
    years
        In order.
    values
        Of each class: area, low and high end of its interval, shape (year, 3); NaN where undefined.
    unit
        What the axis is called.
    ax
        Where; a new figure for None.
    title
        Above it.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidInputError
        If no area is known.
    """
    if not values or all(np.isnan(each[:, 0]).all() for each in values.values()):
        raise InvalidInputError("No area of any year is known.")
    ax = ax or new_axes(7.4, 4.4)
    apart = 0.012 * (years[-1] - years[0])
    for i, ((name, each), colour) in enumerate(zip(values.items(), class_colours(values), strict=True)):
        at = np.array(years, float) + apart * (i - (len(values) - 1) / 2)
        whiskers = np.nan_to_num(np.maximum([each[:, 0] - each[:, 1], each[:, 2] - each[:, 0]], 0))
        marker = MARKERS[i % len(MARKERS)]
        ax.errorbar(at, each[:, 0], whiskers, color=colour, ecolor="black", elinewidth=0.8, capsize=3, linewidth=2)
        ax.plot(at, each[:, 0], marker, color=colour, mec="black", ms=7, label=name)
    ax.set_xticks([*years])
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.set(title=f"{title}\nbars: 95 % intervals", ylabel=unit)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax
