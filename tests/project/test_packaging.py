"""The promises of the set-up: one set of versions, one licence, no registry's host, commands that are listed."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OPTIONAL = [requirement for group in PROJECT["optional-dependencies"].values() for requirement in group]
NAME = r"^[A-Za-z0-9_.-]+"


EXTRAS = PROJECT["optional-dependencies"]
RUN = [Requirement(line) for line in PROJECT["dependencies"]]
RUN += [Requirement(line) for extra in ("app", "train", "cluster", "hub") for line in EXTRAS[extra]]
PATCHED = {"bokeh", "panel", "panel-material-ui"}
"""Libraries whose internals are patched."""


def names(requirements: list[str]) -> set[str]:
    return {re.match(NAME, r)[0].lower() for r in requirements}


def pins(file: str) -> dict[str, Version]:
    lines = (ROOT / file).read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[^@/]+", line) for line in lines)
    return {canonicalize_name(name): Version(version) for name, version in (line.split("==") for line in lines)}


def lower_bound(requirement: Requirement) -> Version:
    (bound,) = [one.version for one in requirement.specifier if one.operator == ">="]
    return Version(bound)


def test_environment_and_project_agree() -> None:
    text = (ROOT / "environment.yml").read_text()
    listed = re.findall(r"^  - ([a-z0-9_.-]+[<>=][^#\n]*?)\s*(?:#.*)?$", text, re.MULTILINE)
    conda = {Requirement(line.replace("pytorch", "torch")) for line in listed}
    anywhere = {Requirement(str(requirement).partition(";")[0]) for requirement in RUN}
    assert conda == {*anywhere, Requirement(f"python{PROJECT['requires-python']}")}
    assert f"--editable .[{','.join(EXTRAS)}]" in text


def test_make_installs_every_extra() -> None:
    assert f"--editable '.[{','.join(EXTRAS)}]'" in (ROOT / "Makefile").read_text()


def test_the_oldest_releases_are_the_lower_bounds() -> None:
    oldest = pins("constraints-oldest.txt")
    assert {r.name: oldest[canonicalize_name(r.name)] for r in RUN} == {r.name: lower_bound(r) for r in RUN}


def test_upper_bounds_stand_only_where_internals_are_patched() -> None:
    bounded = {r.name for r in map(Requirement, PROJECT["dependencies"] + OPTIONAL) if "<" in str(r.specifier)}
    assert bounded == PATCHED
    reasons = (ROOT / "docs" / "decisions" / "0050-extras-and-bounds.md").read_text()
    assert all(re.search(rf"^\| {name} \|", reasons, re.MULTILINE) for name in PATCHED)


def test_the_lock_file_pins_every_requirement() -> None:
    assert names(PROJECT["dependencies"] + OPTIONAL) - pins("constraints.txt").keys() == set()


def test_the_requirements_reach_everything_in_the_lock_file() -> None:
    """What is only pinned is missing from a fresh machine: it was installed here by hand. Newer Pythons need less."""
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
    installed = {canonicalize_name(found.name) for found in importlib.metadata.distributions()}
    assert (pins("constraints.txt").keys() & installed) - {name for name, _ in reached} == set()


def test_no_registry_is_named() -> None:
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    hosts = re.compile(r"(pypi\.org|pythonhosted|npmjs|conda\.anaconda|deb\.debian)\b")
    binary, own = {".png", ".safetensors"}, "tests/project/test_packaging.py"
    named = [f for f in files if f and f != own and (ROOT / f).suffix not in binary]
    assert not [f for f in named if hosts.search((ROOT / f).read_text(errors="ignore"))]


def test_make_alone_lists_the_commands() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for command in ("install", "app", "test", "check", "test-slow", "test-oldest"):
        assert f"make {command}" in listed


def test_the_licence_is_apache() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:200]


def test_pre_commit_and_the_workflow_run_what_make_runs() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"repo: (\S+)", hooks) == ["local"]
    checks = re.search(r"^check:.*?\n\n", (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL)[0]
    for command in re.findall(r"^\t\$\(BIN\)/(.+?)(?: \|\| .*)?$", checks, re.MULTILINE):
        assert f"entry: .venv/bin/{command}\n" in hooks
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    assert "run: make test\n" in workflow
    assert all(version in workflow for version in ('"3.11"', '"3.12"', '"3.13"'))
