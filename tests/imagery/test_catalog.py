from __future__ import annotations

import http.server
import json
import re
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pystac
import pytest
from making import SHARED, shared
from stac_server import stac_api

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable

    from making import MadeCatalog

REAL_ITEMS = sorted((SHARED / "stac-items" / "sentinel-2-l2a").glob("*.json"))


@pytest.mark.parametrize("path", REAL_ITEMS, ids=lambda p: p.stem)
def test_every_real_item_becomes_a_scene_with_the_right_offset(path: Path) -> None:
    item = pystac.Item.from_file(str(path))
    scene = lulc.scene_from_item(item)
    major, tile = (
        re.search(r"_N(\d\d)\.\d\d", item.properties["s2:granule_id"])[1],
        re.search(r"_T(\w{5})_", item.id)[1],
    )
    assert scene.boa_offset == (-1000 if int(major) >= 4 else 0)
    assert scene.mgrs_tile == tile
    assert scene.datetime.utcoffset().total_seconds() == 0
    assert scene.hrefs["B04"].startswith("https://")
    assert "?" not in scene.hrefs["B04"]
    assert scene.cloud_cover == item.properties["eo:cloud_cover"]


def test_there_are_real_items_to_check() -> None:
    shared("stac-items/sentinel-2-l2a")
    assert len(REAL_ITEMS) >= 6


def test_reprocessing_does_not_change_the_acquisition() -> None:
    path = shared("stac-items/sentinel-2-l2a") / "S2A_MSIL2A_20190101T000001_R116_T59ULA_20201007T214701.json"
    old = pystac.Item.from_file(str(path))
    new = old.clone()
    new.id = "S2A_MSIL2A_20190101T000001_N0500_R116_T59ULA_20230101T000000"
    new.properties |= {"s2:processing_baseline": "05.00", "s2:datatake_id": "GS2A_20190101T000001_018417_N05.00"}
    a, b = lulc.scene_from_item(old), lulc.scene_from_item(new)
    assert a.acquisition == b.acquisition
    assert (a.boa_offset, b.boa_offset) == (0, -1000)
    assert [s.id for s in lulc.select([a, b])] == [new.id]


@pytest.mark.parametrize("lacking", ["eo:cloud_cover", "s2:processing_baseline", "s2:mgrs_tile"])
def test_an_item_that_lacks_a_property_is_named_with_it(made: MadeCatalog, lacking: str) -> None:
    del made.items[0]["properties"][lacking]
    made.save()
    with pytest.warns(UserWarning, match=f"S2A_202001 lacks {lacking}"):
        scenes = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)
    assert [s.id for s in scenes] == ["S2A_202004", "S2A_202007", "S2A_202010"]


def test_a_catalog_gives_its_scenes_in_order_with_absolute_addresses(made: MadeCatalog) -> None:
    region = lulc.catalog_region(made.root)
    scenes = lulc.search(region, year=2020, catalog=made.root)
    assert [s.id for s in scenes] == ["S2A_202001", "S2A_202004", "S2A_202007", "S2A_202010"]
    assert all(Path(href).is_file() for s in scenes for href in s.hrefs.values())
    assert region.grid.shape == (40, 40)
    assert lulc.catalog_years(made.root) == [2020]


def test_a_year_without_data_says_which_years_there_are(made: MadeCatalog) -> None:
    with pytest.raises(lulc.NotFoundError, match=r"No scene of 2019 .* year\(s\) 2020"):
        lulc.search(lulc.catalog_region(made.root), year=2019, catalog=made.root)


def test_a_box_outside_the_catalog_says_what_it_covers(made: MadeCatalog) -> None:
    elsewhere = lulc.Region.from_bbox((10, 10, 10.1, 10.1))
    with pytest.raises(lulc.NotFoundError, match=r"covers 4\.73"):
        lulc.search(elsewhere, year=2020, catalog=made.root)


def test_a_tilde_is_the_home_folder_of_who_searches(made: MadeCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(made.root.parent))
    here = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)
    there = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=f"~/{made.root.name}")
    assert [scene.hrefs for scene in there] == [scene.hrefs for scene in here]


def test_a_box_with_latitude_first_is_offered_the_other_way(made: MadeCatalog) -> None:
    west, south, east, north = lulc.catalog_region(made.root).bbox
    turned = lulc.Region.from_bbox((south, west, north, east))
    with pytest.raises(lulc.NotFoundError, match=rf"exchanged it lies there: give {west:.4f} {south:.4f} "):
        lulc.search(turned, year=2020, catalog=made.root)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"type": "FeatureCollection"}', '{"type": "Catalog"}'])
