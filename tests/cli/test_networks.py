"""``lulc networks`` lists what is installed and what can be had, and gets it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from making import MadeCatalog, shared, write_model

import lulc_core as lulc
from lulc_core import cli
from lulc_core.cli.maps import network_for
from lulc_core.downloads import fetching

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command with an empty folder of networks; returns exit code, stdout and stderr."""
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path / "networks"))
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["lulc", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def test_it_lists_what_is_there_and_what_can_be_had(run) -> None:
    code, out, _ = run("networks")
    assert code == 0
    assert all(word in out for word in ("unet-simulated", "dynamic-world", "Apache-2.0", "L1C", "1.0 MB"))
    listed = json.loads(run("networks", "--json")[1])
    assert [one["name"] for one in listed["installed"]] == ["unet-simulated"]
    assert [(one["name"], one["size"]) for one in listed["available"]] == [("dynamic-world", 964_710)]


def test_what_cannot_be_had_is_said_with_the_option(run) -> None:
    code, _, err = run("networks", "get", "dynamic-world", "--from", "http://127.0.0.1:9/variables")
    assert (code, "another source (--from)" in err, "Traceback" in err) == (2, True, False)
    code, _, err = run("networks", "get", "another")
    assert (code, "dynamic-world" in err) == (2, True)


def test_what_was_got_is_printed_listed_and_found_by_name(run, tmp_path: Path) -> None:
    file = shared("models/dynamicworld/upstream/variables.data-00000-of-00001")
    assert run("networks", "get", "dynamic-world", "--from", file)[:2] == (
        0,
        f"{tmp_path / 'networks/dynamic-world'}\n",
    )
    listed = json.loads(run("networks", "--json")[1])
    assert [one["name"] for one in listed["installed"]] == ["unet-simulated", "dynamic-world"]
    assert listed["available"] == []
    assert lulc.Model.find("dynamic-world") == tmp_path / "networks" / "dynamic-world"


def test_real_imagery_is_never_mapped_by_the_simulated_network_unless_it_is_named(
    made: MadeCatalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path / "networks"))
    with pytest.raises(lulc.NotFoundError, match="`lulc networks get dynamic-world` downloads one"):
        network_for(None, "planetary-computer")
    with pytest.raises(lulc.NotFoundError, match="No network for real imagery"):
        network_for(None, str(made.root))
    write_model(tmp_path / "networks" / "mine")
    write_model(tmp_path / "networks" / "made-up", simulated=True)
    assert network_for(None, str(made.root)) == str(tmp_path / "networks" / "mine")
    assert network_for("unet-simulated", str(made.root)) == "unet-simulated"
    assert network_for(None, "simulated") == "unet-simulated"
    for item in made.items:
        item["properties"]["lulc:simulated"] = True
    made.save()
    assert network_for(None, str(made.root)) == "unet-simulated"
