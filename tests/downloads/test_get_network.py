"""A published network is downloaded, built, proved and installed: whole, or not at all."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from typing import TYPE_CHECKING

import faulty_server
import numpy as np
import onnxruntime
import pytest
from making import random_dynamic_world, shared, write_model

import lulc_core as lulc
from lulc_core.downloads import fetching
from lulc_core.networks.proof import Verdict
from lulc_core.networks.published import DYNAMIC_WORLD, PUBLISHED_NETWORKS, known_chip
from lulc_core.networks.scaling import Scaling

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_core.networks.published import PublishedNetwork

NAME = "variables.data-00000-of-00001"
PASSING = ("429", "503", "busy", "reset", "reset_midway", "truncated", "short", "dripping", "page", "empty", "flipped")
"""Faults of one answer after which another is asked for."""


@pytest.fixture(scope="module")
def entry() -> PublishedNetwork:
    """Dynamic World with other weights, and the answer that they give."""
    content = random_dynamic_world()
    session = onnxruntime.InferenceSession(DYNAMIC_WORLD.build(content))
    scaled = Scaling.read(DYNAMIC_WORLD.card["scaling"], 9, "the card")(known_chip(9))
    answer = session.run(None, {"chips": scaled})[0].mean(axis=(0, 2, 3))
    digest = hashlib.sha256(content).hexdigest()
    return dataclasses.replace(DYNAMIC_WORLD, size=len(content), sha256=digest, answer=tuple(map(float, answer)))


@pytest.fixture
def home(tmp_path: Path, entry: PublishedNetwork, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of downloaded networks, empty. Nothing is compared by OpenVINO, which takes longer than all else."""
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path / "networks"))
    monkeypatch.setitem(PUBLISHED_NETWORKS, entry.name, entry)
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)
    monkeypatch.setattr("lulc_core.networks.openvino_network.verdict_on", lambda *_: Verdict(wrong="not compared"))
    return tmp_path / "networks"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """The folder that is served, with the file."""
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / NAME).write_bytes(random_dynamic_world())
    return folder


def test_it_is_installed_under_its_name_with_licence_and_notice(home: Path, served: Path) -> None:
    seen: list[lulc.Progress] = []
    with faulty_server.files(served, "404", times=0) as address:
        folder = lulc.get_network("dynamic-world", f"{address}/{NAME}", progress=seen.append)
    model = lulc.Model.open("dynamic-world")
    assert (folder, model.name, model.bands[0]) == (home / "dynamic-world", "Dynamic World", "B02")
    assert model.other_level == "L1C (top of atmosphere)"
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "National Geographic" in (folder / "NOTICE").read_text()
    assert json.loads((folder / "model.json").read_text())["licence"] == "Apache-2.0"
    assert (seen[-2].done, seen[-1].stage) == (seen[-2].total, "prove")
    assert sorted(path.name for path in home.iterdir()) == ["dynamic-world"]


def test_a_file_is_taken_in_place_of_an_address_and_once_is_enough(home: Path, served: Path) -> None:
    folder = lulc.get_network("dynamic-world", served / NAME)
    written = (folder / "model.onnx").stat().st_mtime_ns
    (installed,) = [one for one in lulc.installed_networks() if one.folder == folder]
    assert (installed.title, installed.licence, installed.problem) == ("Dynamic World", "Apache-2.0", "")
    assert lulc.get_network("dynamic-world", served / NAME) == folder
    assert (folder / "model.onnx").stat().st_mtime_ns == written


