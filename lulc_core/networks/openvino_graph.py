"""An ONNX file as OpenVINO compiles it, for chips of one size; as a script, its answer to one chip.

OpenVINO crashes or errs where it may: `proof` runs this file as a script, in a process with bounds, before the same
file is compiled anywhere else.
"""

from __future__ import annotations

import functools
import io
import json
import queue
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.cores import cores
from lulc_core.networks.protocol import PRECISIONS

if TYPE_CHECKING:
    from types import ModuleType

    import openvino
    from numpy.typing import NDArray

CPU_S = 60
"""Most seconds of processor time for the script."""
MOST_AT_ONCE = 4
"""Most chips in flight: each takes memory for all layers."""
HALVING = np.outer([1, 3, 3, 1], [1, 3, 3, 1]).astype(np.float32) / 64
"""Weights of a pixel of the halved image: a triangle of twice the width, at half-pixel centres."""
ENDLESS = ("If", "Loop", "TensorIterator")
"""Operations that may take another way, or more turns, with other chips."""


class UnfitError(Exception):
    """OpenVINO would not compute what ONNX says."""


@functools.cache
def library() -> ModuleType:
    """Return the module. Its import would report the use to its maker, so what reports is made not to be there."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # how Python says: cannot be imported
    import openvino

    return openvino


@functools.cache
def core() -> openvino.Core:
    """Return OpenVINO's devices and compiler."""
    return library().Core()


