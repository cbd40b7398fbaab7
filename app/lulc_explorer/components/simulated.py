"""The note that simulated data always carries."""

from __future__ import annotations

NOT_REAL = "Simulated imagery: not a map of the real place"
"""What the note says to whoever points at it."""
NOTE_CSS = """
.note {
  display: inline-block; vertical-align: 2px; margin-left: 8px; padding: 1px 8px; border-radius: 10px;
  font-size: 12px; font-weight: 500; background: #ffb74d; color: #1c1400;
}
"""


def simulated_note(simulated: bool) -> str:
    """Return the note, for the end of a heading; empty over real data."""
    return f'<span class="note" title="{NOT_REAL}">simulated</span>' if simulated else ""
