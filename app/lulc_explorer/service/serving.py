"""Serves the explorer as ``lulc app`` does, guarded."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import logging
import os
import secrets
import signal
import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from bokeh.settings import settings as bokeh_settings
from jupyterhub.services.auth import HubOAuthCallbackHandler
from panel.command.serve import Serve

from lulc_explorer.service import request_log
from lulc_explorer.service.guard import GuardedExplorer, Health
from lulc_explorer.service.metrics import Metrics
from lulc_explorer.service.people import People

if TYPE_CHECKING:
    from bokeh.application import Application
    from bokeh.server.server import Server

    from lulc_explorer.service.settings import ServiceSettings

_PR_SET_PDEATHSIG = 1
"""Of ``sys/prctl.h``."""


def serve(settings: ServiceSettings) -> None:
    """Serve the explorer to the users of a hub until told to end.

    Parameters
    ----------
    settings
        Where, for whom, and within which limits.
    """
    if settings.ends_with_parent:
        end_with_parent()
    request_log.log.setLevel(logging.INFO)
    logging.getLogger("tornado.application").setLevel(logging.ERROR)  # jupyterhub 6 warns of every websocket
    bokeh_settings.secret_key.set_value(settings.secret)
    os.environ.pop("BOKEH_SECRET_KEY", None)  # no process that this one starts needs it
    options = [
        f"--address={settings.address}",
        f"--port={settings.port}",
        f"--prefix={settings.prefix}",
        "--session-ids=signed",
        "--warm",
        "--log-level=warning",
        *(f"--allow-websocket-origin={origin}" for origin in settings.origins),
    ]
    parser = argparse.ArgumentParser()
    command = _Service(parser, settings)
    command.invoke(parser.parse_args([str(files("lulc_explorer") / "served" / "app"), *options]))


def end_with_parent() -> None:
    """Let Linux end this process when who started it ends, however: a hub that is killed tells nobody."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class _Service(Serve):
    """Panel's own command, with the guard in front and the counts beside it."""

    def __init__(self, parser: argparse.ArgumentParser, settings: ServiceSettings) -> None:
        super().__init__(parser=parser)
        self._settings, self._people = settings, People()

    def customize_applications(
        self, args: argparse.Namespace, applications: dict[str, Application]
    ) -> dict[str, Application]:
        applications = super().customize_applications(args, applications)
        for application in applications.values():
            application.add(self._people)
        return applications

    def customize_kwargs(self, args: argparse.Namespace, server_kwargs: dict[str, Any]) -> dict[str, Any]:
        options = super().customize_kwargs(args, server_kwargs)
        options["extra_patterns"] += [
            ("/oauth_callback", HubOAuthCallbackHandler),
            ("/liveness", Health),
            ("/metrics", Metrics, {"people": self._people}),
        ]
        # bokeh 3.9 writes headers and cookies, the login among them, into the page, for the websocket to send back
        return {**options, "include_headers": [], "include_cookies": [], "cookie_secret": secrets.token_bytes(32)}

    def customize_server(self, server: Server) -> Server:
        tornado = server._tornado
        tornado.__class__ = GuardedExplorer  # bokeh 3.9 makes its own, whatever it is told; nothing is served yet
        tornado.people, tornado.limits = self._people, self._settings
        if sys.platform != "win32":  # a hub sends it first, and waits 30 s; one started in the background ignores it
            asyncio.get_event_loop().add_signal_handler(signal.SIGINT, server.io_loop.stop)
        return super().customize_server(server)
