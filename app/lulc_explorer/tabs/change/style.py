"""The style of the tab Change."""

from __future__ import annotations

from pathlib import Path

from lulc_explorer.components.figures import SCROLL_CSS
from lulc_explorer.components.simulated import NOTE_CSS

CHANGE_CSS = SCROLL_CSS + NOTE_CSS + (Path(__file__).parent / "change.css").read_text()
