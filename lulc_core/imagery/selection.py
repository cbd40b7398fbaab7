"""Which scenes to use, and why. No network, no files.

`select` makes the paper's rule exact: the least cloudy scenes per tile, more where it is cloudy.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from lulc_core.counted import counted, percent
from lulc_core.display import block, paragraph, table
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.imagery.scenes import Scene, acquisitions

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from lulc_core.imagery.kept_searches import SearchRecord
    from lulc_core.json_types import JsonObject

LOOKS = 16.0
"""Default number of clear looks per pixel to reach."""
CLEAR_OF = ("place", "tile")
"""Of what scenes are to see much clearly: of the place, by their scene classification, or of the whole tile, by the
catalog."""
MINIMUM = 10
"""Fewest acquisitions taken per tile, however clear the place is."""


LEAST_USABLE = 0.05
"""Usable share (0-1) of the acquisitions that are considered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether one scene is used, and why."""

    scene: Scene
    taken: bool
    reason: str
    """In plain words."""

    def __repr__(self) -> str:
        return f"<Verdict on {self.scene.id}: {'taken' if self.taken else 'left'}, {self.reason}>"

    def summary(self) -> JsonObject:
        """Return the verdict for a report, ready for JSON: cloud cover in %, usable share 0-1."""
        return {
            "id": self.scene.id,
            "datetime": self.scene.datetime.isoformat(),
            "mgrs_tile": self.scene.mgrs_tile,
            "cloud_cover": self.scene.cloud_cover,
            "usable": round(self.scene.usable, 4),
            "usable_of": "tile" if self.scene.clear_share is None else "place",
            "taken": self.taken,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Selection(Sequence[Scene]):
    """The scenes taken, in order of time, and the verdict on every scene considered."""

    verdicts: tuple[Verdict, ...]
    search: SearchRecord | None = None
    """Which STAC API gave the scenes, and when; None for a local catalog."""

    @property
    def scenes(self) -> tuple[Scene, ...]:
        """The scenes taken, in order of time."""
        return tuple(v.scene for v in self.verdicts if v.taken)

    def __len__(self) -> int:
        return len(self.scenes)

    @overload
    def __getitem__(self, index: int) -> Scene: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Scene, ...]: ...
    def __getitem__(self, index: int | slice) -> Scene | tuple[Scene, ...]:
        """Return the scene, or the scenes, at a position."""
        return self.scenes[index]

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each scene considered.

        Columns: ``id``; ``datetime``, UTC; ``mgrs_tile``; ``cloud_cover``, %; ``usable``, the share that is seen
        clearly, 0-1, and ``usable_of``, of what, ``"place"`` or ``"tile"``; ``taken``; ``reason``.
        """
        import pandas as pd  # takes half a second, and scenes are chosen without it

        frame = pd.DataFrame([verdict.summary() for verdict in self.verdicts])
        return frame.assign(datetime=pd.to_datetime(frame["datetime"], utc=True)) if len(frame) else frame

    def __repr__(self) -> str:
        taken = self.scenes
        days = f", {taken[0].datetime:%Y-%m-%d} to {taken[-1].datetime:%Y-%m-%d}" if taken else ""
        return f"<Selection: {self._count()}{days}>"

    def _repr_html_(self) -> str:
        asked = f"From {self.search.catalog}, asked {self.search.asked:%Y-%m-%d %H:%M} UTC." if self.search else ""
        rows = (
            (
                f"{v.scene.datetime:%Y-%m-%d %H:%M}",
                v.scene.mgrs_tile,
                f"{v.scene.cloud_cover:.0f} %",
                percent(v.scene.usable),
                "taken" if v.taken else "left",
                v.reason,
            )
            for v in self.verdicts
        )
        shown = table(["sensed (UTC)", "tile", "cloud", "usable", "", "reason"], rows)
        return block(self._count(), paragraph(asked), shown)

    def _count(self) -> str:
        made = " (simulated)" if any(v.scene.simulated for v in self.verdicts) else ""
        return f"{len(self)} of {counted(len(self.verdicts), 'scene')} taken{made}"


