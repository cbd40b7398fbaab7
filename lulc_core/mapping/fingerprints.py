"""Fingerprints of predictions: two runs whose fingerprints of a scene are equal predict the same, bit for bit."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import platform
import uuid
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.imagery.access import is_served, local_path
from lulc_core.mapping.report import versions
from lulc_core.networks.protocol import digest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonFields, JsonObject
    from lulc_core.mapping.request import MapRequest
    from lulc_core.networks.model import Model

_FORMAT = 5
"""Version of the predictions: raise it when their form, or the way to them, changes."""


def fingerprint(scenes: Sequence[Scene], decides: JsonFields) -> str:
    """Return the fingerprint of the predictions of one acquisition, 64 hexadecimal digits.

    Parameters
    ----------
    scenes
        Its parts: their items count whole, and so do the sizes and times of local images. What is served is known by
        its item and its address.
    decides
        As `what_decides` returns it.
    """
    items = [dataclasses.asdict(dataclasses.replace(scene, clear_share=None)) for scene in scenes]
    for item in items:
        del item["address"]  # where it is to be had changes no pixel
    images = [_state(href) for scene in scenes for _, href in sorted(scene.hrefs.items())]
    whole = json.dumps([decides, items, images], default=str, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def what_decides(request: MapRequest, model: Model) -> JsonObject:
    """Return what decides the predictions of every scene: the request, the network, the libraries, the processor.

    The weights of the classes do not: votes are kept unweighted.
    """
    grid, within = request.region.grid, request.region.within
    return {
        "format": _FORMAT,
        **({} if within is None else {"within": within.wkt}),
        "grid": [str(grid.crs), *grid.shape, *grid.transform],
        "how": [request.mask, request.chip, request.overlap, request.probabilities, request.quicklooks],
        "network": [model.card, model.runtime, model.precision, _network(model.weights)],
        "versions": versions(model.runtime),
        "processor": [platform.machine(), np.show_config(mode="dicts")],
    }


def _network(weights: Path | None) -> object:
    """Return what changes with a network: its weights, and files beside and below them, which may hold some of these.

    Of the others, size and time count, so that a checkpoint beside a network is not read whole.
    """
    if weights is None:  # put together by hand: like no other
        return uuid.uuid4().hex
    others = sorted(path for path in weights.parent.rglob("*") if path.is_file())
    return [digest(weights), *((path.relative_to(weights.parent).as_posix(), _state(str(path))) for path in others)]


def _state(href: str) -> tuple[int, int] | None:
    """Return size and time of a local file; None if it is served, or not there."""
    if is_served(href):
        return None
    try:
        found = os.stat(local_path(href))
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
