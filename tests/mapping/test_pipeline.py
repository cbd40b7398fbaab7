from __future__ import annotations

import json
import shutil
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
import shapely
import shapely.geometry
import xarray as xr
from making import MadeCatalog
from stac_server import files_over_http, stac_api
from stac_validation import assert_valid_stac

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PRODUCTS = {
    "checksums.sha256",
    "map.tif",
    "map.tif.aux.xml",
    "quality.tif",
    "predictions.zarr",
    "item.json",
    "report.json",
}


def make(made: MadeCatalog, model: Path, out: Path, **options: Any) -> lulc.MapReport:
    hooks = {name: options.pop(name) for name in ("progress", "cancel") if name in options}
    region = lulc.catalog_region(made.root)
    return lulc.make_map(
        lulc.MapRequest(region=region, year=2020, catalog=made.root, model=model, **options), out, **hooks
    )


def pixels(out: Path) -> bytes:
    layers = [rasterio.open(out / name).read().tobytes() for name in ("map.tif", "quality.tif")]
    predictions = lulc.open_predictions(out / "predictions.zarr")
    return b"".join([*layers, *(predictions[v].values.tobytes() for v in ("label", "confidence", "clear"))])


def right(out: Path, reference: np.ndarray) -> dict[str, float]:
    label = lulc.read_map(out / "map.tif").values
    return {
        c: 100 * float((label[reference == code] == code).mean())
        for c, code in {"grass": 3, "crops": 5, "built": 7}.items()
    }


@pytest.mark.slow
def test_a_real_year_agrees_with_an_independent_run(flanders: Path, dynamic_world: Path, tmp_path: Path) -> None:
    """All 91 scenes, equal weights, SCL mask; the other run of the same network gave 88, 20 and 81 % right."""
    region = lulc.catalog_region(flanders)
    request = lulc.MapRequest(region=region, year=2018, catalog=flanders, model=dynamic_world, max_scenes=0)
    report = lulc.make_map(request, str(tmp_path))
    with rasterio.open(flanders / "reference.tif") as source:
        reference = source.read(1)
        assert region.grid.transform == source.transform
    assert right(tmp_path, reference) == pytest.approx({"grass": 88, "crops": 20, "built": 81}, abs=2)
    assert len(report.scenes) == 91
    assert all(scene["taken"] and scene["reason"] for scene in report.scenes)


def test_a_stac_api_and_a_folder_give_the_same_map_bit_for_bit(
    flanders: Path, dynamic_world: Path, tmp_path: Path
) -> None:
    region = lulc.catalog_region(flanders)
    request = lulc.MapRequest(region=region, year=2018, catalog=flanders, model=dynamic_world, max_scenes=2)
    lulc.make_map(request, tmp_path / "folder")
    seen: list[tuple[str, str | None]] = []
    with files_over_http(flanders, seen) as files, stac_api(flanders / "items.json", tmp_path, files) as api:
        lulc.make_map(replace(request, catalog=api), tmp_path / "api")
    assert pixels(tmp_path / "api") == pixels(tmp_path / "folder")
    assert any(span for _, span in seen)  # by range requests
    read = [json.loads((tmp_path / way / "report.json").read_text()) for way in ("folder", "api")]
    assert read[0]["scenes"] == read[1]["scenes"]


