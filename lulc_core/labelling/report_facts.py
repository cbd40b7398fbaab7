"""What a labelling project knows of what a report asks: interpreters, consensus, agreement, units without a label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.accuracy.rounding import decimals, finest
from lulc_core.labelling.agreement import pair_agreement
from lulc_core.labelling.results import all_labels, project_consensus

if TYPE_CHECKING:
    from lulc_core.labelling.desk import LabelDesk

MOST = 10
"""Scenes, or pairs of people, that are named."""
_RULES = {
    "strict": "all interpreters of a unit must agree",
    "majority": "the label of more than half of the interpreters of a unit",
    "adjudicated": "all interpreters of a unit must agree, else another person decides, who sees their labels",
}
"""What the rules of `lulc_core.accuracy.consensus.RULES` mean."""


def report_facts(desk: LabelDesk) -> dict[str, str]:
    """Return facts for a report, as `StatedFacts.of` takes them.

    Whether people labelled blind is not among them: labels may have been imported.

    Parameters
    ----------
    desk
        The project. Agreement is left out where no unit has the labels of two people, imagery where none was noted.
    """
    at, project = desk.progress(), desk.project
    people, each = len(at.people), project.interpreters
    missing = at.units - at.complete
    facts = {
        "interpreters": f"{people} {'person' if people == 1 else 'people'}, {each} for each unit",
        "missing_units": f"{missing} of {at.units} units have too few labels",
    }
    seen = sorted({name for label in all_labels(desk) if label.withdrawn is None for name in label.imagery})
    if seen:
        facts["reference_data"] = f"imagery that was looked at: {', '.join(seen[:MOST])}{', ...' * (len(seen) > MOST)}"
    if each == 1:
        return facts | {"consensus": "none: one interpreter for each unit"}
    facts["consensus"] = f"{project.rule}: {_RULES.get(project.rule, 'a rule of its own')}"
    if at.complete and project.kind == "points":
        without = int((~project_consensus(desk).agreed).sum())
        facts["missing_units"] += f"; {without} of {at.complete} with enough have no consensus, and are left out"
    pairs = pair_agreement(desk)
    whole = pairs[pairs["class"] == ""]
    if both := int(whole["both"].sum()):
        share = int(whole["agree"].sum()) / both
        columns = whole[["first", "second", "share", "low", "high"]]
        lines = [f"{a} and {b} {_with_ends(*shares)}" for a, b, *shares in columns.to_numpy()[:MOST]]
        what = "pixels that two people marked" if project.kind == "tiles" else "units that two people labelled"
        facts["agreement"] = f"on {share:.2f} of the {what}; {'; '.join(lines)}"
    return facts


def _with_ends(share: float, low: float, high: float) -> str:
    """Return a share with its interval, with two decimals or as many as tell them apart.

    Examples
    --------
    >>> _with_ends(0.8, 0.49, 0.943), _with_ends(0.99991, 0.99989, 0.99993)
    ('0.80 (0.49 to 0.94)', '0.99991 (0.99989 to 0.99993)')
    """
    digits = decimals(finest(share, None, (low, high)), 2)
    return f"{share:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
