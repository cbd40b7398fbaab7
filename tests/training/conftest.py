from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from lulc_core.training import checkpoints

if TYPE_CHECKING:
    from collections.abc import Iterator

DRAW = checkpoints._curves


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On chips this small more threads only wait for each other; on a busy machine, for minutes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no learning curves, which takes longer than an epoch here."""
    monkeypatch.setattr(checkpoints, "_curves", lambda history: b"not drawn")


@pytest.fixture
def drawn(undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw them all the same."""
    monkeypatch.setattr(checkpoints, "_curves", DRAW)
