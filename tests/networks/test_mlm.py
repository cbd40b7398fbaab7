"""A card is a STAC item with the MLM extension, too."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pystac
import pytest
import scipy
from making import random_dynamic_world, write_model

from lulc_core.networks.card import ModelCard
from lulc_core.networks.folders import find_network
from lulc_core.networks.mlm import mlm_item
from lulc_core.networks.published import DYNAMIC_WORLD
from lulc_core.networks.scaling import Scaling

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = {"mlm:name", "mlm:architecture", "mlm:tasks", "mlm:input", "mlm:output"}
OPTIONAL = {"mlm:framework", "mlm:accelerator"}
"""Of the properties of MLM 1.4; no other property may begin so."""
NAME = r"[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]"


def assert_mlm(item: dict[str, Any]) -> None:
    """Check an item against the core's schema, and the rules of MLM 1.4, whose schema lies on the web."""
    pystac.Item.from_dict(item | {"stac_extensions": []}).validate()
    assert "https://stac-extensions.github.io/mlm/v1.4.0/schema.json" in item["stac_extensions"]
    properties, assets = item["properties"], item["assets"]
    own = {name for name in properties if name.startswith("mlm:")}
    assert own >= REQUIRED
    assert own <= REQUIRED | OPTIONAL
    assert re.fullmatch(NAME, properties["mlm:name"])
    (taken,), (given,) = properties["mlm:input"], properties["mlm:output"]
    assert taken["bands"] == [band["name"] for band in properties["bands"]]
    assert len(taken["value_scaling"]) == len(taken["bands"])
    for tensor in (taken["input"], given["result"]):
        assert tensor.keys() == {"shape", "dim_order", "data_type"}
        assert len(tensor["shape"]) == len(tensor["dim_order"]) == 4
    assert taken["input"]["shape"][taken["input"]["dim_order"].index("channel")] == len(taken["bands"])
    classes = given["classification:classes"]
    assert given["result"]["shape"][given["result"]["dim_order"].index("class")] == len(classes)
    assert all(re.fullmatch("[0-9A-Za-z-_]+", c["name"]) for c in classes)
    models = [asset for asset in assets.values() if "mlm:model" in asset["roles"]]
    assert models
    assert all(("mlm:artifact_type" in asset) == (asset in models) for asset in assets.values())


def test_a_downloaded_network_is_described(tmp_path: Path) -> None:
    DYNAMIC_WORLD.write(random_dynamic_world(), tmp_path)
    item = json.loads((tmp_path / "stac-item.json").read_text())
    assert_mlm(item)
    assert (item["id"], item["properties"]["license"]) == ("dynamic-world", "Apache-2.0")
    assert "L1C" in item["properties"]["mlm:input"][0]["description"]
    assert {link["rel"] for link in item["links"]} == {"license", "via"}
    assert all((tmp_path / asset["href"]).is_file() for asset in item["assets"].values())


def test_the_shipped_network_and_any_other_are_described(tmp_path: Path) -> None:
    for folder in (find_network("unet-simulated"), write_model(tmp_path, name="Ours (2018), v2")):
        assert_mlm(mlm_item(ModelCard.read(folder), "one"))


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "clip", "low": 0.01, "high": [0.3, 0.4]},
        {"kind": "standardise", "mean": [0.1, 0.2], "deviation": 0.05},
        {"kind": "log-percentile-sigmoid", "low": 1.7, "high": [2.0, 2.5]},
    ],
)
def test_the_scaling_of_the_item_is_that_of_the_card(tmp_path: Path, fields: dict[str, Any]) -> None:
    folder = write_model(tmp_path)
    card = json.loads((folder / "model.json").read_text())
    card |= {"bands": ["B04", "B08"], "scaling": fields}
    (folder / "model.json").write_text(json.dumps(card))
    item = mlm_item(ModelCard.read(folder), "one")
    reflectance = np.linspace(-0.01, 1, 50, dtype=np.float32)
    expected = Scaling.read(fields, 2, "the test")(np.tile(reflectance, (1, 2, 1, 1)))
    for band, said in enumerate(item["properties"]["mlm:input"][0]["value_scaling"]):
        if said["type"] == "z-score":
            found = (reflectance - said["mean"]) / said["stddev"]
        else:
            found = eval(said["expression"], {"numpy": np, "scipy": scipy, "r": reflectance})
        np.testing.assert_allclose(found, expected[0, band, 0], rtol=1e-4, atol=1e-5)
