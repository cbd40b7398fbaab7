"""Back and Forward: an entry of the browser's history restores what the page showed when it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.session.address import take

if TYPE_CHECKING:
    from collections.abc import Iterator

    import param
    from panel.io.location import Location
    from param.parameterized import Event

    from lulc_explorer.session.session import Session

_OF_ONE_MAP = {"weights", "scene", "pixel", "sample"}
"""The words of a link that another map discards: they come back once theirs is open."""


class History:
    """Takes over the words of an entry of the history. panel 1.9 does with those that it has, and none that it lacks.

    A word that it lacks has the value with which the page was opened, or is empty if the page was opened with another.

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
        self._opened = {word: "" if word in asked else getattr(who, name) for who, name, word in self._choices()}
        self._later: dict[str, object] = {}
        self._of: tuple[object, ...] = ()
        location.param.watch(self._go, "search")
        session.map.param.watch(self._arrive, "land_cover")

    def _choices(self) -> Iterator[tuple[param.Parameterized, str, str]]:
        """Yield each choice that the address bar holds: its part of the session, its parameter and its word."""
        for who, names, *_ in self._location._synced:
            yield from ((who, name, word) for name, word in names.items())

    def _go(self, _: Event) -> None:
        """Take over the words of the address, unless the page itself has just written them."""
        asked = self._location.query_params
        lacking = {word: value for word, value in self._opened.items() if word not in asked}
        if not self._location._syncing:
            self._later = {word: value for word, value in (lacking | asked).items() if word in _OF_ONE_MAP}
            self._apply({word: value for word, value in lacking.items() if word not in _OF_ONE_MAP})
            self._of = self._session.selection.choice
            self._restore()

    async def _arrive(self, _: Event) -> None:
        """Restore what belongs to the map, once all of the session knows that it is open."""
        self._restore()

    def _restore(self) -> None:
        """Restore what belongs to the map, if it is open, unless another has been chosen meanwhile."""
        if self._of != self._session.selection.choice:
            self._later = {}
        elif self._session.arrived:
            later, self._later = self._later, {}
            self._apply(later)

    def _apply(self, values: dict[str, object]) -> None:
        """Apply values by their words; what is not available any more stays as it is."""
        for who, name, word in self._choices():
            if word in values:
                value = None if values[word] == "" and who.param[name].allow_None else values[word]
                if value != getattr(who, name):
                    take(who, {name: value})
