"""A network from outside: what its card and its file say of each other is right, or refused within seconds."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
import scipy.special
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from making import write_model
from onnx import TensorProto, helper, numpy_helper

import lulc_core as lulc
from lulc_core.networks.proof import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FREE = (None, 3, None, None)


@pytest.fixture(autouse=True)
def by_onnx_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave OpenVINO out: each network here is another, and a comparison of its own takes longer than all the rest."""
    monkeypatch.setattr("lulc_core.networks.openvino_network.verdict_on", lambda *_: Verdict(wrong="not compared"))


def matrix(seed: int = 0, outputs: int = 4) -> NDArray[np.float32]:
    """What the networks here multiply the bands with, (output, band)."""
    return np.random.default_rng(seed).normal(size=(outputs, 3)).astype(np.float32)


def write_network(
    folder: Path,
    nodes: list[onnx.NodeProto],
    *,
    outputs: tuple[str, ...] = ("y",),
    shape: tuple[int | None, ...] = FREE,
    given: dict[str, NDArray[Any]] | None = None,
    **changes: Any,
) -> Path:
    """A network of some nodes from ``x`` to its outputs of four classes; ``w`` and ``v`` are kernels of one pixel."""
    write_model(folder, **changes)
    tensors = {"w": matrix()[..., None, None], "v": matrix(1)[..., None, None], **(given or {})}
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [shape[0], 4, *shape[2:]]) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in tensors.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(made, folder / "model.onnx")
    return folder


CONVOLUTION = helper.make_node("Conv", ["x", "w"], ["y"])
CONVOLVED = helper.make_node("Conv", ["x", "w"], ["l"])
ENDS = {
    "logits": [CONVOLUTION],
    "probabilities": [helper.make_node("Conv", ["x", "w"], ["l"]), helper.make_node("Softmax", ["l"], ["y"], axis=1)],
    "probabilities in per cent": [
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Softmax", ["l"], ["p"], axis=1),
        helper.make_node("Mul", ["p", "hundred"], ["y"]),
    ],
    "losses": [CONVOLVED, helper.make_node("LogSoftmax", ["l"], ["p"], axis=1), helper.make_node("Neg", ["p"], ["y"])],
    "logarithms of probabilities": [CONVOLVED, helper.make_node("LogSoftmax", ["l"], ["y"], axis=1)],
    "the same everywhere": [
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Sub", ["l", "l"], ["y"]),
    ],
    "shares of each class by itself": [
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Sigmoid", ["l"], ["y"]),
    ],
    "probabilities along the wrong axis": [
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Softmax", ["l"], ["y"], axis=2),
    ],
}


def chip(*, size: int = 40) -> NDArray[np.float32]:
    return np.random.default_rng(3).uniform(0, 0.5, (1, 3, size, size)).astype(np.float32)


def in_float32(folder: Path) -> lulc.Model:
    """A network in the precision in which the tests work it out by hand."""
    return lulc.Model.open(folder, precision="float32")


