"""Maps that others have published, fetched when somebody looks at them."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.engine.repository import PUBLISHED_MAPS, user_message
from lulc_explorer.rendering.formatting import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from param.parameterized import Event

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.session.explorer import Explorer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fetched:
    """What came of asking for a published map."""

    codes: NDArray[np.uint8] | None
    """Codes of the published legend, shape (y, x); None if there are none, or not yet."""
    words: str
    """What a person should know: that it is on its way, or why it did not come; empty if it is there."""
    again: bool = False
    """Whether it may be asked for once more."""
    coming: asyncio.Future[NDArray[np.uint8]] | None = None
    """What brings it, while it is on its way; who cancels it waits no longer."""


async def fetch(explorer: Explorer, *_: Event) -> None:
    """Fetch the published maps that are looked at and have not been fetched."""
    result = explorer.result
    for name in {*map(explorer.layer, ("left", "right"))} & {*PUBLISHED_MAPS}:
        before = explorer.published.get(name)
        if result is None or (before is not None and not before.again):
            continue
        cancel = threading.Event()
        coming = asyncio.ensure_future(asyncio.to_thread(result.published, name, cancel))
        _keep(explorer, name, Fetched(codes=None, words="Fetching it …", coming=coming))
        try:
            got = Fetched(codes=await coming, words="")
        except asyncio.CancelledError:
            cancel.set()
            got = Fetched(codes=None, words="Cancelled.", again=True)
        except Exception as error:
            got = Fetched(codes=None, words="It did not come.", again=True)
            explorer.remark = f"{PUBLISHED_MAPS[name].title}: {user_message(error)}"
        if result is explorer.result:
            _keep(explorer, name, got)


async def press(explorer: Explorer, name: str) -> None:
    """Wait no longer for a published map that is on its way; ask once more for one that did not come."""
    fetched = explorer.published.get(name)
    if fetched is not None and fetched.coming is not None:
        fetched.coming.cancel()
    else:
        await fetch(explorer)


def action(explorer: Explorer, name: str) -> str:
    """Return what `press` does, in a word; empty for nothing."""
    fetched = explorer.published.get(name)
    if fetched is None:
        return ""
    return "Cancel" if fetched.coming is not None else "Try again" if fetched.again else ""


def _keep(explorer: Explorer, name: str, fetched: Fetched) -> None:
    explorer.published = {**explorer.published, name: fetched}


def codes(explorer: Explorer, name: str) -> NDArray[np.uint8]:
    """Return the codes of a published map; no data everywhere as long as it is not there."""
    fetched = explorer.published.get(name)
    if fetched is None or fetched.codes is None:
        return np.zeros(explorer.result.grid.shape, np.uint8)
    return fetched.codes


def tell(explorer: Explorer, name: str) -> str:
    """Return how far a published map agrees with the composite, or why it is not there."""
    fetched = explorer.published.get(name)
    if fetched is None or fetched.codes is None:
        return fetched.words if fetched else ""
    share = agreement(fetched.codes, explorer.composite, PUBLISHED_MAPS[name].merged)
    if np.isnan(share):
        return "It maps nothing here."
    merged = " · pale: grass or scrub" if PUBLISHED_MAPS[name].merges else ""
    return f"{percent(share)} agrees with ours{merged}"


def agreement(theirs: NDArray[np.uint8], composite: Composite, merged: NDArray[np.uint8]) -> float:
    """Return the share, 0-1, of pixels that both maps have in which they agree; NaN if there are none.

    Parameters
    ----------
    theirs
        Codes of a published map, shape (y, x).
    cover
        The composite.
    merged
        Our code to the code that they have for it, shape (256,).
    """
    both = (theirs > 0) & (composite.label > 0)
    return float((merged[composite.label[both]] == theirs[both]).mean()) if both.any() else np.nan
