"""Errors as messages to the user."""

from __future__ import annotations

import logging

import lulc_core as lulc
from lulc_explorer.background.tally import the_tally

_log = logging.getLogger(__name__)
UserError = lulc.LulcError
"""An error whose message says what to do."""
InvalidInputError = lulc.InvalidInputError
UnreachableError = lulc.UnreachableError


def user_message(error: Exception) -> str:
    """Return the message of an error; an unexpected one is logged as well."""
    if isinstance(error, UserError):
        return str(error)
    _log.exception("unexpected", exc_info=error)
    the_tally().add(the_tally().failures, "page")
    return f"Unexpected error: {error!r}. The rest of the app still works."
