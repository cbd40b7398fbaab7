"""Whether every pixel of a drawn cluster was labelled, or some of them: one stage or two."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from lulc_core.accuracy.designs import Design

SOME, WHOLE = 0.5, 0.9
"""Below the first share of its pixels a cluster is labelled in part, from the second on as a whole."""


def with_stages(design: Design, table: pd.DataFrame, sample: pd.DataFrame) -> tuple[Design, tuple[str, ...]]:
    """Return the design with the number of stages that a sample of clusters shows, and notes on it.

    Parameters
    ----------
    design
        How the sample was drawn.
    table
        Columns ``row``, ``column``, ``stratum``, ``unit`` and ``pixels``, one row a row of the sample.
    sample
        As it came: coordinates ``x, y`` show whether the pixels of a cluster lie side by side.

    Raises
    ------
    InvalidInputError
        For a finite-population correction of a second stage that the sample does not tell enough of.
    """
    if design.unit != "cluster" or design.weighted:  # whose weights know of both stages
        return design, ()
    stages = design.stages or _stages(design, table, sample)
    if design.fpc and stages == 2:
        _refuse_unknown_second_stage(table)
    notes = []
    if design.fpc and design.stages is None:
        notes.append("The finite-population correction holds only where every pixel of a drawn cluster is labelled.")
    if stages == 2 and (table["pixels"] == 1).all():
        notes.append(
            "Some pixels of each drawn cluster are labelled, not all (two stages), and all count alike. If clusters of "
            "other sizes had as many labelled, say in a column 'pixels' how many pixels each row stands for."
        )
    return replace(design, stages=stages), tuple(notes)


def labelled_pixels(design: Design, table: pd.DataFrame) -> pd.Series[float] | None:
    """Return how many pixels of each drawn cluster were labelled, where both stages are corrected; None else."""
    both = design.unit == "cluster" and design.fpc and design.stages == 2
    return table.groupby("unit").size().astype(float) if both else None


def _refuse_unknown_second_stage(table: pd.DataFrame) -> None:
    """Refuse a sample that does not tell which share of each cluster was labelled, or its variance within one."""
    words = (
        "Some pixels of each drawn cluster are labelled, not all (two stages). The finite-population correction of "
        "both stages needs to know for how many pixels of its cluster each row stands (a column 'pixels': those of the "
        "cluster over those that were labelled of it), and two labelled pixels or more of a cluster that has more"
    )
    units = table.groupby(["stratum", "unit"], observed=True)["pixels"].agg(["min", "max", "size"])
    alone = (units["size"] == 1) & (units["max"] > 1)
    if not (units["max"] > 1).any() or not np.allclose(units["min"], units["max"]) or alone.any():
        raise InvalidInputError(f"{words}. Add that, or leave the correction out.")


def _stages(design: Design, table: pd.DataFrame, sample: pd.DataFrame) -> Literal[1, 2] | None:
    """Return what the pixels of the clusters show; None if nothing."""
    if _expanded(table):
        return 2
    shares = [share for share in (_of_population(design, table), _of_place(table, sample)) if share is not None]
    if any(share < SOME for share in shares):
        return 2
    tallied = bool((table["pixels"] > 1).any())
    return 1 if tallied or any(share >= WHOLE for share in shares) else None


def _of_population(design: Design, table: pd.DataFrame) -> float | None:
    """Return how many pixels a sampled cluster has, as a share of those it has in the population."""
    if design.pixels is None or design.kind != "sample":
        return None
    sampled = table["pixels"].sum() / table["unit"].nunique()
    return float(sampled * sum(design.sizes.values()) / design.pixels)


def _of_place(table: pd.DataFrame, sample: pd.DataFrame) -> float | None:
    """Return how densely the pixels of clusters lie, as a share of all in the box around them."""
    if not {"x", "y"} <= set(sample.columns):
        return None
    place = sample[["x", "y"]].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    if not np.isfinite(place).all() or (table["pixels"] != 1).any():
        return None
    steps = [np.diff(np.unique(place[:, axis])) for axis in (0, 1)]
    step = min((float(s.min()) for s in steps if len(s)), default=0.0)
    boxes = pd.DataFrame(place).groupby(table["unit"].to_numpy())
    cells = np.prod((boxes.max() - boxes.min()).to_numpy() / step + 1, axis=1).sum() if step else 0.0
    return float(len(place) / cells) if cells else None


def _expanded(table: pd.DataFrame) -> bool:
    """Whether rows are labelled pixels that stand for equally many each: a tally has each cell of a cluster once."""
    if (table["pixels"] % 1).any():
        return True
    units = table[table["pixels"] > 1].groupby(["stratum", "unit"], observed=True)
    alike = units["pixels"].nunique() == 1
    repeated = table.duplicated(["stratum", "unit", "row", "column"])
    repeats = repeated.groupby([table["stratum"], table["unit"]], observed=True).any().reindex(alike.index)
    return bool(repeats.any() and alike[repeats.astype(bool)].all())