def test_a_file_that_is_no_catalog_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "items.json").write_text(content)
    with pytest.raises(lulc.LulcError, match=r"items\.json"):
        lulc.catalog_region(tmp_path)


def test_a_path_without_a_catalog_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(lulc.NotFoundError, match="STAC ItemCollection"):
        lulc.catalog_region(tmp_path / "nowhere")


def test_an_api_has_no_extent_of_its_own() -> None:
    with pytest.raises(lulc.InvalidInputError, match="bounding box"):
        lulc.catalog_region("planetary-computer")


def test_an_unreachable_api_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(lulc.UnreachableError, match=f"127.0.0.1:{port}.* of 2021: could not connect"):
        lulc.search(lulc.Region.named("laos"), year=2021, catalog=f"http://127.0.0.1:{port}", timeout=0.3)


def test_a_slow_api_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # accepts, never answers
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(lulc.UnreachableError, match=r"within 0\.2 s") as told:
            lulc.search(lulc.Region.named("laos"), year=2021, catalog=address, timeout=0.2)
        server.setblocking(False)
        for _ in range(2):  # the first try, and one more
            server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert "ReadTimeoutError" in str(told.value.__cause__)
    assert "Pool" not in str(told.value)


def test_an_api_that_answers_with_an_error_is_told_in_plain_words() -> None:
    class Broken(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

    with http.server.HTTPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with pytest.raises(lulc.UnreachableError, match="the server returned HTTP 404") as told:
            lulc.search(lulc.Region.named("laos"), year=2021, catalog=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert "<" not in str(told.value)


def test_an_address_that_is_no_stac_api_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            body = json.dumps({"hello": "world"}).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(lulc.InvalidInputError, match=r"does not answer as a STAC API\. Give"):
            lulc.search(lulc.Region.named("laos"), year=2021, catalog=address)


@pytest.mark.parametrize("wrong", ["lots", float("nan"), -1, 101])
def test_a_cloud_cover_that_is_no_percentage_is_refused(made: MadeCatalog, wrong: object) -> None:
    made.items[0]["properties"]["eo:cloud_cover"] = wrong
    made.save()
    with pytest.warns(UserWarning, match="S2A_202001: eo:cloud_cover"):
        scenes = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)
    assert len(scenes) == 3


def test_a_date_without_a_zone_is_utc(made: MadeCatalog) -> None:
    made.items[0]["properties"]["datetime"] = "2020-01-15T10:50:00"
    made.save()
    scenes = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)
    assert scenes[0].datetime.utcoffset().total_seconds() == 0


WRONG = {
    "no cloud cover": (lambda item: item["properties"].pop("eo:cloud_cover"), "lacks eo:cloud_cover"),
    "no geometry": (lambda item: item.update(geometry=None), "lacks its geometry"),
    "an invalid geometry": (lambda item: item["geometry"].update(coordinates=["x"]), "invalid geometry"),
    "no date": (lambda item: item["properties"].update(datetime=None), "datetime"),
    "a date that is none": (lambda item: item["properties"].update(datetime="soon"), "'soon'"),
    "no properties": (lambda item: item.pop("properties"), "is not a STAC item"),
    "a baseline that is no number": (
        lambda item: item["properties"].update({"s2:processing_baseline": "new"}),
        "'new'",
    ),
}


@pytest.mark.parametrize("break_it, says", WRONG.values(), ids=WRONG.keys())
def test_an_imperfect_item_is_left_out_by_name_and_the_others_are_found(
    made: MadeCatalog, break_it: Callable[[dict[str, Any]], object], says: str
) -> None:
    region = lulc.catalog_region(made.root)
    break_it(made.items[1])
    made.save()
    told: list[lulc.InvalidInputError] = []
    scenes = lulc.search(region, year=2020, catalog=made.root, on_imperfect=told.append)
    assert [s.id for s in scenes] == ["S2A_202001", "S2A_202007", "S2A_202010"]
    assert [("S2A_202004" in str(error), says in str(error)) for error in told] == [(True, True)]
    assert lulc.catalog_region(made.root).grid == region.grid
    assert lulc.catalog_years(made.root) == [2020]


