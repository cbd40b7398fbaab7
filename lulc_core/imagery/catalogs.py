"""The catalogs that have short names, and their addresses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlparse

if TYPE_CHECKING:
    from pathlib import Path

PLANETARY_COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"
"""The default catalog."""
EARTH_SEARCH = "https://earth-search.aws.element84.com/v1"
"""A second catalog of the same scenes, without the offset in their numbers, on servers that need no signature."""
CATALOGS = {
    "planetary-computer": ("LULC_STAC_API", PLANETARY_COMPUTER),
    "earth-search": ("LULC_EARTH_SEARCH", EARTH_SEARCH),
}
"""Short name of a catalog to the variable of the environment that gives its address, and the usual one."""
MOST_BYTES = 256 * 2**20
"""Bytes of the items that a catalog may give at once, unpacked."""


def is_address(catalog: str | Path) -> bool:
    """Whether a catalog is a STAC API; if not, it is a path, as a `Path` always is.

    Examples
    --------
    >>> from pathlib import Path
    >>> is_address("earth-search"), is_address("./earth-search"), is_address(Path("earth-search"))
    (True, False, False)
    """
    return (isinstance(catalog, str) and catalog in CATALOGS) or urlparse(str(catalog)).scheme in ("http", "https")


def address_of(catalog: str | Path) -> str:
    """Return the address of a STAC API that may be named for short, as in `CATALOGS`."""
    variable, usual = CATALOGS.get(catalog, ("", str(catalog))) if isinstance(catalog, str) else ("", str(catalog))
    return os.environ.get(variable) or usual
