"""What ``~`` means at the start of a path: the home folder, everywhere."""

from __future__ import annotations

import os
from pathlib import Path


def from_home(path: str | os.PathLike[str]) -> Path:
    """Return a path with a leading ``~`` as the home folder; one that only begins so, as ``~old.tif``, stays.

    Examples
    --------
    >>> from_home("~/maps") == Path.home() / "maps", from_home("~old.tif").as_posix()
    (True, '~old.tif')
    """
    return Path(os.path.expanduser(path))


def expanded(text: str) -> str:
    """Return a path, a name or an address as it stands, but for a leading ``~``.

    Examples
    --------
    >>> expanded("s3://maps//belgium"), expanded("~/maps") == str(from_home("~/maps"))
    ('s3://maps//belgium', True)
    """
    return os.path.expanduser(text)
