"""The documentation site has a place for every page and every public name; `make docs` builds it."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
import typer.core

import lulc_core
from lulc_core.cli import app

sphinx_matching = pytest.importorskip("sphinx.util.matching", reason="pip install '.[docs]' for the documentation")
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    """The site's configuration."""
    spec = importlib.util.spec_from_file_location("site_conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_public_name_is_in_the_reference(conf: ModuleType) -> None:
    listed = [name for _, name in conf.public_names()]
    assert sorted(listed) == sorted(name for name in lulc_core.__all__ if not name.startswith("__"))
    assert all(name in conf.directive(name) for name in listed)


def test_every_page_is_in_the_table_of_contents() -> None:
    index = (DOCS / "index.md").read_text()
    patterns = [
        line for block in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL) for line in block.splitlines()
    ]
    made = {"_build", "_generated"}
    pages = [p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*.md") if not made & set(p.parts)]
    assert set(pages) - {found for line in patterns if line for found in sphinx_matching.patfilter(pages, line)} == {
        "index"
    }


def test_every_equation_is_one_that_the_site_can_write(conf: ModuleType) -> None:
    written = 0
    for page in [*DOCS.glob("*.md"), *DOCS.glob("[a-z]*/*.md")]:
        blocks = re.findall(r"```\{math\}\n(?::.*\n)*(.*?)```", page.read_text(), re.DOTALL)
        plain = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL)
        for tex in [*blocks, *re.findall(r"(?<!\\)\$([^$]+)\$", plain)]:
            assert "<math" in conf.to_mathml(tex, block=False), page
            written += 1
    assert written > 50


def test_links_to_headings_lead_to_one() -> None:
    for page in DOCS.rglob("*.md"):
        for path, anchor in re.findall(r"\]\(([^)#\s:]+\.md)#([^)\s]+)\)", page.read_text()):
            headings = re.findall(r"^#+ (.+)$", (page.parent / path).read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in slugs, f"{page.relative_to(ROOT)} links to {path}#{anchor}"


def commands() -> Iterator[tuple[str, list[str]]]:
    """The page and the words of every call of `lulc` in a block of a shell, comments and pipes aside.

    Assignments before a call are left out, and a variable in it is taken for a number.
    """
    for page in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", page.read_text(), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                line = re.sub(r"\$[A-Z_]+", "1", line)
                words = list(itertools.dropwhile(lambda word: "=" in word, shlex.split(line, comments=True)))
                if words[:1] == ["lulc"]:
                    yield page.relative_to(ROOT).as_posix(), words[1:]


def test_every_command_of_the_documentation_is_one_that_there_is() -> None:
    found = list(commands())
    assert len(found) > 30
    for page, words in found:
        command, name = typer.main.get_command(app), "lulc"
        while isinstance(command, typer.core.TyperGroup):
            name, *words = words
            command = command.commands[name]
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(command.make_context(name, words))
            except Exception as error:
                error.add_note(f"{page}: lulc {name} {' '.join(words)}")
                raise


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_asks_no_other_host(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-W", "--keep-going", "-n", "-q", str(DOCS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    elsewhere = re.compile(r'<(?:script|img|iframe)[^>]+src="https?:[^"]+|<link [^>]*stylesheet[^>]+href="https?:[^"]+')
    for page in tmp_path.rglob("*.html"):
        loaded = elsewhere.findall(page.read_text())
        assert not loaded, f"{page.name} loads {loaded}"
