"""Back and Forward: an entry of the browser's history restores what the page showed when it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.session.address import synced, take, usual

if TYPE_CHECKING:
    from collections.abc import Mapping

    from panel.io.location import Location
    from param.parameterized import Event

    from lulc_explorer.session.session import Session

_OF_ONE_MAP = {"weights", "scene", "pixel", "sample"}
"""The words of a link that another map discards: they come back once theirs is open."""


class History:
    """Takes over the words of an entry of the history. panel 1.9 does with those that it has, and none that it lacks.

    A word that it lacks has its usual value; one of the map has that with which the page was opened.

    Parameters
    ----------
    session
        The person's session.
    location
        The address bar, with all choices kept in it.
    """

    def __init__(self, session: Session, location: Location) -> None:
        self._session, self._location = session, location
        asked = location.query_params
        self._opened = {word: "" if word in asked else getattr(who, name) for who, name, word in synced(location)}
        self._later: dict[str, object] | None = None
        self._of: tuple[object, ...] = ()
        location.param.watch(self._go, "search")
        session.map.param.watch(self._arrive, "land_cover")

    def _go(self, _: Event) -> None:
        """Take over the words of the address, unless the page itself has just written them."""
        asked = self._location.query_params
        if not self._location._syncing:
            self._later = asked
            lacking = self._lacking(asked)
            self._apply({word: value for word, value in lacking.items() if word not in _OF_ONE_MAP})
            self._of = self._session.selection.choice
            self._restore()

    def _lacking(self, asked: Mapping[str, object]) -> dict[str, object]:
        """Return the words that an address lacks, on the open map."""
        known = self._opened | usual(self._location, self._session)
        return {word: value for word, value in known.items() if word not in asked}

    async def _arrive(self, _: Event) -> None:
        """Restore what belongs to the map, once all of the session knows that it is open."""
        self._restore()

    def _restore(self) -> None:
        """Restore what belongs to the map, if it is open, unless another has been chosen meanwhile."""
        if self._of != self._session.selection.choice:
            self._later = None
        elif self._later is not None and self._session.arrived:
            later, self._later = self._later, None
            words = self._lacking(later) | later
            self._apply({word: value for word, value in words.items() if word in _OF_ONE_MAP})

    def _apply(self, values: dict[str, object]) -> None:
        """Apply values by their words; what is not available any more stays as it is."""
        for who, name, word in synced(self._location):
            if word in values:
                value = None if values[word] == "" and who.param[name].allow_None else values[word]
                if value != getattr(who, name):
                    take(who, {name: value})
