"""The relations among the numbers of a printed matrix, with the rounding of each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.audit.rounding import half_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_core.audit.printed import PrintedMatrix

Key = tuple[str, tuple[int, ...]]
"""A printed number: ``("cell", (i, j))``, ``("row total", (i,))``, ``("overall accuracy", ())`` and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The printed numbers of a matrix, each with half a unit of its last place."""

    values: Mapping[Key, float]
    """As printed, or as corrected."""
    half: Mapping[Key, float]
    """Largest rounding error of each."""

    def bounds(self, *keys: Key) -> tuple[float, float]:
        """Return the smallest and largest sum, >= 0, of numbers before rounding."""
        total, slack = sum(self.values[key] for key in keys), sum(self.half[key] for key in keys)
        return max(total - slack, 0.0), total + slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Parts that sum to a whole."""

    name: str
    """Which check it is."""
    parts: tuple[Key, ...]
    """What is summed."""
    whole: Key | None
    """The sum; None where it is 1."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Parts and whole."""
        return self.parts if self.whole is None else (*self.parts, self.whole)

    def within(self, key: Key, numbers: Numbers) -> tuple[float, float]:
        """Return the sum of the parts, or the whole less the other parts."""
        low, high = numbers.bounds(*(part for part in self.parts if part != key))
        if key == self.whole:
            return low, high
        least, most = (1.0, 1.0) if self.whole is None else numbers.bounds(self.whole)
        return least - high, most - low


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """An accuracy: the diagonal cell as a share of its total."""

    name: str
    """Which check it is."""
    accuracy: Key
    """The share."""
    part: Key
    """The diagonal cell."""
    whole: tuple[Key, ...]
    """The printed total, or else the cells that make it up."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Accuracy, cell and total."""
        return tuple(dict.fromkeys((self.accuracy, self.part, *self.whole)))

    def within(self, key: Key, numbers: Numbers) -> tuple[float, float]:
        """Return the range of the accuracy, the diagonal cell, the total, or a cell of the total."""
        part, share = numbers.bounds(self.part), numbers.bounds(self.accuracy)
        others = numbers.bounds(*(k for k in self.whole if k not in (key, self.part)))
        if key == self.part and key in self.whole:
            return others[0] * _over(share[0], 1 - share[0]), others[1] * _over(share[1], 1 - share[1])
        rest = numbers.bounds(*(k for k in self.whole if k != key))
        if key == self.accuracy:
            return _over(part[0], rest[1]), _over(part[1], rest[0])
        if key == self.part:
            return share[0] * rest[0], share[1] * rest[1]
        return _over(part[0], share[1]) - rest[1], _over(part[1], share[0]) - rest[0]


Relation = Total | Share
"""Numbers of which each follows from the others."""


def _over(a: float, b: float) -> float:
    return a / b if b > 0 else math.inf


def numbers_of(m: PrintedMatrix) -> Numbers:
    """Return what is printed, by place."""
    k = range(len(m.classes))
    values: dict[Key, float] = {("cell", (i, j)): m.cells[i][j] for i in k for j in k}
    half: dict[Key, float] = dict.fromkeys(values, half_unit(np.ravel(m.cells)))
    for name, printed in _lists(m).items():
        values |= {(name, (i,)): value for i, value in enumerate(printed)}
        half |= {(name, (i,)): half_unit(printed) for i in k}
    if m.overall is not None:
        values["overall accuracy", ()], half["overall accuracy", ()] = m.overall, half_unit([m.overall])
    return Numbers(values=values, half=half)


def relations_of(m: PrintedMatrix) -> list[Relation]:
    """Return the relations that must hold among the printed numbers: totals, accuracies, and sums of 1."""
    printed, k = _lists(m), range(len(m.classes))
    cells: list[list[Key]] = [[("cell", (i, j)) for j in k] for i in k]
    lines = {"row": cells, "column": [list(column) for column in zip(*cells, strict=True)]}
    found: list[Relation] = []
    for line, accuracy in (("row", "user's accuracy"), ("column", "producer's accuracy")):
        total = f"{line} total"
        if total in printed:
            found += [Total(name=total, parts=tuple(lines[line][i]), whole=(total, (i,))) for i in k]
        if accuracy in printed:
            wholes = [((total, (i,)),) if total in printed else tuple(lines[line][i]) for i in k]
            found += [Share(name=accuracy, accuracy=(accuracy, (i,)), part=cells[i][i], whole=wholes[i]) for i in k]
    if m.overall is not None:
        name = "overall accuracy"
        found.append(Total(name=name, parts=tuple(cells[i][i] for i in k), whole=(name, ())))
    for total in [name for name in ("row total", "column total") if name in printed]:
        found.append(Total(name="shares", parts=tuple((total, (i,)) for i in k), whole=None))
    return [*found, Total(name="shares", parts=tuple(key for row in cells for key in row), whole=None)]


def _lists(m: PrintedMatrix) -> dict[str, tuple[float, ...]]:
    """Return the printed lists, one number per class, by the check they are about."""
    lists = {
        "row total": m.map_share,
        "column total": m.reference_share,
        "user's accuracy": m.users,
        "producer's accuracy": m.producers,
    }
    return {name: values for name, values in lists.items() if values is not None}
