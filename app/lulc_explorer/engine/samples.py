"""Samples of a map, uploaded or drawn, and the locations of their pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pyproj import Transformer

import lulc_core as lulc
from lulc_core.accuracy import exchanged, labels
from lulc_explorer.analysis.composite import Spotlight, sum_hectares
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.rendering.markers import MOST_MARKERS, SamplePoints
from lulc_explorer.rendering.raster import unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap

    Floats = NDArray[np.float64]
    Positions = NDArray[np.intp]

    Merge = Mapping[str, Sequence[str]]
    """The classes that each merged class replaces, by its name."""


_PLACES = (("lon", "lat"), ("x", "y"))
"""Columns with the location of a pixel: degrees, or metres in the map's projection."""
_OWN_WEIGHTS = ", custom weights"
"""End of the title of a sample of a composite with custom weights."""
_NAMES = {0: "", **{c.code: c.name for c in LEGEND}}


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """A sample of a map with its design."""

    table: pd.DataFrame
    title: str
    simulated: bool = False
    design: lulc.Design | None = None
    """None if the table states it."""
    mapped: lulc.MappedAreas | None = None
    pixel_ha: float | None = None
    """Area of a pixel, hectares, where `mapped` does not give it."""
    notes: tuple[str, ...] = ()
    """How names in its files were read."""
    composite: Composite | None = None
    """The composite that its map classes are of, where the truth of the whole map is known."""
    weights: Mapping[str, float] | None = None
    """Class weights of the composite that its map classes are of; None where no map is known to have them."""
    pixels: tuple[Positions, Positions] | None = None
    """Rows and columns of its pixels on the map that `weights` are of, shape (pixel,) each."""

    mapped_here: NDArray[np.bool_] | None = None
    """Which of its pixels have a class on the map with `weights`, shape (pixel,); None for all."""

    first: Sample | None = None
    """The sample as it was drawn or uploaded, if the map classes are of other weights since."""

    @property
    def waits(self) -> bool:
        """Whether it has been drawn but not labelled."""
        if "reference" in self.table:
            return not any(str(name).strip() for name in self.table["reference"].unique())
        return "inclusion_probability" in self.table

    @property
    def filled(self) -> pd.DataFrame:
        """The table; where the map has no class, its class is that of the reference."""
        here = self.mapped_here
        if here is None:
            return self.table
        return self.table.assign(map=self.table["map"].where(here, self.table["reference"]))

    @property
    def on_the_map(self) -> pd.DataFrame:
        """The rows of pixels that have a class on the map."""
        return self.table if self.mapped_here is None else self.table[self.mapped_here]

    @property
    def follows(self) -> bool:
        """Whether it is labelled and its map classes follow the weights of a map."""
        return self.pixels is not None and not self.waits

    def stale(self, composite: Composite | None) -> bool:
        """Whether its map classes are of other weights than those of a composite of the same map."""
        return self.weights is not None and composite is not None and self.weights != composite.data.attrs["weights"]

    @property
    def where(self) -> list[str]:
        """The columns with the location of each pixel; none if there are none."""
        return next((list(pair) for pair in _PLACES if {*pair} <= {*self.table}), [])

    @property
    def press(self) -> str:
        """Tooltip that says what a click on a cell of its matrix does."""
        if self.composite is not None:
            return (
                "Click to show all these pixels on the map\n"
                "The map counts their hectares; this table estimates them from the sample"
            )
        return "Click to show these sampled pixels on the map" if self.where else ""


def uploaded(
    sample: bytes, strata: bytes | None, areas: bytes | None, *, name: str, pixel_m: float, decimal: str = ""
) -> Sample:
    """Return an uploaded sample; raises `UserError` for invalid files.

    Parameters
    ----------
    sample, strata, areas
        The files; those that are None were not given.
    name
        What the sample is called.
    pixel_m
        Side of a pixel of the map, metres.
    decimal
        The decimal mark of the files, ``"."`` or ``","``; empty where they tell.
    """
    survey = lulc.read_survey(
        text(sample, name),
        None if strata is None else text(strata, "the strata"),
        None if areas is None else text(areas, "the mapped areas"),
        decimal=decimal or None,
    )
    names = [column for column in ("map", "reference", "stratum") if column in survey.sample]
    return Sample(
        table=survey.sample.astype(dict.fromkeys(names, "category")),
        title=name,
        design=survey.design,
        mapped=survey.mapped,
        notes=survey.notes,
        pixel_ha=pixel_m**2 / 10_000,
    )


