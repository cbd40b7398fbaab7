"""What a runtime makes of weights: a network, and what is to be known of it to use it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.untrusted import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

PRECISIONS = ("float32", "bf16")
"""In which networks compute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network as a function of arrays."""

    run: Callable[[NDArray[np.float32]], NDArray[np.float32]]
    """Scaled input (chip, band, y, x) to raw output (chip, output, y, x), both float32; raises `InvalidInputError` if
    it does not run on such chips."""
    shares: Callable[[NDArray[np.float32]], NDArray[np.float32] | None] | None = None
    """Scaled input to probabilities (chip, class, y, x) of a network that gives logits, if it has a faster way to them
    than `run`; None if it has none for such chips."""
    compile: Callable[[tuple[int, int]], None] | None = None
    """Compiles it for chips of a height and width, as the first of them would; None if there is nothing to compile."""
    side: int | None = None
    """Height and width of every input, px, if it takes one size only."""
    runtime: str | None = None
    """What runs it, if another runtime than was asked for."""
    precision: str = "float32"
    """In which of `PRECISIONS` it computes."""
    remark: str = ""
    """Why no faster runtime or precision; empty if there is nothing to say."""
    at_once: int = 1
    """How many threads had better call it at once."""


def digest(weights: Path) -> str:
    """Return the SHA-256 of a file, which is read once for as long as its size and time stay the same."""
    found = weights.stat()
    return _digest(weights, found.st_size, found.st_mtime_ns)


@functools.lru_cache(maxsize=32)
def _digest(weights: Path, _size: int, _time: int) -> str:
    return sha256_of(weights)
