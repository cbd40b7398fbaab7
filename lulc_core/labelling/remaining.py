"""How many more units of which stratum reach the standard errors that were planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.planning import Targets, plan_sample
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.results import labelled_sample, unit_table

if TYPE_CHECKING:
    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import LabelProject

PRIOR_UNITS = 4
"""Units that the expected accuracy is worth beside the labels: a stratum without an error so far may have some."""


def units_needed(desk: LabelDesk, targets: Targets | None = None) -> pd.DataFrame:
    """Return how many more units of each stratum reach the planned standard errors, by the accuracies seen so far.

    The accuracy of a stratum is that of its labelled units and of `PRIOR_UNITS` more with the accuracy that was
    expected; the plan is that of `plan_sample` (Bethel 1989).

    Parameters
    ----------
    desk
        The project: points, whose strata have sizes.
    targets
        Standard errors. Default: those of the project.

    Returns
    -------
    pandas.DataFrame
        One row per stratum: ``size`` (pixels), ``labelled`` (units with a consensus), ``accuracy`` (0-1, as above),
        ``planned`` (units that reach the targets), ``more`` (of them not labelled yet), ``waiting`` (units of the
        project without a consensus), ``draw`` (units to draw beyond those).

    Raises
    ------
    InvalidInputError
        Without strata, map classes or targets, for tiles, and for targets by class if strata are no map classes.
    """
    targets = targets or desk.project.targets
    units = unit_table(desk)
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
    table["more"] = (table["planned"] - table["labelled"]).clip(lower=0)
    table["waiting"] = units["stratum"].value_counts().reindex(table.index, fill_value=0) - table["labelled"]
    return table.assign(draw=(table["more"] - table["waiting"]).clip(lower=0))


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
    if project.kind == "tiles" or not project.strata or units["map"].isna().any():
        raise InvalidInputError(
            "More units are planned for points with map classes, in strata of known sizes; this project lacks one of "
            "these. Use the plan of its sample."
        )
    by_class = [targets.users, targets.producers, targets.area]
    if any(target is not None for target in by_class) and (units["map"] != units["stratum"]).any():
        raise InvalidInputError(
            "Standard errors by class are planned for strata that are the map classes, not for others. Give a target "
            "for the overall accuracy only."
        )
