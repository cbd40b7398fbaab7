"""Error matrices and areas of the paper's four regions: as printed, or with the misprints corrected."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

import lulc_core as lulc
from lulc_explorer.engine.accuracy import ClassArea, Study, colours_of, groups_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_explorer.engine.accuracy import Floats
    from lulc_explorer.engine.samples import Merge

Estimate = lulc.Estimate
REGIONS = tuple(m.region for m in lulc.FIG3)


@cache
def the_audit() -> lulc.Audit:
    """Return the audit of the paper's Fig. 3."""
    return lulc.audit_matrices(lulc.FIG3)


def printed_study(region: str, *, corrected: bool, merge: Merge | None = None) -> Study:
    """Return one of the paper's matrices, as printed or with its misprints corrected."""
    audit = the_audit()
    found = next(r for r in audit.regions if r.printed.region == region)
    matrix = found.corrected if corrected else found.printed
    groups = groups_of(matrix.classes, merge or {})
    into = np.array([[name in members for members in groups.values()] for name in matrix.classes], float)
    printed = np.array(matrix.cells)
    cells = into.T @ printed @ into
    source = found if corrected else matrix
    users = _kept(source.users, _ratios(cells.diagonal(), cells.sum(1)), matrix.classes, groups)
    producers = _kept(source.producers, _ratios(cells.diagonal(), cells.sum(0)), matrix.classes, groups)
    forgiven = float(cells.trace() - printed.trace())  # by merging; a misprint adds nothing
    overall = None if source.overall is None else source.overall + forgiven
    findings = [f for f in audit.findings if region in f.regions]
    areas = tuple(_printed_areas(found, groups, into))
    return Study(
        title=region,
        from_paper=True,
        basis=("corrected" if corrected else "as printed") + ", classes merged" * (len(groups) < len(matrix.classes)),
        cells=tuple(tuple(Estimate(value=float(v)) for v in row) for row in cells),
        users=tuple(Estimate(value=v) for v in users),
        producers=tuple(Estimate(value=v) for v in producers),
        overall=Estimate(value=overall),
        areas=areas,
        remarks=tuple(f.words for f in findings),
        marks=_misprints(region, groups, findings, corrected=corrected),
        document=lambda: {
            "corrected": corrected,
            "classes": list(groups),
            "error_matrix": cells.tolist(),
            "overall": overall,
            "users": dict(zip(groups, users, strict=True)),
            "producers": dict(zip(groups, producers, strict=True)),
            "area": _area_document(areas),
            "findings": [f.words for f in findings],
        },
    )


def _printed_areas(found: lulc.RegionAudit, groups: Mapping[str, list[str]], into: Floats) -> list[ClassArea]:
    printed = found.printed
    mapped, estimated, as_printed = (
        into.T @ np.array(values)
        for values in (np.array(printed.map_share) * found.total_ha, found.area_ha, printed.area_ha)
    )
    half = dict(zip(printed.classes, printed.interval_ha or (), strict=False))
    return [
        ClassArea(
            name=name,
            colours=colours_of(members),
            mapped_ha=float(mapped[k]),
            estimated=Estimate(value=float(estimated[k])),
            printed_ha=float(as_printed[k]),
            printed_interval_ha=half.get(members[0]) if len(members) == 1 else None,
        )
        for k, (name, members) in enumerate(groups.items())
    ]


def _misprints(
    region: str, groups: Mapping[str, list[str]], findings: Sequence[lulc.Finding], *, corrected: bool
) -> dict[tuple[int, int], str]:
    """Return where a matrix is misprinted, after merging, and why."""
    position = {old: k for k, olds in enumerate(groups.values()) for old in olds}
    marks = {}
    for fix in lulc.FIG3_CORRECTIONS:
        if fix.region == region:
            row = position[fix.map_class] if fix.figure == "cell" else len(groups)
            words = next(f.words for f in findings if f.check == fix.figure and f.suggestion == fix.corrected)
            done = f"Corrected here to {fix.corrected}. " if corrected else ""
            marks[row, position[fix.reference_class]] = done + words
    return marks


def _ratios(parts: Floats, wholes: Floats) -> list[float | None]:
    return [float(part / whole) if whole else None for part, whole in zip(parts, wholes, strict=True)]


def _kept(
    printed: Sequence[float | None] | None,
    computed: Sequence[float | None],
    classes: Sequence[str],
    groups: Mapping[str, Sequence[str]],
) -> list[float | None]:
    """Return the printed accuracies of classes that stand alone, and those computed from the cells of merged ones."""
    known = dict(zip(classes, printed or (), strict=False))
    return [
        known.get(members[0], ratio) if len(members) == 1 else ratio
        for members, ratio in zip(groups.values(), computed, strict=True)
    ]


def _area_document(areas: Sequence[ClassArea]) -> dict[str, object]:
    return {
        a.name: {"area_ha": a.estimated.as_dict(), "mapped_ha": a.mapped_ha, "printed_ha": a.printed_ha} for a in areas
    }
