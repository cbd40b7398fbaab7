"""The house keeps its floors: every file imports only from floors below its own, for types included."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "lulc_core"
EXPLORER = ROOT / "app" / "lulc_explorer"
CORE_FLOORS = (
    ("__init__", "__main__"),
    ("cli",),
    ("runs",),
    ("simulation", "training", "downloads"),
    ("mapping",),
    ("reference_maps", "labelling"),
    ("accuracy", "audit"),
    ("networks", "imagery", "class_rasters"),
    ("accuracy_plots", "averaged_codes"),
    ("plots",),
    ("locking", "legend", "regions"),
    ("progress", "ground_area", "raster_layout", "valid_pixels", "class_names", "territories", "bounding_boxes"),
    ("untrusted", "cores", "extras", "geojson", "display"),
    ("errors", "heap", "home", "counted", "json_types", "_deprecated", "_renamed"),
)
"""The rooms of the engine, the highest floor first."""
EXPLORER_FLOORS = (
    ("__init__", "served"),
    ("notebook_server",),
    ("server",),
    ("compose", "launcher", "in_notebooks", "service"),
    ("tabs",),
    ("sidebar",),
    ("shell",),
    ("components",),
    ("session",),
    ("layers",),
    ("engine",),
    ("analysis",),
    ("rendering",),
    ("background",),
)
"""The rooms of the explorer, the highest first."""


def imported_names(path: Path) -> set[str]:
    """Every dotted name a file imports, wherever in the file, for types or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def dotted(path: Path, package: Path) -> str:
    return ".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__")


def imports(package: Path) -> dict[str, set[str]]:
    """What each module of a package imports of the same package."""
    modules = {dotted(path, package): imported_names(path) for path in package.rglob("*.py")}
    return {module: names & modules.keys() - {module} for module, names in modules.items()}


def room(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def arrows_up(package: Path, floors: tuple[tuple[str, ...], ...]) -> list[str]:
    """Return the imports that lead to the same or a higher floor, other than within a room."""
    floor = {name: number for number, names in enumerate(floors) for name in names}
    return [
        f"{module} -> {other}"
        for module, others in imports(package).items()
        for other in others
        if room(module) != room(other) and other != package.name and floor[room(other)] <= floor[room(module)]
    ]


@pytest.mark.parametrize("package", [CORE, EXPLORER], ids=lambda package: package.name)
def test_no_file_imports_itself_by_a_detour(package: Path) -> None:
    TopologicalSorter(imports(package)).prepare()


@pytest.mark.parametrize("package, floors", [(CORE, CORE_FLOORS), (EXPLORER, EXPLORER_FLOORS)])
def test_each_floor_imports_only_downwards(package: Path, floors: tuple[tuple[str, ...], ...]) -> None:
    assert not arrows_up(package, floors)


@pytest.mark.parametrize(
    "library, allowed",
    [
        ("pystac", {"imagery", "mapping", "runs", "simulation"}),
        ("odc.stac", {"imagery"}),
        ("torch", {"training", "networks"}),
        ("sqlalchemy", {"labelling"}),
    ],
)
def test_a_library_stays_in_its_room(library: str, allowed: set[str]) -> None:
    users = {
        room(dotted(path, CORE))
        for path in CORE.rglob("*.py")
        if any(name == library or name.startswith(library + ".") for name in imported_names(path))
    }
    assert users <= allowed


def test_the_explorer_reaches_the_engine_only_through_one_room() -> None:
    users = {
        room(dotted(path, EXPLORER))
        for path in EXPLORER.rglob("*.py")
        if any(name.split(".")[0] == "lulc_core" for name in imported_names(path))
    }
    assert users == {"engine"}


def test_the_explorer_sees_faces_of_the_engine_only() -> None:
    """Beside the engine's own face, those of five rooms: tables of samples, how counts are said, locks that other
    processes respect, how a process holds its memory, and what ``~`` means."""
    seen = {
        node.module
        for path in EXPLORER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "lulc_core"
    }
    rooms = ("accuracy", "counted", "heap", "home", "locking")
    assert seen <= {f"lulc_core.{name}" for name in rooms}


def test_one_file_knows_the_home_folder() -> None:
    knowing = [
        path for package in (CORE, EXPLORER) for path in package.rglob("*.py") if "expanduser" in path.read_text()
    ]
    assert knowing == [CORE / "home.py"]


def test_only_the_command_line_speaks_of_its_options() -> None:
    said = [
        path
        for path in CORE.rglob("*.py")
        if room(dotted(path, CORE)) != "cli" and re.search(r"--[a-z]", path.read_text())
    ]
    assert not said
