"""Labels predicted chip by chip compared with one pass over the whole scene by the same network, and the core time.

Run: ``python -P benchmarks/seams.py [edge in px]``. Simulated imagery, the shipped network. One pass sees the
whole scene at once and has no seams, so the share of labels that differ is the effect of the chips. The first row is
how chips were cut before: 500 px wherever they end up, padded to 512. On one core, in the default precision.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import sys
import time
from typing import TYPE_CHECKING

import numpy as np

import lulc_core as lulc
from lulc_core.mapping import inference
from lulc_core.mapping.chips import Window, spans, taper, windows

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

PLACES, YEAR = ("belgium", "laos"), 2022
CHIPS = ((500, 100), (500, 50), (500, 0), (720, 100), (1100, 200), (1100, 100), (1100, 50), (1100, 0))


def as_before(length: int, chip: int, overlap: int, multiple: int, _least: int) -> list[Window]:
    """Chips of one size wherever they end up, each padded on both sides to a multiple."""
    cuts, extra = spans(length, chip, overlap), -chip % multiple
    pads = (extra // 2, extra - extra // 2)
    return [Window(at=at, pads=pads, weights=weights) for at, weights in zip(cuts, taper(cuts, length), strict=True)]


def labels(scene: xr.DataArray, model: lulc.Model, chip: int, overlap: int) -> tuple[NDArray[np.uint8], float]:
    """Return the labels and the core seconds that they took."""
    start = time.process_time()
    found = lulc.predict(scene, model, chip=chip, overlap=overlap).label.values
    return found, time.process_time() - start


def main(side: int) -> None:
    model = lulc.Model.open("unet-simulated")
    print(f"{model.runtime}, {model.precision}, one core; {side} x {side} px, against one pass")
    for place in PLACES:
        scene = lulc.simulate_place(place, YEAR, shape=(side, side), acquisitions=1).reflectance.compute()
        whole, seconds = labels(scene, model, side, 0)
        print(f"{place}: one pass takes {seconds:.2f} s; {np.count_nonzero(whole):,} labels")
        for chip, overlap, cut in ((*CHIPS[0], as_before), *((*size, windows) for size in CHIPS)):
            inference.windows = cut
            plan = cut(side, chip, overlap, model.multiple, model.least)
            edge = plan[0].at.stop - plan[0].at.start + sum(plan[0].pads)
            model.probabilities(np.zeros((1, len(model.bands), edge, edge), np.float32))  # now it is compiled
            found, seconds = labels(scene, model, chip, overlap)
            differ, computed = (found != whole)[whole > 0].mean(), (len(plan) * edge / side) ** 2
            print(
                f"  {chip:4} px, overlap {overlap:3}: {len(plan)} x {len(plan)} of {edge:4} px, {computed:4.2f} times "
                f"the pixels, {differ:7.3%} differ, {seconds:5.2f} s{'  (as before)' * (cut is as_before)}"
            )
        inference.windows = windows


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2048)
