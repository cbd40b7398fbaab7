"""What a link, a file, an item or a network says is shown as text, never as HTML or Markdown."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = Path(__file__).parents[2] / "app" / "lulc_explorer"
READS_MARKUP = {"Alert", "Markdown", "Typography"}
"""Parts of Panel and Material that run the HTML in what they are given."""
MAY = {"components/message.py": {"Alert"}, "sidebar/weights.py": {"Typography"}}
"""Who uses them: the one place for foreign text, which escapes it, and two whose words are their own."""
FOREIGN = {"problem", "reason", "error", "message", "remark", "warning", "notice", "filename", "href", "id"}
"""What such text is called."""
MARKUP = re.compile(r"</?[a-z][a-z0-9]*[ >]")


def used(tree: ast.AST) -> set[str]:
    """The parts that read markup that a file uses, or imports."""
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    return names & READS_MARKUP


def unescaped(tree: ast.AST) -> Iterator[str]:
    """Foreign text that a file puts between tags as it is: `escape` is a call, and so none of its names is the last."""
    for text in ast.walk(tree):
        if not isinstance(text, ast.JoinedStr) or not any(
            isinstance(part, ast.Constant) and MARKUP.search(str(part.value)) for part in text.values
        ):
            continue
        for part in text.values:
            if isinstance(part, ast.FormattedValue) and part.format_spec is None:
                match part.value:
                    case ast.Name(id=name) if name in FOREIGN:
                        yield name
                    case ast.Attribute(attr=name) | ast.Subscript(slice=ast.Constant(value=name)) if name in FOREIGN | {
                        "title"
                    }:
                        yield str(name)


@pytest.mark.parametrize(
    "source, found",
    [
        ('f"<p>{problem}</p>"', ["problem"]),
        ('f"<p>{escape(problem)}</p>"', []),
        ("f\"<li>{scene['reason']}</li>\"", ["reason"]),
        ('f"<h2>{compared.title}: {share}</h2>"', ["title"]),
        ('f"{problem} of {share}"', []),
    ],
)
def test_the_rule_sees_foreign_text_between_tags(source: str, found: list[str]) -> None:
    assert list(unescaped(ast.parse(source))) == found


def test_foreign_text_is_escaped_and_nothing_else_reads_markup() -> None:
    for path in sorted(APP.rglob("*.py")):
        name, tree = str(path.relative_to(APP)), ast.parse(path.read_text())
        assert used(tree) == MAY.get(name, set()), f"{name}: show it by components/message.py"
        assert not list(unescaped(tree)), f"{name}: escape it"
