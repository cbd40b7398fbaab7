"""Coverage and length of nominal 95 % intervals, on simulated maps with known truth.

Run: ``python benchmarks/coverage.py [draws] [seed] [method]``. Truth and map are simulated: smooth random fields cut
into classes from 0.5 to 56 %, and a map with spatially correlated errors, as real maps have. Samples are drawn by each
design, the same number from each map. Printed is the share of intervals that cover the value of the whole map, and
their mean length: of areas, overall, user's and producer's accuracies, by class. The naive interval treats the pixels
of one tile as independent. A method from `INTERVALS` may be named to compare: ``t`` is Student's.
"""

import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from scipy.ndimage import gaussian_filter

import lulc_core as lulc
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.poststratification import poststratified

SIDE, TILE, MAPS = 2400, 40, 5
"""Pixels of a map and of a tile, on a side: 3600 tiles; maps that are simulated."""
NAMES = ["wetland", "water", "trees", "crops", "built area"]
SHARES = [0.005, 0.04, 0.30, 0.555, 0.10]
POINTS, TILES, FEW_TILES = 600, 409, 60
"""Pixels or tiles per sample; 409 tiles as in Karra et al. 2021."""
K = len(NAMES)
KINDS = [*(f"area of {name}" for name in NAMES), "overall"]
KINDS += [f"{kind} of {name}" for kind in ("user's", "producer's") for name in NAMES]


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


