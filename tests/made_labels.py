"""A labelled sample by two maps, which R's survey has seen, too."""

import pandas as pd

import lulc_core as lulc

NAMES = ["crops", "grass", "scrub"]


def made_sample() -> pd.DataFrame:
    """150 pixels in 30 clusters and two strata, made by arithmetic so that other programs can make them, too."""
    rows = []
    for i in range(150):
        reference = NAMES[(i * i + 3 * i) % 7 % 3]
        rows.append(
            {
                "stratum": "ns"[i // 5 % 3 > 0],
                "cluster": f"t{i // 5}",
                "map": NAMES[(i * 5 + i // 11) % 3] if i % 4 == 0 else reference,
                "other": NAMES[(i * 7 + i // 13) % 3] if i % 5 == 0 else reference,
                "reference": reference,
                "alternate": NAMES[(i * 3 + i // 17) % 3] if i % 3 == 0 else "",
            }
        )
    return pd.DataFrame(rows)


POINTS = lulc.Design.stratified({"n": 4000, "s": 9000})
CLUSTERS = lulc.Design.clusters({"n": 40, "s": 90}, fpc=True)


YEARS = (2018, 2020, 2021)


def made_panel() -> pd.DataFrame:
    """The same pixels with the labels and the maps of three years; ``gap_2020`` lacks some of the labels of 2020."""
    panel = made_sample()[["stratum", "cluster", "map"]]
    for t, year in enumerate(YEARS):
        labels = [NAMES[(i * i + 3 * i) % 7 % 3] if i * (t + 3) % 11 > t else NAMES[(i + t) % 3] for i in range(150)]
        panel[f"reference_{year}"] = labels
        panel[f"map_{year}"] = [NAMES[(i * 7 + t) % 3] if i % 6 == t else name for i, name in enumerate(labels)]
    panel["gap_2020"] = [name if i * 7 % 9 > 1 else "" for i, name in enumerate(panel["reference_2020"])]
    return panel


def unequal_sample(*, clusters: bool) -> pd.DataFrame:
    """The sample with inclusion probabilities that differ within strata: of its pixels, or of its clusters."""
    sample = made_sample()
    place = [i // 5 if clusters else i for i in range(150)]
    sample["inclusion_probability"] = [1 / (3 + i * i % 17) for i in place]
    return sample if clusters else sample.drop(columns="cluster")
