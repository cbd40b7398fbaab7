"""Pictures of an assessment: error matrices, areas, and areas by year. matplotlib is imported when one is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND
from lulc_core.plots import new_axes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

OTHER_COLOUR = "#8a8f8c"
"""Of a class that is not in the legend, such as several that were merged."""
MARKERS = "osD^vP*Xhd<>"
"""Of the classes in turn: colours alone do not tell them apart for everybody."""


def draw_error_matrix(shares: NDArray[np.float64], classes: Sequence[str], *, ax: Axes | None, title: str) -> Axes:
    """Draw an error matrix.

    Parameters
    ----------
    shares
        Of the area, 0-1, shape (class, class): rows map, columns reference; NaN where undefined.
    classes
        Their names.
    ax
        Where; a new figure for None.
    title
        Above it.

    Returns
    -------
    matplotlib.axes.Axes
        Each cell in per cent of the area; the darker, the larger its share of the row.
    """
    size = 1.8 + 0.62 * len(classes)
    ax = ax or new_axes(size + 0.8, size)
    totals = np.nansum(shares, axis=1, keepdims=True)
    of_row = np.divide(shares, totals, out=np.zeros_like(shares), where=totals > 0)
    ax.imshow(of_row, cmap="Greys", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if of_row[row, column] > 0.5 else "black"
        ax.text(column, row, _per_cent(share), ha="center", va="center", color=colour, size="small")
    places = range(len(classes))
    ax.set_xticks(places, classes, rotation=45, ha="right", rotation_mode="anchor")
    ax.set_yticks(places, classes)
    ax.tick_params(length=0, pad=18)
    _draw_swatches(ax, classes)
    ax.set(xlim=(-0.5, len(classes) - 0.5), ylim=(len(classes) - 0.5, -0.5))
    ax.set(title=f"{title}\n% of the area; grey: share of the row", xlabel="reference", ylabel="map")
    return ax


def draw_areas(
    classes: Sequence[str],
    hectares: Iterable[float],
    ends: Sequence[tuple[float, float]],
    *,
    mapped: Iterable[float],
    ax: Axes | None,
    title: str,
) -> Axes:
    """Draw areas with their intervals.

    Parameters
    ----------
    classes
        Their names.
    hectares
        The estimated area of each; NaN where undefined.
    ends
        Low and high end of its 95 % interval, hectares; NaN where there is none.
    mapped
        The mapped area of each, hectares; NaN where it is not known.
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
    values, counted = np.array([*hectares], float), np.array([*mapped], float)
    if np.isnan(values).all():
        raise InvalidInputError(
            "No area is known in hectares. Assess with the mapped areas, or with the area of a pixel (pixel_ha)."
        )
    ax = ax or new_axes(7.0, 1.4 + 0.38 * len(classes))
    places, colours = np.arange(len(classes)), class_colours(classes)
    ax.barh(places, values, color=colours, edgecolor="black", linewidth=0.5, height=0.7)
    for place, value, (low, high) in zip(places, values, ends, strict=True):
        if np.isfinite([value, low, high]).all():
            whiskers = [[max(value - low, 0)], [max(high - value, 0)]]
            ax.errorbar(value, place, xerr=whiskers, color="black", capsize=4, linewidth=1.2)
    known = np.isfinite(counted)
    ax.plot(counted[known], places[known], "D", mfc="white", mec="black", ms=6)
    ax.set_yticks(places, classes)
    ax.invert_yaxis()
    ax.set_xlim(left=min(0.0, *values[np.isfinite(values)]))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    ax.set(title=title, xlabel="area (ha)")
    ax.legend(handles=_marks(mapped=bool(known.any())), loc="best", frameon=False)
    return ax


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


def _marks(*, mapped: bool) -> Sequence[Artist]:
    """Return what the marks of `draw_areas` mean."""
    from matplotlib.lines import Line2D

    estimated = Line2D([], [], color="black", marker="|", ms=8, label="estimated, 95 % interval")
    counted = Line2D([], [], color="none", marker="D", mfc="white", mec="black", label="counted on the map")
    return [estimated, *([counted] if mapped else [])]


def _draw_swatches(ax: Axes, classes: Sequence[str]) -> None:
    """Draw the colour of each class between its cells and its name, along both axes."""
    from matplotlib.transforms import offset_copy

    places, nowhere = range(len(classes)), [0] * len(classes)
    edge: dict[str, Any] = {"marker": "s", "s": 80, "clip_on": False, "edgecolor": "black", "linewidth": 0.5}
    figure = ax.get_figure(root=True)
    left = offset_copy(ax.get_yaxis_transform(), fig=figure, x=-10, units="points")
    below = offset_copy(ax.get_xaxis_transform(), fig=figure, y=-10, units="points")
    ax.scatter(nowhere, places, color=class_colours(classes), transform=left, **edge)
    ax.scatter(places, nowhere, color=class_colours(classes), transform=below, **edge)


def class_colours(classes: Iterable[str]) -> list[str]:
    """Return the colour of each class: the legend's, or one for all others."""
    found = (LEGEND.find(name) for name in classes)
    return [c.hex if c else OTHER_COLOUR for c in found]


def _per_cent(share: float) -> str:
    if not np.isfinite(share):
        return "–"
    return "0" if share == 0 else f"{100 * share:.1f}" if share >= 0.0005 else "<0.1"