def test_everything_is_written_and_says_what_it_rests_on(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = make(made, tiny_model, out, weights={"crops": 1.5})
    assert {p.name for p in out.iterdir() if not p.name.startswith(".")} == PRODUCTS
    written = json.loads((out / "report.json").read_text())
    assert written["weights"]["crops"] == 1.5
    assert (written["region"], written["year"], written["model"], written["mask"]) == ("catalog", 2020, "tiny", "scl")
    assert {"search", "load", "predict", "composite", "write"} == set(written["seconds"])
    counts = np.bincount(lulc.read_map(out / "map.tif").values.ravel(), minlength=11)
    assert written["classes"]["crops"] == {"pixels": int(counts[5]), "area_ha": pytest.approx(counts[5] / 100)}
    assert sum(c["pixels"] for c in report.classes.values()) == 1600
    item = assert_valid_stac(out / "item.json")
    taken = {s["id"] for s in report.scenes if s["taken"]}
    items = made.root.resolve() / "items.json"
    assert {(link.title, link.href) for link in item.get_links("derived_from")} == {
        (name, f"{items}#{name}") for name in taken
    }
    assert item.properties["attribution"] == written["attribution"]
    assert written["attribution"].startswith(
        "Contains modified Copernicus Sentinel data 2020. Classified by the network "
    )
    assert [provider["name"] for provider in item.properties["providers"]] == ["Copernicus Sentinel"]
    assert item.properties["license"] == "other"  # which needs a link to it
    assert [link.href.split("/")[2] for link in item.get_links("license")] == ["sentinels.copernicus.eu"]
    with rasterio.open(out / "quality.tif") as source:
        assert source.tags()["TIFFTAG_COPYRIGHT"] == written["attribution"]
        assert source.descriptions == ("runner_up", "support_percent", "margin_percent", "observations")
        assert source.read(4).max() == 4
    stored = xr.open_zarr(out / "predictions.zarr", consolidated=False, decode_coords="all")
    flags = stored["label"].attrs
    named = dict(zip(flags["flag_values"], flags["flag_meanings"].split(), strict=True))
    assert named == {c.code: c.name.replace("/", "_").replace(" ", "_") for c in lulc.LEGEND}
    assert flags["flag_colors"].split() == [c.hex for c in lulc.LEGEND]
    assert stored["label"].encoding["grid_mapping"] == "spatial_ref"
    assert {"crs_wkt", "GeoTransform"} <= {*stored["spatial_ref"].attrs}


def test_a_map_of_a_polygon_is_that_of_its_box_where_it_lies_within_and_no_data_elsewhere(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    west, south, east, north = lulc.catalog_region(made.root).bbox
    triangle = shapely.Polygon([(west, south), (east, south), ((west + east) / 2, north)])
    of_polygon = lulc.Region.from_polygons(triangle)
    of_box = lulc.Region.from_bbox(triangle.bounds)
    for name, region in (("polygon", of_polygon), ("box", of_box)):
        request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model, probabilities=True)
        lulc.make_map(request, tmp_path / name)
    inside, outside = of_polygon.counted(), ~of_polygon.counted()
    ours, whole = (lulc.open_map(tmp_path / name) for name in ("polygon", "box"))
    assert 0.4 < inside.mean() < 0.6
    for name in ("label", "confidence", "clear", "probability"):
        cut, uncut = ours.predictions[name].values, whole.predictions[name].values
        assert (cut[..., inside] == uncut[..., inside]).all()
        assert uncut[..., outside].any()
        assert not cut[..., outside].any()
    assert (ours.label.values[inside] == whole.label.values[inside]).all()
    assert not ours.label.values[outside].any()
    frame = ours.to_frame()
    assert frame["pixels"].sum() == inside.sum()
    assert frame.loc["no data", "pixels"] == (ours.label.values[inside] == 0).sum()
    assert frame["area_ha"].sum() == pytest.approx(inside.sum() / 100)
    assert shapely.equals(shapely.geometry.shape(ours.report.within or {}), triangle)
    assert shapely.equals(
        shapely.geometry.shape(assert_valid_stac(tmp_path / "polygon" / "item.json").geometry), triangle
    )
    with rasterio.open(tmp_path / "polygon" / "map.tif") as source:
        assert shapely.equals(shapely.from_wkt(source.tags()["OUTLINE"]), triangle)


def test_the_map_is_the_composite_of_the_predictions(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    make(made, tiny_model, tmp_path, weights={"grass": 2})
    cover = lulc.composite(lulc.open_predictions(tmp_path / "predictions.zarr").compute(), weights={"grass": 2})
    np.testing.assert_array_equal(lulc.read_map(tmp_path / "map.tif").values, cover.label.values)


@pytest.mark.parametrize("keep", ["votes", "nothing"])
def test_what_is_kept_changes_no_pixel_and_leaves_nothing_of_an_earlier_map(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, keep: str
) -> None:
    make(made, tiny_model, tmp_path / "out")
    predictions = lulc.open_predictions(tmp_path / "out" / "predictions.zarr").load()
    before = [(tmp_path / "out" / name).read_bytes() for name in ("map.tif", "quality.tif")]
    report = make(made, tiny_model, tmp_path / "out", keep=keep)
    assert report.keep == keep
    assert [(tmp_path / "out" / name).read_bytes() for name in ("map.tif", "quality.tif")] == before
    names = {p.name for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")}
    assert names == PRODUCTS - {"predictions.zarr"} | ({"votes.zarr"} if keep == "votes" else set())
    lulc.check_files(tmp_path / "out")
    assets = set(assert_valid_stac(tmp_path / "out" / "item.json").assets)
    assert assets == {"map", "quality", "report", *([keep] if keep == "votes" else [])}
    with pytest.raises(lulc.NotFoundError, match="keep predictions"):
        lulc.open_predictions(tmp_path / "out" / "predictions.zarr")
    if keep == "votes":
        votes = lulc.open_votes(tmp_path / "out" / "votes.zarr")
        assert (votes["confidence"].dtype, votes["count"].dtype) == (np.uint32, np.uint16)
        assert votes["count"].chunks is not None
        assert votes.compute().identical(lulc.votes(predictions))
        weights = {"grass": 2, "water": 0}
        xr.testing.assert_identical(lulc.decide(votes, weights=weights), lulc.composite(predictions, weights=weights))
    with pytest.raises(lulc.NotFoundError, match=r"votes\.zarr"):
        lulc.open_votes(tmp_path / "votes.zarr")


def test_what_is_kept_gives_the_map_by_the_weights_of_its_network(
    made: MadeCatalog, tmp_path: Path, tiny_model: Path
) -> None:
    card = json.loads((tiny_model / "model.json").read_text())
    card["weights"] = {"grass": 5.0, "water": 0.2}
    (tiny_model / "model.json").write_text(json.dumps(card))
    make(made, tiny_model, tmp_path / "both", keep="predictions")
    for weights in ({}, {"trees": 3.0}):
        make(made, tiny_model, tmp_path / "out", keep="votes", weights=weights)
        votes = lulc.open_votes(tmp_path / "out" / "votes.zarr")
        label = lulc.read_map(tmp_path / "out" / "map.tif").values
        np.testing.assert_array_equal(lulc.decide(votes, weights=weights).label.values, label)
        predictions = lulc.open_predictions(tmp_path / "both" / "predictions.zarr")
        np.testing.assert_array_equal(lulc.composite(predictions, weights=weights).label.values, label)
        default = dict.fromkeys(lulc.LEGEND.names, 1.0) | {"clouds": 0.0} | weights
        assert (lulc.decide(votes, weights=default).label.values != label).any()  # those of the network matter here


@pytest.mark.parametrize("keep, read", [("predictions", lulc.open_predictions), ("votes", lulc.open_votes)])
def test_a_store_without_one_of_its_chunks_is_refused_with_and_without_checksums(
    made: MadeCatalog, tmp_path: Path, tiny_model: Path, keep: str, read: Callable[[Path], xr.Dataset]
) -> None:
    make(made, tiny_model, tmp_path / "out", keep=keep)
    alone = shutil.copytree(tmp_path / "out" / f"{keep}.zarr", tmp_path / "copy" / f"{keep}.zarr")
    for store in (tmp_path / "out" / f"{keep}.zarr", alone):
        assert read(store)["confidence"].values.any()
        next(path for path in (store / "confidence" / "c").rglob("*") if path.is_file()).unlink()
        with pytest.raises(lulc.InvalidInputError, match=rf"{keep}.zarr is not whole: 1 of .* such as {keep}.zarr/c"):
            read(store)
    shutil.rmtree(alone / "confidence")
    with pytest.raises(lulc.InvalidInputError, match=r"confidence/zarr\.json"):
        read(alone)


def test_no_data_is_written_and_its_loss_is_noticed(tmp_path: Path) -> None:
    time = np.array(["2020-01-01", "2020-02-01"], "datetime64[ns]")
    empty = xr.Dataset({"label": (("time", "y", "x"), np.zeros((2, 2, 2), np.uint8))}, {"time": time})
    for step in (0, 1):
        lulc.write_predictions(empty.isel(time=[step]), tmp_path / "a.zarr")
    opened = lulc.open_predictions(tmp_path / "a.zarr")
    xr.testing.assert_identical(opened.compute(), empty)
    opened.to_zarr(tmp_path / "earlier.zarr", consolidated=False)  # as an earlier release: no chunk of no data
    with pytest.warns(UserWarning, match=r"2 of its 6 files are missing, such as earlier\.zarr/label/c"):
        lulc.open_predictions(tmp_path / "earlier.zarr")
    (tmp_path / "a.zarr" / "time" / "c" / "1").unlink()
    with pytest.raises(lulc.InvalidInputError, match="time/c/1"):
        lulc.open_predictions(tmp_path / "a.zarr")


def test_a_scene_that_cannot_be_read_is_left_out_and_named(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    (made.root / "assets" / "S2A_202004_B03.tif").write_bytes(b"II*\0broken")
    report = make(made, tiny_model, tmp_path / "out")
    assert [f["id"] for f in report.failed] == ["S2A_202004"]
    assert any("1 of 4 scenes could not be read" in w for w in report.warnings)
    assert lulc.open_predictions(tmp_path / "out" / "predictions.zarr").sizes["time"] == 3
    with pytest.raises(lulc.UnreachableError, match="S2A_202004"):
        make(made, tiny_model, tmp_path / "strict", strict=True)
    assert not list((tmp_path / "strict").glob("[!.]*"))


def test_an_imperfect_item_and_a_weight_without_effect_are_named_in_the_report(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    del made.items[1]["properties"]["eo:cloud_cover"]
    made.save()
    report = make(made, tiny_model, tmp_path / "out", weights={"crops": 1.5, "snow/ice": 2})
    assert "tiny does not predict snow/ice: a weight for it changes nothing." in report.warnings
    assert report.warnings[0] == "Left out: Item S2A_202004 lacks eo:cloud_cover; a Sentinel-2 L2A item has them."
    assert len(report.scenes) == 3
    with pytest.raises(lulc.InvalidInputError, match="S2A_202004"):
        make(made, tiny_model, tmp_path / "strict", strict=True)


def test_what_scenes_look_like_and_every_probability_are_kept_on_request(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    make(made, tiny_model, tmp_path, probabilities=True, quicklooks=True)
    kept = lulc.open_predictions(tmp_path / "predictions.zarr").load()
    assert list(kept["quicklook"].band.values) == ["B04", "B03", "B02"]
    for time, scene in zip(kept.time.values, kept.scene.values, strict=True):
        with rasterio.open(made.root / "assets" / f"{scene}_B03.tif") as source:
            reflectance = source.read(1) / 10_000
        seen = (kept["quicklook"].sel(time=time, band="B03").values - 1.0) / 254
        np.testing.assert_allclose(seen**2, reflectance, atol=0.5 / 127)
    probability = kept["probability"]
    np.testing.assert_allclose(probability.sum("class"), 255, atol=2)
    np.testing.assert_array_equal(probability.max("class"), kept["confidence"])
    np.testing.assert_array_equal(probability.sel({"class": kept["label"]}), kept["confidence"])


def test_no_readable_scene_is_an_error(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    for path in (made.root / "assets").glob("*_B02.tif"):
        path.unlink()
    with pytest.raises(lulc.UnreachableError, match=r"None of 4 scenes could be read"):
        make(made, tiny_model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_cancelling_shows_nothing_and_keeps_what_was_there(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    make(made, tiny_model, tmp_path / "out")
    before = pixels(tmp_path / "out")
    cancel = threading.Event()

    def at_the_second_scene(p: lulc.Progress) -> None:
        if p.stage == "predict" and p.done == 2:
            cancel.set()

    for out in ("out", "new"):
        cancel.clear()
        with pytest.raises(lulc.CancelledError):
            make(made, tiny_model, tmp_path / out, progress=at_the_second_scene, cancel=cancel, max_scenes=0)
    assert [p.name for p in (tmp_path / "new").iterdir()] == [".unfinished"]
    assert {p.name for p in (tmp_path / "out").iterdir() if not p.name.startswith(".")} == PRODUCTS
    assert pixels(tmp_path / "out") == before


def test_masks_differ_as_they_should(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    made.add("S2A_cloudy", "2020-05-15T10:50:00Z", scl=9)
    observations = {}
    for mask in ("scl", "model", "none"):
        make(made, tiny_model, tmp_path / mask, mask=mask, max_scenes=0, weights={"clouds": 1})
        with rasterio.open(tmp_path / mask / "quality.tif") as source:
            observations[mask] = source.read(4)
    assert observations["scl"].max() == 4
    assert (observations["none"] == 5).all()
    assert (observations["model"] <= 5).all()
    assert observations["model"].min() < 5  # the tiny network calls some pixels cloud


def test_simulated_imagery_is_labelled(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    for item in made.items:
        item["properties"]["lulc:simulated"] = True
    made.save()
    report = make(made, tiny_model, tmp_path)
    assert report.simulated
    assert any("simulated" in w for w in report.warnings)
    assert json.loads((tmp_path / "item.json").read_text())["id"].endswith("simulated")
    for name in ("map.tif", "quality.tif"):
        with rasterio.open(tmp_path / name) as source:
            assert source.tags()["SIMULATED"] == "yes"


def test_a_few_pixels_without_a_clear_look_are_not_called_none(tiny_model: Path, tmp_path: Path) -> None:
    catalog = MadeCatalog(tmp_path / "catalog")
    dark = np.full((40, 40), 1000, np.uint16)
    dark[0, 0] = 0
    catalog.add("S2A_only", "2020-07-15T10:50:00Z", dn=dark)
    warnings = make(catalog, tiny_model, tmp_path / "out").warnings
    assert "Fewer than 0.1 % of the pixels have no clear observation and are no data." in warnings


@pytest.mark.parametrize(
    "options, says",
    [
        ({"mask": "sun"}, "mask must be one of scl, model, none"),
        ({"weights": {"corn": 1}}, "not in the legend"),
        ({"weights": {"crops": -1}}, ">= 0"),
        ({"max_scenes": -1}, ">= 0"),
        ({"looks": 0}, "looks > 0"),
        ({"chip": 10, "overlap": 10}, "smaller than the chip"),
        ({"timeout": 0}, "timeout must be > 0"),
        ({"keep": "all"}, "keep must be one of predictions, votes, nothing"),
        ({"keep": "votes", "quicklooks": True}, "kept with the predictions"),
    ],
)
def test_a_bad_request_is_refused_and_nothing_is_written(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=says):
        make(made, tiny_model, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_the_form_before_requests_makes_the_same_map_and_is_deprecated(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    make(made, tiny_model, tmp_path / "new", max_scenes=2)
    region = lulc.catalog_region(made.root)
    with pytest.warns(DeprecationWarning, match=r"MapRequest\(region=region, year=\.\.\.\)") as warned:
        lulc.make_map(
            region,
            year=2020,
            out=tmp_path / "old",
            model=tiny_model,
            catalog=made.root,
            weights=None,
            max_scenes=2,
        )
    assert [w.filename for w in warned if issubclass(w.category, DeprecationWarning)].count(__file__) == 1
    assert pixels(tmp_path / "old") == pixels(tmp_path / "new")


def test_a_report_shows_itself(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    report = make(made, tiny_model, tmp_path / "out")
    assert report.to_frame().pixels.sum() == 1600
    assert "by tiny from 4 scenes" in report._repr_html_()


def test_a_model_without_clouds_cannot_mask_by_them(made: MadeCatalog, dynamic_world: Path, tmp_path: Path) -> None:
    with pytest.raises(lulc.InvalidInputError, match="no cloud class"):
        make(made, dynamic_world, tmp_path / "out", mask="model")


@pytest.mark.parametrize("asset", ["B04", "SCL"])
def test_a_scene_that_lacks_an_asset_is_left_out_and_named(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, asset: str
) -> None:
    del made.items[1]["assets"][asset]
    made.save()
    report = make(made, tiny_model, tmp_path / "out")
    assert [(f["id"], asset in f["reason"]) for f in report.failed] == [("S2A_202004", True)]
    derived = lulc_item_titles(tmp_path / "out")
    assert "S2A_202004" not in derived
    assert len(derived) == 3


def lulc_item_titles(out: Path) -> set[str]:
    links = json.loads((out / "item.json").read_text())["links"]
    return {link["title"] for link in links if link["rel"] == "derived_from"}


@pytest.mark.parametrize("kept", [0, 8, 300, 600])
def test_an_image_cut_off_anywhere_is_left_out(made: MadeCatalog, tiny_model: Path, tmp_path: Path, kept: int) -> None:
    path = made.root / "assets" / "S2A_202004_B03.tif"
    path.write_bytes(path.read_bytes()[:kept])
    assert [f["id"] for f in make(made, tiny_model, tmp_path / "out").failed] == ["S2A_202004"]


def test_a_file_in_the_way_of_a_folder_changes_nothing(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "map.tif").write_text("old")
    (tmp_path / "predictions.zarr").write_text("a file")
    with pytest.raises(lulc.InvalidInputError, match="nothing was changed"):
        make(made, tiny_model, tmp_path)
    assert (tmp_path / "map.tif").read_text() == "old"
    assert not list(tmp_path.glob(".partial-*"))


def test_one_pixel_is_map_enough(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    west, _, _, north = lulc.catalog_region(made.root).bbox
    region = lulc.Region.from_bbox((west + 0.002, north - 0.002, west + 0.00201, north - 0.00199))
    request = lulc.MapRequest(region=region, year=2020, catalog=made.root, model=tiny_model)
    lulc.make_map(request, tmp_path / "out")
    assert lulc.read_map(tmp_path / "out" / "map.tif").size <= 4
