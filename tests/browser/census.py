"""What the server holds and does, for `panel serve --plugins`: living objects by kind, its memory, who is at work."""

import gc
import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path

import holoviews as hv
from panel.io.state import state
from tornado.web import RequestHandler

KINDS = {
    "openmap",
    "mapselection",
    "mappanel",
    "changesession",
    "calibrationsession",
    "accuracysession",
    "maps",
    "document",
    "dynamicmap",
    "rangexy",
    "figure",
    "page",
}
WORKERS = ("ThreadPoolExecutor", "asyncio", "job")
"""The names of threads that act for people: those of pools, asyncio's, and those that make maps."""
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Census(RequestHandler):
    def get(self) -> None:
        gc.collect()
        found = Counter(kind for item in gc.get_objects() if (kind := type(item).__name__.lower()) in KINDS)
        found["streams"] = sum(isinstance(item, hv.streams.Stream) for item in gc.get_objects())
        found["watchers of the server"] = sum(
            len(watchers) for by_name in state._param__private.watchers.values() for watchers in by_name.values()
        )
        sessions = [one for path in self.application.app_paths for one in self.application.get_sessions(path)]
        found["sessions"] = len(sessions)  # whoever is held for good is none of these
        found["connections"] = sum(one.connection_count for one in sessions)
        found["memory_kb"] = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB
        self.write(json.dumps(found))


class Pulse(RequestHandler):
    """How many threads are at something; one of a pool that waits for work stands in its function `_worker`."""

    def get(self) -> None:
        frames = sys._current_frames()
        threads = [frames[t.ident] for t in threading.enumerate() if t.name.startswith(WORKERS) and t.ident in frames]
        self.write(json.dumps(sum(frame.f_code.co_name != "_worker" for frame in threads)))


ROUTES = [("/census", Census, {}), ("/pulse", Pulse, {})]
