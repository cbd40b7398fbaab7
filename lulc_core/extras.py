"""Libraries that are not needed to make a map, and are imported where they are used."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lulc_core.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def needs_extra(name: str) -> Iterator[None]:
    """Import what the extra of this package with a name brings, within the block.

    Raises
    ------
    NotFoundError
        If it is not installed, with the command that installs it.

    Examples
    --------
    >>> with needs_extra("plot"):
    ...     import a_library_that_is_not_there
    Traceback (most recent call last):
    lulc_core.errors.NotFoundError: This needs a_library_that_is_not_there, which is not installed. Install it:
    pip install 'lulc-explorer[plot]'
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise NotFoundError(
            f"This needs {error.name}, which is not installed. Install it: pip install 'lulc-explorer[{name}]'"
        ) from error
