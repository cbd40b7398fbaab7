"""Sample size and expected standard errors of a sample stratified by map class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.allocation import LARGEST_SAMPLE, allocate, expected_users, stratum_weights
from lulc_core.accuracy.rounding import decimals
from lulc_core.accuracy.total_rows import subtotals
from lulc_core.accuracy.vocabulary import no_classes
from lulc_core.display import block, bullets, table
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


LARGEST_TARGET = 0.25
"""Of any figure, four pixels have no larger standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Target standard errors of a sample, as shares of 1, at most `LARGEST_TARGET`; None for no target."""

    overall: float | None = None
    """Of the overall accuracy."""
    users: float | None = None
    """Of the user's accuracy of every class."""
    producers: float | None = None
    """Of the producer's accuracy of every class."""
    area: float | None = None
    """Of the area proportion of every class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A sample stratified by map class, before it is drawn."""

    allocation: dict[str, int]
    """Pixels to draw in each stratum."""
    overall: float
    """Expected standard error of the overall accuracy, 0-1."""
    users: dict[str, float]
    """The same of each user's accuracy."""
    producers: dict[str, float]
    """The same of each producer's accuracy."""
    area: dict[str, float]
    """The same of each area proportion."""
    warnings: tuple[str, ...] = ()
    """Warnings, such as a stratum that is too small for its allocation."""

    @property
    def size(self) -> int:
        """Pixels to draw in total."""
        return sum(self.allocation.values())

    def to_frame(self) -> pd.DataFrame:
        """Return one row per stratum: pixels to draw, and the standard errors to expect."""
        columns = {"pixels": self.allocation, "users": self.users, "producers": self.producers, "area": self.area}
        return pd.DataFrame(columns).rename_axis("stratum")

    def __repr__(self) -> str:
        return f"<Plan: {self._head()}, {len(self.allocation)} strata>"

    def _repr_html_(self) -> str:
        errors = self.users, self.producers, self.area
        rows = ((name, f"{n:,}", *(_shown(each[name]) for each in errors)) for name, n in self.allocation.items())
        columns = ["stratum", "pixels", "s.e. of user's accuracy", "s.e. of producer's accuracy", "s.e. of area share"]
        return block(self._head(), table(columns, rows), bullets(self.warnings))

    def _head(self) -> str:
        return f"{self.size:,} pixels; expected standard error of the overall accuracy {_shown(self.overall)}"

    def as_dict(self) -> dict[str, object]:
        """Return the plan as plain dicts for JSON."""
        expected = {
            "overall": self.overall,
            "users": self.users,
            "producers": self.producers,
            "area": self.area,
        }
        return {
            "size": self.size,
            "allocation": self.allocation,
            "expected_se": expected,
            "warnings": list(self.warnings),
        }


def _shown(error: float) -> str:
    return f"{error:.{decimals(error, 4)}f}"


def sample_size(
    sizes: Mapping[str, float], users: float | Mapping[str, float], target: float, *, population: float | None = None
) -> int:
    """Return the sample size that reaches a target standard error of the overall accuracy.

    ``n = (sum W_i S_i)^2 / (S(O)^2 + sum W_i S_i^2 / N)``, ``S_i^2 = U_i (1 - U_i)`` (Cochran 1977, eq. 5.25;
    Olofsson et al. 2014, eq. 13).

    Parameters
    ----------
    sizes
        Size of each map class: pixels, hectares or shares; only their proportions count.
    users
        Expected user's accuracy, 0-1: one for all classes, or by class.
    target
        Target standard error, a share of 1, at most `LARGEST_TARGET`.
    population
        Pixels of the map, for the finite-population correction.

    Raises
    ------
    InvalidInputError
        For an accuracy outside 0-1, or a target that is not positive or too large.

    Examples
    --------
    >>> sizes = {"deforestation": 0.020, "gain": 0.015, "forest": 0.320, "other": 0.645}
    >>> users = {"deforestation": 0.7, "gain": 0.6, "forest": 0.9, "other": 0.95}
    >>> sample_size(sizes, users, 0.01)  # Olofsson et al. 2014, sect. 5.1.1: 641
    641
    """
    _refuse_no_target("The target standard error", target)
    W, U = stratum_weights(sizes), expected_users(sizes, users)
    finite = float(W @ (U * (1 - U))) / population if population else 0.0
    size = float(W @ np.sqrt(U * (1 - U))) ** 2 / (target**2 + finite)
    return max(math.ceil(_possible(size, target) - 1e-9), 2)


