"""Whose work a map is made from, in the words that every file of it has, and the tags of its rasters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COPERNICUS = "Contains modified Copernicus Sentinel data"
"""What the licence of the Copernicus programme demands of maps made from its imagery, before the year."""

COPERNICUS_LICENCE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"
"""Its terms, which have no SPDX identifier."""


def imagery_credit(year: int, *, simulated: bool) -> str:
    """Return whose imagery a map is made from; simulated imagery is nobody's.

    Examples
    --------
    >>> imagery_credit(2020, simulated=False)
    'Contains modified Copernicus Sentinel data 2020'
    >>> imagery_credit(2020, simulated=True)
    'Simulated imagery, not a map of the real place'
    """
    return "Simulated imagery, not a map of the real place" if simulated else f"{COPERNICUS} {year}"


def attribution(*, year: int, simulated: bool, network: str, licence: str = "") -> str:
    """Return whose imagery and network a map is made from.

    Parameters
    ----------
    year
        Calendar year of the imagery, UTC.
    simulated
        Whether any of the imagery is simulated.
    network
        Its name.
    licence
        Of the network, such as an SPDX identifier; empty where its card has none.

    Examples
    --------
    >>> attribution(year=2020, simulated=False, network="Dynamic World", licence="Apache-2.0")
    'Contains modified Copernicus Sentinel data 2020. Classified by the network Dynamic World (Apache-2.0).'
    """
    terms = f" ({licence})" if licence else ""
    return f"{imagery_credit(year, simulated=simulated)}. Classified by the network {network}{terms}."


def map_tags(
    *, model: str, region: str, year: int, simulated: bool, weights: Mapping[str, float], credit: str
) -> dict[str, str]:
    """Return the GeoTIFF tags of a map and its quality.

    Parameters
    ----------
    model, region
        Name of the network, title of the region.
    year
        Calendar year, UTC.
    simulated
        Whether any of the imagery is simulated.
    weights
        Class name to weight in the mode.
    credit
        As `attribution` returns it.

    Examples
    --------
    >>> map_tags(model="small", region="Here", year=2020, simulated=True, weights={"water": 1.0}, credit="Mine")["YEAR"]
    '2020'
    """
    return {
        "MODEL": model,
        "REGION": region,
        "YEAR": str(year),
        "SIMULATED": "yes" if simulated else "no",
        "WEIGHTS": json.dumps(dict(weights)),
        "TIFFTAG_COPYRIGHT": credit,
    }
