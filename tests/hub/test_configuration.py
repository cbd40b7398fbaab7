"""What an administrator loads into the configuration of a hub."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py"


class Configured(NamedTuple):
    """What the file sets: the variables of the service, and those of everybody's own server."""

    service: dict[str, str]
    servers: dict[str, str]


def read_config(monkeypatch: pytest.MonkeyPatch, *, shared: Path, **settings: str) -> Configured:
    """Run the file, where the folder that everybody shares by default lies elsewhere."""
    pytest.importorskip("jupyterhub")
    for name in ("LULC_CACHE", "LULC_MODELS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    hub, spawner = SimpleNamespace(services=[], load_roles=[]), SimpleNamespace(environment={})
    text = CONFIG.read_text()
    assert '"/srv/lulc/cache"' in text
    given = {"get_config": lambda: SimpleNamespace(JupyterHub=hub, Spawner=spawner)}
    exec(text.replace("/srv/lulc/cache", str(shared)), given)
    (service,) = hub.services
    return Configured(service["environment"], spawner.environment)


def test_both_ways_share_the_folder_that_the_administrator_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = read_config(monkeypatch, shared=tmp_path)
    assert config.service["LULC_CACHE"] == str(tmp_path)
    assert config.servers == {"LULC_CACHE": str(tmp_path)}


def test_without_that_folder_everybody_has_a_cache_of_their_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = read_config(monkeypatch, shared=tmp_path / "missing")
    assert "LULC_CACHE" not in config.service
    assert config.servers == {}


def test_the_variables_of_the_hub_reach_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    chosen = {"LULC_CACHE": "/elsewhere", "LULC_MODELS": "/networks", "LULC_MAPS_EACH": "5"}
    config = read_config(monkeypatch, shared=tmp_path, **chosen)
    assert chosen.items() <= config.service.items()
    assert config.servers == {"LULC_CACHE": "/elsewhere"}
    assert len(config.service["BOKEH_SECRET_KEY"]) >= 48
