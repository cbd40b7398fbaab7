"""The recipe of the paper, read top to bottom: class weights, the loop, what is kept.

A UNet learns from single scenes: six bands scaled 0-1, flips, categorical cross entropy with inverse-log
class weights, Adam, 20 % dropout, a learning rate that drops by ten when the validation loss stops falling,
15 % of the data held out for validation, the best epoch kept (Karra et al. 2021). All chance is drawn from
the seed and the number of the epoch, so a run that was killed ends where it would have ended.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import itertools
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.torch
import torch
from torch import nn

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.networks.unet import LEVELS, UNet, has_fast_bfloat16
from lulc_core.progress import Progress, ProgressCallback, check, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from lulc_core.training.datasets import Chip

OUTPUTS = len(LEGEND) + 1
"""Outputs of the network: no data and the ten classes, so that an output's index is its legend code."""
MULTIPLE = 2 ** (LEVELS - 1)
"""Height and width of the network's input are multiples of this."""
CHECKPOINT = "checkpoint.safetensors"
"""Everything that a run needs to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a run depends on, besides its data.

    Examples
    --------
    >>> Recipe(epochs=3).learning_rate
    0.001
    """

    epochs: int = 100
    """Times through the data, or through `chips_per_epoch` of it."""
    batch: int = 8
    """Chips per step."""
    chip: int = 256
    """Edge of what the network sees in training, px, a multiple of 16: larger images are cut at random,
    smaller ones padded with no data."""
    chips_per_epoch: int | None = None
    """Chips of one epoch, drawn afresh for each; None for all."""
    width: int = 16
    """Channels of the UNet's first level."""
    dropout: float = 0.2
    """Share of channels dropped in training, 0-1."""
    learning_rate: float = 1e-3
    """Of Adam, at the start."""
    patience: int = 5
    """Epochs without a lower validation loss after which the learning rate drops by ten."""
    validation: float = 0.15
    """Share of the chips held out, by whole places, 0-1; 0 validates on what is learned: a smoke test."""
    seed: int = 0
    """Of the network's first weights, the order, the cuts, the flips and dropout."""

    def __post_init__(self) -> None:
        """Check the numbers; raises `InvalidInputError`."""
        counts = ("epochs", "batch", "chip", "width", "patience")
        wrong = [name for name in counts if getattr(self, name) < 1]
        wrong += ["chip"] * (self.chip % MULTIPLE != 0)
        wrong += ["chips_per_epoch"] * (self.chips_per_epoch is not None and self.chips_per_epoch < 1)
        wrong += [name for name in ("dropout", "validation") if not 0 <= getattr(self, name) < 1]
        wrong += ["learning_rate"] * (not 0 < self.learning_rate < np.inf)
        if wrong:
            raise InvalidInputError(
                f"Counts must be >= 1, chip a multiple of {MULTIPLE}, dropout and validation in [0, 1) and the "
                f"learning rate > 0; got {', '.join(f'{name}={getattr(self, name)}' for name in wrong)}."
            )


def class_weights(counts: NDArray[np.integer]) -> NDArray[np.float32]:
    """Return the inverse-log weight of each class in the loss.

    ``w_c = 1 / ln(1.02 + p_c)``, where ``p_c`` is the class's share of the labelled pixels: the bounded
    inverse-log weight of Paszke et al. 2016 (ENet, arXiv:1606.02147, section 5.2). It lies between 1.4 for a
    class that is everything and 50.5 for one that is nearly nothing.

    Parameters
    ----------
    counts
        Shape (code,): pixels of every code, 0 (no data) first.

    Returns
    -------
    numpy.ndarray
        Shape (code,), float32, unitless; 0 for no data.

    Examples
    --------
    >>> class_weights(np.array([7, 50, 50])).round(3)
    array([0.   , 2.388, 2.388], dtype=float32)
    """
    shares = counts[1:] / counts[1:].sum()
    return np.concatenate([[0], 1 / np.log(1.02 + shares)]).astype(np.float32)


