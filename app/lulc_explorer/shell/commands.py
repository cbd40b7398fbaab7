"""The palette of commands: everything that the page can be told to do, by name, from the keyboard or by a button."""

from __future__ import annotations

import base64
from functools import partial
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

from lulc_explorer.components.command import Command, File
from lulc_explorer.components.styled_component import StyledComponent
from lulc_explorer.shell.stage import GROUP, TITLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

KEYS = (
    ("Ctrl K", "Commands: search, arrow keys, Enter"),
    ("F1", "This list"),
    ("F8", "Stage mode, or back: full screen, larger type, no sidebar"),
    ("Page Down, Page Up", "On stage: next, previous scene"),
    ("Arrow keys, +, −", "On a map: move and zoom"),
    ("Home", "On a map: the whole place"),
    ("Enter", "On a map: ask about the pixel in the middle"),
    ("N, P", "Next, previous patch of confused classes"),
    ("Escape", "Close what is open, the last first"),
)
"""The keys of the page and what they do, as its help lists them."""
HELP = Command(group="Help", title="Keys", keys="F1", event="keys")
SHARE = Command(group="Share", title="Copy a link to this view", event="share")
STAGE, TOUR = f"{GROUP}: {TITLE}", "Help: Show me around (tour)"
"""The names of the commands that the page gives by itself: for a key, and for who comes for the first time."""


class Commands(StyledComponent):
    """The button and the palette. The browser asks for the commands when it opens.

    Parameters
    ----------
    gather
        Returns the commands, as things are.
    """

    keys = param.List(list(KEYS), doc="The keys of the page and what they do.")
    stage = param.String(STAGE, doc="Name of the command of the key F8.")
    tour = param.String(TOUR, doc="Name of the command for who comes for the first time.")

    _esm = Path(__file__).with_name("commands.js")

    def __init__(self, gather: Callable[[], Sequence[Command]], **looks: object) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": None, **looks})
        self._gather = gather

    def _handle_msg(self, data: Mapping[str, object]) -> None:
        """Answer the browser: it asks for the commands, or for one of them to be done."""
        if "list" in data:
            self._send_msg({"commands": [_shown(command) for command in self._gather()]})
        else:
            self.do(str(data.get("run")))

    def do(self, key: str) -> None:
        """Do a command by its name; nothing if there is none, as when it was listed before the map was closed."""
        if (command := next((one for one in self._gather() if one.key == key), None)) is not None:
            self._take(command.run())

    def _take(self, result: object) -> None:
        """Wait for what comes of a command, and hand the browser a file to save."""
        if isawaitable(result):
            pn.state.execute(partial(self._wait, result))
        elif isinstance(result, File):
            self._send_msg({"file": result.name, "content": base64.b64encode(result.content).decode()})

    async def _wait(self, result: Awaitable[object]) -> None:
        self._take(await result)


def _shown(command: Command) -> dict[str, object]:
    return {name: getattr(command, name) for name in ("key", "group", "title", "chosen", "keys", "event", "focus")}
