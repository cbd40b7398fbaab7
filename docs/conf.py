"""The documentation site: `make docs` builds it into docs/_build, without a request to any server."""

from __future__ import annotations

import ast
import re
import shutil
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import typer
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from typer.cli import get_docs_for_click

import lulc_core
from lulc_core.cli import app as commands

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).parent
GENERATED = DOCS / "_generated"
ROOMS = {
    "imagery": "Imagery",
    "networks": "Networks",
    "downloads": "Networks",
    "mapping": "Mapping",
    "runs": "Many tiles",
    "accuracy": "Accuracy and areas",
    "labelling": "Labelling",
    "audit": "Audit of printed matrices",
    "reference_maps": "Maps that others publish",
    "training": "Training",
    "simulation": "Simulated places",
}
"""Heading of the public names of each room; what lies beside the rooms is shared by all."""

project = "Land-cover explorer"
author = "Its contributors"
version = release = lulc_core.__version__
extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_prev_next": False, "secondary_sidebar_items": ["page-toc"], "navbar_center": []}
html_title = "Land-cover explorer"
html_sidebars = {"**": ["globaltoc.html"]}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_math_renderer = "mathml"
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r".*")  # bases and types of other projects, whose inventories a build offline cannot read
]
nb_execution_mode = "off"  # the tests run the notebooks
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
autodoc_typehints = "none"  # the numpydoc sections say them
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
default_role = "code"
suppress_warnings = [
    "misc.highlighting_failure",  # a diff of docs/extending.md shows parts of files
    "myst.header",  # a notebook may start with a second-level heading
]


def public_names() -> list[tuple[str, str]]:
    """Return (heading, name) of each public name, as `lulc_core/__init__.pyi` lists them."""
    tree = ast.parse((DOCS.parent / "lulc_core" / "__init__.pyi").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return [
        (ROOMS.get(str(node.module).split(".")[0], "Shared by all"), alias.name)
        for node in imports
        for alias in node.names
    ]


def directive(name: str) -> str:
    """Return the reStructuredText that documents one public name."""
    value = getattr(lulc_core, name)
    if isinstance(value, type):
        return f".. autoclass:: {name}\n   :members:\n"
    return f".. autofunction:: {name}\n" if callable(value) else f".. autodata:: {name}\n   :no-value:\n"


def write_generated(_: Sphinx) -> None:
    """Write the pages that are made from the code, and lay the notebooks beside them."""
    shutil.rmtree(GENERATED, ignore_errors=True)
    GENERATED.mkdir()
    headed = sorted(public_names(), key=lambda pair: [*ROOMS.values(), "Shared by all"].index(pair[0]))
    parts = [
        "Python",
        "======",
        "",
        "Every public name; ``import lulc_core as lulc``.",
        "",
        ".. currentmodule:: lulc_core",
    ]
    for heading, names in groupby(headed, key=lambda pair: pair[0]):
        parts += ["", heading, "-" * len(heading), "", *(directive(name) for _, name in names)]
    (GENERATED / "python.rst").write_text("\n".join(parts))
    command = typer.main.get_command(commands)
    text = get_docs_for_click(obj=command, ctx=click.Context(command), name="lulc", title="Command line")
    (GENERATED / "commands.md").write_text(text)
    shutil.copytree(DOCS.parent / "notebooks", GENERATED / "notebooks", ignore=shutil.ignore_patterns(".*"))
    for notebook in (GENERATED / "notebooks").glob("*.ipynb"):  # their links are those of the repository
        notebook.write_text(notebook.read_text().replace("](../docs/", "](../../"))


def to_mathml(tex: str, *, block: bool) -> str:
    """Return an equation as MathML; raises docutils' `MathError` for a command that it does not know."""
    tex = re.sub(r"(\\hat \w)(?=_)", r"{{}\1}", tex)  # else docutils sets the index under the letter
    return str(tex2mathml(tex, as_block=block))


def visit_math(self: Any, node: nodes.Element) -> None:
    """Write an equation as MathML, which browsers draw without a script."""
    block = isinstance(node, nodes.math_block)
    number = f'<span class="eqno">({node["number"]})</span>' if node.get("number") else ""
    mathml = to_mathml(node.astext(), block=block)
    self.body.append(f'<div class="math">{number}{mathml}</div>' if block else mathml)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Register what this site adds to Sphinx."""
    app.connect("builder-inited", write_generated)
    renderer = (visit_math, None)
    app.add_html_math_renderer("mathml", inline_renderers=renderer, block_renderers=renderer)
