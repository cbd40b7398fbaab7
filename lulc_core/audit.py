"""Whether a printed error matrix of area proportions agrees with itself.

Every check is general: it knows nothing of the paper. A number printed with d decimals stands for an interval of
half a unit in its last place; a finding is what no numbers within these intervals explain.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import nnls

from lulc_core.errors import InvalidInputError
from lulc_core.published import PrintedMatrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Z95 = 1.96
"""The normal quantile that papers print 95 % intervals with."""
PLAUSIBLE_DRAWS = 100_000
"""More independent reference pixels than anyone labels one by one."""
_NO_DRAWS = 1e-15
"""What rounding leaves of 1 / draws in a stratum that the intervals say nothing of."""
LAWS = {
    "A p": "the total area times the estimated share",
    "A W": "the total area times the share in the map",
    "A W p": "the total area times the share in the map times the estimated share",
}
"""What a printed area may have been computed as, from the sound to the unsound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing in a printed matrix that disagrees with the rest."""

    check: str
    """The rule: cell, row total, column total, user's accuracy, producer's accuracy, overall accuracy, shares, areas,
    area, intervals, identical user's accuracies."""
    regions: tuple[str, ...]
    """The regions it is about."""
    place: str
    """Where, in words."""
    printed: float | tuple[float, ...] | None
    """What is printed there; one number a class where it is about all."""
    implied: float | tuple[float, ...] | None
    """What follows from the rest."""
    suggestion: float | tuple[float, ...] | None
    """The correction that fits, as it would be printed; None where nothing but new work mends it."""
    words: str
    """The finding in whole sentences."""
    cell: tuple[str, str] | None = None
    """Map class and reference class, where it is about one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAudit:
    """What follows from one matrix when its misprints are corrected."""

    printed: PrintedMatrix
    """As printed."""
    corrected: PrintedMatrix
    """With the cells and accuracies that the findings suggest; areas and intervals as printed."""
    users: tuple[float | None, ...]
    """User's accuracies that follow from the corrected cells, of all regions together where the printed ones are the
    same in all; None where the map share is 0."""
    producers: tuple[float | None, ...]
    """Producer's accuracies that follow from the corrected cells."""
    overall: float
    """Overall accuracy that follows from the corrected cells."""
    law: str | None
    """The formula the printed areas follow, a key of `LAWS`; None where none fits or nothing is printed."""
    total_ha: float | None
    """Area of the region in hectares: printed, or what the law implies."""
    area_by_law_ha: tuple[float, ...] | None
    """The printed areas as the law reproduces them, hectares."""
    area_ha: tuple[float, ...] | None
    """The areas that follow: total area times estimated share, hectares."""
    interval_by_law_ha: tuple[float, ...] | None = None
    """The printed intervals as `Z95` times total area times standard error reproduces them, hectares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Findings about a printed figure, and what follows from it when they are mended."""

    findings: tuple[Finding, ...]
    """What disagrees, by region, then figures of several regions."""
    regions: tuple[RegionAudit, ...]
    """One entry a matrix."""
    implied_sample_size: float | None
    """Independent pixels that the printed intervals imply, all map classes together; None without intervals."""

    def as_dict(self) -> dict[str, object]:
        """Return the audit as plain dicts and lists for JSON; None where undefined."""
        return {
            "findings": [
                {
                    "check": f.check,
                    "regions": list(f.regions),
                    "place": f.place,
                    "printed": _plain(f.printed),
                    "implied": _plain(f.implied),
                    "suggestion": _plain(f.suggestion),
                    "cell": None if f.cell is None else {"map": f.cell[0], "reference": f.cell[1]},
                    "words": f.words,
                }
                for f in self.findings
            ],
            "regions": {r.printed.region: _region_dict(r) for r in self.regions},
            "implied_sample_size": self.implied_sample_size,
        }


