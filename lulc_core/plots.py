"""Pictures of maps, error matrices and areas, in the legend's colours. matplotlib is imported when one is drawn.

What a picture shows is not known to be simulated unless its title says so: say it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.extras import needs_extra
from lulc_core.legend import LEGEND, NO_DATA, Legend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import xarray as xr
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

MOST_PX = 2000
"""Pixels along an edge that are drawn: of a larger map every second, third ... row and column."""
OTHER_COLOUR = "#8a8f8c"
"""Of a class that is not in the legend, such as several that were merged."""
_PANEL_INCHES = 3.3


def plot_map(
    label: xr.DataArray, *, legend: Legend = LEGEND, ax: Axes | None = None, title: str = "", key: bool = True
) -> Axes:
    """Draw a class raster on its grid, with a key of the classes that it has.

    Parameters
    ----------
    label
        Dims (y, x), legend codes, 0 = no data, which stays white.
    legend
        Names and colours.
    ax
        Where; a new figure by default. Its coordinates are those of the raster.
    title
        Above the map.
    key
        Whether to name the colours, beside the map.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    NotFoundError
        If matplotlib is not installed.
    InvalidInputError
        If `label` has other dims, or a code that is not in the legend.

    Examples
    --------
    >>> import xarray as xr
    >>> label = xr.DataArray(np.array([[1, 2], [0, 2]], np.uint8), dims=("y", "x"))
    >>> axes = plot_map(label, title="Two classes (simulated)")
    >>> [text.get_text() for text in axes.figure.legends[0].get_texts()]
    ['water', 'trees']
    """
    codes = _checked(label, legend)
    alone, ax = ax is None, ax or new_axes(6.8, 5.0)
    extent, unit = _extent(label)
    ax.imshow(codes, cmap=legend.cmap, norm=legend.norm, interpolation="nearest", extent=extent)
    ax.set(title=title, xlabel=f"x ({unit})", ylabel=f"y ({unit})")
    ax.ticklabel_format(style="plain", useOffset=False)
    ax.locator_params(nbins=4)
    ax.tick_params(labelsize="small")
    if key and alone and (figure := ax.get_figure(root=True)):
        figure.legend(handles=_key([codes], legend), loc="outside right upper", frameon=False)
        figure.draw_without_rendering()  # matplotlib 3.10 lays out an image beside a key right the second time only
    elif key:
        ax.legend(handles=_key([codes], legend), loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def plot_maps(labels: Mapping[str, xr.DataArray], *, legend: Legend = LEGEND, columns: int = 4) -> Figure:
    """Draw class rasters side by side, with one key of the classes that any has.

    Parameters
    ----------
    labels
        Title to raster, as for `plot_map`.
    legend
        Names and colours.
    columns
        Maps in a row, >= 1.

    Returns
    -------
    matplotlib.figure.Figure
        Its ``axes`` are those of the maps, in order.

    Raises
    ------
    NotFoundError, InvalidInputError
        As `plot_map`; and without a raster.

    Examples
    --------
    >>> import xarray as xr
    >>> label = xr.DataArray(np.full((2, 2), 5, np.uint8), dims=("y", "x"))
    >>> [axes.get_title() for axes in plot_maps({"map (simulated)": label, "truth (simulated)": label}).axes]
    ['map (simulated)', 'truth (simulated)']
    """
    if not labels or columns < 1:
        raise InvalidInputError(f"Give one raster or more, and columns >= 1; got {len(labels)} and {columns}.")
    wide = min(columns, len(labels))
    rows = math.ceil(len(labels) / wide)
    with needs_extra("plot"):
        from matplotlib import pyplot as plt
    figure = plt.figure(figsize=(_PANEL_INCHES * wide, _PANEL_INCHES * rows + 0.5), layout="constrained")
    for place, (title, label) in enumerate(labels.items(), 1):
        ax = plot_map(label, legend=legend, ax=figure.add_subplot(rows, wide, place), title=title, key=False)
        ax.set(xticks=[], yticks=[], xlabel=_across(label), ylabel="")
    shown = _key([_checked(label, legend) for label in labels.values()], legend)
    figure.legend(handles=shown, loc="outside lower center", ncols=min(len(shown), 3 * wide), frameon=False)
    return figure


def plot_predictions(
    predictions: xr.Dataset, *, most: int = 12, legend: Legend = LEGEND, columns: int = 4, note: str = ""
) -> Figure:
    """Draw what the network saw in each scene, by date; of many scenes some, evenly through the year.

    Parameters
    ----------
    predictions
        As `predict` returns them: ``label`` (time, y, x).
    most
        Scenes that are drawn at most, >= 1.
    legend, columns
        As for `plot_maps`.
    note
        Added to each date, such as ``"simulated"``.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    NotFoundError, InvalidInputError
        As `plot_maps`.
    """
    label = predictions["label"]
    if most < 1:
        raise InvalidInputError(f"Give most >= 1; got {most}.")
    count = label.sizes["time"]
    drawn = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
    moments = [str(moment).replace("T", " ") for moment in np.datetime_as_string(label["time"].values, unit="m")]
    remark = f" ({note})" if note else ""
    return plot_maps({moments[at] + remark: label[at] for at in drawn}, legend=legend, columns=columns)


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


def new_axes(width: float, height: float) -> Axes:
    """Return the axes of a new figure of a size in inches; raises `NotFoundError` if matplotlib is not installed."""
    with needs_extra("plot"):
        from matplotlib import pyplot as plt
    _, ax = plt.subplots(figsize=(width, height), layout="constrained")
    return ax


def _checked(label: xr.DataArray, legend: Legend) -> NDArray[np.uint8]:
    """Return the codes that are drawn, shape (y, x)."""
    if label.dims != ("y", "x"):
        raise InvalidInputError(f"A map that is drawn has the dims (y, x); got {label.dims}. Choose one scene.")
    step = max(1, math.ceil(max(label.shape) / MOST_PX))
    codes: NDArray[np.uint8] = label[::step, ::step].values
    legend.check_codes(np.unique(codes), "The map")
    return codes


def _extent(label: xr.DataArray) -> tuple[tuple[float, float, float, float], str]:
    """Return left, right, bottom and top of a raster, and the unit; in pixels where it says nothing."""
    import odc.geo.xr  # noqa: F401  # gives arrays `odc`

    grid = label.odc.geobox
    if grid is None or grid.crs is None or not grid.axis_aligned:
        height, width = label.shape
        return (0, width, height, 0), "px"
    box = grid.extent.boundingbox
    unit, code = "m" if grid.crs.projected else "°", grid.crs.epsg
    return (box.left, box.right, box.bottom, box.top), f"{unit}, EPSG:{code}" if code else unit


def _across(label: xr.DataArray) -> str:
    """Return the width of a raster in words."""
    (left, right, *_), unit = _extent(label)
    if not unit.startswith("m"):
        return f"{abs(right - left):g} {unit.split(',')[0]} across"
    return f"{(right - left) / 1000:g} km across"


def _key(rasters: Iterable[NDArray[np.uint8]], legend: Legend) -> Sequence[Artist]:
    from matplotlib.patches import Patch

    present = set().union(*(np.unique(codes).tolist() for codes in rasters)) - {NO_DATA}
    return [Patch(facecolor=c.hex, edgecolor="black", linewidth=0.4, label=c.name) for c in legend if c.code in present]


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
