"""Which network a map is begun with, and one that is downloaded while somebody looks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, SIMULATED
from lulc_explorer.session.build import build_session
from lulc_explorer.shell.banner import Banner
from making import shared, write_model

from lulc_core.downloads import fetching

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.session import Session


def session_of(tmp_path: Path, **of_the_network: str) -> Session:
    """A session with the shipped network and one of one's own."""
    if of_the_network:
        write_model(tmp_path / "networks" / "mine", **of_the_network)
    store = MapRepository(tmp_path / "maps", catalog=None, model="unet-simulated", networks=[tmp_path / "networks"])
    return build_session(store, Jobs())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LULC_NETWORKS", str(tmp_path / "downloaded"))
    monkeypatch.setattr(fetching, "_PAUSE_S", 0.0)


def imagery(session: Session, *kinds: str) -> list[str]:
    """The network after each choice of imagery."""

    async def choose() -> list[str]:
        found = []
        for kind in kinds:
            session.selection.imagery = kind
            found.append(session.selection.network)
        return found

    return asyncio.run(choose())


def test_a_real_network_is_the_default_on_real_imagery_only(tmp_path: Path) -> None:
    session = session_of(tmp_path, name="Of my own")
    assert imagery(session, SIMULATED, LIVE, SIMULATED) == ["unet-simulated", "mine", "unet-simulated"]
    assert imagery(session, LIVE) == ["mine"]
    assert list(session.selection.networks) == ["mine", "unet-simulated"]
    assert {request.model for request in session.selection.latest} == {"unet-simulated"}


def test_a_network_that_was_chosen_stays_whatever_the_imagery(tmp_path: Path) -> None:
    session = session_of(tmp_path, name="Of my own")

    async def choose() -> None:
        session.selection.network = "mine"

    asyncio.run(choose())
    assert imagery(session, LIVE, SIMULATED) == ["mine", "mine"]
    of_a_link = session_of(tmp_path)
    of_a_link.selection.keep_network()
    assert imagery(of_a_link, LIVE) == ["unet-simulated"]


def test_without_a_real_network_the_shipped_one_stays(tmp_path: Path) -> None:
    assert imagery(session_of(tmp_path), LIVE) == ["unet-simulated"]


def test_a_network_for_another_level_says_so_above_the_map(tmp_path: Path) -> None:
    session = session_of(tmp_path, name="Of my own", product_level="L1C")
    banner = Banner(session)
    assert imagery(session, SIMULATED) == ["unet-simulated"]
    assert "L1C" not in banner._words.object
    imagery(session, LIVE)
    assert "Of my own was made for L1C; the imagery is L2A" in banner._words.object


def test_a_download_that_fails_says_why_and_may_be_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LULC_NETWORK_SOURCE", "http://127.0.0.1:9/variables")
    session = session_of(tmp_path)
    download = session.network_download
    assert download.offer is not None
    assert (download.offer.title, download.offer.about) == ("Dynamic World", "1.0 MB, Apache-2.0")
    asyncio.run(download.get())
    assert "could not be downloaded" in download.problem
    assert download.step is None
    assert list(session.selection.networks) == ["unet-simulated"]


def test_a_downloaded_network_is_offered_and_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = shared("models/dynamicworld/upstream/variables.data-00000-of-00001")
    monkeypatch.setenv("LULC_NETWORK_SOURCE", str(file))
    session = session_of(tmp_path)
    asyncio.run(session.network_download.get())
    assert session.network_download.problem == ""
    assert session.selection.network == "dynamic-world"
    assert session.selection.networks["dynamic-world"].title == "Dynamic World"
    assert session.network_download.offer is None
