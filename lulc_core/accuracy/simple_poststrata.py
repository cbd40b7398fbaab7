"""A simple random sample of pixels with the classes of its map as strata, whatever labels are looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.panel_labels import poststrata_of
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    import pandas as pd

    from lulc_core.accuracy.designs import Design, MappedAreas

POSTSTRATIFIED = "simple random, poststratified by map class"
"""Name of the design of `as_strata`."""


def as_strata(sample: pd.DataFrame, design: Design, mapped: MappedAreas) -> tuple[pd.DataFrame, Design]:
    """Return a simple random sample of pixels with the classes of its map as strata of their mapped sizes.

    That is what poststratification makes of it in `assess`, too.

    Raises
    ------
    InvalidInputError
        For strata, clusters, unequal probabilities and no probability design, and for a
        class with sampled pixels but no area, or the other way round.

    Examples
    --------
    >>> import pandas as pd
    >>> from lulc_core.accuracy.designs import Design, MappedAreas
    >>> sample = pd.DataFrame({"map": list("aab"), "reference": list("aab")})
    >>> as_strata(sample, Design.simple_random(100), MappedAreas(hectares={"a": 3.0, "b": 1.0}))[1].sizes
    {'a': 75.0, 'b': 25.0}
    """
    if len(design.sizes) > 1 or design.unit != "pixel" or design.weighted or design.kind != "sample":
        raise InvalidInputError(
            "Here the classes of the map can only weight a simple random sample of pixels; this one has strata, "
            "clusters, unequal probabilities or no probability design. Leave poststratification out."
        )
    group, size = poststrata_of(sample, "map", mapped)
    names = [name for name, known in mapped.sizes.items() if known > 0]
    pixels = sum(design.sizes.values())
    sizes = dict(zip(names, (size / size.sum() * pixels).tolist(), strict=True))
    plain = sample.drop(columns=[name for name in ("stratum", "stratum_size") if name in sample.columns])
    return plain.assign(stratum=np.array(names, object)[group]), replace(design, sizes=sizes)
