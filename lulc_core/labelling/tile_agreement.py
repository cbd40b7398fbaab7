"""How far interpreters agree on the pixels of tiles: by class, and by pair of people, with intervals of clusters.

The pixels of a tile are not independent, so that a share of them is a ratio of two totals of tiles, and its interval
that of the accuracy of a sample of clusters.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import select

from lulc_core.accuracy.assessment import assess
from lulc_core.accuracy.designs import Design
from lulc_core.labelling.adjudication import counting, tile_layers
from lulc_core.labelling.results import all_labels, labels_by_person
from lulc_core.labelling.statements import unit_of
from lulc_core.labelling.tables import UnitRow
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label

    Tallies = dict[int, dict[str, tuple[int, int]]]
    """By tile and class, "" for all: pixels to which somebody gave it, and to which everybody did."""


def tile_class_agreement(desk: LabelDesk, *, level: float = 0.95) -> pd.DataFrame:
    """Return `class_agreement` of tiles: pixels that all have marked are counted, and intervals are of clusters.

    They are NaN where fewer than two tiles have the class; there is no column ``reference``.
    """
    counted = counting(all_labels(desk), desk.project.interpreters)
    found = _by_class(_tallies(desk, counted), level)
    return found[found["class"] != ""].set_index("class").rename(columns={"both": "any", "agree": "all"})


def tile_pair_agreement(desk: LabelDesk, *, level: float = 0.95) -> pd.DataFrame:
    """Return `pair_agreement` of tiles: pixels that both have marked are counted, and intervals are of clusters.

    They are NaN of fewer than two tiles.
    """
    said = labels_by_person(desk)
    parts = [pd.DataFrame(columns=["first", "second", "class", "both", "agree", "share", "low", "high"])]
    for first, second in combinations(sorted(said), 2):
        one, other = said[first], said[second]
        both = {unit: [one[unit], other[unit]] for unit in sorted(one.keys() & other.keys())}
        found = _by_class(_tallies(desk, both), level)
        parts.append(found.assign(first=first, second=second)[parts[0].columns])
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def _tallies(desk: LabelDesk, said: Mapping[int, Sequence[Label]]) -> Tallies:
    """Return how many pixels of each tile somebody, and everybody, gave each class, of those that all have marked."""
    found: Tallies = {}
    with desk.database.reading() as session:
        rows = session.scalars(select(UnitRow).where(UnitRow.project_id == desk.id, UnitRow.number.in_(said)))
        grids = {row.number: unit_of(row).grid for row in rows}
        for unit, labels in said.items():
            grid = grids[unit]
            assert grid is not None
            layers = tile_layers(session, desk, grid, labels)
            marked = layers[:, (layers != NO_DATA).all(axis=0)]
            same = int((marked == marked[0]).all(axis=0).sum())
            found[unit] = {"": (marked.shape[1], same)}
            for code in np.unique(marked):
                here = marked == code
                name = desk.project.legend[int(code)].name
                found[unit][name] = int(here.any(axis=0).sum()), int(here.all(axis=0).sum())
    return found


def _by_class(tallies: Tallies, level: float) -> pd.DataFrame:
    """Return the agreement over all classes ("") and on each: ``class, both, agree, share, low, high``."""
    rows = []
    for name in sorted({name for tile in tallies.values() for name in tile}):
        pixels = np.array([tile.get(name, (0, 0)) for tile in tallies.values()])
        both, agree = pixels.sum(axis=0).tolist()
        if both:
            rows.append((name, both, agree, agree / both, *_interval(pixels, level)))
    return pd.DataFrame(rows, columns=["class", "both", "agree", "share", "low", "high"])


def _interval(pixels: NDArray[np.int64], level: float) -> tuple[float, float]:
    """Return the interval of the share of pixels in which all agree, of `pixels` (tile, both and agree)."""
    here = pixels[pixels[:, 0] > 0]
    apart = pd.DataFrame(
        {"cluster": np.arange(len(here)), "map": "x", "reference": "y", "pixels": here[:, 0] - here[:, 1]}
    )
    agreed = apart.assign(reference="x", pixels=here[:, 1])
    table = pd.concat([agreed, apart], ignore_index=True)
    found = assess(table[table["pixels"] > 0], design=Design.indicative("cluster")).overall
    return found.interval(level) or (float("nan"), float("nan"))
