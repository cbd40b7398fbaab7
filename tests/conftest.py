"""What several tests need: the real inputs, small made-up catalogs, a tiny real network, a closed network."""

from __future__ import annotations

import gc
import os

if "PYTEST_XDIST_WORKER" in os.environ:  # before a library counts the cores: workers would fight for them
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    gc.disable()  # until all tests are collected: what is imported stays

import socket
from typing import TYPE_CHECKING, Any

import making
import pytest
from hypothesis import settings
from making import MadeCatalog, shared, write_model

from lulc_core.imagery import fetching, patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

settings.register_profile("quick", deadline=None, max_examples=20)  # shared machines stall: no deadline
settings.register_profile("thorough", deadline=None, max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

collect_ignore = ["browser/preloaded.py", "browser/small.py"]  # what servers load, and an app: no modules
SLOW_S = 3600
"""Most seconds for a long sweep, on a crowded machine, too."""
LONGEST = (
    "accessible",
    "many_people",
    "first_floor",
    "own_samples",
    "choosing",
    "stage_and_commands",
    "link",
    "layers",
    "swipe",
)
"""Files of the browser that take a minute or more, the longest first."""
SHORTEST = ("evidence", "audit_by_looking", "download", "waiting", "locator")
"""Those that take the least, the shortest last."""
LOOPBACK = {"localhost", "127.0.0.1", "::1", "0.0.0.0", ""}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the browser last: it keeps an event loop running, in which `asyncio.run` refuses to start another.

    Its longest files come first and its shortest last, so that all workers end together.
    """
    order = {f"test_{name}.py": i - len(LONGEST) for i, name in enumerate(LONGEST)}
    order |= {f"test_{name}.py": i for i, name in enumerate(SHORTEST, 1)}
    items.sort(key=lambda item: (1, order.get(item.path.name, 0)) if "browser" in item.keywords else (0, 0))
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(pytest.mark.timeout(SLOW_S))


def pytest_collection() -> None:
    """Compile the kernels once: no worker tests before all have collected, and they would all compile at once."""
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        making.compile_kernels()


def pytest_collection_finish() -> None:
    """Count rubbish from here on: nearly a million objects of libraries and tests stay, and are not looked at again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True)
def no_outside_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches beyond loopback fails, unless it is live; GDAL's own sockets get a proxy to nowhere.

    Servers of the tests are asked again at once, where real ones are spared.
    """
    if "live" in request.keywords:
        return
    connect = socket.socket.connect

    def only_loopback(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise OSError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", only_loopback)
    monkeypatch.setattr(patience, "FIRST_S", 0.01)
    monkeypatch.setitem(fetching._GDAL, "GDAL_HTTP_RETRY_DELAY", "0.05")
    monkeypatch.setenv("GDAL_HTTP_PROXY", "127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(scope="session", autouse=True)
def verdicts_of_this_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is found out about networks of the tests out of the user's cache, and the user's networks out of it."""
    with pytest.MonkeyPatch.context() as patched:
        base = tmp_path_factory.getbasetemp()
        of_the_run = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        patched.setenv("LULC_NETWORKS", str(tmp_path_factory.mktemp("installed")))
        patched.setattr("lulc_core.networks.proof.kept_in", lambda: of_the_run / "networks")
        patched.setattr(making, "OF_THE_RUN", of_the_run)
        yield


@pytest.fixture
def flanders() -> Path:
    return shared("real/flanders-2018")


@pytest.fixture
def ireland() -> Path:
    return shared("real/t29unu-2022")


@pytest.fixture
def dynamic_world() -> Path:
    return shared("models/dynamicworld")


@pytest.fixture
def made(tmp_path: Path) -> MadeCatalog:
    """Four scenes of 2020, one a season."""
    catalog = MadeCatalog(tmp_path / "catalog")
    for month in (1, 4, 7, 10):
        catalog.add(f"S2A_2020{month:02}", f"2020-{month:02}-15T10:50:00Z")
    return catalog


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")
