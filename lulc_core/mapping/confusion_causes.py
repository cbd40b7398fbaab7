"""Why two classes are confused on a patch, as far as its votes tell.

`probable_cause` asks six questions in turn. Every rule reads votes, dates and masks only: none knows the ground. Not
found are a confusion that is the same on every date, an error in the training labels, and two causes at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.counted import counted, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Rule = Callable[["PatchVotes"], "CauseReason"]
    """Returns what speaks for a cause, an empty one where nothing does."""

FEWEST_DATES = 4
"""Fewer clear dates on most of a patch are few: one date is then a third of its votes, or more."""
SURROUNDINGS_PX = 8
"""Around the box of a patch, in which the cloud mask is looked at."""
NEAR_CLOUD = 0.5
"""Masked share of the surroundings from which on a date lies next to cloud."""
CLOUDY_VOTES = 0.05
"""Share of the unmasked votes of a patch for a cloud class from which on the mask has missed cloud."""
THIN = 0.9
"""Share of the pixels of a patch at its rim from which on it is a strip, at most two pixels wide."""
BESIDE = 0.15
"""Share of what lies along a strip that each of the two classes has at least."""
AGREED = 0.7
"""Share of the votes of a date for one of the two classes from which on the date has decided."""
SEEN = 0.25
"""Share of a patch that is clear on a date that counts."""
BY_CHANCE = 0.4
"""Chance above which decided dates in one run tell no season."""
DECIDED = 0.5
"""Share of the clear dates below which too few have decided: the patch is mixed."""
NEAR_DAYS = 30
"""Two dates no further apart show the same season."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatchVotes:
    """The votes on a patch for its two classes, and what the rules ask of it; the dates ascend."""

    names: tuple[str, str]
    """Of the two classes."""
    days: NDArray[np.int64]
    """Date, in days since 1970, shape (time,)."""
    scores: NDArray[np.float64]
    """Weighted probabilities for the two, summed over the patch, a pixel at most the weight, shape (2, time)."""
    clear: NDArray[np.float64]
    """Share of the patch whose vote counts, 0-1, shape (time,)."""
    cloudy: NDArray[np.float64]
    """Share of these votes that are for a cloud class, 0-1, shape (time,)."""
    masked: NDArray[np.float64]
    """Share of the surroundings that is masked, 0-1, shape (time,)."""
    dates: float
    """Median number of dates on which a pixel counts."""
    rim: float
    """Share of its pixels at the rim, 0-1."""
    beside: tuple[float, float]
    """Share of the pixels along it that each of the two has on the map, 0-1."""

    @property
    def decided(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """The dates that are clear and agree within the patch: their positions, and which of the two they see."""
        whole = self.scores.sum(0)
        with np.errstate(invalid="ignore"):
            share = self.scores.max(0) / whole
        at = np.flatnonzero((whole > 0) & (self.clear >= SEEN) & (share >= AGREED))
        return at, self.scores[:, at].argmax(0)


@dataclass(frozen=True, slots=True)
class CauseReason:
    """What speaks for a cause."""

    words: str = ""
    sees: Mapping[int, int] = field(default_factory=dict)
    """Which of the two classes is seen on which dates, by their positions, where that is what speaks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A probable cause of a confusion, and the rule that finds it."""

    title: str
    """Label shown to the user."""
    meaning: str
    """The rule, in one sentence."""
    rule: Rule


def few_dates(votes: PatchVotes) -> CauseReason:
    """Return how many clear dates most pixels have, if those are fewer than `FEWEST_DATES`."""
    if votes.dates >= FEWEST_DATES:
        return CauseReason()
    return CauseReason(f"{counted(votes.dates, 'clear date')} on most of the patch")


def mask_leaks(votes: PatchVotes) -> CauseReason:
    """Return how much of the weaker class stems from dates next to cloud, if more than half, of the other less."""
    near = (votes.scores.sum(0) > 0) & ((votes.masked >= NEAR_CLOUD) | (votes.cloudy >= CLOUDY_VOTES))
    totals = votes.scores.sum(1)
    weak = int(totals.argmin())
    if not totals.min() or not near.any():
        return CauseReason()
    lost = votes.scores[:, near].sum(1) / totals
    if not lost[weak] > 0.5 > lost[1 - weak]:
        return CauseReason()
    words = f"{percent(lost[weak])} of the votes for {votes.names[weak]} come from {near.sum()} dates next to cloud"
    return CauseReason(words, dict.fromkeys(np.flatnonzero(near).tolist(), weak))


def field_edge(votes: PatchVotes) -> CauseReason:
    """Return that the patch is a strip, at most two pixels wide, with both classes along it."""
    if votes.rim < THIN or min(votes.beside) < BESIDE:
        return CauseReason()
    return CauseReason(f"a strip of 1 to 2 pixels between {votes.names[0]} and {votes.names[1]}")


def season(votes: PatchVotes) -> CauseReason:
    """Return the months of one class, if its dates follow each other around the year more than by chance.

    Of n dates of which k are drawn, the k lie in one run around the year with the chance n / C(n, k).
    """
    at, sees = votes.decided
    one, all_ = int(sees.sum()), len(sees)
    if not 0 < one < all_ or all_ / comb(all_, one) > BY_CHANCE or (sees != np.roll(sees, 1)).sum() > 2:
        return CauseReason()
    rarer = int(one * 2 <= all_)
    run = at[np.roll(np.arange(all_), -int(np.flatnonzero((sees == rarer) & (np.roll(sees, 1) != rarer))[0]))]
    first, last = (_month(np.datetime64(int(votes.days[run[i]]), "D")) for i in (0, int((sees == rarer).sum()) - 1))
    when = f"in {first}" if first == last else f"from {first} to {last}"
    words = f"{votes.names[rarer]} {when}, else {votes.names[1 - rarer]}, on {all_} dates"
    return CauseReason(words, dict(zip(at.tolist(), sees.tolist(), strict=True)))


def two_dates(votes: PatchVotes) -> CauseReason:
    """Return two dates at most `NEAR_DAYS` apart that see different classes, if there are such."""
    at, sees = votes.decided
    apart = np.diff(votes.days[at])
    turns = np.flatnonzero((np.diff(sees) != 0) & (apart <= NEAR_DAYS))
    if not len(turns):
        return CauseReason()
    turn = turns[apart[turns].argmin()]
    seen = {int(at[i]): int(sees[i]) for i in (turn, turn + 1)}
    return CauseReason(", ".join(f"{votes.names[which]} on {_date(votes.days[i])}" for i, which in seen.items()), seen)


def mixed(votes: PatchVotes) -> CauseReason:
    """Return on how many dates the pixels see different classes, if on more than half of the clear ones."""
    clear = int(((votes.scores.sum(0) > 0) & (votes.clear >= SEEN)).sum())
    undecided = clear - len(votes.decided[0])
    if not undecided > (1 - DECIDED) * clear:
        return CauseReason()
    words = f"on {undecided} of {clear} clear dates some pixels are {votes.names[0]} and some {votes.names[1]}"
    return CauseReason(words)


CONFUSION_CAUSES: Mapping[str, Cause] = {
    "few-dates": Cause(
        title="Few clear dates",
        meaning="Most pixels have fewer than four clear dates.",
        rule=few_dates,
    ),
    "mask-leaks": Cause(
        title="Mask misses cloud",
        meaning="Most votes for the weaker class come from dates next to cloud; most for the other do not.",
        rule=mask_leaks,
    ),
    "field-edge": Cause(
        title="Field edge",
        meaning="A strip at most two pixels wide, with both classes along it.",
        rule=field_edge,
    ),
    "season": Cause(
        title="Switch between seasons",
        meaning="The dates of one class follow each other around the year, more than by chance.",
        rule=season,
    ),
    "two-dates": Cause(
        title="Two dates disagree",
        meaning="Two clear dates at most 30 days apart see different classes.",
        rule=two_dates,
    ),
    "mixed": Cause(
        title="Mixed on the same date",
        meaning="On most clear dates some pixels of the patch are of one class and some of the other.",
        rule=mixed,
    ),
}
"""The causes by key, in the order in which they are asked for: the first that applies is the probable one."""


def probable_cause(votes: PatchVotes) -> tuple[str, CauseReason]:
    """Return the key of the first of `CONFUSION_CAUSES` that applies to a patch, and why; both empty if none does.

    Parameters
    ----------
    votes
        On the patch.

    Examples
    --------
    >>> few = PatchVotes(
    ...     names=("grass", "crops"), days=np.array([0, 9]), scores=np.ones((2, 2)), clear=np.ones(2),
    ...     cloudy=np.zeros(2), masked=np.zeros(2), dates=2.0, rim=0.4, beside=(0.5, 0.5),
    ... )
    >>> cause, why = probable_cause(few)
    >>> cause, why.words
    ('few-dates', '2 clear dates on most of the patch')
    """
    found = ((key, cause.rule(votes)) for key, cause in CONFUSION_CAUSES.items())
    return next(((key, why) for key, why in found if why.words), ("", CauseReason()))


def _month(date: np.datetime64) -> str:
    return f"{date.item():%B}"


def _date(day: np.int64) -> str:
    return f"{np.datetime64(int(day), 'D').item():%-d %B}"
