"""The recipe: what it learns, what it holds out, that it resumes, and what it says of bad data."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import safetensors.torch
import torch
from rasterio.transform import from_origin

import lulc_core as lulc
from lulc_core.networks.model import SHIPPED
from lulc_core.networks.unet import LEVELS, UNet
from lulc_core.training import checkpoints
from lulc_core.training.chip_survey import count_labels
from lulc_core.training.datasets import Chip, cut_chips, hold_out, read_chips
from lulc_core.training.loop import train
from lulc_core.training.recipe import MULTIPLE, Recipe, class_weights
from lulc_core.training.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

SMALL = Recipe(epochs=4, batch=2, chip=32, width=4, patience=1, validation=0.25)
DRAW = checkpoints._curves


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """On chips this small more threads only wait for each other; on a busy machine, for minutes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no learning curves, which takes longer than an epoch here."""
    monkeypatch.setattr(checkpoints, "_curves", lambda history: b"not drawn")


@pytest.fixture
def drawn(undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw them all the same."""
    monkeypatch.setattr(checkpoints, "_curves", DRAW)


def made_chip(number: int, *, size: int = 32, place: str | None = None) -> Chip:
    """Squares of the ten classes, each with a colour of its own and noise."""
    random = np.random.default_rng(number)
    label = np.kron(random.integers(1, 11, (size // 8, size // 8)), np.ones((8, 8))).astype(np.uint8)
    colours = np.random.default_rng(99).uniform(500, 9000, (6, 11))
    image = (colours[:, label] + random.normal(0, 100, (6, size, size))).astype(np.uint16)
    return Chip(name=f"chip {number}", place=place or f"place {number // 2}", image=image, label=label)


def made_chips(count: int = 8) -> list[Chip]:
    return [made_chip(i) for i in range(count)]


def write_tif(path: Path, values: NDArray[Any], *, west: float = 500_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = values if values.ndim == 3 else values[None]
    count, height, width = values.shape
    shape = {"count": count, "height": height, "width": width, "dtype": values.dtype}
    place = {"crs": "EPSG:32631", "transform": from_origin(west, 5_600_000, 10, 10)}
    with rasterio.open(path, "w", driver="GTiff", **place, **shape) as t:
        t.write(values)
    return path


def write_dataset(root: Path, count: int = 4) -> Path:
    for i in range(count):
        chip = made_chip(i)
        assert isinstance(chip.image, np.ndarray)
        assert isinstance(chip.label, np.ndarray)
        for side, values in (("images", chip.image), ("labels", chip.label)):
            write_tif(root / side / f"dw_{i // 2}.5_-3.1-2019070{i}.tif", values, west=500_000 + 10_000 * (i // 2))
    return root


def tensors(path: Path) -> dict[str, torch.Tensor]:
    return safetensors.torch.load_file(path)


def assert_same_run(one: Path, other: Path) -> None:
    """The same weights, optimiser and figures, bit for bit, wall-clock seconds aside."""
    ours, theirs = (tensors(folder / "checkpoint.safetensors") for folder in (one, other))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[k], theirs[k]) for k in ours)
    assert (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()
    rows = [[line.split(",")[:-1] for line in (f / "metrics.csv").read_text().splitlines()] for f in (one, other)]
    assert rows[0] == rows[1]


def test_a_small_network_learns_one_chip_by_heart(tmp_path: Path) -> None:
    recipe = Recipe(epochs=5, batch=1, chip=32, width=8, dropout=0, learning_rate=1e-2, patience=9, validation=0)
    train([made_chip(0)] * 20, tmp_path / "out", recipe)
    assert lulc.Model.open(tmp_path / "out").card["best_epoch"]["validation_accuracy"] > 0.97


def test_a_run_in_two_parts_equals_one_in_a_single_part(tmp_path: Path) -> None:
    train(made_chips(), tmp_path / "whole", SMALL)
    train(made_chips(), tmp_path / "parts", dataclasses.replace(SMALL, epochs=2))
    train(made_chips(), tmp_path / "parts", SMALL)
    assert_same_run(tmp_path / "whole", tmp_path / "parts")


@pytest.mark.slow
def test_a_run_that_was_killed_resumes_to_the_same_bits(tmp_path: Path) -> None:
    data, out = write_dataset(tmp_path / "data", 6), tmp_path / "killed"
    script = (
        "import sys, torch; torch.set_num_threads(1)\n"
        "from lulc_core.training.datasets import read_chips\n"
        "from lulc_core.training.loop import train\nfrom lulc_core.training.recipe import Recipe\n"
        "recipe = Recipe(epochs=100_000, batch=2, chip=32, width=4, patience=1, validation=0.25)\n"
        "train(read_chips(sys.argv[1]), sys.argv[2], recipe)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(data), str(out)]) as process:
        while not (out / "checkpoint.safetensors").exists() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    done = json.loads(safetensors_header(out / "checkpoint.safetensors"))["history"]
    recipe = dataclasses.replace(SMALL, epochs=len(done) + 2)
    train(read_chips(data), out, recipe)
    train(read_chips(data), tmp_path / "whole", recipe)
    assert_same_run(tmp_path / "whole", out)


def safetensors_header(path: Path) -> str:
    with safetensors.safe_open(path, "pt") as file:
        return str(file.metadata()["run"])


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    train(made_chips(), tmp_path, SMALL)
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}
    train(made_chips(), tmp_path, SMALL)
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()} == before


@pytest.mark.parametrize("change, named", [({"seed": 1}, "seed"), ({"width": 8}, "width")])
def test_a_checkpoint_of_another_recipe_is_not_taken_up(tmp_path: Path, change: dict[str, int], named: str) -> None:
    train(made_chips(), tmp_path, dataclasses.replace(SMALL, epochs=1))
    with pytest.raises(lulc.InvalidInputError, match=f"other {named}"):
        train(made_chips(), tmp_path, dataclasses.replace(SMALL, **change))  # type: ignore[arg-type]


def test_a_checkpoint_of_other_data_is_not_taken_up(tmp_path: Path) -> None:
    train(made_chips(), tmp_path, dataclasses.replace(SMALL, epochs=1))
    with pytest.raises(lulc.InvalidInputError, match="other data"):
        train(made_chips(6), tmp_path, SMALL)


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"torn")
    with pytest.raises(lulc.InvalidInputError, match=r"checkpoint\.safetensors"):
        train(made_chips(), tmp_path, SMALL)


@pytest.mark.parametrize(
    "run",
    [
        "[" * 100_000,
        "[]",
        "{}",
        '{"recipe": 1, "data": 1}',
        json.dumps({"recipe": dataclasses.asdict(SMALL), "data": None, "schedule": 3, "history": []}),
    ],
)
def test_a_checkpoint_with_another_header_is_named(tmp_path: Path, run: str) -> None:
    safetensors.torch.save_file({"a": torch.zeros(1)}, tmp_path / "checkpoint.safetensors", {"run": run})
    with pytest.raises(lulc.InvalidInputError, match=r"checkpoint\.safetensors"):
        train(made_chips(), tmp_path, SMALL)


def test_the_learning_rate_drops_by_ten_when_the_validation_loss_stops_falling() -> None:
    run = Run.begin(dataclasses.replace(SMALL, patience=2), torch.device("cpu"), "")
    rates = []
    for loss in (3.0, 2.0, 2.0, 2.1, 2.2, 1.9):
        run.finish_epoch(validation_loss=loss)
        rates.append(run.optimiser.param_groups[0]["lr"])
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 1e-3, 1e-4, 1e-4])


def test_the_best_epoch_is_kept(tmp_path: Path) -> None:
    train(made_chips(), tmp_path, dataclasses.replace(SMALL, epochs=6, learning_rate=0.3))
    header = json.loads(safetensors_header(tmp_path / "checkpoint.safetensors"))
    best = min(header["history"], key=lambda row: row["validation_loss"])
    card = json.loads((tmp_path / "model.json").read_text())
    assert card["best_epoch"] == best
    kept = tensors(tmp_path / "model.safetensors")
    stored = tensors(tmp_path / "checkpoint.safetensors")
    assert all(torch.equal(kept[k], stored[f"best.{k}"]) for k in kept)


def test_chips_are_as_large_as_the_network_can_halve() -> None:
    assert MULTIPLE == 2 ** (LEVELS - 1)


def test_class_weights_are_those_computed_by_hand() -> None:
    weights = class_weights(np.array([1000, 900, 90, 10, 0]))
    expected = [0, 1 / math.log(1.92), 1 / math.log(1.11), 1 / math.log(1.03), 1 / math.log(1.02)]
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_pixels_without_a_label_do_not_change_what_is_learned(tmp_path: Path) -> None:
    """No data has weight 0: other values under it give the same network only if the label masks them."""
    chip = made_chip(0)
    assert isinstance(chip.label, np.ndarray)
    half = dataclasses.replace(chip, label=np.where(np.arange(32) < 16, chip.label, 0).astype(np.uint8))
    assert count_labels([half])[0] == 32 * 16
    train([half], tmp_path, dataclasses.replace(SMALL, epochs=1, validation=0))
    head = tensors(tmp_path / "model.safetensors")["head.bias"]
    assert torch.isfinite(head).all()


def test_validation_is_held_out_by_place() -> None:
    chips = [made_chip(i, place=f"place {i % 7}") for i in range(70)]
    learned, held = hold_out(chips, Recipe())
    assert not {c.place for c in learned} & {c.place for c in held}
    assert len(learned) + len(held) == 70
    assert len(held) == 20  # two whole places of ten: the least that is 15 % or more


def test_one_place_alone_cannot_be_held_out() -> None:
    with pytest.raises(lulc.InvalidInputError, match="two places or more"):
        hold_out([made_chip(i, place="here") for i in range(3)], Recipe())


def test_the_saved_model_gives_the_probabilities_of_the_torch_module(tmp_path: Path) -> None:
    train(made_chips(), tmp_path, dataclasses.replace(SMALL, epochs=2))
    model = lulc.Model.open(tmp_path)
    network = UNet(bands=6, outputs=11, width=4)
    network.load_state_dict(tensors(tmp_path / "model.safetensors"))
    image = np.random.default_rng(0).uniform(0, 1, (1, 6, 48, 32)).astype(np.float32)
    with torch.inference_mode():
        logits = network.eval()(torch.from_numpy(image))
    expected = torch.softmax(logits[:, 1:], dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(image), expected, atol=0.02)  # bfloat16 has 8 bits
    by_onnx = lulc.Model.open(tmp_path, runtime="onnxruntime")
    np.testing.assert_allclose(by_onnx.probabilities(image), expected, atol=1e-4)
    assert model.codes == by_onnx.codes == tuple(range(11))
    assert model.has_cloud_class


@pytest.mark.usefixtures("drawn")
def test_all_that_a_run_tells_is_written(tmp_path: Path) -> None:
    train(made_chips(), tmp_path, SMALL, notes={"warning": "made up"})
    assert {p.name for p in tmp_path.iterdir()} == {
        "checkpoint.safetensors",
        "curves.png",
        "metrics.csv",
        "model.json",
        "model.onnx",
        "model.safetensors",
        "stac-item.json",
    }
    card = json.loads((tmp_path / "model.json").read_text())
    assert (card["warning"], card["recipe"]["seed"], card["data"]["chips"]) == ("made up", 0, 8)
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_cancelling_keeps_the_last_whole_epoch(tmp_path: Path) -> None:
    cancel = threading.Event()

    def stop_in_the_second_epoch(p: lulc.Progress) -> None:
        if p.stage == "train" and p.detail.startswith("epoch 2"):
            cancel.set()

    with pytest.raises(lulc.CancelledError):
        train(made_chips(), tmp_path, SMALL, progress=stop_in_the_second_epoch, cancel=cancel)
    assert len(json.loads(safetensors_header(tmp_path / "checkpoint.safetensors"))["history"]) == 1


def test_a_folder_of_geotiffs_is_read_with_places_from_names_and_folders(tmp_path: Path) -> None:
    write_dataset(tmp_path)
    for west, name in enumerate(("lake/one.tif", "lake/two.tif", "alone.tif")):
        there = 600_000 + 1000 * west
        write_tif(tmp_path / "images" / name, np.full((6, 32, 32), 0.25, np.float32), west=there)
        write_tif(tmp_path / "labels" / name, np.ones((32, 32), np.uint8), west=there)
    chips = read_chips(tmp_path)
    assert [c.place for c in chips] == ["alone", *["dw_0.5_-3.1"] * 2, *["dw_1.5_-3.1"] * 2, "lake", "lake"]
    image, label = chips[0].read()
    assert image.dtype == np.float32
    assert float(image.max()) == 0.25
    assert label.sum() == 32 * 32


def test_digital_numbers_become_reflectance(tmp_path: Path) -> None:
    write_tif(tmp_path / "images/a.tif", np.full((6, 16, 16), 2500, np.uint16))
    write_tif(tmp_path / "labels/a.tif", np.ones((16, 16), np.uint8))
    assert float(read_chips(tmp_path)[0].read()[0].max()) == 0.25


def test_an_empty_folder_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"No GeoTIFF in .*images"):
        read_chips(tmp_path)


