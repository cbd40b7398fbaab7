"""What others have published of accuracies on the consensus tiles, typed in with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DYNAMIC_WORLD = "Dynamic World"
"""Name of its own probabilities among the scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedScore:
    """Accuracies that others have published, shares of 1 as they print them."""

    source: str
    """Where they are printed."""
    overall: float
    """Overall accuracy."""
    users: Mapping[str, float]
    """User's accuracy by class of the legend."""
    producers: Mapping[str, float]
    """Producer's accuracy by class of the legend."""


PUBLISHED = {
    DYNAMIC_WORLD: PublishedScore(
        source=(
            "Brown et al. 2022, Scientific Data 9:251, doi:10.1038/s41597-022-01307-4, Table 7: expert consensus, "
            "68,137,571 pixels of 409 tiles, clouds masked"
        ),
        overall=0.738,
        users={
            "water": 0.906,
            "trees": 0.702,
            "grass": 0.301,
            "flooded vegetation": 0.652,
            "crops": 0.889,
            "scrub/shrub": 0.547,
            "built area": 0.867,
            "bare ground": 0.608,
            "snow/ice": 0.712,
        },
        producers={
            "water": 0.943,
            "trees": 0.932,
            "grass": 0.338,
            "flooded vegetation": 0.368,
            "crops": 0.600,
            "scrub/shrub": 0.447,
            "built area": 0.884,
            "bare ground": 0.639,
            "snow/ice": 0.942,
        },
    ),
}
"""By the name of the score."""
