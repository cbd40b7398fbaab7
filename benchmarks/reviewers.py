"""Coverage of nominal 95 % intervals of what ``lulc review`` answers, beside the naive way, on simulated populations.

Run: ``python -P benchmarks/reviewers.py [draws] [seed] [question]``. Simulated pixels have a true class, classes of two
maps, and labels; samples are drawn from it at random. Printed is the share of intervals that cover the figure of the
whole population: by the estimator, and by the naive way that a reviewer would object to. Part of a question's name may
be given; each has random numbers of its own. Checks of the input take most of the time and change no figure, so that
only the first sample of each question goes through them: it must give the same intervals without.

- difference of two maps: the naive way takes the two maps for independent samples;
- alternate labels: the naive way takes the figures with and without them for independent samples;
- region: the naive way takes the pixels in it for a sample of a planned size;
- labels with a known rate of errors, independent of the map: the naive way takes labels for the truth;
- five interpreters, each with a tendency of their own: the naive way takes the labels of one for the truth;
- probabilities of the map as auxiliary variables: beside them stands the sample alone;
- pixels drawn with unequal probabilities: the naive way leaves the weights out;
- change, poststratified by the map: the naive way takes both years for independent samples;
- support: the majority of 3 x 3 pixels on a simulated map; the naive way takes both supports for independent samples;
- both stages of clusters, corrected: the naive way takes the pixels for a simple random sample.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
import pandas as pd
import xarray as xr
from numpy.lib.stride_tricks import sliding_window_view
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr
from scipy.ndimage import gaussian_filter

import lulc_core as lulc
from lulc_core.accuracy import assessment, change, domains, imputation, joint_labels, map_comparison
from lulc_core.accuracy.estimation import Observations
from lulc_core.accuracy.imputation import plain_figure
from lulc_core.accuracy.samples import observe

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
    sure = np.clip(0.55 + 0.35 * (first == truth) + rng.normal(0, 0.08, SIZE), 0.4, 0.98)
    chances = {f"probability_{name}": np.where(first == name, sure, (1 - sure) / 2) for name in NAMES}
    turned = np.where((truth == "grass") & (rng.random(SIZE) < 0.12), "crops", truth)
    after = np.where((truth == "crops") & (rng.random(SIZE) < 0.04), "grass", turned)
    whole = {"map": first, "other": second, "reference": truth, "west": rng.random(SIZE) < 0.2, "after": after}
    whole["alternate"] = np.where(rng.random(SIZE) < 0.25, rng.choice(NAMES, SIZE), "")
    return pd.DataFrame(whole | chances)


def of_two_maps(whole: pd.DataFrame, drawn: pd.DataFrame, _: np.random.Generator) -> Iterator[Answer]:
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


def of_alternates(whole: pd.DataFrame, drawn: pd.DataFrame, _: np.random.Generator) -> Iterator[Answer]:
    """Accuracy by the primary or the alternate label, and what the alternate one adds."""
    found = lulc.assess_alternates(drawn, design=DESIGN)
    right = {"primary": whole["map"] == whole["reference"]}
    right["either"] = right["primary"] | (whole["map"] == whole["alternate"])
    crops, cover = whole["map"] == "crops", whole["reference"] == "crops"
    alone, both = found.primary, found.either
    true = right["either"].mean()
    yield "alternates, overall by either", true, both.overall.interval(), alone.overall.interval()
    for figure, among, pair in (
        ("overall", slice(None), (alone.overall, both.overall)),
        ("users", crops, (alone.users["crops"], both.users["crops"])),
    ):
        gain = float(right["either"][among].mean() - right["primary"][among].mean())
        apart = _around(pair[1].value - pair[0].value, 1.96 * np.hypot(*(one.standard_error for one in pair)))
        yield f"alternates, gain of {figure}", gain, found.differences[figure, _of(figure)].interval(), apart
    truly = cover | (right["either"] & crops)  # a pixel counts as what the label that is right says
    truly &= ~(cover & right["either"] & ~crops)
    gain = float((crops & truly).sum() / truly.sum() - (crops & cover).sum() / cover.sum())
    pair = alone.producers["crops"], both.producers["crops"]
    apart = _around(pair[1].value - pair[0].value, 1.96 * np.hypot(*(one.standard_error for one in pair)))
    yield "alternates, gain of producers", gain, found.differences["producers", "crops"].interval(), apart


def _of(figure: str) -> str:
    return "" if figure == "overall" else "crops"


def of_a_region(whole: pd.DataFrame, drawn: pd.DataFrame, _: np.random.Generator) -> Iterator[Answer]:
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


def of_probabilities(whole: pd.DataFrame, drawn: pd.DataFrame, _: np.random.Generator) -> Iterator[Answer]:
    """Figures assisted by probabilities, and by the sample alone."""
    rows = []
    for name in NAMES:
        chance, here = whole[f"probability_{name}"], whole["map"] == name
        rows.append([here.mean(), chance.mean(), (chance * here).mean()])
    totals = pd.DataFrame(rows, NAMES, ["mapped", "mean_probability", "mean_probability_mapped"])
    sample = drawn[["map", "reference", *(f"probability_{name}" for name in NAMES)]]
    found = lulc.assess_assisted(sample, totals, design=DESIGN).figures
    right = whole["map"] == whole["reference"]
    true = {
        ("overall", ""): right.mean(),
        ("users", "scrub"): right[whole["map"] == "scrub"].mean(),
        ("producers", "scrub"): right[whole["reference"] == "scrub"].mean(),
        ("proportion", "scrub"): (whole["reference"] == "scrub").mean(),
    }
    for key, value in true.items():
        one = found[key]
        yield f"probabilities, {key[0]} {key[1]}".strip(), value, one.assisted.interval(), one.plain.interval()


def of_unequal(whole: pd.DataFrame, _: pd.DataFrame, rng: np.random.Generator) -> Iterator[Answer]:
    """Figures of pixels of which those mapped as scrub, and some others, were drawn more often."""
    size = np.where(whole["map"] == "scrub", 5.0, 1.0) * (1 + np.arange(SIZE) % 3)
    chance = DRAWN * size / size.sum()
    order = rng.permutation(SIZE)
    steps = np.floor(np.cumsum(chance[order]) + rng.random())
    taken = order[np.diff(steps, prepend=0.0) > 0]
    drawn = whole[["map", "reference"]].iloc[taken].reset_index(drop=True)
    found = lulc.assess(drawn.assign(inclusion_probability=chance[taken]))
    plain = lulc.assess(drawn, design=DESIGN)
    right, scrub = whole["map"] == whole["reference"], whole["reference"] == "scrub"
    yield "unequal, overall", right.mean(), found.overall.interval(), plain.overall.interval()
    users = right[whole["map"] == "scrub"].mean()
    yield "unequal, user's of scrub", users, found.users["scrub"].interval(), plain.users["scrub"].interval()
    producers = right[scrub].mean()
    yield (
        "unequal, producer's of scrub",
        producers,
        found.producers["scrub"].interval(),
        plain.producers["scrub"].interval(),
    )
    areas = [one.area["scrub"].proportion.interval() for one in (found, plain)]
    yield "unequal, share of scrub", scrub.mean(), areas[0], areas[1]


def of_change(whole: pd.DataFrame, drawn: pd.DataFrame, _: np.random.Generator) -> Iterator[Answer]:
    """Change poststratified by the map."""
    sample = drawn[["map", "reference", "after"]].set_axis(["map", "reference_before", "reference_after"], axis=1)
    mapped = lulc.MappedAreas(pixels=whole["map"].value_counts().to_dict())
    one = lulc.assess_change(sample, design=DESIGN, mapped=mapped).change["grass"]
    was, became = whole["reference"] == "grass", whole["after"] == "grass"
    apart = 1.96 * np.hypot(one.before.proportion.standard_error, one.after.proportion.standard_error)
    net = one.net.proportion
    yield "poststratified net change of grass", became.mean() - was.mean(), net.interval(), _around(net.value, apart)
    gain, alone = one.gain.proportion, lulc.assess_change(sample, design=DESIGN).change["grass"].gain.proportion
    yield "poststratified gain of grass", (became & ~was).mean(), gain.interval(), alone.interval()


SIDE, ON_MAP = 150, ["crops", "grass", "scrub/shrub"]
"""Pixels a side of the simulated map around whose pixels is looked, and its classes."""


@cache
def _field() -> tuple[np.ndarray, np.ndarray, xr.DataArray]:
    """Simulated truth and map, legend codes (y, x): smooth patches, and errors of single pixels and of patches."""
    rng = np.random.default_rng(5)
    edges = [0.6, 0.9]
    smooth = [gaussian_filter(rng.standard_normal((SIDE, SIDE)), scale, mode="wrap") for scale in (6, 4)]
    base, errors = (values / values.std() for values in smooth)
    codes = np.array([lulc.LEGEND[name].code for name in ON_MAP], np.uint8)
    truth, mapped = (codes[np.digitize(v, np.quantile(v, edges))] for v in (base, base + 0.25 * errors))
    mapped = np.where(rng.random(truth.shape) < 0.1, rng.choice(codes, truth.shape), mapped)
    grid = GeoBox.from_bbox((0, 0, 10 * SIDE, 10 * SIDE), crs="EPSG:32631", resolution=10)
    return truth, mapped, wrap_xr(mapped, grid)


def of_supports(_: pd.DataFrame, __: pd.DataFrame, rng: np.random.Generator) -> Iterator[Answer]:
    """Overall accuracy by the majority of 3 x 3 pixels, and what it gains on that of the pixel."""
    truth, mapped, cover = _field()
    names = {lulc.LEGEND[name].code: name for name in ON_MAP}
    taken = rng.choice(SIDE * SIDE, DRAWN, replace=False)
    y, x = np.divmod(taken, SIDE)
    sample = pd.DataFrame({"x": 10 * x + 5.0, "y": 10 * (SIDE - y) - 5.0, "reference": [names[c] for c in truth[y, x]]})
    found = lulc.assess_supports(sample, cover, (1, 9), design=lulc.Design.simple_random(SIDE * SIDE))
    right = [mapped == truth, _majority() == truth]
    alone, around = (found.assessments[n].overall for n in (1, 9))
    yield "support, overall by 3 x 3", right[1].mean(), around.interval(), alone.interval()
    apart = 1.96 * np.hypot(alone.standard_error, around.standard_error)
    gain = right[0].mean() - right[1].mean()
    difference = found.differences[9].overall.difference
    yield "support, pixel less 3 x 3", gain, difference.interval(), _around(alone.value - around.value, apart)


@cache
def _majority() -> np.ndarray:
    """The most frequent class of the 3 x 3 pixels around each, its own among equals, else the lowest code."""
    _, mapped, _ = _field()
    around = sliding_window_view(np.pad(mapped, 1), (3, 3))
    codes = sorted(lulc.LEGEND[name].code for name in ON_MAP)
    votes = np.stack([(around == code).sum((2, 3)) + 0.5 * (mapped == code) for code in codes])
    return np.array(codes, np.uint8)[votes.argmax(0)]


OF_CLUSTER, CLUSTERS, LABELLED = 40, 60, 8
"""Pixels of each cluster; clusters that are drawn of all; pixels that are labelled of each."""


def of_both_stages(whole: pd.DataFrame, _: pd.DataFrame, rng: np.random.Generator) -> Iterator[Answer]:
    """Figures of clusters of neighbours of which some pixels were labelled; an eighth of the clusters is drawn."""
    ordered = whole.sort_values(["reference", "map"], kind="stable").reset_index(drop=True)  # neighbours are alike
    near = np.argsort(np.arange(SIZE) + np.random.default_rng(1).normal(0, SIZE / 8, SIZE), kind="stable")
    ordered = ordered.loc[near].reset_index(drop=True)
    count = SIZE // OF_CLUSTER
    clusters = rng.choice(count, CLUSTERS, replace=False)
    taken = np.concatenate([c * OF_CLUSTER + rng.choice(OF_CLUSTER, LABELLED, replace=False) for c in clusters])
    sample = ordered.loc[taken, ["map", "reference"]].assign(
        cluster=np.repeat(clusters, LABELLED), pixels=OF_CLUSTER / LABELLED
    )
    design = lulc.Design.clusters({"all": count}, fpc=True)
    found = lulc.assess(sample, design=design)
    naive = lulc.assess(sample[["map", "reference"]], design=DESIGN)
    right, scrub = whole["map"] == whole["reference"], whole["reference"] == "scrub"
    yield "both stages, overall", right.mean(), found.overall.interval(), naive.overall.interval()
    pairs = [(one.area["scrub"].proportion.interval(), one.users["scrub"].interval()) for one in (found, naive)]
    yield "both stages, share of scrub", scrub.mean(), pairs[0][0], pairs[1][0]
    yield "both stages, user's of scrub", right[whole["map"] == "scrub"].mean(), pairs[0][1], pairs[1][1]


def _around(value: float, half: float) -> tuple[float, float]:
    return value - half, value + half


def mistaken(labels: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Labels of which some are another class."""
    shift = rng.integers(1, len(NAMES), len(labels))
    place = np.array([NAMES.index(name) for name in labels])
    wrong = np.array(NAMES)[(place + shift) % len(NAMES)]
    return np.where(rng.random(len(labels)) < rate, wrong, labels)