def test_a_missing_label_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path)
    missing = tmp_path / "labels" / "dw_1.5_-3.1-20190703.tif"
    missing.unlink()
    with pytest.raises(lulc.NotFoundError, match=missing.name):
        read_chips(tmp_path)


@pytest.mark.parametrize(
    "folder, values, message",
    [
        ("images", np.ones((4, 32, 32), np.uint16), "6 bands B04 B03 B02 B08 B11 B12; it has 4"),
        ("images", np.ones((6, 30, 32), np.uint16), r"\(30, 32\) px .* its label is \(32, 32\)"),
        ("images", np.full((6, 32, 32), np.nan, np.float32), "NaN"),
        ("images", np.ones((6, 32, 32), np.int16), "it holds int16"),
        ("labels", np.full((32, 32), 11, np.uint8), r"not in the legend: \[11\]"),
        ("labels", np.ones((32, 32), np.int16), "one band of uint8"),
        ("labels", np.ones((2, 32, 32), np.uint8), "one band of uint8"),
    ],
)
def test_a_bad_file_is_named_before_training_starts(
    tmp_path: Path, folder: str, values: NDArray[Any], message: str
) -> None:
    write_dataset(tmp_path / "data")
    bad = write_tif(tmp_path / "data" / folder / "dw_0.5_-3.1-20190700.tif", values)
    with pytest.raises(lulc.InvalidInputError, match=f"{bad.name}.*{message}"):
        train(read_chips(tmp_path / "data"), tmp_path / "out", dataclasses.replace(SMALL, validation=0))
    assert not (tmp_path / "out").exists()


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    write_dataset(tmp_path)
    (tmp_path / "images" / "dw_0.5_-3.1-20190700.tif").write_bytes(b"torn")
    with pytest.raises(lulc.InvalidInputError, match=r"20190700\.tif is not a readable GeoTIFF"):
        count_labels(read_chips(tmp_path))


