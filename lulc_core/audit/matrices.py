"""Check printed error matrices for consistency, each by itself and against the others."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.audit.areas import check_areas
from lulc_core.audit.intervals import check_intervals
from lulc_core.audit.misprints import find_misprints, set_upright
from lulc_core.audit.report import Audit, Finding, RegionAudit, listed
from lulc_core.audit.rounding import half_unit, shown
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_core.audit.areas import AreaFit
    from lulc_core.audit.printed import PrintedMatrix


def audit_matrices(matrices: Sequence[PrintedMatrix]) -> Audit:
    """Check the consistency of printed error matrices.

    Row and column sums against printed totals; accuracies against cells; overall accuracy against the trace; areas
    against total area times share; intervals against the sample size they imply; and whether user's accuracies
    are the same in all regions.

    Parameters
    ----------
    matrices
        One region or several, with the classes in one order.

    Returns
    -------
    Audit

    Raises
    ------
    InvalidInputError
        For no matrix.

    Examples
    --------
    >>> from lulc_core.audit.karra2021 import FIG3
    >>> [f.place for f in audit_matrices(FIG3).findings if f.check == "cell"]
    ['California: Grass (map) -> Built Area (reference)', 'Laos: Crops (map) -> Crops (reference)']
    """
    if not matrices:
        raise InvalidInputError("An audit needs at least one matrix; got none.")
    common = _common_users(matrices)
    findings: list[Finding] = []
    regions = []
    for printed in matrices:
        alike, odd = _as_everywhere(printed, common)
        upright, turned = set_upright(alike)
        corrected, misprints = find_misprints(upright)
        area, more = check_areas(corrected, upright)
        findings += [*odd, *turned, *misprints, *more]
        regions.append(_follow(printed, corrected, area))
    pooled = [] if common is None else [_identical_users(matrices, common)]
    if pooled:
        users = _pooled_users(regions)
        regions = [replace(r, users=users) for r in regions]
    regions, size, more = check_intervals(regions, pooled=bool(pooled))
    return Audit(findings=(*findings, *pooled, *more), regions=tuple(regions), implied_sample_size=size)


def _follow(printed: PrintedMatrix, corrected: PrintedMatrix, area: AreaFit | None) -> RegionAudit:
    P = np.array(corrected.cells)
    W = np.array(corrected.map_share or P.sum(1))
    p = np.array(corrected.reference_share or P.sum(0))
    return RegionAudit(
        printed=printed,
        corrected=corrected,
        users=tuple(float(P[i, i] / w) if w else None for i, w in enumerate(W)),
        producers=tuple(float(P[i, i] / c) if c else None for i, c in enumerate(p)),
        overall=float(np.trace(P)),
        law=area.law if area else None,
        total_ha=area.total_ha if area else None,
        area_by_law_ha=tuple(area.by_law_ha.tolist()) if area and printed.area_ha else None,
        area_ha=tuple(area.estimated_ha.tolist()) if area else None,
    )


def _common_users(matrices: Sequence[PrintedMatrix]) -> tuple[float, ...] | None:
    """Return the user's accuracies that all regions, or all but one for a class, print alike; None if they do not."""
    users = [m.users for m in matrices if m.users is not None]
    if len(users) < max(len(matrices), 2) or len({len(u) for u in users}) > 1 or len(users[0]) < 2:
        return None
    often = [Counter(values).most_common(1)[0] for values in zip(*users, strict=True)]
    odd = len(users) > 2  # of two that differ, neither is the odd one out
    return tuple(value for value, _ in often) if min(n for _, n in often) >= len(users) - odd else None


def _as_everywhere(m: PrintedMatrix, common: tuple[float, ...] | None) -> tuple[PrintedMatrix, list[Finding]]:
    """Replace user's accuracies by those of all other regions; each that differs is a finding."""
    if common is None or m.users is None:
        return m, []
    half = half_unit(common)
    findings = []
    for name, value, other in zip(m.classes, m.users, common, strict=True):
        if value == other:
            continue
        place = f"user's accuracy of {name}"
        findings.append(
            Finding(
                check="user's accuracy",
                regions=(m.region,),
                place=f"{m.region}: {place}",
                printed=value,
                implied=other,
                suggestion=other,
                words=f"The {place} of {m.region} is printed as {shown(value, half)}, but all other regions print "
                f"{shown(other, half)}.",
            )
        )
    return replace(m, users=common), findings


def _identical_users(matrices: Sequence[PrintedMatrix], common: tuple[float, ...]) -> Finding:
    """Report user's accuracies that are the same everywhere: one pooled matrix, reweighted for each region."""
    names = tuple(m.region for m in matrices)
    return Finding(
        check="identical user's accuracies",
        regions=names,
        place=f"user's accuracies of {listed(names)}",
        printed=common,
        implied=None,
        suggestion=None,
        words=f"The user's accuracies of {listed(names)} are the same to the last digit. They come from one "
        "pooled error matrix that was weighted by each region's map shares; what a region's own reference says of "
        "its map is not in them, and its overall and producer's accuracies differ only through the map shares.",
    )


def _pooled_users(regions: Sequence[RegionAudit]) -> tuple[float | None, ...]:
    """Recompute one set of user's accuracies from the cells of all regions, so that rounding matters less."""
    diagonal = np.sum([np.diag(r.corrected.cells) for r in regions], axis=0)
    share = np.sum([r.corrected.map_share or np.sum(r.corrected.cells, axis=1) for r in regions], axis=0)
    return tuple(float(d / w) if w else None for d, w in zip(diagonal, share, strict=True))
