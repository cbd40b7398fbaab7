"""Outlines with too many corners for a link, kept beside the maps: a link names them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_explorer.engine.outlines import KEPT, LONGEST, OUTLINE

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class KeptOutlines:
    """The outlines in a folder, a file each, named after what it holds."""

    folder: Path
    """Made when the first is kept."""

    def shorten(self, key: str) -> str:
        """Return a key as it is, or a name for it if it is too long for a link."""
        if not key.startswith(OUTLINE) or len(key) <= LONGEST:
            return key
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{name}.{os.getpid()}.part"
        part.write_text(key, "utf-8")
        part.replace(self.folder / f"{name}.txt")
        return f"{OUTLINE}@{name}"

    def written(self, key: str) -> str:
        """Return the outline that a key names, or the key itself; raises `ValueError` for one that is not kept here."""
        if (named := KEPT.fullmatch(key)) is None:
            return key
        try:
            return (self.folder / f"{named[1]}.txt").read_text("utf-8")
        except OSError:
            raise ValueError(
                "The outline of this link has too many corners to be in it: it was kept in another explorer, or is "
                "kept no more. Paste the polygon again."
            ) from None
