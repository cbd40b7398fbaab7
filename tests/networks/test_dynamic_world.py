"""Dynamic World's network is built of its weights by our own description, and computes what its layers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest
import rasterio
from making import random_dynamic_world, shared

import lulc_core as lulc
from lulc_core.networks import dynamic_world
from lulc_core.networks.card import ModelCard
from lulc_core.networks.published import DYNAMIC_WORLD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

torch = pytest.importorskip("torch", reason="compares with torch, layer by layer")
functional = torch.nn.functional
FILE = "models/dynamicworld/upstream/variables.data-00000-of-00001"
Tensors = dict[tuple[str, str], np.ndarray]


def answer(network: bytes | str, chips: np.ndarray, *, nhwc: bool = False) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(network, options)
    fed = np.ascontiguousarray(np.moveaxis(chips, 1, -1)) if nhwc else chips
    given = session.run(None, {session.get_inputs()[0].name: fed})[0]
    return np.moveaxis(given, -1, 1) if nhwc else given


class Slowly:
    """The layers written one by one, in float64, without folding anything."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = {key: torch.from_numpy(value.astype(np.float64)) for key, value in tensors.items()}

    def layer(self, x: torch.Tensor, name: str, *, depthwise: bool = False) -> torch.Tensor:
        kernel, bias, gamma, beta, mean, variance = (
            self.tensors[name, part] for part in ("kernel", "bias", "gamma", "beta", "mean", "variance")
        )
        weights = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
        x = functional.conv2d(x, weights, bias, padding="same", groups=x.shape[1] if depthwise else 1)
        x = functional.batch_norm(x, mean, variance, gamma, beta, eps=1e-3)
        return x * torch.tanh(torch.log1p(torch.exp(x)))

    def block(self, x: torch.Tensor, name: str) -> torch.Tensor:
        path = x
        for turn in (1, 2, 3):
            path = self.layer(self.layer(path, f"{name}.point{turn}"), f"{name}.depth{turn}", depthwise=True)
        return path + self.layer(x, f"{name}.shortcut")

    def __call__(self, chips: np.ndarray) -> np.ndarray:
        half = halved(self.layer(torch.from_numpy(chips.astype(np.float64)), "stem"))
        skip = self.layer(self.layer(half, "skip.point"), "skip.depth", depthwise=True)
        x = self.block(torch.cat([self.block(self.block(half, "first"), "second"), skip], 1), "third")
        x = functional.normalize(functional.interpolate(x, scale_factor=2, mode="bilinear"), eps=1e-6)
        kernel, bias = self.tensors["head", "kernel"], self.tensors["head", "bias"]
        return functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias).numpy()


def halved(x: torch.Tensor) -> torch.Tensor:
    """Every second pixel of an image blurred by a triangle two pixels wide; outside is what is at the edge."""
    for axis in (2, 3):
        lines = [x.select(axis, min(max(at, 0), x.shape[axis] - 1)) for at in range(-1, x.shape[axis] + 1)]
        x = torch.stack(
            [
                sum(w * lines[at + i] for i, w in enumerate((0.125, 0.375, 0.375, 0.125)))
                for at in range(0, len(lines) - 2, 2)
            ],
            axis,
        )
    return x


@pytest.mark.parametrize("shape", [(1, 9, 34, 36), (2, 9, 6, 10)])
def test_the_graph_computes_what_the_layers_say(shape: tuple[int, ...]) -> None:
    content = random_dynamic_world()
    chips = np.random.default_rng(1).uniform(size=shape).astype(np.float32)
    given = answer(dynamic_world.build(content).SerializeToString(), chips)
    assert given.shape == (shape[0], 9, *shape[2:])
    np.testing.assert_allclose(given, Slowly(dynamic_world.read_weights(content))(chips), atol=2e-5)


def test_kernels_of_a_shortcut_come_before_both_batch_norms() -> None:
    """Numbers, shapes and offsets of tensors, as the index of the published file has them."""
    table = list(dynamic_world.tensors().items())
    assert table[36:48:2] == [
        (("first.depth3", "kernel"), ((3, 3, 96, 1), 136832)),
        (("first.shortcut", "kernel"), ((1, 1, 64, 96), 140672)),
        (("first.depth3", "gamma"), ((96,), 165632)),
        (("first.depth3", "mean"), ((96,), 166400)),
        (("first.shortcut", "gamma"), ((96,), 167168)),
        (("first.shortcut", "mean"), ((96,), 167936)),
    ]
    assert [table[n][0] for n in (78, 84, 86, 96, 102, 132, 134, 144)] == [
        (name, "kernel")
        for name in (
            *("skip.point", "second.depth3", "second.shortcut", "skip.depth"),
            *("third.point1", "third.depth3", "third.shortcut", "head"),
        )
    ]


@pytest.mark.parametrize(
    "wrong", [lambda c: c[:-1], lambda c: c + b"\0", lambda c: c[4:], lambda _: b"", lambda _: b"<!doctype html>"]
)
def test_a_file_that_is_not_exactly_the_tensors_is_refused(wrong: Callable[[bytes], bytes]) -> None:
    with pytest.raises(lulc.InvalidInputError, match="numbers and one text"):
        dynamic_world.build(wrong(random_dynamic_world()))


@pytest.fixture(scope="module")
def built() -> bytes:
    return DYNAMIC_WORLD.build(shared(FILE).read_bytes())


@pytest.fixture(scope="module")
def converted() -> Path:
    return shared("models/dynamicworld")


def real_chip(bands: tuple[str, ...], side: int = 128) -> np.ndarray:
    """Reflectance of a real scene, (1, band, y, x)."""
    folder = shared("real/flanders-2018") / "assets"
    chip = []
    for band in bands:
        with rasterio.open(min(folder.glob(f"*_{band}.tif"))) as source:
            chip.append(source.read(1, out_shape=(side, side)) / np.float32(10_000))
    return np.stack(chip)[None]


def test_it_answers_a_real_chip_as_the_converted_network_does(built: bytes, converted: Path) -> None:
    card = ModelCard.read(converted)
    chip = card.scaling(real_chip(card.bands))
    right = answer(str(converted / "model.onnx"), chip, nhwc=True)
    assert np.ptp(right) > 3
    np.testing.assert_allclose(answer(built, chip), right, rtol=0, atol=1e-5)


def test_the_card_says_what_the_converted_network_says(converted: Path) -> None:
    theirs = ModelCard.read(converted)
    ours = DYNAMIC_WORLD.card
    assert ours["bands"] == list(theirs.bands)
    assert ours["classes"] == theirs.fields["classes"]
    assert ours["scaling"].items() <= theirs.fields["scaling"].items()
    assert ours["product_level"] in theirs.other_level
