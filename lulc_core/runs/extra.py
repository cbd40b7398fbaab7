"""Libraries that not everybody has, because only some runs need them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from types import ModuleType

CLUSTER = "'lulc-explorer[cluster]'"
"""What pip calls the extra for runs on many machines."""


def import_extra(name: str, *, needed_by: str, package: str = CLUSTER) -> ModuleType:
    """Return a module that an extra brings.

    Parameters
    ----------
    name
        Dotted name of the module.
    needed_by
        What needs it, as the start of a sentence.
    package
        What pip installs it by.

    Raises
    ------
    InvalidInputError
        If it is not installed; says how to install it.

    Examples
    --------
    >>> import_extra("json", needed_by="A cluster").dumps([])
    '[]'
    >>> import_extra("dask_nowhere.a", needed_by="A cluster", package="dask-nowhere")
    Traceback (most recent call last):
    lulc_core.errors.InvalidInputError: A cluster needs dask_nowhere; install it: pip install dask-nowhere.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        library = name.partition(".")[0]
        raise InvalidInputError(f"{needed_by} needs {library}; install it: pip install {package}.") from error
