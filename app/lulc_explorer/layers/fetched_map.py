"""A reference map as it arrives: its classes, or why they are not there yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FetchedMap:
    """A reference map, or the reason why it is not available."""

    codes: NDArray[np.uint8] | None
    """Codes of the published legend, shape (y, x); None if there are none, or not yet."""
    words: str
    """Message to the user: downloading, or why it failed; empty if it is available."""
    again: bool = False
    """Whether the download may be tried again."""
    notes: tuple[str, ...] = ()
    """What its crosswalk hides, and how its pixels differ from the map's."""
    classes: tuple[str, ...] = ()
    """How its classes were read, a line for each; known of files only."""
    why: str = ""
    """Why it is not available, whole; empty if it is."""
    coming: asyncio.Future[xr.DataArray] | None = None
    """The download while it runs; cancelling it ends the wait."""