def audit_matrices(matrices: Sequence[PrintedMatrix]) -> Audit:
    """Check printed error matrices against themselves.

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
    >>> from lulc_core.published import FIG3
    >>> [f.place for f in audit_matrices(FIG3).findings if f.check == "cell"]
    ['California: Grass (map) -> Built Area (reference)', 'Laos: Crops (map) -> Crops (reference)']
    """
    if not matrices:
        raise InvalidInputError("An audit needs one matrix or more; got none.")
    findings: list[Finding] = []
    regions = []
    for printed in matrices:
        mended, found = _mended_cells(printed)
        found += _totals(mended) + _accuracies(mended)
        area, more = _areas(mended)
        findings += found + more
        regions.append(_follow(printed, _with_accuracies(mended, found), area))
    pooled = _identical_users(matrices)
    if pooled:
        users = _pooled_users(regions)
        regions = [replace(r, users=users) for r in regions]
    regions, size, more = _intervals(regions, pooled=bool(pooled))
    return Audit(findings=(*findings, *pooled, *more), regions=tuple(regions), implied_sample_size=size)


def read_matrices(path: Path | str) -> tuple[PrintedMatrix, ...]:
    """Read printed matrices from JSON.

    Parameters
    ----------
    path
        ``{"classes": [...], "printed": {region: {"P": cells, "W": row totals, "col": column totals, "UA", "PA",
        "OA", "area_ha", "ci_ha", "total_ha"}}}``; all but ``P`` may be missing. Instead of ``printed`` one matrix
        may stand at the top.

    Raises
    ------
    InvalidInputError
        For a file that is not of this form.
    """
    try:
        document = json.loads(Path(path).read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInputError(f"{path} must be a JSON file that can be read; {error}.") from error
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path} must hold a JSON object with 'classes' and 'printed'; got a list or a value.")
    regions = document.get("printed", document)
    if isinstance(regions, dict) and "P" in regions:
        regions = {str(document.get("region", Path(path).stem)): regions}
    if not isinstance(regions, dict) or not regions:
        raise InvalidInputError(
            f"{path} must hold 'printed', an object of regions, each with the cells 'P'; it has {list(document)}."
        )
    return tuple(_matrix(str(name), region, document.get("classes")) for name, region in regions.items())


def _matrix(region: str, values: Any, classes: Any) -> PrintedMatrix:
    if not isinstance(values, dict) or "P" not in values:
        raise InvalidInputError(f"Region {region!r} must be an object with the cells 'P' of its matrix.")
    classes = values.get("classes", classes)
    cells = values["P"]
    k = len(cells) if isinstance(cells, list) else 0
    if k == 0 or any(not isinstance(row, list) or len(row) != k for row in cells):
        raise InvalidInputError(f"{region}: 'P' must be a square list of rows of proportions.")
    names = [str(c) for c in classes] if isinstance(classes, list) else [str(i + 1) for i in range(k)]
    if len(names) != k or len(set(names)) != k:
        raise InvalidInputError(f"{region}: 'classes' must name the {k} rows of 'P', each once; got {names}.")
    known = {"map_share": "W", "reference_share": "col", "users": "UA", "producers": "PA"}
    lists = {field: values.get(key) for field, key in {**known, "area_ha": "area_ha", "interval_ha": "ci_ha"}.items()}
    for field, numbers in lists.items():
        if numbers is not None:
            if not isinstance(numbers, list) or len(numbers) != k:
                raise InvalidInputError(f"{region}: {field} must be a list of {k} numbers, one a class.")
            lists[field] = _checked(numbers, f"{region}: {field}")
    rows = tuple(_checked(row, f"{region}: P", share=True) for row in cells)
    if not 0.5 < sum(map(sum, rows)) < 2:
        raise InvalidInputError(
            f"{region}: the cells of 'P' must be area proportions, which sum to 1 or near it; they sum to "
            f"{sum(map(sum, rows)):g}. Divide counts or per cent by their total."
        )
    overall, total_ha = (
        None if values.get(key) is None else _checked([values[key]], f"{region}: {key}")[0]
        for key in ("OA", "total_ha")
    )
    return PrintedMatrix(region=region, classes=tuple(names), cells=rows, overall=overall, total_ha=total_ha, **lists)


