"""The tests in the browser wait for what they assert."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

BROWSER = Path(__file__).parents[1] / "browser"
DECISION = BROWSER.parents[1] / "docs" / "decisions" / "0105-steps-of-thirteen-tasks.md"
ON_THE_INSTANT = {"get_attribute", "inner_text", "input_value", "is_hidden", "is_visible", "text_content"}
"""What a page says of itself at once, on its way to what it comes to."""


@pytest.mark.parametrize("path", sorted(BROWSER.glob("test_*.py")), ids=lambda path: path.stem)
def test_what_a_page_says_is_waited_for(path: Path) -> None:
    """`expect` and `eventually` wait; an assertion on the instant fails on a machine that is slower than the last."""
    asserted = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Assert)]
    at_once = [
        node.lineno
        for node in asserted
        for call in ast.walk(node.test)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and (call.func.attr in ON_THE_INSTANT or (call.func.attr == "count" and not call.args))
    ]
    assert at_once == [], f"{path.name} asserts on the instant in these lines: use expect() or eventually()"


def test_the_steps_of_thirteen_tasks_are_counted_as_decision_0105_lists_them() -> None:
    text = "".join(path.read_text() for path in sorted(BROWSER.glob("test_*.py")))
    counted: dict[str, set[str]] = {}
    for task, steps in re.findall(r"\.took\((\d+), ([^)]+)\)", text):
        counted.setdefault(task, set()).add(steps.replace("2 + UNITS", "2 and a key a unit"))
    rows = re.findall(r"^\| (\d+) \|[^|]*\|[^|]*\| ([^|]+) \|[^|]*\|$", DECISION.read_text(), re.MULTILINE)
    assert [number for number, _ in rows] == [str(number) for number in range(1, 14)]
    assert counted == {number: {*now.split("; ")} for number, now in rows}
