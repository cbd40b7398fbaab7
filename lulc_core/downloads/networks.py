"""Getting a network that others publish: download, build, prove, and only then put it among the installed ones."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.downloads.fetching import fetch
from lulc_core.errors import InvalidInputError, NotFoundError, UnreachableError
from lulc_core.home import from_home
from lulc_core.imagery.access import public
from lulc_core.locking import alone, folder_to_write
from lulc_core.mapping.staging import staged
from lulc_core.networks.card import CARD
from lulc_core.networks.folders import networks_folder
from lulc_core.networks.model import Model
from lulc_core.networks.published import PUBLISHED_NETWORKS, known_chip
from lulc_core.progress import Progress, silent
from lulc_core.untrusted import read_json, sha256_of

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from lulc_core.networks.published import PublishedNetwork
    from lulc_core.progress import ProgressCallback

MOST_OFF = 0.01
"""Most that a mean output over the known chip may differ from the publisher's."""


def get_network(
    name: str,
    source: str | os.PathLike[str] | None = None,
    *,
    progress: ProgressCallback | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """Install a published network, so that `Model.open` finds it by its name.

    The file of its weights is downloaded and compared with its SHA-256, and the network built of it. It is tried on
    chips before it appears, whole or not at all.

    Parameters
    ----------
    name
        One of `PUBLISHED_NETWORKS`.
    source
        Another address of the file, or the file itself. Default: `LULC_NETWORK_SOURCE`, else where it is published.
    progress
        Called with the kilobytes that have come.
    cancel
        Set it to stop; what has come stays for the next time.

    Returns
    -------
    pathlib.Path
        Its folder in `networks_folder`: network, card, licence and notice. Nothing is downloaded if it is there.

    Raises
    ------
    NotFoundError
        If there is no such network, or no such file.
    UnreachableError
        If the file could not be downloaded.
    InvalidInputError
        If it is another file, or the network does not compute what it should.
    CancelledError
        If cancelled.

    Examples
    --------
    >>> get_network("dynamic-world", "nowhere/variables")
    Traceback (most recent call last):
        ...
    lulc_core.errors.NotFoundError: There is no file nowhere/variables. Give the weights of Dynamic World as ...
    """
    if name not in PUBLISHED_NETWORKS:
        raise NotFoundError(f"There is no network {name!r} to download. Choose one of {', '.join(PUBLISHED_NETWORKS)}.")
    entry, home = PUBLISHED_NETWORKS[name], networks_folder()
    given = str(source or os.environ.get("LULC_NETWORK_SOURCE") or entry.address)
    progress, folder = progress or silent, home / name
    file = None if "://" in given else _local(from_home(given), entry)
    folder_to_write(home)
    with alone(home / f".{name}.lock", cancel=cancel):
        if not _is_installed(folder, entry):
            content = file or _downloaded(given, home / f".{name}.part", entry, progress, cancel)
            progress(Progress(stage="prove", done=0, total=1, detail=entry.title))
            with staged(folder) as stage:
                entry.write(content, stage)
                _prove(stage, entry)
            (home / f".{name}.part").unlink(missing_ok=True)
    return folder


def _is_installed(folder: Path, entry: PublishedNetwork) -> bool:
    """Whether a network is there as this release writes it; raises `InvalidInputError` if another one is there."""
    try:
        card = read_json(folder / CARD)
    except InvalidInputError:
        return False
    if not isinstance(card, dict) or card.get("source") != entry.card["source"]:
        raise InvalidInputError(
            f"{folder} holds another network than {entry.title} as it is published. Move it away, or set LULC_NETWORKS "
            "to another folder; nothing was changed."
        )
    try:
        return card == entry.card and bool(Model.open(folder))
    except (InvalidInputError, NotFoundError):
        return False


def _local(file: Path, entry: PublishedNetwork) -> bytes:
    """Return the content of a file, if it is the published one."""
    if not file.is_file():
        raise NotFoundError(
            f"There is no file {file}. Give the weights of {entry.title} as they are published, "
            f"{entry.address.rpartition('/')[2]}, or a web address of them."
        )
    if (size := file.stat().st_size) != entry.size:
        raise InvalidInputError(
            f"{file} is not the file that {entry.title} publishes: expected {entry.size:,} bytes, got {size:,}. "
            "Nothing was installed."
        )
    _check_digest(file, str(file), entry)
    return file.read_bytes()


def _downloaded(
    address: str, part: Path, entry: PublishedNetwork, progress: ProgressCallback, cancel: threading.Event | None
) -> bytes:
    """Return the published file, downloaded from an address; another file may be left from before, or come once."""
    for last in (False, True):
        try:
            fetch(address, part, entry.size, progress, cancel)
            _check_digest(part, address, entry)
        except UnreachableError as error:
            kept = ": what has come is kept" if part.exists() and part.stat().st_size else ""
            raise UnreachableError(
                f"{error} Check your connection and proxy, and try again{kept}. Without a network, "
                "bring the file from another machine and give it as another source."
            ) from error
        except InvalidInputError:
            part.unlink(missing_ok=True)
            if last:
                raise
        else:
            break
    return part.read_bytes()


def _check_digest(file: Path, source: str, entry: PublishedNetwork) -> None:
    if (found := sha256_of(file)) != entry.sha256:
        raise InvalidInputError(
            f"{public(source)} is not the file that {entry.title} publishes: expected the SHA-256 {entry.sha256}, got "
            f"{found}. Nothing was installed. Try again, or give another source."
        )


def _prove(folder: Path, entry: PublishedNetwork) -> None:
    """Raise `InvalidInputError` unless a network gives the publisher's answer, and can be run as it is by default."""
    Model.open(folder)
    exact = Model.open(folder, runtime="onnxruntime")
    given = exact.network.run(exact.scaling(known_chip(len(exact.bands)))).mean(axis=(0, 2, 3))
    if (off := np.abs(given - np.array(entry.answer)).max()) > MOST_OFF:
        raise InvalidInputError(
            f"{entry.title}, as it was built here, answers a known chip with outputs that are off by {off:.2g}. "
            "Nothing was installed. Update onnx and onnxruntime, or report it."
        )
