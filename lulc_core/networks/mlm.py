"""A card as a STAC item with the extension for machine learning models (MLM 1.4), by which catalogs find networks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.networks.runtimes import RUNTIMES

if TYPE_CHECKING:
    from lulc_core.json_types import JsonObject
    from lulc_core.networks.card import ModelCard
    from lulc_core.networks.scaling import Scaling

ITEM = "stac-item.json"
"""Name of the file beside ``model.json``."""
EXTENSIONS = [
    "https://stac-extensions.github.io/mlm/v1.4.0/schema.json",
    "https://stac-extensions.github.io/classification/v2.0.0/schema.json",
]
_FRAMEWORKS = {"onnx": "ONNX", "safetensors": "PyTorch"}
_ARTIFACTS = {"onnx": "onnx", "safetensors": "safetensors.torch.save_file"}
_AXES = {"N": "batch", "C": "channel", "H": "height", "W": "width"}
_WORLD = (-180.0, -90.0, 180.0, 90.0)


def mlm_item(card: ModelCard, identifier: str) -> JsonObject:
    """Return the STAC item of a network, whose files lie beside it: for the whole world and all of Sentinel-2's time.

    Parameters
    ----------
    card
        What the network says of itself.
    identifier
        The item's id.

    Examples
    --------
    >>> from lulc_core.networks.card import ModelCard
    >>> from lulc_core.networks.folders import find_network
    >>> item = mlm_item(ModelCard.read(find_network("unet-simulated")), "unet")
    >>> item["properties"]["mlm:tasks"], item["properties"]["mlm:input"][0]["bands"][:2]
    (['semantic-segmentation'], ['B04', 'B03'])
    """
    west, south, east, north = _WORLD
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": EXTENSIONS,
        "id": identifier,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [*_WORLD],
        "properties": _properties(card),
        "links": _links(card),
        "assets": _assets(card),
    }


def _properties(card: ModelCard) -> JsonObject:
    fields = card.fields
    licence = str(fields.get("licence"))
    return {
        "title": card.name,
        "description": str(fields.get("warning") or fields.get("citation") or card.name),
        "datetime": None,
        "start_datetime": "2015-06-23T00:00:00Z",  # Sentinel-2A's launch
        "end_datetime": "9999-12-31T23:59:59Z",
        "license": licence if fields.get("licence") and re.fullmatch(r"[\w.+-]+", licence) else "other",
        "bands": _bands(card),
        "mlm:name": _plain(card.name),
        "mlm:architecture": str(fields.get("architecture") or "unknown"),
        "mlm:framework": _FRAMEWORKS.get(card.formats[0], card.formats[0]),
        "mlm:tasks": ["semantic-segmentation"],
        "mlm:accelerator": None,
        "mlm:input": [_input(card)],
        "mlm:output": [_output(card)],
    }


def _bands(card: ModelCard) -> list[dict[str, str]]:
    """Return the bands by name: the extension wants them in the item, and STAC 1.1 there only if an asset has them."""
    return [{"name": band} for band in card.bands]


def _plain(name: str) -> str:
    """Return a name in the letters that the extension allows."""
    cleaned = re.sub(r"[^a-zA-Z0-9_.\-]+", " ", name).strip(" _.-")
    return cleaned if re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]", cleaned) else f"network {cleaned}".strip()


def _input(card: ModelCard) -> JsonObject:
    level = card.other_level or "L2A (surface reflectance)"
    return {
        "name": str(card.fields.get("input", {}).get("name") or "reflectance"),
        "description": f"Reflectance, 0-1, of Sentinel-2 {level}; height and width are multiples of {card.multiple}.",
        "bands": [*card.bands],
        "input": _tensor(card, "input", len(card.bands), "channel"),
        "value_scaling": _value_scaling(card.scaling, len(card.bands)),
        "resize_type": None,
    }


def _output(card: ModelCard) -> JsonObject:
    return {
        "name": card.output_kind,
        "tasks": ["semantic-segmentation"],
        "result": _tensor(card, "output", len(card.codes), "class"),
        "classification:classes": [_class(index, code) for index, code in enumerate(card.codes)],
    }


def _tensor(card: ModelCard, side: str, channels: int, axis: str) -> JsonObject:
    """Return the form of the input or output, -1 for lengths that it leaves open; NCHW where the card says nothing."""
    layout = card.fields.get(side, {}).get("layout", "NCHW")
    shape = (
        [-1 if length is None else length for length in card.tensor_shape(side)] if side in card.fields else [-1] * 4
    )
    shape[layout.index("C")] = channels
    return {
        "shape": shape,
        "dim_order": [axis if letter == "C" else _AXES[letter] for letter in layout],
        "data_type": "float32",
    }


def _value_scaling(scaling: Scaling, bands: int) -> list[JsonObject]:
    """Return how each band is scaled, numbers filled in."""
    first, second = (np.broadcast_to(parameter, bands).tolist() for parameter in (scaling.first, scaling.second))
    pairs = [(float(np.float32(a)), float(np.float32(b))) for a, b in zip(first, second, strict=True)]
    if scaling.kind == "standardise":
        return [{"type": "z-score", "mean": mean, "stddev": deviation} for mean, deviation in pairs]
    formulas = {
        "clip": "(numpy.clip(r, {low!r}, {high!r}) - {low!r}) / ({high!r} - {low!r})",
        "log-percentile-sigmoid": (
            "scipy.special.expit(5 * (numpy.log1p(50 * numpy.maximum(r, 0)) - {low!r}) / {high!r} - 1)"
        ),
    }
    expressions = [formulas[scaling.kind].format(low=low, high=high) for low, high in pairs]
    return [{"type": "processing", "format": "python", "expression": expression} for expression in expressions]


def _class(index: int, code: int) -> JsonObject:
    """Return what an output stands for, as the classification extension writes it."""
    if code == NO_DATA:
        return {"value": index, "name": "no_data", "description": "No class", "nodata": True}
    known = LEGEND[code]
    return {
        "value": index,
        "name": known.identifier,
        "description": known.definition or known.name,
        "color_hint": known.hex[1:].upper(),
    }


def _links(card: ModelCard) -> list[JsonObject]:
    links = []
    if (card.folder / "LICENSE").is_file():
        links.append({"rel": "license", "href": "./LICENSE", "type": "text/plain"})
    if "://" in str(card.fields.get("source", "")):
        links.append({"rel": "via", "href": card.fields["source"], "title": "Published weights"})
    return links


def _assets(card: ModelCard) -> JsonObject:
    weights = {runtime.format: runtime.weights for runtime in RUNTIMES if runtime.format in card.formats}
    models = {
        name: {
            "href": f"./{file}",
            "title": f"Weights as {name}",
            "type": f"application/octet-stream; framework={_FRAMEWORKS.get(name, name).lower()}",
            "roles": ["mlm:model"],
            "mlm:artifact_type": _ARTIFACTS.get(name, name),
            "bands": _bands(card),
        }
        for name, file in weights.items()
    }
    card_asset = {"href": "./model.json", "title": "Card", "type": "application/json", "roles": ["metadata"]}
    return {**models, "card": card_asset}
