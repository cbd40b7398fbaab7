"""The files of a data set: each image with its label; what is left out is counted aloud."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from lulc_core.counted import counted
from lulc_core.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ENDINGS = (".tif", ".tiff")
"""Of GeoTIFFs, in any case."""
SIDECARS = (".xml", ".ovr", ".msk", ".tfw", ".prj", ".txt", ".md", ".json")
"""Endings of what may lie beside the images and is none."""


def paired_files(root: Path) -> dict[Path, tuple[Path, Path]]:
    """Return image and label of each id below the folders ``images`` and ``labels``, in order of the ids.

    Raises
    ------
    NotFoundError
        If there is no image, or an image has no label.
    InvalidInputError
        If there are two images or labels of one id.
    """
    (images, others), (labels, _) = (geotiffs(root / side) for side in ("images", "labels"))
    warn_of(others, "Left out, not GeoTIFF")
    if not images:
        raise NotFoundError(f"No GeoTIFF in {root / 'images'}. Expected images/<id>.tif and labels/<id>.tif.")
    warn_of([path for name, path in labels.items() if name not in images], "Left out, without an image")
    for name, image in images.items():
        if name not in labels:
            raise NotFoundError(f"{image} has no label; expected {root / 'labels' / name}{image.suffix}.")
    return {name: (image, labels[name]) for name, image in images.items()}


def geotiffs(folder: Path) -> tuple[dict[Path, Path], list[Path]]:
    """Return the GeoTIFFs below a folder by id, in order, and the files that are something else."""
    found: dict[Path, Path] = {}
    others = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        name, ending = path.relative_to(folder).with_suffix(""), path.suffix.casefold()
        if ending in ENDINGS:
            if name in found:
                raise InvalidInputError(f"{found[name]} and {path} are of one id. Remove one, or give it another name.")
            found[name] = path
        elif ending not in SIDECARS:
            others.append(path)
    return found, others


def warn_of(files: Sequence[Path], what: str) -> None:
    """Warn of what is true of files, and count them; of none say nothing."""
    if files:
        shown = ", ".join(map(str, files[:3])) + ", ..." * (len(files) > 3)
        warnings.warn(f"{what} ({counted(len(files), 'file')}): {shown}", stacklevel=4)
