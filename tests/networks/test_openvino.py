"""OpenVINO runs a network only where it computes what ONNX Runtime computes, and says why where it does not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from making import MadeCatalog, write_model
from onnx import TensorProto, helper, numpy_helper

import lulc_core as lulc
from lulc_core.mapping.fingerprints import what_decides
from lulc_core.networks import openvino_graph, proof
from lulc_core.networks.model import SHIPPED
from lulc_core.networks.openvino_graph import Compiled, UnfitError, Wanted
from lulc_core.networks.proof import Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from lulc_core.networks.onnx_network import OnnxNetwork

HAS_BF16 = "BF16" in openvino_graph.processor()


@pytest.fixture(autouse=True)
def verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for what is found out about networks, and Python as it starts where nobody asked for more."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # NumPy writes to a raw pipe, and not to a buffered one
    monkeypatch.setattr(proof, "kept_in", lambda: tmp_path / "cache" / "networks")
    return tmp_path / "cache" / "networks"


def chip(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(0, 0.6, shape).astype(np.float32)


def save(path: Path, nodes: list[onnx.NodeProto], tensors: dict[str, NDArray[Any]], *, nhwc: bool = False) -> Path:
    """Write a network from ``x``, three bands, to ``y``, four outputs."""
    ends = [(None, None, None, c) if nhwc else (None, c, None, None) for c in (3, 4)]
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ends[0])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ends[1])],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


LAYERS = ("Relu", "Sigmoid", "Softplus", "Tanh", "conv", "pool", "up", "skip")


def network_of(layers: list[str], seed: int, *, nhwc: bool) -> tuple[list[onnx.NodeProto], dict[str, NDArray[Any]]]:
    """Layers of five channels, one after the other, between a convolution of the bands and one to the outputs."""
    random, nodes, tensors = np.random.default_rng(seed), [], {"s": np.array([1, 1, 2, 2], np.float32)}
    at = "x"

    def add(kind: str, *more: str, **stated: Any) -> None:
        nonlocal at
        nodes.append(helper.make_node(kind, [at, *more], [f"n{len(nodes)}"], **stated))
        at = nodes[-1].output[0]

    def convolution(before: int, after: int) -> None:
        name = f"w{len(nodes)}"
        tensors[name] = random.normal(0, 0.3, (after, before, 3, 3)).astype(np.float32)
        add("Conv", name, pads=[1] * 4)

    if nhwc:
        add("Transpose", perm=[0, 3, 1, 2])
    convolution(3, 5)
    first = at
    for layer in layers:
        if layer == "conv":
            convolution(5, 5)
        elif layer == "pool":
            add("MaxPool", kernel_shape=[3, 3], pads=[1] * 4)
        elif layer == "up":
            add("AveragePool", kernel_shape=[2, 2], strides=[2, 2])
            add("Resize", "", "s", mode="linear", coordinate_transformation_mode="half_pixel")
        elif layer == "skip":
            add("Add", first)
        else:
            add(layer)
    convolution(5, 4)
    if nhwc:
        add("Transpose", perm=[0, 2, 3, 1])
    nodes[-1].output[0] = "y"
    return nodes, tensors


@settings(max_examples=12)
@given(st.lists(st.sampled_from(LAYERS), max_size=5), st.booleans(), st.integers(0, 99), st.integers(4, 12))
def test_openvino_gives_what_onnx_runtime_gives(
    tmp_path_factory: pytest.TempPathFactory, layers: list[str], nhwc: bool, seed: int, half: int
) -> None:
    nodes, tensors = network_of(layers, seed, nhwc=nhwc)
    path = save(tmp_path_factory.mktemp("made") / "model.onnx", nodes, tensors, nhwc=nhwc)
    x, layout = chip(1, 3, 2 * half, 2 * half + 4, seed=seed), "NHWC" if nhwc else "NCHW"
    (right,) = onnxruntime.InferenceSession(path).run(None, {"x": np.moveaxis(x, 1, -1) if nhwc else x})
    right = np.moveaxis(right, -1, 1) if nhwc else right
    channels = ((2,), (), (0, 3))
    size = (x.shape[2], x.shape[3])
    raw, shares = (
        Compiled.make(
            str(path), size, Wanted(bands=3, layouts=(layout, layout), given="y", channels=wanted), "float32"
        )(x)
        for wanted in ((), channels)
    )
    np.testing.assert_allclose(raw, right, atol=1e-4)
    by_hand = scipy.special.softmax(right[:, [2, 0, 3]], axis=1)
    np.testing.assert_allclose(shares[:, 0], by_hand[:, 0], atol=1e-4)
    assert not shares[:, 1].any()
    np.testing.assert_allclose(shares[:, 2], by_hand[:, 1] + by_hand[:, 2], atol=1e-4)


def resizing(folder: Path, scale: float, **stated: Any) -> Path:
    """A network that halves its input, or nearly, and brings it back to its size."""
    write_model(folder, size_multiple=2)
    card = json.loads((folder / "model.json").read_text()) | {"size_multiple": 1}
    (folder / "model.json").write_text(json.dumps(card))
    wide = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    nodes = [
        helper.make_node("Resize", ["x", "", "s"], ["h"], **{"antialias": 1, **wide, **stated}),
        helper.make_node("Shape", ["x"], ["whole"]),
        helper.make_node("Resize", ["h", "", "", "whole"], ["b"], **wide),
        helper.make_node("Conv", ["b", "w"], ["y"]),
    ]
    weights = np.random.default_rng(0).normal(size=(4, 3, 1, 1)).astype(np.float32)
    save(folder / "model.onnx", nodes, {"s": np.array([1, 1, scale, scale], np.float32), "w": weights})
    return folder


def test_a_halving_with_antialias_is_written_out(tmp_path: Path) -> None:
    folder = resizing(tmp_path / "model", 0.5)
    ours = lulc.Model.open(folder, precision="float32")
    right = lulc.Model.open(folder, runtime="onnxruntime")
    assert (ours.runtime, ours.precision, ours.remark) == ("openvino", "float32", "")
    for size in ((34, 40), (64, 32), (33, 40)):  # an odd one is left to ONNX Runtime
        np.testing.assert_allclose(
            ours.probabilities(chip(2, 3, *size)), right.probabilities(chip(2, 3, *size)), atol=1e-5
        )


@pytest.mark.parametrize("scale, stated", [(0.25, {}), (0.5, {"mode": "cubic"}), (0.5, {"exclude_outside": 1})])
def test_a_network_that_openvino_gets_wrong_is_run_by_onnx_runtime(
    tmp_path: Path, scale: float, stated: dict[str, Any]
) -> None:
    folder = resizing(tmp_path / "model", scale, **stated)
    model = lulc.Model.open(folder)
    assert (model.runtime, model.precision) == ("onnxruntime", "float32")
    assert model.remark
    for asked in ({"runtime": "openvino"}, {"precision": "bf16"}):
        with pytest.raises(lulc.InvalidInputError, match="cannot be run"):
            lulc.Model.open(folder, **asked)


def test_without_the_rewriting_the_proof_catches_antialias(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = resizing(tmp_path / "model", 0.5)
    network = lulc.Model.open(folder, runtime="onnxruntime").network.run
    monkeypatch.setattr(openvino_graph, "_write_out_halving", lambda *_: None)
    x = proof.real_looking_chip(("B04", "B03", "B02"), (96, 96))
    found = openvino_graph.answers(str(folder / "model.onnx"), Wanted(bands=3, layouts=("NCHW", "NCHW"), given="y"), x)
    assert "differ from ONNX Runtime's by up to" in proof.judge(network(x)[0], found, (3, 5, 6, 10)).wrong


def test_a_published_network_is_run_as_onnx_runtime_does(dynamic_world: Path) -> None:
    ours = lulc.Model.open(dynamic_world, runtime="openvino", precision="float32")
    x = proof.real_looking_chip(ours.bands, (100, 64))
    right = lulc.Model.open(dynamic_world, runtime="onnxruntime").probabilities(x)
    np.testing.assert_allclose(ours.probabilities(x), right, atol=1e-4)


def test_a_network_with_a_loop_is_left_to_onnx_runtime_which_can_stop_it(tmp_path: Path) -> None:
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Relu", ["a"], ["b"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, ()),
            helper.make_tensor_value_info("c", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("a", TensorProto.FLOAT, (None, 4, None, None)),
        ],
        [
            helper.make_tensor_value_info("d", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("b", TensorProto.FLOAT, (None, 4, None, None)),
        ],
    )
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        helper.make_node("Greater", ["m", "t"], ["go"]),
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Loop", ["n", "go", "l"], ["y"], body=body),
    ]
    tensors = {"w": np.ones((4, 3, 1, 1), np.float32), "n": np.array(2), "t": np.float32(0.7)}
    path = save(tmp_path / "model.onnx", nodes, tensors)
    with pytest.raises(UnfitError, match="Loop"):
        Compiled.make(str(path), (32, 32), Wanted(bands=3, layouts=("NCHW", "NCHW"), given="y"), "float32")


def test_a_verdict_is_kept_and_believed_and_one_that_is_damaged_is_found_anew(
    tiny_model: Path, verdicts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = lulc.Model.open(tiny_model)
    (kept,) = verdicts.iterdir()
    verdict = Verdict.read(kept)
    assert verdict is not None
    assert verdict.wrong == ""
    with monkeypatch.context() as patched:
        patched.setattr(proof, "_compare", None)  # would fail if it were called
        assert lulc.Model.open(tiny_model).precision == first.precision
        Verdict(wrong="it was wrong").keep(kept)
        assert lulc.Model.open(tiny_model).remark == "it was wrong"
    anew: list[str] = []

    def found(network: OnnxNetwork, *_: object) -> tuple[Verdict, bool]:
        anew.append(network.path.name)
        return verdict, True

    monkeypatch.setattr(proof, "_compare", found)
    for damaged in (b"", b"\xff\xfe", b"[]", b'{"wrong": 1, "by_bf16": null}', b'{"wrong": "", "by_bf16": 7}', b"{}"):
        kept.write_bytes(damaged)
        assert lulc.Model.open(tiny_model).runtime == "openvino"
        assert Verdict.read(kept) == verdict
    assert anew == ["model.onnx"] * 6


def test_a_verdict_belongs_to_one_file_and_one_library(
    tmp_path: Path, verdicts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in (0, 1):
        lulc.Model.open(write_model(tmp_path / "model", seed=seed))
    assert len(list(verdicts.iterdir())) == 2
    monkeypatch.setattr(openvino_graph, "processor", lambda: ("another",))
    lulc.Model.open(tmp_path / "model")
    assert len(list(verdicts.iterdir())) == 3


def test_a_cache_that_cannot_be_written_does_no_harm(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert lulc.Model.open(tiny_model).runtime == "openvino"


def test_an_openvino_that_does_not_answer_or_cannot_be_loaded_is_done_without(
    tiny_model: Path, verdicts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(proof, "WALL_S", 0.001)
        model = lulc.Model.open(tiny_model)
        assert (model.runtime, model.remark) == (
            "onnxruntime",
            "OpenVINO does not run it: it did not answer within 0.001 s",
        )
    assert not verdicts.exists()  # another time it may

    def broken() -> None:
        raise ImportError("libtbb.so.12: no such file")

    monkeypatch.setattr(openvino_graph, "library", broken)
    model = lulc.Model.open(tiny_model)
    assert (model.runtime, model.remark) == ("onnxruntime", "OpenVINO cannot be loaded: libtbb.so.12: no such file")
    assert model.probabilities(chip(1, 3, 32, 32)).shape == (1, 10, 32, 32)


def test_chips_at_once_give_the_same_bytes_as_one_by_one() -> None:
    model = lulc.Model.open("unet-simulated")
    chips = [chip(1, 6, 64, 64, seed=seed) for seed in range(6)]
    alone = [model.probabilities(one) for one in chips]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.probabilities, chips))
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(model.probabilities(np.concatenate(chips)), np.concatenate(alone))


@pytest.mark.skipif(not HAS_BF16, reason="this processor has no bf16: that it hardly changes labels is not tested")
def test_bf16_changes_few_labels_and_some_probabilities() -> None:
    half, exact = (lulc.Model.open("unet-simulated", runtime="openvino", precision=p) for p in ("bf16", "float32"))
    assert (half.precision, exact.precision) == ("bf16", "float32")
    x = proof.real_looking_chip(exact.bands, (128, 128))
    ours, right = half.probabilities(x), exact.probabilities(x)
    assert (ours.argmax(axis=1) == right.argmax(axis=1)).mean() > 0.98
    assert np.abs(ours - right).max() > 1e-4
    np.testing.assert_allclose(ours.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("changed", [0.0099, 0.0101, None])
def test_bf16_is_used_unasked_where_it_changes_less_than_a_label_in_a_hundred(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch, changed: float | None
) -> None:
    monkeypatch.setattr("lulc_core.networks.openvino_network.verdict_on", lambda *_: Verdict(by_bf16=changed))
    few = changed is not None and changed < 0.01
    assert lulc.Model.open(tiny_model).precision == ("bf16" if few else "float32")
    assert lulc.Model.open(tiny_model, precision="float32").precision == "float32"
    if changed is not None:
        assert lulc.Model.open(tiny_model, precision="bf16").precision == "bf16"
        return
    with pytest.raises(lulc.InvalidInputError, match=r"this processor has no bf16\. Ask for float32"):
        lulc.Model.open(tiny_model, precision="bf16")


def test_a_precision_that_is_not_known_or_that_the_runtime_lacks_is_refused(tiny_model: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match="precision must be one of float32, bf16; got 'int8'"):
        lulc.Model.open(tiny_model, precision="int8")
    with pytest.raises(lulc.InvalidInputError, match=r"onnxruntime cannot run the format\(s\) onnx in bf16"):
        lulc.Model.open(tiny_model, runtime="onnxruntime", precision="bf16")


def test_the_report_says_how_the_network_was_run_and_no_other_precision_takes_its_scenes_over(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    region = lulc.catalog_region(made.root)
    exact = lulc.Model.open(tiny_model, precision="float32")
    request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=exact)
    report = lulc.make_map(request, tmp_path / "out")
    assert report.network == {"runtime": "openvino", "precision": "float32", "remark": "", "product_level": "L2A"}
    assert "openvino" in report.versions
    if HAS_BF16:
        half = lulc.Model.open(tiny_model, precision="bf16")
        assert what_decides(request, half) != what_decides(request, exact)


REPORTS = """
import os, sys
import lulc_core as lulc
assert "openvino" not in sys.modules
assert lulc.Model.open(sys.argv[1]).runtime == "openvino"
import openvino
print(sys.modules["openvino_telemetry"], openvino.convert_model.__name__, os.environ["ORT_DISABLE_TELEMETRY"])
"""


def test_nothing_is_reported_to_the_makers_of_openvino_and_onnx_runtime(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", REPORTS, SHIPPED / "unet-simulated"],
        env=os.environ | {"HOME": str(home), "CI": "false"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["None", "convert_model", "1"]
    assert not (home / "intel").exists()  # where its number for this user would be