@functools.cache
def processor() -> tuple[str, ...]:
    """Return the name of the processor and what it computes fast; ``BF16`` is one of these."""
    found = core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return core().get_property("CPU", "FULL_DEVICE_NAME"), *sorted(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """A network compiled for one chip of one size; several threads may call it."""

    requests: queue.SimpleQueue[openvino.InferRequest]
    """What runs it, with its buffers; as many as chips can be in flight."""
    shape: tuple[int, ...]
    """Of its output."""

    @classmethod
    def make(cls, path: str, size: tuple[int, int], wanted: Wanted, precision: str) -> Compiled:
        """Compile a file for chips of a height and a width; raises `UnfitError` if it cannot, or had better not."""
        try:
            graph = _read(path, size, wanted)
            compiled = core().compile_model(graph, "CPU", _settings(precision))
            shape = tuple(compiled.output(0).get_shape())
        except RuntimeError as error:  # whatever OpenVINO finds wrong
            raise UnfitError(f"it cannot be compiled: {str(error)[-300:]}") from error
        requests: queue.SimpleQueue[openvino.InferRequest] = queue.SimpleQueue()
        for _ in range(at_once()):
            requests.put(compiled.create_infer_request())
        return cls(requests=requests, shape=shape)

    def __call__(self, chips: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output (chip, output, y, x) of scaled chips (chip, band, y, x)."""
        answers, request = np.empty((len(chips), *self.shape[1:]), np.float32), self.requests.get()
        try:
            for chip, answer in zip(chips, answers, strict=True):
                request.infer({0: np.ascontiguousarray(chip[None])}, share_inputs=True, share_outputs=True)
                answer[:] = request.get_output_tensor(0).data[0]
        finally:
            self.requests.put(request)
        return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a graph takes and gives."""

    bands: int
    """Channels of the input."""
    layouts: tuple[str, str]
    """Layout of input and output in the file, ``"NCHW"`` or ``"NHWC"``; outside it is always ``"NCHW"``."""
    given: str | None
    """Name of the output, if there are several."""
    channels: tuple[tuple[int, ...], ...] = ()
    """Logits of the classes, in order, an output each, several or none: softmax is wanted. Empty: the raw output."""


def at_once() -> int:
    """Return how many chips are worth to be in flight."""
    return min(cores(), MOST_AT_ONCE)


def _settings(precision: str) -> dict[str, object]:
    return {
        "INFERENCE_PRECISION_HINT": "f32" if precision == "float32" else precision,
        "INFERENCE_NUM_THREADS": cores(),
        "NUM_STREAMS": at_once(),
        "ENABLE_CPU_PINNING": False,  # processes would all sit on the same cores
    }


def _read(path: str, size: tuple[int, int], wanted: Wanted) -> openvino.Model:
    """Return the graph of a file for chips of one size, with `wanted`'s ends."""
    openvino, ops = library(), library().opset13
    graph = core().read_model(path)
    if found := {node.get_type_name() for node in graph.get_ops()}.intersection(ENDLESS):
        raise UnfitError(f"it has {', '.join(sorted(found))}, which OpenVINO would not be stopped in")
    shape = (1, wanted.bands, *size)
    graph.reshape(list(shape if wanted.layouts[0] == "NCHW" else (1, *size, wanted.bands)))
    _write_out_halving(graph, ops)
    end = (graph.output(wanted.given) if wanted.given else graph.output(0)).get_node().input_value(0)
    if wanted.layouts[1] == "NHWC":
        end = ops.transpose(end, [0, 3, 1, 2]).output(0)
    if wanted.channels:
        end = _shares(end, wanted.channels, ops)
    steps = openvino.preprocess.PrePostProcessor(openvino.Model([end], graph.get_parameters(), "network"))
    steps.input().tensor().set_layout(openvino.Layout("NCHW"))
    steps.input().model().set_layout(openvino.Layout(wanted.layouts[0]))
    return steps.build()


def _shares(logits: openvino.Output, channels: tuple[tuple[int, ...], ...], ops: ModuleType) -> openvino.Output:
    """Return softmax over the outputs that belong to classes, summed by class: (1, class, y, x)."""
    known = [output for own in channels for output in own]
    shares = ops.split(ops.softmax(ops.gather(logits, known, 1), 1), 1, len(known))
    planes = iter(shares.outputs())
    none = ops.constant(np.zeros((1, 1, *list(logits.get_shape())[2:]), np.float32))
    by_class = [functools.reduce(ops.add, [next(planes) for _ in own] or [none]) for own in channels]
    return ops.concat(by_class, 1).output(0)


def _write_out_halving(graph: openvino.Model, ops: ModuleType) -> None:
    """Replace each halving with antialias by the convolution that it is: OpenVINO would leave the antialias out."""
    for node in graph.get_ordered_ops():
        if node.get_type_name() != "Interpolate" or not (stated := node.get_attributes()).get("antialias"):
            continue
        source, (chips, channels, *size) = node.input_value(0), list(node.input_value(0).get_shape())
        halved = [chips, channels, *(length // 2 for length in size)]
        if (
            stated["mode"] not in ("linear", "linear_onnx")
            or stated["coordinate_transformation_mode"] != "half_pixel"
            or any(length % 2 for length in size)
            or list(node.output(0).get_shape()) != halved
        ):
            raise UnfitError("it resizes with antialias, which OpenVINO leaves out")
        padded = ops.pad(source, [0, 0, 1, 1], [0, 0, 1, 1], "edge")
        kernels = np.broadcast_to(HALVING, (channels, 1, 1, *HALVING.shape))
        same = ops.group_convolution(padded, np.array(kernels), [2, 2], [0, 0], [0, 0], [1, 1])
        node.output(0).replace(same.output(0))


def answers(path: str, wanted: Wanted, chip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the raw output (precision, output, y, x) in float32 and, where the processor has it, in bf16."""
    known = [name for name in PRECISIONS if name == "float32" or name.upper() in processor()]
    size = (chip.shape[2], chip.shape[3])
    return np.concatenate([Compiled.make(path, size, wanted, name)(chip) for name in known])


def _main(path: str, wanted: str) -> None:
    given = json.loads(wanted)
    layouts = given.pop("layouts")
    chip = np.load(io.BytesIO(sys.stdin.buffer.read()))
    try:
        found = answers(path, Wanted(layouts=(layouts[0], layouts[1]), **given), chip)
    except UnfitError as error:
        sys.exit(str(error))
    np.save(answer := io.BytesIO(), found)  # not into the pipe: NumPy asks a buffered file for its position
    sys.stdout.buffer.write(answer.getvalue())


if __name__ == "__main__":
    from lulc_core.networks.trial import bound

    bound(CPU_S)
    _main(sys.argv[1], sys.argv[2])