def hold_out(chips: Sequence[Chip], recipe: Recipe) -> tuple[list[Chip], list[Chip]]:
    """Part chips by place: what is learned and what validates.

    Parameters
    ----------
    chips
        Of two places or more, unless `recipe` holds nothing out.
    recipe
        Its `validation` and `seed` decide.

    Returns
    -------
    learned, held : list of Chip
        `held` is whole places, drawn at random until they have at least the recipe's share of the chips; the
        same list twice if nothing is to be held out.

    Raises
    ------
    InvalidInputError
        If the chips are of a single place.
    """
    if recipe.validation == 0:
        return list(chips), list(chips)
    places = sorted({chip.place for chip in chips})
    if len(places) < 2:
        raise InvalidInputError(
            f"Validation is held out by place, so it takes two places or more; all chips are of {places}."
        )
    drawn: set[str] = set()
    for place in np.random.default_rng(recipe.seed).permutation(places)[: len(places) - 1]:
        if sum(chip.place in drawn for chip in chips) >= recipe.validation * len(chips):
            break
        drawn.add(str(place))
    return [c for c in chips if c.place not in drawn], [c for c in chips if c.place in drawn]


def train(
    chips: Sequence[Chip],
    out: str | os.PathLike[str],
    recipe: Recipe | None = None,
    *,
    notes: Mapping[str, Any] | None = None,
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
        Folder for ``model.safetensors`` and ``model.json`` (the best epoch; `Model.open` opens them),
        ``metrics.csv``, ``curves.png`` and ``checkpoint.safetensors``, all renewed after every epoch.
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
    recipe, out = recipe or Recipe(), Path(out)
    learned, held = hold_out(chips, recipe)
    counts = count_labels(learned, progress=progress, cancel=cancel)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    weights = torch.from_numpy(class_weights(counts)).to(device)
    run = _Run.begin(recipe, device, _fingerprint(chips, counts), out)
    while run.epoch < recipe.epochs:
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
        _publish(run, out, {"chips": len(chips), "held_out": sorted({c.place for c in held})}, notes or {})
        run.save(out)  # last: what a checkpoint says is done has been written
    return out


def count_labels(
    chips: Sequence[Chip], *, progress: ProgressCallback = silent, cancel: threading.Event | None = None
) -> NDArray[np.int64]:
    """Read every chip once, so that a bad file shows before the training, and count its labels.

    Returns
    -------
    numpy.ndarray
        Shape (code,): pixels of every code from 0 (no data) to 10.

    Raises
    ------
    InvalidInputError
        If a file is not what it should be, or nothing is labelled at all.
    """
    counts = np.zeros(OUTPUTS, np.int64)
    for done, chip in enumerate(chips, start=1):
        check(cancel)
        counts += np.bincount(chip.read()[1].ravel(), minlength=OUTPUTS)
        progress(Progress(stage="check", done=done, total=len(chips), detail="data"))
    if not counts[1:].any():
        raise InvalidInputError(f"None of the {len(chips)} chips has a labelled pixel; all are 0 (no data).")
    return counts


def _learn(
    run: _Run,
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
        for image, label in _ahead([[chips[i] for i in batch] for batch in batches], recipe.chip, random):
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
    run: _Run, chips: Sequence[Chip], weights: torch.Tensor, cancel: threading.Event | None
) -> tuple[float, float]:
    """Return the weighted mean loss over all labelled pixels and the share of them that are right."""
    total = weight = 0.0
    right = labelled = 0
    run.network.eval()
    for image, label in _alike(chips, run.recipe.batch):
        check(cancel)
        if not label.any():
            continue
        logits, loss = run.look(image, label, weights)
        of_batch = float(weights[label.long().to(weights.device)].sum())
        total, weight = total + float(loss) * of_batch, weight + of_batch
        right += _right(logits, label)
        labelled += int((label != NO_DATA).sum())
    if not labelled:
        raise InvalidInputError("The chips held out for validation have no labelled pixel. Try another seed.")
    return total / weight, right / labelled


def _finite(loss: torch.Tensor, run: _Run) -> float:
    value = loss.item()
    if not np.isfinite(value):
        raise InvalidInputError(
            f"The loss is {value} in epoch {run.epoch + 1}. Try a learning rate below {run.recipe.learning_rate}."
        )
    return value


def _right(logits: torch.Tensor, label: torch.Tensor) -> int:
    """Count the labelled pixels whose most probable class, no data left out, is the label."""
    return int((logits[:, 1:].argmax(dim=1).cpu() + 1 == label).sum())


def _ahead(
    batches: Sequence[Sequence[Chip]], size: int, random: np.random.Generator
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield image (chip, band, y, x) and label (chip, y, x) of each batch, read while the last is learned."""

    def load(batch: Sequence[Chip]) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = zip(*(_varied(*chip.read(), size, random) for chip in batch), strict=True)
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))

    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(load, batches[0])
        for batch in batches[1:]:
            ready, coming = coming, reader.submit(load, batch)
            yield ready.result()
        yield coming.result()


def _alike(chips: Sequence[Chip], most: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Yield whole chips in order, padded, as batches of neighbours that have the same shape."""
    for _, same in itertools.groupby((_padded(*chip.read()) for chip in chips), key=lambda pair: pair[1].shape):
        while batch := list(itertools.islice(same, most)):
            images, labels = zip(*batch, strict=True)
            yield torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))


