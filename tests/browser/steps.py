"""A person who counts what a task takes: each click, key, file and swipe is a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.waiting import settle

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page


class Steps:
    """A person who counts clicks, keys and files."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    def click(self, target: Locator) -> None:
        target.click()
        self._done()

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self._done()

    def choose(self, file: Path) -> None:
        """Choose a file in the first field for one."""
        self.page.locator("label:visible:has(input[type=file])").first.locator("input").set_input_files(file)
        self.page.locator(f"label:visible[aria-label='{file.name}']").wait_for()
        self._done()

    def _done(self) -> None:
        self.count += 1
        settle(self.page)