def test_data_without_any_label_is_refused() -> None:
    empty = dataclasses.replace(made_chip(0), label=np.zeros((32, 32), np.uint8))
    with pytest.raises(lulc.InvalidInputError, match="no data"):
        count_labels([empty])


@pytest.mark.parametrize(
    "change",
    [
        {"epochs": 0},
        {"chip": 40},
        {"chip": 16},
        {"width": 513},
        {"dropout": 1.0},
        {"learning_rate": 0.0},
        {"chips_per_epoch": 0},
    ],
)
def test_a_recipe_that_cannot_be_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(lulc.InvalidInputError, match=next(iter(change))):
        Recipe(**change)


def test_a_scene_is_cut_into_chips_that_cover_it_and_gaps_are_no_data() -> None:
    scene = np.random.default_rng(0).uniform(0, 1, (6, 100, 64)).astype(np.float32)
    scene[2, :10, :5] = np.nan
    chips = cut_chips(scene, np.full((100, 64), 3, np.uint8), name="a", place="b", size=64)
    assert len(chips) == 2
    image, label = chips[0].read()
    assert (label == 0).sum() == 50
    assert image[:, 0, 0] == pytest.approx(scene[:, :64][:, label == 3].mean(axis=1), abs=1e-3)


def test_images_of_other_sizes_are_cut_or_padded(tmp_path: Path) -> None:
    chips = [made_chip(i, size=size, place=f"{i}") for i, size in enumerate((24, 56, 80))]
    train(chips, tmp_path, dataclasses.replace(SMALL, epochs=1))
    assert (tmp_path / "model.json").is_file()


