"""The service starts with what a hub tells it, or says what is missing."""

from __future__ import annotations

import pytest
from lulc_explorer.engine.errors import UserError

settings = pytest.importorskip("lulc_explorer.service.settings")
HUB = {
    "JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101",
    "JUPYTERHUB_SERVICE_PREFIX": "/services/lulc/",
    "JUPYTERHUB_PUBLIC_URL": "https://hub.example.org/services/lulc/",
    "BOKEH_SECRET_KEY": 48 * "s",
}


def test_the_hub_says_all() -> None:
    read = settings.read_settings(HUB)
    assert (read.address, read.port, read.prefix, read.origins) == (
        "127.0.0.1",
        10101,
        "/services/lulc",
        ("hub.example.org",),
    )
    assert HUB["BOKEH_SECRET_KEY"] not in repr(read)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"JUPYTERHUB_SERVICE_URL": ""}, "Give the service a url"),
        ({"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1"}, "a host and a port"),
        ({"BOKEH_SECRET_KEY": ""}, "token_urlsafe"),
        ({"BOKEH_SECRET_KEY": "short"}, "at least 32"),
        ({"JUPYTERHUB_PUBLIC_URL": ""}, "LULC_ORIGINS"),
        ({"LULC_ORIGINS": "*"}, "takes hosts"),
        ({"LULC_ORIGINS": "https://hub.example.org"}, "takes hosts"),
        ({"LULC_SESSIONS_EACH": "0"}, "1 or more"),
    ],
)
def test_what_is_missing_or_wrong_is_said(change: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        settings.read_settings(HUB | change)
