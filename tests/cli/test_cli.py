from __future__ import annotations

import inspect
import itertools
import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import numpy as np
import odc.geo.xr
import pytest
import rasterio
from odc.geo.geobox import GeoBox

import lulc_core as lulc
from lulc_core import cli
from lulc_core.cli import assessment_options, options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from making import MadeCatalog

LULC = Path(sys.executable).parent / "lulc"
ALL_OPTIONS = vars(options) | vars(assessment_options)


def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the command."""
    monkeypatch.setattr(sys, "argv", ["lulc", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


WATCHED = """
import sys
from lulc_core.cli import main
for arguments in sys.argv[1].split(";"):
    sys.argv = ["lulc", *arguments.split()]
    try:
        main()
    except SystemExit as ended:
        assert not ended.code
    print(*(name in sys.modules for name in ("torch", "onnxruntime", "openvino", "pystac_client")), file=sys.stderr)
"""


def run_watched(commands: str) -> subprocess.CompletedProcess[str]:
    """Run commands in a process of their own; stderr says after each whether what is slow to load was loaded."""
    return subprocess.run([sys.executable, "-c", WATCHED, commands], capture_output=True, text=True, check=False)


def test_help_needs_no_network_or_client() -> None:
    done = run_watched("--help;search --help;map --help;--version")
    assert done.returncode == 0
    assert done.stderr.split() == 4 * 4 * ["False"]


def test_search_needs_no_network_or_client_and_gives_every_reason(made: MadeCatalog) -> None:
    done = run_watched(f"search --catalog {made.root} --year 2020 --json")
    assert done.stderr.strip() == "False False False False"
    rows = json.loads(done.stdout)
    assert [row["id"] for row in rows] == ["S2A_202001", "S2A_202004", "S2A_202007", "S2A_202010"]
    assert all(row["reason"] for row in rows)


def test_more_looks_list_more_scenes_and_an_imperfect_item_is_named(
    made: MadeCatalog, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(1, 29):
        made.add(f"S2A_202006{day:02}", f"2020-06-{day:02}T10:50:00Z")
    del made.items[0]["properties"]["eo:cloud_cover"]
    made.save()
    taken = []
    for looks in ("10", "25"):
        arguments = ("search", "--catalog", made.root, "--year", "2020", "--looks", looks, "--json")
        _, listed, notes = run(capsys, monkeypatch, *arguments)
        taken.append(sum(row["taken"] for row in json.loads(listed)))
        assert "left out: Item S2A_202001 lacks eo:cloud_cover" in notes
    assert taken == [12, 28]  # each is 90 % clear


def test_a_contradiction_is_a_note_not_a_python_warning(made: MadeCatalog, capsys: pytest.CaptureFixture[str]) -> None:
    from lulc_core.cli.maps import search

    made.items[0]["assets"]["B04"]["raster:bands"] = [{"scale": 1e-4, "offset": -0.1}]
    made.save()
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        search(2020, catalog=str(made.root), as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out)
    assert err.startswith("note: Item S2A_202001: its processing baseline stands for an offset of 0")


def test_the_installed_command_makes_a_map(made: MadeCatalog, tiny_model: Path, tmp_path: Path) -> None:
    command = [LULC, "map", "--catalog", made.root, "--year", "2020", "--model", tiny_model, "--out", tmp_path / "out"]
    done = subprocess.run(
        [*command, "--weights", "crops=1.5,grass=1.2", "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    report = json.loads(done.stdout)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())
    assert (report["weights"]["crops"], report["weights"]["grass"], report["weights"]["water"]) == (1.5, 1.2, 1.0)
    assert rasterio.open(tmp_path / "out" / "map.tif").shape == (40, 40)


def test_a_box_cuts_the_map(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    west, south, east, north = lulc.catalog_region(made.root).bbox
    box = [west + 0.001, south + 0.001, east - 0.001, north - 0.001]
    arguments = [
        "map",
        "--catalog",
        made.root,
        "--year",
        2020,
        "--model",
        tiny_model,
        "--out",
        tmp_path,
        "--bbox",
        *box,
    ]
    code, out, _ = run(capsys, monkeypatch, *arguments)
    assert code == 0
    assert "hectares" in out
    assert 20 < rasterio.open(tmp_path / "map.tif").width < 40


def test_a_polygon_is_mapped_alone_and_a_line_is_none(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    west, south, east, north = lulc.catalog_region(made.root).bbox
    for kind, ring in (
        ("Polygon", [[[west, south], [east, south], [west, north], [west, south]]]),
        ("LineString", [[west, south], [east, north]]),
    ):
        (tmp_path / f"{kind}.geojson").write_text(json.dumps({"type": kind, "coordinates": ring}))
    common = ["map", "--catalog", made.root, "--year", 2020, "--model", tiny_model, "--out", tmp_path / "out"]
    code, out, _ = run(capsys, monkeypatch, *common, "--polygon", tmp_path / "Polygon.geojson")
    assert code == 0
    assert "Polygon, 2020" in out
    label = lulc.open_map(tmp_path / "out").label.values
    assert label[30, 5] > 0
    assert not label[5, 35]
    code, _, err = run(capsys, monkeypatch, *common, "--polygon", tmp_path / "LineString.geojson")
    assert code == 2
    assert "no polygon, only lines or points" in err


BAD_INPUT = {
    "no scene in that year": (["--year", "2013"], r"No scene of 2013"),
    "a reversed box": (["--bbox", "5", "50", "4", "51"], "reversed"),
    "a box outside": (["--bbox", "10", "10", "10.1", "10.1"], "This catalog covers"),
    "a box over the antimeridian": (["--bbox", "179.9", "-17", "-179.9", "-16.9"], "antimeridian"),
    "a box and a region": (["--bbox", "4", "50", "5", "51", "--region", "laos"], "only one of"),
    "an unknown region": (["--region", "atlantis"], "belgium, california"),
    "no place": (["--catalog", "planetary-computer"], "Say where: --region"),
    "no catalog": (["--catalog", "nowhere/items.json"], "No catalog at"),
    "no model": (["--model", "nowhere"], "No model 'nowhere'"),
    "an unknown class": (["--weights", "corn=2"], "'corn' is not in the legend"),
    "a negative weight": (["--weights", "crops=-1"], ">= 0"),
    "weights that are no pairs": (["--weights", "crops"], "class=number"),
    "a class with two weights": (["--weights", "crops=2,Crops=0.1"], "Name each class once"),
    "a weight with a decimal comma": (["--weights", "crops=1,5"], "with commas between several; got 'crops=1,5'"),
    "a weight that only Python reads": (["--weights", "crops=1_5"], "class=number"),
    "an unknown mask": (["--mask", "sun"], "scl, model, none"),
    "an unreachable api": (["--catalog", "http://127.0.0.1:9", "--region", "laos", "--timeout", "0.3"], "127.0.0.1:9"),
    "an overlap as wide as the chip": (["--chip", "50", "--overlap", "50"], "smaller than the chip"),
    "an empty folder name": (["--out", ""], "--out is empty"),
    "a box larger than a tile": (["--bbox", "0", "40", "5.9", "60"], "Split it"),
    "no weight at all": (["--weights", ",".join(f"{c}=0" for c in lulc.LEGEND.names)], "Every class has weight 0"),
    "an option that is not a number": (["--year", "soon"], "--year takes a whole number"),
}


@pytest.mark.parametrize("arguments, says", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_is_one_clear_error_with_exit_code_2_and_nothing_written(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    says: str,
) -> None:
    usual = ["map", "--catalog", made.root, "--year", "2020", "--model", tiny_model, "--out", tmp_path / "out"]
    code, _, err = run(capsys, monkeypatch, *usual, *arguments)
    assert code == 2
    assert says in err
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_called_as_an_api_is_told_how_to_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "earth-search").mkdir()
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, monkeypatch, "map", "--catalog", "earth-search", "--year", "2020", "--out", "o")
    assert code == 2
    assert "the STAC API of that name; the folder is ./earth-search." in " ".join(err.split())


def test_every_path_of_every_command_begins_at_home_after_a_tilde() -> None:
    own = {name: option.__metadata__[0] for name, option in ALL_OPTIONS.items() if hasattr(option, "__metadata__")}
    paths = {name for name in own if Path in {*get_args(ALL_OPTIONS[name].__origin__), ALL_OPTIONS[name].__origin__}}
    read = {name for name, option in own.items() if option.parser} - numbers_among(own)
    assert read == paths | {
        "Catalog",
        "DataDir",
        "LabelsAt",
        "Network",
        "RunFolder",
        "RunOut",
        "NetworkSource",
        "With",
        "OtherMap",
        "CrosswalkNames",
        "MapCatalog",
        "ScoredNetwork",
        "SceneCatalog",
        "PublishedMap",
        "Agree",
        "MapsFrom",
        "Tiles",
    }
    assert all(own[name].parser("~/a") in (Path.home() / "a", str(Path.home() / "a")) for name in read)
    groups = [cli.app, *(group.typer_instance for group in cli.app.registered_groups)]
    taken = {
        part
        for command in itertools.chain(*(group.registered_commands for group in groups))
        if command.callback
        for hint in inspect.get_annotations(command.callback).values()
        for part in hint.split(" | ")
    }
    assert {hint.removeprefix("opt.") for hint in taken} - {"None"} == own.keys()


def numbers_among(own: Iterable[str]) -> set[str]:
    """Names of the options whose values are numbers."""
    kinds = {name: str(ALL_OPTIONS[name].__origin__) for name in own}
    return {name for name, kind in kinds.items() if "int" in kind or "float" in kind}


@pytest.mark.parametrize("text", ["0_01", "1_000", "inf", "nan", "0,01", "1,000", "\u0663", "1e999", "9" * 5000, ""])
def test_every_number_of_every_command_is_written_plainly(text: str) -> None:
    own = {name: option.__metadata__[0] for name, option in ALL_OPTIONS.items() if hasattr(option, "__metadata__")}
    for name in numbers_among(own):
        with pytest.raises(lulc.LulcError, match=r"^--[a-z-]+ takes a (whole )?number"):
            own[name].parser(text)


def test_a_number_beyond_its_bounds_is_told_them_and_one_that_is_a_default_stays() -> None:
    port, looks = options.Port.__metadata__[0].parser, options.Looks.__metadata__[0].parser
    assert (port("0"), port("65535"), looks(" 1e1 "), looks(8.0)) == (0, 65535, 10.0, 8.0)
    with pytest.raises(lulc.LulcError, match="--port must be from 0 to 65535; got 65536"):
        port("65536")
    with pytest.raises(lulc.LulcError, match=r"--timeout must be 0\.1 or more; got 0"):
        options.Timeout.__metadata__[0].parser("0")


def test_a_tilde_that_the_shell_leaves_is_the_home_folder(
    made: MadeCatalog, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(made.root.parent))
    code, out, err = run(capsys, monkeypatch, "search", "--catalog=~/catalog", "--year", 2020, "--json")
    assert (code, len(json.loads(out))) == (0, 4), err
    write_map(tmp_path / "map.tif")
    draw = ["sample", "--map=~/map.tif", "--out=~/drawn.csv", "--size", 20]
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(capsys, monkeypatch, *draw)[0] == 0
    assert (tmp_path / "drawn.csv").is_file()
    assert not Path("~").exists()


def write_map(path: Path) -> None:
    """Write a map of two classes."""
    label = np.repeat(np.array([[3, 5]], np.uint8), 20, axis=0).repeat(10, axis=1)
    grid = GeoBox.from_bbox((622_000, 5_633_000, 622_200, 5_633_200), crs="EPSG:32631", resolution=10)
    lulc.write_map(odc.geo.xr.wrap_xr(label, grid), path)


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["map", "--weights", "corn=2"], "'corn' is not in the legend"),
        (["map", "--weights", "crops=-1"], ">= 0"),
        (["map", "--model", "nowhere"], "No model 'nowhere'"),
        (["map", "--out", __file__], "Cannot write to"),
        (["map", "--looks", "0"], "looks"),
        (["search", "--looks", "0"], "looks"),
    ],
)
def test_what_is_refused_is_refused_before_a_landscape_is_simulated(
    arguments: list[str],
    says: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lulc, "simulate", lambda *_, **__: pytest.fail("simulated too early"))
    usual = ["--region", "laos", "--year", "2021", *(["--out", str(tmp_path / "out")] if arguments[0] == "map" else [])]
    code, _, err = run(capsys, monkeypatch, arguments[0], *usual, *arguments[1:])
    assert (code, says in err) == (2, True), err
    assert not (tmp_path / "out").exists()


def test_bad_files_are_clear_errors_too(
    made: MadeCatalog,
    tiny_model: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = ["map", "--catalog", made.root, "--year", "2020", "--model", tiny_model]
    (tmp_path / "file").write_text("")
    code, _, err = run(capsys, monkeypatch, *usual, "--out", tmp_path / "file" / "out")
    assert (code, "Cannot write to" in err) == (2, True)

    card = json.loads((tiny_model / "model.json").read_text())
    (tiny_model / "model.json").write_text(json.dumps(card | {"bands": ["B04", "B03", "B99"]}))
    code, _, err = run(capsys, monkeypatch, *usual, "--out", tmp_path / "out")
    assert (code, "No scene has the band 'B99'" in err) == (2, True)

    (tiny_model / "model.json").write_text(json.dumps(card))
    (made.root / "assets" / "S2A_202001_B04.tif").unlink()
    code, _, err = run(capsys, monkeypatch, *usual, "--out", tmp_path / "out", "--strict")
    assert (code, "no file at" in err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_terminated_run_shows_nothing_and_says_how_to_go_on(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ["map", "--catalog", made.root, "--year", "2020", "--model", tiny_model, "--out", out]
    command = [LULC, *arguments, "--chip", "3", "--overlap", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list(out.glob(".unfinished/[!.]*")):
            time.sleep(0.1)
        process.terminate()
        assert process.stderr is not None
        assert f"done and kept in {out / '.unfinished'}." in process.stderr.read()
    assert process.returncode != 0
    assert [path.name for path in out.iterdir()] == [".unfinished"]
