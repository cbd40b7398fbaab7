"""Coverage of nominal 95 % intervals of areas by year and trends, beside naive ways, on simulated populations.

Run: ``python -P benchmarks/years.py [draws] [seed] [design]``. Simulated tiles of pixels have classes that change over
five years, and a map of each year with errors. The same pixels are labelled in all years. Printed is the share of
intervals that cover the figure of the whole population: areas of single years, net change, and trend. The naive ways
take the years for independent samples; of tiles, each pixel for a unit; and for the trend the line through five areas
for a regression, whose residuals tell its error. Part of a design's name may be given; each design has random numbers
of its own. Checks of the input, which take most of the time and change no figure, are made of the first sample only.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.stats import t as student

import lulc_core as lulc
from lulc_core.accuracy import samples

NAMES = ["trees", "crops", "built area"]
YEARS = (2017, 2018, 2019, 2021, 2023)
TILES, PIXELS = 600, 100
"""Tiles, and pixels of each."""
POINTS, DRAWN_TILES = 600, 60
"""Sampled pixels, or tiles."""
LOST = 0.15
"""Share of the labels that clouds hide, where some are missing."""
Interval = tuple[float, float] | None
OFF = np.array(YEARS) - np.mean(YEARS)
CHECKS = (
    "doubtful_names", "doubtful_sizes", "possible_clusters", "refuse_codes_and_names", "refuse_missing",
    "refuse_other_weights", "refuse_repeated_ids", "refuse_tally", "repeated_places", "repeated_rows",
    "rows_to_leave_out",
)  # fmt: skip
"""What `observe` asks of its input; none changes a figure."""


def population(rng: np.random.Generator) -> pd.DataFrame:
    """Simulated pixels: tile, class and map class of each year; trees become crops, and crops are built on."""
    tile = np.repeat(np.arange(TILES), PIXELS)
    wooded, pressure = rng.beta(1, 1.5, TILES)[tile], rng.gamma(0.4, 1, TILES)[tile]
    now = np.where(rng.random(len(tile)) < wooded, 0, np.where(rng.random(len(tile)) < 0.06, 2, 1))
    whole = pd.DataFrame({"cluster": tile})
    for year in YEARS:
        draw = rng.random(len(tile))
        now = np.where(
            (now == 0) & (draw < 0.02 * pressure), 1, np.where((now == 1) & (draw < 0.008 * pressure), 2, now)
        )
        wrong = rng.random(len(tile)) < 0.1
        whole[f"reference_{year}"] = np.array(NAMES)[now]
        whole[f"map_{year}"] = np.array(NAMES)[np.where(wrong, rng.integers(0, 3, len(tile)), now)]
    return whole


def points(whole: pd.DataFrame, rng: np.random.Generator) -> lulc.AreaSeries:
    """Pixels at random."""
    drawn = _at_random(whole, rng).filter(like="reference")
    return lulc.assess_years(drawn, design=lulc.Design.simple_random(len(whole)))


def gaps(whole: pd.DataFrame, rng: np.random.Generator) -> lulc.AreaSeries:
    """Pixels at random, of which some have no label in some years."""
    drawn = _at_random(whole, rng).filter(like="reference")
    lost = rng.random(drawn.shape) < LOST
    lost[np.arange(len(drawn)), rng.integers(0, len(YEARS), len(drawn))] = False
    return lulc.assess_years(drawn.mask(lost, ""), design=lulc.Design.simple_random(len(whole)))


def strata(whole: pd.DataFrame, rng: np.random.Generator) -> lulc.AreaSeries:
    """As many pixels in each class of the first map."""
    first = whole[f"map_{YEARS[0]}"]
    drawn = pd.concat([_at_random(whole[first == name], rng, POINTS // len(NAMES)) for name in NAMES])
    sizes = first.value_counts().to_dict()
    sample = drawn.filter(like="reference").assign(stratum=drawn[f"map_{YEARS[0]}"]).reset_index(drop=True)
    return lulc.assess_years(sample, design=lulc.Design.stratified(sizes))


def maps(whole: pd.DataFrame, rng: np.random.Generator) -> lulc.AreaSeries:
    """Pixels at random, poststratified by the map of each year."""
    mapped = {y: lulc.MappedAreas(pixels=whole[f"map_{y}"].value_counts().to_dict()) for y in YEARS}
    drawn = _at_random(whole, rng).drop(columns="cluster")
    return lulc.assess_years(drawn, design=lulc.Design.simple_random(len(whole)), mapped=mapped)


def tiles(whole: pd.DataFrame, rng: np.random.Generator) -> lulc.AreaSeries:
    """Whole tiles at random."""
    drawn = whole[whole["cluster"].isin(rng.choice(TILES, DRAWN_TILES, replace=False))]
    return lulc.assess_years(drawn.filter(regex="reference|cluster"), design=lulc.Design.clusters(TILES))


DESIGNS: dict[str, Callable[[pd.DataFrame, np.random.Generator], lulc.AreaSeries]] = {
    f"{POINTS} points": points,
    f"{POINTS} points, {LOST:.0%} of labels missing": gaps,
    f"{POINTS} points by the first map": strata,
    f"{POINTS} points, each year poststratified": maps,
    f"{DRAWN_TILES} tiles": tiles,
}


def _at_random(whole: pd.DataFrame, rng: np.random.Generator, n: int = POINTS) -> pd.DataFrame:
    return whole.iloc[rng.choice(len(whole), n, replace=False)].reset_index(drop=True)


def truths(whole: pd.DataFrame) -> dict[str, np.ndarray]:
    """Share of each class in each year."""
    return {name: np.array([(whole[f"reference_{year}"] == name).mean() for year in YEARS]) for name in NAMES}


def answers(
    found: lulc.AreaSeries, truth: dict[str, np.ndarray]
) -> Iterator[tuple[str, float, Interval, list[Interval]]]:
    """Figure, value in the population, interval, and the naive ones: independent years, regression."""
    for name, one in found.classes.items():
        true = truth[name]
        shares = [area.proportion for area in one.area]
        pixels = one.covariance is not None and "cluster" in found.design
        values = np.array([share.value for share in shares])
        n = found.sample_size
        errors = np.sqrt(values * (1 - values) / n) if pixels else np.array([share.standard_error for share in shares])
        for t in (0, len(YEARS) - 1):
            yield f"{name}, area", true[t], shares[t].interval(), [_normal(values[t], errors[t]), None]
        net = _normal(values[-1] - values[0], np.hypot(errors[0], errors[-1]))
        yield f"{name}, net change", true[-1] - true[0], one.net.proportion.interval(), [net, None]
        slope = OFF / (OFF @ OFF)
        trend, residual = slope @ values, values - values.mean() - (slope @ values) * OFF
        half = student.ppf(0.975, len(YEARS) - 2) * np.sqrt(residual @ residual / (len(YEARS) - 2) / (OFF @ OFF))
        apart = _normal(trend, np.sqrt((slope * errors) @ (slope * errors)))
        yield f"{name}, trend", slope @ true, one.trend.proportion.interval(), [apart, (trend - half, trend + half)]


def _normal(value: float, error: float) -> tuple[float, float]:
    return value - 1.96 * error, value + 1.96 * error


def main(draws: int = 1000, seed: int = 0, part: str = "") -> None:
    """Print the coverage of each figure under each design, and the mean length beside the naive one's."""
    first, *streams = np.random.default_rng(seed).spawn(1 + len(DESIGNS))
    whole = population(first)
    truth = truths(whole)
    print(f"| design, figure ({draws} draws) | covered, % | independent years, % | regression, % | length of theirs |")
    print("|---|---|---|---|---|")
    for (title, draw), rng in zip(DESIGNS.items(), streams, strict=True):
        if part not in title:
            continue
        told, ours, naive, regression, long = (Counter[str]() for _ in range(5))
        for _ in range(draws):
            for figure, true, mine, theirs in answers(draw(whole, rng), truth):
                told[figure] += 1
                ours[figure] += mine is not None and mine[0] <= true <= mine[1]
                naive[figure] += theirs[0] is not None and theirs[0][0] <= true <= theirs[0][1]
                regression[figure] += theirs[1] is not None and theirs[1][0] <= true <= theirs[1][1]
                if mine and theirs[0]:
                    long[figure] += (theirs[0][1] - theirs[0][0]) / (mine[1] - mine[0])
            for check in CHECKS:
                setattr(samples, check, lambda *_, **__: ())
        for figure, n in told.items():
            last = f"{100 * regression[figure] / n:.1f}" if "trend" in figure else ""
            shares = f"{100 * ours[figure] / n:.1f} | {100 * naive[figure] / n:.1f}"
            print(f"| {title}, {figure} | {shares} | {last} | {long[figure] / n:.2f} times |", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]), *sys.argv[3:4])
