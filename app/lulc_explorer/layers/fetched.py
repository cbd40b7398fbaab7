"""What came of asking for a reference map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FetchedMap:
    """A reference map, or why it is not there."""

    codes: NDArray[np.uint8] | None
    """Codes of the published legend, shape (y, x); None if there are none, or not yet."""
    words: str
    """What a person should know: that it is on its way, or why it did not come; empty if it is there."""
    again: bool = False
    """Whether it may be asked for once more."""
    coming: asyncio.Future[NDArray[np.uint8]] | None = None
    """What brings it, while it is on its way; who cancels it waits no longer."""