def unchecked(
    sample: pd.DataFrame,
    design: lulc.Design,
    *,
    rows: str = "map",
    columns: str = "reference",
    classes: Sequence[str] = (),
    **more: object,
) -> Observations:
    """Return a simple random sample of pixels as `observe` does, without a look at what may be wrong with it."""
    if design.weighted or design.unit != "pixel" or len(design.sizes) > 1:
        return observe(sample, design, rows=rows, columns=columns, classes=classes, **more)
    sides = [sample[name].to_numpy(object) for name in (rows, columns)]
    order = (*classes, *sorted({*sides[0], *sides[1]} - {*classes}))
    place = {name: i for i, name in enumerate(order)}
    row, column = (np.array([place[name] for name in side]) for side in sides)
    counts = np.bincount(row * len(order) + column, minlength=len(order) ** 2)
    cells = np.flatnonzero(counts)
    return Observations(
        design=design,
        classes=order,
        unit=np.arange(len(cells)),
        row=cells // len(order),
        column=cells % len(order),
        pixels=np.ones(len(cells)),
        stratum=np.zeros(len(cells), np.intp),
        copies=counts[cells].astype(float),
        strata=tuple(design.sizes),
        stratum_row=np.array([-1]),
    )


def reading_by(read: Callable[..., Observations]) -> None:
    """Let every question read its samples so."""
    for module in (assessment, change, domains, imputation, joint_labels, map_comparison):
        module.observe = read


