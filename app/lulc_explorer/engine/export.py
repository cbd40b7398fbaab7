"""Downloads of a map: file names, the table of areas, and Python code that reproduces it. Pure."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from lulc_explorer.engine.classes import DISTINCT, PUBLISHED

if TYPE_CHECKING:
    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap

_SCRIPT = '''\
"""{title}, as the land-cover explorer showed it."""

{replace}from pathlib import Path

from affine import Affine
from odc.geo.geobox import GeoBox
{imports}
import lulc_core as lulc

grid = GeoBox({shape}, Affine{transform}, "{crs}")
region = {region}
catalog = {catalog}
out = Path({out!r})
request = lulc.MapRequest(
    region=region,
    year={year},
    catalog=catalog,
    model={model!r},
    mask={mask!r},
    weights={weights!r},  # where they differ from those of the network
{colours})
lulc.make_map(request, out)

land_cover = lulc.read_map(out / "map.tif")  # codes of lulc.LEGEND, (y, x)
scenes = lulc.open_predictions(out / "predictions.zarr")
one_day = scenes["label"].sel(time="{scene}", method="nearest")
{crop}
maps = {{"One day": one_day, "The whole year": land_cover}}
lulc.plot_maps(maps, legend=request.legend).savefig(out / "maps.png")
'''
_REGION = "lulc.Region.from_grid(grid, name={name!r}, title={title!r})"
_WITHIN = """replace(
    {region},
    within=from_wkt("{outline}"),  # pixels count whose centre lies in it
)"""
_CROP = """
in_view = box({view}, "EPSG:4326")  # west, south, east, north
land_cover, one_day = (layer.odc.crop(in_view, apply_mask=False) for layer in (land_cover, one_day))
"""


def stem(land_cover: LandCoverMap) -> str:
    """Return the stem of all file names of a map; it says whether the map is simulated."""
    asked = land_cover.request.place
    name = asked.key if asked.outline is None else f"outline {asked.title}"
    place = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{place}-{land_cover.request.year}" + ("-simulated" if land_cover.simulated else "")


def area_table(land_cover: LandCoverMap, composite: Composite) -> str:
    """Return the area of every class as CSV: name, code, weight, hectares, share of what has a class (0-1)."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["class", "code", "weight", "hectares", "share_of_mapped"])
    for c in land_cover.legend:
        area = composite.hectares[c.code]
        share = area / composite.mapped_ha if composite.mapped_ha else 0.0
        rows.writerow([c.name, c.code, composite.data.attrs["weights"][c.name], round(area, 4), round(share, 6)])
    rows.writerow(["no data", 0, "", round(composite.hectares[0], 4), ""])
    return text.getvalue()


def script(land_cover: LandCoverMap, composite: Composite, *, scene: str, view: str, colours: str = PUBLISHED) -> str:
    """Return Python code that makes and draws the same map with `lulc_core` alone.

    Parameters
    ----------
    land_cover, composite
        The map, and its composite with the chosen weights.
    scene
        When the chosen scene was taken, UTC.
    view
        West, south, east, north in degrees, comma-separated; empty for the whole place.
    colours
        A key of `COLOURS`.
    """
    grid, request = land_cover.report["grid"], land_cover.request
    used, outline = composite.data.attrs["weights"], request.place.outline
    region = _REGION.format(name=land_cover.report["region"], title=request.place.title)
    return _SCRIPT.format(
        title=f"{request.place.title} in {request.year}" + (" (simulated)" if land_cover.simulated else ""),
        replace="" if outline is None else "from dataclasses import replace\n",
        imports=("from odc.geo.geom import box\n" if view else "")
        + ("" if outline is None else "from shapely import from_wkt\n"),
        shape=tuple(grid["shape"]),
        transform=tuple(grid["transform"]),
        crs=grid["crs"],
        region=region if outline is None else _WITHIN.format(region=region, outline=outline.wkt),
        catalog=f"lulc.simulate(region, {request.year})"
        if request.place.simulated
        else repr(land_cover.report["catalog"]),
        out=stem(land_cover),
        year=request.year,
        model=request.model,
        mask=land_cover.report["mask"],
        weights={c.name: used[c.name] for c in land_cover.legend if used[c.name] != c.weight},
        scene=scene,
        colours="    distinct=True,  # colours told apart by any colour vision\n" if colours == DISTINCT else "",
        crop=_CROP.format(view=view.replace(",", ", ")) if view else "",
    )
