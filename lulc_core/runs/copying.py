"""A map of a run as files of this machine: copied whole out of a bucket, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from lulc_core.errors import NotFoundError
from lulc_core.mapping.checksums import check_files
from lulc_core.mapping.staging import staged
from lulc_core.progress import Progress, check, silent
from lulc_core.runs.storage import storage

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from lulc_core.progress import ProgressCallback

READERS = 8
"""Files that are copied at a time."""


def copy_map(
    place: Path | str,
    name: str,
    out: Path,
    *,
    progress: ProgressCallback = silent,
    cancel: threading.Event | None = None,
) -> None:
    """Copy a map of a run into a folder. Its files are compared with their checksums, and appear together.

    Parameters
    ----------
    place
        Folder or bucket of the run, such as ``s3://maps/belgium``.
    name
        Of the map, such as ``31UFS-2021``.
    out
        Folder for its files, made if it is not there.
    progress, cancel
        As in `make_map`; a step is a file.

    Raises
    ------
    NotFoundError
        If there is no such map.
    InvalidInputError
        If a file is not as it was written, as when the map is made anew meanwhile; or the folder cannot be written.
    UnreachableError
        If the bucket does not answer.
    CancelledError
        If `cancel` is set; then nothing appears.
    """
    there = storage(place)
    names = there.names_below(name)
    if not names:
        raise NotFoundError(
            f"{there.address(name)} holds no map. Give the name of a finished one, as `lulc status` does."
        )

    def copy(stage: Path, one: str) -> None:
        check(cancel)
        path = stage / one
        path.parent.mkdir(parents=True, exist_ok=True)
        there.copy(f"{name}/{one}", path)

    with staged(out) as stage:
        with ThreadPoolExecutor(READERS) as readers:
            for number, _ in enumerate(readers.map(partial(copy, stage), names)):
                progress(Progress(stage="download", done=number, total=len(names), detail=name))
        check_files(stage, needed=True)
        check(cancel)
