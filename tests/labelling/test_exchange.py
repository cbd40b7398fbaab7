"""Units and labels go to other programs and come back, in the files that these write."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

import lulc_core as lulc
from lulc_core.cli import app
from lulc_core.labelling.geopackage import read_geopackage, write_geopackage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Made = Callable[..., lulc.LabelDesk]

FILES = [(name, suffix) for name, form in lulc.LABEL_FORMATS.items() for suffix in form.suffixes]
SAID = {"alternate": "crops", "sure": False, "comment": 'wet; "soft"', "imagery": ("S2A 1", "OSM")}
LOST = {"ceo": {"alternate", "sure", "comment"}, "acatama": {*SAID}}
"""What the files of other programs have no place for."""


@pytest.mark.parametrize("form, suffix", FILES)
def test_labels_come_back_as_they_left(form: str, suffix: str, made: Made, tmp_path: Path) -> None:
    there, path = made(name="there"), tmp_path / f"labels{suffix}"
    at = datetime(2026, 5, 17, 9, 30, tzinfo=UTC)
    there.label("Ana", 3, "trees", at=at, **SAID)
    there.label("Ana", 1, "built area", at=at)
    assert lulc.export_labels(there, path, form) == 2
    here = made(name="here")
    assert lulc.import_labels(here, path, form, person="Ana") == lulc.Imported(stored=2, known=0, blank=0)
    assert lulc.import_labels(here, path, form, person="Ana") == lulc.Imported(stored=0, known=2, blank=0)
    nothing = {"alternate": None, "sure": True, "comment": "", "imagery": ()}
    lost = {name: nothing[name] for name in LOST.get(form, ())}
    time = {"at": at} if form == "acatama" else {}
    found = [replace(label, id=0, **time) for label in here.labels_of("Ana")]
    assert found == [replace(label, id=0, **lost) for label in there.labels_of("Ana")]


@pytest.mark.parametrize("form, suffix", [file for file in FILES if file[0] != "ceo"])
def test_a_form_that_is_filled_in_comes_back(form: str, suffix: str, made: Made, tmp_path: Path) -> None:
    desk, path = made(), tmp_path / f"units{suffix}"
    assert lulc.export_units(desk, path, form) == 10
    column, answers = "Label" if form == "acatama" else "class", ["crops", *[None] * 9]
    if suffix == ".gpkg":
        rows, points = read_geopackage(path)
        write_geopackage(path, "units", rows.drop(columns="fid").assign(**{column: answers}), points)
    else:
        pd.read_csv(path).assign(**{column: answers}).to_csv(path, index=False, sep=";", decimal=",")
    assert lulc.import_labels(desk, path, form, person="Ana") == lulc.Imported(stored=1, known=0, blank=9)
    assert [(label.unit, label.name) for label in desk.labels_of("Ana")] == [(1, "crops")]


def test_collect_earth_online_is_given_the_plots_it_asks_for(made: Made, tmp_path: Path) -> None:
    lulc.export_units(made(), tmp_path / "plots.csv", "ceo")
    plots = pd.read_csv(tmp_path / "plots.csv")
    assert plots.columns.tolist() == ["LON", "LAT", "PLOTID"]
    assert plots["PLOTID"].tolist() == [*range(1, 11)]


CEO_SAMPLES = """\ufeff"plotid","sampleid","lon","lat","email","flagged","collection_time","analysis_duration",\
"imagery_title","imagery_attributions","sample_geom","pl_note","Land cover","Height"
"1","1","{lon}","{lat}","ana@x.org","false","2026-05-17 09:30","12.5 secs","Mapbox","","POINT(3 51)","","Trees","9"
"2","2","","","ana@x.org","true","2026-05-17 09:31","3 secs","Mapbox","","","","",""
"3","3","","","","false","","","","","","","",""
"""
CEO_PLOTS = """plotid,center_lon,center_lat,shape,size_m,sample_points,email,flagged,flagged_reason,collection_time,\
Land cover:Trees,Land cover:Crops
1,{lon},{lat},square,10,1,ana@x.org,false,,2026-05-17 09:30,0.00,100.00
2,,,square,10,1,ana@x.org,true,clouds,2026-05-17 09:31,0,0
"""


@pytest.mark.parametrize("text, first, remark", [(CEO_SAMPLES, "trees", ""), (CEO_PLOTS, "crops", "clouds")])
def test_what_collect_earth_online_writes_is_read(
    text: str, first: str, remark: str, made: Made, tmp_path: Path
) -> None:
    desk, path = made(), tmp_path / "ceo-project-sample-data-2026-05-18.csv"
    unit = desk.unit(1)
    path.write_text(text.format(lon=unit.lon, lat=unit.lat), "utf-8")
    found = lulc.import_labels(desk, path, "ceo")
    assert (found.stored, found.blank) == (2, 0)
    one, two = desk.labels_of("ana@x.org")
    assert (one.name, one.at) == (first, datetime(2026, 5, 17, 9, 30, tzinfo=UTC))
    assert (two.name, two.sure, two.comment) == (None, False, remark)


def test_lon_lat_and_class_are_enough(made: Made, tmp_path: Path) -> None:
    desk, path = made(), tmp_path / "points.txt"
    places = {number: desk.unit(number) for number in (4, 9)}
    rows = [f"{str(u.lon).replace('.', ',')}\t{str(u.lat).replace('.', ',')}\t{number}" for number, u in places.items()]
    path.write_text("\n".join(["Longitude\tLatitude\tClass", *rows]))
    lulc.import_labels(desk, path, person="Ana")
    assert {label.unit: label.name for label in desk.labels_of("Ana")} == {4: "flooded vegetation", 9: "snow/ice"}


@pytest.mark.parametrize(
    "text, message",
    [
        ("unit,class\n1,crops\n", "Labels are not overwritten"),
        ("unit,class\n99,crops\n", "unit 99"),
        ("unit,lon,lat,class\n2,9.0,9.0,crops\n", "at that place"),
        ("lon,lat,class\n9.0,9.0,crops\n", "the nearest is"),
        ("unit,class\n2,moon\n", "has the class 'moon'"),
        ("unit,class,sure\n2,crops,perhaps\n", "yes or no"),
        ("unit,class,at\n2,crops,yesterday\n", "must hold times"),
        ("class\ncrops\n\ncrops\n", "number of the unit"),
        ("unit,one,two\n2,crops,crops\n", "one column with classes"),
    ],
)
def test_a_file_that_contradicts_the_project_stores_nothing(
    text: str, message: str, made: Made, tmp_path: Path
) -> None:
    desk, path = made(), tmp_path / "labels.csv"
    desk.label("Ana", 1, "trees")
    head, _, rest = text.partition("\n")
    path.write_text(f"{head}\n{rest}")
    with pytest.raises(lulc.InvalidInputError, match=message):
        lulc.import_labels(desk, path, person="Ana")
    assert len(lulc.all_labels(desk)) == 1


def test_who_gave_the_labels_must_be_known(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("unit,class\n1,crops\n")
    with pytest.raises(lulc.InvalidInputError, match="Name the interpreter"):
        lulc.import_labels(made(), path)


def test_a_geopackage_has_what_the_standard_asks_for(tmp_path: Path) -> None:
    path = tmp_path / "tile.gpkg"
    table = pd.DataFrame({"class": ["trees", None], "n": [1, 2]})
    boxes = [shapely.box(500_000, 5_600_000, 500_100, 5_600_100), shapely.box(500_200, 5_600_000, 500_300, 5_600_100)]
    write_geopackage(path, 'a "layer"', table, boxes, epsg=32631)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA application_id").fetchone() == (int.from_bytes(b"GPKG", "big"),)
        assert file.execute("PRAGMA user_version").fetchone() == (10300,)
        assert {row[0] for row in file.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")} == {-1, 0, 4326, 32631}
        columns = "table_name, data_type, min_x, max_y, srs_id"
        contents = file.execute(f"SELECT {columns} FROM gpkg_contents").fetchall()
        assert contents == [('a "layer"', "features", 500_000, 5_600_100, 32631)]
        assert file.execute("SELECT geometry_type_name FROM gpkg_geometry_columns").fetchone() == ("POLYGON",)
    read, shapes = read_geopackage(path, epsg=32631)
    assert read["n"].tolist() == [1, 2]
    assert [shape.equals(box) for shape, box in zip(shapes, boxes, strict=True)] == [True, True]
    degrees = read_geopackage(path)[1][0].bounds
    assert degrees == pytest.approx((3.0, 50.5515, 3.0014, 50.5524), abs=1e-3)


def test_a_file_that_is_no_geopackage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gpkg"
    with pytest.raises(lulc.InvalidInputError, match="no file"):
        read_geopackage(path)
    path.write_bytes(b"PK" * 2000)
    with pytest.raises(lulc.InvalidInputError, match="SQLite says"):
        read_geopackage(path)


def test_the_command_line_makes_fills_and_follows_a_project(tmp_path: Path, sample: pd.DataFrame) -> None:
    csv, database = tmp_path / "sample.csv", tmp_path / "labels.db"
    (tmp_path / "strata.csv").write_text("stratum,size\nwater,200\ntrees,800\n")
    sample.assign(reference="trees").to_csv(csv, index=False)

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, ["label", *map(str, arguments)])
        if done.exception:
            raise done.exception
        return done.stdout

    new = ("new", database, "--sample", csv, "--strata", tmp_path / "strata.csv", "--project", "Flanders")
    assert "10 units in project 'Flanders', 10 labels" in run(*new, "--person", "Ana", "--target-se", "0.05")
    assert "Flanders: 10 of 10 units complete" in run("list", database)
    assert '"complete": 10' in run("status", database, "--json", "--bounds")
    assert "Overall accuracy 0.8" in run("status", database)
    out = tmp_path / "out" / "sample.csv"
    assert "10 rows" in run("export", database, "--out", out, "--what", "sample")
    survey = lulc.read_survey(out, tmp_path / "out" / "strata.csv")
    assert lulc.assess(survey.sample, design=survey.design).overall.value == 0.8
    facts = lulc.StatedFacts.of(json.loads((tmp_path / "out" / "facts.json").read_text()))
    assert facts.interpreters == "1 person, 1 for each unit"
    assert facts.missing_units == "0 of 10 units have too few labels"
    assert facts.blind is None
    run("export", database, "--out", tmp_path / "l.csv", "--what", "labels", "--format", "ceo")
    assert "0 labels stored; 10 were known" in run("import", database, tmp_path / "l.csv", "--format", "ceo")
    with pytest.raises(lulc.InvalidInputError, match="units, labels, sample or tiles"):
        run("export", database, "--out", out, "--what", "maps")


def test_codes_of_classes_are_read_by_the_legend_aloud(made: Made, tmp_path: Path) -> None:
    desk, path = made(), tmp_path / "labels.csv"
    path.write_text("unit,class,alternate\n1,2,\n2,trees,5\n")
    found = lulc.import_labels(desk, path, person="Ana")
    assert found.remarks == ("Codes in labels.csv are read by the legend of the project: 2 is 'trees', 5 is 'crops'.",)
    assert [(one.name, one.alternate) for one in desk.labels_of("Ana")] == [("trees", None), ("trees", "crops")]
