"""Change between two years: every transition in hectares, and how much of it is uncertain. Pure.

Gain, loss, net change and swap as in Pontius et al. 2004 (doi:10.1016/j.agee.2003.09.008).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.composite import sum_hectares
from lulc_explorer.rendering.palette import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import PixelHa
    from lulc_explorer.rendering.palette import Palette

UNCERTAIN_BELOW = 0.1
"""A class that wins by less than this share of the score is uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """How the area of one class changed, in hectares."""

    before: float
    after: float
    gain: float
    """Area that became the class."""
    loss: float
    """Area that ceased to be the class."""

    @property
    def net(self) -> float:
        """Gain minus loss."""
        return self.gain - self.loss

    @property
    def swap(self) -> float:
        """Lost in one place and gained in another: change that the net does not show."""
        return 2 * min(self.gain, self.loss)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A transition from one class to another, or to itself."""

    before: int
    """Position in the legend."""
    after: int
    """Position in the legend."""
    hectares: float
    likely_ha: float | None
    """The part of it that is likely real; all of what did not change. None if nobody can tell."""
    rotates: bool
    """Whether fields go this way and back: no votes of two years tell a rotation from a change for good."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Change:
    """Two maps of one place, compared where both have data."""

    pairs: NDArray[np.uint8]
    """What each pixel was and became: ``before * n + after``, positions in a legend of n classes; ``n * n`` more
    where either year is uncertain; 255 without data in both years. Shape (y, x)."""
    hectares: NDArray[np.float64]
    """Area of every transition: was (rows) and became (columns), in legend order."""
    uncertain_ha: NDArray[np.float64]
    """The part of it that is uncertain in either year."""
    likely_ha: NDArray[np.float64] | None
    """The part of every change that is likely real: see `likely_change`; None if nobody can tell."""
    rotates: NDArray[np.bool_]
    """Transitions between classes between which fields rotate, shape (class, class)."""
    unseen_ha: float
    """Area without data in one of the years, excluded from all figures."""

    @property
    def seen_ha(self) -> float:
        return float(self.hectares.sum())

    @property
    def changed_ha(self) -> float:
        return _off_diagonal(self.hectares)

    @property
    def likely_changed_ha(self) -> float | None:
        """Area of the change that is likely real, without what may be rotation; None if nobody can tell."""
        return None if self.likely_ha is None else _off_diagonal(np.where(self.rotates, 0.0, self.likely_ha))

    @property
    def rotated_ha(self) -> float:
        """Area that may be rotation or a change for good: more of the change is real by no more than this."""
        return 0.0 if self.likely_ha is None else float(self.likely_ha[self.rotates].sum())

    @property
    def flicker(self) -> float:
        """Share of the changed area that is uncertain in either year, 0-1; 0 if nothing changed."""
        return _off_diagonal(self.uncertain_ha) / self.changed_ha if self.changed_ha else 0.0

    @property
    def uncertain_unchanged(self) -> float:
        """The same share of the unchanged area, for comparison with flicker."""
        kept = float(np.trace(self.hectares))
        return float(np.trace(self.uncertain_ha)) / kept if kept else 0.0

    @cached_property
    def changed(self) -> NDArray[np.bool_]:
        """Where the class of the two years differs, shape (y, x)."""
        count = len(self.hectares)
        differs = np.array([pair < 2 * count**2 and (pair % count**2) % (count + 1) != 0 for pair in range(256)])
        return differs[self.pairs]

    @property
    def uncertain(self) -> NDArray[np.bool_]:
        """Where either year is uncertain, shape (y, x)."""
        return (self.pairs >= len(self.hectares) ** 2) & (self.pairs != NO_DATA)

    def classes(self) -> list[ClassChange]:
        """Return the change of every class, in legend order."""
        before, after, kept = self.hectares.sum(1), self.hectares.sum(0), np.diag(self.hectares)
        return [
            ClassChange(before=float(b), after=float(a), gain=float(a - k), loss=float(b - k))
            for b, a, k in zip(before, after, kept, strict=True)
        ]

    def flows(self, *, stays: bool = False) -> list[Flow]:
        """Return the transitions, largest first; with unchanged area if `stays`."""
        every = [self._flow(int(i), int(j)) for i, j in np.argwhere(self.hectares) if stays or i != j]
        return sorted(every, key=lambda flow: -flow.hectares)

    def _flow(self, before: int, after: int) -> Flow:
        known = self.hectares if before == after else self.likely_ha
        return Flow(
            before=before,
            after=after,
            hectares=float(self.hectares[before, after]),
            likely_ha=None if known is None else float(known[before, after]),
            rotates=bool(self.rotates[before, after]),
        )


