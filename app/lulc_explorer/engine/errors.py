"""What goes wrong, in words that a person can act on."""

from __future__ import annotations

import logging

import lulc_core as lulc

_log = logging.getLogger(__name__)
UserError = lulc.LulcError
"""What a person can act on; its text says how."""
Stopped = lulc.CancelledError


def user_message(error: Exception) -> str:
    """Return what a person reads of an error; one that nobody can act on goes to the log, too."""
    if isinstance(error, UserError):
        return str(error)
    _log.exception("unexpected", exc_info=error)
    return f"Unexpected error: {error!r}. The rest of the app still works."
