"""The consensus tiles: read by the names of their bands, and scored with intervals for clusters."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

import numpy as np
import pytest
import rasterio
from affine import Affine
from label_tiles import Tile, day, numbers, place, scenes
from making import write_model
from remote_archives import unpack
from stac_server import files_over_http
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.training.consensus_tiles import find_consensus_tiles, read_consensus_tile
from lulc_core.training.label_tiles import day_of
from lulc_core.training.published_scores import PUBLISHED

if TYPE_CHECKING:
    from numpy.typing import NDArray

PROBABILITIES = [
    *("water", "trees", "grass", "flooded_vegetation", "crops"),
    *("shrub_and_scrub", "built", "bare", "snow_and_ice"),
]


def write_tile(
    path: Path, reference: NDArray[Any], best: NDArray[Any], *, lacks: str = "", label: int = 0, **profile: Any
) -> None:
    """A tile as published: consensus from 1 and class from `label` in one file, probabilities in another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shares = np.full((9, *best.shape), 0.05, np.float32)
    np.put_along_axis(shares, np.maximum(best, 1)[None].astype(int) - 1, 0.6, axis=0)
    shares[:, best == 0] = np.nan  # masked: cloud
    said = {"lulc": reference, "label": best - 1.0 + label}
    write_bands(path.with_name(f"label_{path.name}"), {k: v for k, v in said.items() if k != lacks}, **profile)
    nine = dict(zip(PROBABILITIES, shares, strict=True))
    write_bands(path.with_name(f"probs_{path.name}"), {k: v for k, v in nine.items() if k != lacks}, **profile)


def write_bands(path: Path, bands: dict[str, NDArray[Any]], **profile: Any) -> None:
    grid = Tile(0, 0, 0).grid
    height, width = next(iter(bands.values())).shape
    shape = {"count": len(bands), "height": height, "width": width, "dtype": "float32"}
    where = {"crs": str(grid.crs), "transform": grid.transform}
    with rasterio.open(path, "w", driver="GTiff", **(shape | where | profile)) as target:
        for i, (name, values) in enumerate(bands.items(), start=1):
            target.write(values.astype(np.float32), i)
            target.set_band_description(i, name)


def codes(rows: str) -> NDArray[np.uint8]:
    return np.array([[int(code, 16) for code in row] for row in rows.split()], np.uint8)


# Two tiles. Consensus 0 is unmarked, a (10) is cloud; Dynamic World 0 is masked. Of 7 + 4 labelled pixels (a and 0 are
# none) it answers 10: water 3 of 4 right by the map, trees 3 of 4, grass 1 of 2.
FIRST = codes("1111 2220 a000"), codes("1112 2221 1100")
SECOND = codes("2333 0000"), codes("3032 1111")


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    for name, (reference, best) in {"a": FIRST, "b": SECOND}.items():
        write_tile(tmp_path / f"dw_test/{name}.tif", reference, best)
    return tmp_path / "dw_test"


def test_the_accuracies_of_dynamic_world_are_those_counted_by_hand(tiles: Path) -> None:
    report = lulc.score_gold_standard(tiles)
    (own,) = report.scores
    assert (report.tiles, report.labelled_px, report.left_out, report.remarks) == (2, 11, {}, ())
    assert own.unanswered == pytest.approx(1 / 11)
    found = own.assessment
    assert found.overall.value == pytest.approx(7 / 10)
    # map x reference: water 3 of water; trees 1 of water, 3 of trees, 1 of grass; grass 1 of trees, 1 of grass
    assert {n: f.value for n, f in found.users.items()} == pytest.approx({"water": 1, "trees": 3 / 5, "grass": 1 / 2})
    assert {n: f.value for n, f in found.producers.items()} == pytest.approx(
        {"water": 3 / 4, "trees": 3 / 4, "grass": 1 / 2}
    )
    assert found.f1["water"].value == pytest.approx(6 / 7)


