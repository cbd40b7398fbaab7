"""The errors of this library: the few kinds that a caller can act on.

Every error of this library is a `LulcError`, and also the built-in it resembles, so that
``except ValueError`` works where a caller expects it. A message says what was expected, what came, and
what to do.
"""


class LulcError(Exception):
    """Base of every error this library raises on purpose."""


class InvalidInputError(LulcError, ValueError):
    """An argument or a file is wrong."""


class NotFoundError(LulcError, LookupError):
    """What was requested does not exist: a scene, a year, a region, a model."""


class UnreachableError(LulcError, ConnectionError):
    """A catalog or an image could not be read, after retries."""


class CancelledError(LulcError):
    """The caller asked to stop."""
