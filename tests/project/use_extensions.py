"""Use every change of `docs/extending.md` in a copy of the packages, and print what came of each as JSON.

One process for all: to import the explorer takes longer than to use it.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

from lulc_explorer.engine.repository import the_repository
from panel.io.server import get_server
from tornado.httpclient import AsyncHTTPClient

import lulc_core
from lulc_core.cli import main


def lulc(*arguments: object) -> dict[str, Any]:
    """Return what the command prints as JSON; ``{"error": ...}`` if it refuses."""
    sys.argv = ["lulc", *map(str, arguments), "--json"]
    with redirect_stdout(io.StringIO()) as printed, suppress(SystemExit):
        main()
    return json.loads(printed.getvalue())


def assess(made: dict[str, Any], raster: Path, folder: Path) -> dict[str, Any]:
    """Draw a sample of a map by the new design, and assess it by the new estimator."""
    sample, areas = folder / "sample.csv", folder / "areas.csv"
    labels = ("--map", raster, "--reference", raster)
    drawn = lulc("sample", *labels, "--out", sample, "--design", "systematic", "--size", 64)
    pixels = {name: c["pixels"] for name, c in made["classes"].items() if c["pixels"] and name != "no data"}
    areas.write_text("class,pixels\n" + "".join(f"{name},{n}\n" for name, n in pixels.items()))
    given = ("--sample", sample, "--strata", folder / "strata.csv", "--mapped-area", areas, "--pixel-ha", 0.01)
    return {"drawn": drawn, "assessed": lulc("assess", *given, "--area-estimator", "direct"), "form": form(sample)}


def form(sample: Path) -> str:
    """Make a labelling project of a sample, and return the header of its form in the new format."""
    database, out = sample.with_name("labels.db"), sample.with_name("field.csv")
    lulc("label", "new", database, "--sample", sample, "--project", "new")
    lulc("label", "export", database, "--out", out, "--format", "field")
    return out.read_text().partition("\n")[0]


async def texts_of_page(app: Path, link: str) -> list[str]:
    """Serve the explorer as `panel serve` does, and return every text of the document that a link opens."""
    server = get_server({"/app": str(app)}, port=0, show=False, start=False)
    server.start()
    await AsyncHTTPClient().fetch(f"http://127.0.0.1:{server.port}/app?{link}", request_timeout=0)
    (session,) = server.get_sessions()
    found = {text for model in session.document.models for text in strings(model.properties_with_values())}
    server.stop()
    return sorted(found)


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.items() for text in strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def use(catalog: Path, network: Path, wrong: Path, folder: Path) -> dict[str, Any]:
    """Return what each change leads to. The page shows the map that the command line has made."""
    settings = {"LULC_CACHE": folder, "LULC_CATALOG": catalog, "LULC_MODEL": network, "LULC_AHEAD": "no"}
    os.environ |= {name: str(value) for name, value in settings.items()}
    repository = the_repository()
    cached = folder / repository.request(catalog.name, 2020).key
    given = ("map", "--catalog", catalog, "--year", 2020, "--probabilities", "--quicklooks", "--model")
    made = lulc(*given, network, "--out", cached)
    estimate = lulc_core.Estimate(value=0.5, standard_error=0.1, degrees_of_freedom=9, bounds=(0, 1))
    app = Path(lulc_core.__file__).parents[1] / "app" / "main.py"
    links = {"layer": "left=narrow-infrared&right=runner-up", "tab": "tab=methods"}
    return {
        "map": made,
        "refused": lulc(*given, wrong, "--out", folder / "refused"),
        **assess(made, next(cached.glob("*map*.tif")), folder),
        "interval": estimate.interval(0.75, method="chebyshev"),
        "pages": {name: asyncio.run(texts_of_page(app, link)) for name, link in links.items()},
    }


if __name__ == "__main__":
    print(json.dumps(use(*map(Path, sys.argv[1:]))))
