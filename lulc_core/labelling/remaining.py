"""How many more units of which stratum reach the standard errors that were planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.planning import Targets, plan_sample
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.results import labelled_sample, unit_table
from lulc_core.labelling.tiles import tile_sample

if TYPE_CHECKING:
    import xarray as xr

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import LabelProject

PRIOR_UNITS = 4
"""Units that the expected accuracy is worth beside the labels: a stratum without an error so far may have some."""


def units_needed(desk: LabelDesk, targets: Targets | None = None, *, cover: xr.DataArray | None = None) -> pd.DataFrame:
    """Return how many more units of each stratum reach the planned standard errors, by the accuracies seen so far.

    The accuracy of a stratum is that of its labelled units and of `PRIOR_UNITS` more with the accuracy that was
    expected; the plan is that of `plan_sample` (Bethel 1989). Of tiles, those marked so far say how much tiles of a
    stratum differ, and the number is the least that reaches the target of the overall accuracy, a ratio of totals
    (Neyman allocation: Cochran 1977, 5.5 and 6.11, without a finite population correction, as `assess` has none).

    Parameters
    ----------
    desk
        The project, whose strata have sizes.
    targets
        Standard errors. Default: those of the project.
    cover
        Of tiles the map that they were drawn from, as `tile_sample` takes it.

    Returns
    -------
    pandas.DataFrame
        One row per stratum: ``size`` (pixels, or tiles), ``labelled`` (units with a consensus), ``accuracy`` (0-1, as
        above; of tiles the share of their pixels that is right),
        ``planned`` (units that reach the targets), ``more`` (of them not labelled yet), ``waiting`` (units of the
        project without a consensus), ``draw`` (units to draw beyond those).

    Raises
    ------
    InvalidInputError
        Without strata, map classes or targets, and for targets by class if strata are no map classes; for tiles
        without their map, with another target than the overall accuracy, or fewer than two marked in a stratum.
    """
    targets = targets or desk.project.targets
    units = unit_table(desk)
    if desk.project.kind == "tiles":
        return _with_gaps(_tiles_planned(desk, cover, targets), units)
    _refuse(desk.project, units, targets)
    labelled = labelled_sample(desk) if desk.progress().complete else units.iloc[:0].assign(reference=None)
    table = _by_stratum(desk.project, labelled)
    plan = plan_sample(
        {str(name): float(size) for name, size in table["size"].items()},
        users={str(name): float(accuracy) for name, accuracy in table["accuracy"].items()},
        targets=targets,
        counted=bool((table["size"] % 1 == 0).all()),
    )
    table["planned"] = pd.Series(plan.allocation)
    return _with_gaps(table, units)


def _with_gaps(table: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Add what is missing of the units that are planned."""
    table["more"] = (table["planned"] - table["labelled"]).clip(lower=0)
    table["waiting"] = units["stratum"].value_counts().reindex(table.index, fill_value=0) - table["labelled"]
    return table.assign(draw=(table["more"] - table["waiting"]).clip(lower=0))


def _tiles_planned(desk: LabelDesk, cover: xr.DataArray | None, targets: Targets) -> pd.DataFrame:
    """Return size, marked tiles, accuracy and planned tiles of each stratum."""
    project, target = desk.project, targets.overall
    if cover is None or not project.strata or target is None or targets != Targets(overall=target):
        raise InvalidInputError(
            "More tiles are planned with their map, in strata of known sizes, for a standard error of the overall "
            "accuracy only. One of these is missing."
        )
    sample = tile_sample(desk, cover)
    right = sample["pixels"].where(sample["map"] == sample["reference"], 0)
    tiles = sample.assign(right=right).groupby(["stratum", "cluster"])[["pixels", "right"]].sum()
    by_stratum = tiles.groupby("stratum")
    table = pd.DataFrame({"size": pd.Series(dict(project.strata), dtype=float)}).rename_axis("stratum")
    table = table[table["size"] > 0]
    table["labelled"] = by_stratum.size().reindex(table.index, fill_value=0)
    if (table["labelled"] < 2).any():
        few = ", ".join(table.index[table["labelled"] < 2])
        raise InvalidInputError(
            f"Two marked tiles in each stratum say how much its tiles differ; there are fewer in {few}."
        )
    means = by_stratum.mean().loc[table.index]
    pixels, hits = (float((means[name] * table["size"]).sum()) for name in ("pixels", "right"))
    spread = (tiles["right"] - hits / pixels * tiles["pixels"]).groupby("stratum").std().loc[table.index]
    parts = table["size"] * spread
    exact = (parts * parts.sum() / (target * pixels) ** 2).to_numpy()
    planned = np.minimum(np.maximum(np.ceil(exact * (1 - 1e-12)), 2), table["size"])
    return table.assign(accuracy=means["right"] / means["pixels"], planned=planned.astype(int))


def _by_stratum(project: LabelProject, labelled: pd.DataFrame) -> pd.DataFrame:
    """Return size, labelled units and accuracy of each stratum."""
    table = pd.DataFrame({"size": pd.Series(dict(project.strata), dtype=float)}).rename_axis("stratum")
    table = table[table["size"] > 0]
    right = (labelled["map"] == labelled["reference"]).groupby(labelled["stratum"]).sum()
    n = labelled["stratum"].value_counts().reindex(table.index, fill_value=0)
    hits = right.reindex(table.index, fill_value=0) + PRIOR_UNITS * project.expected
    return table.assign(labelled=n, accuracy=(hits / (n + PRIOR_UNITS)).astype(float))


def _refuse(project: LabelProject, units: pd.DataFrame, targets: Targets) -> None:
    """Refuse a project for which nothing can be planned."""
    if not project.strata or units["map"].isna().any():
        raise InvalidInputError(
            "More units are planned for units with map classes, in strata of known sizes; this project lacks one of "
            "these. Use the plan of its sample."
        )
    by_class = [targets.users, targets.producers, targets.area]
    if any(target is not None for target in by_class) and (units["map"] != units["stratum"]).any():
        raise InvalidInputError(
            "Standard errors by class are planned for strata that are the map classes, not for others. Give a target "
            "for the overall accuracy only."
        )