def compare_labels(
    labels: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    margins: tuple[NDArray[np.floating], NDArray[np.floating]],
    chances: NDArray[np.floating] | None,
    palette: Palette,
    *,
    pixel_ha: PixelHa,
    uncertain_below: float = UNCERTAIN_BELOW,
    rotated: Collection[str] = (),
) -> Change:
    """Compare two maps of one place.

    Parameters
    ----------
    labels
        Class codes of the earlier and the later year, uint8, shape (y, x), 0 = no data.
    margins
        Lead of each winner as a share of the score, 0-1, of the same shape.
    chances
        That each pixel whose label differs changed, as `Transitions.chances` returns them, 0 elsewhere; None without
        votes, which leaves open what is real.
    palette
        The legend; at most eleven classes.
    pixel_ha
        Area of a pixel in hectares, or of each, shape (y, x).
    uncertain_below
        A smaller margin is uncertain.
    rotated
        Classes between which fields rotate: all scenes of a year see that, and no votes tell it from a change for good.

    Raises
    ------
    ValueError
        If the arrays have not one shape, or the legend has too many classes.
    """
    shapes = {array.shape[-2:] for array in (*labels, *margins, *([] if chances is None else [chances]))}
    if len(shapes) != 1:
        raise ValueError(f"Two maps to compare must lie on one grid; these have the shapes {sorted(shapes)}.")
    count = len(palette.codes)
    if 2 * count**2 > NO_DATA:
        raise ValueError(f"At most eleven classes can be paired in one byte; the legend has {count}.")
    was, became = (palette.positions(label) for label in labels)
    seen = (was != NO_DATA) & (became != NO_DATA)
    uncertain = (margins[0] < uncertain_below) | (margins[1] < uncertain_below)
    paired = was.astype(np.uint16) * count + became + np.where(uncertain, count**2, 0)
    pairs = np.where(seen, paired, NO_DATA).astype(np.uint8)
    areas = sum_hectares(pairs, pixel_ha, NO_DATA + 1)
    certain, uncertain_ha = areas[: 2 * count**2].reshape(2, count, count)
    likely = None
    if chances is not None:
        summed = sum_hectares(pairs, chances * pixel_ha, NO_DATA + 1)
        likely = summed[: 2 * count**2].reshape(2, count, count).sum(0)
    they = np.isin(palette.names, [*rotated])
    return Change(
        pairs=pairs,
        hectares=certain + uncertain_ha,
        uncertain_ha=uncertain_ha,
        likely_ha=likely,
        rotates=they[:, None] & they & ~np.eye(count, dtype=bool),
        unseen_ha=float(areas[NO_DATA]),
    )


def split_by_size(flows: list[Flow], least: float) -> tuple[list[Flow], list[Flow]]:
    """Return the flows that are at least a share of them all together, and the smaller ones."""
    whole = sum(flow.hectares for flow in flows)
    large = [flow for flow in flows if flow.hectares >= least * whole]
    return large, flows[len(large) :]


def correct_shares(mapped: Change, truly: NDArray[np.bool_]) -> dict[str, float | None]:
    """Return the correct share of the clear and of the uncertain change of a map; None where there is none.

    Parameters
    ----------
    mapped
        What changed on the map.
    truly
        Where the truth changed, of the same shape.
    """
    changed, uncertain = mapped.changed, mapped.uncertain
    kinds = {"clear": changed & ~uncertain, "uncertain": changed & uncertain}
    return {kind: float(truly[there].mean()) if there.any() else None for kind, there in kinds.items()}


def _off_diagonal(area: NDArray[np.float64]) -> float:
    return float(area[~np.eye(len(area), dtype=bool)].sum())
