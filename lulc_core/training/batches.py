"""Chips as batches of tensors: cut and flipped at random for training, whole and in order for validation."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

import numpy as np
import torch

from lulc_core.cores import cores
from lulc_core.mapping.ahead import ahead
from lulc_core.training.recipe import MULTIPLE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from lulc_core.training.datasets import Chip

    Pair = tuple[NDArray[np.float32], NDArray[np.uint8]]
    Batch = tuple[torch.Tensor, torch.Tensor]


def training_batches(batches: Sequence[Sequence[Chip]], size: int, random: np.random.Generator) -> Iterator[Batch]:
    """Yield image (chip, band, y, x) and label (chip, y, x) of each batch, read by all cores while the last is learned.

    Chance is drawn in the order of the chips, whatever is read first.
    """
    with _read(itertools.chain.from_iterable(batches)) as pairs:
        for batch in batches:
            yield _stacked([_augmented(*next(pairs), size, random) for _ in batch])


def _read(chips: Iterable[Chip]) -> contextlib.closing[Generator[Pair, None, None]]:
    """Return images and labels of chips, in order, read ahead by all cores."""
    return contextlib.closing(ahead(max(cores(), 2), lambda chip: chip.read(), chips))


def validation_batches(chips: Sequence[Chip], most: int) -> Iterator[Batch]:
    """Yield whole chips in order, padded, as batches of at most `most` neighbours of the same shape."""
    with _read(chips) as pairs:
        for _, same in itertools.groupby((_padded(*pair) for pair in pairs), key=lambda pair: pair[1].shape):
            while batch := list(itertools.islice(same, most)):
                yield _stacked(batch)


def _stacked(pairs: Sequence[Pair]) -> Batch:
    images, labels = zip(*pairs, strict=True)
    return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))


def _augmented(image: NDArray[np.float32], label: NDArray[np.uint8], size: int, random: np.random.Generator) -> Pair:
    """Cut a square of `size` at random, padded with no data if the chip is smaller; flip it at random."""
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
