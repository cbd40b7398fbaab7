"""What the pixels of tiles on which interpreters do not agree may hide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.consensus import Consensus, disagreement_bounds
from lulc_core.labelling.adjudication import agreed_codes
from lulc_core.labelling.results import project_design
from lulc_core.labelling.tiles import decided_tiles, marked_layers, tile_window
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.raster_layout import class_codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label


def tile_bounds(desk: LabelDesk, cover: xr.DataArray) -> pd.DataFrame:
    """Return bounds of every figure for what pixels without a consensus may hide: see `disagreement_bounds`.

    Such a pixel is one that somebody has marked, and on which the interpreters of its tile do not agree by the rule of
    the project: with two classes, or left unmarked by one of them. One that nobody has marked is no part of the sample.

    Parameters
    ----------
    desk
        A project of tiles.
    cover
        The map that the tiles were drawn from, as in `tile_sample`.

    Raises
    ------
    InvalidInputError
        As `tile_sample`.
    """
    layer = class_codes(cover, "The map")
    parts = [_kinds_of_pixels(desk, unit, said, layer).assign(**place) for unit, said, place in decided_tiles(desk)]
    table = pd.concat(parts, ignore_index=True)
    columns = [name for name in table.columns if name.startswith("label ")]
    joined = Consensus(rule=desk.project.rule, labels=table[columns], reference=table["reference"])
    return disagreement_bounds(table.drop(columns=[*columns, "reference"]), joined, design=project_design(desk))


def _kinds_of_pixels(desk: LabelDesk, unit: int, said: Sequence[Label], cover: xr.DataArray) -> pd.DataFrame:
    """Return how many pixels of a tile have each class of the map and each combination of labels."""
    (grid, layers), project = marked_layers(desk, unit, said), desk.project
    agreed = agreed_codes(layers, strict=project.rule != "majority")
    pixels = np.stack([tile_window(cover, grid), agreed, *layers]).reshape(2 + len(layers), -1)
    seen = (pixels[0] != NO_DATA) & (pixels[2:] != NO_DATA).any(axis=0)
    kinds, count = np.unique(pixels[:, seen], axis=1, return_counts=True)
    table = pd.DataFrame({"map": [LEGEND[int(code)].name for code in kinds[0]], "pixels": count})
    for name, codes in zip(["reference", *(f"label {i + 1}" for i in range(len(layers)))], kinds[1:], strict=True):
        classes = [project.legend[int(code)].name if code != NO_DATA else None for code in codes]
        table[name] = pd.Series(classes, dtype=object)
    return table
