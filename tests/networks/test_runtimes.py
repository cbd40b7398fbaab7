"""The shipped network in each of its formats, and which library runs it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from making import MadeCatalog, write_model

import lulc_core as lulc
from lulc_core.networks.model import SHIPPED
from lulc_core.networks.runtimes import RUNTIMES, has_gpu

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SHIPPED_UNET = SHIPPED / "unet-simulated"


@pytest.fixture(scope="module")
def chips() -> NDArray[np.float32]:
    """Scenes of two simulated places, (chip, band, y, x), no data filled."""
    places = [lulc.simulate_place(name, 2022, 5, shape=(128, 128), acquisitions=3) for name in ("belgium", "laos")]
    return np.concatenate([np.nan_to_num(place.reflectance.values, nan=0.2) for place in places])


def test_onnx_runtime_gives_what_torch_gives(chips: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="compares with torch")
    monkeypatch.setattr("lulc_core.networks.unet.has_fast_bfloat16", lambda _: False)  # both in float32
    by_torch, by_onnx = (
        lulc.Model.open("unet-simulated", runtime=name).probabilities(chips) for name in ("torch", "onnxruntime")
    )
    np.testing.assert_allclose(by_onnx, by_torch, atol=1e-4)
    assert (by_onnx.argmax(axis=1) == by_torch.argmax(axis=1)).mean() >= 0.999


def test_a_network_takes_chips_of_any_number_and_size(chips: NDArray[np.float32]) -> None:
    model = lulc.Model.open("unet-simulated", runtime="onnxruntime")
    assert model.probabilities(chips[:2, :, :96, :64]).shape == (2, 10, 96, 64)


def test_the_fastest_installed_runtime_is_used_unless_another_is_asked_for() -> None:
    fastest = next(runtime for runtime in RUNTIMES if runtime.installed)
    assert has_gpu() or lulc.Model.open("unet-simulated").runtime == fastest.name
    assert lulc.Model.open("unet-simulated", runtime="onnxruntime").runtime == "onnxruntime"


def test_a_runtime_that_cannot_run_the_network_is_refused(tiny_model: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"torch cannot run the format\(s\) onnx"):
        lulc.Model.open(tiny_model, runtime="torch")
    with pytest.raises(lulc.InvalidInputError, match="runtime must be one of openvino, torch, onnxruntime; got 'jax'"):
        lulc.Model.open(tiny_model, runtime="jax")


def test_a_format_that_the_card_promises_and_the_folder_lacks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"no model\.onnx"):
        lulc.Model.open(_only_safetensors(tmp_path, ["safetensors", "onnx"]))


@pytest.mark.parametrize("stated", [None, [], ["onnx", 3], {"onnx": 1}])
def test_a_format_that_is_no_name_is_refused(tmp_path: Path, stated: object) -> None:
    with pytest.raises(lulc.InvalidInputError, match="format must be the name"):
        lulc.Model.open(write_model(tmp_path, format=stated))


def _only_safetensors(folder: Path, stated: str | list[str]) -> Path:
    """Copy the shipped network without its ONNX file."""
    card = json.loads((SHIPPED_UNET / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"format": stated}))
    shutil.copy(SHIPPED_UNET / "model.safetensors", folder)
    return folder


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # importing it fails
import lulc_core as lulc
from lulc_core.cli import main

model = lulc.Model.open("unet-simulated")
assert model.runtime == "openvino"
place = lulc.simulate_place("belgium", 2022, shape=(64, 64), acquisitions=1)
assert lulc.predict(place.reflectance, model).label.values.any()
try:
    lulc.Model.open(sys.argv[1])
except lulc.LulcError as error:
    print(error, file=sys.stderr)
sys.argv = ["lulc", *sys.argv[2:]]
main()
"""


def test_maps_need_no_torch_and_a_network_that_does_says_what_to_install(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "trained").mkdir()
    trained = _only_safetensors(tmp_path / "trained", "safetensors")
    out = tmp_path / "out"
    command = ["map", "--catalog", made.root, "--year", "2020", "--model", tiny_model, "--out", out, "--json"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, trained, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "pip install 'lulc-explorer[train]'" in done.stderr
    assert json.loads(done.stdout)["model"] == "tiny"
    assert (out / "map.tif").is_file()


def test_two_networks_in_one_folder_are_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="compares two formats")
    import safetensors.torch

    folder = tmp_path / "mine"
    shutil.copytree(SHIPPED_UNET, folder)
    assert lulc.Model.open(folder).name
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    last = list(weights)[-1]
    weights[last] = weights[last] + torch.linspace(0, 3, weights[last].numel()).reshape(weights[last].shape)
    safetensors.torch.save_file(weights, folder / "model.safetensors")
    for runtime in ("torch", "onnxruntime", None):
        with pytest.raises(lulc.InvalidInputError, match="must be one network in two formats"):
            lulc.Model.open(folder, runtime=runtime)
