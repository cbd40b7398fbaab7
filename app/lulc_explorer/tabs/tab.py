"""What a tab is: its key in the link, its title, and how it is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from panel.viewable import Viewer

    from lulc_explorer.components.command import Command
    from lulc_explorer.session.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A tab of the page."""

    key: str
    """Its name in the link."""
    title: str
    """Label shown to the user."""
    build: Callable[[Visit], Sequence[Viewer]]
    """Returns its parts, from top to bottom."""
    shows_place: Callable[[Visit], bool] = lambda _: True
    """Whether it shows the chosen place now, rather than published figures or a sample of one's own."""
    commands: Callable[[Visit], Sequence[Command]] = lambda _: ()
    """Returns what can be done in it by name, as things are."""
