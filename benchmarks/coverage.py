"""Coverage of nominal 95 % intervals, on a simulated map with known truth.

Run: ``python benchmarks/coverage.py [samples] [seed]``. Truth and map are simulated: smooth random fields cut into
classes of very different size, and a map with spatially correlated errors, as real maps have. Many samples are drawn by
each design. Printed is the share of intervals that cover the value of the whole map: of areas, overall, user's and
producer's accuracies. The naive interval treats the pixels of one tile as independent.
"""

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter

import lulc_core as lulc
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.poststratification import poststratified
from lulc_core.accuracy.samples import observe

SIDE, TILE = 2400, 40
"""Pixels of the map and of a tile, on a side: 3600 tiles."""
NAMES = ["water", "trees", "crops", "built area"]
SHARES = [0.04, 0.30, 0.56, 0.10]
POINTS, TILES, FEW_TILES = 600, 409, 60
"""Pixels or tiles per sample; 409 tiles as in Karra et al. 2021."""
K = len(NAMES)


def simulate(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Simulated truth and map, (y, x), class indices 0 to K - 1."""

    def field(scale: float) -> np.ndarray:
        values = gaussian_filter(rng.standard_normal((SIDE, SIDE)), scale, mode="wrap")
        return values / values.std()

    base, errors = field(15), field(8)
    edges = np.quantile(base, np.cumsum(SHARES)[:-1])
    truth = np.digitize(base, edges)
    mapped = np.digitize(base + 0.25 * errors + 0.1 * rng.standard_normal(base.shape), edges)
    slips = rng.random(base.shape) < 0.03
    return truth, np.where(slips, rng.integers(0, K, base.shape), mapped)


def crosstab(mapped: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return np.bincount(mapped.ravel() * K + truth.ravel(), minlength=K * K).reshape(K, K)


def table(counts: np.ndarray, **columns: object) -> pd.DataFrame:
    """An error matrix of counts as the rows that `assess` takes."""
    i, j = np.nonzero(counts)
    names = np.array(NAMES, dtype=object)
    return pd.DataFrame({"map": names[i], "reference": names[j], "pixels": counts[i, j], **columns})


def figures(observed: Observations) -> Iterator[lulc.Estimate]:
    """Area of each class, overall, user's and producer's accuracies, in that order."""
    index = [observed.classes.index(name) for name in NAMES]
    eye = np.eye(K)
    row = [np.outer(eye[i], np.ones(K)) for i in index]
    yield from (observed.ratio(r.T) for r in row)
    yield observed.ratio(eye)
    yield from (observed.ratio(r * r.T, r) for r in row)
    yield from (observed.ratio(r * r.T, r.T) for r in row)


def whole(counts: np.ndarray) -> np.ndarray:
    """The same figures of the whole map."""
    right = np.diag(counts)
    return np.concatenate(
        [counts.sum(0) / counts.sum(), [right.sum() / counts.sum()], right / counts.sum(1), right / counts.sum(0)]
    )


class Population:
    """A map and its truth, from which samples are drawn; each method draws one sample by one design."""

    def __init__(self, truth: np.ndarray, mapped: np.ndarray, rng: np.random.Generator) -> None:
        self.rng = rng
        self.cell = (mapped * K + truth).ravel()
        stack = self.cell.reshape(SIDE // TILE, TILE, SIDE // TILE, TILE).swapaxes(1, 2).reshape(-1, TILE * TILE)
        self.per_tile = np.stack([np.bincount(tile, minlength=K * K).reshape(K, K) for tile in stack])
        self.tile_stratum = self.per_tile.sum(2).argmax(1)
        self.sizes = dict(zip(NAMES, np.bincount(mapped.ravel(), minlength=K).tolist(), strict=True))
        self.by_class = [self.cell[mapped.ravel() == i] for i in range(K)]
        self.share = lulc.allocate(POINTS, self.sizes, minimum=75)
        self.held = {h: np.flatnonzero(self.tile_stratum == h) for h in np.unique(self.tile_stratum)}
        counts = {str(h): len(tiles) for h, tiles in self.held.items()}
        self.tile_share = lulc.allocate(TILES, counts, minimum=5, counted=True)

    def simple(self) -> Observations:
        design = lulc.Design.simple_random(self.cell.size)
        return observe(table(self._points(self.cell, POINTS)), design, classes=NAMES, tallied=True)

    def stratified(self) -> Observations:
        counts = sum(self._points(cells, self.share[name]) for name, cells in zip(NAMES, self.by_class, strict=True))
        sample, design = table(counts), lulc.Design.stratified(self.sizes)
        return observe(sample.assign(stratum=sample["map"]), design, classes=NAMES, tallied=True)

    def tiles(self, n: int) -> Observations:
        tiles = len(self.per_tile)
        return self._clusters(self.rng.choice(tiles, n, replace=False), lulc.Design.clusters(tiles, fpc=True))

    def stratified_tiles(self) -> Observations:
        drawn = [self.rng.choice(tiles, self.tile_share[str(h)], replace=False) for h, tiles in self.held.items()]
        design = lulc.Design.clusters({str(h): len(tiles) for h, tiles in self.held.items()}, fpc=True)
        return self._clusters(np.concatenate(drawn), design, self.tile_stratum)

    def naive(self) -> Observations:
        drawn = self.per_tile[self.rng.choice(len(self.per_tile), TILES, replace=False)].sum(0)
        return observe(table(drawn), lulc.Design.simple_random(self.cell.size), classes=NAMES, tallied=True)

    def _points(self, cells: np.ndarray, n: int) -> np.ndarray:
        few = n * 100 < len(cells)
        drawn = cells[self.rng.integers(0, len(cells), n)] if few else self.rng.choice(cells, n, replace=False)
        return np.bincount(drawn, minlength=K * K).reshape(K, K)

    def _clusters(self, drawn: np.ndarray, design: lulc.Design, stratum: np.ndarray | None = None) -> Observations:
        tile, i, j = np.nonzero(self.per_tile[drawn])
        names = np.array(NAMES, dtype=object)
        columns = {"map": names[i], "reference": names[j], "pixels": self.per_tile[drawn][tile, i, j]}
        strata = "all" if stratum is None else stratum[drawn][tile].astype(str)
        return observe(pd.DataFrame({**columns, "cluster": drawn[tile], "stratum": strata}), design, classes=NAMES)


def designs(population: Population) -> dict[str, Callable[[], Observations]]:
    """One function per design that draws a sample and returns its observations."""
    return {
        f"{POINTS} points, simple random": population.simple,
        f"{POINTS} points, poststratified on the map": lambda: poststratified(population.simple(), population.sizes),
        f"{POINTS} points, stratified by map class": population.stratified,
        f"{TILES} tiles": lambda: population.tiles(TILES),
        f"{TILES} tiles, stratified": population.stratified_tiles,
        f"{TILES} tiles, poststratified on the map": lambda: poststratified(population.tiles(TILES), population.sizes),
        f"{FEW_TILES} tiles: too few for the rare class": lambda: population.tiles(FEW_TILES),
        f"{TILES} tiles, pixels as independent (naive)": population.naive,
    }


def main(samples: int = 1000, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    truth, mapped = simulate(rng)
    right = whole(crosstab(mapped, truth))
    print(f"Simulated map of {SIDE} x {SIDE} px, {(SIDE // TILE) ** 2} tiles; {samples} samples each, seed {seed}")
    print(f"True shares {np.round(right[:K], 3).tolist()}, overall accuracy {right[K]:.3f}")
    print("Coverage of nominal 95 % intervals, %; +-1.4 by chance for one figure of 1000 samples")
    print(f"{'design':<48}{'area':>8}{'overall':>9}{'users':>8}{'producers':>11}{'width':>8}{'deff':>7}{'s':>6}")
    for name, draw in designs(Population(truth, mapped, rng)).items():
        start = time.perf_counter()
        held, asked = np.zeros(len(right)), np.zeros(len(right))
        width, effect = 0.0, 0.0
        for _ in range(samples):
            observed = draw()
            for k, figure in enumerate(figures(observed)):
                interval = figure.interval()
                if interval:
                    asked[k] += 1
                    held[k] += interval[0] <= right[k] <= interval[1]
                if k == K and interval and figure.value:
                    width += (interval[1] - interval[0]) / samples
                    n = observed.sample_pixels
                    effect += figure.standard_error**2 / (figure.value * (1 - figure.value) / (n - 1)) / samples
        cover = 100 * held / asked
        parts = [cover[:K].mean(), cover[K], cover[K + 1 : 2 * K + 1].mean(), cover[2 * K + 1 :].mean()]
        seconds = time.perf_counter() - start
        print(
            f"{name:<48}{parts[0]:>8.1f}{parts[1]:>9.1f}{parts[2]:>8.1f}{parts[3]:>11.1f}"
            f"{width:>8.4f}{effect:>7.1f}{seconds:>6.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