def truth(x: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    """Probabilities of the four classes by hand, (chip, class, y, x)."""
    return scipy.special.softmax(np.einsum("ob,cbyx->coyx", matrix(seed), x), axis=1)


def known(model: lulc.Model, x: NDArray[np.float32]) -> NDArray[np.float32]:
    return model.probabilities(x)[:, model.legend.places[list(model.codes)]]


@pytest.mark.parametrize("end", ["logits", "logarithms of probabilities", "probabilities"])
def test_logits_and_probabilities_give_the_same_shares(tmp_path: Path, end: str) -> None:
    kind = "probabilities" if end == "probabilities" else "logits"
    folder = write_network(tmp_path, ENDS[end], output={"layout": "NCHW", "kind": kind})
    np.testing.assert_allclose(known(in_float32(folder), chip()), truth(chip()), atol=1e-5)


@pytest.mark.parametrize(
    "end, stated, says",
    [
        ("logits", "probabilities", "not probabilities"),
        ("probabilities", "logits", 'Write "probabilities" for output.kind'),
        ("shares of each class by itself", "logits", "shares, not logits"),
        ("probabilities in per cent", "logits", "shares, not logits"),
        ("losses", "logits", "minus the logarithms of probabilities"),
        ("probabilities in per cent", "probabilities", "with sums from"),
        ("the same everywhere", "logits", "answers the same whatever it sees"),
        ("shares of each class by itself", "probabilities", "with sums from"),
        ("probabilities along the wrong axis", "probabilities", "with sums from"),
    ],
)
def test_an_output_of_another_kind_than_the_card_says_is_refused(
    tmp_path: Path, end: str, stated: str, says: str
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.Model.open(
            write_network(
                tmp_path, ENDS[end], given={"hundred": np.float32(100)}, output={"layout": "NCHW", "kind": stated}
            )
        )


def test_a_network_that_takes_digital_numbers_is_known_unless_the_scaling_gives_them(tmp_path: Path) -> None:
    """Reflectance is next to nothing for it, so that it answers nearly the same everywhere."""
    nodes = [helper.make_node("Sub", ["x", "mean"], ["d"]), helper.make_node("Div", ["d", "sd"], ["s"])]
    nodes += [helper.make_node("Conv", ["s", "w"], ["l"]), helper.make_node("Softmax", ["l"], ["y"], axis=1)]
    given = {"mean": np.float32(1200), "sd": np.float32(700)}
    output = {"layout": "NCHW", "kind": "probabilities"}
    assert in_float32(write_network(tmp_path, nodes, given=given, output=output)).hardly_differs()
    digital = {"kind": "standardise", "mean": 0, "deviation": 0.0001}
    model = in_float32(write_network(tmp_path, nodes, given=given, output=output, scaling=digital))
    assert not model.hardly_differs()
    np.testing.assert_allclose(known(model, chip()), truth((chip() * 10_000 - 1200) / 700), atol=1e-5)


def test_names_that_the_legend_does_not_know_are_told_with_what_their_codes_say(tiny_model: Path) -> None:
    names = ("Wiese", "cropland", "Busch", "nothing")
    classes = [
        {"index": i, "name": name, "legend_code": code}
        for i, (name, code) in enumerate(zip(names, (3, 5, 6, 0), strict=True))
    ]
    assert lulc.Model.open(_with(tiny_model, classes=classes)).other_names == {"Wiese": "grass", "Busch": "scrub/shrub"}
    assert lulc.Model.open("unet-simulated").other_names == {}


def test_what_a_network_gives_to_no_data_is_shared_among_the_classes(tmp_path: Path) -> None:
    """The output of no data counts in the sum of one; where it takes all, nothing is known of the classes."""
    classes = [{"index": i, "legend_code": code} for i, code in enumerate((0, 3, 5, 6))]
    write_network(tmp_path, ENDS["probabilities"], output={"layout": "NCHW", "kind": "probabilities"})
    model = in_float32(_with(tmp_path, classes=classes))
    shares = truth(chip())[:, 1:]
    expected = shares / shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(known(model, chip())[:, 1:], expected, atol=1e-5)
    nothing = model._normalised(np.array([1, 0, 0, 0], np.float32).reshape(1, 4, 1, 1), [1, 2, 3])
    np.testing.assert_allclose(nothing.ravel(), [1 / 3] * 3)


TWO = [helper.make_node("Conv", ["x", "v"], ["aux"]), CONVOLUTION]


def test_of_several_outputs_the_card_names_one(tmp_path: Path) -> None:
    folder = write_network(tmp_path, TWO, outputs=("aux", "y"))
    with pytest.raises(lulc.InvalidInputError, match=r"output tensor\(s\) aux, y. Write output.name"):
        lulc.Model.open(folder)
    for name, seed in (("y", 0), ("aux", 1)):
        named = {"layout": "NCHW", "kind": "logits", "name": name}
        model = in_float32(write_network(tmp_path, TWO, outputs=("aux", "y"), output=named))
        np.testing.assert_allclose(known(model, chip()), truth(chip(), seed), atol=1e-5)


@pytest.mark.parametrize("side", ["input", "output"])
def test_a_tensor_that_is_not_there_is_refused(tmp_path: Path, side: str) -> None:
    stated = {"layout": "NCHW", "kind": "logits", "name": "z"}
    with pytest.raises(lulc.InvalidInputError, match=rf"Write {side}.name.* got 'z'"):
        lulc.Model.open(write_model(tmp_path, **{side: stated}))


@pytest.mark.parametrize(
    "shape, card",
    [
        ((1, 3, 48, 48), {}),
        ((None, 3, 48, 48), {"size_multiple": 16}),
        (FREE, {"input": {"layout": "NCHW", "shape": [1, 3, 48, 48]}}),
    ],
)
def test_a_network_of_one_size_maps_scenes_of_any(
    tmp_path: Path, shape: tuple[int | None, ...], card: dict[str, Any]
) -> None:
    fixed = in_float32(write_network(tmp_path / "fixed", [CONVOLUTION], shape=shape, **card))
    free = in_float32(write_network(tmp_path / "free", [CONVOLUTION]))
    assert (fixed.side, free.side) == (48, None)
    values = np.random.default_rng(5).uniform(0, 0.5, (1, 3, 130, 70)).astype(np.float32)
    cube = xr.DataArray(values, dims=("time", "band", "y", "x"), coords={"band": ["B04", "B03", "B02"], "time": [0]})
    small, large = lulc.predict(cube, fixed), lulc.predict(cube, free)
    xr.testing.assert_equal(small["label"], large["label"])
    np.testing.assert_allclose(small["confidence"].astype(int), large["confidence"].astype(int), atol=1)
    np.testing.assert_allclose(known(fixed, chip(size=48)), truth(chip(size=48)), atol=1e-5)
    with pytest.raises(lulc.InvalidInputError, match="height and width of 48"):
        fixed.probabilities(chip())


@pytest.mark.parametrize(
    "shape, card, says",
    [
        ((1, 3, 48, 64), {}, "48 x 64 px"),
        ((1, 3, 48, 48), {"size_multiple": 32}, "size_multiple is 32"),
        ((4, 3, None, None), {}, "4 chips at a time"),
        ((1, 3, 48, 48), {"input": {"layout": "NCHW", "shape": [1, 3, 64, 64]}}, r"\[1, 3, 48, 48\].*\[1, 3, 64, 64\]"),
        (FREE, {"output": {"layout": "NCHW", "kind": "logits", "shape": [None, 5, None, None]}}, "null: any"),
        (FREE, {"input": {"layout": "NCHW", "shape": [1, 2]}}, "four whole numbers"),
    ],
)
def test_a_size_that_cannot_be_is_refused(
    tmp_path: Path, shape: tuple[int | None, ...], card: dict[str, Any], says: str
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.Model.open(write_network(tmp_path, [CONVOLUTION], shape=shape, **card))


def test_a_multiple_that_is_too_small_is_noticed_when_the_network_is_opened(tmp_path: Path) -> None:
    halved = [
        helper.make_node("MaxPool", ["x"], ["s"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Resize", ["s", "", "k"], ["r"]),
        helper.make_node("Conv", ["r", "w"], ["y"]),
    ]
    given = {"k": np.array([1, 1, 2, 2], np.float32)}
    assert lulc.Model.open(write_network(tmp_path, halved, given=given, size_multiple=2)).multiple == 2
    with pytest.raises(lulc.InvalidInputError, match="outputs of the same size"):
        lulc.Model.open(write_network(tmp_path, halved, given=given, size_multiple=1))


@pytest.mark.parametrize(
    "scaling, says",
    [
        ({"kind": "clip", "low": 0, "high": 10_000}, "digital numbers by 10 000"),
        ({"kind": "standardise", "mean": [1354, 1118, 1042], "deviation": [245, 333, 395]}, "10 000"),
        ({"kind": "standardise", "mean": 0.1354, "deviation": 245}, "10 000"),
        ({"kind": "log-percentile-sigmoid", "low": 100, "high": 2000}, "logarithms"),
        ({"kind": "clip", "low": 0, "high": 1, "mean": 0.1}, "mean is given, too"),
        ({"kind": "clip", "low": 0.8, "high": 1}, "into one value"),
        ({"kind": "clip", "low": False, "high": True}, "one number or 3"),
        ({"kind": "clip", "low": "0", "high": "1"}, "one number or 3"),
        ({"kind": "clip", "low": 0, "high": 10**400}, "one number or 3"),
        ({"kind": "clip", "low": 0, "high": float("nan")}, "NaN is no finite number"),
        ({"kind": ["clip"], "low": 0, "high": 1}, "scaling.kind"),
    ],
)
def test_a_scaling_that_is_not_for_reflectance_is_refused(tiny_model: Path, scaling: dict[str, Any], says: str) -> None:
    card = json.loads((tiny_model / "model.json").read_text())
    (tiny_model / "model.json").write_text(json.dumps(card | {"scaling": scaling}))
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.Model.open(tiny_model)


@pytest.mark.parametrize("name", ["grass", "Grassland", "Wiese", "rangeland", None])
def test_a_class_is_named_in_words_that_mean_its_code_or_nothing_known(tmp_path: Path, name: str | None) -> None:
    classes = [{"index": 0, "legend_code": 3, "name": name}, {"index": 1, "legend_code": 5}]
    assert lulc.Model.open(write_model(tmp_path, classes=2) and _with(tmp_path, classes=classes)).codes == (3, 5)


@pytest.mark.parametrize(
    "name, code, meant",
    [("water", 3, 1), ("Tree cover", 5, 2), ("shrub_and_scrub", 8, 6), ("built", 0, 7), ("no data", 3, 0)],
)
def test_a_name_that_contradicts_its_code_is_refused(tmp_path: Path, name: str, code: int, meant: int) -> None:
    write_model(tmp_path, classes=2)
    classes = [{"index": 0, "legend_code": 10}, {"index": 1, "legend_code": code, "name": name}]
    with pytest.raises(lulc.InvalidInputError, match=f"{name}', which is code {meant}, but its legend_code is {code}"):
        lulc.Model.open(_with(tmp_path, classes=classes))


@pytest.mark.parametrize("code", [3.7, "3", True, None, [3]])
def test_a_code_that_is_no_whole_number_is_refused(tmp_path: Path, code: object) -> None:
    write_model(tmp_path, classes=1)
    with pytest.raises(lulc.InvalidInputError, match="whole numbers"):
        lulc.Model.open(_with(tmp_path, classes=[{"index": 0, "legend_code": code}]))


def _with(folder: Path, **changes: Any) -> Path:
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | changes))
    return folder


@pytest.mark.parametrize(
    "content, says",
    [
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nested too deeply"),
        (b'{"scaling": {"low": -Infinity}}', "-Infinity is no finite number"),
        (b'{"weights": {"water": 1e999}}', "1e999 is no finite number"),
        (b'{"name": "\xe9"}', "not UTF-8 text"),
        (b'{"bands": ["B04"], "bands": ["B03"]}', "'bands' is there twice"),
        (b'{"name": "\\ud800"}', "not readable as JSON"),
        (b'{"size_multiple": ' + b"9" * 5000 + b"}", "not readable as JSON"),
        (b" " * 2**21, "larger than 1,048,576 bytes"),
    ],
)
def test_json_that_cannot_be_read_whole_is_refused(tiny_model: Path, content: bytes, says: str) -> None:
    (tiny_model / "model.json").write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.Model.open(tiny_model)


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "\ud800"])
def test_a_name_that_can_be_no_path_is_not_found(name: str) -> None:
    with pytest.raises(lulc.NotFoundError):
        lulc.Model.open(name)


def test_a_network_in_the_current_folder_is_named_after_it(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_model)
    card = json.loads((tiny_model / "model.json").read_text())
    (tiny_model / "model.json").write_text(json.dumps({k: v for k, v in card.items() if k != "name"}))
    assert lulc.Model.open(".").name == "model"


def test_a_byte_order_mark_does_no_harm(tiny_model: Path) -> None:
    card = (tiny_model / "model.json").read_bytes()
    (tiny_model / "model.json").write_bytes(b"\xef\xbb\xbf" + card)
    assert lulc.Model.open(tiny_model).name == "tiny"


def endless() -> list[onnx.NodeProto]:
    def value(name: str, kind: int, shape: tuple[int | None, ...]) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, kind, shape)

    logits = (None, 4, None, None)
    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"]), helper.make_node("Relu", ["a"], ["b"])],
        "body",
        [value("i", TensorProto.INT64, ()), value("c", TensorProto.BOOL, ()), value("a", TensorProto.FLOAT, logits)],
        [value("d", TensorProto.BOOL, ()), value("b", TensorProto.FLOAT, logits)],
    )
    return [helper.make_node("Conv", ["x", "w"], ["l"]), helper.make_node("Loop", ["n", "t", "l"], ["y"], body=body)]


