"""The Share button: a link that restores this view for whoever gets it, on a hub, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn
import param

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = Path(__file__).parent


class Share(pn.custom.JSComponent):
    """A button that copies the link of the address bar, and shows it."""

    own = param.String(doc="Beginning of the path, where only its owner can open it; empty where others can, too.")
    instead = param.String(doc="What leads everybody to an explorer of their own in its place.")

    _esm = _HERE / "share.js"
    _stylesheets = (_HERE / "share.css",)


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
    base, prefix = environment.get("JUPYTERHUB_BASE_URL", "/"), environment.get("JUPYTERHUB_SERVICE_PREFIX", "")
    personal = prefix.startswith(f"{base}user/")
    instead = f"{base}hub/user-redirect/" if personal else ""
    return Share(own=prefix if personal else "", instead=instead, margin=0, sizing_mode=None)
