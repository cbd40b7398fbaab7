"""The Share button: a link that restores this view for whoever gets it, on a hub, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import param

from lulc_explorer.components.styled_component import StyledComponent

if TYPE_CHECKING:
    from collections.abc import Mapping


class Share(StyledComponent):
    """A button that copies the link of the address bar, and shows it."""

    own = param.String(doc="Beginning of the path, where only its owner can open it; empty where others can, too.")
    instead = param.String(doc="What leads everybody to an explorer of their own in its place.")

    _esm = Path(__file__).with_name("share.js")


def share_button(environment: Mapping[str, str]) -> Share:
    """Return the button, with links that others can open.

    Parameters
    ----------
    environment
        Variables that tell of a hub: ``JUPYTERHUB_BASE_URL`` and ``JUPYTERHUB_SERVICE_PREFIX``, which on a server of
        somebody's own is ``/user/NAME/``: nobody else may open what lies there.

    Examples
    --------
    >>> hub = {"JUPYTERHUB_BASE_URL": "/lab/", "JUPYTERHUB_SERVICE_PREFIX": "/lab/user/ana/"}
    >>> button = share_button(hub)
    >>> button.own, button.instead
    ('/lab/user/ana/', '/lab/hub/user-redirect/')
    >>> share_button(hub | {"JUPYTERHUB_SERVICE_PREFIX": "/lab/services/lulc/"}).own
    ''
    """
    own, instead = _prefixes(environment)
    return Share(own=own, instead=instead, margin=0, sizing_mode=None)


def shared_link(href: str, environment: Mapping[str, str]) -> str:
    """Return a link to this page that others can open; `environment` is that of `share_button`.

    Examples
    --------
    >>> hub = {"JUPYTERHUB_BASE_URL": "/lab/", "JUPYTERHUB_SERVICE_PREFIX": "/lab/user/ana/"}
    >>> shared_link("https://hub.org/lab/user/ana/land-cover/?region=laos", hub)
    'https://hub.org/lab/hub/user-redirect/land-cover/?region=laos'
    """
    own, instead = _prefixes(environment)
    return href.replace(own, instead, 1) if own else href


def _prefixes(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return the beginning of paths that only their owner can open, and what leads others to their own; or nothing."""
    base, prefix = environment.get("JUPYTERHUB_BASE_URL", "/"), environment.get("JUPYTERHUB_SERVICE_PREFIX", "")
    return (prefix, f"{base}hub/user-redirect/") if prefix.startswith(f"{base}user/") else ("", "")
