"""Why a pixel has its class: every scene's vote, the scores, and the weights that would change it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """The vote of one scene on the pixel."""

    moment: str
    """When it was taken, UTC."""
    code: int
    """The class it sees; 0 = no data."""
    confidence: float
    """Probability of that class, 0-1."""
    clear: bool
    """Whether it counts: not masked."""
    weight: float
    """Weight of the class."""

    @property
    def counts_for(self) -> float:
        """Its contribution to the score of its class."""
        return self.weight * self.confidence if self.clear and self.code else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteLedger:
    """All the votes on a pixel, and the scores."""

    votes: tuple[Vote, ...]
    """In the order of time."""
    scores: tuple[tuple[int, float], ...]
    """Code and score of every class with a score, best first; ties as in the legend."""
    support: float
    """The winner's share of the total score as the map has it, 0-1; NaN without a winner."""

    @property
    def flips_at(self) -> float | None:
        """How many times heavier the runner-up must weigh to win; None without a runner-up."""
        return self.scores[0][1] / self.scores[1][1] if len(self.scores) > 1 else None

    def weight(self, code: int) -> float:
        """Return the weight of a class that has a vote."""
        return next(vote.weight for vote in self.votes if vote.code == code)


def open_ledger(
    *,
    moments: Sequence[str],
    label: NDArray[np.uint8],
    confidence: NDArray[np.uint8],
    clear: NDArray[np.bool_],
    weights: NDArray[np.float64],
    codes: Sequence[int],
    support: float,
) -> VoteLedger:
    """Return the ledger of one pixel.

    Scores are weights times sums of integers, as in the engine: what ties there ties here.

    Parameters
    ----------
    moments, label, confidence, clear
        Of every scene: time, class code (0 = no data), probability (255 = 1), whether it counts. Shape (time,).
    weights
        Weight of every code, shape (256,).
    codes
        The legend's, in its order.
    support
        Of the map with these weights.
    """
    votes = tuple(
        Vote(moment=moment, code=int(code), confidence=float(c) / 255, clear=bool(seen), weight=float(weights[code]))
        for moment, code, c, seen in zip(moments, label, confidence, clear, strict=True)
    )
    sums = {code: int(confidence[clear & (label == code)].sum(dtype=np.int64)) for code in codes}
    scores = {code: float(weights[code]) * total for code, total in sums.items()}
    ranked = sorted((code for code in codes if scores[code] > 0), key=lambda code: -scores[code])
    return VoteLedger(votes=votes, scores=tuple((code, scores[code] / 255) for code in ranked), support=support)
