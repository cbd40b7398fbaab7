"""What this process has done since it started, for whoever watches it."""

from __future__ import annotations

import threading
from collections import Counter
from functools import cache


class Tally:
    """Counts that may be added to from any thread.

    Examples
    --------
    >>> tally = Tally()
    >>> tally.add(tally.seconds, "predict", 1.5)
    >>> dict(tally.seconds)
    {'predict': 1.5}
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.seconds: Counter[str] = Counter()
        """Seconds of work, by stage."""
        self.maps: Counter[str] = Counter()
        """Maps opened, by where they came from."""
        self.failures: Counter[str] = Counter()
        """Work that failed, by the stage in which it did."""

    def add(self, counts: Counter[str], key: str, amount: float = 1) -> None:
        """Add to one of the counts."""
        with self._lock:
            counts[key] += amount  # type: ignore[assignment]  # typeshed: whole numbers only


@cache
def the_tally() -> Tally:
    """Return the counts of this process."""
    return Tally()
