"""The commands of `lulc review`, from file to JSON."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
import typer
from rasterio.transform import from_origin
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import reviewing

SAMPLE = (
    "stratum,map,reference,alternate,new,x,y\n"
    "s,trees,trees,,trees,5,15\ns,trees,crops,trees,crops,15,15\ns,crops,crops,,trees,25,15\n"
    "t,crops,crops,trees,crops,5,5\nt,trees,trees,,trees,15,5\nt,crops,trees,,trees,25,5\n"
)
STRATA = "stratum,size\ns,100\nt,300\n"


@pytest.fixture
def review(tmp_path: Path) -> Callable[..., dict | str]:
    """Run a command on the files above, with --json unless told otherwise; its error is raised."""
    (tmp_path / "sample.csv").write_text(SAMPLE)
    (tmp_path / "strata.csv").write_text(STRATA)
    app = typer.Typer()
    reviewing.register(app)

    def run(command: str, *arguments: object, as_json: bool = True, strata: bool = True) -> dict | str:
        files = ["--sample", tmp_path / "sample.csv", *(["--strata", tmp_path / "strata.csv"] if strata else [])]
        words = ["review", command, *map(str, [*files, *arguments]), *["--json"] * as_json]
        result = CliRunner().invoke(app, words)
        if result.exception:
            raise result.exception
        return json.loads(result.stdout) if as_json else result.stdout

    return run


def test_both_figures_stand_side_by_side(review: Callable[..., dict]) -> None:
    found = review("alternates", "--pixel-ha", 1)
    assert found["primary"]["overall"]["value"] == pytest.approx(2 / 3)
    assert found["primary_or_alternate"]["overall"]["value"] == pytest.approx((100 * 1 + 300 * 2 / 3) / 400)
    assert found["differences"][0]["value"] == pytest.approx(100 / 3 / 400)
    assert (found["rows_with_an_alternate"], found["rows_that_it_decides"]) == (2, 1)
    assert not any("'alternate'" in note for note in found["primary"]["warnings"])
    shown = review("alternates", as_json=False)
    assert "primary or alternate" in shown
    assert "Minimum mapping unit: not stated" in shown


def test_the_second_map_is_a_column_or_a_raster(review: Callable[..., dict], tmp_path: Path) -> None:
    column = review("maps", "--other", "new", "--names", "old,new")
    assert column["maps"] == ["old", "new"]
    assert column["overall"]["difference"]["value"] == pytest.approx(2 / 3 - (100 * 2 / 3 + 300) / 400)
    assert column["overall"]["p_value"] > 0.05
    codes = {"trees": 2, "crops": 5}
    new = [row.split(",")[4] for row in SAMPLE.splitlines()[1:]]
    path = tmp_path / "second.tif"
    profile = {"driver": "GTiff", "height": 2, "width": 3, "count": 1, "dtype": "uint8", "nodata": 0}
    with rasterio.open(path, "w", **profile, crs="EPSG:32631", transform=from_origin(0, 20, 10, 10)) as target:
        target.write(np.array([codes[name] for name in new], np.uint8).reshape(2, 3), 1)
    raster = review("maps", "--other", path)
    assert raster["maps"] == ["map", "second"]
    assert raster["overall"] == column["overall"]
    with pytest.raises(lulc.InvalidInputError, match="column of the sample"):
        review("maps", "--other", "newer")


def test_regions_come_from_polygons_or_a_column(review: Callable[..., dict | str], tmp_path: Path) -> None:
    ring = [[0, 10], [20, 10], [20, 20], [0, 20], [0, 10]]
    feature = {"type": "Feature", "properties": {"Name": "north <b>"}}
    polygons = tmp_path / "regions.geojson"
    polygons.write_text(json.dumps(feature | {"geometry": {"type": "Polygon", "coordinates": [ring]}}))
    (tmp_path / "sample.csv").write_text(SAMPLE.replace(",x,y", ",lon,lat"))
    found = review("regions", "--regions", polygons, "--pixel-ha", 1)
    assert list(found["regions"]) == ["north <b>"]
    north = found["regions"]["north <b>"]
    assert (north["sampled_units"], north["overall"]["value"]) == (2, 0.5)
    assert north["area"]["crops"]["area_ha"]["value"] == pytest.approx(100 / 3)
    assert "has only 2 sampled pixels" in north["warnings"][0]
    assert "4 rows lie in no region." in found["warnings"]
    column = review("regions", "--column", "stratum")
    assert column["regions"]["s"]["overall"]["value"] == pytest.approx(2 / 3)
    assert "north <b> (2 sampled units)" in review("regions", "--regions", polygons, as_json=False)
    with pytest.raises(lulc.InvalidInputError, match="Give the regions once"):
        review("regions")
    polygons.write_text(polygons.read_text().replace("20", "500000"))
    with pytest.raises(lulc.InvalidInputError, match="reaches from 0 10 to 500000 500000; expected degrees"):
        review("regions", "--regions", polygons)


def test_a_simple_random_sample_is_poststratified(review: Callable[..., dict], tmp_path: Path) -> None:
    (tmp_path / "sample.csv").write_text("\n".join(row.split(",", 1)[1] for row in SAMPLE.splitlines()))
    (tmp_path / "areas.csv").write_text("class,area_ha\ntrees,10\ncrops,30\n")
    by_map = "--poststratify", tmp_path / "areas.csv"
    overall = (10 * 2 / 3 + 30 * 2 / 3) / 40
    maps = review("maps", "--other", "new", *by_map, strata=False)
    assert maps["overall"]["first"]["value"] == pytest.approx(overall)
    assert maps["design"] == "simple random, poststratified by map class"
    either = review("alternates", *by_map, strata=False)
    assert either["primary"]["area"]["trees"]["area_ha"]["value"] == pytest.approx(10 * 2 / 3 + 30 / 3)
    assert either["primary_or_alternate"]["overall"]["value"] == pytest.approx((10 + 30 * 2 / 3) / 40)
    region = review("regions", "--column", "new", *by_map, strata=False)["regions"]["crops"]
    assert region["design"].endswith("poststratified by map class, domain crops")
    with pytest.raises(lulc.InvalidInputError, match="simple random sample of pixels"):
        review("maps", "--other", "new", *by_map)
    with pytest.raises(lulc.InvalidInputError, match="not both"):
        review("alternates", *by_map, "--mapped-area", tmp_path / "areas.csv", strata=False)


def test_labellers_are_people_a_rate_or_a_check(
    review: Callable[..., dict | str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lulc_core.accuracy.label_errors.VERSIONS", 2)
    rows = SAMPLE.replace("alternate", "Ana").replace(",new,", ",Ben,").splitlines()
    cells = [row.split(",") for row in rows]
    labelled = [[*row[:3], row[2], *row[4:]] for row in cells[1:]]
    (tmp_path / "sample.csv").write_text("\n".join([rows[0], *map(",".join, labelled)]))
    found = review("labellers", "--interpreters", "Ana,Ben")
    first = found["figures"][0]
    assert first["value"] == pytest.approx((2 / 3 + (100 / 3 + 300 * 2 / 3) / 400) / 2, abs=0.2)
    assert first["between_variance"] > 0
    assert found["plain"]["overall"]["value"] == pytest.approx(2 / 3)
    with pytest.raises(lulc.InvalidInputError, match="Give one of --interpreters"):
        review("labellers")
    assert "labels uncertain" in review("labellers", "--error-rate", 0.1, as_json=False)


def test_probabilities_assist_the_sample(review: Callable[..., dict | str], tmp_path: Path) -> None:
    head, *rows = SAMPLE.splitlines()
    chances = ["0.9,0.1", "0.4,0.6", "0.2,0.8", "0.1,0.9", "0.8,0.2", "0.6,0.4"]
    lines = [f"{head},probability_trees,probability_crops", *map(",".join, zip(rows, chances, strict=True))]
    (tmp_path / "sample.csv").write_text("\n".join(lines))
    totals = tmp_path / "totals.csv"
    header = "class,mapped,mean_probability,mean_probability_mapped"
    totals.write_text(f"{header}\ntrees,0.5,0.45,0.35\ncrops,0.5,0.55,0.4\n")
    found = review("probabilities", "--totals", totals)
    shares = {one["class"]: one["assisted"]["value"] for one in found["figures"] if one["figure"] == "proportion"}
    assert sum(shares.values()) == pytest.approx(1)
    assert not any("probability_trees" in note for note in found["warnings"])
    assert "effective sample size" in review("probabilities", "--totals", totals, as_json=False)


def test_years_come_from_columns_and_may_be_poststratified(review: Callable[..., dict | str], tmp_path: Path) -> None:
    rows = [row.split(",") for row in SAMPLE.splitlines()]
    table = [["stratum", "map", "Reference_2018", "reference_2021", "x"], *([*r[:3], r[4], r[5]] for r in rows[1:])]
    (tmp_path / "sample.csv").write_text("\n".join(map(",".join, table)))
    found = review("years", "--pixel-ha", 1)
    trees = found["classes"]["trees"]
    assert found["years"] == [2018, 2021]
    before, after = 100 / 3 + 300 * 2 / 3, 200 / 3 + 300 * 2 / 3
    assert trees["net"]["area_ha"]["value"] == pytest.approx(after - before)
    assert trees["trend_per_year"]["area_ha"]["value"] == pytest.approx((after - before) / 3)
    assert not any("No estimate reads" in note for note in found["warnings"])
    areas = tmp_path / "areas.csv"
    areas.write_text("class,area_ha\ntrees,200\ncrops,200\n")
    weighted = review("years", "--poststratify", areas)
    assert weighted["design"] == "stratified, poststratified by map class"
    assert weighted["classes"]["trees"]["area"][0]["area_ha"]["value"] is not None
    assert "trend, ha a year" in review("years", "--pixel-ha", 1, as_json=False)


def test_a_column_that_only_begins_like_a_year_is_told_as_unread(
    review: Callable[..., dict | str], tmp_path: Path
) -> None:
    head, *rows = SAMPLE.splitlines()
    labels = [row.split(",")[2] for row in rows]
    table = [f"{head},reference_2018,reference_2021,map_2018,reference_old,mapper"]
    table += [f"{row},{name},{name},{name},{name},Ana" for row, name in zip(rows, labels, strict=True)]
    (tmp_path / "sample.csv").write_text("\n".join(table))
    (note,) = [note for note in review("years")["warnings"] if "No estimate reads" in note]
    assert "'reference_old', 'mapper'" in note
    assert "20" not in note


def test_supports_are_read_around_each_pixel(review: Callable[..., dict | str], tmp_path: Path) -> None:
    path = tmp_path / "map.tif"
    profile = {"driver": "GTiff", "height": 2, "width": 3, "count": 1, "dtype": "uint8", "nodata": 0}
    with rasterio.open(path, "w", **profile, crs="EPSG:32631", transform=from_origin(0, 20, 10, 10)) as target:
        target.write(np.array([[2, 2, 5], [5, 2, 5]], np.uint8), 1)
    found = review("support", "--map", path, "--sizes", "1,9")
    assert [one["pixels"] for one in found["supports"]] == [1, 9]
    assert found["supports"][0]["overall"]["value"] == pytest.approx(2 / 3)
    assert found["supports"][1]["unit_of_assessment"] == "majority of 3 x 3 pixels (0.09 ha)"
    shown = review("support", "--map", path, "--sizes", "1,9", as_json=False)
    assert "majority of 3 x 3" in shown
    assert "Minimum mapping unit: 1 pixel (0.01 ha): the smallest patch of the map" in shown
    with pytest.raises(lulc.InvalidInputError, match="--sizes takes numbers"):
        review("support", "--map", path, "--sizes", "1,nine")
