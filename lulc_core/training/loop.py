"""The recipe of the paper, read from top to bottom.

A UNet learns from single scenes: six bands scaled 0-1, flips, categorical cross entropy with inverse-log
class weights, Adam, 20 % dropout, a learning rate that drops by ten when the validation loss stops falling,
15 % of the data held out for validation, the best epoch kept (Karra et al. 2021). All chance is drawn from
the seed and the number of the epoch, so a run that was killed ends where it would have ended.
"""

from __future__ import annotations

import time
import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch

from lulc_core.errors import InvalidInputError
from lulc_core.home import from_home
from lulc_core.legend import NO_DATA
from lulc_core.networks.unet import share_cores
from lulc_core.progress import Progress, ProgressCallback, check, silent
from lulc_core.training.batches import training_batches, validation_batches
from lulc_core.training.checkpoints import CHECKPOINT, fingerprint, publish, resume, save
from lulc_core.training.chip_survey import survey
from lulc_core.training.datasets import hold_out
from lulc_core.training.recipe import Recipe, class_weights
from lulc_core.training.run import Run

if TYPE_CHECKING:
    import os
    import threading
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lulc_core.training.datasets import Chip


def train(
    chips: Sequence[Chip],
    out: str | os.PathLike[str],
    recipe: Recipe | None = None,
    *,
    notes: Mapping[str, object] | None = None,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> Path:
    """Train a UNet, or go on where an earlier run into the same folder was cut off.

    A run that is resumed gives the same weights, bit for bit, as one that was never cut off, on the same
    machine with the same number of threads; on a GPU, up to the order in which it adds.

    Parameters
    ----------
    chips
        What to learn from and validate on.
    out
        Folder for ``model.safetensors``, ``model.onnx`` and ``model.json`` (the best epoch; `Model.open` opens
        them), ``metrics.csv``, ``curves.png`` and ``checkpoint.safetensors``, all renewed after every epoch.
    recipe
        Default: `Recipe()`.
    notes
        More entries for ``model.json``, for example ``warning``.
    progress
        Called after each step.
    cancel
        Set it to stop before the next step; what was learned until the last epoch's end is kept.

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    InvalidInputError
        If a chip is not what it should be, nothing is labelled, or `out` holds the checkpoint of another run.
    CancelledError
        If cancelled.
    """
    share_cores()
    recipe, out = recipe or Recipe(), from_home(out)
    learned, held = hold_out(chips, recipe)
    found = survey(learned, progress=progress, cancel=cancel)
    checked = survey(held, " held out for validation", progress=progress, cancel=cancel) if recipe.validation else None
    remarks = (found + checked if checked else found).remarks
    data = {"chips": len(chips), "held_out": sorted({c.place for c in held}), "remarks": remarks}
    for remark in remarks:
        warnings.warn(remark, stacklevel=2)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    weights = torch.from_numpy(class_weights(found.counts)).to(device)
    run = Run.begin(recipe, device, fingerprint(chips, found.counts))
    if (out / CHECKPOINT).is_file():
        resume(run, out / CHECKPOINT)
    while run.epoch < recipe.epochs:
        _go_through(run, learned, held, weights, progress, cancel)
        publish(run, out, data, notes or {})
        save(run, out)  # last: what a checkpoint says is done has been written
    return out


def _go_through(
    run: Run,
    learned: Sequence[Chip],
    held: Sequence[Chip],
    weights: torch.Tensor,
    progress: ProgressCallback,
    cancel: threading.Event | None,
) -> None:
    """Learn for one epoch, validate, and note the figures."""
    started = time.monotonic()
    rate = run.schedule.get_last_lr()[0]
    loss, accuracy = _learn(run, learned, weights, progress, cancel)
    check_loss, check_accuracy = _validate(run, held, weights, cancel)
    run.finish_epoch(
        learning_rate=float(rate),
        loss=loss,
        accuracy=accuracy,
        validation_loss=check_loss,
        validation_accuracy=check_accuracy,
        seconds=time.monotonic() - started,
    )


def _learn(
    run: Run,
    chips: Sequence[Chip],
    weights: torch.Tensor,
    progress: ProgressCallback,
    cancel: threading.Event | None,
) -> tuple[float, float]:
    """Go through one epoch; return the mean loss of its steps and the share of pixels that were right."""
    recipe, random = run.recipe, np.random.default_rng([run.recipe.seed, run.epoch])
    order = random.permutation(len(chips))[: recipe.chips_per_epoch]
    batches = [order[i : i + recipe.batch] for i in range(0, len(order), recipe.batch)]
    losses: list[float] = []
    right = labelled = 0
    run.network.train()
    with torch.random.fork_rng():
        torch.manual_seed(int(random.integers(2**62)))  # of dropout
        for image, label in training_batches([[chips[i] for i in batch] for batch in batches], recipe.chip, random):
            check(cancel)
            logits, loss = run.look(image, label, weights)
            run.optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            run.optimiser.step()
            losses.append(_finite(loss, run))
            right += _right(logits, label)
            labelled += int((label != NO_DATA).sum())
            done = run.epoch * len(batches) + len(losses)
            detail = f"epoch {run.epoch + 1}/{recipe.epochs}, loss {np.mean(losses):.3f}"
            progress(Progress(stage="train", done=done, total=recipe.epochs * len(batches), detail=detail))
    return float(np.mean(losses)), right / max(labelled, 1)


@torch.no_grad()
def _validate(
    run: Run, chips: Sequence[Chip], weights: torch.Tensor, cancel: threading.Event | None
) -> tuple[float, float]:
    """Return the weighted mean loss over all labelled pixels and the share of them that are right."""
    total = weight = 0.0
    right = labelled = 0
    run.network.eval()
    for image, label in validation_batches(chips, run.recipe.batch):
        check(cancel)
        if not label.any():
            continue
        logits, loss = run.look(image, label, weights)
        of_batch = float(weights[label.long().to(weights.device)].sum())
        total, weight = total + float(loss) * of_batch, weight + of_batch
        right += _right(logits, label)
        labelled += int((label != NO_DATA).sum())
    return total / weight, right / labelled


def _finite(loss: torch.Tensor, run: Run) -> float:
    value = loss.item()
    if not np.isfinite(value):
        raise InvalidInputError(
            f"The loss is {value} in epoch {run.epoch + 1}. Try a learning rate below {run.recipe.learning_rate}."
        )
    return value


def _right(logits: torch.Tensor, label: torch.Tensor) -> int:
    """Count the labelled pixels whose most probable class, no data left out, is the label."""
    return int((logits[:, 1:].argmax(dim=1).cpu() + 1 == label).sum())
