"""Draw the pixels to label, with known inclusion probabilities, and label them from a raster."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import pandas as pd
from pyproj import Transformer
from rasterio.transform import rowcol, xy

from lulc_core.accuracy.sampling_designs import SAMPLE_DESIGNS, Division, Population
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import is_on_earth, metres_of, pixel_areas
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    Labels = NDArray[np.uint8]


def draw_sample(
    cover: xr.Dataset,
    size: int = 500,
    seed: int = 0,
    *,
    design: str = "stratified",
    allocation: str | Mapping[str, int] = "proportional",
    users: float | Mapping[str, float] = 0.8,
    minimum: int | None = None,
    tile_m: float = 5000,
) -> pd.DataFrame:
    """Draw the pixels to label.

    Parameters
    ----------
    cover
        Land cover with ``label (y, x)`` uint8 legend codes, 0 = no data, on a projected grid in metres.
    size
        Pixels to draw; for the designs by tile, tiles.
    seed
        The same seed draws the same sample.
    design
        A name in `SAMPLE_DESIGNS`: ``"stratified"`` by map class; ``"simple"``, any labelled pixel; ``"tiles"``,
        whole square tiles of which every pixel is to be labelled; ``"stratified-tiles"``, tiles by their most
        frequent class.
    allocation
        How the strata share `size`: ``"proportional"``, ``"equal"``, ``"neyman"`` (see `allocate`), or the
        units of each stratum by name, whose sum then replaces `size`.
    users
        Expected user's accuracy, 0-1, one for all classes or by class, for ``"neyman"``.
    minimum
        Minimum for each stratum. Default: 50, as Olofsson et al. (2014) advise for rare classes, or half an equal
        share if that is less; 2 for tiles.
    tile_m
        Side of a tile in metres.

    Returns
    -------
    pandas.DataFrame
        One row per pixel, in random order (by tile for tiles): ``x, y`` (metres, pixel centre), ``lon, lat``
        (degrees), ``map`` (class name), ``stratum``, ``stratum_size`` (pixels or tiles in the population),
        ``inclusion_probability`` (0-1) and, for tiles, ``cluster``.

    Raises
    ------
    InvalidInputError
        For codes outside the legend, an empty cover, pixels that differ in size on the ground by more than
        `UNEQUAL`, or a size that the strata cannot hold.

    Examples
    --------
    >>> import xarray as xr
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 400, 400), crs="EPSG:32631", resolution=10)
    >>> label = np.repeat(np.array([1, 2], np.uint8), 800).reshape(40, 40)
    >>> sample = draw_sample(xr.Dataset({"label": wrap_xr(label, grid)}), size=40, seed=1)
    >>> sample["map"].value_counts().sort_index().to_dict()
    {'trees': 20, 'water': 20}
    """
    if design not in SAMPLE_DESIGNS:
        raise InvalidInputError(f"The design must be one of {', '.join(SAMPLE_DESIGNS)}; got {design!r}.")
    layer = class_codes(cover["label"], "The land cover")
    label, grid = layer.values, layer.odc.geobox
    if metres_of(grid) != 1:
        raise InvalidInputError(
            "Samples are drawn from a land cover on a projected grid in metres; got "
            f"{'none' if grid is None or grid.crs is None else grid.crs.proj.name}. Warp it with nearest neighbour."
        )
    LEGEND.check_codes(np.unique(label), "the land cover")
    _refuse_unequal_pixels(label, grid)
    if not label.any():
        raise InvalidInputError("The land cover has no labelled pixel to draw from.")
    width, height = abs(grid.resolution.x), abs(grid.resolution.y)
    square = bool(np.isclose(width, height))
    population = Population(label=label, pixel_m=width, tile_m=tile_m, square=square)
    division = Division(size=size, allocation=allocation, users=users, minimum=minimum)
    return _placed(SAMPLE_DESIGNS[design](population, division, np.random.default_rng(seed)), label, grid)


UNEQUAL = 0.05
"""By what share pixels may differ in size on the ground: where all are drawn alike, large ones are drawn too seldom."""


def _refuse_unequal_pixels(label: Labels, grid: GeoBox) -> None:
    """Refuse a map whose labelled pixels differ much in size on the ground, as in Web Mercator from south to north."""
    areas = pixel_areas(grid)
    if not isinstance(areas, np.ndarray) or not label.any():
        return
    seen = areas[label != NO_DATA]
    least, most = float(seen.min()), float(seen.max())
    if most > (1 + UNEQUAL) * least:
        raise InvalidInputError(
            f"A sample of pixels is one of the area only where they are equal on the ground; those of the map have "
            f"{least:.3g} to {most:.3g} ha. Warp it to an equal-area projection, such as EPSG:6933, or to UTM, with "
            "nearest neighbour."
        )


def label_sample(sample: pd.DataFrame, reference: xr.DataArray) -> pd.DataFrame:
    """Return the sample with the column ``reference``, read from a reference raster.

    Parameters
    ----------
    sample
        Of `draw_sample`: columns ``x, y`` in the raster's projection.
    reference
        Legend codes, dims ``(y, x)``, uint8, 0 = no data, on any grid of that projection.

    Raises
    ------
    InvalidInputError
        For codes outside the legend, another projection than that of the map, or a place the raster does not cover
        or label.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((0, 0, 20, 10), crs="EPSG:32631", resolution=10)
    >>> truth = wrap_xr(np.array([[1, 2]], np.uint8), grid)
    >>> label_sample(pd.DataFrame({"x": [15.0], "y": [5.0]}), truth)["reference"].tolist()
    ['trees']
    """
    reference = class_codes(reference, "The reference")
    grid, codes = reference.odc.geobox, reference.values
    LEGEND.check_codes(np.unique(codes), "the reference")
    _refuse_other_projection(sample, grid)
    row, column = (np.asarray(v, int) for v in rowcol(grid.affine, sample["x"].to_numpy(), sample["y"].to_numpy()))
    inside = (row >= 0) & (row < codes.shape[0]) & (column >= 0) & (column < codes.shape[1])
    found = np.where(inside, codes[np.where(inside, row, 0), np.where(inside, column, 0)], NO_DATA)
    if (found == NO_DATA).any():
        raise InvalidInputError(
            f"The reference has no label for {int((found == NO_DATA).sum())} of {len(sample)} sampled pixels. "
            "Draw the sample where the reference is labelled."
        )
    return sample.assign(reference=_names(found))


def tabulate_tiles(sample: pd.DataFrame) -> pd.DataFrame:
    """Return a labelled sample of tiles as one row for each tile, map and reference class, with ``pixels``.

    Parameters
    ----------
    sample
        Of `draw_sample` by tile, with ``reference``.

    Examples
    --------
    >>> rows = pd.DataFrame({"stratum": "all", "stratum_size": 9, "inclusion_probability": 0.1, "cluster": "t",
    ...                      "map": ["a", "a", "b"], "reference": "a"})
    >>> tabulate_tiles(rows)[["map", "reference", "pixels"]].values.tolist()
    [['a', 'a', 2], ['b', 'a', 1]]
    """
    keys = ["stratum", "stratum_size", "inclusion_probability", "cluster", "map", "reference"]
    return sample.groupby(keys, as_index=False, sort=True).size().rename(columns={"size": "pixels"})


def _refuse_other_projection(sample: pd.DataFrame, grid: GeoBox) -> None:
    """Refuse a raster in another projection than that of the sample's coordinates."""
    if grid.crs is None or not is_on_earth(grid) or not {"x", "y", "lon", "lat"} <= set(sample.columns):
        return
    x, y, *degrees = (sample[name].to_numpy(float) for name in ("x", "y", "lon", "lat"))
    theirs = _to_degrees(str(grid.crs)).transform(x, y)
    if not np.allclose(theirs, degrees, rtol=0, atol=1e-6):
        raise InvalidInputError(
            "The reference must be in the projection of the map that the sample was drawn from; it is in "
            f"{grid.crs.proj.name}. Warp it with nearest neighbour."
        )


@lru_cache(16)
def _to_degrees(crs: str) -> Transformer:
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _placed(sample: pd.DataFrame, label: Labels, grid: GeoBox) -> pd.DataFrame:
    """Return the rows with coordinates and map classes for their flat positions."""
    position = sample.pop("position").to_numpy()
    row, column = np.divmod(position, label.shape[1])
    x, y = (np.asarray(v, float) for v in xy(grid.affine, row, column))
    lon, lat = _to_degrees(str(grid.crs)).transform(x, y)
    places = pd.DataFrame({"x": x, "y": y, "lon": lon, "lat": lat, "map": _names(label.ravel()[position])})
    return pd.concat([places, sample], axis=1)


def _names(codes: NDArray[np.integer]) -> NDArray[np.object_]:
    table = np.full(256, "", dtype=object)
    table[LEGEND.codes] = LEGEND.names
    return np.asarray(table[codes])
