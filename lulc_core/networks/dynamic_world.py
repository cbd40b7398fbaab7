"""The network of Dynamic World as ONNX, built from its published weights and our description of its layers.

The weights are the file of variables of a TensorFlow SavedModel: float32 tensors, one after the other, and then a
description of the objects in TensorFlow, which is not read. TensorFlow is not needed.

Brown, C. F. et al. (2022): Dynamic World, Near real-time global 10 m land use land cover mapping. Scientific Data 9.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from lulc_core.errors import InvalidInputError
from lulc_core.networks.openvino_graph import HALVING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BANDS, CLASSES = 9, 9
WITHIN_NORM = 1e-3
"""Added to the variance of a batch norm."""
LEAST_SQUARE = 1e-12
"""Least sum of squares by which a pixel's channels are normalised."""
OPSET, IR_VERSION = 18, 8
"""Versions of ONNX that every supported runtime reads; 18 is the first with Mish."""
_NORM = ("gamma", "beta", "mean", "variance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Convolution:
    """A convolution with bias; by default a batch norm follows."""

    name: str
    """Unique."""
    taken: int
    """Channels of its input."""
    given: int
    """Channels of its output."""
    side: int = 1
    """Height and width of its kernel, px."""
    depthwise: bool = False
    """Whether each channel has a kernel of its own."""
    normalised: bool = True
    """Whether a batch norm follows."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each tensor; kernels as TensorFlow has them, (y, x, taken, given)."""
        kernel = (self.side, self.side, self.taken, 1 if self.depthwise else self.given)
        norm = _NORM if self.normalised else ()
        return {"kernel": kernel, "bias": (self.given,), **dict.fromkeys(norm, (self.given,))}


def _depthwise(name: str, channels: int) -> Convolution:
    return Convolution(name=name, taken=channels, given=channels, side=3, depthwise=True)


def _path(block: str, taken: int, given: int) -> list[Convolution]:
    """Return the layers of a block in order: three times 1 x 1, then depthwise 3 x 3."""
    return [
        convolution
        for turn in (1, 2, 3)
        for convolution in (
            Convolution(name=f"{block}.point{turn}", taken=taken if turn == 1 else given, given=given),
            _depthwise(f"{block}.depth{turn}", given),
        )
    ]


def _shortcut(block: str, taken: int, given: int) -> Convolution:
    return Convolution(name=f"{block}.shortcut", taken=taken, given=given)


STEM = Convolution(name="stem", taken=BANDS, given=64, side=3)
SKIP = [Convolution(name="skip.point", taken=64, given=48), _depthwise("skip.depth", 48)]
BLOCKS = {"first": (64, 96), "second": (96, 144), "third": (192, 144)}
"""Channels that each block takes and gives."""
HEAD = Convolution(name="head", taken=144, given=CLASSES, normalised=False)


def _stored() -> list[list[Convolution]]:
    """Return the layers in the order of the file; kernels and biases of a group come before its batch norms."""
    singly, last = {}, {}
    for name, channels in BLOCKS.items():
        *before, end = _path(name, *channels)
        singly[name], last[name] = [[layer] for layer in before], [end, _shortcut(name, *channels)]
    point, depth = SKIP
    return [
        *([STEM], *singly["first"], last["first"]),
        *(*singly["second"], [point], last["second"], [depth]),
        *(*singly["third"], last["third"], [HEAD]),
    ]


def tensors() -> dict[tuple[str, str], tuple[tuple[int, ...], int]]:
    """Return shape and offset, bytes, of each tensor in the file, by its layer and its part of it, in order.

    Examples
    --------
    >>> tensors()["stem", "kernel"], tensors()["head", "bias"], len(tensors())
    (((3, 3, 9, 64), 0), ((9,), 924800), 146)
    """
    shapes = {
        (layer.name, part): shape
        for group in _stored()
        for parts in (("kernel", "bias"), _NORM)
        for layer in group
        for part, shape in layer.shapes.items()
        if part in parts
    }
    sizes = [4 * prod(shape) for shape in shapes.values()]
    return dict(zip(shapes, zip(shapes.values(), accumulate(sizes, initial=0), strict=False), strict=True))


def read_weights(content: bytes) -> dict[tuple[str, str], Floats]:
    """Return the tensors of the published file by layer and part.

    Raises
    ------
    InvalidInputError
        If it is not exactly the tensors and one text after them.
    """
    table = tensors()
    end = max(offset + 4 * prod(shape) for shape, offset in table.values())
    if len(content) != end + _text_bytes(content[end:]):
        raise InvalidInputError(
            f"The weights of Dynamic World are {end:,} bytes of numbers and one text of stated length; got "
            f"{len(content):,} bytes that are something else. Give the file variables.data-00000-of-00001."
        )
    return {
        key: np.frombuffer(content, "<f4", prod(shape), offset).reshape(shape).astype(np.float32)
        for key, (shape, offset) in table.items()
    }


def _text_bytes(content: bytes) -> int:
    """Return the bytes that a text takes: its length in groups of seven bits, lowest first, a checksum, and itself."""
    length = 0
    for place, byte in enumerate(content[:5]):
        length |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return place + 1 + 4 + length
    return -1


def build(content: bytes) -> onnx.ModelProto:
    """Return the network that the published weights are of.

    Parameters
    ----------
    content
        The published file.

    Returns
    -------
    onnx.ModelProto
        From scaled reflectance (chip, band, y, x) to logits (chip, class, y, x), float32; height and width are even.

    Raises
    ------
    InvalidInputError
        If the file is something else.
    """
    return _Graph(read_weights(content)).build()


class _Graph:
    """Nodes and constants of a graph that is being built; each method adds some and returns the name of a tensor."""

    def __init__(self, weights: Mapping[tuple[str, str], Floats]) -> None:
        self._weights, self._nodes = weights, list[onnx.NodeProto]()
        self._constants = list[onnx.TensorProto]()

    def build(self) -> onnx.ModelProto:
        half = self._halved(self._mish(self._convolved("chips", STEM)))
        deep = half
        for name in ("first", "second"):
            deep = self._block(deep, name)
        both = self._add("Concat", [deep, self._through(half, SKIP)], axis=1)
        scales = self._constant("scales", np.array([1, 1, 2, 2], np.float32))
        wide = self._block(both, "third")
        whole = self._add("Resize", [wide, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")
        self._add("Identity", [self._convolved(self._unit(whole), HEAD)], named="logits")
        ends = (("chips", BANDS), ("logits", CLASSES))
        taken, given = (
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["chip", channels, "y", "x"])
            for name, channels in ends
        )
        graph = helper.make_graph(self._nodes, "dynamic-world", [taken], [given], self._constants)
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(made, full_check=True)
        return made

    def _block(self, taken: str, name: str) -> str:
        """Add a block: layers in a row, and the shortcut past them."""
        shortcut = self._mish(self._convolved(taken, _shortcut(name, *BLOCKS[name])))
        return self._add("Add", [self._through(taken, _path(name, *BLOCKS[name])), shortcut])

    def _through(self, taken: str, layers: Iterable[Convolution]) -> str:
        for layer in layers:
            taken = self._mish(self._convolved(taken, layer))
        return taken

    def _convolved(self, taken: str, layer: Convolution) -> str:
        """Add a convolution with its batch norm folded into it; zeros around the image keep its size."""
        kernel, bias = _folded(layer, self._weights)
        constants = [self._constant(f"{layer.name}.{part}", of) for part, of in (("kernel", kernel), ("bias", bias))]
        groups = layer.taken if layer.depthwise else 1
        return self._add("Conv", [taken, *constants], group=groups, pads=[layer.side // 2] * 4)

    def _mish(self, taken: str) -> str:
        return self._add("Mish", [taken])

    def _halved(self, taken: str) -> str:
        """Add what halves an image of an even size, linearly with antialias.

        Written as the convolution that it is: OpenVINO leaves the antialias of Resize out.
        """
        around = self._constant("around", np.array([0, 0, 1, 1, 0, 0, 1, 1]))
        kernel = np.broadcast_to(HALVING, (STEM.given, 1, *HALVING.shape))
        padded = self._add("Pad", [taken, around], mode="edge")
        return self._add("Conv", [padded, self._constant("halving", kernel)], group=STEM.given, strides=[2, 2])

    def _unit(self, taken: str) -> str:
        """Add what scales the channels of each pixel to a vector of length one."""
        axes, least = (
            self._constant("axes", np.array([1])),
            self._constant("least", np.array([LEAST_SQUARE], np.float32)),
        )
        squares = self._add("Max", [self._add("ReduceSumSquare", [taken, axes]), least])
        return self._add("Div", [taken, self._add("Sqrt", [squares])])

    def _constant(self, name: str, value: NDArray[np.generic]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _add(self, kind: str, taken: list[str], *, named: str = "", **attributes: Any) -> str:
        name = named or f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, taken, [name], name, **attributes))
        return name


def _folded(layer: Convolution, weights: Mapping[tuple[str, str], Floats]) -> tuple[Floats, Floats]:
    """Return kernel (given, taken, y, x) and bias of a layer with its batch norm, if one follows."""
    kernel, bias = (weights[layer.name, part].astype(np.float64) for part in ("kernel", "bias"))
    kernel = kernel.transpose((2, 3, 0, 1) if layer.depthwise else (3, 2, 0, 1))
    if layer.normalised:
        gamma, beta, mean, variance = (weights[layer.name, part].astype(np.float64) for part in _NORM)
        factor = gamma / np.sqrt(variance + WITHIN_NORM)
        kernel, bias = kernel * factor[:, None, None, None], (bias - mean) * factor + beta
    return kernel.astype(np.float32), bias.astype(np.float32)
