"""How many maps one person may have made at once, where many share an explorer."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Generic, TypeVar

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lulc_explorer.background.jobs import Jobs, Step, Ticket, Work


def at_least_one(environment: Mapping[str, str], name: str, usual: int) -> int:
    """Return a limit; raises `UserError` for what is no whole number above 0.

    Examples
    --------
    >>> at_least_one({"LULC_MAPS_EACH": "3"}, "LULC_MAPS_EACH", 2)
    3
    """
    text = environment.get(name, str(usual))
    if not text.isdecimal() or int(text) < 1:
        raise lulc.InvalidInputError(f"{name} must be a whole number, 1 or more; got {text!r}.")
    return int(text)


OWNER = "lulc_owner"
"""Under this a session's token says whose it is, where a hub asks for a login."""
Made = TypeVar("Made")


class Allowance(Generic[Made]):
    """The jobs of a process, of which each person may wait for few at once.

    Parameters
    ----------
    jobs
        The jobs of the process.
    most
        How many different ones a person may wait for.
    """

    def __init__(self, jobs: Jobs[Made], most: int) -> None:
        self._jobs = jobs
        self._most = most
        self._waits: defaultdict[str, list[tuple[str, Ticket[Made]]]] = defaultdict(list)
        self._lock = threading.Lock()

    def of(self, person: str) -> PersonalJobs[Made]:
        """Return the jobs as a person may join them, from any number of sessions."""
        return PersonalJobs(self, person)

    def running(self) -> list[str]:
        """Return the keys of the running jobs."""
        return self._jobs.running()

    def left_at(self, key: str) -> Step | None:
        """Return how far a job was when the last person left it, as `Jobs.left_at`."""
        return self._jobs.left_at(key)

    def join(self, person: str, key: str, work: Work[Made], *, quiet: bool) -> Ticket[Made]:
        """Return a ticket as `Jobs.join` does; raises `UserError` for one too many."""
        with self._lock:
            waits = [wait for wait in self._waits[person] if wait[1].waiting]
            keys = {other for other, _ in waits}
            if key not in keys and len(keys) >= self._most:
                raise lulc.InvalidInputError(
                    f"As many maps as one person may have made at once here are being made for you: {len(keys)}. Wait "
                    "until one is done, or cancel one."
                )
            ticket = self._jobs.join(key, work, quiet=quiet)
            self._waits[person] = [*waits, (key, ticket)]
            return ticket


class PersonalJobs(Generic[Made]):
    """The jobs as one person may join them.

    Parameters
    ----------
    allowance
        What bounds them.
    person
        Whose they are.
    """

    def __init__(self, allowance: Allowance[Made], person: str) -> None:
        self._allowance = allowance
        self._person = person

    def join(self, key: str, work: Work[Made], *, quiet: bool = False) -> Ticket[Made]:
        """Return a ticket as `Jobs.join` does; raises `UserError` for one too many."""
        return self._allowance.join(self._person, key, work, quiet=quiet)

    def running(self) -> list[str]:
        """Return the keys of the running jobs, whoever waits for them."""
        return self._allowance.running()

    def left_at(self, key: str) -> Step | None:
        """Return how far a job was when the last person left it, whoever that was."""
        return self._allowance.left_at(key)
