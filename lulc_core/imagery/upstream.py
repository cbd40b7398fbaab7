"""Workarounds for upstream faults, each with the version it is for."""

from __future__ import annotations

import importlib.util
import sys
from typing import Any


def import_when_called(name: str, function: str) -> None:
    """Let a module that is expensive to import run when `function` is first called, or anything else of it is read.

    rfc3987-syntax 1.1, which comes with Jupyter, builds 38 parsers as it is imported, 2 s of work. jsonschema imports
    this function from it, and pystac-client jsonschema, for a validation that is never asked for here.
    `importlib.util.LazyLoader` does not help, as it loads a module when a name is imported from it.

    Parameters
    ----------
    name
        A module; one that has been imported, or is not installed, is left as it is.
    function
        What others import from it.

    Examples
    --------
    >>> import_when_called("no_such_module", "anything")
    """
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    module, run = importlib.util.module_from_spec(spec), spec.loader.exec_module

    def wanted(other: str) -> Any:
        """Return what a module that has not run yet is asked for; the machinery of imports asks for dunders only."""
        if other.startswith("__"):
            raise AttributeError(other)
        del vars(module)["__getattr__"]
        run(module)
        return getattr(module, other)

    def called(*arguments: Any, **named: Any) -> Any:
        whole = wanted(function) if vars(module)[function] is called else vars(module)[function]
        return whole(*arguments, **named)

    vars(module).update({"__getattr__": wanted, function: called})
    sys.modules[name] = module
