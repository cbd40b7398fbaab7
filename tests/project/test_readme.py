"""What the README promises is there: its Python runs, its links lead somewhere, its variables are read."""

from __future__ import annotations

import re
from pathlib import Path

import lulc_core as lulc

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_python_of_the_readme_runs() -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in program.splitlines() if line]) <= 10
    names: dict[str, object] = {}
    exec(program, names)
    assert len(names["sample"]) == 500
    assert set(names["cover"].data_vars) == {"label", "runner_up", "support", "margin", "observations"}


def test_the_table_of_environment_variables_is_complete() -> None:
    read = {
        name
        for package in ("lulc_core", "app")
        for path in (ROOT / package).rglob("*.py")
        for name in re.findall(r"(?:environ(?:\.get\(|\[)|: \()\"(LULC_[A-Z_]+)\"", path.read_text())
    }
    assert set(re.findall(r"^\| `(LULC_[A-Z_]+)` \|", README, re.MULTILINE)) == read


def test_links_and_pictures_of_the_documentation_are_there() -> None:
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
        missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
        assert not missing, f"{page.relative_to(ROOT)} links to {missing}"


def test_the_citation_is_of_this_version_and_of_the_paper() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {lulc.__version__}\n" in citation
    assert "10.1109/IGARSS47720.2021.9553499" in citation
    assert "10.1109/IGARSS47720.2021.9553499" in README
