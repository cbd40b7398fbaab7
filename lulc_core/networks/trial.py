"""Opens an ONNX file and tries it on two small chips, in a process that may not take long, nor much memory.

A file from outside may loop for ever, ask for terabytes, or crash the library. `onnx_network` runs this file as a
script before it opens the same file itself. It imports nothing of this package.

The second chip is the first with a cloud in its upper right corner. The first must be answered alone as beside the
second: a network that was exported as it is trained drops outputs at random, or normalises by the chips of the batch.
And the cloud must be seen where it is.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields

CPU_S = 10
"""Most seconds of processor time for one chip."""
MEMORY_BYTES = 8 * 2**30
"""Most address space."""
MOST_OFF = 0.01
"""Most that the answer to one chip may vary on average, in standard deviations of the outputs."""
ELSEWHERE = 2
"""So many times more than in its own corner, no cloud changes the outputs in another, however far a network looks."""
_CHANNELS = {"NCHW": 1, "NHWC": 3}
"""Axis of bands or outputs by layout."""


def bound(cpu_s: int = CPU_S) -> None:
    """Have the system end this process if it takes more; Windows has no such bounds."""
    with contextlib.suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_CPU, cpu_s), (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
            _, hardest = resource.getrlimit(what)
            resource.setrlimit(what, (most if hardest < 0 else min(most, hardest), hardest))  # negative: no bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a script that bounds itself gave for chips."""

    given: bytes = b""
    """What it wrote; nothing if it went wrong."""
    wrong: str = ""
    """How it went wrong, such as ``"it was ended by SIGXCPU"``."""
    final: bool = True
    """Whether it would be the same another time: it said so itself."""


def asked(script: list[str], chips: NDArray[np.float32], wall_s: float) -> Answer:
    """Run a script, Python's arguments for it, in a process of its own, and give it chips as a ``.npy``."""
    import numpy as np

    fed = io.BytesIO()
    np.save(fed, chips)
    command = [sys.executable, "-P", *script]
    try:
        done = subprocess.run(command, input=fed.getvalue(), capture_output=True, timeout=wall_s, check=False)
    except subprocess.TimeoutExpired:
        return Answer(wrong=f"it did not answer within {wall_s} s", final=False)
    if done.returncode < 0:
        return Answer(wrong=f"it was ended by {signal.Signals(-done.returncode).name}", final=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        return Answer(wrong=said[-1][:300], final=done.returncode == 1)
    return Answer(given=done.stdout)


def _try(path: str, chips: bytes, how: JsonFields) -> str:
    """Return what is wrong with the network; nothing if it is right on two chips (a ``.npy``), or takes another kind.

    How they are fed: the ``layouts`` of input and output, the ``name`` of the output that counts (the first if there is
    none of that name), and whether ``one_by_one``.
    """
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common base
        return f"is not an ONNX network that ONNX Runtime can run: {error}"
    (first, *more), fed = session.get_inputs(), np.load(io.BytesIO(chips))
    outputs = {output.name: output.type for output in session.get_outputs()}
    name = how["name"] if how["name"] in outputs else next(iter(outputs))
    if more or {first.type, outputs[name]} != {"tensor(float)"} or len(first.shape) != fed.ndim:
        return ""
    own = [size if isinstance(size, int) else None for size in first.shape]
    parts = [fed[:1], *([fed[:1], fed[1:]] if how["one_by_one"] or own[0] else [fed])]
    answers = []
    for part in (_stretched(part, own) for part in parts):
        try:
            answers.append(session.run([name], {first.name: part})[0].astype(np.float64))
        except Exception as error:  # as above
            cure = " If it takes one chip at a time, write [1, null, null, null] for input.shape." * (len(part) > 1)
            return f"does not run on chips of shape {part.shape}, as model.json says it should: {error}{cure}"
        bound(CPU_S * (1 + len(fed)))  # it ends
    before, after = (_CHANNELS[layout] for layout in how["layouts"])
    bands, sides = own[before], {*own[1:before], *own[before + 1 :]}
    as_said = bands in (None, fed.shape[before]) and len(sides) == 1  # the rest is refused by what is wrong there
    if not as_said or answers[0].ndim != fed.ndim or len({answer.shape[1:] for answer in answers}) > 1:
        return ""
    return _doubt(answers[0], np.concatenate(answers[1:]), after)


def _stretched(chips: NDArray[np.float32], own: list[int | None]) -> NDArray[np.float32]:
    """Return chips in the sizes that a network takes, None for any."""
    import numpy as np

    sizes = zip(own, chips.shape, strict=True)
    return chips[np.ix_(*(np.arange(size or given) * given // (size or given) for size, given in sizes))]


def _doubt(alone: NDArray[np.float64], both: NDArray[np.float64], channels: int) -> str:
    """Return what is wrong with the answers, of four axes, to the first chip alone and to both."""
    little = MOST_OFF * alone.std()
    if abs(both[0] - alone[0]).mean() > little:
        return (
            "answers a chip differently when it is asked again beside another chip: it was exported as it is trained, "
            "with dropout or the statistics of the batch. Call model.eval() before the export."
        )
    change = abs(both[1] - both[0]).mean(axis=channels - 1)
    middle, centre = (size // 2 for size in change.shape)
    left, right = slice(centre), slice(centre, None)
    upper, lower = slice(middle), slice(middle, None)
    others = (change[there].mean() for there in ((upper, left), (lower, left), (lower, right)))
    if max(others) > max(ELSEWHERE * change[upper, right].mean(), little):
        return (
            "answers a cloud in the upper right corner of a chip in another corner: its output is mirrored or turned. "
            "Export it without what turns its input, or correct input.layout and output.layout."
        )
    return ""


if __name__ == "__main__":
    bound()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each takes address space
    print(json.dumps(_try(sys.argv[1], sys.stdin.buffer.read(), json.loads(sys.argv[2]))))
