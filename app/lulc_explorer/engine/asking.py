"""What the engine is asked for, to make a map or to read the scenes that it would be made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_explorer.engine.requests import MASK

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from lulc_explorer.engine.requests import MapRequest

_PATIENCE_S = 15.0
"""Timeout of a request to a live catalog."""


def asked(request: MapRequest, progress: Callable[[lulc.Progress], None], cancel: threading.Event) -> lulc.MapRequest:
    """Return the request to the engine, with all that the explorer shows of a map.

    The scenes of a built-in place are simulated first.
    """
    catalog = request.place.catalog
    return lulc.MapRequest(
        region=request.region,
        year=request.year,
        catalog=catalog or lulc.simulate(request.region, request.year, progress=progress, cancel=cancel),
        model=request.model,
        mask=MASK,
        probabilities=True,
        quicklooks=True,
        timeout=_PATIENCE_S,
        instead_of=request.instead_of,
    )
