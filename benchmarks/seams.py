"""Labels predicted chip by chip compared with one pass over the whole scene, by the same network.

Simulated imagery, the shipped network. One pass sees the whole 1000 x 1000 px at once and has no seams, so the share
of labels that differ is the effect of the chips; each chip size is run with and without overlap.
"""

from __future__ import annotations

import time

import numpy as np

import lulc_core as lulc

REGION, YEAR, SCENES = "belgium", 2023, 4


def main() -> None:
    region = lulc.Region.named(REGION)
    scenes = lulc.choose(lulc.search(region, year=YEAR, catalog=lulc.simulate(region, YEAR)), SCENES)
    model = lulc.Model.open("unet-simulated")
    image = lulc.load(scenes, region.grid, model.bands).compute()
    whole = lulc.predict(image, model, chip=1000, overlap=0).label.values
    print(f"{SCENES} scenes of {region.title}, {YEAR} (simulated), 1000 x 1000 px, against one pass")
    for chip, overlap in ((500, 100), (500, 0), (256, 64), (256, 0)):
        start = time.perf_counter()
        label = lulc.predict(image, model, chip=chip, overlap=overlap).label.values
        seconds = time.perf_counter() - start
        differ = (label != whole)[whole > 0].mean()
        print(f"chips of {chip} px, overlap {overlap:3}: {differ:7.3%} differ; {seconds / SCENES:5.2f} s per scene")
    print(f"labels compared: {np.count_nonzero(whole):,}")


if __name__ == "__main__":
    main()