def drawn(land_cover: LandCoverMap, composite: Composite, size: int, seed: int, *, by: str) -> Sample:
    """Return a sample drawn from a composite of a map, labelled by the truth where there is one; raises `UserError`.

    Parameters
    ----------
    land_cover, composite
        The map, and its composite with some weights.
    size, seed
        Pixels to draw, and the random seed.
    by
        Name of the network.
    """
    request = land_cover.request
    table = lulc.draw_sample(composite.data, size, seed)
    if land_cover.truth is None:
        table["reference"] = ""
    else:
        table = lulc.label_sample(table, composite.data["label"].copy(data=land_cover.truth))
    column, row = ~land_cover.grid.affine @ (table["x"].to_numpy(), table["y"].to_numpy())
    return Sample(
        table=table,
        title=f"{request.place.title} {request.year} by {by}{_own_weights(land_cover, composite)}",
        simulated=land_cover.simulated,
        mapped=lulc.mapped_areas(composite.data),
        composite=composite if land_cover.truth is not None else None,
        weights=composite.data.attrs["weights"],
        pixels=(row.astype(np.intp), column.astype(np.intp)),
    )


def weighed_anew(sample: Sample, land_cover: LandCoverMap, composite: Composite) -> Sample:
    """Return a sample with the map classes of another composite of its map; raises `UserError`.

    Its pixels, labels and strata stay, so its design is stratified by something else than the classes of the map, and
    the estimates stay unbiased (Stehman 2014). Pixels left without a class are outside a domain.
    """
    if sample.pixels is None:
        raise lulc.InvalidInputError("The map classes of this sample are those of its file: no weights change them.")
    codes = composite.label[sample.pixels]
    if not codes.any():
        raise lulc.InvalidInputError(
            f"With these class weights none of the {len(codes):,} sampled pixels has a class. "
            "Give a class that has votes there a weight above 0."
        )
    return replace(
        sample,
        table=sample.table.assign(map=class_names(codes)),
        mapped_here=None if codes.all() else codes > 0,
        first=sample.first or sample,
        title=sample.title.removesuffix(_OWN_WEIGHTS) + _own_weights(land_cover, composite),
        mapped=None if sample.mapped is None else lulc.mapped_areas(composite.data),
        composite=None if sample.composite is None else composite,
        weights=composite.data.attrs["weights"],
    )


def with_map_classes(sample: Sample, land_cover: LandCoverMap, composite: Composite) -> Sample:
    """Return an uploaded sample of locations and references with what a map has there; as it is if it states that.

    Raises `UserError` for a location outside the map.
    """
    table = sample.table
    if "map" in table or "reference" not in table or not sample.where:
        return sample
    points = _placed(table[sample.where], land_cover.grid)
    if not points.inside.all():
        place = land_cover.request.place.title
        raise lulc.InvalidInputError(
            f"The sample has no column 'map', and {(~points.inside).sum():,} of its {len(table):,} locations lie "
            f"outside the map on screen, {place}. Open the map it was drawn from, or add the column."
        )
    pixels = points.row.astype(np.intp), points.column.astype(np.intp)
    codes = composite.label[pixels]
    return replace(
        sample,
        table=table.assign(map=class_names(codes)),
        mapped_here=None if codes.all() else codes > 0,
        weights=composite.data.attrs["weights"],
        pixels=pixels,
        notes=(*sample.notes, "The file has no column 'map': map classes are those of the map on screen."),
    )


def recognized(sample: Sample, land_cover: LandCoverMap, composites: Iterable[Composite]) -> Sample:
    """Return an uploaded sample as one of a map whose weights it can follow; as it is unless it is of that map.

    It is if the design is of as many pixels as the map has, and every map class is that of the composite there.

    Parameters
    ----------
    sample
        An uploaded sample. Its strata stay; those that are its map classes get a column of their own.
    land_cover, composites
        The open map, and its composites that the sample may have been drawn from.
    """
    table, design = sample.table, sample.design or lulc.stated_design(sample.table)
    if not sample.where or "pixels" in table or design.unit != "pixel" or design.relative:
        return sample
    points = _placed(sample.table[sample.where], land_cover.grid)
    if not points.inside.all():
        return sample
    pixels = points.row.astype(np.intp), points.column.astype(np.intp)
    stated = labels(table, "map").astype(object).to_numpy()
    for composite in composites:
        found = np.array(class_names(composite.label[pixels]), object)
        if sum(design.sizes.values()) == (composite.label > 0).sum() and (found == stated).all():
            by_map = "stratum" not in table and len(design.sizes) > 1
            return replace(
                sample,
                table=table.assign(stratum=table["map"]) if by_map else table,
                mapped=lulc.mapped_areas(composite.data),
                pixel_ha=None,
                weights=composite.data.attrs["weights"],
                pixels=pixels,
            )
    return sample


