"""Find misprints in a printed matrix, and their corrections.

A misprint breaks every relation that its number is part of. The number whose change mends the most relations, less
those that it would break, is taken as the misprint and corrected; the search goes on until nothing more can be mended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lulc_core.audit.relations import Share, Total, numbers_of, relations_of
from lulc_core.audit.report import Finding, listed
from lulc_core.audit.rounding import nearest_fit, one_digit_off, places_of, printable, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_core.audit.printed import PrintedMatrix
    from lulc_core.audit.relations import Key, Numbers, Relation

SLACK = 1e-12
"""Floating-point tolerance on top of the rounding of the print."""
KINDS = ("user's accuracy", "producer's accuracy", "overall accuracy", "row total", "column total", "cell")
"""Of numbers that explain an inconsistency equally well, the first is taken: fewer relations constrain it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Suspect:
    """A number whose change would mend more relations than it breaks."""

    key: Key
    low: float
    """The smallest value that it may have, as printed."""
    high: float
    mends: tuple[Relation, ...]
    """Broken relations that would hold."""
    gain: int
    """Net number of relations gained."""

    @property
    def share(self) -> Share | None:
        """The relation of an accuracy to its cell; None for other numbers."""
        relation = self.mends[0]
        return relation if isinstance(relation, Share) and self.key == relation.accuracy else None


def find_misprints(m: PrintedMatrix) -> tuple[PrintedMatrix, list[Finding]]:
    """Return a matrix with its misprints corrected, and a finding for each.

    An inconsistency that no single number explains is a finding without a suggestion.
    """
    numbers, relations = numbers_of(m), relations_of(m)
    findings = []
    while broken := [relation for relation in relations if not _holds(relation, numbers)]:
        suspects = _suspects(broken, relations, numbers)
        misprint = _pick(suspects, numbers)
        if misprint:
            findings.append(_explained(misprint, m, numbers))
            mended = {**numbers.values, misprint.key: _suggestion(misprint, numbers)}
            numbers = replace(numbers, values=mended)
            relations = [r for r in relations if r not in misprint.mends or _holds(r, numbers)]
        else:
            rivals = _rivals(suspects[0], suspects) if suspects else []
            disputed = [r for s in rivals for r in s.mends]
            findings += [_unexplained(r, m, numbers) for r in disputed[:1] or broken]
            relations = [r for r in relations if r not in (disputed or broken)]
    return _matrix(m, numbers), findings


def set_upright(m: PrintedMatrix) -> tuple[PrintedMatrix, list[Finding]]:
    """Return a matrix with map classes in its rows; one that has them in its columns is one finding.

    It has if less than half as many relations are broken once rows and columns of the cells change places.
    """
    turned = replace(m, cells=tuple(zip(*m.cells, strict=True)))
    as_printed, as_turned = map(_broken, (m, turned))
    if as_printed < 2 or as_turned * 2 >= as_printed:
        return m, []
    finding = Finding(
        check="transposed",
        regions=(m.region,),
        place=f"{m.region}: all cells",
        printed=None,
        implied=None,
        suggestion=None,
        words=f"The cells of {m.region} agree with its totals and accuracies only if rows and columns change places: "
        "rows must be map classes, columns reference classes. The cells are transposed here.",
    )
    return turned, [finding]


def _broken(m: PrintedMatrix) -> int:
    numbers = numbers_of(m)
    return sum(not _holds(relation, numbers) for relation in relations_of(m))


def _holds(relation: Relation, numbers: Numbers) -> bool:
    key = relation.keys[0]
    low, high = relation.within(key, numbers)
    slack = numbers.half[key] + SLACK
    return low - slack <= numbers.values[key] <= high + slack


def _suspects(broken: Sequence[Relation], relations: Sequence[Relation], numbers: Numbers) -> list[_Suspect]:
    """Return the numbers that would mend the most relations; none if each would break as many as it mends."""
    keys = dict.fromkeys(key for relation in broken for key in relation.keys)
    found = [_suspect(key, broken, [r for r in relations if key in r.keys], numbers) for key in keys]
    most = max((suspect.gain for suspect in found if suspect), default=0)
    return [suspect for suspect in found if suspect and suspect.gain == most > 0]


def _suspect(key: Key, broken: Sequence[Relation], about: Sequence[Relation], numbers: Numbers) -> _Suspect | None:
    """Return the range that most relations allow for a number; None if no broken relation is among them."""
    half = numbers.half[key] + SLACK
    spans = [(max(low - half, 0.0), high + half) for low, high in (r.within(key, numbers) for r in about)]
    points = [low for low, high in spans if low <= high]
    best = max(points, key=lambda point: sum(low <= point <= high for low, high in spans), default=-1.0)
    held = [(r, span) for r, span in zip(about, spans, strict=True) if span[0] <= best <= span[1]]
    mends = tuple(relation for relation, _ in held if relation in broken)
    if not mends:
        return None
    return _Suspect(
        key=key,
        low=max(low for _, (low, _) in held) + SLACK,
        high=min(high for _, (_, high) in held) - SLACK,
        mends=mends,
        gain=len(held) - sum(r not in broken for r in about),
    )


