"""What a run depends on besides its data, and the weight of each class in the loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND
from lulc_core.networks.runtimes import LARGEST_WIDTH

if TYPE_CHECKING:
    from numpy.typing import NDArray

OUTPUTS = len(LEGEND) + 1
"""Outputs of the network: no data and the ten classes, so that an output's index is its legend code."""
MULTIPLE = 16
"""Height and width of the network's input are multiples of this: the UNet halves them four times."""


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
    """Edge of what the network sees in training, px, a multiple of 16, at least 32: larger images are cut at
    random, smaller ones padded with no data."""
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
    validate_on: str | None = None
    """Group of chips to validate on, such as ``"validation"``, instead of places drawn at random."""
    seed: int = 0
    """Of the network's first weights, the order, the cuts, the flips and dropout."""

    def __post_init__(self) -> None:
        """Check the numbers; raises `InvalidInputError`."""
        counts = ("epochs", "batch", "chip", "width", "patience")
        wrong = [name for name in counts if getattr(self, name) < 1]
        wrong += ["chip"] * (self.chip % MULTIPLE != 0 or self.chip < 2 * MULTIPLE)  # one deep pixel has no variance
        wrong += ["width"] * (self.width > LARGEST_WIDTH)
        wrong += ["chips_per_epoch"] * (self.chips_per_epoch is not None and self.chips_per_epoch < 1)
        wrong += [name for name in ("dropout", "validation") if not 0 <= getattr(self, name) < 1]
        wrong += ["learning_rate"] * (not 0 < self.learning_rate < np.inf)
        if wrong:
            raise InvalidInputError(
                f"Counts must be >= 1, width at most {LARGEST_WIDTH}, chip a multiple of {MULTIPLE} >= {2 * MULTIPLE}, "
                "dropout and validation in [0, 1) and the learning rate > 0; got "
                f"{', '.join(f'{name}={getattr(self, name)}' for name in wrong)}."
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