def test_a_network_that_never_ends_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lulc_core.networks.onnx_network.WALL_S", 5)
    folder = write_network(tmp_path, endless(), given={"n": np.array(2**62), "t": np.array(True)})
    with pytest.raises(
        lulc.InvalidInputError, match=r"model\.onnx does not run on one small chip within .*without end"
    ):
        lulc.Model.open(folder)


def test_a_network_that_ends_in_the_trial_only_is_ended_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loop that goes on while a pixel is brighter than any of the trial."""
    monkeypatch.setattr("lulc_core.networks.onnx_network.RUN_S", 2)
    bright = [
        helper.make_node("ReduceMax", ["x"], ["m"], keepdims=0),
        helper.make_node("Greater", ["m", "most"], ["t"]),
        helper.make_node("Conv", ["x", "w"], ["l"]),
        endless()[1],
    ]
    model = lulc.Model.open(write_network(tmp_path, bright, given={"n": np.array(2**62), "most": np.float32(0.7)}))
    with pytest.raises(lulc.InvalidInputError, match="terminate flag"):
        model.probabilities(np.full((1, 3, 40, 40), 0.9, np.float32))


def test_a_network_whose_loop_ends_is_used(tmp_path: Path) -> None:
    folder = write_network(tmp_path, endless(), given={"n": np.array(2), "t": np.array(True)})
    logits = np.maximum(np.einsum("ob,cbyx->coyx", matrix(), chip()), 0)
    np.testing.assert_allclose(known(in_float32(folder), chip()), scipy.special.softmax(logits, 1), atol=1e-5)


def test_a_network_that_asks_for_terabytes_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ConstantOfShape", ["s"], ["z"]),
        helper.make_node("ReduceSum", ["z"], ["q"], keepdims=0),
        helper.make_node("Conv", ["x", "w"], ["l"]),
        helper.make_node("Add", ["l", "q"], ["y"]),
    ]
    with pytest.raises(lulc.InvalidInputError, match=r"model\.onnx"):
        lulc.Model.open(write_network(tmp_path, nodes, given={"s": np.array([10**6, 10**6])}))


AS_TRAINED = {
    "dropout": [CONVOLVED, helper.make_node("Dropout", ["l", "part", "on"], ["y"])],
    "statistics of the batch": [
        helper.make_node("BatchNormalization", ["x", "1", "0", "0", "1"], ["n", "m", "d"], training_mode=1),
        helper.make_node("Conv", ["n", "w"], ["y"]),
    ],
}
TURNED = {
    "mirrored": [helper.make_node("Slice", ["l", "end", "start", "across", "back"], ["y"])],
    "upside down": [helper.make_node("Slice", ["l", "end", "start", "down", "back"], ["y"])],
    "turned": [helper.make_node("Slice", ["l", "ends", "starts", "both", "backs"], ["y"])],
    "transposed": [helper.make_node("Transpose", ["l"], ["y"], perm=[0, 1, 3, 2])],
}
LOOKS_FAR = {
    "whole chip": [
        helper.make_node("GlobalAveragePool", ["l"], ["g"]),
        helper.make_node("Mul", ["g", "five"], ["h"]),
        helper.make_node("Add", ["l", "h"], ["y"]),
    ],
    "whole chip only": [
        helper.make_node("GlobalAveragePool", ["l"], ["g"]),
        helper.make_node("Mul", ["l", "none"], ["z"]),
        helper.make_node("Add", ["g", "z"], ["y"]),
    ],
    "contrast": [helper.make_node("InstanceNormalization", ["l", "ones", "zeros"], ["y"])],
    "around": [helper.make_node("AveragePool", ["l"], ["y"], kernel_shape=[31, 31], pads=[15] * 4)],
}
NUMBERS: dict[str, NDArray[Any]] = {
    "part": np.array(0.1, np.float32),
    "on": np.array(True),
    "1": np.ones(3, np.float32),
    "0": np.zeros(3, np.float32),
    **{
        name: np.array([value])
        for name, value in {"end": -1, "start": -100, "across": 3, "down": 2, "back": -1}.items()
    },
    **{name: np.array(value) for name, value in {"ends": [-1] * 2, "starts": [-100] * 2, "backs": [-1] * 2}.items()},
    "both": np.array([2, 3]),
    "five": np.float32(5) * np.ones(1, np.float32),
    "none": np.array([1e-6], np.float32),
    "ones": np.ones(4, np.float32),
    "zeros": np.zeros(4, np.float32),
}


@pytest.mark.parametrize("how", AS_TRAINED)
def test_a_network_exported_as_it_is_trained_is_refused(tmp_path: Path, how: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"with dropout or the statistics of the batch.*model\.eval\(\)"):
        lulc.Model.open(write_network(tmp_path, AS_TRAINED[how], given=NUMBERS))


def test_dropout_is_noticed_where_chips_are_fed_one_by_one(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"model\.eval\(\)"):
        lulc.Model.open(write_network(tmp_path, AS_TRAINED["dropout"], given=NUMBERS, shape=(1, *FREE[1:])))


@pytest.mark.parametrize("how", TURNED)
def test_a_network_that_turns_the_chip_is_refused(tmp_path: Path, how: str) -> None:
    shape = (None, 3, 48, 48)
    with pytest.raises(lulc.InvalidInputError, match="mirrored or turned"):
        lulc.Model.open(write_network(tmp_path, [CONVOLVED, *TURNED[how]], given=NUMBERS, shape=shape))


@pytest.mark.parametrize("how", LOOKS_FAR)
def test_a_network_may_look_as_far_as_it_wants(tmp_path: Path, how: str) -> None:
    """Each pixel of the output depends on far ones, and still belongs where it is."""
    model = lulc.Model.open(write_network(tmp_path, [CONVOLVED, *LOOKS_FAR[how]], given=NUMBERS))
    np.testing.assert_allclose(known(model, chip()).sum(axis=1), 1, atol=1e-5)


def test_a_network_that_takes_one_chip_only_says_so_in_its_card(tmp_path: Path) -> None:
    nodes = [CONVOLVED, helper.make_node("Reshape", ["l", "size"], ["y"])]
    given = {"size": np.array([1, 4, 48, 48])}
    folder = write_network(tmp_path, nodes, given=given, shape=(None, 3, 48, 48))
    with pytest.raises(lulc.InvalidInputError, match=r"write \[1, null, null, null\] for input.shape"):
        lulc.Model.open(folder)
    model = in_float32(_with(folder, input={"layout": "NCHW", "shape": [1, None, None, None]}))
    x = chip(size=48)
    np.testing.assert_allclose(known(model, x), truth(x), atol=1e-5)


@pytest.mark.parametrize(
    "key, text, says",
    [
        ("bands", "['B02','B03','B04']", "its bands are B02, B03, B04; .* its bands are B04, B03, B02"),
        ("band_names", "B4,B3,B8A", "B04, B03, B8A"),
        (
            "names",
            "{0: 'grass', 1: 'trees', 2: 'scrub/shrub', 3: 'clouds'}",
            "class 1 is named 'trees', which is code 2",
        ),
        ("classes", "water, crops, scrub, cloud", "class 0 is named 'water'"),
        ("bands", '["B4", "b3", "B2"]', ""),
        ("description", "for B02, B03, B04", ""),
        ("channels", "3", ""),
        ("input_bands", "red, green, blue", ""),
        ("names", "{0: 'Wiese', 1: 'crops', 2: 'scrub', 3: 'clouds'}", ""),
        ("classes", "4", ""),
    ],
)
def test_metadata_that_contradict_the_card_are_told(tiny_model: Path, key: str, text: str, says: str) -> None:
    made = onnx.load(tiny_model / "model.onnx")
    made.metadata_props.add(key=key, value=text)
    onnx.save(made, tiny_model / "model.onnx")
    if says:
        with pytest.raises(lulc.InvalidInputError, match=says):
            lulc.Model.open(tiny_model)
    else:
        assert lulc.Model.open(tiny_model).codes == (3, 5, 6, 10)


def test_a_second_input_cannot_be_fed(tmp_path: Path) -> None:
    folder = write_network(tmp_path, [CONVOLVED, helper.make_node("Add", ["l", "day"], ["y"])])
    made = onnx.load(folder / "model.onnx")
    made.graph.input.append(helper.make_tensor_value_info("day", TensorProto.FLOAT, [1]))
    onnx.save(made, folder / "model.onnx")
    for stated in ({}, {"name": "x"}):
        with pytest.raises(lulc.InvalidInputError, match=r"must take one tensor, the chips; it takes x, day"):
            lulc.Model.open(_with(folder, input={"layout": "NCHW", **stated}))


@pytest.mark.parametrize("location", ["../weights.bin", "{folder}/weights.bin", "link.bin"])
def test_weights_outside_the_folder_are_refused(tmp_path: Path, location: str) -> None:
    folder = write_network(tmp_path / "model", [CONVOLUTION])
    matrix().tofile(tmp_path / "weights.bin")
    (folder / "link.bin").symlink_to(tmp_path / "weights.bin")
    made = onnx.load(folder / "model.onnx")
    weights = made.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value=location.format(folder=tmp_path))
    (folder / "model.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(lulc.InvalidInputError, match=r"(?i)external data path"):
        lulc.Model.open(folder)


# A card with random changes: refused in the project's own words, or right.

FUZZED = {
    "name": "tiny",
    "format": "onnx",
    "bands": ["B04", "B03", "B02"],
    "scaling": {"kind": "standardise", "mean": [0.1, 0.2, 0.3], "deviation": 0.5},
    "classes": [{"index": i, "name": name, "legend_code": c} for i, (name, c) in enumerate([("crops", 5), ("x", 3)])],
    "input": {"name": "x", "layout": "NCHW", "shape": [None, 3, None, None]},
    "output": {"name": "y", "layout": "NCHW", "kind": "logits"},
    "weights": {"crops": 2.5},
}
PLAUSIBLE = [0, 1, 3, 5, 0.1, -0.5, 1354, 10_000, "logits", "probabilities", "NHWC", "clip", "B08", "water", "w", "low"]
ANYTHING = st.sampled_from(PLAUSIBLE) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=6,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a card, with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@st.composite
def changed_cards(draw: st.DrawFn) -> dict[str, Any]:
    card = copy.deepcopy(FUZZED)
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(card))))
        match draw(st.sampled_from(["change", "change", "remove", "add"])):
            case "change":
                container[key] = draw(ANYTHING)
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(["mean", "low", "name", "shape", "extra"]))] = draw(ANYTHING)
            case _:
                container.append(draw(ANYTHING))
        if not list(places(card)):
            break
    return card


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("fuzzed"), kernel=1, classes=2)


def by_hand(card: dict[str, Any], x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities by legend code, (code, y, x), of the network of two classes and a card."""
    a, b = (
        np.broadcast_to(np.array(card["scaling"][key], float), 3)[:, None, None]
        for key in {"standardise": ("mean", "deviation")}.get(card["scaling"]["kind"], ("low", "high"))
    )
    scaled = {
        "standardise": lambda: (x - a) / b,
        "clip": lambda: (np.clip(x, a, b) - a) / (b - a),
        "log-percentile-sigmoid": lambda: scipy.special.expit(5 * (np.log1p(50 * x) - a) / b - 1),
    }[card["scaling"]["kind"]]()
    shares = np.zeros((256, *x.shape[1:]))
    classes = sorted(card["classes"], key=lambda c: c["index"])
    used = [i for i, c in enumerate(classes) if c["legend_code"]]
    logits = np.einsum("ob,byx->oyx", matrix(outputs=2), scaled)
    for i, share in zip(used, scipy.special.softmax(logits[used], axis=0), strict=True):
        shares[classes[i]["legend_code"]] += share
    return shares


