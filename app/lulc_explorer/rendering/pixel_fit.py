"""Where a pixel is, for a browser: row and column as polynomials of web Mercator coordinates. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyproj import Transformer

from lulc_explorer.rendering.raster import MERCATOR, mercator_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

_NODES = 9
"""Points a side that a polynomial is fitted to."""
TERMS = tuple((i, j) for i in range(5) for j in range(5 - i))
"""Powers of x and y of each term, up to the fourth degree: less than a hundredth of a pixel off on a tile of 110 km."""


def fit(grid: GeoBox | None) -> list[float]:
    """Return what a browser needs to name the pixel under the pointer.

    Parameters
    ----------
    grid
        Of the map; None for none.

    Returns
    -------
    list
        Rows and columns of the grid; middle and half width, middle and half height of its extent in web Mercator
        metres; then the coefficients of `TERMS` for the row, and those for the column. Empty without a grid.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> len(fit(GeoBox.from_bbox((500_000, 0, 501_000, 1_000), "EPSG:32631", resolution=10)))
    36
    """
    if grid is None:
        return []
    west, south, east, north = mercator_bounds(grid)
    middle_x, half_x, middle_y, half_y = (west + east) / 2, (east - west) / 2, (south + north) / 2, (north - south) / 2
    nodes = np.linspace(-1, 1, _NODES)
    u, v = (axis.ravel() for axis in np.meshgrid(nodes, nodes))
    to_grid = Transformer.from_crs(MERCATOR, grid.crs, always_xy=True).transform
    x, y = to_grid(middle_x + u * half_x, middle_y + v * half_y)
    columns, rows = ~grid.affine @ (np.asarray(x), np.asarray(y))
    terms = np.stack([u**i * v**j for i, j in TERMS], axis=1)
    found, *_ = np.linalg.lstsq(terms, np.stack([rows, columns], axis=1), rcond=None)
    return [*map(float, grid.shape), middle_x, half_x, middle_y, half_y, *found.T.ravel().tolist()]


def pixel(fitted: list[float], x: float, y: float) -> tuple[float, float]:
    """Return row and column, with fractions, as the browser finds them; arguments as `fit` returns and takes them."""
    _, _, middle_x, half_x, middle_y, half_y, *coefficients = fitted
    u, v = (x - middle_x) / half_x, (y - middle_y) / half_y
    terms: NDArray[np.floating] = np.array([u**i * v**j for i, j in TERMS])
    row, column = np.reshape(coefficients, (2, -1)) @ terms
    return float(row), float(column)