def select(
    scenes: Iterable[Scene],
    *,
    looks: float = LOOKS,
    minimum: int = MINIMUM,
    maximum: int | None = 48,
    least_usable: float = LEAST_USABLE,
) -> Selection:
    """Choose the scenes of each MGRS tile: the clearest first, more where it is cloudy, over all seasons.

    Every season that has a usable acquisition gives its best one. Then the acquisition with the highest
    ``usable / (1 + looks its season has already)`` is added, until the expected number of clear looks per
    pixel, the sum of the usable shares, reaches `looks`.

    Parameters
    ----------
    scenes
        Scenes of one year, any order, of any number of tiles.
    looks
        Expected clear looks per pixel to reach, > 0.
    minimum, maximum
        Bounds on the acquisitions taken per tile. ``maximum=None`` takes every one, however cloudy.
    least_usable
        Acquisitions with a smaller usable share (0-1) are left.

    Returns
    -------
    Selection
        A sequence of the scenes taken. Parts of one split datatake are taken together and count once; of
        a scene that was processed more than once, only the latest version is taken.

    Raises
    ------
    InvalidInputError
        If `minimum` exceeds `maximum`, or a bound or `looks` is not positive.
    """
    if not looks > 0 or minimum < 1 or (maximum is not None and maximum < 1):
        raise InvalidInputError(f"Give looks > 0, minimum and maximum >= 1; got {looks}, {minimum}, {maximum}.")
    if maximum is not None and minimum > maximum:
        raise InvalidInputError(f"minimum ({minimum}) must not exceed maximum ({maximum}).")
    verdicts: list[Verdict] = []
    for _, group in itertools.groupby(sorted(scenes, key=lambda s: (s.mgrs_tile, s.id)), key=lambda s: s.mgrs_tile):
        kept, dropped = _without_duplicates(list(group))
        verdicts += dropped
        verdicts += _choose(acquisitions(kept), looks, minimum, maximum, least_usable)
    return Selection(tuple(sorted(verdicts, key=lambda v: (v.scene.datetime, v.scene.id))))


def choose(scenes: Iterable[Scene], max_scenes: int | None = None, *, looks: float = LOOKS) -> Selection:
    """Choose scenes by the two numbers a user gives.

    Parameters
    ----------
    scenes
        As for `select`.
    max_scenes
        None leaves it to `select`, 0 takes every scene, n at most n acquisitions per tile.
    looks
        Expected clear looks per pixel to reach, > 0; ignored if every scene is taken.

    Raises
    ------
    NotFoundError
        If no scene is clear enough to use.
    InvalidInputError
        If `max_scenes` is negative, or `looks` is not positive.
    """
    check_choice(max_scenes, looks)
    scenes = list(scenes)
    if max_scenes is None:
        selection = select(scenes, looks=looks)
    elif max_scenes == 0:
        selection = select(scenes, looks=looks, maximum=None)
    else:
        selection = select(scenes, looks=looks, minimum=min(MINIMUM, max_scenes), maximum=max_scenes)
    if not selection:
        raise NotFoundError(
            f"None of {counted(len(scenes), 'scene')} found is clear enough to use. "
            "Ask for every scene (max scenes 0), or choose another year."
        )
    return selection


def check_choice(max_scenes: int | None, looks: float) -> None:
    """Raise `InvalidInputError` for numbers that `choose` does not take."""
    if max_scenes is not None and max_scenes < 0:
        raise InvalidInputError(f"max_scenes must be >= 0 (0 takes every scene); got {max_scenes}.")
    if not looks > 0:
        raise InvalidInputError(f"Give looks > 0; got {looks}.")


