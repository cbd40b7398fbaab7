"""Pictures of maps, error matrices and areas, in the legend's colours. matplotlib is imported when one is drawn.

What a picture shows is not known to be simulated unless its title says so: say it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

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
