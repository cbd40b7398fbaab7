"""What can be done by name: each part of the page declares its commands, and the palette of commands lists them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import param


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file for the browser to save."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that can be done by name."""

    group: str
    """What it is about, such as ``Year``."""
    title: str
    """What it does, or what it chooses."""
    run: Callable[[], object] = lambda: None
    """Does it; may return an awaitable, or a `File`."""
    chosen: bool = False
    """Whether that is how things are now."""
    keys: str = ""
    """Keys that do the same."""
    event: str = ""
    """The event of the browser's document that does it, where a part of the page does it there."""
    focus: str = ""
    """Label of the field or button that gets the keyboard then."""

    @property
    def key(self) -> str:
        """Its name, which no other command of a page has."""
        return f"{self.group}: {self.title}"


def choices(group: str, part: param.Parameterized, name: str, options: Mapping[str, object]) -> list[Command]:
    """Return a command for each value that a parameter can be given.

    Parameters
    ----------
    group
        What is chosen.
    part, name
        The parameter.
    options
        Title to value, as a widget takes them.

    Examples
    --------
    >>> from lulc_explorer.session.display import MODES, MapDisplay
    >>> display = MapDisplay(["map"])
    >>> beside, swipe = choices("Layout", display, "mode", {said: mode for mode, said in MODES.items()})
    >>> swipe.key, swipe.chosen, beside.chosen
    ('Layout: Swipe', False, True)
    >>> swipe.run()
    >>> display.mode
    'swipe'
    """
    now = getattr(part, name)
    return [
        Command(group=group, title=title, run=partial(setattr, part, name, value), chosen=value == now)
        for title, value in options.items()
    ]