def _checked(numbers: Iterable[Any], what: str, *, share: bool = False) -> tuple[float, ...]:
    for number in numbers:
        right = isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number)
        if not right or number < 0 or (share and number > 100):
            raise InvalidInputError(f"{what} must hold numbers >= 0; got {number!r}.")
    return tuple(float(number) for number in numbers)


def half_unit(values: Iterable[float]) -> float:
    """Return half a unit in the last place that numbers are printed with.

    Examples
    --------
    >>> half_unit([0.25, 0.125]), half_unit([7903.0])
    (0.0005, 0.5)
    """
    places = max((-int(Decimal(repr(float(v))).normalize().as_tuple().exponent) for v in values), default=0)
    return float(0.5 * 10.0 ** -max(places, 0))


def _mended_cells(m: PrintedMatrix) -> tuple[PrintedMatrix, list[Finding]]:
    """Find cells on which two or more of the printed totals and accuracies agree that they are something else."""
    findings = []
    for i, row_class in enumerate(m.classes):
        for j, column_class in enumerate(m.classes):
            implied = _witnesses(m, i, j)
            ranges = [r for r in implied.values() if not r[0] <= m.cells[i][j] <= r[1]]
            low, high = max((r[0] for r in ranges), default=0), min((r[1] for r in ranges), default=0)
            if len(ranges) < 2 or low > high:
                continue
            printed = m.cells[i][j]
            unit = 2 * half_unit(np.ravel(m.cells))
            value = _misprint(printed, low, high, unit)
            names = [name for name, r in implied.items() if r in ranges]
            findings.append(
                Finding(
                    check="cell",
                    regions=(m.region,),
                    place=f"{m.region}: {row_class} (map) -> {column_class} (reference)",
                    printed=printed,
                    implied=(low + high) / 2,
                    suggestion=value,
                    words=f"The cell {row_class} (map) -> {column_class} (reference) of {m.region} is printed as "
                    f"{_show(printed, unit)}. The {_listed(names)} agree that it lies between {_show(low, unit)} and "
                    f"{_show(high, unit)}; {_show(value, unit)} fits.",
                    cell=(row_class, column_class),
                )
            )
    cells = [list(row) for row in m.cells]
    for f in findings:
        if f.cell and isinstance(f.suggestion, float):
            cells[m.classes.index(f.cell[0])][m.classes.index(f.cell[1])] = f.suggestion
    return replace(m, cells=tuple(tuple(row) for row in cells)), findings


def _witnesses(m: PrintedMatrix, i: int, j: int) -> dict[str, tuple[float, float]]:
    """Between what values each printed figure, with the other cells, puts a cell."""
    P = np.array(m.cells)
    h, k = half_unit(P.ravel()), len(P)
    others = P.copy()
    others[i, j] = 0
    found = {}

    def add(name: str, middle: float, slack: float) -> None:
        found[name] = (middle - slack - h, middle + slack + h)

    if m.map_share:
        add("row total", m.map_share[i] - others[i].sum(), (k - 1) * h + half_unit(m.map_share))
    if m.reference_share:
        add("column total", m.reference_share[j] - others[:, j].sum(), (k - 1) * h + half_unit(m.reference_share))
    if i == j and m.users and m.map_share:
        add("user's accuracy", *_product(m.users, m.map_share, i))
    if i == j and m.producers and m.reference_share:
        add("producer's accuracy", *_product(m.producers, m.reference_share, j))
    if i == j and m.overall is not None:
        add("overall accuracy", m.overall - np.trace(others), (k - 1) * h + half_unit([m.overall]))
    return found


def _product(a: tuple[float, ...], b: tuple[float, ...], i: int) -> tuple[float, float]:
    return a[i] * b[i], a[i] * half_unit(b) + b[i] * half_unit(a)


def _misprint(printed: float, low: float, high: float, unit: float) -> float:
    """Return the number with one digit changed that lies within the range, or else the middle."""
    places = round(-math.log10(unit))
    digits = f"{printed:.{places}f}"
    middle = (low + high) / 2
    one_digit = (
        float(digits[:at] + digit + digits[at + 1 :])
        for at in range(len(digits))
        if digits[at] != "."
        for digit in "0123456789"
    )
    fitting = [value for value in one_digit if low <= value <= high]
    return min(fitting, key=lambda v: abs(v - middle)) if fitting else round(middle, places)


