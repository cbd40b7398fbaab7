"""``lulc train``."""

from __future__ import annotations

import dataclasses
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import repeat
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

import lulc_core as lulc
import lulc_core.cli.options as opt
from lulc_core.cli.progress import progress_bar
from lulc_core.cores import at_most, cores
from lulc_core.counted import percent
from lulc_core.training.dataset_report import CARD
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import typer

    from lulc_core.progress import ProgressCallback

YEARS = (2019, 2020, 2021)
"""Years of the simulated places used for training; later years are kept for evaluation."""
ACQUISITIONS = 8
"""Acquisitions of each simulated place, of those with less than 90 % cloud."""
LAND = 0.3
"""Minimum share of land in a chip of a simulated place; the rest may be cloud or no data."""
MOST_PROCESSES = 16
"""Processes that simulate places in parallel; each takes 1 to 2 GiB."""
WARNING = "Trained on simulated landscapes: for trying out this program, not for real maps."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("train")(train)


def train(
    out: opt.TrainOut,
    dataset: opt.Chips = None,
    simulated: opt.Simulated = False,
    places: opt.Places = 6,
    per_place: opt.PerPlace = 100,
    overfit_one: opt.OverfitOne = False,
    epochs: opt.Epochs = 100,
    batch: opt.Batch = 8,
    chip: opt.TrainChip = 256,
    chips_per_epoch: opt.ChipsPerEpoch = None,
    width: opt.Width = 16,
    dropout: opt.Dropout = 0.2,
    learning_rate: opt.LearningRate = 1e-3,
    patience: opt.Patience = 5,
    validate_on: opt.ValidateOn = None,
    seed: opt.Seed = 0,
    _jobs: opt.Jobs = None,
) -> None:
    """Train a UNet by the recipe of the paper, or resume an interrupted run.

    Example: lulc train chips --out networks/mine --epochs 50
    """
    if simulated == (dataset is not None):
        raise lulc.InvalidInputError("Give either the folder of a dataset or --simulated.")
    recipe = lulc.Recipe(
        epochs=epochs,
        batch=batch,
        chip=chip,
        chips_per_epoch=chips_per_epoch,
        width=width,
        dropout=dropout,
        learning_rate=learning_rate,
        patience=patience,
        validate_on=validate_on,
        seed=seed,
    )
    with progress_bar() as progress, warnings_as_notes():
        chips = lulc.read_chips(dataset) if dataset else simulated_chips(places, per_place, chip, progress)
        if overfit_one:
            chips, recipe = chips[:1], dataclasses.replace(recipe, validation=0)
        lulc.train(chips, out, recipe, notes=dataset_notes(dataset), progress=progress)
    held = "held-out places" if validate_on is None else f"the group {validate_on}"
    _print_best(out, "the training chip" if overfit_one else held)


def dataset_notes(dataset: Path | None) -> dict[str, object]:
    """Return what a network's card says of its chips: the card of their dataset, or that they are simulated."""
    if dataset is None:
        return {"simulated": True, "warning": WARNING}
    card = dataset / CARD
    return {"dataset": read_json(card)} if card.is_file() else {}


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Print warnings as notes."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="rasterio")  # a label may lie where its image lies, without saying so
        warnings.showwarning = lambda message, *_, **__: Console(stderr=True).print(f"Note: {message}", soft_wrap=True)
        yield


def _print_best(out: Path, judged_by: str) -> None:
    best = lulc.Model.open(out).card["best_epoch"]
    Console().print(
        f"Best epoch {best['epoch']}: accuracy {percent(best['validation_accuracy'], 1)} on {judged_by}. "
        f"Written to {out}",
        soft_wrap=True,
    )


def simulated_chips(places: int, per_place: int, size: int, progress: ProgressCallback) -> list[lulc.Chip]:
    """Draw chips from single scenes of simulated places in every region; the same arguments give the same chips.

    Parameters
    ----------
    places
        Places per region, >= 1; their seeds are 1, 2, 3 and so on, their years cycle through `YEARS`.
    per_place
        Maximum number of chips per place, from any window and date with land in at least 30 % of its pixels.
    size
        Chip edge, px.
    progress
        Called after each place.
    """
    wanted = [(name, seed) for seed in range(1, places + 1) for name in lulc.region_names()]
    names, seeds = zip(*wanted, strict=True)
    chips: list[lulc.Chip] = []
    processes = min(len(wanted), cores(), MOST_PROCESSES)
    with at_most(1), ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        drawn = pool.map(_chips_of_place, names, seeds, repeat(per_place), repeat(size))
        for done, ((name, seed), found) in enumerate(zip(wanted, drawn, strict=True), start=1):
            chips += found
            progress(lulc.Progress(stage="simulate", done=done, total=len(wanted), detail=f"{name}, seed {seed}"))
    return chips


def _chips_of_place(region: str, seed: int, most: int, size: int) -> list[lulc.Chip]:
    """Draw chips from scenes of a place, among those with land in at least 30 % of their pixels."""
    place = lulc.simulate_place(region, YEARS[seed % len(YEARS)], seed, acquisitions=ACQUISITIONS)
    cloud = next(c.code for c in lulc.LEGEND if c.cloud)
    labels = place.truth.where(~place.clouds, cloud).transpose("time", "y", "x")
    chips: list[lulc.Chip] = []
    for scene, label in zip(place.reflectance, labels, strict=True):
        name = f"{region} {scene.time.dt.date.item()}, seed {seed}"
        chips += lulc.cut_chips(scene.values, label.values, name=name, place=f"{region} {seed}", size=size)
    land = [c.code for c in lulc.LEGEND if not c.cloud]
    shown = [chip for chip in chips if np.isin(chip.read()[1], land).mean() >= LAND]
    drawn = np.random.default_rng(seed).permutation(len(shown))[:most]
    return [shown[i] for i in sorted(drawn)]
