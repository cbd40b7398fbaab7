"""A sample becomes the units of a project: places for the interpreters; map class and stratum held apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import odc.geo.xr  # noqa: F401  the accessor .odc
import pandas as pd
from sqlalchemy import func, select

from lulc_core.accuracy.columns import labels
from lulc_core.accuracy.mapped_areas import mapped_areas
from lulc_core.accuracy.places_on_map import exchanged, no_places, pixels_at
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.desk import LabelDesk
from lulc_core.labelling.statements import stored_grid
from lulc_core.labelling.tables import HeldApartRow, UnitRow
from lulc_core.legend import LEGEND
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    import xarray as xr
    from sqlalchemy.orm import Session

    from lulc_core.labelling.database import LabelDatabase
    from lulc_core.labelling.records import LabelProject

MOST_UNITS = 200_000
"""Most units that are added at once: nobody labels more."""
_SAME_PLACE = 7
"""Decimals of a degree, about a centimetre, by which two places are the same."""


def create_label_project(
    database: LabelDatabase, project: LabelProject, sample: pd.DataFrame, *, seed: int = 0
) -> LabelDesk:
    """Store a project and its units, all or nothing, and return its desk.

    Parameters
    ----------
    database
        Where to.
    project
        Its terms. Without `strata`, those of the sample's columns ``stratum`` and ``stratum_size`` are taken.
    sample
        One row per unit: ``lon, lat`` (degrees); optional ``map``, ``stratum`` (else the map class is it),
        ``id``; for tiles ``grid``, a GeoBox each. Other columns are left out.
    seed
        Units are numbered in a random order, so that at any time those that are done are a random sample of each
        stratum, and their order tells nothing of it.

    Raises
    ------
    InvalidInputError
        For a name that is taken, a place that is none or occurs twice, or a stratum that is blank or has no size.
    """
    sample = sample.reset_index(drop=True)
    if not project.strata and {"stratum", "stratum_size"} <= set(sample.columns):
        project = replace(project, strata=_sizes_in(sample))
    with database.writing() as session:
        row = database.add_row(session, project)
        _add(session, row.id, project, sample, seed)
    return LabelDesk(database, project.name)


def add_label_units(desk: LabelDesk, sample: pd.DataFrame, *, seed: int = 0) -> None:
    """Add units to a project, as `create_label_project` does: more of the same strata, after those that are there."""
    with desk.database.writing_project(desk.id) as session:
        _add(session, desk.id, desk.project, sample.reset_index(drop=True), seed)


def map_classes_at(sample: pd.DataFrame, cover: xr.DataArray) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return a sample with the map class of each place as its stratum, and the sizes of all strata of the map.

    The sample is then taken to be drawn at random within each class of the map, everywhere on the ground alike.

    Parameters
    ----------
    sample
        Columns ``lon, lat``, degrees.
    cover
        ``label (y, x)`` uint8 legend codes, 0 = no data, on any grid.

    Returns
    -------
    sample : pandas.DataFrame
        With ``map`` and ``stratum``.
    strata : dict
        Pixels of each class of the map, those without a place, too. Where pixels are not of one size on the ground, as
        in degrees or Web Mercator, these are as many of the mean size as have the area of the class.

    Raises
    ------
    InvalidInputError
        For codes outside the legend, and places that the map does not cover or has no data for.

    Examples
    --------
    >>> from odc.geo.geobox import GeoBox
    >>> from odc.geo.xr import wrap_xr
    >>> grid = GeoBox.from_bbox((3, 51, 3.2, 51.1), crs="EPSG:4326", resolution=0.1)
    >>> cover = wrap_xr(np.array([[1, 2]], np.uint8), grid)
    >>> map_classes_at(pd.DataFrame({"lon": [3.15], "lat": [51.05]}), cover)[0]["map"].tolist()
    ['trees']
    """
    layer = class_codes(cover, "The map")
    lon, lat = _places(sample).T
    row, column = pixels_at(lon, lat, layer, degrees=True)
    mapped = mapped_areas(layer.to_dataset(name="label"))
    sizes = mapped.sizes
    if mapped.hectares is not None and mapped.pixel_ha:
        sizes = {name: area / mapped.pixel_ha for name, area in mapped.hectares.items()}
    found = layer.values[row, column]
    names = [LEGEND[int(code)].name for code in found]
    return sample.assign(map=names, stratum=names), sizes


