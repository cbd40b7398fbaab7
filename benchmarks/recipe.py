"""Accuracy of a network on unseen places: simulated ones, and a real one compared with a published network.

    python -m benchmarks.recipe [MODEL] [--seeds 901,902] [--years 2022,2023]

Simulated: every built-in region with seeds and years that were not used for training, from STAC items to the
class-weighted mode; the truth of every pixel is known. Real: the fields of ../shared/real/flanders-2018.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rasterio

import lulc_core as lulc

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED = Path(__file__).parents[2] / "shared"
CODES = len(lulc.LEGEND) + 1


@dataclass(frozen=True)
class Result:
    """One place: error matrix (map, truth) of the composite, and the accuracy of each scene."""

    name: str
    matrix: NDArray[np.int64]
    clear: list[float]
    """Of each scene, on the pixels that the scene classification leaves."""
    everywhere: list[float]
    """Of each scene, on all pixels with data; what lies under cloud counts as wrong."""


def matrix_of(mapped: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.bincount(mapped.ravel() * np.int64(CODES) + truth.ravel(), minlength=CODES**2).reshape(CODES, CODES)


def accuracy(matrix: NDArray[np.int64]) -> float:
    """Share of the pixels with a truth that the map has right; a hole in the map is wrong."""
    return float(np.trace(matrix[1:, 1:]) / matrix[:, 1:].sum())


def simulated(region: str, year: int, seed: int, model: lulc.Model) -> Result:
    place = lulc.Region.named(region)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        catalog = lulc.simulate(place, year, seed=seed, cache=out)
        truth = lulc.simulated_truth(place, year, seed=seed, cache=out).values
        lulc.make_map(lulc.MapRequest(region=place, year=year, model=model, catalog=catalog), out)
        mapped = lulc.read_map(out / lulc.MapFile.MAP).values
        scenes = lulc.open_predictions(out / lulc.MapFile.PREDICTIONS).load()
    clear, everywhere = [], []
    for label, seen in zip(scenes["label"].values, scenes["clear"].values, strict=True):
        known = label != 0
        if (known & seen).mean() > 0.05:
            clear.append(float((label == truth)[known & seen].mean()))
            everywhere.append(float((label == truth)[known].mean()))
    return Result(f"{region} {year}", matrix_of(mapped, truth), clear, everywhere)


def show_classes(matrix: NDArray[np.int64]) -> None:
    print(f"{'class':20} {'users %':>8} {'producers %':>12} {'share %':>8}")
    for c in lulc.LEGEND:
        if matrix[:, c.code].any() or matrix[c.code].any():
            right, row, column = matrix[c.code, c.code], matrix[c.code, 1:].sum(), matrix[:, c.code].sum()
            print(
                f"{c.name:20} {100 * right / max(row, 1):8.1f} {100 * right / max(column, 1):12.1f} "
                f"{100 * column / matrix[:, 1:].sum():8.1f}"
            )


def show_confusion(matrix: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Of each true class, % mapped as each."""
    codes = [lulc.LEGEND[name].code for name in names]
    print(f"{'truth, mapped as %':20}" + "".join(f"{name:>14}" for name in names) + f"{'another':>14}")
    for code, name in zip(codes, names, strict=True):
        shares = 100 * matrix[codes, code] / matrix[:, code].sum()
        print(f"{name:20}" + "".join(f"{s:14.1f}" for s in shares) + f"{100 - shares.sum():14.1f}")


def show_simulated(model: lulc.Model, seeds: list[int], years: list[int]) -> None:
    print("Simulated places with unseen seeds and years; scenes: median of the scenes used")
    print(f"{'place':24} {'composite %':>12} {'scene, clear %':>15} {'scene, all %':>13}")
    results = []
    for region in lulc.region_names():
        for seed in seeds:
            for year in years:
                r = simulated(region, year, seed, model)
                results.append(r)
                figures = (accuracy(r.matrix), np.median(r.clear), np.median(r.everywhere))
                print(f"{r.name + f', {seed}':24}" + "".join(f"{100 * f:14.1f}" for f in figures), flush=True)
    total = np.sum([r.matrix for r in results], axis=0)
    single = np.median([a for r in results for a in r.clear]), np.median([a for r in results for a in r.everywhere])
    print(f"\noverall {100 * accuracy(total):.1f} %, median scene {100 * single[0]:.1f} % where clear, "
          f"{100 * single[1]:.1f} % everywhere")  # fmt: skip
    show_classes(total)
    show_confusion(total, ("grass", "scrub/shrub", "crops", "flooded vegetation", "bare ground"))


def show_real(models: dict[str, lulc.Model | Path]) -> None:
    catalog = SHARED / "real" / "flanders-2018"
    if not catalog.is_dir():
        print(f"\nNo real place: {catalog} is not there.")
        return
    with rasterio.open(catalog / "reference.tif") as source:
        reference = source.read(1)
    print(f"\nReal fields, {catalog.name}, % right of the labelled pixels; all scenes, SCL mask")
    print(f"{'network':28}" + "".join(f"{lulc.LEGEND[c].name:>12}" for c in (3, 5, 7)) + f"{'most common errors':>22}")
    for name, model in models.items():
        with tempfile.TemporaryDirectory() as folder:
            region = lulc.catalog_region(catalog)
            request = lulc.MapRequest(region=region, year=2018, model=model, catalog=catalog, max_scenes=0)
            lulc.make_map(request, Path(folder))
            mapped = lulc.read_map(Path(folder) / lulc.MapFile.MAP).values
        rows = [mapped[reference == code] for code in (3, 5, 7)]
        right = [(row == code).mean() for row, code in zip(rows, (3, 5, 7), strict=True)]
        errors = [_commonest_error(row, code) for row, code in zip(rows, (3, 5, 7), strict=True)]
        print(f"{name:28}" + "".join(f"{100 * r:12.1f}" for r in right) + "   " + "; ".join(errors))


def _commonest_error(mapped: NDArray[np.uint8], code: int) -> str:
    counts = np.bincount(mapped[mapped != code], minlength=CODES)
    other = int(counts.argmax())
    name = lulc.LEGEND[other].name if other else "no data"
    return f"{lulc.LEGEND[code].name} as {name} {100 * counts[other] / len(mapped):.0f} %"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("model", nargs="?", default="unet-simulated")
    options.add_argument("--seeds", default="901", help="comma-separated; the training uses 1, 2, 3, ...")
    options.add_argument("--years", default="2022,2023", help="comma-separated; the training uses 2019 to 2021")
    arguments = options.parse_args()
    warnings.filterwarnings("ignore", module="rasterio")
    model = lulc.Model.open(arguments.model)
    started = time.monotonic()
    seeds, years = ([int(n) for n in numbers.split(",")] for numbers in (arguments.seeds, arguments.years))
    show_simulated(model, seeds, years)
    published = SHARED / "models" / "dynamicworld"
    show_real({model.name: model} | ({"Dynamic World (published)": published} if published.is_dir() else {}))
    print(f"\n{json.dumps(model.card.get('recipe', {}))}\n{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
