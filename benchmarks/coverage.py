"""Coverage and length of nominal 95 % intervals, on simulated maps with known truth.

Run: ``python -P benchmarks/coverage.py [draws] [seed] [method] [design]``. Truth and map are simulated: smooth random
fields cut into classes from 0.5 to 56 %, a map with spatially correlated errors, as real maps have, and the truth of a
later year with a map of what changed. Samples are drawn by each design, the same number from each map; of many tiles,
which are slow, a quarter of the draws. Printed is the share of intervals that cover the value of the whole map, and
their mean length: of every figure of an assessment, by class, of the difference estimator's areas, and of gain, loss
and net change. The naive interval treats the pixels of one tile as independent. A method from `INTERVALS` may be named
to compare, as ``t`` for Student's, ``-`` for the default; and part of a design's name.
"""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.ndimage import gaussian_filter

import lulc_core as lulc
from lulc_core.accuracy.area_estimators import AREA_ESTIMATORS
from lulc_core.accuracy.assessment import accuracies, class_areas
from lulc_core.accuracy.change import class_changes
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.poststratification import poststratified

SIDE, TILE, MAPS = 2400, 40, 5
"""Pixels of a map and of a tile, on a side: 3600 tiles; maps that are simulated."""
NAMES = ["wetland", "water", "trees", "crops", "built area"]
SHARES = [0.005, 0.04, 0.30, 0.555, 0.10]
POINTS, TILES, FEW_TILES = 600, 409, 60
"""Pixels or tiles per sample; 409 tiles as in Karra et al. 2021."""
K = len(NAMES)
Figures = dict[tuple[str, str], lulc.Estimate]
"""By kind and class."""