def _pick(suspects: Sequence[_Suspect], numbers: Numbers) -> _Suspect | None:
    """Return a suspect without rivals for what it mends, or whose rivals differ in more than one digit."""
    for suspect in suspects:
        rivals = _rivals(suspect, suspects)
        if len(rivals) > 1:
            rivals = [r for r in rivals if one_digit_off(numbers.values[r.key], numbers.half[r.key], r.low, r.high)]
        if [r.key for r in rivals] == [suspect.key]:
            return suspect
    return None


def _rivals(suspect: _Suspect, suspects: Sequence[_Suspect]) -> list[_Suspect]:
    """Return all suspects that explain the same relations as one, including itself; of several kinds the first."""
    same = [s for s in suspects if any(relation in suspect.mends for relation in s.mends)]
    first = min(KINDS.index(s.key[0]) for s in same)
    return [s for s in same if KINDS.index(s.key[0]) == first]


def _suggestion(suspect: _Suspect, numbers: Numbers) -> float:
    """Return the correction as it would be printed; an accuracy follows from its cell."""
    half = numbers.half[suspect.key]
    if suspect.share:
        return round(_ratio(suspect.share, numbers), places_of(half))
    return nearest_fit(numbers.values[suspect.key], half, suspect.low, suspect.high)


def _ratio(relation: Share, numbers: Numbers) -> float:
    whole = sum(numbers.values[key] for key in relation.whole)
    return numbers.values[relation.part] / whole if whole > 0 else 0.0


def _explained(suspect: _Suspect, m: PrintedMatrix, numbers: Numbers) -> Finding:
    """Report a misprint, what the other numbers agree on, and the correction."""
    key, half = suspect.key, numbers.half[suspect.key]
    place, value = _place(key, m), _suggestion(suspect, numbers)
    if suspect.share:
        implied = _ratio(suspect.share, numbers)
        why = f", but its diagonal cell over its total gives {shown(implied, half)}."
    else:
        implied = (suspect.low + suspect.high) / 2
        names = list(dict.fromkeys(_witness(relation, key) for relation in suspect.mends))
        agree = f"{listed(names)} {'agree' if len(names) > 1 else 'show'}"
        low, high = printable(suspect.low, suspect.high, half)
        span = f"lies between {shown(low, half)} and {shown(high, half)}; {shown(value, half)} fits"
        why = f". {agree[0].upper()}{agree[1:]} that it {span if low < high else f'is {shown(value, half)}'}."
    what = f"cell {place}" if key[0] == "cell" else place
    return Finding(
        check=key[0],
        regions=(m.region,),
        place=f"{m.region}: {place}",
        printed=numbers.values[key],
        implied=implied,
        suggestion=value,
        words=f"The {what} of {m.region} is printed as {shown(numbers.values[key], half)}{why}",
        cell=(m.classes[key[1][0]], m.classes[key[1][1]]) if key[0] == "cell" else None,
    )


def _witness(relation: Relation, key: Key) -> str:
    """Return the name of what a relation rests on, from the side of one of its numbers."""
    if relation.name == "shares":
        return "the sum of all shares"
    if isinstance(relation, Total) and key == relation.whole:
        return (
            "the cells of the diagonal"
            if relation.name == "overall accuracy"
            else f"the cells of its {relation.name.split()[0]}"
        )
    return f"the {relation.name}"


def _unexplained(relation: Relation, m: PrintedMatrix, numbers: Numbers) -> Finding:
    """Report an inconsistency that no single number explains."""
    place, printed, implied = _sides(relation, m, numbers)
    half = numbers.half[relation.keys[-1]]
    return Finding(
        check=relation.name,
        regions=(m.region,),
        place=f"{m.region}: {place}",
        printed=printed,
        implied=implied,
        suggestion=None,
        words=f"The {place} of {m.region} is {shown(printed, half)}, but {shown(implied, half)} follows from the rest. "
        "The rest does not show which number is wrong.",
    )


def _sides(relation: Relation, m: PrintedMatrix, numbers: Numbers) -> tuple[str, float, float]:
    """Return the location of a relation, the printed value, and the value that follows."""
    if isinstance(relation, Share):
        return _place(relation.accuracy, m), numbers.values[relation.accuracy], _ratio(relation, numbers)
    total = sum(numbers.values[part] for part in relation.parts)
    if relation.whole is not None:
        return _place(relation.whole, m), numbers.values[relation.whole], total
    sums = {"row total": "map shares", "column total": "reference shares", "cell": "cells"}
    return f"sum of the {sums[relation.parts[0][0]]}", total, 1.0


def _place(key: Key, m: PrintedMatrix) -> str:
    """Return the name of a number."""
    kind, index = key
    names = [m.classes[i] for i in index]
    if kind == "cell":
        return f"{names[0]} (map) -> {names[1]} (reference)"
    said = {"row total": "map share", "column total": "reference share"}.get(kind, kind)
    return f"{said} of {names[0]}" if names else said


def _matrix(m: PrintedMatrix, numbers: Numbers) -> PrintedMatrix:
    """Return the matrix with the current numbers."""
    k = range(len(m.classes))

    def each(name: str) -> tuple[float, ...] | None:
        return tuple(numbers.values[name, (i,)] for i in k) if (name, (0,)) in numbers.values else None

    return replace(
        m,
        cells=tuple(tuple(numbers.values["cell", (i, j)] for j in k) for i in k),
        map_share=each("row total"),
        reference_share=each("column total"),
        users=each("user's accuracy"),
        producers=each("producer's accuracy"),
        overall=numbers.values.get(("overall accuracy", ())),
    )
