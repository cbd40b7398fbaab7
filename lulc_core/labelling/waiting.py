"""Whom a project waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.counted import counted
from lulc_core.labelling.adjudication import disputes

if TYPE_CHECKING:
    from lulc_core.labelling.desk import LabelDesk


def waiting_for(desk: LabelDesk, person: str) -> str:
    """Return in words whom a project waits for, besides a person who has labelled all that they can.

    Parameters
    ----------
    desk
        The project.
    person
        Who asks.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from lulc_core.labelling.database import LabelDatabase
    >>> from lulc_core.labelling.records import LabelProject
    >>> from lulc_core.labelling.samples import create_label_project
    >>> sample = pd.DataFrame({"lon": [3.1, 3.2], "lat": [51.0, 51.1]})
    >>> with tempfile.TemporaryDirectory() as folder, LabelDatabase(f"{folder}/labels.db") as database:
    ...     desk = create_label_project(database, LabelProject(name="Flanders", interpreters=2), sample)
    ...     for number in (1, 2):
    ...         _ = desk.label("Ana", number, "trees")
    ...     waiting_for(desk, "Ana")
    '2 units need more labels, of other people: 1 interpreter has not begun.'
    """
    me = person.casefold()
    return " ".join(filter(None, (_labels(desk, me), _decisions(desk, me)))) or "All units have all their labels."


def _labels(desk: LabelDesk, me: str) -> str:
    """Return who can label the units that need more labels; empty if none does."""
    at = desk.progress()
    left = at.units - at.complete
    if not left:
        return ""
    others = {name: desk.left_for(name) for name in at.people if name.casefold() != me}
    could = [f"{name} can label {n:,}" for name, n in others.items() if n]
    new = desk.project.interpreters - len({me, *map(str.casefold, at.people)})
    could += [f"{counted(new, 'interpreter', 'have')} not begun"] if new > 0 else []
    words = f"{counted(left, 'unit', 'need')} more labels, of other people"
    return f"{words}: {', '.join(could)}." if could else f"{words}."


def _decisions(desk: LabelDesk, me: str) -> str:
    """Return how many units wait for a decision that the person may not take; empty if none does."""
    if desk.project.rule != "adjudicated":
        return ""
    own = sum(me in {label.person.casefold() for label in dispute.labels} for dispute in disputes(desk))
    return f"{counted(own, 'unit', 'are')} in dispute, to be decided by somebody else." if own else ""