QUESTIONS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, np.random.Generator], Iterator[Answer]]] = {
    "two maps": of_two_maps,
    "alternates": of_alternates,
    "region": of_a_region,
    "probabilities": of_probabilities,
    "unequal": of_unequal,
    "change": of_change,
    "interpreters": of_interpreters,
    "label errors": of_label_errors,
    "support": of_supports,
    "both stages": of_both_stages,
}


def main(draws: int = 1000, seed: int = 0, part: str = "") -> None:
    """Print the coverage of each figure, in per cent."""
    first, *streams = np.random.default_rng(seed).spawn(1 + len(QUESTIONS))
    whole = population(first)
    print(f"| figure, {draws} samples of {DRAWN} simulated pixels | covered, % | naive, % | its length |")
    print("|---|---|---|---|")
    for (name, ask), rng in zip(QUESTIONS.items(), streams, strict=True):
        if part not in name:
            continue
        told, ours, naive, long = (Counter[str]() for _ in range(4))
        for number in range(draws):
            drawn = whole.iloc[rng.choice(SIZE, DRAWN, replace=False)].reset_index(drop=True)
            before = rng.bit_generator.state
            found = list(ask(whole, drawn, rng))
            if not number:
                rng.bit_generator.state = before
                reading_by(unchecked)
                if [*map(str, found)] != [*map(str, ask(whole, drawn, rng))]:
                    raise RuntimeError(f"{name}: intervals are other ones without checks of the input.")
            for title, true, mine, theirs in found:
                told[title] += mine is not None
                ours[title] += mine is not None and mine[0] <= true <= mine[1]
                naive[title] += theirs is not None and theirs[0] <= true <= theirs[1]
                if mine and theirs:
                    long[title] += (theirs[1] - theirs[0]) / (mine[1] - mine[0])
        reading_by(observe)
        for title, n in told.items():
            shares = f"{100 * ours[title] / n:.1f} | {100 * naive[title] / draws:.1f}"
            print(f"| {title} | {shares} | {long[title] / n:.2f} times |", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]), *sys.argv[3:4])
