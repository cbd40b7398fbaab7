"""``lulc app``: serve the explorer."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING

import lulc_core as lulc
import lulc_core.cli.options as opt

if TYPE_CHECKING:
    import typer
    from bokeh.server.server import Server

_NEEDED = ("bokeh", "panel", "panel_material_ui", "holoviews", "geoviews", "datashader", "lulc_explorer")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("app")(serve)


def serve(
    port: opt.Port = 5006,
    address: opt.Address = "127.0.0.1",
    prefix: opt.Prefix = "",
    allow_websocket_origin: opt.Origin = None,
    unix_socket: opt.Socket = None,
    _jobs: opt.Jobs = None,
) -> None:
    """Serve the explorer, and print its address. While it works, /liveness under it answers 200."""
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise lulc.NotFoundError(
            f"Not installed, and needed by the explorer: {', '.join(missing)}. "
            "Install the explorer's extra: pip install 'lulc-explorer[app]'"
        )
    options, origins = [f"--prefix={prefix}"], allow_websocket_origin or []
    if unix_socket:
        where = str(unix_socket)
        options.append(f"--unix-socket={unix_socket}")
    else:
        port = _free_port(address, port)
        where = f"http://{address}:{port}/{prefix.strip('/')}/app".replace("//app", "/app")
        options += [f"--port={port}", f"--address={address}"]
        # bokeh 3.8 lets only localhost in, not the address that was printed
        origins = origins or [f"{host}:{port}" for host in ("localhost", "127.0.0.1", address)]
    _run([*options, *(f"--allow-websocket-origin={origin}" for origin in origins)], where)


def _free_port(address: str, port: int) -> int:
    """Return the port to listen on; panel's own message is a traceback for a wrong address.

    Raises
    ------
    InvalidInputError
        If the port is in use, or the address is not one of this machine.
    """
    from tornado.netutil import bind_sockets

    try:
        sockets = bind_sockets(port, address)
    except OSError as error:
        raise lulc.InvalidInputError(
            f"Cannot listen on port {port} of {address}: {error.strerror}. "
            "Choose another with --port (0 takes any that is free) or --address."
        ) from error
    chosen: int = sockets[0].getsockname()[1]
    for socket in sockets:
        socket.close()
    return chosen


def _run(options: list[str], where: str) -> None:
    """Serve as ``panel serve app/ --warm`` does, until interrupted."""
    from panel.command.serve import Serve

    class Explorer(Serve):  # type: ignore[misc]  # panel's, which is untyped
        """Panel's own command, which prints the address once the server listens."""

        def customize_server(self, server: Server) -> Server:
            print(f"Explorer running at: {where}", flush=True)
            # bokeh 3.9 prints when it is told to end; where nobody reads that any more it raises, and goes on serving
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for as long as it serves
            if where.startswith("http"):
                server.io_loop.add_callback(open_once, where)
            return super().customize_server(server)

    folder = files("lulc_explorer") / "served" / "app"
    parser = argparse.ArgumentParser()
    command = Explorer(parser=parser)
    command.invoke(parser.parse_args([str(folder), "--warm", "--liveness", "--log-level=warning", *options]))


async def open_once(where: str) -> None:
    """Open the page once: the first takes twice as long as those that follow, and has no head to send early."""
    from tornado.httpclient import AsyncHTTPClient

    with suppress(Exception):  # who opens it next sees what is wrong
        await AsyncHTTPClient().fetch(where, request_timeout=60)