def _totals(m: PrintedMatrix) -> list[Finding]:
    """Check row sums, column sums, the trace, and that shares sum to 1."""
    P = np.array(m.cells)
    h, k = half_unit(P.ravel()), len(P)
    found = []
    for check, what, shares, sums in (
        ("row total", "map share", m.map_share, P.sum(1)),
        ("column total", "reference share", m.reference_share, P.sum(0)),
    ):
        if shares is None:
            continue
        for name, share, cells in zip(m.classes, shares, sums.tolist(), strict=True):
            if abs(share - cells) > k * h + half_unit(shares):
                why = f"the cells of its {check.split()[0]} sum to"
                found.append(_finding(check, m, f"{what} of {name}", share, cells, half_unit(shares), why))
        if abs(sum(shares) - 1) > k * half_unit(shares):
            place = f"sum of the {what}s"
            found.append(_finding("shares", m, place, sum(shares), 1.0, half_unit(shares), "shares sum to"))
    if m.overall is not None and abs(m.overall - np.trace(P)) > k * h + half_unit([m.overall]):
        why = "the diagonal sums to"
        found.append(
            _finding("overall accuracy", m, "overall accuracy", m.overall, np.trace(P), half_unit([m.overall]), why)
        )
    return found


def _accuracies(m: PrintedMatrix) -> list[Finding]:
    """Check printed user's and producer's accuracies against diagonal cell and total."""
    P = np.array(m.cells)
    h = half_unit(P.ravel())
    found = []
    for check, printed, totals, sums in (
        ("user's accuracy", m.users, m.map_share, P.sum(1)),
        ("producer's accuracy", m.producers, m.reference_share, P.sum(0)),
    ):
        if printed is None:
            continue
        base, slack = (sums, len(P) * h) if totals is None else (np.array(totals), half_unit(totals))
        for i, (name, value) in enumerate(zip(m.classes, printed, strict=True)):
            low = (P[i, i] - h) / (base[i] + slack) - half_unit(printed)
            high = (P[i, i] + h) / (base[i] - slack) + half_unit(printed) if base[i] > slack else math.inf
            if not low <= value <= high:
                implied = float(P[i, i] / base[i]) if base[i] > 0 else 0.0
                why = "its diagonal cell over its total gives"
                found.append(_finding(check, m, f"{check} of {name}", value, implied, half_unit(printed), why))
    return found


