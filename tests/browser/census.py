"""What the server holds, for `panel serve --plugins`: living objects by kind, and its memory."""

import gc
import json
import os
from collections import Counter
from pathlib import Path

import holoviews as hv
from panel.io.state import state
from tornado.web import RequestHandler

KINDS = {
    "explorer",
    "comparison",
    "calibrating",
    "review",
    "maps",
    "document",
    "dynamicmap",
    "rangexy",
    "figure",
    "page",
}
_PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024


class Census(RequestHandler):
    def get(self) -> None:
        gc.collect()
        found = Counter(kind for item in gc.get_objects() if (kind := type(item).__name__.lower()) in KINDS)
        found["streams"] = sum(isinstance(item, hv.streams.Stream) for item in gc.get_objects())
        found["watchers of the server"] = sum(
            len(watchers) for by_name in state._param__private.watchers.values() for watchers in by_name.values()
        )
        found["memory_kb"] = int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_KB
        self.write(json.dumps(found))


ROUTES = [("/census", Census, {})]
