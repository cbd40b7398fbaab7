"""Coverage of nominal 95 % intervals of labels that err at a known rate, in small samples and of many classes.

Run: ``python -P benchmarks/label_errors.py [samples] [seed]``. True classes, map and labels are simulated; all samples
of a case go through the sampler of `lulc_core.assess_label_errors` together, by its formulas alone, so that 1000 take
seconds. Printed is how many intervals cover the truth, and their mean length: of the further of two limits (decision
0110), of the log odds or Wilson's alone as before, of Rubin's with Student's t alone, and naively of labels as truth.
"""

import sys

import numpy as np
from scipy.special import stdtrit

VERSIONS, BURN_IN, APART = 20, 100, 10
NORMAL = 1.959964
SHARES = {3: [0.6, 0.3, 0.1], 9: [0.3, 0.03, 0.25, 0.02, 0.2, 0.1, 0.05, 0.04, 0.01]}
"""Of the classes; user's accuracy and share are those of the third."""
CASES = [(60, 3, 0.97, 0.1), (60, 3, 0.9, 0.1), (60, 3, 0.9, 0.02), (400, 3, 0.9, 0.1), (300, 9, 0.97, 0.1)]
CASES += [(300, 9, 0.8, 0.1)]
"""Pixels, classes, accuracy of the map, and share of labels that are wrong."""
Ends = tuple[np.ndarray, np.ndarray]


def slipped(rng: np.random.Generator, true: np.ndarray, rate: float, classes: int) -> np.ndarray:
    """Return classes of which some are another, all others as often."""
    other = (true + rng.integers(1, classes, true.shape)) % classes
    return np.where(rng.random(true.shape) < rate, other, true)


def true_classes(rng: np.random.Generator, label: np.ndarray, row: np.ndarray, rate: float, K: int) -> np.ndarray:
    """Return draws of the true classes, shape (version, sample, pixel), of labels and map, shape (sample, pixel)."""
    S, truth, found = len(label), label.copy(), []
    given = np.full((K, K), rate / (K - 1))
    np.fill_diagonal(given, 1 - rate)
    likely, sample = given.T[label], np.arange(S)[:, None]
    for step in range(BURN_IN + APART * VERSIONS):
        cell = ((sample * K + row) * K + truth).ravel()
        counts = np.bincount(cell, minlength=S * K * K).reshape(S, K, K)
        odds = (rng.standard_gamma(counts + 1 / K)[sample, row] * likely).cumsum(2)
        truth = (odds < rng.random(label.shape)[..., None] * odds[..., -1:]).sum(2)
        if step >= BURN_IN and (step - BURN_IN) % APART == 0:
            found.append(truth.copy())
    return np.stack(found)


def wilson(share: np.ndarray, units: np.ndarray, z: float) -> Ends:
    """Return Wilson's (1927) limits."""
    part = z * z / units
    half = z * np.sqrt(share * (1 - share) / units + part / (4 * units))
    return (share + part / 2 - half) / (1 + part), (share + part / 2 + half) / (1 + part)


def intervals(right: np.ndarray, domain: np.ndarray) -> dict[str, Ends]:
    """Return limits of the share of a domain that is right, both shape (version, sample, pixel)."""
    n = right.shape[-1]
    X = np.maximum(domain.sum(-1), 1)
    ratio = right.sum(-1) / X
    variance = ((right - ratio[..., None] * domain) ** 2).sum(-1) / (n - 1) * n / X**2
    alike, (low, high) = variance == 0, wilson(ratio, X, NORMAL)
    own = np.where(alike, ((high - low) / 2 / NORMAL) ** 2, variance)
    value, labelling = ratio.mean(0).clip(1e-9, 1 - 1e-9), (1 + 1 / VERSIONS) * ratio.var(0, ddof=1)
    total = own.mean(0) + labelling
    share = labelling / total
    observed = n / (n + 2) * (n - 1) * (1 - share)
    t = stdtrit(np.maximum(np.floor(1 / (share**2 / (VERSIONS - 1) + 1 / observed)), 1), 0.975)
    student = value - t * np.sqrt(total), value + t * np.sqrt(total)
    odds, reach = np.log(value / (1 - value)), np.minimum(t * np.sqrt(total) / (value * (1 - value)), 500)
    logit = 1 / (1 + np.exp(reach - odds)), 1 / (1 + np.exp(-reach - odds))
    units = value * (1 - value) / np.maximum(variance.mean(0) + labelling, 1e-12)
    before = tuple(np.where(alike.any(0), *pair) for pair in zip(wilson(value, units, NORMAL), logit, strict=True))
    further = np.minimum(before[0], student[0]), np.maximum(before[1], student[1])
    return {"further": further, "log odds or Wilson": before, "Student's t": student}


def main(samples: int = 1000, seed: int = 0) -> None:
    """Print a line for each case and figure."""
    for n, K, accuracy, rate in CASES:
        rng = np.random.default_rng(seed)
        truth = rng.choice(K, (samples, n), p=SHARES[K])
        row, label = slipped(rng, truth, 1 - accuracy, K), slipped(rng, truth, rate, K)
        drawn = true_classes(rng, label, row, rate, K)
        share = SHARES[K][2]
        users = share * accuracy / (share * accuracy + (1 - share) * (1 - accuracy) / (K - 1))
        third = np.broadcast_to(row == 2, drawn.shape)
        figures = {
            "overall": (accuracy, drawn == row, np.ones(drawn.shape)),
            "user's": (users, third & (drawn == 2), third),
            "share": (share, drawn == 2, np.ones(drawn.shape)),
        }
        as_labelled = {"overall": label == row, "user's": (row == 2) & (label == 2), "share": label == 2}
        for name, (true, right, domain) in figures.items():
            units = np.maximum(domain[0].sum(-1), 1)
            taken = wilson(as_labelled[name].sum(-1) / units, units, NORMAL)
            told = [
                f"{100 * np.mean((low <= true) & (true <= high)):.1f} ({np.mean(high.clip(0, 1) - low.clip(0, 1)):.3f})"
                for low, high in (*intervals(right.astype(float), domain.astype(float)).values(), taken)
            ]
            print(f"| {n}, {K} | {accuracy}, {rate} | {name} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:3]))
