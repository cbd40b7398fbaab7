"""What a step of the recipe takes: floating-point operations, core seconds to learn and to read, and bytes of a chip.

    python -m benchmarks.training [--chip 510] [--steps 4]

Core seconds are those of the process on all its threads: they hang less on what else runs than the clock does.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

import lulc_core as lulc
from lulc_core.networks.unet import has_fast_bfloat16
from lulc_core.training.batches import training_batches
from lulc_core.training.chip_files import ChipNote, paths_of, write_chip
from lulc_core.training.recipe import OUTPUTS, class_weights
from lulc_core.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable


def made_chips(folder: Path, side: int, count: int) -> list[lulc.Chip]:
    """Chips of a simulated scene as files."""
    place = lulc.simulate_place("belgium", 2021, 1, shape=(side, side), acquisitions=1)
    image, label = place.reflectance[0].values, place.truth.values.astype(np.uint8)
    (folder / "stage").mkdir()
    for i in range(count):
        name = Path(f"chip{i}-20210601")
        write_chip(folder, name, image, label, place.region.grid, ChipNote(), stage=folder / "stage")
    print(f"bytes of a chip: {sum(path.stat().st_size for path in paths_of(folder, name)):,}")
    return lulc.read_chips(folder)


def core_seconds(work: Callable[[], object], times: int) -> list[float]:
    """Core seconds of each of several goes."""
    spent = []
    for _ in range(times):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return spent


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--chip", type=int, default=510, help="side of a chip, px; the window is that of the recipe")
    options.add_argument("--steps", type=int, default=4)
    given = options.parse_args()
    recipe, device = lulc.Recipe(), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with tempfile.TemporaryDirectory() as folder:
        chips = made_chips(Path(folder), given.chip, recipe.batch)
        random = np.random.default_rng(0)

        def read() -> tuple[torch.Tensor, torch.Tensor]:
            return next(iter(training_batches([chips], recipe.chip, random)))

        image, label = read()
        reading = core_seconds(read, given.steps)
    run = Run.begin(recipe, device, "")
    run.network.train()
    weights = torch.from_numpy(class_weights(np.ones(OUTPUTS, np.int64))).to(device)

    def learn() -> None:
        _, loss = run.look(image, label, weights)
        run.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        run.optimiser.step()

    learn()
    with FlopCounterMode(display=False) as counter:
        learn()
    print(f"{recipe.batch} chips of {recipe.chip} px, width {recipe.width}, bfloat16 {has_fast_bfloat16(device)}")
    print(f"floating-point operations a step: {counter.get_total_flops() / 1e9:.1f} G")
    for what, spent in (("reading", reading), ("learning", core_seconds(learn, given.steps))):
        print(f"core seconds a step, {what}: {min(spent):.2f} to {max(spent):.2f}")


if __name__ == "__main__":
    main()
