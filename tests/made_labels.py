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