@given(card=changed_cards())
def test_a_changed_card_is_refused_or_gives_what_it_says(fuzzed: Path, card: dict[str, Any]) -> None:
    (fuzzed / "model.json").write_text(json.dumps(card))
    try:
        model = in_float32(fuzzed)
    except lulc.LulcError:
        return
    x = chip(size=model.side or model.multiple * 2)
    np.testing.assert_allclose(model.probabilities(x)[0], by_hand(card, x[0])[model.legend.codes], atol=1e-4)
    assert model.bands == tuple(card["bands"])


@given(place=st.integers(0, len(json.dumps(FUZZED))), put=st.text(max_size=3), cut=st.integers(0, 3))
def test_a_card_with_other_bytes_is_refused_or_opens(fuzzed: Path, place: int, put: bytes, cut: int) -> None:
    text = json.dumps(FUZZED).encode()
    (fuzzed / "model.json").write_bytes(text[:place] + put.encode() + text[place + cut :])
    try:
        model = in_float32(fuzzed)
    except lulc.LulcError:
        return
    np.testing.assert_allclose(model.probabilities(chip()).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("level", ["L2A", "Level-2A", "S2MSI2A", "surface reflectance; L1C, too", None])
def test_a_network_for_surface_reflectance_is_for_the_imagery(tiny_model: Path, level: str | None) -> None:
    assert lulc.Model.open(_with(tiny_model, product_level=level)).other_level == ""


@pytest.mark.parametrize("level", ["L1C", "L1C (top of atmosphere); it also runs on L2A, less accurately"])
def test_a_network_for_another_level_says_so(tiny_model: Path, level: str) -> None:
    model = lulc.Model.open(_with(tiny_model, product_level=level))
    assert model.other_level == level
    assert "L1C" in model._repr_html_()
    with pytest.raises(lulc.InvalidInputError, match="product_level must be a line of text"):
        lulc.Model.open(_with(tiny_model, product_level=1))


@pytest.mark.parametrize("field", ["scale", "offset", "mean", "std", "normalization", "Preprocessing"])
def test_a_scaling_that_would_be_ignored_is_refused(tiny_model: Path, field: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=f"{field} is not read"):
        lulc.Model.open(_with(tiny_model, **{field: 10_000}))
    scaling = {"kind": "clip", "low": 0, "high": 1, field: 10_000}
    with pytest.raises(lulc.InvalidInputError, match=r"is not read|is given, too"):
        lulc.Model.open(_with(tiny_model, scaling=scaling))


@pytest.mark.parametrize("field", ["scale", "mean", "normalization", "scaling", "bands"])
def test_what_is_said_of_the_input_where_nobody_reads_it_is_refused(tiny_model: Path, field: str) -> None:
    given = {"layout": "NCHW", field: ["B02", "B03", "B04"] if field == "bands" else 10_000}
    with pytest.raises(lulc.InvalidInputError, match=f"input.{field} is not read"):
        lulc.Model.open(_with(tiny_model, input=given))


@pytest.mark.parametrize("field", ["id2label", "class_names", "labels", "names", "class_to_idx"])
def test_names_that_would_be_ignored_are_refused(tiny_model: Path, field: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=f"{field} is not read. Write the name of each class"):
        lulc.Model.open(_with(tiny_model, **{field: ["water", "trees"]}))
    output = {"layout": "NCHW", "kind": "logits", field: ["water", "trees"]}
    with pytest.raises(lulc.InvalidInputError, match=f"output.{field} is not read"):
        lulc.Model.open(_with(write_model(tiny_model), output=output))


@pytest.mark.parametrize(
    "codes, says", [((0, 1), "every pixel would be water"), *[(range(n), "count from 0") for n in (3, 9, 10)]]
)
def test_codes_that_cannot_be_those_of_the_legend_are_refused(tmp_path: Path, codes: Any, says: str) -> None:
    folder = write_model(tmp_path / "made", classes=len(codes))
    classes = [{"index": i, "legend_code": code} for i, code in enumerate(codes)]
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.Model.open(_with(folder, classes=classes))


@pytest.mark.parametrize(
    "field, said, known",
    [
        ("sensor", "landsat-8", False),
        ("satellites", ["sentinel-1", "landsat-9"], False),
        ("collection_id", "landsat-c2-l2", False),
        ("trained_on", "Landsat 8 OLI surface reflectance", False),
        ("sensor", "Sentinel-2", True),
        ("instruments", ["msi"], True),
        ("collection", "HLS: Harmonized Landsat Sentinel-2", True),
        ("trained_on", "S2 chips of the Planetary Computer, labels of Sentinel-1/2 (WorldCover)", True),
        ("platform", None, True),
    ],
)
def test_a_network_for_another_satellite_is_refused(tiny_model: Path, field: str, said: Any, known: bool) -> None:
    folder = _with(tiny_model, **{field: said})
    if known:
        assert lulc.Model.open(folder).bands
        return
    with pytest.raises(lulc.InvalidInputError, match=f"{field} .* is not of Sentinel-2"):
        lulc.Model.open(folder)


@pytest.mark.parametrize("field", ["resolution", "gsd", "pixel_size"])
def test_a_network_of_other_pixels_is_refused(tiny_model: Path, field: str) -> None:
    with pytest.raises(lulc.InvalidInputError, match=f"{field} 20 is another size of pixel than the 10 m"):
        lulc.Model.open(_with(tiny_model, **{field: 20}))
    for own in (10, 10.0, "10 m", [10, 10], None):
        assert lulc.Model.open(_with(tiny_model, **{field: own})).bands
