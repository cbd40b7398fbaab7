"""The promises of the set-up: one set of versions, one licence, no registry's host, commands that are listed."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = [requirement for group in PROJECT["optional-dependencies"].values() for requirement in group]
NAME = r"^[A-Za-z0-9_.-]+"


def names(requirements: list[str]) -> set[str]:
    return {re.match(NAME, r)[0].lower() for r in requirements}


def test_environment_and_project_agree() -> None:
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r"^  - ([a-z0-9_.-]+[^#\n]*?)\s*(?:#.*)?$", text, re.MULTILINE)
    conda = {re.match(NAME, line)[0]: line for line in listed} | {
        "torch": next(x for x in listed if x.startswith("pytorch"))
    }
    for requirement in PROJECT["dependencies"]:
        name = re.match(NAME, requirement)[0]
        assert name in conda, f"{name} is missing from environment.yml"
        assert conda[name].replace("pytorch", "torch") == requirement


def test_the_lock_file_pins_every_requirement() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[^@/]+", line) for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    wanted = names(PROJECT["dependencies"] + OPTIONAL)
    assert wanted - pinned == set()


def test_the_requirements_reach_everything_in_the_lock_file() -> None:
    """What is only pinned is missing from a fresh machine: it was installed here by hand."""
    todo = [Requirement(r) for r in PROJECT["dependencies"] + OPTIONAL]
    reached: dict[tuple[str, str], None] = {}
    while todo:
        requirement = todo.pop()
        key = canonicalize_name(requirement.name), ",".join(sorted(requirement.extras))
        if key in reached:
            continue
        reached[key] = None
        for needed in map(Requirement, importlib.metadata.requires(requirement.name) or []):
            extras = requirement.extras or {""}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(needed)
    pinned = {canonicalize_name(line.split("==")[0]) for line in (ROOT / "constraints.txt").read_text().split()}
    assert pinned - {name for name, _ in reached} == set()


def test_no_registry_is_named() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    hosts = re.compile(r"(pypi\.org|pythonhosted|npmjs|conda\.anaconda|deb\.debian)\b")
    binary, own = {".png", ".safetensors"}, "tests/project/test_packaging.py"
    named = [f for f in files if f and f != own and (ROOT / f).suffix not in binary]
    assert not [f for f in named if hosts.search((ROOT / f).read_text(errors="ignore"))]


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("install", "app", "test", "check"):
        assert f"make {command}" in listed


def test_the_licence_is_apache() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]
