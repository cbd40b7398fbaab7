"""Networks that others publish and that can be downloaded. A new one is one entry of `PUBLISHED_NETWORKS`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.networks.card import CARD, ModelCard
from lulc_core.networks.mlm import ITEM, mlm_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields

_LICENCES = Path(__file__).parent / "licences"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedNetwork:
    """A network that can be downloaded: one file of weights, and what is made of it."""

    name: str
    """Of its folder, and by which it is opened."""
    address: str
    """Where the file is published, of one version for ever."""
    size: int
    """Of the file, bytes."""
    sha256: str
    """Of the file, hexadecimal digits."""
    card: JsonFields = field(repr=False)
    """Its ``model.json``."""
    notice: str = field(repr=False)
    """What its licence demands to be passed on."""
    build: Callable[[bytes], bytes] = field(repr=False)
    """Makes ``model.onnx`` of the file; raises `InvalidInputError` for another file."""
    answer: tuple[float, ...] = field(repr=False)
    """Mean of each of its outputs over `known_chip`, as its publisher's own network gives it."""

    @property
    def title(self) -> str:
        """Name for people."""
        return str(self.card["name"])

    @property
    def licence(self) -> str:
        """SPDX identifier of its licence."""
        return str(self.card["licence"])

    @property
    def product_level(self) -> str:
        """Product level that it was made for."""
        return str(self.card["product_level"])

    def write(self, content: bytes, folder: Path) -> None:
        """Write network, card, STAC item, licence and notice; raises `InvalidInputError` for another file."""
        (folder / "model.onnx").write_bytes(self.build(content))
        (folder / CARD).write_text(json.dumps(self.card, indent=2) + "\n")
        (folder / "LICENSE").write_bytes((_LICENCES / f"{self.licence}.txt").read_bytes())
        (folder / "NOTICE").write_text(self.notice)
        (folder / ITEM).write_text(json.dumps(mlm_item(ModelCard.read(folder), self.name), indent=2) + "\n")


def known_chip(bands: int, side: int = 64) -> NDArray[np.float32]:
    """Return reflectance (1, band, y, x) of waves; the same on every machine.

    Examples
    --------
    >>> chip = known_chip(9)
    >>> chip.shape, bool(0 < chip.min() < chip.max() < 0.5)
    ((1, 9, 64, 64), True)
    """
    band, y, x = np.ogrid[:bands, :side, :side]
    waves = np.sin(0.7 * band + 0.13 * y) * np.cos(0.05 * (band + 1) * x + 0.2 * y)
    return (0.2 + 0.19 * waves).astype(np.float32)[None]


def _dynamic_world(content: bytes) -> bytes:
    from lulc_core.networks.dynamic_world import build  # onnx takes its time to import

    made: bytes = build(content).SerializeToString()
    return made


_COMMIT = "0dd288fae5fb5291d988e5ea3c12eb91df481ec5"
_ADDRESS = (
    f"https://raw.githubusercontent.com/google/dynamicworld/{_COMMIT}/model/forward/variables/"
    "variables.data-00000-of-00001"
)
_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B11", "B12")
_CLASSES = (
    *("water", "trees", "grass", "flooded vegetation", "crops", "scrub/shrub"),
    *("built area", "bare ground", "snow/ice"),
)

DYNAMIC_WORLD = PublishedNetwork(
    name="dynamic-world",
    address=_ADDRESS,
    size=964_710,
    sha256="c4a38299f2c0a741682cbe48810d55afdc832ff451e3d3708082751fe655fcb1",
    card={
        "name": "Dynamic World",
        "licence": "Apache-2.0",
        "source": _ADDRESS,
        "citation": "Brown, C. F. et al. (2022). Dynamic World, Near real-time global 10 m land use land cover "
        "mapping. Scientific Data 9, 251. https://doi.org/10.1038/s41597-022-01307-4",
        "changes": "Weights as published (model/forward). Batch norms are folded into the convolutions; halving "
        "repeats the outermost pixels of a chip, where TensorFlow weighs those inside more.",
        "revision": 1,
        "architecture": "Convolutional network at full and half resolution, of separable convolutions",
        "format": "onnx",
        "input": {"name": "chips", "layout": "NCHW", "shape": [None, 9, None, None]},
        "output": {"name": "logits", "layout": "NCHW", "shape": [None, 9, None, None], "kind": "logits"},
        "size_multiple": 2,
        "bands": [*_BANDS],
        "product_level": "L1C (top of atmosphere)",
        "resolution_m": 10,
        "scaling": {
            "kind": "log-percentile-sigmoid",
            "low": [1.7417268, 1.7261205, 1.6798346, 1.7734969, 2.2891541, 2.3829397, 2.382894, 2.1952484, 1.5548129],
            "high": [2.0232987, 2.0389052, 2.1795928, 2.2890068, 2.6171675, 2.7734186, 2.7578333, 2.7890925, 2.4140535],
        },
        "classes": [{"index": index, "name": name, "legend_code": index + 1} for index, name in enumerate(_CLASSES)],
    },
    notice="""Dynamic World

The weights of this network are part of google/dynamicworld, which is available under the Apache License 2.0 (see
LICENSE) and requires the following attribution:

This code is produced for the Dynamic World Project by Google in partnership
with National Geographic and the World Resources Institute.

lulc-explorer wrote model.onnx from the published weights; model.json says what was changed.
""",
    build=_dynamic_world,
    answer=(-5.3832, -5.9328, -5.4962, -5.7207, -5.0947, -5.0016, -3.7904, -4.2580, -5.3299),
)

PUBLISHED_NETWORKS = {network.name: network for network in (DYNAMIC_WORLD,)}
"""Every network that can be downloaded, by name."""
