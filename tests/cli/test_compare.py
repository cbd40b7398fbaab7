"""``lulc compare`` from files and a real STAC API to words, JSON, tables and the map of disagreement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import odc.geo.xr
import pandas as pd
import pytest
import typer
from odc.geo.geobox import GeoBox
from published import ANNUAL, publish
from stac_server import files_over_http, stac_api
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import comparing, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GRID = GeoBox.from_bbox((500000, 5600000, 500600, 5600500), crs="EPSG:32631", resolution=10)
RANDOM = np.random.default_rng(0)
OURS = RANDOM.choice([1, 2, 3, 5, 6, 7], GRID.shape).astype(np.uint8)
THEIRS = np.where(RANDOM.random(GRID.shape) < 0.7, OURS, 5).astype(np.uint8)


@pytest.fixture
def run() -> Callable[..., str]:
    """Run the command; its error is raised."""
    app = typer.Typer()
    comparing.register(app)

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, [*map(str, arguments)])
        if result.exception:
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.tif"
    lulc.write_map(odc.geo.xr.wrap_xr(OURS, GRID), path, tags={"YEAR": "2021"})
    return path


def theirs(path: Path, codes: np.ndarray = THEIRS, legend: lulc.Legend = lulc.LEGEND) -> Path:
    lulc.write_map(odc.geo.xr.wrap_xr(codes, GRID), path, legend=legend)
    return path


def test_a_map_is_compared_with_a_collection_and_a_file_and_all_is_written(
    run: Callable[..., str], ours: Path, tmp_path: Path
) -> None:
    annual = np.where(np.isin(OURS, (3, 6)), 11, OURS).astype(np.uint8)
    place = {"crs": "EPSG:32631", "corner": GRID.transform @ (0, 0)}
    item = publish(tmp_path, "x", annual, collection=ANNUAL, year=2021, asset="data", **place)
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": [item]}))
    out = tmp_path / "out"
    given = ("--map", ours, "--with", ANNUAL, "--with", theirs(tmp_path / "theirs.tif"), "--mmu", "9,1", "--out", out)
    with files_over_http(tmp_path, []) as files, stac_api(tmp_path / "items.json", tmp_path, files) as api:
        found = json.loads(run(*given, "--catalog", api, "--json"))
    first, second = found["with"]
    title = "Impact Observatory annual map"
    assert (first["title"], first["year"], first["crosswalk"]) == (title, 2021, "io-lulc-annual")
    assert [one["minimum_mapping_unit_px"] for one in first["agreement"]] == [1, 9]
    assert (first["agreement"][0]["agreement"], first["agreement"][0]["grass_and_scrub_merged"]) == (1, True)
    assert second["agreement"][0]["agreement"] == pytest.approx((OURS == THEIRS).mean())
    hidden = "Rangeland is grass or scrub here, which hides which of it is grass and which is scrub."
    assert found["warnings"] == [f"{title}: {hidden}"]
    by_class = pd.read_csv(out / "agreement.csv").set_index(["map", "unit_px", "class"])
    crops = by_class.loc["theirs.tif", 1, "crops"]
    assert crops["share_of_ours"] == 1
    assert crops["theirs_ha"] == pytest.approx(0.01 * (THEIRS == 5).sum())
    cells = pd.read_csv(out / "matrix.csv").query("map == 'theirs.tif' and unit_px == 1")
    water = cells.query("ours == 'water' and theirs == 'crops'")["area_ha"].item()
    assert water == pytest.approx(0.01 * ((OURS == 1) & (THEIRS == 5)).sum())
    assert cells["share"].sum() == pytest.approx(1)
    assert json.loads((out / "agreement.json").read_text()) == found
    names = ("all agree", *(f"only {n} differs" for n in ("ours.tif", first["title"], "theirs.tif")), "all differ")
    odd = lulc.read_map(out / "disagreement.tif", legend=lulc.Legend(tuple(map(case, names, range(1, 6)))))
    same = annual == np.where(np.isin(THEIRS, (3, 6)), 11, THEIRS)
    np.testing.assert_array_equal(odd, np.where(same, 1, 4))
    assert found["disagreement"][0]["cases"]["all agree"]["share"] == pytest.approx(same.mean())
    run("--map", ours, "--with", tmp_path / "theirs.tif", "--out", out)
    assert not (out / "disagreement.tif").exists()


def case(name: str, code: int) -> lulc.LandCoverClass:
    return lulc.LandCoverClass(code=code, name=name, colour=(0, 0, 0))


def test_the_words_are_a_table_by_unit_and_one_by_class(run: Callable[..., str], ours: Path, tmp_path: Path) -> None:
    lines = run("--map", ours, "--with", theirs(tmp_path / "theirs.tif"), "--mmu", "1,4").splitlines()
    assert lines[0] == "Agreement with theirs.tif on 30.0 ha (0.0 ha only in ours, 0.0 ha only in theirs)"
    assert lines[1].split() == ["unit,", "px", "agreement", "quantity", "allocation"]
    share = (OURS == THEIRS).mean()
    assert lines[2].split()[:2] == ["1", f"{share:.3f}"]
    crops = next(line for line in lines if line.startswith("crops"))
    assert crops.split()[4] == "1.000"


def test_codes_without_names_need_a_crosswalk_which_may_be_ones_own(
    run: Callable[..., str], ours: Path, tmp_path: Path
) -> None:
    plain = theirs(
        tmp_path / "plain.tif", OURS * 10, lulc.Legend((case("x", 10), *(case(f"y{i}", i * 10) for i in range(2, 8))))
    )
    with pytest.raises(lulc.InvalidInputError, match="State its crosswalk: one of io-lulc") as error:
        run("--map", ours, "--with", plain)
    assert "(--crosswalk)" in words.with_options(str(error.value))
    own = tmp_path / "own.csv"
    own.write_text("code,name,class\n" + "".join(f"{c.code * 10},x{c.code},{c.name}\n" for c in lulc.LEGEND))
    found = json.loads(run("--map", ours, "--with", plain, "--crosswalk", own, "--json"))
    assert found["with"][0]["agreement"][0]["agreement"] == 1
    assert found["with"][0]["crosswalk"] == str(own)


@pytest.mark.parametrize(
    "more, error, says",
    [
        (
            ["--with", "corine-2018"],
            lulc.InvalidInputError,
            "is no file, and none of the maps that are known",
        ),
        (["--with", "a.tif"], lulc.NotFoundError, r"No map at a\.tif"),
        (["--with", "a.tif", "--crosswalk", "clc"], lulc.NotFoundError, "no crosswalk 'clc'. Choose one of io-lulc"),
        (["--with", ANNUAL, "--crosswalk", "nlcd"], lulc.InvalidInputError, "does not apply"),
        (["--with", "a.tif", "--with", ANNUAL, "--with", "b.tif"], lulc.InvalidInputError, "once or twice"),
        (["--with", "a.tif", "--mmu", "1,x"], lulc.InvalidInputError, "--mmu takes whole numbers"),
    ],
)
def test_what_cannot_be_compared_is_said(
    run: Callable[..., str], ours: Path, more: list[str], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        run("--map", ours, *more)


def test_a_map_that_does_not_say_its_year_is_asked_for_it(run: Callable[..., str], tmp_path: Path) -> None:
    path = theirs(tmp_path / "a.tif")
    with pytest.raises(lulc.InvalidInputError, match=r"of which year it is\. Give --year"):
        run("--map", path, "--with", ANNUAL)


def test_the_result_is_typed_as_json_has_it(run: Callable[..., str], ours: Path, tmp_path: Path) -> None:
    lonely = np.where(OURS == 7, 8, OURS).astype(np.uint8)
    found: dict[str, Any] = json.loads(run("--map", ours, "--with", theirs(tmp_path / "b.tif", lonely), "--json"))
    classes = found["with"][0]["agreement"][0]["classes"]
    assert classes["built area"]["share_of_theirs"] is None
    assert classes["bare ground"]["share_of_ours"] is None
