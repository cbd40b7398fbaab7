from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import scipy.special
from making import write_model

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path


def test_a_published_network_opens_and_its_scaling_is_the_formula(dynamic_world: Path) -> None:
    model = lulc.Model.open(dynamic_world)
    card = json.loads((dynamic_world / "model.json").read_text())
    dn = np.random.default_rng(0).uniform(1, 9000, (1, 9, 4, 5))
    low, high = (np.array(card["scaling"][k])[:, None, None] for k in ("low", "high"))
    by_hand = scipy.special.expit(5 * (np.log(0.005 * dn + 1) - low) / high - 1)
    scaled = model.scaling((dn / 10_000).astype(np.float32))
    np.testing.assert_allclose(scaled, by_hand, rtol=1e-5)
    assert not model.has_cloud_class
    shares = model.probabilities((dn / 10_000).astype(np.float32))
    assert shares.shape == (1, 10, 4, 5)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    assert (shares[:, 9] == 0).all()  # it knows no clouds


def test_a_model_opens_by_folder_weights_or_json(tiny_model: Path) -> None:
    for path in (tiny_model, tiny_model / "model.onnx", str(tiny_model / "model.json")):
        assert lulc.Model.open(path).name == "tiny"


def test_a_layout_that_the_file_contradicts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"takes chips of 3 x None px.* Correct input.layout"):
        lulc.Model.open(write_model(tmp_path, input={"layout": "NHWC"}))


def test_probabilities_are_the_softmax_over_classes_and_no_data_takes_no_part(tmp_path: Path) -> None:
    classes = [{"index": i, "legend_code": code} for i, code in enumerate((0, 3, 5, 5))]
    model = lulc.Model.open(_with_classes(tmp_path, classes), precision="float32")
    x = np.random.default_rng(1).random((2, 3, 8, 8), np.float32)
    raw = model.network.run(x)
    expected = scipy.special.softmax(raw[:, 1:], axis=1)
    shares = model.probabilities(x)
    np.testing.assert_allclose(shares[:, 2], expected[:, 0], atol=1e-6)
    np.testing.assert_allclose(shares[:, 4], expected[:, 1] + expected[:, 2], atol=1e-6)


def _with_classes(folder: Path, classes: list[dict[str, int]]) -> Path:
    write_model(folder)
    card = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(card | {"classes": classes}))
    return folder


BAD: list[tuple[dict[str, Any], str]] = [
    ({"bands": ["B04", "B03"]}, "2 bands"),
    ({"bands": []}, "'bands'"),
    ({"classes": [{"index": 0, "legend_code": 3}, {"index": 1, "legend_code": 5}]}, "2 classes"),
    ({"classes": [{"index": 1, "legend_code": 3}]}, "0 to 0"),
    ({"classes": [{"index": i, "legend_code": 77} for i in range(4)]}, "not in the legend"),
    ({"classes": [{"name": "x"}]}, "legend_code"),
    ({"scaling": {"kind": "magic"}}, "scaling.kind"),
    ({"scaling": {"kind": "clip", "low": 0}}, "scaling.high"),
    ({"scaling": {"kind": "clip", "low": [0, 0], "high": 1}}, "3, one per band"),
    ({"scaling": {"kind": "clip", "low": 1, "high": 1}}, "high > low"),
    ({"scaling": {"kind": "standardise", "mean": 0, "deviation": 0}}, "deviation > 0"),
    ({"output": {"layout": "NCHW", "kind": "probabilities"}}, "not probabilities"),
    ({"size_multiple": 0}, "size_multiple"),
    ({"size_multiple": "eight"}, "size_multiple"),
    ({"input": "x"}, "'input'"),
    ({"bands": ["B04", "B04", "B02"]}, "different asset keys"),
    ({"classes": [{"index": i, "legend_code": 0} for i in range(4)]}, "not 0"),
    ({"output": {"layout": "NCHW", "kind": "votes"}}, "output.kind"),
    ({"output": {"layout": "CHW", "kind": "logits"}}, "layout"),
    ({"format": "pickle"}, "format"),
    ({"format": "safetensors", "width": 4}, "no model.safetensors"),
]


@pytest.mark.parametrize("changes, says", BAD, ids=[says for _, says in BAD])
def test_a_model_that_is_not_what_its_json_says_is_refused(
    tiny_model: Path, changes: dict[str, Any], says: str
) -> None:
    card = json.loads((tiny_model / "model.json").read_text())
    (tiny_model / "model.json").write_text(json.dumps(card | changes))
    with pytest.raises(lulc.LulcError, match=says):
        lulc.Model.open(tiny_model)


@pytest.mark.parametrize("content", [b"", b"not json", b"[]", b"\xff\xfe"])
def test_a_broken_model_json_is_refused(tiny_model: Path, content: bytes) -> None:
    (tiny_model / "model.json").write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=r"model\.json"):
        lulc.Model.open(tiny_model)


def test_broken_weights_are_refused(tiny_model: Path) -> None:
    (tiny_model / "model.onnx").write_bytes(b"broken")
    with pytest.raises(lulc.InvalidInputError, match=r"model\.onnx is not an ONNX network"):
        lulc.Model.open(tiny_model)


def test_no_model_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"model\.json and its weights"):
        lulc.Model.open(tmp_path / "nowhere")


def test_chips_of_another_band_count_are_refused(tiny_model: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match="3 bands"):
        lulc.Model.open(tiny_model).probabilities(np.zeros((1, 4, 8, 8), np.float32))


def test_a_models_legend_has_the_class_weights_that_suit_it(tmp_path: Path) -> None:
    model = lulc.Model.open(write_model(tmp_path, weights={"crops": 2.5}))
    assert model.legend["crops"].weight == 2.5
    assert model.legend["grass"].weight == lulc.LEGEND["grass"].weight


@pytest.mark.parametrize("weights", [{"corn": 1}, {"crops": -1}, {"crops": "much"}, [1, 2]])
def test_class_weights_that_make_no_sense_are_refused(tmp_path: Path, weights: Any) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"model\.json.*weights"):
        lulc.Model.open(write_model(tmp_path, weights=weights))


def test_a_model_shows_itself() -> None:
    shown = lulc.Model.open("unet-simulated")._repr_html_()
    assert "<b>unet-simulated</b>" in shown
    assert "not for real maps" in shown
