"""Check STAC items against the specification."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pystac

if TYPE_CHECKING:
    from pathlib import Path


def assert_valid_stac(path: Path) -> pystac.Item:
    """Check an item against the specification's own schema and read its extensions back.

    The schemas of the extensions lie on the web; their rules that matter here are checked by hand.
    """
    item = pystac.Item.from_file(str(path))
    core = json.loads(path.read_text()) | {"stac_extensions": []}
    pystac.Item.from_dict(core).validate()
    assert [e.split("/")[-3] for e in item.stac_extensions] == ["projection", "classification"]
    assert item.ext.proj.code.startswith("EPSG:")
    assert len(item.ext.proj.shape) == 2
    classes = item.assets["map"].ext.classification.classes
    assert [c.value for c in classes] == list(range(11))
    assert all(c.name.replace("_", "").isalnum() for c in classes)
    assert all(len(c.color_hint) == 6 for c in classes[1:])
    return item