def plan_sample(
    sizes: Mapping[str, float],
    *,
    users: float | Mapping[str, float] = 0.8,
    targets: Targets | None = None,
    size: int | None = None,
    method: str = "proportional",
    minimum: int = 2,
    counted: bool = False,
) -> Plan:
    """Plan a sample stratified by map class.

    With `targets` the smallest sample that reaches all of them (Bethel 1989, Survey Methodology 15, sect. 3);
    with `size` that many pixels, divided by `method`.

    Parameters
    ----------
    sizes
        Size of each map class, > 0: pixels, hectares or shares.
    users
        Expected user's accuracy, 0-1; errors are assumed to fall on the other classes in proportion to size.
    targets, size
        One of the two.
    method, minimum
        As in `allocate`; with `targets` only `minimum` counts.
    counted
        Whether `sizes` count pixels, so that no stratum gets more than it has. A stratum that is taken whole
        is a census and adds no variance; `Plan.warnings` says where more pixels were asked for than a stratum has.

    Returns
    -------
    Plan

    Raises
    ------
    InvalidInputError
        Unless there is exactly one of `targets` and `size`.

    Examples
    --------
    >>> plan_sample({"a": 0.1, "b": 0.9}, users=0.9, targets=Targets(overall=0.01, users=0.05)).allocation
    {'a': 90, 'b': 810}
    """
    if (targets is None) == (size is None):
        raise InvalidInputError("Plan for target standard errors or for a size: give one of the two.")
    W, q = stratum_weights(sizes), expected_matrix(sizes, users).to_numpy()
    variances = _variances(W, q)
    if targets is None:
        wanted = allocate(size or 0, sizes, method, users=users, minimum=minimum)
        n = allocate(size or 0, sizes, method, users=users, minimum=minimum, counted=counted)
    else:
        wanted = dict(zip(sizes, np.maximum(_bethel(variances, targets), minimum).tolist(), strict=True))
        n = {name: int(min(asked, sizes[name])) if counted else asked for name, asked in wanted.items()}
    whole = {name: counted and n[name] >= sizes[name] for name in sizes}
    counts = np.array([math.inf if whole[name] else n[name] for name in sizes])
    with np.errstate(divide="ignore", invalid="ignore"):
        se = {name: np.sqrt(np.where(a > 0, a / counts, 0).sum(1)) for name, a in variances.items()}
    each = {name: dict(zip(sizes, values.tolist(), strict=True)) for name, values in se.items() if name != "overall"}
    notes = tuple(
        f"Stratum {name!r} has only {sizes[name]:,.0f} pixels where {wanted[name]:,} are asked for: label all of "
        "them, a census, which adds nothing to the standard errors. Assess with the finite-population correction."
        for name in sizes
        if wanted[name] > n[name]
    )
    notes += tuple(
        f"{name!r} is planned as a class, and gets {n[name]:,} of {sum(n.values()):,} pixels. If it holds the pixels "
        "without data, leave out its row."
        for name in no_classes(sizes)
    )
    notes += subtotals(sizes)
    return Plan(allocation=n, overall=float(se["overall"][0]), warnings=notes, **each)


