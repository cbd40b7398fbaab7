"""Adjudication: a third person sees what the interpreters of a unit said, and decides."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import select

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.markup import label_marks, rasterise_marks, refuse_other_shapes, stored_marks
from lulc_core.labelling.records import Dispute, Label
from lulc_core.labelling.statements import fetch_labels, labels_with_people, stands, unit_of
from lulc_core.labelling.tables import UnitRow
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from sqlalchemy.orm import Session

    from lulc_core.labelling.database import LabelDatabase
    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.markup import MarkedPolygon

_VERDICTS: WeakKeyDictionary[LabelDatabase, dict[tuple[int, ...], bool]] = WeakKeyDictionary()
"""Whether the labels of a tile, by their ids, disagree: they are never changed."""


def counting(labels: Iterable[Label], interpreters: int) -> dict[int, list[Label]]:
    """Return the labels that count of each unit that has enough: the first that stand, as many as it needs.

    Others stay in the database and in the agreement of pairs, but add no vote.
    """
    of_unit: dict[int, list[Label]] = defaultdict(list)
    for label in labels:
        if not label.adjudication and label.withdrawn is None:
            of_unit[label.unit].append(label)
    return {unit: said[:interpreters] for unit, said in of_unit.items() if len(said) >= interpreters}


def disputes(desk: LabelDesk, person: str | None = None, *, skip: Collection[int] = ()) -> list[Dispute]:
    """Return the units with enough labels that are not all the same, and that nobody has decided.

    Those of a tile are not the same if a pixel has two classes; one that somebody did not mark has none.

    Parameters
    ----------
    desk
        The project.
    person
        The adjudicator: units that they have labelled themselves are left out.
    skip
        Numbers of units that the person leaves for later.
    """
    with desk.database.reading() as session:
        return _disputes(session, desk, person, skip)


def adjudicate(
    desk: LabelDesk,
    person: str,
    unit: int,
    name: str | int | None,
    *,
    alternate: str | int | None = None,
    sure: bool = True,
    comment: str = "",
    imagery: Sequence[str] = (),
    marks: Sequence[MarkedPolygon] | None = None,
) -> Label:
    """Decide a unit in dispute, as somebody who has not labelled it; arguments as in `LabelDesk.label`.

    A tile is decided by the polygons `marks`, with no class as its `name`.

    Raises
    ------
    InvalidInputError
        If the unit is not in dispute, or the person is one of its interpreters; without polygons for a tile, or
        with some for a point.
    """
    if (marks is None) == (desk.project.kind == "tiles"):
        raise InvalidInputError("A tile is decided by polygons, and a point by a class.")
    refuse_other_shapes(marks or ())
    markup = None if marks is None else stored_marks(marks, desk.project.legend)
    with desk.database.writing_project(desk.id) as session:
        if unit not in {dispute.unit.number for dispute in _disputes(session, desk, person, ())}:
            raise InvalidInputError(
                f"Unit {unit} cannot be decided by {person}: its interpreters agree or are not done, it is decided, or "
                f"{person} is one of them."
            )
        said = desk.said(name, alternate, sure=sure, comment=comment, imagery=imagery, at=None)
        return desk.store(
            session, desk.person_id(session, person), unit, {**said, "adjudication": True, "markup": markup}
        )


def agreed_codes(layers: NDArray[np.uint8], *, strict: bool) -> NDArray[np.uint8]:
    """Return the code that all layers have, or more than half of them, shape (y, x); 0 elsewhere.

    Parameters
    ----------
    layers
        Shape (layer, y, x), legend codes, 0 = not marked.
    strict
        Whether all have to agree.

    Examples
    --------
    >>> layers = np.array([[[1, 1, 2]], [[1, 2, 0]], [[1, 1, 2]]], np.uint8)
    >>> agreed_codes(layers, strict=True).tolist(), agreed_codes(layers, strict=False).tolist()
    ([[1, 0, 0]], [[1, 1, 2]])
    """
    agreed = np.zeros(layers.shape[1:], np.uint8)
    least = len(layers) if strict else len(layers) // 2 + 1
    for code in np.unique(layers):
        agreed[(layers == code).sum(axis=0) >= least] = code
    return agreed


def tile_layers(session: Session, desk: LabelDesk, grid: GeoBox, labels: Iterable[Label]) -> NDArray[np.uint8]:
    """Return the pixels of labels of one tile, shape (label, y, x), legend codes, 0 = not marked."""
    legend = desk.project.legend
    return np.stack([rasterise_marks(label_marks(session, one.id, legend), grid, legend).values for one in labels])


def _disputes(session: Session, desk: LabelDesk, person: str | None, skip: Collection[int]) -> list[Dispute]:
    labels = fetch_labels(session, desk.project.legend, labels_with_people(desk.id).where(stands()))
    decided = {label.unit for label in labels if label.adjudication}
    own = {label.unit for label in labels if person is not None and label.person == desk.spelling(session, person)}
    said = counting(labels, desk.project.interpreters)
    candidates = said.keys() - decided - own - {*skip}
    rows = session.scalars(
        select(UnitRow).where(UnitRow.project_id == desk.id, UnitRow.number.in_(candidates)).order_by(UnitRow.number)
    )
    found = [Dispute(unit=unit_of(row), labels=tuple(said[row.number])) for row in rows]
    return [dispute for dispute in found if _disagree(session, desk, dispute)]


def _disagree(session: Session, desk: LabelDesk, dispute: Dispute) -> bool:
    """Whether the labels of a unit are not all the same."""
    if dispute.unit.grid is None:
        return len({label.name for label in dispute.labels}) > 1
    verdicts, ids = _VERDICTS.setdefault(desk.database, {}), tuple(label.id for label in dispute.labels)
    if ids not in verdicts:
        layers = tile_layers(session, desk, dispute.unit.grid, dispute.labels)
        lowest = np.where(layers == NO_DATA, 255, layers).min(axis=0)
        verdicts[ids] = bool((layers.max(axis=0) > lowest).any())
    return verdicts[ids]