def figures(observed: Observations) -> Iterator[lulc.Estimate]:
    """The figures of `KINDS`."""
    eye = np.eye(K)
    row = [np.outer(one, np.ones(K)) for one in eye]
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
        cell = mapped * K + truth
        stack = cell.reshape(SIDE // TILE, TILE, SIDE // TILE, TILE).swapaxes(1, 2).reshape(-1, TILE * TILE)
        self.per_tile = np.stack([np.bincount(tile, minlength=K * K).reshape(K, K) for tile in stack])
        self.counts = self.per_tile.sum(0)
        self.right = whole(self.counts)
        self.tile_stratum = self.per_tile.sum(2).argmax(1)
        self.classes = {name: float(n) for name, n in zip(NAMES, self.counts.sum(1), strict=True)}
        self.by_class = self.counts * np.eye(K, dtype=int)[:, :, None]  # (stratum, map, reference)
        half = SIDE // 2
        regions = cell.reshape(2, half, 2, half).swapaxes(1, 2).reshape(4, -1)
        self.by_region = np.stack([np.bincount(region, minlength=K * K).reshape(K, K) for region in regions])
        self.share = list(lulc.allocate(POINTS, self.classes, minimum=75).values())
        strata = np.unique(self.tile_stratum)
        self.held = {str(h): np.flatnonzero(self.tile_stratum == h) for h in strata}
        self.tile_share = lulc.allocate(TILES, {h: len(t) for h, t in self.held.items()}, minimum=5, counted=True)

    def simple(self) -> Observations:
        return self._points(self.counts[None], [POINTS], lulc.Design.simple_random(float(self.counts.sum())))

    def stratified(self) -> Observations:
        return self._points(self.by_class, self.share, lulc.Design.stratified(self.classes), rows=list(range(K)))

    def regions(self) -> Observations:
        sizes = {str(h): float(n.sum()) for h, n in enumerate(self.by_region)}
        return self._points(self.by_region, [300, 150, 90, 60], lulc.Design.stratified(sizes))

    def tiles(self, n: int) -> Observations:
        tiles = len(self.per_tile)
        return self._clusters(self.rng.choice(tiles, n, replace=False), lulc.Design.clusters(tiles, fpc=True))

    def stratified_tiles(self) -> Observations:
        drawn = [self.rng.choice(tiles, self.tile_share[h], replace=False) for h, tiles in self.held.items()]
        design = lulc.Design.clusters({h: len(tiles) for h, tiles in self.held.items()}, fpc=True)
        stratum = np.repeat(np.arange(len(drawn)), [len(tiles) for tiles in drawn])
        return self._clusters(np.concatenate(drawn), design, stratum)

    def naive(self) -> Observations:
        drawn = self.per_tile[self.rng.choice(len(self.per_tile), TILES, replace=False)].sum(0)
        return self._observed(lulc.Design.simple_random(float(self.counts.sum())), drawn[None])

    def poststratified(self, observed: Observations) -> Observations | None:
        try:
            return poststratified(observed, self.classes)
        except lulc.InvalidInputError:  # no pixel of a class was drawn
            return None

    def _points(
        self, population: np.ndarray, drawn: list[int], design: lulc.Design, rows: list[int] | None = None
    ) -> Observations:
        """Draw pixels with replacement: far fewer are drawn than there are."""
        pairs = zip(population.reshape(len(population), -1), drawn, strict=True)
        counts = np.stack([self.rng.multinomial(n, cells / cells.sum()) for cells, n in pairs])
        return self._observed(design, counts.reshape(-1, K, K), rows)

    def _observed(self, design: lulc.Design, counts: np.ndarray, rows: list[int] | None = None) -> Observations:
        """Observations of pixels, as `observe` makes them of the counts (stratum, map, reference)."""
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

    def _clusters(self, drawn: np.ndarray, design: lulc.Design, stratum: np.ndarray | None = None) -> Observations:
        tile, row, column = np.nonzero(self.per_tile[drawn])
        return Observations(
            design=design,
            classes=tuple(NAMES),
            unit=tile,
            row=row,
            column=column,
            pixels=self.per_tile[drawn][tile, row, column].astype(float),
            stratum=np.zeros(len(drawn), np.intp) if stratum is None else stratum,
            copies=np.ones(len(drawn)),
            strata=tuple(design.sizes),
            stratum_row=np.full(len(design.sizes), -1),
        )


DESIGNS: dict[str, Callable[[Population], Observations | None]] = {
    f"{POINTS} points, simple random": Population.simple,
    f"{POINTS} points, poststratified on the map": lambda p: p.poststratified(p.simple()),
    f"{POINTS} points, stratified by map class": Population.stratified,
    f"{POINTS} points, stratified by region": Population.regions,
    f"{POINTS} points, stratified by region, poststratified on the map": lambda p: p.poststratified(p.regions()),
    f"{TILES} tiles": lambda p: p.tiles(TILES),
    f"{TILES} tiles, stratified": Population.stratified_tiles,
    f"{TILES} tiles, poststratified on the map": lambda p: p.poststratified(p.tiles(TILES)),
    f"{FEW_TILES} tiles": lambda p: p.tiles(FEW_TILES),
    f"{TILES} tiles, pixels as independent (naive)": Population.naive,
}
"""One function per design that draws a sample and returns its observations."""


def coverage(
    draw: Callable[[Population], Observations | None], populations: list[Population], draws: int, method: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Share of intervals that hold the truth, and their mean length, of each of `KINDS`."""
    held, asked, length = np.zeros((3, len(KINDS)))
    for number in range(draws):
        population = populations[number % len(populations)]
        observed = draw(population)
        for k, figure in enumerate(figures(observed) if observed else ()):
            ends = figure.interval(method=method)
            if ends:
                asked[k] += 1
                held[k] += ends[0] - 1e-12 <= population.right[k] <= ends[1] + 1e-12
                length[k] += ends[1] - ends[0]
    return held / asked, length / asked


def main(draws: int = 2000, seed: int = 0, method: str | None = None) -> None:
    rng = np.random.default_rng(seed)
    populations = [Population(*simulate(rng), rng) for _ in range(MAPS)]
    right = np.mean([population.right for population in populations], axis=0)
    print(f"{MAPS} simulated maps of {SIDE} x {SIDE} px, {draws} samples of each design, seed {seed}")
    print(f"Coverage of nominal 95 % intervals, %; +-{196 * np.sqrt(0.95 * 0.05 / draws):.1f} by chance for one figure")
    print("The truth: " + ", ".join(f"{kind} {value:.3f}" for kind, value in zip(KINDS, right, strict=True)))
    columns = "".join(f"{name:>18}" for name in NAMES)
    for name, draw in DESIGNS.items():
        start = time.perf_counter()
        held, length = coverage(draw, populations, draws, method)
        print(f"\n{name} ({time.perf_counter() - start:.0f} s): coverage, %, and mean length\n{'':<12}{columns}")
        print(f"{'overall':<12}{100 * held[K]:>10.1f}{length[K]:>8.4f}")
        for kind, first in (("area", 0), ("user's", K + 1), ("producer's", 2 * K + 1)):
            cells = zip(100 * held[first : first + K], length[first : first + K], strict=True)
            print(f"{kind:<12}" + "".join(f"{cover:>10.1f}{mean:>8.4f}" for cover, mean in cells), flush=True)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]), *sys.argv[3:4])
