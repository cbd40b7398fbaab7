"""Grass, crops and built area of real fields by both networks, with default and with calibrated class weights.

    python -m benchmarks.flanders [--halves 20] [--max-scenes N]

Real: 2018 over 640 m x 640 m in ../shared/real/flanders-2018, with parcel declarations. Parcels of a class that touch
count as one. Each time a random half of the parcels of every class is used to calibrate, and the other half to score,
so that no parcel is on both sides; pixels of a parcel are no independent observations. What is not declared counts
nowhere: these are shares of the declared ground, and no accuracy of the map.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import scipy.ndimage

import lulc_core as lulc
from lulc_core.mapping.weight_search import Objective

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import xarray as xr
    from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared"
REAL = SHARED / "real" / "flanders-2018"
NETWORKS = ("unet-simulated", str(SHARED / "models" / "dynamicworld"))
CLASSES = ("grass", "crops", "built area")
HA = 0.01
"""Of a pixel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A map against declarations: each value by class, in the order of `CLASSES`."""

    overall: float
    """Share of the declared pixels that are right, 0-1."""
    producers: tuple[float, ...]
    users: tuple[float, ...]
    """NaN where nothing declared is mapped so."""
    area: tuple[float, ...]
    """Mapped over declared area, on declared ground."""


def score(mapped: NDArray[np.uint8], declared: NDArray[np.uint8]) -> Score:
    known = declared > 0
    ours, theirs = mapped[known], declared[known]
    right = {code: int(((ours == code) & (theirs == code)).sum()) for code in codes()}
    said, there = ({code: int((one == code).sum()) for code in codes()} for one in (ours, theirs))
    return Score(
        overall=sum(right.values()) / known.sum(),
        producers=tuple(right[code] / there[code] for code in codes()),
        users=tuple(right[code] / said[code] if said[code] else np.nan for code in codes()),
        area=tuple(said[code] / there[code] for code in codes()),
    )


def codes() -> list[int]:
    return [int(lulc.LEGEND[name].code) for name in CLASSES]


def parcels_of(declared: NDArray[np.uint8]) -> dict[int, list[NDArray[np.bool_]]]:
    """Return the parcels of each class, each as a mask of the place."""
    found = {}
    for code in codes():
        numbered, count = scipy.ndimage.label(declared == code)
        found[code] = [numbered == number for number in range(1, count + 1)]
    return found


def halves(declared: NDArray[np.uint8], count: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Yield the declarations of a random half of the parcels of each class, and those of the others."""
    parcels = parcels_of(declared)
    for seed in range(count):
        rng, first = np.random.default_rng(seed), np.zeros(declared.shape, bool)
        for masks in parcels.values():
            for number in rng.permutation(len(masks))[: len(masks) // 2]:
                first |= masks[number]
        yield declared * first, declared * ~first


def votes_of(network: str, max_scenes: int | None) -> tuple[xr.Dataset, lulc.Legend, int]:
    """Return the votes of a map as `lulc map` makes it, the legend of its network, and how many scenes they are of."""
    model = lulc.Model.open(network)
    region = lulc.catalog_region(REAL)
    request = lulc.MapRequest(region=region, year=2018, catalog=REAL, model=model, keep="votes", max_scenes=max_scenes)
    with tempfile.TemporaryDirectory() as folder:
        report = lulc.make_map(request, folder)
        kept = lulc.open_votes(Path(folder) / lulc.MapFile.VOTES).load()
    return kept, model.legend, sum(scene["taken"] for scene in report.scenes) - len(report.failed)


def scores(
    votes: xr.Dataset, legend: lulc.Legend, declared: NDArray[np.uint8], count: int
) -> Mapping[str, list[Score]]:
    """Return the scores of each choice of weights, one for each half."""
    found: defaultdict[str, list[Score]] = defaultdict(list)
    for learn, judge in halves(declared, count):
        choices: dict[str, Mapping[str, float]] = {"default": {}}
        for objective in get_args(Objective):
            calibrated = lulc.calibrate({"half": votes}, {"half": learn}, legend, objective=objective)
            choices[f"calibrated, {objective}"] = calibrated.weights
        for name, weights in choices.items():
            found[name].append(score(lulc.decide(votes, legend, weights=weights)["label"].values, judge))
    return found


def row(name: str, judged: list[Score]) -> str:
    """Return mean and standard deviation of scores over the halves, in per cent, as a row of a table."""

    def cell(values: list[float]) -> str:
        known = np.array(values)[np.isfinite(values)]
        return f"{100 * known.mean():.0f} ± {100 * known.std():.0f}" if known.size else "-"

    cells = [cell([one.overall for one in judged])]
    for k in range(len(CLASSES)):
        cells += [cell([getattr(one, what)[k] for one in judged]) for what in ("producers", "users", "area")]
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--halves", type=int, default=20)
    parser.add_argument("--max-scenes", type=int, help="as of lulc map; 0 takes all")
    chosen = parser.parse_args()
    declared = lulc.read_map(REAL / "reference.tif").values
    for code, masks in parcels_of(declared).items():
        area = sum(int(one.sum()) for one in masks) * HA
        print(f"{lulc.LEGEND[code].name}: {len(masks)} parcels, {area:.1f} ha")
    titles = [f"{name}: {what}" for name in CLASSES for what in ("producer's", "user's", "mapped/declared area")]
    print(f"| % | overall | {' | '.join(titles)} |\n|" + "---|" * (len(titles) + 2))
    for network in NETWORKS:
        votes, legend, scenes = votes_of(network, chosen.max_scenes)
        for name, judged in scores(votes, legend, declared, chosen.halves).items():
            print(row(f"{Path(network).name}, {scenes} scenes, {name}", judged), flush=True)


if __name__ == "__main__":
    main()
