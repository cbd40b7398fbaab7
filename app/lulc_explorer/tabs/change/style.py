"""The style of the tab Change."""

from __future__ import annotations

from pathlib import Path

from lulc_explorer.components.figures import SCROLL_CSS

CHANGE_CSS = SCROLL_CSS + (Path(__file__).parent / "change.css").read_text()
