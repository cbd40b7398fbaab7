"""The formula by which the areas of a printed matrix were computed, and which of them are misprinted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.audit.report import Finding
from lulc_core.audit.rounding import half_unit, nearest_fit, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lulc_core.audit.printed import PrintedMatrix

    Floats = NDArray[np.float64]

LAWS = {
    "A p": "the total area times the estimated share",
    "A W": "the total area times the share in the map",
    "A W p": "the total area times the share in the map times the estimated share",
}
"""Formulas by which printed areas may have been computed, the correct one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFit:
    """The formula that printed areas follow."""

    law: str | None
    """A key of `LAWS`; None where none fits half of the areas, or nothing is printed."""
    total_ha: float
    """Total area, hectares."""
    by_law_ha: Floats
    """Areas by the formula, hectares, shape (class,)."""
    estimated_ha: Floats
    """Total area times estimated share, shape (class,)."""
    low_ha: Floats
    """Smallest areas that the formula allows before rounding, shape (class,)."""
    high_ha: Floats
    """Largest areas, shape (class,)."""
    misfit: NDArray[np.bool_]
    """Areas that the formula does not explain even with rounding, shape (class,)."""


def check_areas(m: PrintedMatrix, printed: PrintedMatrix) -> tuple[AreaFit | None, list[Finding]]:
    """Find the formula of the areas of a corrected matrix; report it if it is not total area times share."""
    if m.area_ha is None and m.total_ha is None:
        return None, []
    if m.area_ha is None:
        return _fit(m, "A p", m.total_ha, printed), []
    fits = {law: _fit(m, law, m.total_ha, printed) for law in LAWS}
    if m.total_ha is not None and not any(fit.law for fit in fits.values()):
        fits = {law: _fit(m, law, None, printed) for law in LAWS}
    best = min(fits.values(), key=lambda fit: int(fit.misfit.sum()))
    fit = best if best.law else fits["A p"]
    findings = [_wrong_total(m, fit)] if fit.law and m.total_ha not in (None, fit.total_ha) else []
    findings += [_wrong_law(m, fit)] if fit.law not in (None, "A p") else []
    return fit, [*findings, *(_misprint(m, fit, k) for k in np.flatnonzero(fit.misfit).tolist())]


def _shares(m: PrintedMatrix, printed: PrintedMatrix) -> dict[str, tuple[Floats, Floats]]:
    """Return map share and estimated share, each with how far rounding may have moved it, shape (class,).

    A corrected share is one of the numbers that fit; the right one may be a unit of the last decimal away.
    """
    P, half = np.array(m.cells), np.full(len(m.cells), half_unit(np.ravel(m.cells)) * len(m.cells))

    def stated(share: tuple[float, ...] | None, was: tuple[float, ...] | None) -> tuple[Floats, Floats] | None:
        if share is None:
            return None
        return np.array(share), half_unit(share) * np.where(np.array(share) == np.array(was), 1.0, 3.0)

    return {
        "W": stated(m.map_share, printed.map_share) or (P.sum(1), half),
        "p": stated(m.reference_share, printed.reference_share) or (P.sum(0), half),
    }


def _fit(m: PrintedMatrix, law: str, total: float | None, printed: PrintedMatrix) -> AreaFit:
    """Compare the areas with a formula, with the printed total or the one that most areas agree on."""
    shares = _shares(m, printed)
    used = [shares[name] for name in law.split()[1:]]
    basis = np.prod([share for share, _ in used], axis=0)
    least = np.prod([np.maximum(share - half, 0) for share, half in used], axis=0)
    most = np.prod([share + half for share, half in used], axis=0)
    area, unit = np.array(m.area_ha or total * basis), 2 * half_unit(m.area_ha or ())  # rounded, or cut off
    low = (area - unit) / most
    high = np.divide(area + unit, least, out=np.full(len(area), np.inf), where=least > 0)
    bounds = _agreed(low, high, basis) if total is None else (total - half_unit([total]), total + half_unit([total]))
    held = (low <= bounds[1]) & (bounds[0] <= high)
    if total is None:
        total = float(np.clip(area[held].sum() / max(basis[held].sum(), least.max()), *bounds))
    return AreaFit(
        law=law if m.area_ha is not None and held.sum() * 2 >= len(area) else None,
        total_ha=total,
        by_law_ha=total * basis,
        estimated_ha=total * shares["p"][0],
        low_ha=bounds[0] * least - unit,
        high_ha=bounds[1] * most + unit,
        misfit=~held,
    )


def _agreed(low: Floats, high: Floats, basis: Floats) -> tuple[float, float]:
    """Return the range of totals that most areas, in a tie the larger, allow: a few misprints do not change it."""
    held = max(((low <= point) & (point <= high) for point in low), key=lambda ok: (ok.sum(), basis[ok].sum()))
    return float(low[held].max()), float(high[held].min())


def _wrong_total(m: PrintedMatrix, fit: AreaFit) -> Finding:
    return Finding(
        check="total area",
        regions=(m.region,),
        place=f"{m.region}: total area (ha)",
        printed=m.total_ha,
        implied=fit.total_ha,
        suggestion=float(round(fit.total_ha)),
        words=f"The total area of {m.region} is printed as {m.total_ha:,.0f} ha, but its areas are those of "
        f"{fit.total_ha:,.0f} ha.",
    )


def _wrong_law(m: PrintedMatrix, fit: AreaFit) -> Finding:
    printed = m.area_ha or ()
    return Finding(
        check="areas",
        regions=(m.region,),
        place=f"{m.region}: areas of all classes (ha)",
        printed=printed,
        implied=tuple(fit.estimated_ha.tolist()),
        suggestion=tuple(np.round(fit.estimated_ha).tolist()),
        words=f"Every printed area of {m.region} equals {LAWS[fit.law or 'A p']}; the estimate is {LAWS['A p']}. The "
        f"total area that fits is {fit.total_ha:,.0f} ha, but the printed areas sum to {sum(printed):,.0f} ha.",
    )


def _misprint(m: PrintedMatrix, fit: AreaFit, k: int) -> Finding:
    printed, half = (m.area_ha or ())[k], half_unit(m.area_ha or ())
    implied, place = float(fit.by_law_ha[k]), f"area of {m.classes[k]} (ha)"
    value = nearest_fit(printed, half, float(fit.low_ha[k]), float(fit.high_ha[k]))
    return Finding(
        check="area",
        regions=(m.region,),
        place=f"{m.region}: {place}",
        printed=printed,
        implied=implied,
        suggestion=value,
        words=f"The {place} of {m.region} is printed as {shown(printed, half)}, but {LAWS[fit.law or 'A p']} gives "
        f"{shown(implied, half)}; {shown(value, half)} fits.",
    )
