"""Whether two catalogs list the same acquisitions of a place and a year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.imagery.scenes import ONE_PASS, acquisitions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonObject

Seen = tuple["datetime", str]
"""When an acquisition was sensed, UTC, and which MGRS tile it shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogComparison:
    """What two catalogs list, counted by acquisition and tile: processed twice or cut into parts, it counts once."""

    counts: tuple[int, int]
    """Acquisitions of tiles that each lists."""
    missing: tuple[tuple[Seen, ...], tuple[Seen, ...]]
    """Those that each lacks and the other lists, in order of time."""

    def summary(self, names: Sequence[str]) -> JsonObject:
        """Return the comparison, ready for JSON, by the names of the two catalogs."""
        return {
            name: {
                "acquisitions": count,
                "missing": [{"datetime": moment.isoformat(), "mgrs_tile": tile} for moment, tile in lacks],
            }
            for name, count, lacks in zip(names, self.counts, self.missing, strict=True)
        }


def compare_catalogs(scenes: Iterable[Scene], others: Iterable[Scene]) -> CatalogComparison:
    """Compare the scenes of one place and year that two catalogs list.

    Parameters
    ----------
    scenes, others
        As `search` returns them of each catalog.

    Returns
    -------
    CatalogComparison
        Two acquisitions of a tile are the same if they were sensed within `ONE_PASS`: one catalog says when the
        datatake began, another when the tile was seen.

    Examples
    --------
    >>> compare_catalogs([], []).counts
    (0, 0)
    """
    ours, theirs = _seen(scenes), _seen(others)
    return CatalogComparison(
        counts=(len(ours), len(theirs)), missing=(_not_among(theirs, ours), _not_among(ours, theirs))
    )


def _seen(scenes: Iterable[Scene]) -> list[Seen]:
    of_tile: dict[str, list[Scene]] = {}
    for scene in scenes:
        of_tile.setdefault(scene.mgrs_tile, []).append(scene)
    return sorted(
        (min(part.datetime for part in parts), tile) for tile, own in of_tile.items() for parts in acquisitions(own)
    )


def _not_among(wanted: Iterable[Seen], there: Iterable[Seen]) -> tuple[Seen, ...]:
    """Return those of the first that the second lacks; each of the second answers for one."""
    left, lacking = list(there), []
    for moment, tile in wanted:
        near = [one for one in left if one[1] == tile and abs(one[0] - moment) <= ONE_PASS]
        if near:
            left.remove(near[0])
        else:
            lacking.append((moment, tile))
    return tuple(lacking)
