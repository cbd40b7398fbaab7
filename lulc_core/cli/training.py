"""``lulc train``."""

from __future__ import annotations

import dataclasses
import os
import warnings
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path  # typer reads annotations when it runs
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console

import lulc_core as lulc
from lulc_core.cli.progress import progress_bar

if TYPE_CHECKING:
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
    out: Annotated[Path, typer.Option(help="Folder for the model, its curves and the checkpoint to resume from.")],
    dataset: Annotated[Path | None, typer.Argument(help="Folder with images/<id>.tif and labels/<id>.tif.")] = None,
    simulated: Annotated[bool, typer.Option("--simulated", help="Train on simulated landscapes.")] = False,
    places: Annotated[int, typer.Option(min=1, help="With --simulated: places per region.")] = 6,
    per_place: Annotated[int, typer.Option(min=1, help="With --simulated: chips per place.")] = 100,
    overfit_one: Annotated[
        bool, typer.Option("--overfit-one", help="Overfit a single chip: a quick check that training works.")
    ] = False,
    epochs: Annotated[int, typer.Option(help="Passes through the data.")] = 100,
    batch: Annotated[int, typer.Option(help="Chips per step.")] = 8,
    chip: Annotated[
        int, typer.Option(help="Side of the training window in pixels, a multiple of 16, at least 32.")
    ] = 256,
    chips_per_epoch: Annotated[
        int | None, typer.Option(help="Chips per epoch, drawn anew for each. Default: all.")
    ] = None,
    width: Annotated[int, typer.Option(help="Channels of the first level of the UNet.")] = 16,
    dropout: Annotated[float, typer.Option(help="Dropout rate.")] = 0.2,
    learning_rate: Annotated[float, typer.Option(help="Initial learning rate of Adam.")] = 1e-3,
    patience: Annotated[int, typer.Option(help="Epochs without improvement before the rate drops tenfold.")] = 5,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
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
        seed=seed,
    )
    with progress_bar() as progress, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="rasterio")  # a label may lie where its image lies, without saying so
        warnings.showwarning = lambda message, *_, **__: Console(stderr=True).print(f"Note: {message}", soft_wrap=True)
        chips = lulc.read_chips(dataset) if dataset else simulated_chips(places, per_place, chip, progress)
        if overfit_one:
            chips, recipe = chips[:1], dataclasses.replace(recipe, validation=0)
        notes = {"simulated": True, "warning": WARNING} if simulated else {}
        lulc.train(chips, out, recipe, notes=notes, progress=progress)
    best = lulc.Model.open(out).card["best_epoch"]
    Console().print(
        f"Best epoch {best['epoch']}: accuracy {best['validation_accuracy']:.1%} on "
        f"{'the training chip' if overfit_one else 'held-out places'}. Written to {out}",
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
    processes = min(len(wanted), os.cpu_count() or 1, MOST_PROCESSES)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
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