def simulate(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Simulated truth and map, (y, x), class indices 0 to K - 1."""
    truth, mapped, _ = simulate_years(rng)
    return truth, mapped


def simulate_years(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Simulated truth, map and truth of a later year, (y, x), class indices 0 to K - 1."""
    base, errors = _field(rng, 15), _field(rng, 8)
    edges = np.quantile(base, np.cumsum(SHARES)[:-1])
    mapped = np.digitize(base + 0.25 * errors + 0.1 * rng.standard_normal(base.shape), edges)
    slips = rng.random(base.shape) < 0.03
    mapped = np.where(slips, rng.integers(0, K, base.shape), mapped)
    drift = _field(rng, 12)
    later = base + 0.3 * np.sign(drift) * np.maximum(np.abs(drift) - 1, 0)
    return np.digitize(base, edges), mapped, np.digitize(later, edges)


def _field(rng: np.random.Generator, scale: float) -> np.ndarray:
    values = gaussian_filter(rng.standard_normal((SIDE, SIDE)), scale, mode="wrap")
    return values / values.std()


@dataclass(frozen=True)
class Population:
    """Pixels by row and column class, all known: map and truth, or truth of two years."""

    per_tile: np.ndarray
    """Pixels by (tile, row, column)."""
    by_part: np.ndarray
    """Pixels by (part, row, column); the parts are strata other than the row classes."""

    @classmethod
    def of(cls, rows: np.ndarray, columns: np.ndarray, part: np.ndarray) -> "Population":
        cell = rows * K + columns
        tiles = cell.reshape(SIDE // TILE, TILE, SIDE // TILE, TILE).swapaxes(1, 2).reshape(-1, TILE * TILE)
        parts = [cell[part == h] for h in range(part.max() + 1)]
        return cls(*(np.stack([_tally(cells) for cells in several]) for several in (tiles, parts)))

    @property
    def counts(self) -> np.ndarray:
        return self.per_tile.sum(0)

    @property
    def classes(self) -> dict[str, float]:
        """Pixels of each row class."""
        return {name: float(n) for name, n in zip(NAMES, self.counts.sum(1), strict=True)}

    @property
    def whole(self) -> Observations:
        """Every pixel, as a census."""
        size = float(self.counts.sum())
        return _pixels(lulc.Design(sizes={"all": size}, kind="census"), self.counts[None])


def _tally(cells: np.ndarray) -> np.ndarray:
    return np.bincount(cells.ravel(), minlength=K * K).reshape(K, K)


# Designs: each draws one sample


def simple(population: Population, rng: np.random.Generator) -> Observations:
    design = lulc.Design.simple_random(float(population.counts.sum()))
    return _points(rng, population.counts[None], [POINTS], design)


def stratified(population: Population, rng: np.random.Generator) -> Observations:
    share = list(lulc.allocate(POINTS, population.classes, minimum=75).values())
    strata = population.counts * np.eye(K, dtype=int)[:, :, None]
    return _points(rng, strata, share, lulc.Design.stratified(population.classes), rows=list(range(K)))


def parts(population: Population, rng: np.random.Generator, share: list[int]) -> Observations:
    sizes = {str(h): float(n.sum()) for h, n in enumerate(population.by_part)}
    return _points(rng, population.by_part, share, lulc.Design.stratified(sizes))


def tiles(population: Population, rng: np.random.Generator, n: int) -> Observations:
    number = len(population.per_tile)
    drawn = rng.choice(number, n, replace=False)
    return _clusters(population, drawn, np.zeros(n, np.intp), lulc.Design.clusters(number, fpc=True))


def stratified_tiles(population: Population, rng: np.random.Generator) -> Observations:
    most = population.per_tile.sum(2).argmax(1)
    held = {str(h): np.flatnonzero(most == h) for h in np.unique(most)}
    sizes = {h: len(tiles) for h, tiles in held.items()}
    share = lulc.allocate(TILES, sizes, minimum=5, counted=True)
    drawn = np.concatenate([rng.choice(tiles, share[h], replace=False) for h, tiles in held.items()])
    stratum = np.repeat(np.arange(len(held)), [share[h] for h in held])
    return _clusters(population, drawn, stratum, lulc.Design.clusters(sizes, fpc=True))


def naive(population: Population, rng: np.random.Generator) -> Observations:
    drawn = population.per_tile[rng.choice(len(population.per_tile), TILES, replace=False)].sum(0)
    return _pixels(lulc.Design.simple_random(float(population.counts.sum())), drawn[None])


def on_the_map(
    population: Population, rng: np.random.Generator, draw: Callable[[Population, np.random.Generator], Observations]
) -> Observations | None:
    """A sample, poststratified; None if no pixel of a class was drawn."""
    try:
        return poststratified(draw(population, rng), population.classes)
    except lulc.InvalidInputError:
        return None


def _points(
    rng: np.random.Generator,
    population: np.ndarray,
    drawn: list[int],
    design: lulc.Design,
    rows: list[int] | None = None,
) -> Observations:
    """Draw pixels with replacement: far fewer are drawn than there are."""
    pairs = zip(population.reshape(len(population), -1), drawn, strict=True)
    counts = np.stack([rng.multinomial(n, cells / cells.sum()) for cells, n in pairs])
    return _pixels(design, counts.reshape(-1, K, K), rows)


def _pixels(design: lulc.Design, counts: np.ndarray, rows: list[int] | None = None) -> Observations:
    """Observations of pixels, as `observe` makes them of the counts (stratum, row, column)."""
    stratum, row, column = np.nonzero(counts)
    return Observations(
        design=design,
        classes=tuple(NAMES),
        unit=np.arange(len(row)),
        row=row,
        column=column,
        pixels=np.ones(len(row)),
        stratum=stratum,
        copies=counts[stratum, row, column].astype(float),
        strata=tuple(design.sizes),
        stratum_row=np.array(rows if rows is not None else [-1] * len(design.sizes)),
    )


def _clusters(population: Population, drawn: np.ndarray, stratum: np.ndarray, design: lulc.Design) -> Observations:
    tile, row, column = np.nonzero(population.per_tile[drawn])
    return Observations(
        design=design,
        classes=tuple(NAMES),
        unit=tile,
        row=row,
        column=column,
        pixels=population.per_tile[drawn][tile, row, column].astype(float),
        stratum=stratum,
        copies=np.ones(len(drawn)),
        strata=tuple(design.sizes),
        stratum_row=np.full(len(design.sizes), -1),
    )


# Figures of a sample, or of the whole


def accuracy(observed: Observations, _: Population) -> Figures:
    found = accuracies(observed)
    areas = {name: area.proportion for name, area in class_areas(observed, None).items()}
    by_class = {"area": areas, "user's": found["users"], "producer's": found["producers"]}
    by_class |= {"F1": found["f1"], "IoU": found["iou"]}
    figures = {(kind, name): figure for kind, each in by_class.items() for name, figure in each.items()}
    figures["overall", ""] = found["overall"]
    figures["quantity disagreement", ""] = found["quantity_disagreement"]
    return figures | {("allocation disagreement", ""): found["allocation_disagreement"]}


def difference(observed: Observations, population: Population) -> Figures:
    areas = AREA_ESTIMATORS["difference"](observed, lulc.MappedAreas(pixels=population.classes))
    return {("area", name): area.proportion for name, area in areas.items()}


def change(observed: Observations, _: Population) -> Figures:
    return {
        (kind, name): getattr(each, kind).proportion
        for name, each in class_changes(observed).items()
        for kind in ("gain", "loss", "net")
    }


Draw = Callable[[Population, np.random.Generator], Observations | None]
REGIONS, CHANGED = [300, 150, 90, 60], [400, 200]
"""Points in each region; where the map of change shows none, and some."""
ACCURACY: Mapping[str, Draw] = {
    f"{POINTS} points, simple random": simple,
    f"{POINTS} points, poststratified on the map": partial(on_the_map, draw=simple),
    f"{POINTS} points, stratified by map class": stratified,
    f"{POINTS} points, stratified by region": partial(parts, share=REGIONS),
    f"{POINTS} points, stratified by region, poststratified": partial(on_the_map, draw=partial(parts, share=REGIONS)),
    f"{TILES} tiles": partial(tiles, n=TILES),
    f"{TILES} tiles, stratified": stratified_tiles,
    f"{TILES} tiles, poststratified on the map": partial(on_the_map, draw=partial(tiles, n=TILES)),
    f"{FEW_TILES} tiles": partial(tiles, n=FEW_TILES),
    f"{TILES} tiles, pixels as independent (naive)": naive,
}
DIFFERENCE: Mapping[str, Draw] = {
    f"difference estimator, {name}": ACCURACY[name]
    for name in (f"{POINTS} points, simple random", f"{TILES} tiles", f"{FEW_TILES} tiles")
}
CHANGE: Mapping[str, Draw] = {
    f"change, {POINTS} points, simple random": simple,
    f"change, {POINTS} points, stratified by mapped change": partial(parts, share=CHANGED),
    f"change, {TILES} tiles": partial(tiles, n=TILES),
    f"change, {FEW_TILES} tiles": partial(tiles, n=FEW_TILES),
}


BELOW = {
    (f"difference estimator, {FEW_TILES} tiles", "area", "wetland"),
}
"""Designs and figures that are known to be covered by clearly less than 94 %: most of the error lies in few tiles."""


@dataclass(frozen=True)
class Study:
    """A design, what it is asked for, and the populations that it draws from."""

    draw: Draw
    figures: Callable[[Observations, Population], Figures]
    populations: list[Population]
    rng: np.random.Generator

    def coverage(self, draws: int, method: str | None = None) -> dict[tuple[str, str], tuple[float, float, float]]:
        """Share of intervals that hold the truth, their mean length, and the truth's mean, of each figure."""
        truths = [
            {key: figure.value for key, figure in self.figures(p.whole, p).items()} for p in self.populations
        ]  # fmt: skip
        sums = {key: np.zeros(3) for key in truths[0]}
        for number in range(draws):
            population = self.populations[number % len(self.populations)]
            observed, truth = self.draw(population, self.rng), truths[number % len(self.populations)]
            for key, figure in self.figures(observed, population).items() if observed else ():
                ends = figure.interval(method=method)
                if ends:
                    sums[key] += ends[0] - 1e-12 <= truth[key] <= ends[1] + 1e-12, ends[1] - ends[0], 1
        mean = {key: float(np.mean([truth[key] for truth in truths])) for key in sums}
        return {key: (held / n, length / n, mean[key]) for key, (held, length, n) in sums.items()}


def studies(seed: int) -> dict[str, Study]:
    """All designs, each with random numbers of its own."""
    first, *streams = np.random.default_rng(seed).spawn(1 + len(ACCURACY) + len(DIFFERENCE) + len(CHANGE))
    maps, changes = [], []
    quarter = np.add.outer(np.arange(SIDE) * 2 // SIDE * 2, np.arange(SIDE) * 2 // SIDE)
    for _ in range(MAPS):
        truth, mapped, later = simulate_years(first)
        maps.append(Population.of(mapped, truth, quarter))
        shift = (later != truth) ^ (first.random(truth.shape) < 0.02)
        changes.append(Population.of(truth, later, shift.astype(int)))
    of = ((ACCURACY, accuracy, maps), (DIFFERENCE, difference, maps), (CHANGE, change, changes))
    every = [(name, draw, figures, several) for designs, figures, several in of for name, draw in designs.items()]
    return {
        name: Study(draw, figures, several, rng)
        for (name, draw, figures, several), rng in zip(every, streams, strict=True)
    }


def main(draws: int = 2000, seed: int = 0, method: str = "-", part: str = "") -> None:
    print(f"{MAPS} simulated maps of {SIDE} x {SIDE} px, seed {seed}; coverage of nominal 95 % intervals")
    for name, study in studies(seed).items():
        if part not in name:
            continue
        start, number = time.perf_counter(), draws // 4 if f"{TILES} tiles" in name else draws
        found = study.coverage(number, None if method == "-" else method)
        chance, spent = 196 * np.sqrt(0.95 * 0.05 / number), time.perf_counter() - start
        print(f"\n{name} ({number} samples, +-{chance:.1f} by chance, {spent:.0f} s): coverage, %, mean length (truth)")
        for kind in dict.fromkeys(kind for kind, _ in found):
            cells = [(of, *values) for (other, of), values in found.items() if other == kind]
            print(f"{kind:<12}" + "  ".join(f"{of:>10} {100 * c:5.1f} {w:.4f} ({t:.4f})" for of, c, w, t in cells))
        low = [
            f"{kind} {of} {100 * held:.1f}".replace("  ", " ")
            for (kind, of), (held, *_) in found.items()
            if held < 0.94
        ]
        print("below 94 %: " + (", ".join(low) or "none"), flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]), *sys.argv[3:5])
