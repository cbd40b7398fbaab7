"""A person who counts what a task takes: each click, key, file, drag, paste and swipe is a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from browser.waiting import settle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Locator, Page


class Steps:
    """A person who counts what they do; decision 0105 lists the thirteen tasks."""

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

    def do(self, step: Callable[[], object]) -> None:
        """Do what is one step to a person, such as a drag or a paste."""
        step()
        self._done()

    def took(self, task: int, steps: int) -> None:
        """Assert how many steps a task has taken."""
        assert self.count == steps, f"Task {task} took {self.count} steps, not {steps}."

    def _done(self) -> None:
        self.count += 1
        settle(self.page)