def test_its_intervals_are_those_of_clusters(tiles: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(30):
        reference = rng.integers(1, 4, (8, 8))
        write_tile(tiles / f"{i}.tif", reference, np.where(rng.random((8, 8)) < i / 40, reference, 2))
    found = lulc.score_gold_standard(tiles).scores[0].assessment
    n = np.array([7, 3] + [64] * 30)
    right = []
    found_files = {files.name: files for files in find_consensus_tiles(tiles)}
    for name in ["a", "b", *map(str, range(30))]:
        tile = read_consensus_tile(found_files[name])
        right.append(np.count_nonzero((tile.reference == tile.dynamic_world) & (tile.reference > 0)))
    ratio = sum(right) / n.sum()
    residual = np.array(right) - ratio * n
    error = np.sqrt(len(n) / (len(n) - 1) * (residual**2).sum()) / n.sum()  # Cochran 1977, eq. 11.27
    assert found.overall.standard_error == pytest.approx(error)
    low, high = found.overall.interval() or (0, 0)
    assert low < ratio - 1.5 * error < ratio + 1.5 * error < high
    assert not [note for note in found.warnings if "by chance" in note]  # pixels count, not the rows of the table


@pytest.mark.parametrize(
    "change, why",
    [
        ({"lacks": "lulc"}, "label_odd.tif is not of a consensus tile: it lacks lulc among its bands"),
        ({"lacks": "snow_and_ice"}, "probs_odd.tif is not of a consensus tile: it lacks snow/ice"),
        ({"reference": FIRST[0] + 1}, "codes from 0 .unmarked. to 10 in its band lulc; it has 1 to 11"),
        ({"reference": FIRST[0] * 0.5}, "codes from 0 .unmarked. to 10 in its band lulc"),
    ],
)
def test_a_file_that_is_no_such_tile_is_left_out_by_name(tiles: Path, change: dict[str, Any], why: str) -> None:
    write_tile(tiles / "odd.tif", **({"reference": FIRST[0], "best": FIRST[1]} | change))
    report = lulc.score_gold_standard(tiles)
    assert report.tiles == 2
    assert list(report.left_out) == ["odd"]
    assert re.search(why, report.left_out["odd"])
    assert "1 tile could not be scored, such as odd" in report.remarks[0]


def test_labels_without_their_probabilities_are_left_out_by_name(tiles: Path) -> None:
    (tiles / "probs_b.tif").unlink()
    report = lulc.score_gold_standard(tiles)
    assert (report.tiles, list(report.left_out)) == (1, ["b"])
    assert "it lacks water, trees" in report.left_out["b"]
    assert "the nine classes of Dynamic World in probs_dw_*.tif" in report.left_out["b"]


def test_one_file_may_have_all_bands_but_no_tile_two_files(tiles: Path) -> None:
    before = lulc.score_gold_standard(tiles).scores[0].assessment.matrix
    with rasterio.open(tiles / "label_b.tif") as labels, rasterio.open(tiles / "probs_b.tif") as nine:
        bands = dict(zip([*labels.descriptions, *nine.descriptions], [*labels.read(), *nine.read()], strict=True))
    write_bands(tiles / "b.tif", bands)
    with pytest.raises(lulc.InvalidInputError, match=r"b.tif and .*label_b.tif are of one tile"):
        lulc.score_gold_standard(tiles)
    for name in ("label_b.tif", "probs_b.tif"):
        (tiles / name).unlink()
    assert lulc.score_gold_standard(tiles).scores[0].assessment.matrix.equals(before)


def test_labels_and_probabilities_of_different_ground_are_refused(tiles: Path) -> None:
    with rasterio.open(tiles / "probs_b.tif", "r+") as nine:
        nine.transform = nine.transform @ Affine.translation(1, 0)
    report = lulc.score_gold_standard(tiles)
    assert list(report.left_out) == ["b"]
    assert "but its label on" in report.left_out["b"]


def test_two_tiles_of_a_served_archive_are_read_without_the_others(tmp_path: Path) -> None:
    for i in range(20):
        write_tile(tmp_path / f"dw_test/{i:02}.tif", *FIRST)
    with ZipFile(tmp_path / "dw_test.zip", "w") as archive:
        for path in sorted((tmp_path / "dw_test").iterdir()):
            archive.write(path, f"dw_test/{path.name}")
        archive.writestr("dw_test/large.bin", np.random.default_rng(0).bytes(2_000_000))
    asked: list[tuple[str, str | None]] = []
    with files_over_http(tmp_path, asked) as address:
        unpack(f"{address}/dw_test.zip", lambda names: [name for name in names if "_00.tif" in name], tmp_path / "two")
    assert lulc.score_gold_standard(tmp_path / "two").labelled_px == np.count_nonzero(FIRST[0] % 10)
    assert all(ranges for _, ranges in asked[1:])  # the first asks for the size


def test_the_day_is_read_from_a_published_name() -> None:
    name = "label_dw_-71p8353625474_-16p4098607856-20190609.tif"  # a tile of dw_test.zip
    grid = lulc.Region.from_bbox((-71.86, -16.43, -71.81, -16.39), name="arequipa").grid
    assert day_of(Path(name), grid) == date(2019, 6, 9)
    with pytest.raises(lulc.InvalidInputError, match="Name and file contradict each other"):
        day_of(Path(name.replace("-71p", "-61p")), grid)


def test_a_class_that_is_not_the_most_probable_is_contradicted_and_the_probabilities_are_scored(tiles: Path) -> None:
    before = lulc.score_gold_standard(tiles).scores[0].assessment.overall.value
    write_tile(tiles / "a.tif", *FIRST, label=1)
    report = lulc.score_gold_standard(tiles)
    assert (
        "label_a.tif: its band label, counted from 0, is not the most probable class at 10 of 10 pixels"
        in report.remarks[0]
    )
    assert report.scores[0].assessment.overall.value == before


def test_a_consensus_that_counts_from_0_is_refused(tmp_path: Path) -> None:
    best = codes("2222 3333")
    write_tile(tmp_path / "a.tif", best - 1, best)
    with pytest.raises(lulc.InvalidInputError, match="0 pixels, and at 8 if it counted from 0"):
        lulc.score_gold_standard(tmp_path)


def test_no_tile_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"dw_test.zip of https://doi.org/10.5281/zenodo.4766508"):
        lulc.score_gold_standard(tmp_path)
    write_tile(tmp_path / "a.tif", FIRST[0] * 0, FIRST[1])
    with pytest.raises(lulc.NotFoundError, match="Nothing is marked"):
        lulc.score_gold_standard(tmp_path)


