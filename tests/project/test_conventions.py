"""The table of rasters in docs/conventions.md says what the engine returns: dims, types and no data."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import dask.array
import numpy as np
import pytest
import xarray as xr

import lulc_core as lulc

if TYPE_CHECKING:
    from making import MadeCatalog

TEXT = (Path(__file__).parents[2] / "docs" / "conventions.md").read_text()
ROWS = dict(re.findall(r"^\| ([a-z ]+) \| (.+) \|$", TEXT, re.MULTILINE))
DIMS = r"\(((?:time|class|band|y|x)(?:, (?:time|class|band|y|x))*)\)"
DTYPE = r"(uint8|uint16|uint32|float32)"


def promised(noun: str) -> dict[str, tuple[tuple[str, ...], str]]:
    """Dims and type of each variable of a noun, as the table says; one variable of no name for a DataArray."""
    text = ROWS[noun]
    whole = re.match(rf"Data(?:Array|set) `{DIMS}`", text)
    if text.startswith("DataArray"):
        return {"": (tuple(whole[1].split(", ")), re.search(DTYPE, text)[1])}
    found = {}
    for names, dtype in re.findall(rf"((?:`[^`]+`(?:, )?)+) {DTYPE}", text):
        for name, own in re.findall(r"`([a-z_]+)(?: \(([a-z, ]+)\))?`", names):
            axes = own or (whole[1] if whole else "y, x")
            found[name] = (tuple(axes.split(", ")), dtype)
    return found


def given(data: xr.DataArray | xr.Dataset) -> dict[str, tuple[tuple[str, ...], str]]:
    variables = {"": data} if isinstance(data, xr.DataArray) else data.data_vars
    return {str(name): (tuple(map(str, v.dims)), str(v.dtype)) for name, v in variables.items()}


@pytest.fixture
def rasters(made: MadeCatalog, tiny_model: Path) -> dict[str, xr.DataArray | xr.Dataset]:
    """One of each noun, of a small real catalog; the network is a tiny real one."""
    region = lulc.catalog_region(made.root)
    scenes = lulc.select(lulc.search(region, year=2020, catalog=made.root))
    model = lulc.Model.open(tiny_model)
    reflectance = lulc.load(scenes, region.grid, model.bands)
    predictions = lulc.predict(reflectance, model, probabilities=True)
    predictions["quicklook"] = lulc.quicklook(reflectance)
    counted = lulc.votes(predictions)
    return {
        "reflectance": reflectance,
        "scene classification": lulc.load_scene_classification(scenes, region.grid),
        "predictions": predictions,
        "votes": counted,
        "land cover": lulc.decide(counted),
    }


def test_the_engine_returns_what_the_conventions_promise(rasters: dict[str, xr.DataArray | xr.Dataset]) -> None:
    assert {*rasters} == {*ROWS} - {"noun"}
    for noun, data in rasters.items():
        assert given(data) == promised(noun), noun


def test_reflectance_is_lazy_and_lies_on_a_grid(rasters: dict[str, xr.DataArray | xr.Dataset]) -> None:
    reflectance = rasters["reflectance"]
    assert isinstance(reflectance.data, dask.array.Array)
    assert reflectance.odc.geobox == rasters["land cover"].odc.geobox
    assert (np.diff(reflectance["time"].values) > np.timedelta64(0)).all()


def test_no_data_is_what_the_conventions_say() -> None:
    """A pixel that no scene sees: NaN in, 0 for codes and counts, NaN for shares out."""
    one = {"label": (("time", "y", "x"), np.zeros((1, 1, 1), np.uint8))}
    blank = xr.Dataset({**one, "confidence": (("time", "y", "x"), np.zeros((1, 1, 1), np.uint8))})
    land_cover = lulc.composite(blank)
    assert [land_cover[name].item() for name in ("label", "runner_up", "observations")] == [0, 0, 0]
    assert np.isnan([land_cover[name].item() for name in ("support", "margin")]).all()
