"""The files of a run: the checkpoint to resume from, and the network that `Model.open` opens."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import json
import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import safetensors
import safetensors.torch
import torch

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.scenes import BANDS
from lulc_core.legend import LEGEND, NO_DATA
from lulc_core.networks.card import ModelCard
from lulc_core.networks.mlm import ITEM, mlm_item
from lulc_core.networks.unet import UNet
from lulc_core.training.recipe import MULTIPLE, OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from lulc_core.json_types import JsonFields
    from lulc_core.training.datasets import Chip
    from lulc_core.training.recipe import Recipe
    from lulc_core.training.run import Run

CHECKPOINT = "checkpoint.safetensors"
"""File with everything needed to resume a run."""
BROKEN = (AttributeError, KeyError, RecursionError, RuntimeError, TypeError, ValueError)
"""What a file with other content than a checkpoint's leads to."""


def save(run: Run, out: Path) -> None:
    """Write the checkpoint: tensors as safetensors, the rest as JSON in their header."""
    moments = {
        f"optimiser.{i}.{name}": value
        for i, state in run.optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }
    tensors = {
        **{f"network.{k}": v for k, v in run.network.state_dict().items()},
        **{f"best.{k}": v for k, v in run.best.items()},
        **moments,
    }
    header = {
        "recipe": dataclasses.asdict(run.recipe),
        "data": run.data,
        "schedule": run.schedule.state_dict(),
        "history": run.history,
    }
    _write(out / CHECKPOINT, safetensors.torch.save(_plain(tensors), {"run": json.dumps(header)}))


def resume(run: Run, path: Path) -> None:
    """Go on from a checkpoint; raises `InvalidInputError` if it is of another run or broken."""
    try:
        with safetensors.safe_open(path, "pt") as file:
            header = json.loads(file.metadata()["run"])
        tensors = safetensors.torch.load_file(path)
        before, now = header["recipe"], dataclasses.asdict(run.recipe)
        other = sorted(k for k in now if k != "epochs" and now[k] != before.get(k))
        other += ["data"] * (header["data"] != run.data)
        if not other:
            _take_up(run, header, tensors)
    except (OSError, safetensors.SafetensorError, *BROKEN) as error:
        raise InvalidInputError(
            f"{path} is not a checkpoint of this program: {error!r}. Delete it to start over."
        ) from error
    if other:
        raise InvalidInputError(
            f"{path} is of a run with other {', '.join(other)}. Give another folder, or delete it to start over."
        )


def _take_up(run: Run, header: JsonFields, tensors: Mapping[str, torch.Tensor]) -> None:
    run.network.load_state_dict(_part(tensors, "network."))
    run.best = _part(tensors, "best.")
    _load_moments(run.optimiser, _part(tensors, "optimiser."))
    run.schedule.load_state_dict(header["schedule"])
    for group, rate in zip(run.optimiser.param_groups, run.schedule.get_last_lr(), strict=True):
        group["lr"] = rate
    run.history = header["history"]


def _load_moments(optimiser: torch.optim.Optimizer, moments: Mapping[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in moments.items():
        number, name = key.split(".")
        laid = value.contiguous(memory_format=torch.channels_last) if value.ndim == 4 else value
        state.setdefault(int(number), {})[name] = laid
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def _part(tensors: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _plain(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: v.detach().cpu().contiguous() for k, v in tensors.items()}


def fingerprint(chips: Sequence[Chip], counts: NDArray[np.int64]) -> str:
    """Return a digest by which a checkpoint tells whether it was trained on the same chips."""
    told = [*(f"{chip.name} {chip.place}" for chip in chips), str(counts.tolist())]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def publish(run: Run, out: Path, data: Mapping[str, object], notes: Mapping[str, object]) -> None:
    """Write the best weights in both formats, their card, the metrics and the learning curves."""
    best = min(run.history, key=lambda row: row["validation_loss"])
    classes = [{"index": 0, "name": "no data", "legend_code": NO_DATA}]
    classes += [{"index": c.code, "name": c.name, "legend_code": c.code} for c in LEGEND]
    card = {
        "name": out.resolve().name,
        "format": ["safetensors", "onnx"],
        "architecture": "U-Net",
        "width": run.recipe.width,
        "bands": list(BANDS),
        "scaling": {"kind": "clip", "low": 0, "high": 1},
        "classes": classes,
        "size_multiple": MULTIPLE,
        "input": {"layout": "NCHW"},
        "output": {"kind": "logits", "layout": "NCHW"},
        "recipe": dataclasses.asdict(run.recipe),
        "data": dict(data),
        "best_epoch": best,
        "training_seconds": round(sum(row["seconds"] for row in run.history)),
        **notes,
    }
    if best is run.history[-1] or not (out / "model.onnx").is_file():
        _write(out / "model.onnx", to_onnx(run.best, run.recipe))
    table = io.StringIO()
    writer = csv.DictWriter(table, fieldnames=list(best))
    writer.writeheader()
    writer.writerows(run.history)
    _write(out / "model.safetensors", safetensors.torch.save(_plain(run.best)))
    _write(out / "model.json", json.dumps(card, indent=2).encode() + b"\n")
    item = mlm_item(ModelCard.read(out), out.resolve().name)
    _write(out / ITEM, json.dumps(item, indent=2).encode() + b"\n")
    _write(out / "metrics.csv", table.getvalue().encode())
    _write(out / "curves.png", _curves(run.history))


def to_onnx(weights: Mapping[str, torch.Tensor], recipe: Recipe) -> bytes:
    """Return a trained UNet as an ONNX file: for machines without torch."""
    with torch.device("meta"):  # its own weights are not wanted
        unet = UNet(bands=len(BANDS), outputs=OUTPUTS, width=recipe.width)
    unet.load_state_dict(weights, assign=True)
    axes = {0: "chip", 2: "y", 3: "x"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch would rather use an exporter that needs another library
        torch.onnx.export(
            unet.eval(),
            (torch.zeros(1, len(BANDS), 4 * MULTIPLE, 4 * MULTIPLE),),
            f"{folder}/model.onnx",
            opset_version=18,
            dynamo=False,
            input_names=["reflectance"],
            output_names=["logits"],
            dynamic_axes={"reflectance": axes, "logits": axes},
        )
        return Path(folder, "model.onnx").read_bytes()


def _curves(history: Sequence[Mapping[str, float]]) -> bytes:
    """Draw loss and accuracy by epoch as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    epochs = [row["epoch"] for row in history]
    for axes, kind in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for prefix, label in (("", "learned"), ("validation_", "held out by place")):
            axes.plot(epochs, [row[prefix + kind] for row in history], label=label)
        axes.set(xlabel="epoch", ylabel=kind)
        axes.legend()
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_png(picture)  # type: ignore[no-untyped-call]
    return picture.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write under a temporary name, then rename, so that the file is never seen half-written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
