"""The commands assess, audit, plan and sample, from file to JSON."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import typer
from rasterio.transform import from_origin
from typer.testing import CliRunner, Result

import lulc_core as lulc
from lulc_core.cli import accuracy, reporting, sampling
from lulc_core.networks.runtimes import RUNTIMES

KEYS = ["design", "classes", "error_matrix", "overall", "users", "producers", "f1", "area", "design_effect", "warnings"]
E_KEYS = {"value", "se", "df", "low", "high"}
COUNTS = "map,a,b\na,66,4\nb,2,55\n"
AREAS = "class,area_ha\na,200\nb,800\n"


@pytest.fixture
def app() -> typer.Typer:
    app = typer.Typer()
    accuracy.register(app)
    sampling.register(app)
    reporting.register(app)
    return app


@pytest.fixture
def lulc_json(app: typer.Typer) -> Callable[..., dict]:
    """Run a command with --json; its error is raised."""

    def run(*arguments: object) -> dict:
        result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)

    return run


@pytest.fixture
def text(app: typer.Typer) -> Callable[..., str]:
    def run(*arguments: object) -> str:
        result: Result = CliRunner().invoke(app, [*map(str, arguments)])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(name: str, content: str) -> Path:
        path = tmp_path / name
        path.write_text(content, "utf-8")
        return path

    return written


def raster(path: Path, codes: np.ndarray, *, west: float = 600_000, epsg: int = 32631, nodata: int = 0) -> Path:
    profile = {"driver": "GTiff", "height": codes.shape[0], "width": codes.shape[1], "count": 1, "dtype": "uint8"}
    transform = from_origin(west, 5_000_000, 10, 10)
    with rasterio.open(path, "w", **profile, crs=f"EPSG:{epsg}", transform=transform, nodata=nodata) as target:
        target.write(codes, 1)
    return path


def test_counts_give_the_stable_json(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    result = lulc_json("assess", "--counts", write("c.csv", COUNTS), "--mapped-area", write("a.csv", AREAS))
    assert list(result)[: len(KEYS)] == KEYS
    assert result["design"] == "stratified by map class"
    assert result["classes"] == ["a", "b"]
    assert set(result["overall"]) == E_KEYS
    assert set(result["area"]["a"]) == {"proportion", "area_ha", "mapped_ha"}
    assert result["area"]["a"]["mapped_ha"] == 200
    assert result["users"]["a"]["value"] == pytest.approx(66 / 70)
    assert result["users"]["a"]["df"] == 125
    p = np.array(result["error_matrix"])
    assert p.sum() == pytest.approx(1)
    assert p[0, 1] == pytest.approx(0.2 * 4 / 70)


def test_harmless_variation_changes_nothing(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    plain = lulc_json("assess", "--counts", write("c.csv", COUNTS), "--mapped-area", write("a.csv", AREAS))
    counts = write("c2.csv", "\ufeffMap, b , a,\r\n\r\n b,55,2,\r\n,,,\r\na, 4, 66.0,\r\n")
    areas = write("a2.csv", "sep=;\narea_ha; Class\n800 ; b\n200;a\n\n")
    varied = lulc_json("assess", "--counts", counts, "--mapped-area", areas)
    assert varied["classes"] == ["b", "a"]
    assert varied["overall"] == pytest.approx(plain["overall"])
    for name in ("a", "b"):
        for figure in ("users", "producers", "f1"):
            assert varied[figure][name] == pytest.approx(plain[figure][name])
        assert varied["area"][name]["area_ha"] == pytest.approx(plain["area"][name]["area_ha"])


def test_pixels_and_the_area_of_a_pixel_replace_hectares(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    counts, pixels = write("c.csv", COUNTS), write("a.csv", "class,pixels\na,2000\nb,8000\n")
    result = lulc_json("assess", "--counts", counts, "--mapped-area", pixels, "--pixel-ha", 0.1, "--fpc")
    assert result["area"]["a"]["mapped_ha"] == pytest.approx(200)
    without = lulc_json("assess", "--counts", counts, "--mapped-area", pixels)
    assert without["area"]["a"]["area_ha"]["value"] is None
    assert without["area"]["a"]["mapped_ha"] is None
    assert any("give the area of a pixel (--pixel-ha)" in w for w in without["warnings"])
    assert result["overall"]["se"] < without["overall"]["se"]
    hectares = lulc_json(
        *("assess", "--counts", counts, "--mapped-area", write("h.csv", AREAS), "--pixel-ha", 0.1, "--fpc")
    )
    assert hectares["overall"]["se"] == pytest.approx(result["overall"]["se"])


SAMPLE = "stratum,map,reference\ns,a,a\ns,a,b\ns,b,b\nt,b,b\nt,a,a\nt,b,a\n"


def test_points_in_strata(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    sample, strata = write("s.csv", SAMPLE), write("t.csv", "stratum,size\ns,100\nt,300\n")
    result = lulc_json("assess", "--sample", sample, "--strata", strata, "--pixel-ha", 1)
    assert result["design"] == "stratified"
    assert result["overall"]["value"] == pytest.approx(2 / 3)
    assert result["area"]["a"]["area_ha"]["value"] == pytest.approx(100 / 3 + 200)
    assert result["area"]["a"]["mapped_ha"] is None
    fpc = lulc_json("assess", "--sample", sample, "--strata", strata, "--fpc")
    assert fpc["overall"]["se"] < result["overall"]["se"]


def test_both_stages_of_clusters_are_corrected_as_by_r_survey(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    data = pd.read_csv(Path(__file__).parents[1] / "accuracy" / "api" / "apiclus2.csv")  # schools of some districts
    scores = {"map": "api99", "reference": "api00"}
    sample = pd.DataFrame({name: np.where(data[score] >= 650, "high", "low") for name, score in scores.items()})
    drawn = data.groupby("dnum")["dnum"].transform("size")
    sample = sample.assign(cluster=data["dnum"], pixels=data["fpc2"] / drawn)
    strata = write("strata.csv", "stratum,clusters\nall,757\n")
    options = ("--strata", strata, "--pixel-ha", 1, "--fpc")
    found = lulc_json("assess", "--sample", write("sample.csv", sample.to_csv(index=False)), *options)
    seen = [found["overall"], found["producers"]["high"], found["users"]["high"], found["area"]["high"]["area_ha"]]
    # R 4.2.2, survey 4.1-1: svymean, svyratio and svytotal of svydesign(~dnum + snum, fpc = ~fpc1 + fpc2)
    by_r = [0.925461254612546, 0.0383647058396794, 0.86608442503639, 0.085827021674068]
    by_r += [0.985099337748344, 0.0144757808453977, 2600.295, 732.082133702591]
    assert [one[name] for one in seen for name in ("value", "se")] == pytest.approx(by_r, rel=1e-9)


def test_one_stratum_is_a_simple_random_sample(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", SAMPLE.replace("stratum,", "note,"))
    result = lulc_json("assess", "--sample", sample, "--strata", write("t.csv", "stratum,size\nall,1000\n"))
    assert result["design"] == "simple random"
    assert result["design_effect"] == pytest.approx(1)


def test_clusters_with_pixels(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    sample = write("s.csv", "cluster,map,reference,pixels\n1,a,a,90\n1,a,b,10\n2,a,a,50\n2,b,a,50\n3,b,b,100\n")
    result = lulc_json("assess", "--sample", sample, "--strata", write("t.csv", "stratum,clusters\nall,40\n"))
    assert result["design"] == "one-stage clusters"
    assert result["overall"]["value"] == pytest.approx(0.8)
    assert result["overall"]["df"] == 2
    assert result["overall"]["se"] == pytest.approx(np.std([0.9, 0.5, 1.0], ddof=1) / np.sqrt(3))
    assert result["design_effect"] > 1
    assert result["effective_sample_size"] < 300


def test_poststratified_on_the_map(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    sample = write("s.csv", "map,reference\n" + "a,a\n" * 8 + "a,b\n" * 2 + "b,b\n" * 9 + "b,a\n")
    strata, areas = write("t.csv", "stratum,size\nall,10000\n"), write("a.csv", AREAS)
    result = lulc_json("assess", "--sample", sample, "--strata", strata, "--poststratify", areas)
    assert result["design"] == "simple random, poststratified by map class"
    assert result["overall"]["value"] == pytest.approx(0.2 * 0.8 + 0.8 * 0.9)
    assert result["area"]["a"]["area_ha"]["value"] == pytest.approx(200 * 0.8 + 800 * 0.1)
    alone = lulc_json("assess", "--sample", sample, "--poststratify", areas)
    assert alone["overall"] == pytest.approx(result["overall"])


def test_without_strata_the_sample_is_indicative(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample, areas = write("s.csv", "map,reference\na,a\na,b\nb,b\n"), write("a.csv", AREAS)
    result = lulc_json("assess", "--sample", sample, "--mapped-area", areas)
    assert result["design"] == "indicative"
    assert result["overall"]["value"] == pytest.approx(2 / 3)
    assert result["area"]["a"]["area_ha"]["low"] is None
    assert any("Indicative" in w for w in result["warnings"])


def test_change_between_two_years(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    rows = "stratum,reference_before,reference_after\n" + "s,a,b\ns,a,a\nt,b,b\nt,b,a\nt,b,b\n"
    sample, strata = write("s.csv", rows), write("t.csv", "stratum,size\ns,400\nt,600\n")
    result = lulc_json("assess", "--sample", sample, "--strata", strata, "--change", "--pixel-ha", 0.5)
    change = result["change"]["a"]
    assert change["loss"]["proportion"]["value"] == pytest.approx(0.2)
    assert change["gain"]["proportion"]["value"] == pytest.approx(0.2)
    assert change["net"]["area_ha"]["value"] == pytest.approx(0, abs=1e-9)
    assert change["net"]["proportion"]["se"] ** 2 == pytest.approx(
        change["gain"]["proportion"]["se"] ** 2
        + change["loss"]["proportion"]["se"] ** 2
        - 2 * change["covariance_gain_loss"]
    )


def test_wall_to_wall_has_no_intervals(lulc_json: Callable[..., dict], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    truth = rng.choice(np.array([0, 1, 2, 5], np.uint8), (70, 90))
    mapped = np.where(rng.random(truth.shape) < 0.8, truth, 2).astype(np.uint8)
    result = lulc_json(
        "assess", "--map", raster(tmp_path / "m.tif", mapped), "--reference", raster(tmp_path / "t.tif", truth)
    )
    both = (truth > 0) & (mapped > 0)
    assert result["design"] == "census"
    assert result["classes"] == ["water", "trees", "crops"]
    assert result["overall"]["value"] == pytest.approx((truth == mapped)[both].mean())
    assert {result["overall"][key] for key in ("se", "low", "high", "df")} == {None}
    assert result["area"]["water"]["area_ha"]["value"] == pytest.approx((truth[both] == 1).sum() * 0.01)
    assert result["area"]["water"]["mapped_ha"] == pytest.approx((mapped[both] == 1).sum() * 0.01)
    assert result["design_effect"] is None


def test_rasters_that_do_not_fit_are_refused(lulc_json: Callable[..., dict], tmp_path: Path) -> None:
    ones = np.ones((20, 20), np.uint8)
    mapped = raster(tmp_path / "m.tif", ones)
    for other, expected in (
        (raster(tmp_path / "shifted.tif", ones, west=600_010), "one grid"),
        (raster(tmp_path / "zone.tif", ones, epsg=32632), "one grid"),
        (raster(tmp_path / "small.tif", ones[:10]), "one grid"),
        (raster(tmp_path / "codes.tif", ones * 44), "not in the legend"),
        (raster(tmp_path / "empty.tif", ones * 0), "nothing to compare"),
    ):
        with pytest.raises(lulc.InvalidInputError, match=expected):
            lulc_json("assess", "--map", mapped, "--reference", other)
    with pytest.raises(lulc.NotFoundError, match=r"No map at .*absent"):
        lulc_json("assess", "--map", mapped, "--reference", tmp_path / "absent.tif")


@pytest.mark.parametrize("design", ["stratified", "simple", "tiles", "stratified-tiles"])
def test_a_sample_is_drawn_labelled_and_assessed(design: str, lulc_json: Callable[..., dict], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat(np.repeat(rng.choice(np.array([1, 2, 5], np.uint8), (20, 20)), 10, 0), 10, 1)
    mapped = np.where(rng.random(truth.shape) < 0.9, truth, 2).astype(np.uint8)
    map_path, truth_path = raster(tmp_path / "m.tif", mapped), raster(tmp_path / "t.tif", truth)
    sample, strata = tmp_path / "out" / "sample.csv", tmp_path / "out" / "strata.csv"
    size = 30 if "tiles" in design else 400
    options = ("--map", map_path, "--size", size, "--design", design, "--tile-m", 100, "--out", sample)
    drawn = lulc_json("sample", *options, "--reference", truth_path)
    assert drawn["strata"] == str(strata)
    result = lulc_json("assess", "--sample", sample, "--strata", strata, "--pixel-ha", 0.01)
    right = (truth == mapped).mean()
    assert abs(result["overall"]["value"] - right) < 5 * result["overall"]["se"]
    assert result["area"]["water"]["area_ha"]["value"] is not None
    told = lulc_json("report", "--sample", sample, "--strata", strata, "--out", tmp_path / "report.md")
    assert {"allocation", "blind"} <= {*told["open_facts"]}  # why so many is not known
    page = (tmp_path / "report.md").read_text()
    assert f"all {'400 tiles of 100 m' if 'tiles' in design else '40,000 pixels'} of m.tif that have a class" in page
    assert "1 pixel (0.01 ha)" in page
    blank = lulc_json("sample", *options)
    assert blank["rows"] >= size
    table = pd.read_csv(sample, keep_default_na=False)
    assert (table["reference"] == "").all()
    other = ("sample", "--map", map_path, "--size", 30, "--design", "simple" if design != "simple" else "tiles")
    other += ("--tile-m", 100, "--out", sample.with_name("other.csv"))
    kept = strata.read_text()
    with pytest.raises(lulc.InvalidInputError, match="has other strata, of another sample"):
        lulc_json(*other)
    assert (strata.read_text(), sample.with_name("other.csv").exists()) == (kept, False)
    assert lulc_json(*other, "--strata", strata.with_name("other-strata.csv"))["rows"] > 0
    with pytest.raises(lulc.InvalidInputError, match="'reference' is blank"):
        lulc_json("assess", "--sample", sample, "--strata", strata)


def test_the_audit_of_the_papers_figure(
    lulc_json: Callable[..., dict], text: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "fig3.json"
    keys = {"P": "cells", "W": "map_share", "col": "reference_share", "UA": "users", "PA": "producers"}
    keys |= {"OA": "overall", "area_ha": "area_ha", "ci_ha": "interval_ha"}
    printed = {m.region: {key: getattr(m, field) for key, field in keys.items()} for m in lulc.FIG3}
    path.write_text(json.dumps({"classes": lulc.FIG3[0].classes, "printed": printed}))
    result = lulc_json("audit", path)
    assert len(result["findings"]) == 9
    assert set(result["findings"][0]) == {
        *("check", "regions", "place", "printed", "implied", "suggestion", "cell", "words")
    }
    assert set(result["regions"]) == {"California", "Costa Rica", "Belgium", "Laos"}
    shown = text("audit", path)
    for number in ("0.00722", "0.00122", "0.44338", "0.04338", "0.86677", "0.88641", "22.7 million"):
        assert number in shown


def test_plans(lulc_json: Callable[..., dict], text: Callable[..., str], write: Callable[[str, str], Path]) -> None:
    areas = write("a.csv", "class,area_ha\ndeforestation,2\ngain,1.5\nforest,32\nother,64.5\n")
    users = "deforestation=0.7,gain=0.6,forest=0.9,other=0.95"
    result = lulc_json("plan", "--mapped-area", areas, "--target-se", 0.01, "--users", users)
    assert result["size"] == 641
    several = lulc_json("plan", "--mapped-area", areas, "--target-se", 0.01, "--area-se", 0.005, "--users", users)
    assert several["expected_se"]["overall"] <= 0.01 + 1e-9
    assert max(several["expected_se"]["area"].values()) <= 0.005 + 1e-9
    assert "641 pixels" in text("plan", "--mapped-area", areas, "--target-se", 0.01, "--users", users)
    with pytest.raises(lulc.InvalidInputError, match="--users takes"):
        lulc_json("plan", "--mapped-area", areas, "--size", 100, "--users", "gain=high")
    with pytest.raises(lulc.InvalidInputError, match="--users takes one number for each class"):
        lulc_json("plan", "--mapped-area", areas, "--size", 100, "--users", users + ",gain=0.9")


def test_a_plan_names_the_columns_that_it_does_not_read(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    plain = write("a.csv", "class,area_ha\na,2\nb,8\n")
    assert not any(
        "No plan reads" in said for said in lulc_json("plan", "--mapped-area", plain, "--size", 90)["warnings"]
    )
    more = write("b.csv", "class,area_ha,users_accuracy\na,2,0.6\nb,8,0.7\n")
    (told,) = [s for s in lulc_json("plan", "--mapped-area", more, "--size", 90)["warnings"] if "No plan reads" in s]
    assert told.startswith("No plan reads users_accuracy of ")
    assert told.endswith("expected user's accuracies are --users.")


def test_the_text_names_what_the_json_holds(text: Callable[..., str], write: Callable[[str, str], Path]) -> None:
    shown = text("assess", "--counts", write("c.csv", COUNTS), "--mapped-area", write("a.csv", AREAS), "--kappa")
    for words in ("stratified by map class", "Overall accuracy 0.96", "user's accuracy", "Kappa", "deprecated"):
        assert words in shown


def test_the_units_are_stated_with_every_answer_or_visibly_not(
    lulc_json: Callable[..., dict], text: Callable[..., str], write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    sample = write("s.csv", "stratum,map,reference\nn,a,a\nn,a,b\nn,b,b\n")
    asked = ("assess", "--sample", sample, "--strata", write("n.csv", "stratum,size\nn,900\n"), "--pixel-ha", 0.01)
    found = lulc_json(*asked)
    assert found["unit_of_assessment"] == "pixel of 0.01 ha (a row of the sample)"
    assert found["minimum_mapping_unit"] is None
    shown = text(*asked).splitlines()
    assert shown[:2] == [
        f"Unit of assessment: {found['unit_of_assessment']}",
        "Minimum mapping unit: not stated (--facts)",
    ]
    facts = write("f.json", '{"minimum_mapping_unit": "9 pixels (0.09 ha)", "interpreters": "three"}')
    assert "Minimum mapping unit: 9 pixels (0.09 ha)" in text(*asked, "--facts", facts)
    counts = ("assess", "--counts", write("c.csv", COUNTS), "--mapped-area", write("a.csv", AREAS))
    assert "Unit of assessment: not stated (--facts)" in text(*counts)
    patches = np.ones((1500, 3), np.uint8)
    patches[1400:] = 2
    rasters = [raster(tmp_path / f"{name}.tif", patches) for name in "mt"]
    asked = ("assess", "--map", rasters[0], "--reference", rasters[1])
    assert lulc_json(*asked)["minimum_mapping_unit"] == "more than 1 pixel (0.01 ha): no pixel of the map stands alone"
    patches[1024, 1] = 5
    raster(tmp_path / "m.tif", patches)
    assert lulc_json(*asked)["minimum_mapping_unit"] == "1 pixel (0.01 ha): the smallest patch of the map"


BAD = {
    "areas without a class": (COUNTS, "class,area_ha\na,200\n", "'b'.*no mapped area"),
    "a negative count": (COUNTS.replace("66", "-66"), AREAS, "whole number >= 0"),
    "a fraction": (COUNTS.replace("66", "66.5"), AREAS, "whole number >= 0"),
    "a missing count": (COUNTS.replace("66", ""), AREAS, "row 1 has ''"),
    "a thousands separator": (COUNTS.replace("66", '"1,066"'), AREAS, "row 1 has '1,066'"),
    "a short line": (COUNTS.replace("66,4", "66"), AREAS, "Line 2 .* must have 3 cells"),
    "a long line": (COUNTS.replace("66,4", "66,4,9"), AREAS, "must have 3 cells"),
    "a class twice": (COUNTS + "a,1,1\n", AREAS, "'a'.*more than once"),
    "a column twice": (COUNTS.replace("map,a,b", "map,a,a"), AREAS, "occur twice"),
    "no header": ("a,66,4\nb,2,55\n", AREAS, "must be map,<reference classes...>"),
    "no rows": ("map,a,b\n", AREAS, "rows below it"),
    "nothing": ("", AREAS, "rows below it"),
    "a column of totals": ("map,a,b,Total\na,66,4,70\nb,2,55,57\n", AREAS, "'Total' is the sum of all others"),
    "only zeros": ("map,a,b\na,0,0\nb,0,0\n", AREAS, "not all 0"),
    "a wrong header of areas": (COUNTS, "name,ha\na,200\n", "class,area_ha or class,pixels; got name,ha"),
    "a negative area": (COUNTS, AREAS.replace("200", "-200"), "number >= 0"),
    "an area that is no number": (COUNTS, AREAS.replace("200", "many"), "has 'many'"),
    "no area at all": (COUNTS, "class,area_ha\na,0\nb,0\n", "every row has 0"),
    "a row of totals": (COUNTS, AREAS + "Total,1000\n", "'Total' is the sum of all others"),
    "nan": (COUNTS, AREAS.replace("200", "nan"), "has 'nan'"),
    "a class without a name": (COUNTS, AREAS.replace("a,200", ",200"), "one is blank"),
}


@pytest.mark.parametrize("counts, areas, expected", BAD.values(), ids=BAD)
def test_bad_counts_and_areas_are_refused(
    counts: str, areas: str, expected: str, lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=expected):
        lulc_json("assess", "--counts", write("c.csv", counts), "--mapped-area", write("a.csv", areas))


@pytest.mark.parametrize(
    "sample, strata, expected",
    [
        ("map,truth\na,a\n", "stratum,size\nall,9\n", "columns 'map' and 'reference'; it has map, truth. Name"),
        ("class,Ref\na,a\n", "stratum,size\nall,9\n", "If 'Ref' is the reference, rename it 'reference'"),
        ("map,reference\na,a\n", "stratum,size\n", "only the line stratum,size"),
        (SAMPLE, "stratum,size\ns,100\n", r"\['t'\]"),
        ("map,reference\na,a\nb,b\n", "stratum,size\nz,9\nb,9\n", r"\['a'\] must be among them"),
        (SAMPLE, "stratum;size\ns;1 10\nt;9\n", "without separators, as 1234 or 12.5; row 1 has '1 10'"),
        (SAMPLE, "stratum,size\ns,100\ns,100\nt,9\n", "'s'.*more than once"),
        (SAMPLE, "stratum,pixels\ns,100\nt,9\n", "stratum,size"),
        (SAMPLE, "stratum,clusters\ns,100\nt,9\n", "column 'cluster'"),
        (SAMPLE, "stratum,size\ns,2\nt,9\n", "only 2 in the population"),
        ("cluster,map,reference\nk,a,a\nk,a,b\n", "stratum,size\nall,9\n", "as if they were independent"),
        ('map,reference\na,a\n"b,b\nb,a\n', "stratum,size\nall,9\n", "quotation marks closed"),
        ("map,reference,pixels\na,a,x\n", "stratum,size\nall,9\n", "has 'x'"),
        ("map,reference,pixels\na,a,0\n", "stratum,size\nall,9\n", "every row has 0"),
        ("x,y,map,reference\n1,1,a,a\n1,1,a,b\n", "stratum,size\nall,9\n", "1 row repeats a place"),
        (
            "map,reference\n" + "".join(f"{i}.5,a\n" for i in range(300)),
            "stratum,size\nall,900\n",
            "255 at the most; .* 301",
        ),
    ],
)
def test_bad_samples_are_refused(
    sample: str, strata: str, expected: str, lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=expected):
        lulc_json("assess", "--sample", write("s.csv", sample), "--strata", write("t.csv", strata))


@pytest.mark.parametrize(
    "content, came",
    [
        ("map,reference\na,a\n".encode("utf-16"), "it is text in UTF-16"),
        ("map,reference\na,a\n".encode("utf-16-le"), "it is binary"),
        ("map,reference\nforêt,forêt\n".encode("latin-1"), "it is text in another encoding"),
        (b"PK\x03\x04\x14\x00\x06\x00\xff", "it is a spreadsheet's own format"),
    ],
)
def test_a_file_that_is_not_utf_8_is_called_by_what_it_is(
    content: bytes, came: str, lulc_json: Callable[..., dict], tmp_path: Path
) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(content)
    with pytest.raises(lulc.InvalidInputError, match=f"CSV file in UTF-8; {came}. Save it .* as 'CSV UTF-8'"):
        lulc_json("assess", "--sample", path)


def test_options_that_do_not_go_together_are_refused(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    counts, areas, sample = write("c.csv", COUNTS), write("a.csv", AREAS), write("s.csv", SAMPLE)
    for options, expected in (
        ((), "Give one of"),
        (("--counts", counts, "--sample", sample), "Give one of"),
        (("--counts", counts), "give --mapped-area"),
        (("--counts", counts, "--mapped-area", areas, "--change"), "--change does not apply"),
        (("--counts", counts, "--mapped-area", areas, "--fpc"), "number of pixels"),
        (("--sample", sample, "--fpc"), "give --strata"),
        (("--sample", sample, "--poststratify", areas), "strata or clusters"),
        (("--sample", sample, "--poststratify", areas, "--mapped-area", areas), "not both"),
        (("--map", counts), "both --map and --reference"),
        (("--map", counts, "--reference", counts, "--mapped-area", areas), "--mapped-area does not apply to --map"),
        (("--counts", counts, "--mapped-area", areas, "--reference", counts), "--reference does not apply to --counts"),
        (("--sample", sample, "--reference", counts), "--reference does not apply to --sample"),
        (("--sample", "absent.csv"), "can be read"),
        (("--sample", sample, "--mapped-area", write("x.csv", "class,area_ha\na,1\nz,2\n")), "make the names agree"),
    ):
        with pytest.raises(lulc.InvalidInputError, match=expected):
            lulc_json("assess", *options)


def test_the_commands_load_no_network_library() -> None:
    import subprocess
    import sys

    code = "import sys, lulc_core.cli; print(sorted({'torch', 'pandas', 'rasterio'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_cells_have_intervals_too(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    result = lulc_json("assess", "--counts", write("c.csv", COUNTS), "--mapped-area", write("a.csv", AREAS))
    cells = result["error_matrix_estimates"]
    assert [[cell["value"] for cell in row] for row in cells] == result["error_matrix"]
    share, n = 4 / 70, 70  # of map class a, which is 0.2 of the area (Olofsson et al. 2014, eq. 10)
    assert cells[0][1]["se"] == pytest.approx(0.2 * (share * (1 - share) / (n - 1)) ** 0.5)


@pytest.mark.parametrize(
    "sample",
    [
        'map;reference\n"bare, dry";a\n"bare, dry";"bare, dry"\na;a\n',
        "map,reference\ncaf\u00e9,a\ncafe\u0301,caf\u00e9\na,a\n",
        "map,reference\n5,6\n5.0,5\n6,6.0\n",
    ],
)
def test_one_class_written_in_two_ways_is_one_class(
    sample: str, lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    result = lulc_json("assess", "--sample", write("s.csv", sample))
    assert len(result["classes"]) == 2
    assert result["overall"]["value"] == pytest.approx(2 / 3)


def test_a_monstrous_cell_and_repeated_places_are_refused(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    with pytest.raises(lulc.InvalidInputError, match="field larger than"):
        lulc_json("assess", "--sample", write("s.csv", f"map,reference\na,{'b' * 200_000}\n"))
    twice = "map,reference,x,y\na,a,10,5\nb,b,10.0,5.00\n"
    strata = write("strata.csv", "stratum,size\na,10\nb,10\n")
    with pytest.raises(lulc.InvalidInputError, match="1 row repeats a place"):
        lulc_json("assess", "--sample", write("s.csv", twice), "--strata", strata)


def test_no_stratum_is_planned_beyond_its_size(
    lulc_json: Callable[..., dict], text: Callable[..., str], write: Callable[[str, str], Path]
) -> None:
    areas = write("a.csv", "class,pixels\na,30\nb,100000\n")
    plan = lulc_json("plan", "--mapped-area", areas, "--users-se", 0.02)
    assert plan["allocation"]["a"] == 30
    assert plan["allocation"]["b"] > 30
    assert "'a' has only 30 pixels" in plan["warnings"][0]
    assert "Note: " in text("plan", "--mapped-area", areas, "--users-se", 0.02)


def test_an_error_is_said_in_json_too() -> None:
    import subprocess
    import sys

    command = [sys.executable, "-m", "lulc_core.cli", "assess", "--counts", "nowhere.csv", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert json.loads(result.stdout)["error"] in result.stderr


def test_what_was_planned_is_drawn(
    lulc_json: Callable[..., dict], text: Callable[..., str], write: Callable[[str, str], Path], tmp_path: Path
) -> None:
    codes = np.repeat(np.array([1, 2], np.uint8), 2000).reshape(40, 100)
    path, areas = raster(tmp_path / "map.tif", codes), write("a.csv", "class,pixels\nwater,2000\ntrees,2000\n")
    options = ("--users", "water=0.99,trees=0.6", "--allocation", "neyman")
    planned = lulc_json("plan", "--mapped-area", areas, "--size", 100, *options)["allocation"]
    assert planned["trees"] > 2 * planned["water"]
    plan = write("plan.json", text("plan", "--mapped-area", areas, "--size", 100, *options, "--json"))

    def drawn(*more: object) -> dict[str, int]:
        lulc_json("sample", "--map", path, "--out", tmp_path / "s.csv", "--size", 100, "--minimum", 2, *more)
        return pd.read_csv(tmp_path / "s.csv")["map"].value_counts().to_dict()

    assert drawn("--plan", plan) == planned
    assert drawn(*options) == planned
    with pytest.raises(lulc.InvalidInputError, match="lulc plan --json"):
        drawn("--plan", areas)
    with pytest.raises(lulc.InvalidInputError, match="lulc plan --json"):
        drawn("--plan", write("deep.json", "[" * 100_000))


def test_clusters_without_strata_are_indicative(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", "map,reference,cluster,pixels\na,a,k,30\na,b,k,9\nb,b,l,50\na,b,m,4\na,a,m,8\n")
    result = lulc_json("assess", "--sample", sample)
    assert result["design"] == "indicative"
    assert result["overall"]["df"] == 2
    assert result["area"]["a"]["proportion"]["low"] is None


@pytest.mark.parametrize("command", ["assess", "audit", "map", "plan", "sample", "search", "simulate", "train"])
def test_every_command_shows_an_example(command: str) -> None:
    from lulc_core.cli import app as whole

    shown = CliRunner().invoke(whole, [command, "--help"]).stdout
    assert f"Example: lulc {command}" in " ".join(shown.split())


@pytest.mark.parametrize(
    "command, option, names",
    [
        ("plan", "--allocation", list(lulc.ALLOCATIONS)),
        ("sample", "--design", list(lulc.SAMPLE_DESIGNS)),
        ("assess", "--area-estimator", list(lulc.AREA_ESTIMATORS)),
        ("map", "--runtime", [runtime.name for runtime in RUNTIMES]),
        ("simulate", "--region", lulc.region_names()),
    ],
)
def test_the_help_of_an_option_lists_the_names_in_its_registry(command: str, option: str, names: list[str]) -> None:
    from lulc_core.cli import app as whole

    shown = CliRunner().invoke(whole, [command, "--help"], env={"COLUMNS": "400"}).stdout
    assert any(f" {option} " in line and f": {', '.join(names)}." in line for line in shown.splitlines())


def test_not_a_number_is_no_data_also_where_the_file_does_not_say_so(
    lulc_json: Callable[..., dict], tmp_path: Path
) -> None:
    codes = np.array([[1, 2], [2, 2]])
    reference = raster(tmp_path / "r.tif", codes.astype("uint8"))
    mapped = tmp_path / "m.tif"
    profile = rasterio.open(reference).profile | {"dtype": "float32", "nodata": None}
    with rasterio.open(mapped, "w", **profile) as target:
        target.write(np.array([[np.nan, 2], [1, 2]], "float32"), 1)
    result = lulc_json("assess", "--map", mapped, "--reference", reference)
    assert result["sample_size"] == 3
    assert result["overall"]["value"] == pytest.approx(2 / 3)
    assert any("left out" in w for w in result["warnings"])


@pytest.mark.parametrize("pixel_ha", ["0", "-1", "1e300", "nan", "inf"])
@pytest.mark.parametrize("change", [(), ("--change",)])
def test_an_area_of_a_pixel_that_is_none_is_refused(
    pixel_ha: str, change: tuple[str, ...], lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", "map,reference,reference_before,reference_after\na,a,a,a\nb,a,b,a\nb,b,b,b\n")
    strata = write("t.csv", "stratum,size\nall,100\n")
    with pytest.raises(lulc.LulcError, match=r"hectares > 0|--pixel-ha takes a number"):
        lulc_json("assess", "--sample", sample, "--strata", strata, "--pixel-ha", pixel_ha, *change)


def test_the_strata_of_clusters_are_never_guessed_from_the_map(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", "map,reference,cluster\na,a,1\na,b,1\nb,b,2\nb,b,3\na,a,4\n")
    with pytest.raises(lulc.InvalidInputError, match="no column 'stratum'"):
        lulc_json("assess", "--sample", sample, "--strata", write("t.csv", "stratum,clusters\na,10\nb,20\n"))


def test_classes_may_be_named_like_columns(lulc_json: Callable[..., dict], write: Callable[[str, str], Path]) -> None:
    names = {"a": "pixels", "b": "stratum"}
    counts, areas = COUNTS.replace("map,a,b", "map,pixels,stratum"), "class,area_ha\npixels,200\nstratum,800\n"
    counts = counts.replace("\na,", "\npixels,").replace("\nb,", "\nstratum,")
    result = lulc_json("assess", "--counts", write("c.csv", counts), "--mapped-area", write("a.csv", areas))
    plain = lulc_json("assess", "--counts", write("p.csv", COUNTS), "--mapped-area", write("b.csv", AREAS))
    assert {name: result["users"][new] for name, new in names.items()} == plain["users"]


@pytest.mark.parametrize("size", ["1e200", "1e400", "-1e-9"])
def test_sizes_out_of_range_are_refused(
    size: str, lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    counts, areas = write("c.csv", COUNTS), write("a.csv", f"class,area_ha\na,{size}\nb,800\n")
    with pytest.raises(lulc.InvalidInputError, match="must be a number"):
        lulc_json("assess", "--counts", counts, "--mapped-area", areas)


def test_change_of_a_sample_without_a_design_is_indicative(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", "reference_before,reference_after\na,b\nb,b\na,a\n")
    result = lulc_json("assess", "--sample", sample, "--change")
    assert result["change"]["b"]["gain"]["proportion"]["se"] is None
    assert any(w.startswith("Indicative") for w in result["warnings"])
    assert any("give the size of each stratum (--strata)" in w for w in result["warnings"])


def test_a_count_that_is_no_whole_number_is_told_what_one_is(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"whole number >= 0, as 1234; row 1 has '4\.5'"):
        lulc_json("assess", "--counts", write("c.csv", "map,a\na,4.5\n"), "--mapped-area", write("a.csv", AREAS))


def test_a_plan_says_where_its_allocation_falls_short_of_the_target(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    areas = write("a.csv", "class,area_ha\na,20\nb,15\nc,320\nd,645\n")
    plan = ("plan", "--mapped-area", areas, "--target-se", 0.01, "--users", "a=0.7,b=0.6,c=0.9,d=0.95")
    short = lulc_json(*plan)
    assert short["size"] == 641
    assert short["expected_se"]["overall"] > 0.01
    assert "0.0102, above the target of 0.01" in short["warnings"][0]
    assert lulc_json(*plan, "--allocation", "neyman")["warnings"] == []


def test_a_class_called_total_that_is_no_sum_is_a_class(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    counts = write("c.csv", "map,a,b,total\na,66,4,3\nb,2,55,57\n")
    assert lulc_json("assess", "--counts", counts, "--mapped-area", write("a.csv", AREAS))["classes"][-1] == "total"


def test_a_mapped_class_without_a_sampled_pixel_is_not_left_out(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample, strata = write("s.csv", "map,reference\na,a\na,b\nb,b\n"), write("t.csv", "stratum,size\nall,1000\n")
    areas = write("a.csv", "class,area_ha\na,6\nb,3\nc,1\nd,0\n")
    result = lulc_json("assess", "--sample", sample, "--strata", strata, "--mapped-area", areas)
    assert result["classes"] == ["a", "b", "c"]
    assert result["area"]["c"]["mapped_ha"] == 1
    assert result["users"]["c"]["value"] is None
    assert result["area"]["c"]["area_ha"]["high"] > 1
    assert sum(area["mapped_ha"] for area in result["area"].values()) == 10


def test_pixels_and_hectares_that_share_a_map_otherwise_are_named(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    def said(counts: str, areas: str) -> str:
        result = lulc_json("assess", "--counts", write("c.csv", counts), "--mapped-area", write("a.csv", areas))
        return " ".join(result["warnings"])

    assert "'a' 71.4 % and 20.0 %" in said(COUNTS, "class,area_ha,pixels\na,200,20000\nb,800,8000\n")
    assert "disagree" not in said(COUNTS, "class,area_ha,pixels\na,200,20000\nb,800,80100\n")


def test_a_reference_in_another_projection_labels_no_sample(lulc_json: Callable[..., dict], tmp_path: Path) -> None:
    mapped = raster(tmp_path / "m.tif", np.ones((20, 20), np.uint8))
    reference = raster(tmp_path / "r.tif", np.ones((20, 20), np.uint8), epsg=32632)
    out = tmp_path / "sample.csv"
    with pytest.raises(lulc.InvalidInputError, match=r"projection of the map .* it is in WGS 84 / UTM zone 32N\."):
        lulc_json("sample", "--map", mapped, "--reference", reference, "--out", out, "--size", 20)
    assert not out.exists()


def test_a_sample_is_not_written_in_place_of_a_folder(lulc_json: Callable[..., dict], tmp_path: Path) -> None:
    mapped, folder = raster(tmp_path / "m.tif", np.ones((20, 20), np.uint8)), tmp_path / "out"
    folder.mkdir()
    with pytest.raises(lulc.InvalidInputError, match="is a folder"):
        lulc_json("sample", "--map", mapped, "--out", folder, "--size", 20)
    with pytest.raises(lulc.InvalidInputError, match=r"Cannot write to .*m\.tif"):
        lulc_json("sample", "--map", mapped, "--out", mapped / "sample.csv", "--size", 20)
    with pytest.raises(lulc.InvalidInputError, match="must hold the output of"):
        lulc_json("sample", "--map", mapped, "--out", tmp_path / "s.csv", "--plan", tmp_path / "absent.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.tif", "out"]


def test_areas_by_another_estimator_are_those_of_the_library(
    lulc_json: Callable[..., dict], write: Callable[[str, str], Path]
) -> None:
    sample = write("s.csv", "map,reference\n" + "a,a\n" * 8 + "a,b\n" * 2 + "b,b\n" * 9 + "b,a\n")
    areas, strata = write("a.csv", "class,area_ha\na,40\nb,60\n"), write("d.csv", "stratum,size\nall,5000\n")
    given = ("assess", "--sample", sample, "--strata", strata, "--mapped-area", areas)
    direct, assisted = lulc_json(*given), lulc_json(*given, "--area-estimator", "difference")
    table = lulc.read_sample(sample)
    expected = lulc.model_assisted_areas(
        table, lulc.read_areas(areas), design=lulc.read_design(strata, table), method="difference"
    )
    assert assisted["area"]["a"] == expected["a"].as_dict()
    assert assisted["area"]["a"] != direct["area"]["a"]
    assert assisted["users"] == direct["users"]
    assert assisted["design"] == "simple random, areas by difference"
    rare = write("r.csv", "map,reference\n" + "a,b\n" * 2 + "b,b\n" * 10)  # 0.01 - 2 / 12 is no share
    few = (
        "assess",
        "--sample",
        rare,
        "--strata",
        strata,
        "--mapped-area",
        write("f.csv", "class,area_ha\na,1\nb,99\n"),
    )
    report = lulc_json(*few, "--area-estimator", "difference")
    assert report["area"]["a"]["area_ha"]["value"] is None
    assert any("below 0 or above the whole, so none, for a, b; greg does not" in note for note in report["warnings"])
    with pytest.raises(lulc.InvalidInputError, match="needs the mapped areas"):
        lulc_json("assess", "--sample", sample, "--strata", strata, "--area-estimator", "greg")
    with pytest.raises(lulc.InvalidInputError, match="one of greg, difference; got 'best'"):
        lulc_json(*given, "--area-estimator", "best")
