"""Of what figures are: the unit of assessment and the minimum mapping unit, stated with every answer or visibly not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc
from lulc_core.cli.words import print_note, print_result
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import xarray as xr

UNITS = {"unit_of_assessment": "Unit of assessment", "minimum_mapping_unit": "Minimum mapping unit"}
"""Facts that every answer states, with their titles."""
MOST_PIXELS = 200_000_000
"""Of a map that is read as a whole to look for its smallest patch."""


def facts_beside(sample: Path) -> Path:
    """Return the file in which `lulc sample` states what it knows of the sample that it draws."""
    return sample.with_suffix(".facts.json")


def read_facts(path: Path | None) -> lulc.StatedFacts:
    """Return the facts that a JSON file states; none without one.

    Raises
    ------
    InvalidInputError
        For a file that holds no such facts.
    """
    if path is None:
        return lulc.StatedFacts()
    stated = read_json(path)
    if not isinstance(stated, dict):
        raise lulc.InvalidInputError(f'{path} must hold a JSON object of facts, such as {{"interpreters": "three"}}.')
    return lulc.StatedFacts.of(stated)


def units_of(survey: lulc.Survey, pixel_ha: float | None) -> dict[str, str]:
    """Return the unit of assessment that the rows of a sample have; of the map's smallest unit they say nothing."""
    from lulc_core.accuracy.known_facts import facts_of_sample  # pandas: other commands start without it

    return facts_of_sample(survey.design, pixel_ha)


def units_of_project(project: lulc.LabelProject) -> dict[str, str]:
    """Return the unit that the interpreters of a project label."""
    size = "" if project.pixel_ha is None else f" of {project.pixel_ha:.4g} ha"
    tile = f"pixel{size} of the tiles that are marked"
    return {"unit_of_assessment": tile if project.kind == "tiles" else f"square of {project.unit_m:g} m"}


def read_with_tags(path: Path) -> tuple[xr.DataArray, dict[str, str]]:
    """Return a class raster, about which remarks are printed, and the tags of its file."""
    from lulc_core.mapping.products import read_tagged_map  # rasterio: other commands start without it

    return read_tagged_map(path, on_remark=print_note)


def units_of_map(raster: xr.DataArray) -> dict[str, str]:
    """Return the minimum mapping unit of a map."""
    from lulc_core.accuracy.known_facts import facts_of_map

    return facts_of_map(raster)


def units_of_rasters(path: Path, pixel_ha: float | None) -> dict[str, str]:
    """Return the units of a map that is compared pixel by pixel, but no smallest patch of one too large to read."""
    import rasterio

    size = "" if pixel_ha is None else f" of {pixel_ha:.4g} ha"
    known = {"unit_of_assessment": f"pixel{size}, every one that both rasters label"}
    with rasterio.open(path) as source:
        readable = source.dtypes[0] == "uint8" and source.width * source.height <= MOST_PIXELS
    return known | units_of_map(lulc.read_map(path, on_remark=lambda _: None)) if readable else known


def print_with_units(
    result: Mapping[str, object], as_json: bool, text: str, known: Mapping[str, str], facts: Path | None = None
) -> None:
    """Print a result as JSON or as text, with its units: as they are stated, else as they are known, else "not stated".

    Parameters
    ----------
    result, as_json, text
        As for `print_result`.
    known
        What the files say of `UNITS`.
    facts
        JSON file of stated facts; None for none.
    """
    from lulc_core.accuracy.known_facts import with_known

    told = with_known(read_facts(facts), {name: known.get(name) for name in UNITS})
    units: dict[str, str | None] = {name: getattr(told, name) for name in UNITS}
    lines = [f"{UNITS[name]}: {stated or 'not stated (--facts)'}" for name, stated in units.items()]
    print_result({**result, **units}, as_json, "\n".join([*lines, text]))