def test_what_is_broken_is_made_anew(home: Path, served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment may name the source."""
    monkeypatch.setenv("LULC_NETWORK_SOURCE", str(served / NAME))
    folder = home / "dynamic-world"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text(json.dumps(DYNAMIC_WORLD.card))
    assert lulc.Model.open(lulc.get_network("dynamic-world")).name == "Dynamic World"


def test_another_network_of_that_name_stays(home: Path, served: Path) -> None:
    folder = write_model(home / "dynamic-world")
    with pytest.raises(lulc.InvalidInputError, match="holds another network than Dynamic World"):
        lulc.get_network("dynamic-world", served / NAME)
    assert lulc.Model.open(folder).bands[0] == "B04"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_of_one_answer_does_not_show(tmp_path: Path, served: Path, entry: PublishedNetwork, fault: str) -> None:
    from lulc_core.downloads.networks import _downloaded

    with faulty_server.files(served, fault) as address:
        content = _downloaded(f"{address}/{NAME}", tmp_path / ".part", entry, lambda _: None, None)
    assert content == random_dynamic_world()


def test_a_download_goes_on_where_it_ended(tmp_path: Path, served: Path, entry: PublishedNetwork) -> None:
    part, seen = tmp_path / "part", list[lulc.Progress]()
    part.write_bytes(random_dynamic_world()[:600_000])
    with faulty_server.files(served, "404", times=0) as address:
        fetching.fetch(f"{address}/{NAME}", part, entry.size, seen.append, None)
    assert seen[0].done > 600
    assert part.read_bytes() == random_dynamic_world()


@pytest.mark.parametrize("fault", ["another_range", "416", "empty_range"])
def test_a_server_that_cannot_go_on_is_asked_for_the_whole(
    tmp_path: Path, served: Path, entry: PublishedNetwork, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)
    part = tmp_path / "part"
    part.write_bytes(random_dynamic_world()[:1000])
    with faulty_server.files(served, fault) as address:
        fetching.fetch(f"{address}/{NAME}", part, entry.size, lambda _: None, None)
    assert part.read_bytes() == random_dynamic_world()


@pytest.mark.parametrize(
    "fault, kind, said",
    [
        ("404", lulc.UnreachableError, "the server answered 404.*another source"),
        ("503", lulc.UnreachableError, "the server answered 503"),
        ("truncated", lulc.UnreachableError, "could not be downloaded"),
        ("page", lulc.InvalidInputError, "expected 924,844 bytes, got 580"),
        ("flipped", lulc.InvalidInputError, "expected the SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}. Nothing was"),
        ("circle", lulc.UnreachableError, "redirect"),
    ],
)
def test_what_does_not_come_right_is_refused_and_leaves_nothing(
    home: Path, served: Path, fault: str, kind: type[Exception], said: str
) -> None:
    with faulty_server.files(served, fault, times=99) as address, pytest.raises(kind, match=said):
        lulc.get_network("dynamic-world", f"{address}/{NAME}")
    assert not any(path.is_dir() for path in home.iterdir())


def test_a_cancelled_download_ends_at_once_and_leaves_no_network(home: Path, served: Path) -> None:
    cancel = threading.Event()
    with faulty_server.files(served, "dripping", times=9) as address, pytest.raises(lulc.CancelledError):
        lulc.get_network("dynamic-world", f"{address}/{NAME}", progress=lambda _: cancel.set(), cancel=cancel)
    assert not (home / "dynamic-world").exists()


@pytest.mark.usefixtures("home")
def test_a_network_that_does_not_compute_what_it_should_is_not_installed(
    home: Path, served: Path, entry: PublishedNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PUBLISHED_NETWORKS, entry.name, dataclasses.replace(entry, answer=DYNAMIC_WORLD.answer))
    with pytest.raises(lulc.InvalidInputError, match="off by"):
        lulc.get_network("dynamic-world", served / NAME)
    assert not (home / "dynamic-world").exists()


def test_another_file_and_another_scheme_are_refused(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"other")
    with pytest.raises(lulc.InvalidInputError, match="expected 924,844 bytes, got 5"):
        lulc.get_network("dynamic-world", tmp_path / "other")
    with pytest.raises(lulc.InvalidInputError, match="no web address"):
        lulc.get_network("dynamic-world", "ftp://127.0.0.1/other")
    with pytest.raises(lulc.NotFoundError, match="Choose one of dynamic-world"):
        lulc.get_network("another")


def test_a_name_of_several_networks_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = write_model(home / "mine"), write_model(tmp_path / "more" / "mine")
    assert lulc.Model.find("mine") == first
    monkeypatch.setenv("LULC_MODELS", str(tmp_path / "more"))
    with pytest.raises(lulc.InvalidInputError, match="several networks"):
        lulc.Model.find("mine")
    assert lulc.Model.find(second) == second
    with pytest.raises(lulc.NotFoundError, match=r"\(unet-simulated, mine\).*lulc networks get dynamic-world"):
        lulc.Model.find("dynamic-world")


def test_the_published_file_becomes_the_published_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path))
    folder = lulc.get_network("dynamic-world", shared(f"models/dynamicworld/upstream/{NAME}"))
    theirs = lulc.Model.open(shared("models/dynamicworld"), runtime="onnxruntime")
    ours = lulc.Model.open(folder, runtime="onnxruntime")
    chip = known_chip(9)
    np.testing.assert_allclose(ours.probabilities(chip), theirs.probabilities(chip), atol=1e-5)


def test_the_licence_is_that_of_this_project() -> None:
    from pathlib import Path

    root = Path(__file__).parents[2]
    assert (root / "lulc_core/networks/licences/Apache-2.0.txt").read_text() == (root / "LICENSE").read_text()
