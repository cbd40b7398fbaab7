"""Wall time of a map whose images are served, scene after scene, and with the next scene read while one is classified.

Run: ``python -P benchmarks/overlap.py``. A server on this machine answers each request after a delay, as one far away
does; the place is simulated. Both ways take turns, and are the same code: one after the other is what it does when
nothing is handed to another thread.
"""

import contextlib
import http.server
import json
import re
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from unittest.mock import patch

import numpy as np

import lulc_core as lulc
from lulc_core.imagery.access import local_path
from lulc_core.mapping import classification

DELAYS_S, SCENES, ROUNDS, EDGE_PX, YEAR = (0.0, 0.05, 0.1), 6, 3, 600, 2021


@contextlib.contextmanager
def served(folder: Path, delay: float) -> Iterator[str]:
    """Serve the files of a folder in ranges, each answer after a delay."""

    class Files(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(delay)
            path = folder / self.path.lstrip("/")
            data = path.read_bytes() if path.is_file() else b""
            asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
            first, last = (int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)) if asked else (0, len(data))
            body = data[first : last + 1]
            self.send_response(206 if asked and data else 200 if data else 404)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body)))
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextlib.contextmanager
def one_after_the_other() -> Iterator[None]:
    """Read, classify and write in one thread."""

    class Now:
        def __init__(self, *_: object, **__: object) -> None: ...
        def __enter__(self) -> "Now":
            return self

        def __exit__(self, *_: object) -> None: ...
        def submit(self, act, *given):
            done: Future = Future()
            done.set_result(act(*given))
            return done

    def in_turn(_at_once, do, items, **_more):
        yield from map(do, items)

    with patch.object(classification, "ThreadPoolExecutor", Now), patch.object(classification, "ahead", in_turn):
        yield


def seconds(catalog: Path, region: lulc.Region, model: lulc.Model, folder: str) -> tuple[float, float]:
    """Return wall and core seconds of a map."""
    request = lulc.MapRequest(region=region, year=YEAR, catalog=catalog, model=model, max_scenes=SCENES)
    wall, core = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory(dir=folder) as out:
        report = lulc.make_map(request, Path(out))
    assert not report.failed
    return time.perf_counter() - wall, time.process_time() - core


def main() -> None:
    """Print the seconds of both ways and their ratio, for each delay."""
    warnings.filterwarnings("ignore")
    items, whole = Path(lulc.simulate("belgium", YEAR)), lulc.Region.named("belgium")
    region = lulc.Region.from_grid(whole.grid[:EDGE_PX, :EDGE_PX], name="part")
    model = lulc.Model.open("unet-simulated")
    ways = {"one after the other": one_after_the_other, "overlapped": contextlib.nullcontext}
    for delay in DELAYS_S:
        with served(items.parent, delay) as address, tempfile.TemporaryDirectory() as folder:
            collection = json.loads(items.read_text())
            for feature in collection["features"]:
                for asset in feature["assets"].values():
                    asset["href"] = f"{address}/{local_path(asset['href']).as_posix().removeprefix('./')}"
                    asset.pop("file:checksum", None)
            (Path(folder) / "items.json").write_text(json.dumps(collection))
            took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
            for _ in range(ROUNDS):
                for name, way in ways.items():
                    with way():
                        took[name].append(seconds(Path(folder), region, model, folder))
        walls = {name: np.array(times)[:, 0] for name, times in took.items()}
        ratio = np.median(walls["one after the other"] / walls["overlapped"])
        said = ", ".join(
            f"{name} {np.median(walls[name]):.1f} s wall, {np.median(np.array(took[name])[:, 1]):.1f} s core"
            for name in ways
        )
        print(f"{delay * 1000:4.0f} ms a request: {said}; ratio of the walls {ratio:.2f}", flush=True)


if __name__ == "__main__":
    main()
