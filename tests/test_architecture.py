"""The house keeps its floors: a module imports only from floors below its own."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "lulc_core"
FLOORS = {
    6: {"__init__", "cli"},
    5: {"pipeline", "simulate"},
    4: {"inference", "training", "products", "published_maps"},
    3: {"calibration", "catalog", "loading", "model", "compositing", "accuracy", "audit", "files", "dataset"},
    2: {"progress", "unet", "legend", "regions", "scenes", "chips", "published"},
    1: {"errors"},
}
FLOOR_OF = {module: floor for floor, modules in FLOORS.items() for module in modules}


class WhatRuns(ast.NodeTransformer):
    """Leaves out what only a type checker reads."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


def imported_names(path: Path, *, running: bool = False) -> set[str]:
    """Every dotted module name a file imports, wherever in the file; `running` leaves out those for types only."""
    names: set[str] = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(WhatRuns().visit(tree) if running else tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def core_modules(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("lulc_core.")} & set(FLOOR_OF)


def module_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    module = module_of(path)
    assert module in FLOOR_OF, f"{module} has no floor; give it one in {Path(__file__).name}"
    wrong = {m for m in core_modules(imported_names(path)) if m != module and FLOOR_OF[m] >= FLOOR_OF[module]}
    assert not wrong, f"{module} (floor {FLOOR_OF[module]}) imports {sorted(wrong)}"


@pytest.mark.parametrize(
    "library, allowed",
    [
        ("pystac", {"catalog", "loading", "products", "simulate"}),
        ("odc.stac", {"loading"}),
        ("torch", {"training", "unet"}),
    ],
)
def test_a_library_stays_in_its_room(library: str, allowed: set[str]) -> None:
    users = {
        module_of(path)
        for path in CORE.rglob("*.py")
        if any(name == library or name.startswith(library + ".") for name in imported_names(path))
    }
    assert users <= allowed


def test_the_app_reaches_the_core_only_through_its_store_and_what_it_returns() -> None:
    users = {
        path.name
        for path in (ROOT / "app").rglob("*.py")
        if any(name.split(".")[0] == "lulc_core" for name in imported_names(path))
    }
    assert users <= {"store.py", "results.py", "assessing.py", "sampled.py"}


def test_the_modules_of_the_app_import_each_other_in_no_circle() -> None:
    app = ROOT / "app"
    imports = {
        ".".join(path.relative_to(app).with_suffix("").parts): imported_names(path, running=True)
        for path in app.rglob("*.py")
    }
    assert {"store", "wording"} <= imports["published"]
    TopologicalSorter({module: names & imports.keys() for module, names in imports.items()}).prepare()


def test_only_the_command_line_speaks_of_its_options() -> None:
    said = [path for path in CORE.rglob("*.py") if module_of(path) != "cli" and re.search(r"--[a-z]", path.read_text())]
    assert not said