def expected_matrix(sizes: Mapping[str, float], users: float | Mapping[str, float]) -> pd.DataFrame:
    """Return the expected error matrix as shares of each map class; errors fall on the others in proportion to size.

    Examples
    --------
    >>> expected_matrix({"a": 1, "b": 1, "c": 2}, 0.7).loc["a"].round(2).tolist()
    [0.7, 0.1, 0.2]
    """
    W, U = stratum_weights(sizes), expected_users(sizes, users)
    q = np.diag(U)
    for i, u in enumerate(U):
        others = np.delete(W, i)
        if others.size:
            q[i, np.arange(len(W)) != i] = (1 - u) * others / others.sum()
    return pd.DataFrame(q, index=list(sizes), columns=list(sizes))


def _variances(W: Floats, q: Floats) -> dict[str, Floats]:
    """Return each stratum's contribution to the variance of each figure, times pixels drawn, (figure, stratum)."""
    k = len(W)
    q = np.column_stack([q, 1 - q.sum(1)])  # what a map of one class takes for it falls on none of its classes
    p = W[:, None] * q

    def ratio(y: Floats, x: Floats) -> Floats:
        X = float((p * x).sum())
        u = y - (float((p * y).sum()) / X if X else 0.0) * x
        spread = (q * u**2).sum(1) - (q * u).sum(1) ** 2
        return np.asarray(W**2 * np.maximum(spread, 0) / X**2 if X else np.zeros(k))

    one, eye = np.ones((k, k + 1)), np.eye(k, k + 1)
    row = [np.outer(np.arange(k) == i, one[0]) for i in range(k)]
    column = [np.outer(one[:, 0], eye[i]) for i in range(k)]
    return {
        "overall": np.array([ratio(eye, one)]),
        "users": np.array([ratio(row[i] * column[i], row[i]) for i in range(k)]),
        "producers": np.array([ratio(row[i] * column[i], column[i]) for i in range(k)]),
        "area": np.array([ratio(column[i], one) for i in range(k)]),
    }


def _bethel(variances: Mapping[str, Floats], targets: Targets) -> NDArray[np.int64]:
    """Return the fewest pixels per stratum that meet every target: Bethel's (1989) iteration."""
    wanted = {name: getattr(targets, name) for name in variances}
    for name, target in wanted.items():
        if target is not None:
            _refuse_no_target(f"The target standard error of {name}", target)
    rows = [variances[name] / target**2 for name, target in wanted.items() if target is not None]
    if not rows:
        raise InvalidInputError("No target standard error was given; give one or more.")
    a = np.concatenate(rows)
    a = a[a.sum(1) > 0]
    multiplier = np.full(len(a), 1 / max(len(a), 1))
    n = np.ones(a.shape[1])
    for _ in range(2000):
        root = np.sqrt(multiplier @ a)
        n = root * root.sum()
        reached = (a / np.maximum(n, 1e-12)).sum(1)
        if reached.max(initial=0) <= 1 + 1e-9:
            break
        multiplier *= reached**2
        multiplier /= multiplier.sum()
    n = n * max(float(reached.max(initial=1)), 1.0)
    _possible(float(n.sum()), min(target for target in wanted.values() if target is not None))
    return np.ceil(n - 1e-6).astype(np.int64)


def _refuse_no_target(what: str, target: float) -> None:
    """Check that a target standard error and its square are > 0, and that it is a share of 1."""
    if not (0 < target <= LARGEST_TARGET and target**2 > 0):
        raise InvalidInputError(
            f"{what} must be a number > 0 and at most {LARGEST_TARGET}, such as 0.01; got {target}. It is a share of "
            "1, neither per cent nor hectares: 0.01 is 1 %, of an area 1 % of the whole."
        )


def _possible(size: float, target: float) -> float:
    """Return a sample size; raise `InvalidInputError` for one that is impossible."""
    if not size <= LARGEST_SAMPLE:
        raise InvalidInputError(
            f"A standard error of {target:g} needs more than {LARGEST_SAMPLE:,} pixels. Try a larger one, such as 0.01."
        )
    return size
