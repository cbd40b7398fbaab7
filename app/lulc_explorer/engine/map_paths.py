"""The setting `LULC_MAPS`: files, folders, and addresses of buckets."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import lulc_core as lulc
from lulc_core.home import from_home as from_home

_ONE = re.compile(rf"(?:\w+://[^/{os.pathsep}]*(?::\d+(?=/))?)?[^{os.pathsep}]*")
"""A path, or an address, whose colon before ``//`` separates nothing, and neither does that before a port."""


def places_of(setting: str) -> list[Path | str]:
    """Return the paths and addresses of a setting, separated as in ``PATH``; ``file://`` is a path.

    Examples
    --------
    >>> places_of("s3://maps/belgium:/data/maps")[0]
    's3://maps/belgium'
    """
    return [_place_of(one.strip()) for one in _ONE.findall(setting) if one.strip()]


def _place_of(text: str) -> Path | str:
    parts = urlsplit(text)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(url2pathname(parts.path))
    return text.rstrip("/") if "://" in text else from_home(text)


def is_map(path: Path) -> bool:
    """Whether a path is the folder of a finished map."""
    return all((path / name).is_file() for name in (lulc.MapFile.MAP, lulc.MapFile.REPORT))


def run_folder(place: Path | str) -> Path | str | None:
    """Return the folder or bucket of the run that a place is, or whose ``collection.json``; None for another path.

    An address is one of a run in any case: maps of others are files.
    """
    if not isinstance(place, Path):
        return re.sub(r"/[^/]+/collection\.json$", "", place)
    folder = place.parent.parent if place.name == "collection.json" else place
    return folder.absolute() if lulc.is_run(folder) else None
