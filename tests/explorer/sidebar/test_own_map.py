"""A map of one's own beside the map: read by its names, a known legend or a table, or refused with the reason."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.engine.own_map import OwnMap
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.layers.reference_maps import OWN_MAP
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session import opening
from lulc_explorer.session.build import build_session
from lulc_explorer.sidebar.own_map import OwnMapUpload
from lulc_explorer.tabs.map.published import agreement_table
from making import TABS, MadeCatalog, small_session, write_model

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.session import Session

VRT = b'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1"/></VRTDataset>'


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Who looks at the map of a folder."""
    folder = tmp_path_factory.mktemp("own-map")
    made = MadeCatalog(folder / "catalog")
    made.add("S2A_202007", "2020-07-15T10:50:00Z")
    made.save()
    store = MapRepository(folder / "cache", catalog=made.root, model=str(write_model(folder / "model")))
    store.make(store.request("catalog", 2020), lambda _: None, threading.Event())
    person = build_session(store, Jobs(), tabs=TABS)
    opening.open_map(person)
    return person


def plain(person: Session, codes: np.ndarray, east_m: float = 0.0) -> bytes:
    """A GeoTIFF of codes, without names or colours."""
    grid = person.map.land_cover.grid
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "height": grid.shape.y, "width": grid.shape.x}
    where = {"crs": str(grid.crs), "transform": rasterio.Affine.translation(east_m, 0) @ grid.affine}
    with rasterio.MemoryFile() as file:
        with file.open(**profile, **where) as out:
            out.write(codes, 1)
        return file.read()


async def uploaded(person: Session, content: bytes, name: str, **how: object) -> OwnMapUpload:
    """The upload, once the file has been read or refused."""
    view = OwnMapUpload(person)
    view._legend.value = how.get("legend", "")
    view._table.value = how.get("table")
    view._file.param.update(filename=name, value=content)
    while "alert" not in view._said.object and _is_read(person):
        await asyncio.sleep(0.01)
    return view


def _is_read(person: Session) -> bool:
    there = person.references.fetched.get(OWN_MAP)
    return there is None or there.coming is not None


def codes_of(person: Session, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([10, 40, 50], person.map.land_cover.grid.shape).astype(np.uint8)


def test_a_map_that_names_its_classes_lies_beside_ours_with_agreement(person: Session) -> None:
    async def walk() -> None:
        land_cover = person.map.land_cover
        view = await uploaded(person, land_cover.map_file(land_cover.composite), "mine.tif")
        assert person.layers.right == OWN_MAP
        assert "mine.tif lies beside the map" in view._said.object
        present = [lulc.LEGEND[int(code)].name for code in np.unique(land_cover.composite.label) if code]
        assert all(f": {name}</li>" in view._said.object for name in present)
        assert LAYERS[OWN_MAP].says(person.context) == "100\xa0% agreement with this map"
        assert (person.panels["right"].read().codes == land_cover.composite.label).all()
        assert "100\xa0% agreement" in agreement_table(person.context, OWN_MAP)

    asyncio.run(walk())


TABLE = b"code,name,class\n10,A,trees\n40,B,crops\n50,C,\n"


@pytest.mark.parametrize("how", [{"legend": "worldcover"}, {"table": TABLE}])
def test_codes_are_read_by_a_known_legend_or_by_a_table(person: Session, how: dict[str, object]) -> None:
    async def walk() -> None:
        codes = codes_of(person)
        view = await uploaded(person, plain(person, codes), "codes.tif", **how)
        there = person.references.fetched[OWN_MAP].codes
        assert (there[codes == 40] == lulc.LEGEND["crops"].code).all()
        assert (there[codes == 50] == (lulc.LEGEND["built area"].code if "legend" in how else 0)).all()
        assert "40 " in view._said.object

    asyncio.run(walk())


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("a.tif", None, "a.tif does not name its classes, and codes alone do not tell one map from another"),
        ("a.vrt", VRT, "a.vrt is not a GeoTIFF. Upload a raster of one band"),
        ("a.tif", b"II*\0 and no more", "a.tif is not a readable raster"),
    ],
)
def test_a_map_that_is_not_understood_is_refused_with_the_reason(
    person: Session, name: str, content: bytes | None, why: str
) -> None:
    async def walk() -> None:
        view = await uploaded(person, plain(person, codes_of(person)) if content is None else content, name)
        assert why in view._said.object
        assert "lulc-own-map-" not in view._said.object
        assert 'role="alert"' in view._said.object

    asyncio.run(walk())


def test_a_map_of_another_place_says_so(person: Session) -> None:
    async def walk() -> None:
        view = await uploaded(person, plain(person, codes_of(person), east_m=9e4), "b.tif", legend="worldcover")
        assert "it lies elsewhere, or has no data there" in view._said.object
        assert LAYERS[OWN_MAP].says(person.context) == "This file cannot be shown."

    asyncio.run(walk())


def test_the_file_is_gone_once_another_has_come_or_the_person_has_left(person: Session) -> None:
    one, other = (OwnMap(plain(person, codes_of(person)), "a.tif") for _ in range(2))
    folders: list[Path] = [one._folder, other._folder]
    person.references.take(one)
    person.references.take(other)
    assert [folder.exists() for folder in folders] == [False, True]
    person.references.forget()
    assert not folders[1].exists()


def test_beside_a_simulated_place_the_map_on_screen_keeps_its_name(tmp_path: Path) -> None:
    person = small_session(tmp_path, "laos")
    before, view = person.layers.right, OwnMapUpload(person)
    content = person.map.land_cover.map_file(person.map.land_cover.composite)
    view._file.param.update(filename="mine.tif", value=content)
    assert person.layers.right == before
    assert "A simulated place is not compared" in view._said.object
