"""What runs the network, and `predict` with each, on one core: core time beside that of the core's own matrix product.

Run: ``python -P benchmarks/predict.py [folder of another ONNX network]``. Interleaved, medians of core time, so that a
crowded machine tells about the same as a quiet one. Its peers: a plain loop in float32 by ONNX Runtime, a chip at a
time, with NumPy around it; MONAI's sliding windows; xarray's `apply_ufunc` over Dask's blocks.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")

import contextlib
import sys
import time
from collections import defaultdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import torch
import xarray as xr
from torch.utils.flop_counter import FlopCounterMode

import lulc_core as lulc
from lulc_core.mapping.chips import CHIP_PX, OVERLAP_PX, Window, spans, windows
from lulc_core.networks import openvino_graph
from lulc_core.networks.proof import real_looking_chip
from lulc_core.networks.unet import UNet

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ROUNDS, CALLS, SIDE, CHIP, LARGE_PX, PRODUCT = 5, 3, 2048, 512, 1100, 2048
WAYS = [
    ("torch", "float32"),
    ("torch", "bf16"),
    ("onnxruntime", "float32"),
    ("openvino", "float32"),
    ("openvino", "bf16"),
]


def core_seconds(act: Callable[[], object]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def medians(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Core seconds of each, one after the other in each round; the first round is not counted."""
    taken = defaultdict(list)
    for counted in range(rounds + 1):
        for name, act in ways.items():
            seconds = core_seconds(act)
            if counted:
                taken[name].append(seconds)
    return {name: float(np.median(each)) for name, each in taken.items()}


def opened(folder: str) -> dict[str, lulc.Model]:
    """A network by each way that this machine has."""
    found = {}
    for runtime, precision in WAYS:
        with contextlib.suppress(lulc.LulcError):  # ONNX Runtime has no bf16, and torch takes no ONNX
            found[f"{runtime} {precision}"] = lulc.Model.open(folder, runtime=runtime, precision=precision)
    return found


