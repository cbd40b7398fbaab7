"""Class weights from reference labels: the truth of simulated places, or a CSV of labelled pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from pyproj import Transformer

import lulc_core as lulc
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.engine.samples import text

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lulc_explorer.engine.land_cover_map import LandCoverMap

    Calibration = lulc.Calibration
    ClassAccuracy = lulc.ClassAccuracy  # to name them loads Numba: for types only


def calibrate(
    maps: Sequence[LandCoverMap],
    *,
    sample: bytes | None,
    objective: Literal["overall", "balanced"],
    progress: Callable[[lulc.Progress], None],
    cancel: threading.Event,
) -> Calibration:
    """Return the best class weights, validated on held-out places, or on blocks of the only one; raises `UserError`.

    Parameters
    ----------
    maps
        The map to calibrate, then others whose truth is known.
    sample
        A CSV of labels of the first map, in place of its truth; see `read_labels`.
    objective
        The accuracy to maximize: overall, or the mean of all classes.
    progress, cancel
        As for `lulc_core.calibrate`.
    """
    for land_cover in maps:
        if land_cover.why_no_votes:
            raise lulc.NotFoundError(land_cover.why_no_votes)
    first, titles = maps[0], [land_cover.request.place.title for land_cover in maps]
    votes = {title: land_cover.votes for title, land_cover in zip(titles, maps, strict=True)}
    if sample:
        truth = {titles[0]: read_labels(first, sample)}
    else:
        known = ((title, land_cover.truth) for title, land_cover in zip(titles, maps, strict=True))
        truth = {title: codes for title, codes in known if codes is not None}
    return lulc.calibrate(votes, truth, first.legend, objective=objective, progress=progress, cancel=cancel)


def read_labels(land_cover: LandCoverMap, sample: bytes) -> NDArray[np.uint8]:
    """Return labels of a map's pixels as class codes, shape (y, x), 0 = none; raises `UserError`.

    Parameters
    ----------
    land_cover
        The map. Labels outside it are left out.
    sample
        CSV with `reference` (class names) and `lon, lat` (degrees), or `x, y` (metres, CRS of the map).
    """
    table = lulc.read_sample(text(sample, "the labels"), header="reference,lon,lat")
    where = next((pair for pair in (["x", "y"], ["lon", "lat"]) if {*pair} <= {*table}), None)
    if where is None or "reference" not in table:
        raise lulc.InvalidInputError(
            f"The labels need a column reference and lon, lat or x, y; there are {', '.join(map(str, table.columns))}."
        )
    if not all(pd.api.types.is_numeric_dtype(table[column]) for column in where):
        raise lulc.InvalidInputError(f"The columns {' and '.join(where)} of the labels must be numbers; some are not.")
    strange = sorted({str(name) for name in table["reference"]} - {*LEGEND.names})
    if strange:
        raise lulc.InvalidInputError(
            f"The labels name {', '.join(strange)}; the classes are {', '.join(LEGEND.names)}."
        )
    return _on_grid(land_cover, table, where)


def _on_grid(land_cover: LandCoverMap, table: pd.DataFrame, where: list[str]) -> NDArray[np.uint8]:
    """Return labelled points as a raster; those outside are left out."""
    grid = land_cover.grid
    across, up = (table[name].to_numpy(float) for name in where)
    if where == ["lon", "lat"]:
        across, up = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(across, up)
    column, row = (np.floor(v) for v in ~grid.affine @ (across, up))
    inside = (row >= 0) & (row < grid.shape.y) & (column >= 0) & (column < grid.shape.x)
    codes = np.array([LEGEND[name].code for name in table["reference"]], np.uint8)
    labels = np.zeros(grid.shape, np.uint8)
    labels[row[inside].astype(int), column[inside].astype(int)] = codes[inside]
    return labels