def class_names(codes: NDArray[np.uint8]) -> list[str]:
    """Return the names of class codes, empty for no data."""
    return [_NAMES[code] for code in codes.tolist()]


def _own_weights(land_cover: LandCoverMap, composite: Composite) -> str:
    same = composite.data.attrs["weights"] == land_cover.composite.data.attrs["weights"]
    return "" if same else _OWN_WEIGHTS


def spotlight(land_cover: LandCoverMap, composite: Composite, row: str, column: str, merge: Merge) -> Spotlight:
    """Return all pixels of a composite that are mapped as `row` and whose known truth is `column`."""
    if land_cover.truth is None:
        raise lulc.InvalidInputError("The reference class of every pixel is known for simulated places only.")
    mapped, true = (
        np.isin(codes, [LEGEND[old].code for old in merge.get(name, [name])])
        for name, codes in ((row, composite.label), (column, land_cover.truth))
    )
    pixels = mapped & true
    return Spotlight(
        pixels=pixels,
        words=f"map {row}, reference {column}",
        hectares=float(sum_hectares(pixels.astype(np.uint8), land_cover.pixel_ha, 2)[1]),
    )


def locate(sample: Sample, land_cover: LandCoverMap, cell: tuple[str, str] | None, merge: Merge) -> SamplePoints:
    """Return the points of a sample that lie on a map; raises `UserError` if none does.

    Parameters
    ----------
    sample
        A sample with columns of locations.
    land_cover
        The map.
    cell
        Map and reference class of the pixels wanted; None for all.
    merge
        Classes to merge.
    """
    into = {old: new for new, olds in merge.items() for old in olds}
    table = pd.DataFrame(
        {name: labels(sample.filled, name).astype(object).replace(into) for name in ("map", "reference")}
    )
    if sample.mapped_here is not None:
        table["map"] = table["map"].where(sample.mapped_here, "no class")
    meant = np.ones(len(table), bool) if cell is None else (table == list(cell)).all(axis=1).to_numpy()
    grid = land_cover.grid
    points = _placed(sample.table[sample.where], grid)
    if not points.inside.any():
        hint = _exchanged(sample, grid)
        raise lulc.InvalidInputError(
            f"None of the sample's {len(table):,} locations lies on the open map, {land_cover.request.place.title}. "
            + (hint or "Choose the map that was sampled.")
        )
    index = np.flatnonzero(points.inside & meant)
    to_web = Transformer.from_crs(str(grid.crs), "EPSG:3857", always_xy=True)
    x, y = to_web.transform(points.east[index], points.north[index])
    shown = table.iloc[index]
    return SamplePoints(
        x=unwrapped(np.asarray(x), grid.crs),
        y=np.asarray(y),
        right=(shown["map"] == shown["reference"]).to_numpy(),
        words=[f"map {i}, reference {j}" for i, j in shown.to_numpy()] if len(index) <= MOST_MARKERS else [],
        title=sample.title if cell is None else f"{sample.title}: map {cell[0]}, reference {cell[1]}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Points on a grid, shape (point,) each."""

    east: Floats
    """In the projection of the grid, as `north`."""
    north: Floats
    row: Floats
    """As `column`: whole for a corner of a pixel."""
    column: Floats
    inside: NDArray[np.bool_]


def _placed(places: pd.DataFrame, grid: GeoBox) -> _Placed:
    """Return where places lie on a grid: two columns, degrees if they are ``lon, lat``."""
    across, up = places.apply(pd.to_numeric, errors="coerce").to_numpy(float).T
    source = "EPSG:4326" if [*places.columns] == ["lon", "lat"] else str(grid.crs)
    east, north = Transformer.from_crs(source, str(grid.crs), always_xy=True).transform(across, up)
    with np.errstate(invalid="ignore"):  # what lies outside the projection is at infinity
        column, row = ~grid.affine @ (east, north)
    inside = (row >= 0) & (row < grid.shape.y) & (column >= 0) & (column < grid.shape.x)
    return _Placed(east=east, north=north, row=row, column=column, inside=inside)


def _exchanged(sample: Sample, grid: GeoBox) -> str:
    """Return the question whether the coordinates of a sample are exchanged; empty if its pixels lie no better then."""
    first, second = sample.where
    across, up = sample.table[sample.where].apply(pd.to_numeric, errors="coerce").to_numpy(float).T
    return exchanged(
        across, up, lambda x, y: _placed(pd.DataFrame({first: x, second: y}), grid).inside, (first, second)
    )


def text(content: bytes, name: str) -> io.TextIOWrapper:
    """Return an uploaded file as an open text file; `name` is what messages call it."""
    buffer = io.BytesIO(content)
    buffer.name = name
    return io.TextIOWrapper(buffer, encoding="utf-8")
