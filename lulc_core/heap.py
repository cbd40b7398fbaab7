"""Large arrays go back to the system when they are freed, where the C library would keep them."""

from __future__ import annotations

import ctypes
import functools
import sys

_MMAP_THRESHOLD = -3
"""``M_MMAP_THRESHOLD`` of glibc's ``malloc.h``."""
_ARENA_MAX = -8
"""``M_ARENA_MAX`` of the same."""
_ARENAS = 2
_LARGE_BYTES = 4 * 2**20


@functools.cache
def give_back_large_arrays() -> None:
    """Let this process give arrays of 4 MiB and more back to the system as soon as they are freed.

    glibc does so for 128 KiB at first, but raises the bound to 32 MiB as it sees such arrays freed. Then the blocks of
    a scene, 25 MB each, are cut from the heaps of many threads, which hardly ever shrink: a run of 8 scenes grew by
    half. Nothing is done where the C library is another.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)


@functools.cache
def share_few_heaps() -> None:
    """Let the threads of a process that lives for days share two heaps: glibc gives each its own, up to 8 a core.

    What a request leaves in a heap of its own nobody else uses: 60 MB of an explorer that shows a single map. It counts
    for heaps to come, so a server calls it before it starts threads. Large arrays go back, too.
    """
    give_back_large_arrays()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(_ARENA_MAX, _ARENAS)
