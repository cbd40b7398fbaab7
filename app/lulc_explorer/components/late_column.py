"""A column for what is seldom seen: an invitation, a warning, the controls of one layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

if TYPE_CHECKING:
    from collections.abc import Callable

    from panel.viewable import Viewable, Viewer


class LateColumn(pn.Column):
    """A hidden column that builds its only part when it is first shown: the browser builds what is hidden, too.

    Parameters
    ----------
    build
        Returns the part.
    looks
        Options of the column.

    Examples
    --------
    >>> column = LateColumn(lambda: pn.pane.HTML("No map yet"))
    >>> len(column), column.visible
    (0, False)
    >>> column.show()
    >>> len(column), column.visible
    (1, True)
    """

    def __init__(self, build: Callable[[], Viewable | Viewer], **looks: object) -> None:
        super().__init__(visible=False, **{"margin": 0, **looks})
        self._build = build

    def show(self, shown: bool = True) -> None:
        """Show the column with its part, or hide it."""
        if shown and not len(self):
            self.append(self._build())
        self.visible = shown
