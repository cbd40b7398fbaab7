"""Divide a sample among strata: `ALLOCATIONS` has one entry per rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LARGEST_SAMPLE = 10**12
"""Upper limit of a sample: the land of the Earth has about as many pixels of 10 m."""
ALLOCATIONS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "proportional": lambda W, U: W,
    "equal": lambda W, U: np.ones(len(W)),
    "neyman": lambda W, U: W * np.sqrt(U * (1 - U)),
}
"""Share of the sample that each stratum gets, up to a factor, by its weight W and its expected user's accuracy U."""


def allocate(
    size: int,
    sizes: Mapping[str, float],
    method: str = "proportional",
    *,
    users: float | Mapping[str, float] = 0.8,
    minimum: int = 0,
    counted: bool = False,
) -> dict[str, int]:
    """Divide a sample among strata.

    Parameters
    ----------
    size
        Pixels to draw in total.
    sizes
        Size of each stratum, > 0: pixels, hectares or shares.
    method
        ``"proportional"`` to size; ``"equal"``; ``"neyman"``, proportional to size times the standard deviation
        of agreement, the best for the overall accuracy (Cochran 1977, eq. 5.26).
    users
        Expected user's accuracy, 0-1, for ``"neyman"``.
    minimum
        Minimum for each stratum; Olofsson et al. (2014, sect. 5.1.1) advise 50 to 100.
    counted
        Whether `sizes` count pixels, so that no stratum gets more than it has.

    Raises
    ------
    InvalidInputError
        If `size` is more than the strata hold or too small for the minimum.

    Examples
    --------
    >>> allocate(640, {"a": 0.02, "b": 0.015, "c": 0.32, "d": 0.645})
    {'a': 13, 'b': 9, 'c': 205, 'd': 413}
    >>> allocate(640, {"a": 0.02, "b": 0.015, "c": 0.32, "d": 0.645}, minimum=75)
    {'a': 75, 'b': 75, 'c': 162, 'd': 328}
    """
    W, U = stratum_weights(sizes), expected_users(sizes, users)
    N = np.array(list(sizes.values()), float) if counted else np.full(len(W), math.inf)
    if method not in ALLOCATIONS:
        raise InvalidInputError(f"The allocation must be one of {', '.join(ALLOCATIONS)}; got {method!r}.")
    share = ALLOCATIONS[method](W, U)
    share = share if share.sum() > 0 else W
    least, most = np.minimum(minimum, N), min(N.sum(), LARGEST_SAMPLE)
    if not least.sum() <= size <= most:
        instead = ", or another minimum" if minimum > 2 else ""
        raise InvalidInputError(
            f"A sample of {size:,} cannot be divided: the strata ({len(W)}) take at least {least.sum():,.0f} "
            f"({minimum} each) and at most {most:,.0f}. Give a size between them{instead}."
        )
    return dict(zip(sizes, _rounded(_filled(size, share, least, N), size, least, N), strict=True))


def stratum_weights(sizes: Mapping[str, float]) -> Floats:
    """Return the share of each stratum, shape (stratum,); raises `InvalidInputError` for a size that is not > 0."""
    values = np.array(list(sizes.values()), float)
    if not len(values) or not np.isfinite(values).all() or (values <= 0).any():
        raise InvalidInputError(f"The size of every stratum must be a number > 0; got {dict(sizes)}.")
    return np.asarray(values / values.sum())


def expected_users(sizes: Mapping[str, float], users: float | Mapping[str, float]) -> Floats:
    """Return the expected user's accuracy of each stratum, shape (stratum,); raises `InvalidInputError` outside 0-1."""
    if isinstance(users, Mapping):
        missing = [name for name in sizes if name not in users]
        if missing:
            raise InvalidInputError(f"A user's accuracy is missing for {missing}; give one for every class.")
        values = np.array([users[name] for name in sizes], float)
    else:
        values = np.full(len(sizes), float(users))
    if not ((values >= 0) & (values <= 1)).all():
        raise InvalidInputError(f"A user's accuracy lies within 0-1; got {users}.")
    return values


def _filled(size: int, share: Floats, least: Floats, most: Floats) -> Floats:
    """Return shares of `size` within bounds: strata at a bound stay there and the others share the rest."""
    low, high = 0.0, 1e18
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(middle * share, least, most).sum() < size else (low, middle)
    return np.asarray(np.clip(high * share, least, most))


def _rounded(amounts: Floats, size: int, least: Floats, most: Floats) -> list[int]:
    """Round to whole numbers of the same sum, by largest remainder."""
    whole = np.floor(amounts + 1e-9)
    for h in np.argsort(whole - amounts, kind="stable"):
        if whole.sum() < size and whole[h] + 1 <= most[h]:
            whole[h] += 1
    return [int(n) for n in np.maximum(whole, least)]
