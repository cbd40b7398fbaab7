"""Messages that belong to no other part of the page."""

from __future__ import annotations

import param


class Remarks(param.Parameterized):
    """Messages to one person."""

    latest = param.String(doc="The last message; empty for none.")

    taken_back = param.String(doc="The last message that does not hold any more; empty for none.")

    def say(self, text: str) -> None:
        """Show a message, the same as before, too; nothing for an empty one."""
        self.latest = text

    def take_back(self, text: str) -> None:
        """Show a message no longer, if it is shown."""
        self.taken_back = text
