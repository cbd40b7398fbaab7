"""Opens an ONNX file and runs it once, in a process that may not take long, nor much memory.

A file from outside may loop for ever, ask for terabytes, or crash the library. `onnx_network` runs this file as a
script before it opens the same file itself. It imports nothing of this package.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys

CPU_S = 10
"""Most seconds of processor time."""
MEMORY_BYTES = 8 * 2**30
"""Most address space."""


def _bound() -> None:
    """Have the system end this process if it takes more; Windows has no such bounds."""
    with contextlib.suppress(ImportError):
        import resource

        for what, most in ((resource.RLIMIT_CPU, CPU_S), (resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CORE, 0)):
            _, hardest = resource.getrlimit(what)
            resource.setrlimit(what, (most if hardest < 0 else min(most, hardest), hardest))  # negative: no bound


def _try(path: str, chip: bytes) -> str:
    """Return what is wrong with the network; nothing if it runs on a chip (a ``.npy``), or takes another kind."""
    import numpy as np
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common base
        return f"is not an ONNX network that ONNX Runtime can run: {error}"
    (first, *more), fed = session.get_inputs(), np.load(io.BytesIO(chip))
    if more or first.type != "tensor(float)" or len(first.shape) != fed.ndim:
        return ""
    shape = [own if isinstance(own, int) else given for own, given in zip(first.shape, fed.shape, strict=True)]
    try:
        session.run(None, {first.name: np.resize(fed, shape)})
    except Exception as error:  # as above
        return f"does not run on chips of shape {shape}, as model.json says it should: {error}"
    return ""


if __name__ == "__main__":
    _bound()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each takes address space
    print(json.dumps(_try(sys.argv[1], sys.stdin.buffer.read())))
