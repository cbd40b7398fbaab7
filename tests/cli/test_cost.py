"""``lulc map`` says what a long run takes, and asks on a terminal before it begins."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lulc_core import cli
from lulc_core.cli import maps
from lulc_core.mapping.cost import Cost

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from making import MadeCatalog

SMALL = Cost(
    scenes=4, kept=0, live=False, read_bytes=10**6, seconds=(1, 2), disk_bytes=1, most_disk_bytes=2, free_bytes=10**12
)
MUCH: dict[str, dict[str, Any]] = {
    "long": {"seconds": (maps.LONG_S + 1, 2 * maps.LONG_S)},
    "much to read": {"read_bytes": maps.MUCH_BYTES + 1},
    "much of the disk": {"disk_bytes": 6, "free_bytes": 10},
}
LITTLE: dict[str, dict[str, Any]] = {
    "local": {},
    "perhaps a minute": {"seconds": (1, maps.TOLD_S + 1)},
    "live": {"live": True},
}


class Terminal(io.StringIO):
    """What somebody types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., tuple[int, str, bool]]:
    """Make a map that costs something, and return the exit code, stderr, and whether it is there."""

    def made_by(cost: dict[str, Any], *options: str, answer: str | None = None) -> tuple[int, str, bool]:
        told = Cost(**{name: cost.get(name, getattr(SMALL, name)) for name in Cost.__dataclass_fields__})
        monkeypatch.setattr("lulc_core.mapping.pipeline.cost_of", lambda *_: told)
        if answer is not None:
            monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
            monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        out = tmp_path / "out"
        command = f"lulc map --catalog {made.root} --year 2020 --model {tiny_model} --out {out}"
        monkeypatch.setattr(sys, "argv", [*command.split(), *options])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(stopped.value.code or 0), capsys.readouterr().err, out.exists()

    return made_by


@pytest.mark.parametrize("cost", MUCH.values(), ids=MUCH.keys())
def test_no_to_a_long_run_leaves_nothing(run: Callable[..., tuple[int, str, bool]], cost: dict[str, Any]) -> None:
    code, said, there = run(cost, answer="n")
    assert (code, there) == (1, False)
    assert "4 scenes: about" in said
    assert "Aborted" in said


def test_yes_to_a_long_run_makes_it(run: Callable[..., tuple[int, str, bool]]) -> None:
    code, said, there = run(MUCH["long"], answer="y")
    assert (code, there) == (0, True)
    assert "10 to 20 minutes" in said


@pytest.mark.parametrize("answer, options", [("n", ["--yes"]), (None, []), (None, ["--json"])], ids=str)
def test_nobody_is_asked_who_said_yes_or_is_no_terminal(
    run: Callable[..., tuple[int, str, bool]], answer: str | None, options: list[str]
) -> None:
    code, said, there = run(MUCH["much to read"], *options, answer=answer)
    assert (code, there) == (0, True)
    assert "about 5.0 GB to read" in said


@pytest.mark.parametrize("cost", LITTLE.values(), ids=LITTLE.keys())
def test_a_short_run_is_not_asked_for(run: Callable[..., tuple[int, str, bool]], cost: dict[str, Any]) -> None:
    code, said, there = run(cost, answer="n")
    assert (code, there) == (0, True)
    assert ("4 scenes: about" in said) == bool(cost)


def test_a_full_disk_refuses_the_run_whatever_is_said(run: Callable[..., tuple[int, str, bool]]) -> None:
    code, said, there = run({"disk_bytes": 2 * 10**9, "free_bytes": 10**9}, "--yes")
    assert (code, there) == (2, False)
    assert "takes about 2.0 GB" in said


def test_the_report_of_the_command_holds_the_estimate(
    run: Callable[..., tuple[int, str, bool]], tmp_path: Path
) -> None:
    run({}, "--json")
    assert json.loads((tmp_path / "out" / "report.json").read_text())["estimate"]["scenes"] == 4
