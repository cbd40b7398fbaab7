"""The sample sizes that printed intervals imply, and intervals that no sample size explains."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import nnls

from lulc_core.audit.report import Finding, listed
from lulc_core.audit.rounding import half_unit, nearest_fit, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lulc_core.audit.report import RegionAudit

    Floats = NDArray[np.float64]

Z95 = 1.96
"""The normal quantile that papers use for 95 % intervals."""
PLAUSIBLE_DRAWS = 100_000
"""More independent reference pixels than anyone would label one by one."""
NO_DRAWS = 1e-15
"""Residual 1 / draws, from rounding, in a stratum that the intervals do not constrain."""
TOLERANCE = 0.03
"""Relative difference from the formula that is tolerated beyond the rounding of the cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """The intervals of regions with one set of sample sizes: Olofsson et al. 2014, eqs. 10-11."""

    regions: tuple[RegionAudit, ...]
    """The regions."""
    terms: Floats
    """``W_i^2 q_ij (1 - q_ij)``, shape (interval, map class)."""
    blur: Floats
    """Largest effect of the rounding of cells on each term, shape (interval, map class)."""
    scale: Floats
    """`Z95` times the total area of the interval's region, hectares, shape (interval,)."""
    printed: Floats
    """Half-widths as printed, hectares, shape (interval,)."""
    half: float
    """Half a unit in their last place."""

    def fit(self, used: NDArray[np.bool_]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Fit ``1 / (n_i - 1) >= 0`` to some intervals: it, all half-widths by it, and which intervals it explains.

        Least squares, weighted by the precision of the printed intervals.
        """
        squares = (self.printed / self.scale) ** 2
        cells = 5e-4  # what the rounding of the cells adds to half / printed
        some = used & (self.printed > 0)
        weight = 1 / (squares[some] * np.hypot(self.half / self.printed[some], cells))
        inverse, _ = nnls(self.terms[some] * weight[:, None], squares[some] * weight)
        fitted = np.sqrt(self.terms @ inverse) * self.scale
        most = np.sqrt((self.terms + 2 * self.blur) @ inverse) * self.scale
        slack = 2 * self.half + TOLERANCE * self.printed + 2 * (most - fitted)
        return inverse, fitted, np.abs(fitted - self.printed) <= slack

    def place(self, at: int) -> tuple[str, str]:
        """Return region and class of an interval."""
        k = len(self.regions[0].printed.classes)
        printed = self.regions[at // k].printed
        return printed.region, printed.classes[at % k]


def check_intervals(
    regions: Sequence[RegionAudit], *, pooled: bool
) -> tuple[list[RegionAudit], float | None, list[Finding]]:
    """Find the sample sizes that the printed intervals imply, and the intervals that they do not explain.

    Parameters
    ----------
    regions
        Each with its corrected matrix and its total area.
    pooled
        Whether one sample serves all regions.

    Returns
    -------
    regions, sample size, findings
        The regions, with the intervals by the formula.
    """
    usable = [r for r in regions if any(r.printed.interval_ha or ()) and r.total_ha]
    if not usable:
        return list(regions), None, []
    done: dict[str, RegionAudit] = {}
    findings: list[Finding] = []
    size = 0.0
    for members in [usable] if pooled else [[r] for r in usable]:
        group = _group(members)
        used, found = _misprints(group)
        inverse, fitted, _ = group.fit(used)
        n = float((1 / inverse[inverse > NO_DRAWS]).sum())
        size += n
        for r, half_widths in zip(members, np.split(fitted, len(members)), strict=True):
            done[r.printed.region] = replace(r, interval_by_law_ha=tuple(half_widths.tolist()))
        findings += found
        if n > PLAUSIBLE_DRAWS:
            findings.append(_too_many_draws([r.printed.region for r in members], n))
    return [done.get(r.printed.region, r) for r in regions], size, findings


def _group(regions: Sequence[RegionAudit]) -> _Group:
    terms, blur = zip(*(_variance_terms(r) for r in regions), strict=True)
    printed = [r.printed.interval_ha or () for r in regions]
    return _Group(
        regions=tuple(regions),
        terms=np.concatenate(terms),
        blur=np.concatenate(blur),
        scale=Z95 * np.concatenate([np.full(len(p), r.total_ha) for r, p in zip(regions, printed, strict=True)]),
        printed=np.concatenate([np.array(p, float) for p in printed]),
        half=max(half_unit(p) for p in printed),
    )


def _variance_terms(r: RegionAudit) -> tuple[Floats, Floats]:
    """Return ``W_i^2 q_ij (1 - q_ij)`` by class j and row i, and how far rounding may move it."""
    P = np.array(r.corrected.cells)
    W = np.array(r.corrected.map_share or P.sum(1))[:, None]
    half = half_unit(P.ravel())
    return np.clip(P * (W - P), 0, None).T, (half * (np.abs(W - 2 * P) + P + half)).T


def _misprints(group: _Group) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Find the one interval without which sample sizes explain all others; report that none or several are such."""
    every = np.ones(len(group.printed), np.bool_)
    if group.fit(every)[2].all():
        return every, []
    alone = [at for at in range(len(every)) if _is_alone(group, every, at)]
    if len(alone) != 1:
        return every, [_unexplained(group, alone)]
    used = every.copy()
    used[alone[0]] = False
    return used, [_misprint(group, every, alone[0])]


def _is_alone(group: _Group, every: NDArray[np.bool_], at: int) -> bool:
    """Whether all other intervals agree, and this one does not."""
    others = np.arange(len(every)) != at
    explained = group.fit(others)[2]
    return bool(explained[others].all() and not explained[at])


def _span(group: _Group, every: NDArray[np.bool_], at: int) -> tuple[float, float]:
    fitted = float(group.fit(np.arange(len(every)) != at)[1][at])
    return fitted * (1 - TOLERANCE / 3), fitted * (1 + TOLERANCE / 3)


def _misprint(group: _Group, every: NDArray[np.bool_], at: int) -> Finding:
    region, name = group.place(at)
    low, high = _span(group, every, at)
    printed, implied = float(group.printed[at]), (low + high) / 2
    value = nearest_fit(printed, group.half, low, high)
    place = f"interval of the area of {name} (ha)"
    return Finding(
        check="interval",
        regions=(region,),
        place=f"{region}: {place}",
        printed=printed,
        implied=implied,
        suggestion=value,
        words=f"The {place} of {region} is printed as +-{shown(printed, group.half)}, but the sample sizes that all "
        f"other intervals imply give +-{shown(implied, group.half)}; {shown(value, group.half)} fits.",
    )


def _unexplained(group: _Group, alone: Sequence[int]) -> Finding:
    """Report that the intervals disagree, and which one may be wrong if one explains it."""
    names = [r.printed.region for r in group.regions]
    suspects = [f"{name} in {region}" for region, name in map(group.place, alone)]
    which = (
        f"Without that of {' or '.join(suspects)} they agree"
        if suspects
        else "Several are misprinted, or all follow another formula"
    )
    return _of_all(
        names,
        f"No sample sizes explain all printed intervals of {listed(names)} as {Z95} x total area x standard error of "
        f"the share. {which}; the rest does not tell more.",
    )


def _too_many_draws(names: Sequence[str], n: float) -> Finding:
    return _of_all(
        names,
        f"The printed intervals of {listed(names)} are {Z95} x total area x standard error of the share, and fit only "
        f"if some {n / 1e6:.1f} million pixels were drawn independently. Pixels that were labelled together, tile by "
        "tile, are not independent; the tile is the sampling unit, and the intervals are far too short.",
        implied=n,
    )


def _of_all(names: Sequence[str], words: str, *, implied: float | None = None) -> Finding:
    """Return a finding about all intervals of some regions, rather than a single wrong one."""
    return Finding(
        check="intervals",
        regions=tuple(names),
        place=f"intervals of the areas of {listed(names)}",
        printed=None,
        implied=implied,
        suggestion=None,
        words=words,
    )