def plain_loop(scene: xr.DataArray, model: lulc.Model) -> NDArray[np.intp]:
    """One chip after the other, padded to what the network halves, the mean where chips overlap."""
    image = np.nan_to_num(scene.sel(band=list(model.bands)).values[0])
    total, count = np.zeros((len(model.legend), SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    before, after = (CHIP - CHIP_PX) // 2, (CHIP - CHIP_PX + 1) // 2
    inside = slice(before, before + CHIP_PX)
    for rows in spans(SIDE):
        for columns in spans(SIDE):
            chip = np.pad(image[:, rows, columns], [(0, 0), *[(before, after)] * 2], mode="reflect")
            total[:, rows, columns] += model.probabilities(chip[None])[0][:, inside, inside]
            count[rows, columns] += 1
    return (total / count).argmax(axis=0)


def by_monai(scene: xr.DataArray, model: lulc.Model, windows: list[Window]) -> NDArray[np.intp]:
    """MONAI's sliding windows of the same size and overlap over torch's network in bf16; its logits are blended."""
    from monai.inferers import sliding_window_inference

    network = model.network.run
    size, stride = windows[0].inside.stop, windows[1].at.start
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        image = torch.from_numpy(model.scaling(scene.sel(band=list(model.bands)).values))
        x = image.contiguous(memory_format=torch.channels_last)
        logits = sliding_window_inference(x, size, 1, network.unet, overlap=1 - stride / size, mode="gaussian")
    return logits[0].argmax(dim=0).numpy()


def by_apply_ufunc(scene: xr.DataArray, model: lulc.Model) -> NDArray[np.intp]:
    """`xarray.apply_ufunc` over Dask's blocks of the size of a chip, which cannot overlap."""
    cut = scene.sel(band=list(model.bands)).coarsen(y=CHIP, x=CHIP).construct(y=("row", "y"), x=("column", "x"))
    blocks = cut.chunk(row=1, column=1)

    def labels(chip: NDArray[np.float32]) -> NDArray[np.intp]:
        flat = chip.reshape(-1, *chip.shape[-3:])
        return model.probabilities(flat).argmax(axis=1).reshape(*chip.shape[:-3], *chip.shape[-2:])

    dims = ["band", "y", "x"]
    options = {"dask": "parallelized", "output_dtypes": [np.intp]}
    return xr.apply_ufunc(labels, blocks, input_core_dims=[dims], output_core_dims=[dims[1:]], **options).values


def products() -> dict[str, Callable[[], object]]:
    a, b = (torch.randn(PRODUCT, PRODUCT) for _ in "ab")
    halves = a.bfloat16(), b.bfloat16()
    return {"product float32": lambda: a @ b, "product bf16": lambda: halves[0] @ halves[1]}


def compare_calls(models: dict[str, lulc.Model]) -> tuple[float, float]:
    """Print what a chip takes by each runtime; return the speed of the bf16 product and the operations of a chip."""
    first = models["onnxruntime float32"]
    chip = first.scaling(real_looking_chip(first.bands, (CHIP, CHIP)))
    with FlopCounterMode(display=False) as counter:
        UNet(bands=len(first.bands), outputs=len(first.codes))(torch.from_numpy(chip))
    work = counter.get_total_flops()
    calls = {name: (lambda m=m: [m.network.run(chip) for _ in range(CALLS)]) for name, m in models.items()}
    taken = medians(products() | calls, ROUNDS)
    speeds = {name: 2 * PRODUCT**3 / taken[name] for name in products()}
    print(", ".join(f"{name}: {speed / 1e9:.0f} GFLOP/s" for name, speed in speeds.items()))
    for name in calls:
        one = taken[name] / CALLS
        share = work / one / speeds["product bf16"]
        print(f"UNet, {CHIP} px        {name:20} {one * 1e3:6.1f} ms  {share:5.2f} of the bf16 product")
    return speeds["product bf16"], work


def compare_predict(models: dict[str, lulc.Model], speed: float, work: float) -> None:
    scene = lulc.simulate_place("belgium", 2022, shape=(SIDE, SIDE), acquisitions=1).reflectance.compute()
    exact, fast = models["onnxruntime float32"], models.get("openvino bf16", models["openvino float32"])
    ways: dict[str, Callable[[], object]] = {
        "plain loop, float32": lambda: plain_loop(scene, exact),
        "apply_ufunc, float32, no overlap": lambda: by_apply_ufunc(scene, exact),
    }
    for chip in (CHIP_PX, LARGE_PX):
        if monai := "torch bf16" in models and find_spec("monai") is not None:
            cut = windows(SIDE, chip, OVERLAP_PX, exact.multiple)
            ways[f"MONAI, bf16, {chip} px"] = lambda cut=cut: by_monai(scene, models["torch bf16"], cut)
    ways |= {f"{name}, {CHIP_PX} px": (lambda m=m: lulc.predict(scene, m)) for name, m in models.items()}
    ways[f"{fast.runtime} {fast.precision}, {LARGE_PX} px"] = lambda: lulc.predict(scene, fast, chip=LARGE_PX)
    taken = medians(ways, 2)
    if not monai:
        print("MONAI is left out: it is not installed, or torch has no bf16 here")
    for name, seconds in taken.items():
        share, plain = work * (SIDE / CHIP) ** 2 / seconds / speed, taken["plain loop, float32"] / seconds
        print(f"predict, {SIDE} px  {name:34} {seconds:6.2f} s  {share:5.2f} of the bf16 product, {plain:4.1f} x plain")


def compare_others(folder: str) -> None:
    models = opened(folder)
    chip = real_looking_chip(models["onnxruntime float32"].bands, (CHIP, CHIP))
    taken = medians({name: (lambda m=m: m.probabilities(chip)) for name, m in models.items()}, ROUNDS)
    for name, seconds in taken.items():
        ratio = taken["onnxruntime float32"] / seconds
        print(f"{folder[-16:]:16}  {name:20} {seconds:6.3f} s  {ratio:4.1f} x ONNX Runtime")


def main() -> None:
    torch.set_num_threads(1)
    print(f"{', '.join(openvino_graph.processor())}; torch {torch.__version__}; load {os.getloadavg()[0]:.1f}")
    models = opened("unet-simulated")
    compare_predict(models, *compare_calls(models))
    for folder in sys.argv[1:]:
        compare_others(folder)


if __name__ == "__main__":
    main()
