"""What a hub tells its service, and what its administrator may choose: environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lulc_explorer.engine.allowance import at_least_one
from lulc_explorer.engine.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST_SECRET = 32
"""Characters of a secret that nobody guesses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Where the service listens, for whom, and how much one person may ask of it."""

    address: str
    """Address to listen on."""
    port: int
    """Port to listen on."""
    prefix: str
    """Path before every address, without a slash at its end."""
    origins: tuple[str, ...]
    """Hosts whose pages may open the websocket, with their ports."""
    secret: str = field(repr=False)
    """Signs the sessions."""
    sessions: int
    """Most explorers that one person may have open."""
    ends_with_parent: bool
    """Whether to end when who started it does, though it was not told."""


def read_settings(environment: Mapping[str, str] = os.environ) -> ServiceSettings:
    """Read the settings of the service.

    Parameters
    ----------
    environment
        ``JUPYTERHUB_*``, as a hub sets them for a service; ``BOKEH_SECRET_KEY``; ``LULC_ORIGINS``, separated by commas,
        where the hub does not know its public address; ``LULC_SESSIONS_EACH``;
        ``LULC_ENDS_WITH_PARENT``, ``yes`` or not.

    Raises
    ------
    UserError
        If a variable is missing or wrong.

    Examples
    --------
    >>> hub = {"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:10101", "JUPYTERHUB_SERVICE_PREFIX": "/services/lulc/"}
    >>> settings = read_settings(hub | {"BOKEH_SECRET_KEY": 32 * "x", "LULC_ORIGINS": "hub.example.org"})
    >>> settings.port, settings.prefix, settings.origins, settings.sessions
    (10101, '/services/lulc', ('hub.example.org',), 8)
    """
    url = urlsplit(_given(environment, "JUPYTERHUB_SERVICE_URL", "Give the service a url in the hub's configuration."))
    if not url.hostname or not url.port:
        raise InvalidInputError(f"Expected a url with a host and a port for the service, got {url.geturl()!r}.")
    secret = _given(environment, "BOKEH_SECRET_KEY", "Let the hub's configuration draw one: secrets.token_urlsafe(48).")
    if len(secret) < _LEAST_SECRET:
        raise InvalidInputError(f"BOKEH_SECRET_KEY has {len(secret)} characters. Draw one of at least {_LEAST_SECRET}.")
    return ServiceSettings(
        address=url.hostname,
        port=url.port,
        prefix=environment.get("JUPYTERHUB_SERVICE_PREFIX", "/").rstrip("/"),
        origins=_origins(environment),
        secret=secret,
        sessions=at_least_one(environment, "LULC_SESSIONS_EACH", 8),
        ends_with_parent=environment.get("LULC_ENDS_WITH_PARENT") == "yes",
    )


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the hosts that browsers reach the hub by; never every host."""
    public = urlsplit(environment.get("JUPYTERHUB_PUBLIC_URL", "")).netloc
    named = [origin.strip() for origin in environment.get("LULC_ORIGINS", public).split(",") if origin.strip()]
    if not named:
        raise InvalidInputError(
            "The service does not know by which host browsers reach the hub. Set c.JupyterHub.public_url, or "
            "LULC_ORIGINS, such as hub.example.org."
        )
    if wrong := [origin for origin in named if "*" in origin or "/" in origin]:
        raise InvalidInputError(
            f"LULC_ORIGINS takes hosts, such as hub.example.org or localhost:8000; got {', '.join(wrong)}."
        )
    return tuple(named)


def _given(environment: Mapping[str, str], name: str, advice: str) -> str:
    if not environment.get(name):
        raise InvalidInputError(f"The environment variable {name} is not set: a hub sets it for its service. {advice}")
    return environment[name]
