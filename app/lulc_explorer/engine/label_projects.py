"""A labelling project of what is on the screen: the sample of the accuracy tabs, or points or tiles of the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    import pandas as pd

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.labelling import LabelStore
    from lulc_explorer.engine.samples import Sample

SAMPLE, POINTS, TILES = "sample", "points", "tiles"
UNITS = {POINTS: "Points by map class", SAMPLE: "Sample of the accuracy tabs", TILES: "Tiles"}
"""What units a project can have, with the label shown to the user."""
RULES = {"strict": "all agree", "majority": "majority", "adjudicated": "another decides"}
"""How labels of several people become one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectOrder:
    """What a person asks for."""

    name: str
    units: str
    size: int
    """Points or tiles to draw."""
    tile_m: float
    """Side of a tile, metres."""
    seed: int
    interpreters: int
    rule: str
    target: float | None
    """Planned standard error of the overall accuracy, 0-1."""


def make_project(store: LabelStore, order: ProjectOrder, composite: Composite | None, sample: Sample | None) -> None:
    """Store a project with its units; raises `UserError` where the screen has no such sample.

    Parameters
    ----------
    store
        Where to; the file is made if it is not there.
    order
        What is asked for.
    composite
        The open map; None for none.
    sample
        That of the accuracy tabs; None for none. Its labels stay out of the project.
    """
    if order.units == SAMPLE:
        table, strata, mapped = *_sample_places(sample), sample.mapped if sample is not None else None
    else:
        table, strata, mapped = _drawn(order, composite), {}, lulc.mapped_areas(composite.data) if composite else None
    own = sample.pixel_ha if sample is not None and order.units == SAMPLE else None
    project = lulc.LabelProject(
        name=order.name,
        kind="tiles" if order.units == TILES else "points",
        interpreters=order.interpreters,
        rule=order.rule if order.interpreters > 1 else "strict",
        strata=strata,
        pixel_ha=mapped.pixel_ha if mapped is not None and mapped.pixel_ha else own,
        targets=lulc.Targets(overall=order.target),
    )
    with lulc.LabelDatabase(store.address) as database:
        lulc.create_label_project(database, project, table)


def _drawn(order: ProjectOrder, composite: Composite | None) -> pd.DataFrame:
    if composite is None:
        raise lulc.NotFoundError("No map is open to draw from. Make one in the tab “Map” first.")
    if order.units != TILES:
        return lulc.draw_sample(composite.data, order.size, order.seed)
    drawn = lulc.draw_sample(composite.data, order.size, order.seed, design="tiles", tile_m=order.tile_m)
    units = lulc.tile_units(drawn, composite.data["label"].odc.geobox, order.tile_m)
    return units.astype({"stratum_size": float})


def _sample_places(sample: Sample | None) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return the places of a sample with its strata as it was drawn."""
    if sample is None:
        raise lulc.NotFoundError("The accuracy tabs have no sample yet. Draw or open one in “Error matrix” first.")
    first = sample.first or sample
    design = first.design or lulc.stated_design(first.table)
    if design.unit != "pixel" or design.kind != "sample" or design.weighted:
        raise lulc.InvalidInputError(
            "A project of points needs a sample of pixels drawn at random, by stratum or not. Draw points of the map."
        )
    keep = [name for name in ("lon", "lat", "id", "map", "stratum") if name in first.table]
    sizes = {} if design.relative else dict(design.sizes)
    return first.table[keep].astype(dict.fromkeys(keep[2:], object)), sizes