def _finding(
    check: str, m: PrintedMatrix, place: str, printed: float, implied: float, half: float, why: str
) -> Finding:
    unit = 2 * half
    suggestion = round(float(implied), max(round(-math.log10(unit)), 0))
    return Finding(
        check=check,
        regions=(m.region,),
        place=f"{m.region}: {place}",
        printed=printed,
        implied=float(implied),
        suggestion=suggestion,
        words=f"The {place} of {m.region} is printed as {_show(printed, unit)}, but {why} {_show(implied, unit)}.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _AreaFit:
    """The formula that printed areas follow."""

    law: str | None
    total_ha: float
    by_law_ha: Floats
    estimated_ha: Floats


def _areas(m: PrintedMatrix) -> tuple[_AreaFit | None, list[Finding]]:
    """Find the formula of the printed areas; report it if it is not total area times share."""
    P = np.array(m.cells)
    W, p = np.array(m.map_share or P.sum(1)), np.array(m.reference_share or P.sum(0))
    if m.area_ha is None:
        if m.total_ha is None:
            return None, []
        return _AreaFit(law=None, total_ha=m.total_ha, by_law_ha=m.total_ha * p, estimated_ha=m.total_ha * p), []
    area, h = np.array(m.area_ha), half_unit(P.ravel())
    relative = {
        "A p": _relative(h, p),
        "A W": _relative(h, W),
        "A W p": _relative(h, W) + _relative(h, p),
    }
    fits = {}
    for law, basis in {"A p": p, "A W": W, "A W p": W * p}.items():
        total = m.total_ha or _weighted_median(area, basis)
        unit = 2 * half_unit(m.area_ha)  # whether they were rounded or cut off
        slack = unit + total * np.where(basis > 0, basis * (np.where(basis > 0, relative[law], 0) + 1e-4), h)
        misfit = np.abs(area - total * basis) > slack
        fits[law] = (int(misfit.sum()), total, basis, misfit)
    law = min(fits, key=lambda name: fits[name][0])
    misfits, total, basis, misfit = fits[law]
    if misfits * 2 > len(area):
        law, (misfits, total, basis, misfit) = "A p", fits["A p"]
    if m.total_ha is None and not misfit.all():
        total = float(area[~misfit].sum() / basis[~misfit].sum())
    known = misfits * 2 <= len(area)
    fit = _AreaFit(law=law if known else None, total_ha=total, by_law_ha=total * basis, estimated_ha=total * p)
    findings = [] if law == "A p" else [_wrong_law(m, fit)]
    for k in np.flatnonzero(misfit):
        why = f"{LAWS[law]} gives"
        place = f"area of {m.classes[k]} (ha)"
        findings.append(_finding("area", m, place, area[k], fit.by_law_ha[k], half_unit(m.area_ha), why))
    return fit, findings


def _relative(half: float, share: Floats) -> Floats:
    return np.divide(half, share, out=np.full(len(share), math.inf), where=share > 0)


def _weighted_median(area: Floats, basis: Floats) -> float:
    """Median of area / basis, weighted by basis: a total area that a few misprints do not move."""
    some = basis > 0
    ratio, weight = area[some] / basis[some], basis[some]
    order = np.argsort(ratio)
    return float(ratio[order][np.searchsorted(np.cumsum(weight[order]), weight.sum() / 2)])


def _wrong_law(m: PrintedMatrix, fit: _AreaFit) -> Finding:
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


def _with_accuracies(m: PrintedMatrix, findings: Sequence[Finding]) -> PrintedMatrix:
    """Put the suggested accuracies in."""
    users, producers, overall = list(m.users or ()), list(m.producers or ()), m.overall
    for f in findings:
        name = f.place.rpartition(" of ")[2]
        if isinstance(f.suggestion, float) and f.check == "user's accuracy":
            users[m.classes.index(name)] = f.suggestion
        elif isinstance(f.suggestion, float) and f.check == "producer's accuracy":
            producers[m.classes.index(name)] = f.suggestion
        elif isinstance(f.suggestion, float) and f.check == "overall accuracy":
            overall = f.suggestion
    return replace(m, users=tuple(users) or None, producers=tuple(producers) or None, overall=overall)


def _follow(printed: PrintedMatrix, corrected: PrintedMatrix, area: _AreaFit | None) -> RegionAudit:
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


def _identical_users(matrices: Sequence[PrintedMatrix]) -> list[Finding]:
    """Report user's accuracies that are the same everywhere: one pooled matrix, weighted anew."""
    users = [m.users for m in matrices]
    if len(users) < 2 or users[0] is None or len(users[0]) < 2 or any(u != users[0] for u in users):
        return []
    names = tuple(m.region for m in matrices)
    return [
        Finding(
            check="identical user's accuracies",
            regions=names,
            place=f"user's accuracies of {_listed(names)}",
            printed=users[0],
            implied=None,
            suggestion=None,
            words=f"The user's accuracies of {_listed(names)} are the same to the last digit. They come from one "
            "pooled error matrix that was weighted by each region's map shares; what a region's own reference says of "
            "its map is not in them, and its overall and producer's accuracies differ only through the map shares.",
        )
    ]


def _pooled_users(regions: Sequence[RegionAudit]) -> tuple[float | None, ...]:
    """Recompute one set of user's accuracies from the cells of all regions, which rounding blurs less."""
    diagonal = np.sum([np.diag(r.corrected.cells) for r in regions], axis=0)
    share = np.sum([r.corrected.map_share or np.sum(r.corrected.cells, axis=1) for r in regions], axis=0)
    return tuple(float(d / w) if w else None for d, w in zip(diagonal, share, strict=True))


def _intervals(
    regions: Sequence[RegionAudit], *, pooled: bool
) -> tuple[list[RegionAudit], float | None, list[Finding]]:
    """Find the sample sizes that the printed intervals imply (Olofsson et al. 2014, eqs. 10-11)."""
    usable = [r for r in regions if any(r.printed.interval_ha or ()) and r.total_ha]
    if not usable:
        return list(regions), None, []
    done: dict[str, RegionAudit] = {}
    findings: list[Finding] = []
    size = 0.0
    for group in [usable] if pooled else [[r] for r in usable]:
        terms, squares = zip(*(_variance_terms(r) for r in group), strict=True)
        inverse, fitted = _fit_draws(np.concatenate(terms), np.concatenate(squares), group)
        n = float((1 / inverse[inverse > _NO_DRAWS]).sum())
        size += n
        each = np.split(fitted, len(group))
        for r, standard_error in zip(group, each, strict=True):
            half = Z95 * (r.total_ha or 0) * standard_error
            done[r.printed.region] = replace(r, interval_by_law_ha=tuple(half.tolist()))
        if n > PLAUSIBLE_DRAWS:
            findings.append(_too_many_draws([r.printed.region for r in group], n))
    return [done.get(r.printed.region, r) for r in regions], size, findings


def _variance_terms(r: RegionAudit) -> tuple[Floats, Floats]:
    """Return W_i^2 q_ij (1 - q_ij) by class j and row i, and the printed variance of each share."""
    P = np.array(r.corrected.cells)
    W = np.array(r.corrected.map_share or P.sum(1))
    q = np.divide(P, W[:, None], out=np.zeros_like(P), where=W[:, None] > 0)
    terms = (W[:, None] ** 2 * np.clip(q * (1 - q), 0, None)).T
    printed = np.array(r.printed.interval_ha) / Z95 / (r.total_ha or 1)
    return terms, printed**2


def _fit_draws(terms: Floats, squares: Floats, group: Sequence[RegionAudit]) -> tuple[Floats, Floats]:
    """Fit 1 / (n_i - 1) >= 0 by least squares, weighted by how exactly the intervals are printed."""
    printed = np.concatenate([np.array(r.printed.interval_ha) for r in group])
    some = printed > 0
    half = max(half_unit(r.printed.interval_ha or ()) for r in group)
    cells = 5e-4  # what the rounding of the cells adds to half / printed
    weight = 1 / (squares[some] * np.hypot(half / printed[some], cells))
    inverse, _ = nnls(terms[some] * weight[:, None], squares[some] * weight)
    return inverse, np.sqrt(terms @ inverse)


def _too_many_draws(names: Sequence[str], n: float) -> Finding:
    return Finding(
        check="intervals",
        regions=tuple(names),
        place=f"intervals of the areas of {_listed(names)}",
        printed=None,
        implied=n,
        suggestion=None,
        words=f"The printed intervals of {_listed(names)} are {Z95} x total area x standard error of the share, and "
        f"fit only if some {n / 1e6:.1f} million pixels were drawn independently. Pixels that were labelled together, "
        "tile by tile, are not independent; the tile is the sampling unit, and the intervals are far too short.",
    )


def _region_dict(r: RegionAudit) -> dict[str, object]:
    classes = r.printed.classes

    def each(values: Sequence[float | None] | None) -> dict[str, float | None] | None:
        return None if values is None else dict(zip(classes, values, strict=True))

    return {
        "classes": list(classes),
        "error_matrix": [list(row) for row in r.corrected.cells],
        "overall": r.overall,
        "users": each(r.users),
        "producers": each(r.producers),
        "area_law": r.law,
        "total_ha": r.total_ha,
        "area_printed_ha": each(r.printed.area_ha),
        "area_by_law_ha": each(r.area_by_law_ha),
        "area_ha": each(r.area_ha),
        "interval_printed_ha": each(r.printed.interval_ha),
        "interval_by_law_ha": each(r.interval_by_law_ha),
    }


def _plain(value: float | tuple[float, ...] | None) -> float | list[float] | None:
    return list(value) if isinstance(value, tuple) else value


def _show(value: float, unit: float) -> str:
    return f"{value:,.{max(round(-math.log10(unit)), 0)}f}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
