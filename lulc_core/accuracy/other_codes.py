"""Codes of one legend that are taken for those of another: known by the pairing of codes that agrees best."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from lulc_core.accuracy.misreadings import legend_words
from lulc_core.accuracy.sampled_units import bincount
from lulc_core.counted import percent
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

FEWEST_MOVED = 3
"""Classes that agree with another code before codes are said to be others; fewer if the map has no more."""
BETTER, MUCH_BETTER = 2, 4
"""How many times as many pixels agree by the other codes; the second factor where fewer classes moved."""
MOST, NEARLY_ALL = 1 / 2, 2 / 3
"""Share of the pixels of a class that are another one, if its code is another one; the second for two classes."""
HARDLY_ANY = 1 / 10
"""Share of the pixels of a class that are right where no more than most of the others are one other class."""
FEWEST_ALIKE = 5
"""Fewer pixels of a class that are all another one may be so by chance."""
LEAST_PIXELS = 30
"""In fewer, chance may pair codes."""


class Pairing(NamedTuple):
    """Codes of a reference under which a map agrees with it far better than under its own."""

    pairs: list[tuple[int, int]]
    """Row and column of each class that has another code."""
    same: float
    """Share of the pixels that agree by the codes as they are."""
    best: float
    """Share of the pixels that agree by the pairing."""


def other_pairing(pixels: NDArray[np.integer | np.floating]) -> Pairing | None:
    """Return the one-to-one pairing of rows with columns that explains a matrix far better than its diagonal.

    A class that a bad map confuses with others is spread over them, or they are all mapped as one. A code of another
    legend has most of its row and most of its column in one cell. That cell must be off the diagonal for three classes,
    or for all that the map has.

    Parameters
    ----------
    pixels
        By map code (row) and reference code (column), shape (code, code).

    Examples
    --------
    >>> other_pairing(np.array([[2, 40, 1], [0, 3, 30], [25, 0, 1]])).pairs
    [(0, 1), (1, 2), (2, 0)]
    >>> other_pairing(np.array([[30, 20, 20], [25, 20, 30], [10, 40, 10]])) is None
    True
    """
    if pixels.sum() < LEAST_PIXELS:
        return None
    found, mapped = _best_pairing(pixels, MOST), int((pixels.sum(1) > 0).sum())
    n = len(found.pairs)
    factor = BETTER if n >= FEWEST_MOVED else MUCH_BETTER
    enough = n >= max(2, min(FEWEST_MOVED, mapped)) and found.best >= max(factor * found.same, 0.5)
    return found if enough else None


def exchanged_classes(pixels: NDArray[np.integer | np.floating]) -> Pairing | None:
    """Return the pairing by which two classes or more are mostly another one in the reference, and agreement rises.

    A bad map spreads a class over others, or maps several as one; two that are each mostly the other are exchanged.

    Parameters
    ----------
    pixels
        By map class (row) and reference class (column), shape (class, class).

    Examples
    --------
    >>> exchanged_classes(np.array([[40, 0, 1], [0, 2, 30], [1, 25, 3]])).pairs
    [(1, 2), (2, 1)]
    >>> exchanged_classes(np.array([[40, 0, 1], [0, 20, 30], [1, 25, 20]])) is None
    True
    """
    if pixels.sum() < LEAST_PIXELS:
        return None
    right = pixels.diagonal() / np.maximum(pixels.sum(1), 1)
    found = _best_pairing(pixels, np.where(right < HARDLY_ANY, MOST, NEARLY_ALL))
    clear = len(found.pairs) > 1 and min(pixels[i, j] for i, j in found.pairs) >= FEWEST_ALIKE
    return found if clear and found.best > found.same else None


def _best_pairing(pixels: NDArray[np.integer | np.floating], share: float | NDArray[np.floating]) -> Pairing:
    """Return the one-to-one pairing of rows with columns that agrees best, as far as it has a share of both."""
    share = np.broadcast_to(share, len(pixels))
    rows, columns = linear_sum_assignment(pixels, maximize=True)
    matched, size = pixels[rows, columns], float(pixels.sum())
    most = (matched > share[rows] * pixels.sum(1)[rows]) & (matched > share[rows] * pixels.sum(0)[columns])
    moved = (rows != columns) & most
    pairs = list(zip(rows[moved].tolist(), columns[moved].tolist(), strict=True))
    return Pairing(pairs=pairs, same=float(np.trace(pixels)) / size, best=float(matched.sum()) / size)


def refuse_other_codes(table: pd.DataFrame) -> None:
    """Refuse codes in both label columns that mean other classes in one than in the other.

    Parameters
    ----------
    table
        Columns ``row``, ``column`` (names of classes) and ``pixels``.
    """
    codes = list({*table["row"], *table["column"]})
    if not all(code.isdecimal() for code in codes):
        return
    place = {code: i for i, code in enumerate(codes)}
    cell = table["row"].map(place).to_numpy(int) * len(codes) + table["column"].map(place).to_numpy(int)
    found = other_pairing(bincount(cell, table["pixels"].to_numpy(float), len(codes) ** 2).reshape(len(codes), -1))
    if found:
        pairs = sorted(((codes[i], codes[j]) for i, j in found.pairs), key=lambda pair: int(pair[0]))
        raise InvalidInputError(
            f"Map and reference have the same code in {percent(found.same)} of the pixels, but agree in "
            f"{percent(found.best)} if the codes of the map are other codes of the reference "
            f"({', '.join(f'{i} is {j}' for i, j in pairs)}). "
            "Write both in names, or in the codes of one legend; Dynamic World's count from 0 (water). "
            f"{legend_words([i for i, _ in pairs])}".strip()
        )


def one_class_of_two_names(table: pd.DataFrame) -> tuple[str, ...]:
    """Note a class of the map alone and one of the reference alone that are mostly each other, as 0 and 2.

    Two classes that the legend knows are two.

    Parameters
    ----------
    table
        As in `refuse_other_codes`.
    """
    mapped, referred = {*table["row"]}, {*table["column"]}
    if mapped <= referred or referred <= mapped:
        return ()
    pixels = table.pivot_table(values="pixels", index="row", columns="column", aggfunc="sum", fill_value=0)
    whole, right = (float(each.sum()) for each in (table["pixels"], table["pixels"][table["row"] == table["column"]]))
    notes = []
    for row, column in product(pixels.index.difference(pixels.columns), pixels.columns.difference(pixels.index)):
        cell = float(pixels.loc[[row], column].sum())
        most = 2 * cell > max(pixels.loc[row].sum(), pixels[column].sum())
        if most and whole >= LEAST_PIXELS and not {row, column} <= {*LEGEND.names}:
            notes.append(
                f"The map alone has {row!r} and the reference alone {column!r}, and most pixels of the one are the "
                f"other. If they are one class, write it alike: map and reference then agree in "
                f"{percent((right + cell) / whole)} of the pixels, not in {percent(right / whole)}."
            )
    return tuple(notes)
