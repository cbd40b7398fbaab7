"""How far interpreters agree: by class, and by pair of people, with intervals."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd
from scipy.special import ndtri

from lulc_core.accuracy.mover import wilson
from lulc_core.labelling.results import labels_by_person, project_consensus
from lulc_core.labelling.tile_agreement import tile_class_agreement, tile_pair_agreement

if TYPE_CHECKING:
    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label


def class_agreement(desk: LabelDesk, *, level: float = 0.95) -> pd.DataFrame:
    """Return how far the interpreters agree on each class, of the units that have enough labels.

    Parameters
    ----------
    desk
        The project.
    level
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row per class: ``any``, ``all``, ``share`` and ``reference`` as in `Consensus.agreement`, and ``low, high``,
        Wilson's interval of the share, as of units drawn at random from all that could have been. Of tiles, pixels
        are counted that all have marked, and the interval is one of clusters: see `tile_class_agreement`.
    """
    if desk.project.kind == "tiles":
        return tile_class_agreement(desk, level=level)
    found = project_consensus(desk).agreement
    return _with_interval(found, "all", "any", level)


def pair_agreement(desk: LabelDesk, *, level: float = 0.95) -> pd.DataFrame:
    """Return how far every two people agree on the units that both have labelled.

    Parameters
    ----------
    desk
        The project.
    level
        Of the intervals.

    Returns
    -------
    pandas.DataFrame
        A row for each pair, and for each class that either of them gave: ``first, second`` (people), ``class`` ("" for
        all classes), ``both`` (units that both have labelled; of a class, those to which either gave it), ``agree``
        (units to which both gave the same), ``share``, and ``low, high``, Wilson's interval of the share. Of tiles,
        pixels are counted, and the interval is one of clusters: see `tile_pair_agreement`.
    """
    if desk.project.kind == "tiles":
        return tile_pair_agreement(desk, level=level)
    said = labels_by_person(desk)
    rows = [
        {"first": first, "second": second, **row}
        for first, second in combinations(sorted(said), 2)
        for row in _pair(said[first], said[second])
    ]
    columns = ["first", "second", "class", "both", "agree", "share"]
    return _with_interval(pd.DataFrame(rows, columns=columns), "agree", "both", level)


def _pair(one: dict[int, Label], other: dict[int, Label]) -> list[dict[str, object]]:
    """Return the agreement of two people, over all and by class."""
    pairs = [(one[unit].name, other[unit].name) for unit in sorted(one.keys() & other.keys())]
    names = sorted({name for pair in pairs for name in pair if name is not None})
    groups = [("", pairs), *((name, [pair for pair in pairs if name in pair]) for name in names)]
    counts = [(name, len(group), sum(a == b for a, b in group)) for name, group in groups if group]
    return [{"class": name, "both": both, "agree": agree, "share": agree / both} for name, both, agree in counts]


def _with_interval(table: pd.DataFrame, hits: str, trials: str, level: float) -> pd.DataFrame:
    z = float(ndtri((1 + level) / 2))
    shares = [(k / n, n) for k, n in zip(table[hits], table[trials], strict=True)]
    reach = [wilson(share, n, z) for share, n in shares]
    ends = [(share - below, share + above) for (share, _), (below, above) in zip(shares, reach, strict=True)]
    return table.assign(low=[low for low, _ in ends], high=[high for _, high in ends])
