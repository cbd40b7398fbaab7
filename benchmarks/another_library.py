"""Ratios over strata and clusters compared with a survey library, on one simulated sample: figures and time.

Run: ``pip install samplics`` in a separate environment, then ``python -P benchmarks/another_library.py``.
The library (Taylor linearisation, as R's survey) is archived and therefore not among the project's dependencies.
"""

import sys
import time
import warnings

import numpy as np
import pandas as pd

import lulc_core as lulc

CLASSES = ("water", "trees", "crops")
SIZES, DRAWN = {"north": 400.0, "south": 250.0}, {"north": 50, "south": 70}


def draw(seed: int) -> pd.DataFrame:
    """Simulated labels: clusters of 20 to 60 rows, 70 % correct."""
    rng = np.random.default_rng(seed)
    rows = []
    for stratum, clusters in DRAWN.items():
        for cluster in range(clusters):
            for _ in range(rng.integers(20, 60)):
                mapped = rng.integers(3)
                reference = mapped if rng.random() < 0.7 else rng.integers(3)
                pixels = int(rng.integers(1, 50))
                rows.append((stratum, f"{stratum}{cluster}", CLASSES[mapped], CLASSES[reference], pixels))
    return pd.DataFrame(rows, columns=["stratum", "cluster", "map", "reference", "pixels"])


def theirs(sample: pd.DataFrame) -> list[tuple[float, float]]:
    """Producer's accuracy of each class and its standard error by samplics."""
    from samplics.estimation import TaylorEstimator
    from samplics.utils.types import PopParam

    weight = sample["stratum"].map({h: SIZES[h] / DRAWN[h] for h in SIZES}) * sample["pixels"]
    found = []
    for name in CLASSES:
        estimator = TaylorEstimator(PopParam.ratio)
        estimator.estimate(
            y=((sample["map"] == name) & (sample["reference"] == name)).astype(float),
            x=(sample["reference"] == name).astype(float),
            samp_weight=weight,
            stratum=sample["stratum"],
            psu=sample["cluster"],
            fpc={h: 1 - DRAWN[h] / SIZES[h] for h in SIZES},
        )
        found.append((estimator.point_est, estimator.stderror))
    return found


def main() -> None:
    """Print the largest difference and the ratio of times."""
    warnings.simplefilter("ignore")
    sample = draw(1)
    try:
        start = time.perf_counter()
        other = theirs(sample)
        took = time.perf_counter() - start
    except ImportError:
        print("another_library: skipped, samplics is not installed (pip install samplics)")
        sys.exit()
    start = time.perf_counter()
    report = lulc.assess(sample, design=lulc.Design.clusters(SIZES, fpc=True))
    ours = time.perf_counter() - start
    mine = [(report.producers[name].value, report.producers[name].standard_error) for name in CLASSES]
    print(f"largest difference of 3 producer's accuracies and errors: {np.abs(np.subtract(mine, other)).max():.1e}")
    print(f"time, theirs (these 3 ratios) to ours (every figure): {took / ours:.1f}")


if __name__ == "__main__":
    main()
