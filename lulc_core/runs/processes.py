"""Which process does something, in words that others read: whether it still lives can be told on its machine."""

from __future__ import annotations

import os
import re
import socket
import sys


def this_process() -> str:
    """Return the machine and the number of this process, such as ``node3:4711``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def has_ended(process: str) -> bool:
    """Return whether a process of this machine is there no more; False wherever that cannot be told.

    Examples
    --------
    >>> has_ended(this_process()), has_ended("another:1"), has_ended("")
    (False, False, False)
    """
    machine, _, number = process.rpartition(":")
    known = machine == socket.gethostname() and re.fullmatch("[1-9][0-9]{0,8}", number)
    if not known or sys.platform == "win32":  # where the signal would end it
        return False
    try:
        os.kill(int(number), 0)
    except OSError as error:
        return isinstance(error, ProcessLookupError)  # any other: it is somebody else's
    return False