Pair = tuple["NDArray[np.float32]", "NDArray[np.uint8]"]


def _varied(image: NDArray[np.float32], label: NDArray[np.uint8], size: int, random: np.random.Generator) -> Pair:
    """Cut a square of `size` at random, padded with no data if the chip is smaller, and flip it at random."""
    corner = [int(random.integers(max(length - size, 0) + 1)) for length in label.shape]
    rows, columns = (slice(start, start + size) for start in corner)
    image, label = _padded(image[:, rows, columns], label[rows, columns], (size, size))
    for axis in (-2, -1):
        if random.random() < 0.5:
            image, label = np.flip(image, axis), np.flip(label, axis)
    return np.ascontiguousarray(image), np.ascontiguousarray(label)


def _padded(image: NDArray[np.float32], label: NDArray[np.uint8], shape: tuple[int, int] | None = None) -> Pair:
    """Pad below and to the right with no data, to `shape` or to the next multiple that the network takes."""
    height, width = shape or (-(-n // MULTIPLE) * MULTIPLE for n in label.shape)
    missing = ((0, height - label.shape[0]), (0, width - label.shape[1]))
    return np.pad(image, ((0, 0), *missing)), np.pad(label, missing)


@dataclass(slots=True, kw_only=True)
class _Run:
    """A network while it learns."""

    recipe: Recipe
    device: torch.device
    data: str
    network: nn.Module
    optimiser: torch.optim.Adam
    schedule: torch.optim.lr_scheduler.ReduceLROnPlateau
    best: dict[str, torch.Tensor]
    history: list[dict[str, float]] = field(default_factory=list)

    @classmethod
    def begin(cls, recipe: Recipe, device: torch.device, data: str, out: Path) -> _Run:
        """Start with random weights, or as the checkpoint in `out` says."""
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            network = UNet(bands=len(BANDS), outputs=OUTPUTS, width=recipe.width, dropout=recipe.dropout)
        network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch types only Tensor.to
        optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
        run = cls(
            recipe=recipe,
            device=device,
            data=data,
            network=network,
            optimiser=optimiser,
            schedule=torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.1, patience=recipe.patience),
            best={},
        )
        if (out / CHECKPOINT).is_file():
            run.load(out / CHECKPOINT)
        return run

    @property
    def epoch(self) -> int:
        """Epochs finished."""
        return len(self.history)

    def look(
        self, image: torch.Tensor, label: torch.Tensor, weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (chip, output, y, x) float32 and the weighted cross entropy."""
        image = image.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=has_fast_bfloat16(self.device)):
            logits = self.network(image).float()
        codes = label.to(self.device).long()
        loss = nn.functional.cross_entropy(logits, codes, weight=weights, reduction="sum")
        return logits, loss / weights[codes].sum().clamp(min=1)  # every weight is above 1: only 0 is clamped

    def finish_epoch(self, **figures: float) -> None:
        """Note the figures of an epoch, keep its weights if they are the best, and let the rate drop."""
        lowest = min((row["validation_loss"] for row in self.history), default=np.inf)
        if figures["validation_loss"] < lowest:
            self.best = {k: v.detach().cpu().clone() for k, v in self.network.state_dict().items()}
        self.schedule.step(figures["validation_loss"])
        self.history.append({"epoch": self.epoch + 1, **figures})

    def save(self, out: Path) -> None:
        """Write the checkpoint: tensors as safetensors, the rest as JSON in their header."""
        moments = {
            f"optimiser.{i}.{name}": value
            for i, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        tensors = {
            **{f"network.{k}": v for k, v in self.network.state_dict().items()},
            **{f"best.{k}": v for k, v in self.best.items()},
            **moments,
        }
        header = {
            "recipe": dataclasses.asdict(self.recipe),
            "data": self.data,
            "schedule": self.schedule.state_dict(),
            "history": self.history,
        }
        _write(out / CHECKPOINT, safetensors.torch.save(_plain(tensors), {"run": json.dumps(header)}))

    def load(self, path: Path) -> None:
        """Go on from a checkpoint; raises `InvalidInputError` if it is of another run or broken."""
        try:
            with safetensors.safe_open(path, "pt") as file:
                header = json.loads(file.metadata()["run"])
            tensors = safetensors.torch.load_file(path)
        except (OSError, safetensors.SafetensorError, KeyError, TypeError, ValueError) as error:
            raise InvalidInputError(f"{path} is not a checkpoint of this program: {error}. Delete it.") from error
        before, now = header["recipe"], dataclasses.asdict(self.recipe)
        other = sorted(k for k in now if k != "epochs" and now[k] != before.get(k))
        other += ["data"] * (header["data"] != self.data)
        if other:
            raise InvalidInputError(
                f"{path} is of a run with other {', '.join(other)}. Give another folder, or delete it to start anew."
            )
        self.network.load_state_dict(_part(tensors, "network."))
        self.best = _part(tensors, "best.")
        self._load_moments(_part(tensors, "optimiser."))
        self.schedule.load_state_dict(header["schedule"])
        for group, rate in zip(self.optimiser.param_groups, self.schedule.get_last_lr(), strict=True):
            group["lr"] = rate
        self.history = header["history"]

    def _load_moments(self, moments: Mapping[str, torch.Tensor]) -> None:
        state: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in moments.items():
            number, name = key.split(".")
            laid = value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
            state.setdefault(int(number), {})[name] = laid
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: v.detach().cpu().contiguous() for k, v in tensors.items()}


def _fingerprint(chips: Sequence[Chip], counts: NDArray[np.int64]) -> str:
    told = [*(f"{chip.name} {chip.place}" for chip in chips), str(counts.tolist())]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _publish(run: _Run, out: Path, data: Mapping[str, Any], notes: Mapping[str, Any]) -> None:
    """Write the best weights, what they are, and how they came about."""
    best = min(run.history, key=lambda row: row["validation_loss"])
    classes = [{"index": 0, "name": "no data", "legend_code": NO_DATA}]
    classes += [{"index": c.code, "name": c.name, "legend_code": c.code} for c in LEGEND]
    card = {
        "name": out.resolve().name,
        "format": "safetensors",
        "width": run.recipe.width,
        "bands": list(BANDS),
        "scaling": {"kind": "clip", "low": 0, "high": 1},
        "classes": classes,
        "size_multiple": MULTIPLE,
        "output": {"kind": "logits", "layout": "NCHW"},
        "recipe": dataclasses.asdict(run.recipe),
        "data": dict(data),
        "best_epoch": best,
        "training_seconds": round(sum(row["seconds"] for row in run.history)),
        **notes,
    }
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(best))
    writer.writeheader()
    writer.writerows(run.history)
    _write(out / "model.safetensors", safetensors.torch.save(_plain(run.best)))
    _write(out / "model.json", json.dumps(card, indent=2).encode() + b"\n")
    _write(out / "metrics.csv", table.getvalue().encode())
    _write(out / "curves.png", _curves(run.history))


def _curves(history: Sequence[Mapping[str, float]]) -> bytes:
    """Draw loss and accuracy by epoch as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, kind in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for prefix, label in (("", "learned"), ("validation_", "held out by place")):
            axes.plot(epochs, [row[prefix + kind] for row in history], label=label)
        axes.set(xlabel="epoch", ylabel=kind)
        axes.legend()
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)  # type: ignore[no-untyped-call]
    return picture.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Let a file appear whole, by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
