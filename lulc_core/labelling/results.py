"""What follows from the labels so far: consensus, a sample for `lulc_core.accuracy`, what disagreements may hide."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import select

from lulc_core.accuracy.assessment import assess
from lulc_core.accuracy.consensus import Consensus, consensus, disagreement_bounds
from lulc_core.accuracy.designs import Design
from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError
from lulc_core.labelling.adjudication import counting
from lulc_core.labelling.statements import fetch_labels, labels_with_people
from lulc_core.labelling.tables import HeldApartRow, UnitRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_core.accuracy.report import Assessment
    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label


def all_labels(desk: LabelDesk) -> list[Label]:
    """Return every label of a project as it was stored, those that were withdrawn too, oldest first."""
    with desk.database.reading() as session:
        return fetch_labels(session, desk.project.legend, labels_with_people(desk.id))


def labels_by_person(desk: LabelDesk) -> dict[str, dict[int, Label]]:
    """Return the labels that stand of every person, by unit; adjudications are nobody's own."""
    said: dict[str, dict[int, Label]] = {}
    for label in all_labels(desk):
        if label.withdrawn is None and not label.adjudication:
            said.setdefault(label.person, {})[label.unit] = label
    return said


def project_consensus(desk: LabelDesk) -> Consensus:
    """Return the consensus of the units that have enough labels, by the rule of the project.

    Returns
    -------
    Consensus
        Its rows are the numbers of units, its columns the labels that count in the order in which they came: the first
        that stand, as many as a unit needs. A blank is a unit that somebody could not interpret.

    Raises
    ------
    InvalidInputError
        If no unit has enough labels yet.
    """
    return _consensus(desk, all_labels(desk))


def labelled_sample(desk: LabelDesk) -> pd.DataFrame:
    """Return the units with a consensus as a sample, as `assess` takes it.

    Returns
    -------
    pandas.DataFrame
        One row per unit, by number: ``id`` (as the sample was given, else the number), ``lon, lat`` (degrees), ``map``,
        ``stratum``, ``reference``, and ``alternate``, the class that most of its interpreters gave as well, None where
        there is none. ``map`` and ``stratum`` are left out where the project has none.

    Raises
    ------
    InvalidInputError
        If no unit has enough labels yet.
    """
    labels = all_labels(desk)
    joined = _consensus(desk, labels)
    sample = unit_table(desk).dropna(axis="columns", how="all").loc[joined.labels.index]
    sample = sample.assign(reference=joined.reference)[joined.agreed]
    alternates = _alternates(labels, sample["reference"], desk.project.interpreters)
    return sample.assign(alternate=pd.Series(alternates, dtype=object).reindex(sample.index))


def project_design(desk: LabelDesk) -> Design:
    """Return the design of a project's sample; one without strata is indicative."""
    project = desk.project
    if not project.strata:
        return Design.indicative("cluster" if project.kind == "tiles" else "pixel")
    return Design.clusters(project.strata) if project.kind == "tiles" else Design.stratified(project.strata)


def assess_project(desk: LabelDesk) -> Assessment:
    """Assess the map by the labels so far; the figures tighten as labels come in.

    Raises
    ------
    InvalidInputError
        If no unit has a consensus yet, or the project has no map classes, or tiles: see `tile_sample`.
    """
    if desk.project.kind == "tiles":
        raise InvalidInputError("Tiles are assessed with the map that they were drawn from. Give that map.")
    sample = labelled_sample(desk)
    _refuse_without_map(desk, sample)
    found = assess(sample, design=project_design(desk), pixel_ha=desk.project.pixel_ha)
    complete = desk.progress().complete
    if complete == len(sample):
        return found
    note = (
        f"{complete - len(sample)} of {complete} units with enough labels have no consensus, and are left out. The "
        "bounds say what that may hide; somebody may adjudicate."
    )
    return replace(found, warnings=(*found.warnings, note))


def project_bounds(desk: LabelDesk) -> pd.DataFrame:
    """Return bounds of every figure for what the units without a consensus may hide: see `disagreement_bounds`."""
    joined = project_consensus(desk)
    sample = unit_table(desk).loc[joined.labels.index].dropna(axis="columns", how="all")
    _refuse_without_map(desk, sample)
    return disagreement_bounds(sample, joined, design=project_design(desk))


def _consensus(desk: LabelDesk, labels: Sequence[Label]) -> Consensus:
    project = desk.project
    by_unit = counting(labels, project.interpreters)
    if not by_unit:
        needed = counted(project.interpreters, "label")
        raise InvalidInputError(f"No unit of {project.name!r} has {needed} yet. Label some first.")
    names = {unit: [label.name for label in said] for unit, said in sorted(by_unit.items())}
    columns = [f"label {i}" for i in range(1, project.interpreters + 1)]
    table = pd.DataFrame.from_dict(names, orient="index", columns=columns, dtype=object)
    if project.interpreters == 1:
        return Consensus(rule=project.rule, labels=table, reference=table["label 1"].rename("reference"))
    if project.rule != "adjudicated":
        return consensus(table, project.rule)
    decided = {label.unit: label.name for label in labels if label.adjudication and label.withdrawn is None}
    return consensus(table, project.rule, adjudicated=pd.Series(decided, dtype=object).reindex(table.index))


def unit_table(desk: LabelDesk) -> pd.DataFrame:
    """Return all units with what is held apart of them, by number."""
    with desk.database.reading() as session:
        rows = session.execute(
            select(UnitRow.number, UnitRow.lon, UnitRow.lat, HeldApartRow)
            .join(HeldApartRow, HeldApartRow.unit_id == UnitRow.id)
            .where(UnitRow.project_id == desk.id)
            .order_by(UnitRow.number)
        ).all()
        return pd.DataFrame(
            {
                "id": [held.source_id or str(number) for number, _, _, held in rows],
                "lon": [lon for _, lon, _, _ in rows],
                "lat": [lat for _, _, lat, _ in rows],
                "map": [held.map_class for *_, held in rows],
                "stratum": [held.stratum for *_, held in rows],
            },
            index=pd.Index([row.number for row in rows], name="unit"),
        )


def _alternates(labels: Sequence[Label], reference: pd.Series[str], interpreters: int) -> Mapping[int, str]:
    """Return the class besides the reference that most labels of a unit name first or second, where there is one."""
    found = {}
    decisions = {label.unit: [label] for label in labels if label.adjudication and label.withdrawn is None}
    for unit, said in {**counting(labels, interpreters), **decisions}.items():
        agreed = reference.get(unit)
        named = Counter(name for label in said for name in {label.name, label.alternate} - {None, agreed})
        if agreed is not None and named and named.most_common(1)[0][1] * 2 > len(said):
            found[unit] = str(named.most_common(1)[0][0])
    return found


def _refuse_without_map(desk: LabelDesk, sample: pd.DataFrame) -> None:
    if "map" not in sample.columns and len(sample):
        raise InvalidInputError(
            f"The units of {desk.project.name!r} have no map class, so there is no map to assess. Read it from the map."
        )
    if sample.empty:
        raise InvalidInputError(f"No unit of {desk.project.name!r} has a consensus yet.")
