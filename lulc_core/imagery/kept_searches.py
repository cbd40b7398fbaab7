"""Answers of STAC APIs, kept for a day: the same place and year need not be asked for again.

Kept is what came complete, and holds no secret: neither a password nor the query of an address, where signatures are.
What a catalog in this network answers is not kept: it is asked quickly, and its owner may be changing it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import platformdirs

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.access import Access, Reach, public, without_secrets
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from pathlib import Path

    from lulc_core.json_types import JsonObject
    from lulc_core.regions import Region

LASTS_S = 86_400
"""As long, an answer is kept."""
MOST_BYTES = 64 * 2**20
"""Bytes of the largest answer that is kept."""
_FORMAT = 1
_KEPT_LINKS = ("self", "successor-version", "latest-version")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRecord:
    """Which STAC API gave scenes, and when."""

    catalog: str
    """Its address, without secrets."""
    asked: datetime
    """When it gave its answer, UTC."""
    kept: bool = False
    """Whether that was an earlier search, whose answer was kept."""
    instead_of: str = ""
    """Why another catalog did not give them; empty if none was asked before."""

    def summary(self) -> JsonObject:
        """Return the record, ready for JSON."""
        return {
            "catalog": self.catalog,
            "asked": self.asked.isoformat(timespec="seconds"),
            "kept": self.kept,
            "instead_of": self.instead_of,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of a STAC API."""

    address: str
    collection: str
    bbox: tuple[float, float, float, float]
    when: str
    """A year or a day, UTC."""

    @classmethod
    def of(cls, address: str, collection: str, region: Region, when: int | date) -> Question:
        """Return the question for the scenes of a region and a year, or a day."""
        return cls(address=address, collection=collection, bbox=region.bbox, when=str(when))

    @property
    def path(self) -> Path:
        """Where its answer is kept."""
        asked = json.dumps([_FORMAT, self.address, self.collection, self.bbox, self.when])
        return kept_in() / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.json"

    def recall(self) -> tuple[list[JsonObject], datetime] | None:
        """Return the items of an answer that was kept, and when it was given; None if there is none of this day."""
        try:
            answer = read_json(self.path, most_bytes=MOST_BYTES, nan=True)
            asked, features = datetime.fromtimestamp(float(answer["asked"]), UTC), answer["features"]
        except (InvalidInputError, LookupError, TypeError, ValueError, OSError, OverflowError):
            return None
        age = time.time() - asked.timestamp()
        return (features, asked) if 0 <= age < LASTS_S and isinstance(features, list) else None

    def keep(self, features: Iterable[JsonObject], asked: datetime) -> None:
        """Keep a complete answer, if that is possible and it holds no secret; forget those that are too old."""
        if not is_far(self.address) or self.address != public(self.address):
            return
        text = json.dumps({"asked": asked.timestamp(), "features": list(features)})
        if len(text) > MOST_BYTES or without_secrets(text) != text:
            return
        part = self.path.with_name(f"{self.path.stem}.{os.getpid()}.part")
        with contextlib.suppress(OSError):
            part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget(part.parent)
            part.write_text(text, "utf-8")
            part.replace(self.path)


def kept_in() -> Path:
    """Return the folder of the answers."""
    return platformdirs.user_cache_path("lulc-explorer", appauthor=False) / "searches"


def is_far(address: str) -> bool:
    """Return whether a catalog lies outside this machine and its network."""
    return Access.of(address).reach == Reach.WEB


def without_pictures(feature: JsonObject) -> JsonObject:
    """Return an item without assets that a service draws (addresses with a query), and with few of its links.

    Scenes are made of the rest, whether it has been kept or has just come: a run that goes on finds the same ones.
    """
    if not isinstance(feature, dict):
        return feature  # whoever reads the item refuses it
    assets, links = feature.get("assets"), feature.get("links")
    slim = dict(feature)
    if isinstance(assets, dict):
        slim["assets"] = {key: asset for key, asset in assets.items() if not _is_drawn(asset)}
    if isinstance(links, list):
        kept = [link for link in links if isinstance(link, dict) and link.get("rel") in _KEPT_LINKS]
        slim["links"] = [{**link, "href": public(str(link.get("href")))} for link in kept]
    return slim


def _is_drawn(asset: object) -> bool:
    if not isinstance(asset, dict):
        return False
    image = any(kind in str(asset.get("type") or "tiff") for kind in ("tiff", "jp2"))
    return not image and "?" in str(asset.get("href"))


def _forget(folder: Path) -> None:
    """Remove answers that are too old."""
    oldest = time.time() - LASTS_S
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