def check_clear_of(clear_of: str) -> None:
    """Raise `InvalidInputError` for what is not one of `CLEAR_OF`."""
    if clear_of not in CLEAR_OF:
        raise InvalidInputError(f"clear_of must be one of {', '.join(CLEAR_OF)}; got {clear_of!r}.")


def _without_duplicates(scenes: list[Scene]) -> tuple[list[Scene], list[Verdict]]:
    """Split the scenes of one tile into the latest version of each and the verdicts on the others."""
    kept: list[Scene] = []
    dropped: list[Verdict] = []
    for group in acquisitions(scenes):
        latest: list[Scene] = []
        for scene in group:
            twin = next((other for other in latest if _is_same_part(scene, other)), None)
            if twin is None:
                latest.append(scene)
            else:
                reason = f"an earlier processing of {twin.id}"
                dropped.append(Verdict(scene=scene, taken=False, reason=reason))
        kept += latest
    return kept, dropped


def _is_same_part(a: Scene, b: Scene) -> bool:
    """Tell a reprocessing (True) from the other part of a split datatake (False)."""
    if a.strip and b.strip:
        return a.strip == b.strip
    complementary = a.nodata + b.nodata >= 98 and a.processed[:5] == b.processed[:5]
    return not (_apart(a, b) or complementary)


def _apart(a: Scene, b: Scene) -> bool:
    return bool(a.footprint.intersection(b.footprint).area < 0.5 * min(a.footprint.area, b.footprint.area))


def _overlap(a: Scene, b: Scene) -> bool:
    """Whether two scenes show the same ground; footprints may be those of the whole tile."""
    return not _apart(a, b) and a.nodata + b.nodata < 98


def _choose(
    passes: list[tuple[Scene, ...]], looks: float, minimum: int, maximum: int | None, least_usable: float
) -> list[Verdict]:
    """Return the verdicts on the acquisitions of one tile."""
    if maximum is None:
        return [v for p in passes for v in _verdicts(p, True, "every scene was requested")]
    waiting = [p for p in passes if _usable(p) >= least_usable]
    verdicts = [
        v
        for p in passes
        if p not in waiting
        for v in _verdicts(p, False, f"less than {percent(least_usable)} usable (clear and with data)")
    ]
    seen: dict[str, float] = {}
    taken = 0
    while waiting and taken < maximum:
        new = [p for p in waiting if p[0].season not in seen]
        if not new and taken >= minimum and sum(seen.values()) >= looks:
            break
        best = max(new or waiting, key=lambda p: _usable(p) / (1 + seen.get(p[0].season, 0.0)))
        rank = f"the clearest of {best[0].season}" if new else f"number {taken + 1} by clear looks and season"
        verdicts += _verdicts(best, True, f"{percent(_usable(best))} usable, {rank}")
        seen[best[0].season] = seen.get(best[0].season, 0.0) + _usable(best)
        waiting.remove(best)
        taken += 1
    end = (
        f"the {taken} taken give {sum(seen.values()):.1f} clear looks"
        if taken < maximum
        else f"{maximum} is the maximum"
    )
    return verdicts + [
        v for p in waiting for v in _verdicts(p, False, f"{percent(_usable(p))} usable, not needed: {end}")
    ]


def _verdicts(parts: tuple[Scene, ...], taken: bool, reason: str) -> list[Verdict]:
    """Return the same verdict for every part of one acquisition."""
    split = f" (one of {len(parts)} parts of a split datatake)" if len(parts) > 1 else ""
    return [Verdict(scene=part, taken=taken, reason=reason + split) for part in parts]


def _usable(parts: tuple[Scene, ...]) -> float:
    """Usable share of an acquisition, 0-1: of parts on the same ground only the best counts."""
    apart: list[Scene] = []
    for part in sorted(parts, key=lambda s: s.usable, reverse=True):
        if not any(_overlap(part, other) for other in apart):
            apart.append(part)
    return min(1.0, sum(part.usable for part in apart))