def consensus(folder: Path) -> Path:
    """Tiles of the simulated place: the truth, and a map of trees."""
    for tile in (Tile(0, 0, 0), Tile(0, 0, 1)):
        truth = place().truth.values[tile.at]
        write_tile(folder / published_name(tile), truth, np.full_like(truth, 2))
    return folder


def published_name(tile: Tile) -> str:
    """As ``dw_-71p8353625474_-16p4098607856-20190609.tif``."""
    return f"{tile.name.removesuffix('.tif').replace('.', 'p')}.tif"


def test_a_network_is_scored_on_images_that_are_fetched_or_kept_to_the_same_figures(tmp_path: Path) -> None:
    tiles, catalog = consensus(tmp_path / "dw_test"), scenes(tmp_path / "catalog")
    model = lulc.Model.open(write_model(tmp_path / "net", name="mine"))
    source = lulc.ImagerySource(catalog=catalog.root)
    fetched = lulc.score_gold_standard(tiles, model, source=source)
    assert [score.name for score in fetched.scores] == ["mine", "Dynamic World"]
    image = np.stack([numbers(t)[:3, :32, :32] / np.float32(10_000) for t in (0, 1)])
    mapped = np.array([3, 5, 6, 10])[model.probabilities(image)[:, model.legend.places[[3, 5, 6, 10]]].argmax(axis=1)]
    truth, seen = place().truth.values[:32, :32], np.stack([numbers(t).any(axis=0)[:32, :32] for t in (0, 1)])
    asked = seen & (mapped < 10)
    assert fetched.scores[0].assessment.overall.value == pytest.approx(np.mean((mapped == truth)[asked]), abs=0.01)
    dataset = tmp_path / "dataset"
    for t, tile in enumerate((Tile(0, 0, 0), Tile(0, 0, 1))):
        (dataset / "images/any").mkdir(parents=True, exist_ok=True)
        shape = {"count": 6, "height": 32, "width": 32, "dtype": "uint16", "nodata": 0}
        with rasterio.open(
            dataset / "images/any" / published_name(tile),
            "w",
            crs=str(tile.grid.crs),
            transform=tile.grid.transform,
            **shape,
        ) as target:
            target.write(numbers(t)[:, :32, :32])
            target.descriptions = lulc.BANDS
    kept = lulc.score_gold_standard(tiles, model, imagery=dataset)
    assert kept.scores[0].assessment.matrix.equals(fetched.scores[0].assessment.matrix)
    (dataset / "images/any" / published_name(Tile(0, 0, 1))).unlink()
    half = lulc.score_gold_standard(tiles, model, imagery=dataset)
    assert (half.tiles, list(half.left_out)) == (1, [published_name(Tile(0, 0, 1)).removesuffix(".tif")])
    assert half.scores[1].assessment.sample_size == np.count_nonzero(truth)  # of the same tile


def test_a_network_that_needs_other_bands_than_a_dataset_has_is_refused(tmp_path: Path) -> None:
    model = lulc.Model.open(write_model(tmp_path / "net", bands=["B04", "B03", "B05"]))
    with pytest.raises(lulc.InvalidInputError, match="needs B05; a dataset has B04"):
        lulc.score_gold_standard(consensus(tmp_path / "dw_test"), model, imagery=tmp_path)


def test_the_command_prints_the_figures_beside_the_published_ones(tiles: Path) -> None:
    def run(*options: str) -> str:
        result = CliRunner().invoke(app, ["benchmark", "gold-standard", str(tiles), *options], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.stdout

    said = json.loads(run("--json"))
    assert said["scores"][0]["overall"]["value"] == pytest.approx(0.7)
    assert said["published"]["Dynamic World"]["users"]["water"] == 0.906
    text = run()
    assert "2 tiles; 11 labelled pixels" in text
    assert "Published: 0.738 (Brown et al. 2022" in text
    (water,) = (line for line in text.splitlines() if line.startswith("water"))
    assert water.split()[-2:] == ["0.906", "0.943"]


def test_the_published_figures_are_of_the_nine_classes_of_land() -> None:
    land = {c.name for c in lulc.LEGEND if not c.cloud}
    for score in PUBLISHED.values():
        assert score.users.keys() == score.producers.keys() == land
    assert day(0) != day(1)
