"""One land-cover explorer for all users of a JupyterHub, beside the one that each may start from JupyterLab.

Load it from the configuration of your hub, after your own services and roles:

    load_subconfig("/path/to/deploy/jupyterhub/jupyterhub_config.py")

The variables of the explorer (`LULC_...`, see the README) are those of the hub. Without c.JupyterHub.public_url,
one has to be there: LULC_ORIGINS, the host that browsers reach the hub by, such as hub.example.org.
"""

import os
import secrets
import sys

import jupyterhub

c = get_config()  # noqa: F821 - JupyterHub runs this file, and gives it `c`

SHARED = "/srv/lulc/cache"  # install -d -m 2770 -g lulc /srv/lulc/cache
CACHE = os.environ.get("LULC_CACHE") or (SHARED if os.path.isdir(SHARED) else None)  # None: each user's own
LIMITS = {"LULC_SESSIONS_EACH": "8", "LULC_MAPS_EACH": "2"}  # of one person: open explorers, maps being made

c.JupyterHub.services.append(
    {
        "name": "lulc",
        "url": os.environ.get("LULC_SERVICE_URL", "http://127.0.0.1:10101"),
        "command": [sys.executable, "-m", "lulc_explorer.service"],
        **({"timeout": 120} if jupyterhub.version_info >= (6,) else {}),  # seconds to start, on a crowded machine
        "oauth_no_confirm": True,
        "environment": {
            **LIMITS,
            **{name: value for name, value in os.environ.items() if name.startswith("LULC_")},
            **({"LULC_CACHE": CACHE} if CACHE else {}),
            "LULC_AHEAD": "no",  # makes no maps that nobody asked for
            "LULC_ENDS_WITH_PARENT": "yes",  # also with a hub that is killed
            "BOKEH_SECRET_KEY": secrets.token_urlsafe(48),  # a new one each time that the hub starts
        },
    }
)
c.JupyterHub.load_roles.append({"name": "user", "scopes": ["self", "access:services!service=lulc"]})
if CACHE:
    c.Spawner.environment.update({"LULC_CACHE": CACHE})  # what one way has made, the other opens