def test_an_imperfect_item_of_an_api_is_left_out_by_name(made: MadeCatalog, tmp_path: Path) -> None:
    del made.items[1]["properties"]["eo:cloud_cover"]
    made.save()
    region = lulc.catalog_region(made.root)
    with (
        stac_api(made.root / "items.json", tmp_path, "http://127.0.0.1:9") as api,
        pytest.warns(UserWarning, match="Left out: Item S2A_202004 lacks eo:cloud_cover"),
    ):
        scenes = lulc.search(region, year=2020, catalog=api)
    assert [s.id for s in scenes] == ["S2A_202001", "S2A_202007", "S2A_202010"]


def test_nothing_but_imperfect_items_is_an_error_that_names_the_first(made: MadeCatalog) -> None:
    for item in made.items:
        del item["properties"]["eo:cloud_cover"]
    made.save()
    with pytest.raises(lulc.InvalidInputError, match=r"None of 4 items .* S2A_202001 lacks eo:cloud_cover"):
        lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root)


@pytest.mark.parametrize(
    "covers, more, told",
    [
        ((0.03, 0.5, 1, 0), {}, True),
        ((0.03, 0.5, 2, 0), {}, False),
        ((0, 1, 1, 0), {}, False),
        ((0.03, 0.5, 1, 0), {"vegetation": 99.9, "high_proba_clouds": 0.01, "thin_cirrus": 0.02}, False),
    ],
)
def test_cloud_cover_that_may_be_shares_is_told(
    made: MadeCatalog, covers: tuple[float, ...], more: dict[str, float], told: bool
) -> None:
    parts = {f"s2:{name}_percentage": share for name, share in (more | {"medium_proba_clouds": 0}).items()}
    for item, cover in zip(made.items, covers, strict=True):
        item["properties"] |= {"eo:cloud_cover": cover, **(parts if item is made.items[0] else {})}
    made.save()
    said: list[str] = []
    scenes = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root, on_remark=said.append)
    assert len(scenes) == 4
    assert [remark[:68] for remark in said] == [
        "Item S2A_202001 and 3 more: its eo:cloud_cover is at most 1, as that"
    ] * told


def test_cloud_cover_that_its_parts_tell_to_be_a_share_is_told_and_read_as_one(made: MadeCatalog) -> None:
    parts = {f"s2:{name}_percentage": 31.0 for name in ("high_proba_clouds", "medium_proba_clouds", "thin_cirrus")}
    made.items[0]["properties"] |= {"eo:cloud_cover": 0.93, **parts}
    made.save()
    said: list[str] = []
    scenes = lulc.search(lulc.catalog_region(made.root), year=2020, catalog=made.root, on_remark=said.append)
    assert scenes[0].cloud_cover == 93
    assert said == [
        "Item S2A_202001: its eo:cloud_cover is 0.93, but its parts (s2:*_percentage) are 93 % together; used these."
    ]


@pytest.mark.parametrize("wrong", ["05/07/2018 10:54", 1530788067000])
def test_a_catalog_without_a_usable_item_says_why(made: MadeCatalog, wrong: object) -> None:
    for item in made.items:
        item["properties"]["datetime"] = wrong
    made.save()
    says = rf"No item .* can be used\. The first: Item S2A_202001: datetime must be as .*{wrong}"
    with pytest.raises(lulc.InvalidInputError, match=says):
        lulc.catalog_years(made.root)


def test_links_that_are_null_are_none(made: MadeCatalog) -> None:
    for item in made.items:
        item |= {"links": None, "stac_extensions": None}
    made.save()
    assert lulc.catalog_years(made.root) == [2020]


@pytest.mark.parametrize(
    "more, said",
    [
        ({"numberMatched": 9}, "4 of 9 items"),
        ({"context": {"matched": 9, "returned": 4}}, "4 of 9 items"),
        ({"links": [{"rel": "next", "href": "./2.json"}]}, "4 items and a link to more"),
        ({"numberMatched": 4, "context": None, "links": [{"rel": "self", "href": "./1.json"}, 7]}, ""),
        ({"numberMatched": "9", "links": {"rel": "next"}}, ""),
    ],
)
def test_one_saved_page_of_a_search_says_so(made: MadeCatalog, more: Any, said: str) -> None:
    collection = {"type": "FeatureCollection", "features": made.items}
    (made.root / "items.json").write_text(json.dumps(collection | more))
    region, told = lulc.catalog_region(made.root), list[str]()
    found = lulc.search(region, year=2020, catalog=made.root, on_imperfect=lambda error: told.append(str(error)))
    assert len(found) == 4
    assert [f"has {said}: it is one page" in one for one in told] == [True] * bool(said)
