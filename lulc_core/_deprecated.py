"""Old public names, kept for one release."""

from __future__ import annotations

import warnings

RENAMED = {
    "PUBLISHED_LEGEND": "REFERENCE_LEGEND",
    "PUBLISHED_MAPS": "REFERENCE_MAPS",
    "PublishedMap": "ReferenceMap",
    "load_published_map": "load_reference_map",
}
"""Old name to new name, both of ``lulc_core``. Each has its line in the changelog."""


def current_name(name: str) -> str:
    """Return the present name of a public name, with a `DeprecationWarning` for an old one."""
    if name not in RENAMED:
        return name
    new = RENAMED[name]
    message = f"lulc_core.{name} is now lulc_core.{new}; the old name goes with the next release."
    warnings.warn(message, DeprecationWarning, stacklevel=3)
    return new