def test_the_shipped_network_opens_and_each_of_its_files_is_under_8_mb() -> None:
    folder = SHIPPED / "unet-simulated"
    if not folder.exists():
        pytest.skip("no network ships yet")
    model = lulc.Model.open("unet-simulated")
    assert model.has_cloud_class
    assert "not for real maps" in str(model.card["warning"])
    assert all(os.path.getsize(p) < 8_000_000 for p in folder.iterdir())  # one file a format
    chips = np.full((1, 6, 32, 32), 0.1, np.float32)
    np.testing.assert_allclose(model.probabilities(chips).sum(axis=1), 1, atol=1e-5)


def test_the_card_of_the_shipped_network_says_what_its_file_says() -> None:
    folder = lulc.Model.find("unet-simulated")
    card, said = json.loads((folder / "model.json").read_text()), (folder / "README.md").read_text()
    listed = re.search(r"of the places \(([^)]*)\)", said)[1].replace("\n", " ")
    held = {
        f"{region} {seed}"
        for region, seeds in re.findall(r"([a-z_]+) (\d[^a-z]*(?:and \d+)?)", listed)
        for seed in re.findall(r"\d+", seeds)
    }
    assert held == set(card["data"]["held_out"])
    words = dict(zip(("ten", "eleven", "twelve", "thirteen"), range(10, 14), strict=True))
    assert words[re.search(r"(\w+) of the places \(", said)[1]] == len(held)
    assert f"{card['data']['chips']:,}".replace(",", " ") in said
    assert f"epoch {card['best_epoch']['epoch']}" in said
    assert f"{card['best_epoch']['validation_accuracy']:.1%}".replace("%", " %") in said
    command = re.search(r"lulc train .*?--out", said, re.DOTALL)[0]
    options = {name.replace("-", "_"): float(value) for name, value in re.findall(r"--([a-z-]+) ([\d.]+)", command)}
    recipe = card["recipe"]
    assert {name: recipe[name] for name in options if name in recipe} == {
        name: value for name, value in options.items() if name in recipe
    }
    assert (folder / "model.safetensors").stat().st_size < 8_000_000