def _add(session: Session, project_id: int, project: LabelProject, sample: pd.DataFrame, seed: int) -> None:
    """Add units in random order."""
    places, strata = _places(sample), _strata(sample, project)
    if not 1 <= len(sample) <= MOST_UNITS:
        raise InvalidInputError(f"A sample has 1 to {MOST_UNITS:,} units; got {len(sample):,}.")
    if (project.kind == "tiles") != ("grid" in sample.columns):
        raise InvalidInputError("Tiles need a column 'grid' with the pixels of each, and points must not have it.")
    known = session.execute(select(UnitRow.lon, UnitRow.lat).where(UnitRow.project_id == project_id)).all()
    _refuse_repeated(np.concatenate([np.array([tuple(p) for p in known]).reshape(-1, 2), places]))
    first = (session.scalar(select(func.max(UnitRow.number)).where(UnitRow.project_id == project_id)) or 0) + 1
    mapped, ids = (_texts(sample, name) for name in ("map", "id"))
    order = np.random.default_rng(seed).permutation(len(sample)).tolist()
    units = [
        UnitRow(
            project_id=project_id,
            number=first + place,
            lon=float(places[i, 0]),
            lat=float(places[i, 1]),
            grid=stored_grid(sample["grid"][i]) if project.kind == "tiles" else None,
        )
        for place, i in enumerate(order)
    ]
    session.add_all(units)
    session.flush()
    session.add_all(
        HeldApartRow(unit_id=unit.id, source_id=ids[i], map_class=mapped[i], stratum=strata[i])
        for unit, i in zip(units, order, strict=True)
    )


def _places(sample: pd.DataFrame) -> np.ndarray:
    """Return longitude and latitude, shape (row, 2); raises `InvalidInputError` for places that are none."""
    if not {"lon", "lat"} <= set(sample.columns):
        raise no_places(sample, "To be labelled", "lon and lat, degrees")
    places = sample[["lon", "lat"]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    lon, lat = places.T
    right = _on_earth(lon, lat)
    if not right.all():
        line = int(np.flatnonzero(~right)[0])
        given = sample.loc[sample.index[line], ["lon", "lat"]].tolist()
        hint = exchanged(lon, lat, _on_earth, ("lon", "lat"))
        bounds = "from -180 to 180 and from -90 to 90"
        raise InvalidInputError(f"lon and lat must be degrees, {bounds}; row {line + 1} has {given}. {hint}".rstrip())
    return places


def _on_earth(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (np.abs(lon) <= 180) & (np.abs(lat) <= 90)


def _refuse_repeated(places: np.ndarray) -> None:
    """Refuse a place that occurs twice: it would be labelled as two units."""
    keys = [tuple(place) for place in places.round(_SAME_PLACE).tolist()]
    if len(set(keys)) < len(keys):
        again = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise InvalidInputError(f"Each place may be one unit; lon {again[0]}, lat {again[1]} occurs twice.")


def _sizes_in(sample: pd.DataFrame) -> dict[str, float]:
    """Return the sizes of strata that a sample states; raises `InvalidInputError` where it states two for one."""
    stated = pd.DataFrame({"name": labels(sample, "stratum").astype(str), "size": sample["stratum_size"]})
    sizes = stated.drop_duplicates().set_index("name")["size"].astype(float)
    if sizes.index.has_duplicates:
        raise InvalidInputError(
            f"Stratum {sizes.index[sizes.index.duplicated()][0]!r} has several sizes in the sample."
        )
    return {str(name): float(size) for name, size in sizes.items()}


def _strata(sample: pd.DataFrame, project: LabelProject) -> list[str | None]:
    """Return the stratum of each row; None where the project has no strata."""
    if not project.strata:
        return [None] * len(sample)
    if "stratum" in sample.columns or "map" in sample.columns:
        names = labels(sample, "stratum" if "stratum" in sample.columns else "map").astype(str).tolist()
    else:
        names = [*project.strata] * len(sample) if len(project.strata) == 1 else []
    unknown = sorted({*names} - {*project.strata})
    if unknown or not names:
        raise InvalidInputError(
            f"Each row needs a stratum of the project, {', '.join(project.strata)}; got {', '.join(unknown) or 'none'}."
        )
    return [*names]


def _texts(sample: pd.DataFrame, column: str) -> list[str | None]:
    """Return a column as text; None where it is missing or blank."""
    if column not in sample.columns or sample[column].isna().all():
        return [None] * len(sample)
    return [*labels(sample, column).astype(str)]
