"""A catalog that does not answer: the other is offered, and what is made of it says so."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pandas as pd
from label_desks import at_desk
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.engine.labelling import LabelStore
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.engine.requests import LIVE, OTHER_LIVE
from lulc_explorer.session.build import build_session
from lulc_explorer.session.opening import make
from lulc_explorer.sidebar.about import about
from lulc_explorer.sidebar.catalog_comparison import CatalogComparison
from making import TABS, MadeCatalog, all_done, shrink
from odc.geo import CRS
from stac_server import api, files_over_http, page

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from lulc_explorer.session.session import Session


def test_the_other_catalog_is_offered_makes_the_map_and_is_recorded(
    made: MadeCatalog, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LULC_STAC_API", "http://127.0.0.1:9")
    store = shrink(MapRepository(tmp_path, catalog=None, model=str(tiny_model)), "belgium", edge=made.size)

    async def walk(earth_search: str) -> None:
        monkeypatch.setenv("LULC_EARTH_SEARCH", earth_search)
        person = build_session(store, Jobs())
        card = EmptyState(person)._card
        person.selection.param.update(place="belgium", imagery=LIVE, year=2020)
        await all_done()
        await make(person)
        assert (card._instead.visible, card._instead.label) == (True, "Use Earth Search instead")
        why = person.map.problem
        card._instead.clicks += 1
        while person.map.land_cover is None:
            await asyncio.sleep(0.05)
            assert not person.map.problem
        assert (person.selection.imagery, person.map.instead_of, card._instead.visible) == (OTHER_LIVE, "", False)
        found = person.map.land_cover
        assert found.report["search"]["catalog"] == earth_search
        assert found.report["search"]["instead_of"] == why
        assert json.loads((found.folder / "item.json").read_text())["properties"]["lulc:catalog"] == earth_search
        assert f"The scenes are those of {earth_search}. The STAC API at http://127.0.0.1:9" in about(found, None)

    async def label(earth_search: str) -> None:
        monkeypatch.setenv("LULC_EARTH_SEARCH", earth_search)
        person = build_session(store, Jobs(), tabs=TABS)
        person.display.tab = "label"
        person.selection.param.update(place="belgium", imagery=LIVE, year=2020)
        place = person.selection.grid
        lon, lat = place.crs.transformer_to_crs(CRS("EPSG:4326"))(*place.pix2wld(9.5, 9.5))
        with lulc.LabelDatabase(tmp_path / "labels.db") as database:
            table = pd.DataFrame({"lon": [lon], "lat": [lat]})
            lulc.create_label_project(database, lulc.LabelProject(name="Belgium"), table)
        ana = await at_desk(person, LabelStore(str(tmp_path / "labels.db")), "Ana")
        await all_done()
        assert (ana.other_catalog, ana.shown.imagery) == (OTHER_LIVE, None)
        ana.go_on()
        await all_done()
        assert ana.shown.imagery.scenes
        assert ana.shown.scenes.catalog == OTHER_LIVE
        ana.store.close()

    async def compare(person: Session) -> str:
        view = CatalogComparison(person)
        assert not view._view.visible
        person.selection.param.update(place="belgium", imagery=LIVE, year=2020)
        assert view._view.visible
        await view._compare(None)
        said = str(view._said.object)
        person.selection.year = 2021
        assert view._said.object == ""
        return said

    with files_over_http(made.root, []) as files:
        features = json.loads(json.dumps(made.items).replace("./", f"{files}/"))
        with api(lambda own, _: (200, {}, page(own, None, features))) as (address, _):
            asyncio.run(label(address))
            asyncio.run(walk(address))
            assert "did not answer" in asyncio.run(compare(build_session(store, Jobs())))
            with api(lambda own, _: (200, {}, page(own, None, features[1:]))) as (smaller, _):
                monkeypatch.setenv("LULC_STAC_API", smaller)
                said = asyncio.run(compare(build_session(store, Jobs())))
            assert f"Planetary Computer lists {len(features) - 1}, Earth Search lists {len(features)} acq" in said
            assert f"Planetary Computer lacks 1: {features[0]['properties']['s2:mgrs_tile']} " in said
