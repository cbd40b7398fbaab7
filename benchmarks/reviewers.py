"""Coverage of nominal 95 % intervals of what ``lulc review`` answers, beside the naive way, on simulated populations.

Run: ``python benchmarks/reviewers.py [draws] [seed]``. Simulated pixels have a true class, the classes of two maps, and
labels; samples are drawn from it at random. Printed is the share of intervals that cover the figure of the whole
population: by the estimator, and by the naive way that a reviewer would object to.

- difference of two maps: the naive way takes the two maps for independent samples;
- region: the naive way takes the pixels in it for a sample of a planned size;
- labels with a known rate of errors, independent of the map: the naive way takes labels for the truth;
- five interpreters, each with a tendency of their own: the naive way takes the labels of one for the truth.
"""

import sys
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

import lulc_core as lulc
from lulc_core.accuracy.imputation import plain_figure

NAMES = ["crops", "grass", "scrub"]
SIZE, DRAWN = 20_000, 400
Answer = tuple[str, float, tuple[float, float] | None, tuple[float, float] | None]
"""A figure, its value in the population, the interval of the estimator and the naive one."""
DESIGN = lulc.Design.simple_random(SIZE)


def population(rng: np.random.Generator) -> pd.DataFrame:
    """Simulated pixels: true class, two maps of which the second follows the first, a region."""
    truth = rng.choice(NAMES, SIZE, p=[0.6, 0.3, 0.1])
    first = np.where(rng.random(SIZE) < 0.85, truth, rng.choice(NAMES, SIZE))
    second = np.where(rng.random(SIZE) < 0.8, first, np.where(rng.random(SIZE) < 0.7, truth, "crops"))
    return pd.DataFrame({"map": first, "other": second, "reference": truth, "west": rng.random(SIZE) < 0.2})


def of_two_maps(whole: pd.DataFrame, drawn: pd.DataFrame) -> Iterator[Answer]:
    """Differences of overall and user's accuracy."""
    found = lulc.compare_accuracy(drawn, "other", design=DESIGN)
    right = [(whole[name] == whole["reference"]) for name in ("map", "other")]
    users = [right[i][whole[name] == "crops"].mean() for i, name in enumerate(("map", "other"))]
    figures = {"overall": (found.overall, right[0].mean() - right[1].mean())}
    figures["user's of crops"] = (found.by_class["crops"]["users"], users[0] - users[1])
    for figure, (one, true) in figures.items():
        apart = 1.96 * np.hypot(one.first.standard_error, one.second.standard_error)
        value = one.first.value - one.second.value
        yield f"two maps, {figure}", true, one.difference.interval(), (value - apart, value + apart)


def of_a_region(whole: pd.DataFrame, drawn: pd.DataFrame) -> Iterator[Answer]:
    """Overall accuracy in a region of a fifth of the whole, and an area in it."""
    west, n = whole[whole["west"]], len(drawn)
    found = lulc.assess_regions(drawn, drawn[["west"]], design=DESIGN, pixel_ha=1.0).regions["west"]
    alone = lulc.assess(drawn[drawn["west"]], design=DESIGN)
    true = float((west["map"] == west["reference"]).mean())
    yield "region, overall", true, found.overall.interval(), alone.overall.interval()
    size, share = SIZE * drawn["west"].sum() / n, alone.area["grass"].proportion.interval()
    area = float((west["reference"] == "grass").sum())
    yield "region, area of grass", area, found.area["grass"].area_ha.interval(), (share[0] * size, share[1] * size)


RATE = 0.1


def of_label_errors(whole: pd.DataFrame, drawn: pd.DataFrame, rng: np.random.Generator) -> Iterator[Answer]:
    """Figures by labels of which one in ten is wrong."""
    labelled = drawn.assign(reference=mistaken(drawn["reference"].to_numpy(), RATE, rng))
    errors = lulc.LabelErrors.at_rate(RATE, NAMES)
    found = lulc.assess_label_errors(labelled, errors, design=DESIGN, seed=int(rng.integers(10**6)))
    scrub = whole["map"] == "scrub"
    true = {
        ("overall", ""): (whole["map"] == whole["reference"]).mean(),
        ("users", "scrub"): (whole["reference"][scrub] == "scrub").mean(),
        ("proportion", "scrub"): (whole["reference"] == "scrub").mean(),
    }
    for key, value in true.items():
        title = f"label errors, {key[0]} {key[1]}"
        yield title, value, found.figures[key].estimate.interval(), plain_figure(found.plain, *key).interval()


PEOPLE, TENDENCY = 5, 0.08
"""Interpreters, and the standard deviation of the share of grass that one calls scrub."""
MEAN_TENDENCY = 0.2


def of_interpreters(whole: pd.DataFrame, drawn: pd.DataFrame, rng: np.random.Generator) -> Iterator[Answer]:
    """The area of scrub as interpreters see it on average."""
    grass = (drawn["reference"] == "grass").to_numpy()
    labelled = drawn.copy()
    people = [f"person {i}" for i in range(PEOPLE)]
    for name in people:
        calls = rng.random(len(drawn)) < np.clip(rng.normal(MEAN_TENDENCY, TENDENCY), 0, 1)
        labelled[name] = np.where(grass & calls, "scrub", drawn["reference"])
    labelled["reference"] = labelled[people[0]]
    found = lulc.assess_interpreters(labelled, people, design=DESIGN)
    shares = whole["reference"].value_counts(normalize=True)
    true = float(shares["scrub"] + MEAN_TENDENCY * shares["grass"])
    key = ("proportion", "scrub")
    yield (
        "interpreters, scrub",
        true,
        found.figures[key].estimate.interval(),
        plain_figure(found.plain, *key).interval(),
    )


def mistaken(labels: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Labels of which some are another class."""
    shift = rng.integers(1, len(NAMES), len(labels))
    place = np.array([NAMES.index(name) for name in labels])
    wrong = np.array(NAMES)[(place + shift) % len(NAMES)]
    return np.where(rng.random(len(labels)) < rate, wrong, labels)


def main(draws: int, seed: int) -> None:
    """Print the coverage of each figure, in per cent."""
    rng = np.random.default_rng(seed)
    whole = population(rng)
    told, ours, naive = Counter[str](), Counter[str](), Counter[str]()
    for _ in range(draws):
        drawn = whole.iloc[rng.choice(SIZE, DRAWN, replace=False)].reset_index(drop=True)
        answers = [*of_two_maps(whole, drawn), *of_a_region(whole, drawn)]
        answers += [*of_label_errors(whole, drawn, rng), *of_interpreters(whole, drawn, rng)]
        for title, true, mine, theirs in answers:
            told[title] += mine is not None
            ours[title] += mine is not None and mine[0] <= true <= mine[1]
            naive[title] += theirs is not None and theirs[0] <= true <= theirs[1]
    print(f"| figure, {draws} samples of {DRAWN} simulated pixels | covered, % | naive, % |\n|---|---|---|")
    for title, n in told.items():
        print(f"| {title} | {100 * ours[title] / n:.1f} | {100 * naive[title] / draws:.1f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
