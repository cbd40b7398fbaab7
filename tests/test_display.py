"""What a person holds in a notebook shows itself: short in a line, as a table with everything escaped, as a picture."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely.geometry
import xarray as xr
from lulc_explorer.in_notebooks import Shown
from matplotlib.colors import to_hex
from odc.geo.geobox import GeoBox
from odc.geo.xr import wrap_xr

import lulc_core as lulc
from lulc_core import display
from lulc_core.imagery.selection import Verdict
from lulc_core.progress import NotebookBar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes

HOSTILE = '<img src=x onerror="alert(1)">'
GRID = GeoBox.from_bbox((699_000, 5_599_000, 699_040, 5_599_040), crs="EPSG:32631", resolution=10)


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    from matplotlib import pyplot as plt

    mpl.use("Agg")
    yield
    plt.close("all")


def scene(name: str = "a", **changes: object) -> lulc.Scene:
    plain = {
        "id": name, "datetime": datetime(2021, 6, 1, 10, 50, tzinfo=UTC), "mgrs_tile": "31UFS", "cloud_cover": 7.0,
        "boa_offset": -1000, "footprint": shapely.box(4, 50, 5, 51), "hrefs": {}, "acquisition": name,
    }  # fmt: skip
    return lulc.Scene(**(plain | changes))


def selection(name: str = "a", count: int = 1) -> lulc.Selection:
    record = lulc.SearchRecord(catalog=name, asked=datetime(2021, 1, 1, tzinfo=UTC))
    one = Verdict(scene=scene(name, mgrs_tile=name, simulated=True), taken=True, reason=f"clear, unlike {name}")
    return lulc.Selection((one,) * count, record)


def report(name: str = "a") -> lulc.MapReport:
    values = {"str": name, "int": 2021, "bool": True, "dict": {}, "list": []}
    plain = {one.name: values[str(one.type).split("[")[0].split(" ")[0]] for one in fields(lulc.MapReport)}
    areas = {name: {"pixels": 3, "area_ha": 0.03}, "crops": {"pixels": 1, "area_ha": 0.01}}
    return lulc.MapReport(**(plain | {"classes": areas, "warnings": [name], "scenes": [{"taken": True}]}))


def assessment(name: str = "a") -> lulc.Assessment:
    counts = pd.DataFrame([[66, 0], [4, 55]], index=[name, "crops"], columns=[name, "crops"])
    return lulc.assess_counts(counts, lulc.MappedAreas(hectares={name: 20.0, "crops": 80.0}))


def audit(name: str = "a") -> lulc.Audit:
    return lulc.audit_matrices([replace(lulc.FIG3[0], region=name)])


def legend(name: str = "a") -> lulc.Legend:
    return lulc.Legend((lulc.LandCoverClass(code=1, name=name, colour=(1, 2, 3), definition=name),))


OBJECTS: dict[str, Callable[[str], object]] = {
    "Region": lambda name: lulc.Region.from_grid(GRID, name=name, title=name, notes=(name,)),
    "Selection": selection,
    "Legend": legend,
    "Plan": lambda name: lulc.plan_sample({name: 0.1, "crops": 0.9}, size=50),
    "Assessment": assessment,
    "Audit": audit,
    "MapReport": report,
    "LandCoverMap": lambda name: lulc.LandCoverMap(folder=Path(name), report=report(name)),
    "Consensus": lambda name: lulc.consensus(pd.DataFrame({"one": [name, "b"], "two": [name, "b"]})),
    "Shown": lambda name: Shown(title=name, port=1, path=name, height=800),
}
"""Each from a name that somebody else has chosen."""


@pytest.mark.parametrize("kind", OBJECTS)
def test_no_name_becomes_markup(kind: str) -> None:
    shown = OBJECTS[kind](HOSTILE)._repr_html_()
    assert "<img" not in shown
    assert "&lt;img src=x onerror=" in shown


@pytest.mark.parametrize("kind", OBJECTS)
def test_the_line_that_python_prints_is_short(kind: str) -> None:
    if kind == "Consensus":
        pytest.skip("holds tables, which print themselves")
    assert 10 < len(repr(OBJECTS[kind]("a"))) < 200


def test_many_scenes_are_a_line_and_a_bounded_table() -> None:
    many = selection(count=500)
    assert repr(many) == "<Selection: 500 of 500 scenes taken (simulated), 2021-06-01 to 2021-06-01>"
    assert "The first 60 of 500 rows." in many._repr_html_()
    assert many.to_frame().shape == (500, 8)


def test_a_class_shows_its_own_colour() -> None:
    assert "background: #010203" in legend()._repr_html_()
    assert "background: #e49635" in report()._repr_html_()


def test_the_colours_for_matplotlib_are_those_of_the_codes() -> None:
    sparse = lulc.Legend((lulc.LEGEND["water"], lulc.LEGEND["snow/ice"]))
    colours = sparse.cmap(sparse.norm(np.array([1, 9, 9.0])))
    assert [to_hex(colour) for colour in colours] == [lulc.LEGEND[code].hex for code in (1, 9, 9)]
    nothing = sparse.cmap(sparse.norm(np.ma.masked_invalid([0, 5, 10, 255, np.nan])))
    assert (nothing[:, 3] == 0).all()


def test_other_libraries_take_a_region_for_a_shape() -> None:
    region = lulc.Region.named("laos")
    assert shapely.geometry.shape(region).equals(region.outline)
    split = lulc.Region(name="fiji", title="Fiji", bbox=(179.9, -17.0, -179.9, -16.9), grid=GRID)
    assert split.__geo_interface__["geometry"]["type"] == "MultiPolygon"
    assert split.__geo_interface__["properties"] == {"name": "fiji", "title": "Fiji"}


def test_an_audit_is_a_table_beside_what_was_printed() -> None:
    table = lulc.audit_matrices(lulc.FIG3[:1]).to_frame()
    assert table.loc[("California", "Water"), "printed_area_ha"] == lulc.FIG3[0].area_ha[0]
    assert table["area_ha"].sum() == pytest.approx(41.01e6, rel=1e-3)


def raster(codes: list[list[int]]) -> xr.DataArray:
    return wrap_xr(np.array(codes, np.uint8), GRID[: len(codes), : len(codes[0])])


def drawn(axes: Axes) -> np.ndarray:
    image = axes.images[0]
    return image.to_rgba(image.get_array(), bytes=True)[..., :3]


def test_a_map_is_drawn_in_its_colours_on_its_ground() -> None:
    axes = lulc.plot_map(raster([[1, 5], [5, 0]]), title="here (simulated)")
    assert drawn(axes)[0].tolist() == [[65, 155, 223], [228, 150, 53]]
    assert axes.images[0].get_extent() == [699_000, 699_020, 5_599_020, 5_599_040]
    assert (axes.get_title(), axes.get_xlabel()) == ("here (simulated)", "x (m, EPSG:32631)")
    assert [text.get_text() for text in axes.figure.legends[0].get_texts()] == ["water", "crops"]


def test_a_map_of_a_code_that_the_legend_lacks_is_refused() -> None:
    with pytest.raises(lulc.InvalidInputError, match="not in the legend"):
        lulc.plot_map(raster([[11]]))
    with pytest.raises(lulc.InvalidInputError, match="Choose one scene"):
        lulc.plot_map(raster([[1]]).expand_dims("time"))


def test_predictions_are_drawn_by_date_some_of_many() -> None:
    days = np.datetime64("2021-01-01", "ns") + np.arange(40) * np.timedelta64(7, "D")
    label = xr.concat([raster([[1, 5]])] * len(days), "time").assign_coords(time=days)
    figure = lulc.plot_predictions(label.to_dataset(name="label"), most=3, note="simulated")
    assert [axes.get_title()[:10] for axes in figure.axes] == ["2021-01-01", "2021-05-21", "2021-10-01"]
    assert all("(simulated)" in axes.get_title() for axes in figure.axes)


def test_an_error_matrix_is_drawn_as_it_is() -> None:
    axes = assessment().plot(title="A matrix (simulated)")
    assert [text.get_text() for text in axes.texts] == ["20.0", "0", "5.4", "74.6"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("reference", "map")
    assert to_hex(axes.collections[0].get_facecolor()[1]) == lulc.LEGEND["crops"].hex


def test_areas_are_drawn_with_their_intervals_beside_the_mapped() -> None:
    found = assessment()
    axes = found.plot_areas()
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(found.areas["area_ha"].tolist())
    whiskers = [line.get_segments()[0][:, 0] for line in axes.collections]
    assert np.allclose(whiskers, found.areas[["low_ha", "high_ha"]])
    assert axes.lines[-1].get_xdata().tolist() == [20.0, 80.0]
    assert axes.get_xlabel() == "area (ha)"


def test_areas_that_nobody_knows_are_not_drawn() -> None:
    found = assessment()
    unknown = {name: replace(area, area_ha=lulc.Estimate(value=None)) for name, area in found.area.items()}
    with pytest.raises(lulc.InvalidInputError, match="pixel_ha"):
        replace(found, area=unknown).plot_areas()


@pytest.mark.parametrize("draw", [lambda: lulc.LEGEND.cmap, lambda: lulc.plot_map(raster([[1]])), assessment().plot])
def test_without_matplotlib_the_error_names_the_extra(
    draw: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("matplotlib", "matplotlib.colors"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(lulc.NotFoundError, match=r"pip install 'lulc-explorer\[plot\]'"):
        draw()


def test_a_folder_without_a_map_is_refused(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"expected the map\.tif"):
        lulc.open_map(tmp_path)
    (tmp_path / "map.tif").touch()
    for text, says in (("[]", "no object"), ("{}", "lacks region")):
        (tmp_path / "report.json").write_text(text)
        with pytest.raises(lulc.InvalidInputError, match=says):
            lulc.open_map(tmp_path)


def test_a_bar_in_a_notebook_is_drawn_a_few_times_and_ends_with_the_last_step() -> None:
    drawn: list[dict[str, str]] = []

    class Handle:
        def update(self, shown: dict[str, str], *, raw: bool) -> None:
            drawn.append(shown)

    def show(shown: dict[str, str], *, raw: bool, display_id: bool) -> Handle:
        drawn.append(shown)
        return Handle()

    bar = NotebookBar(show)
    for step in range(1001):
        bar(lulc.Progress(stage="predict", done=step, total=1000, detail="<b>"))
    bar.draw()
    assert len(drawn) < 500
    assert drawn[-1]["text/plain"] == "predict <b>: 1000 of 1000"
    assert (
        drawn[-1]["text/html"] == '<div><progress value="1000" max="1000"></progress> 100\xa0% predict &lt;b&gt;</div>'
    )


def test_text_is_aligned_as_text_and_numbers_as_numbers() -> None:
    assert 'right">1,234' in display.table(["n"], [["1,234"]])
    assert 'left">S2A' in display.table(["id"], [["S2A"]])


def test_on_a_hub_the_explorer_is_reached_through_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown(title="a", port=5000, path="secret?region=a", height=800)
    assert shown.address == "http://127.0.0.1:5000/secret?region=a"
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/ana/")
    assert shown.address == "/user/ana/proxy/5000/secret?region=a"
    assert 'data-address="/user/ana/proxy/5000/secret?region=a"' in shown._repr_html_()
