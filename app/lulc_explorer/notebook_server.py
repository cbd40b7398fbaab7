"""The explorer that a notebook shows: a process of its own, which its kernel tells what to show.

The kernel writes a line of JSON for each folder, and reads one for the answer; the first line that it writes is the
secret path of the page, and the first that it reads is the port. When the kernel ends, however that happens, its end of
the pipe closes, and the server ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.repository import the_repository
from lulc_explorer.engine.shown_maps import shown_places
from lulc_explorer.server import stop_work
from lulc_explorer.shell import page
from lulc_explorer.shell.policy import let_frame
from lulc_explorer.shell.workarounds import keep_for_good

if TYPE_CHECKING:
    from typing import TextIO

    from panel.io.server import Server

PAGES_ON_THIS_MACHINE = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*")
"""The pages that may frame the explorer beside those of its own origin: JupyterLab's, on another port."""


def main() -> None:
    """Serve the explorer on a free port of this machine, until there is nobody to tell it what to show."""
    questions, answers, sys.stdout = sys.stdin, sys.stdout, sys.stderr
    os.environ.setdefault("LULC_AHEAD", "no")
    path = json.loads(questions.readline())
    let_frame(PAGES_ON_THIS_MACHINE)
    page.get_ready()
    the_repository()
    keep_for_good()  # as a server of `app/` does when it starts
    server = pn.serve(
        {path: str(files("lulc_explorer") / "served" / "app" / "main.py")},
        address="127.0.0.1",
        port=0,
        websocket_origin="*",  # of a proxy whose name only the browser knows; who does not know the path gets no answer
        use_index=False,  # it would tell the path
        show=False,
        start=False,
        verbose=False,
    )
    _answer(answers, {"port": server.port})
    threading.Thread(target=_listen, args=(questions, answers, server), daemon=True).start()
    server.start()
    server.io_loop.start()


def _listen(questions: TextIO, answers: TextIO, server: Server) -> None:
    """Add what the kernel asks for, until it ends."""
    for line in questions:
        try:
            places = shown_places(Path(json.loads(line)))
            the_repository().add(places)
            first = next(place for place in places if not place.problem)
            _answer(answers, {"region": first.key, "year": max(first.years), "title": first.title})
        except UserError as error:
            _answer(answers, {"error": str(error)})
        except Exception as error:
            _answer(answers, {"error": f"The map cannot be opened: {error!r}"})
    stop_work()
    server.io_loop.add_callback(server.io_loop.stop)


def _answer(answers: TextIO, value: dict[str, object]) -> None:
    print(json.dumps(value), file=answers, flush=True)


if __name__ == "__main__":
    main()
