"""A network while it learns: its optimiser, its learning rate, and the figures of each epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from lulc_core.imagery.scenes import BANDS
from lulc_core.networks.unet import UNet, has_fast_bfloat16
from lulc_core.training.recipe import OUTPUTS

if TYPE_CHECKING:
    from lulc_core.training.recipe import Recipe


@dataclass(slots=True, kw_only=True)
class Run:
    """A network while it learns."""

    recipe: Recipe
    device: torch.device
    data: str
    """Fingerprint of the chips, by which a checkpoint of other data is refused."""
    network: nn.Module
    optimiser: torch.optim.Adam
    schedule: torch.optim.lr_scheduler.ReduceLROnPlateau
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    """Weights of the epoch with the lowest validation loss."""
    history: list[dict[str, float]] = field(default_factory=list)
    """The figures of each finished epoch."""

    @classmethod
    def begin(cls, recipe: Recipe, device: torch.device, data: str) -> Run:
        """Start with random weights, drawn from the recipe's seed."""
        with torch.random.fork_rng():
            torch.manual_seed(recipe.seed)
            network = UNet(bands=len(BANDS), outputs=OUTPUTS, width=recipe.width, dropout=recipe.dropout)
        network = network.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch types only Tensor.to
        optimiser = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate)
        return cls(
            recipe=recipe,
            device=device,
            data=data,
            network=network,
            optimiser=optimiser,
            schedule=torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.1, patience=recipe.patience),
        )

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
