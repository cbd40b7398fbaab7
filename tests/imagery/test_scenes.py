from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.imagery.scenes import acquisitions


def scene(name: str, day: int = 100, **changes: Any) -> lulc.Scene:
    moment = datetime(2020, 1, 1, 10, 50, tzinfo=UTC) + timedelta(days=day - 1)
    facts: dict[str, Any] = {
        "id": name,
        "datetime": moment,
        "mgrs_tile": "31UFS",
        "cloud_cover": 0.0,
        "boa_offset": 0,
        "footprint": shapely.box(0, 0, 1, 1),
        "hrefs": {},
        "acquisition": f"{moment:%Y%m%d}",
        "processed": "02.12 2020",
    }
    return lulc.Scene(**facts | changes)


years = st.lists(
    st.tuples(st.integers(1, 366), st.floats(0, 100), st.floats(0, 100), st.floats(0, 30)),
    min_size=1,
    max_size=80,
    unique_by=lambda row: row[0],
).map(
    lambda rows: [
        scene(f"S{i}", day, cloud_cover=cloud, nodata=nodata, cloud_shadow=shadow)
        for i, (day, cloud, nodata, shadow) in enumerate(rows)
    ]
)


@given(years, st.randoms(use_true_random=False))
def test_every_scene_gets_one_verdict_with_a_reason_and_order_does_not_matter(
    scenes: list[lulc.Scene], random: Any
) -> None:
    selection = lulc.select(scenes)
    assert sorted(v.scene.id for v in selection.verdicts) == sorted(s.id for s in scenes)
    assert all(v.reason for v in selection.verdicts)
    shuffled = random.sample(scenes, len(scenes))
    assert lulc.select(shuffled) == selection


@given(years)
def test_no_season_with_usable_scenes_is_left_out(scenes: list[lulc.Scene]) -> None:
    usable = {s.season for s in scenes if s.usable >= 0.05}
    assert {s.season for s in lulc.select(scenes)} == usable


@given(years)
def test_scenes_are_added_until_the_looks_are_reached_within_the_bounds(scenes: list[lulc.Scene]) -> None:
    selection = lulc.select(scenes, looks=6, minimum=4, maximum=20)
    left = [v.scene for v in selection.verdicts if not v.taken and v.scene.usable >= 0.05]
    assert len(selection) <= 20
    if left:
        assert len(selection) == 20 or (len(selection) >= 4 and sum(s.usable for s in selection) >= 6)


@given(years)
def test_within_a_season_the_clearest_are_taken(scenes: list[lulc.Scene]) -> None:
    selection = lulc.select(scenes)
    for season in {s.season for s in scenes}:
        taken = [v.scene.usable for v in selection.verdicts if v.scene.season == season and v.taken]
        left = [v.scene.usable for v in selection.verdicts if v.scene.season == season and not v.taken]
        assert min(taken, default=1) >= max(left, default=0)


def test_a_cloudy_place_gets_more_scenes_than_a_clear_one() -> None:
    days = range(1, 366, 5)
    clear = lulc.select([scene(f"S{d}", d, cloud_cover=5) for d in days])
    cloudy = lulc.select([scene(f"S{d}", d, cloud_cover=60) for d in days])
    assert len(cloudy) > 2 * len(clear)


def test_more_clear_looks_take_more_scenes_within_what_was_asked_for_at_most() -> None:
    year = [scene(f"S{d}", d, cloud_cover=50) for d in range(1, 366, 5)]
    for looks in (6, 12, 20):
        assert sum(s.usable for s in lulc.choose(year, looks=looks)) == pytest.approx(looks)
    assert len(lulc.choose(year, 15, looks=20)) == 15
    assert len(lulc.choose(year, 60, looks=30)) == 60
    assert len(lulc.choose(year, looks=1)) == 10
    for wrong in (0, -1, float("nan")):
        with pytest.raises(lulc.InvalidInputError, match="looks > 0"):
            lulc.choose(year, looks=wrong)


def test_only_the_latest_processing_of_a_scene_is_taken() -> None:
    old = scene("old", strip="20200409T105101", processed="02.12 2020-04-09")
    new = scene("new", strip="20200409T105101", processed="05.00 2023-01-01", boa_offset=-1000)
    selection = lulc.select([old, new])
    assert [s.id for s in selection] == ["new"]
    assert [v.reason for v in selection.verdicts if not v.taken] == ["an earlier processing of new"]


@pytest.mark.parametrize(
    "parts",
    [
        ({"strip": "20200409T105101"}, {"strip": "20200409T105124"}),
        ({"footprint": shapely.box(0, 0, 1, 0.6)}, {"footprint": shapely.box(0, 0.5, 1, 1)}),
        ({"nodata": 60.0}, {"nodata": 40.0}),
    ],
    ids=["by datastrip", "by footprint", "by complementary no data"],
)
def test_the_parts_of_a_split_datatake_are_taken_together_and_count_once(parts: tuple[dict[str, Any], ...]) -> None:
    pair = [scene(f"part{i}", **part) for i, part in enumerate(parts)]
    others = [scene(f"other{d}", d) for d in range(1, 60, 7)]
    selection = lulc.select([*pair, *others], looks=1, minimum=10, maximum=10)
    assert {"part0", "part1"} <= {s.id for s in selection}
    assert len(acquisitions(selection)) == 10


def test_each_tile_gets_its_own_choice() -> None:
    tiles = [
        scene(f"{t}{d}", d, mgrs_tile=t, acquisition=f"A{d}") for t in ("31UFS", "31UES") for d in range(1, 365, 30)
    ]
    selection = lulc.select(tiles, looks=4, minimum=4)
    assert [sum(s.mgrs_tile == t for s in selection) for t in ("31UFS", "31UES")] == [4, 4]


def test_asking_for_every_scene_takes_the_cloudiest_too() -> None:
    assert len(lulc.choose([scene("S", cloud_cover=100)], 0)) == 1
    with pytest.raises(lulc.NotFoundError, match="max scenes 0"):
        lulc.choose([scene("S", cloud_cover=100)])


@pytest.mark.parametrize("bad", [{"looks": 0}, {"minimum": 0}, {"maximum": 0}, {"minimum": 5, "maximum": 4}])
def test_bad_bounds_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(lulc.InvalidInputError):
        lulc.select([scene("S")], **bad)


def test_a_selection_is_a_table_with_a_row_for_each_scene() -> None:
    selection = lulc.select([scene(f"S{n}", 180 + n, cloud_cover=10.0 * n) for n in range(3)], minimum=1, maximum=1)
    frame = selection.to_frame()
    assert frame["taken"].tolist() == [v.taken for v in selection.verdicts]
    assert str(frame["datetime"].dtype).endswith("UTC]")
    assert "1 of 3 scenes taken" in selection._repr_html_()


def test_a_datatake_in_two_receptions_shows_the_ground_once_and_its_parts_add_up() -> None:
    def taken(*parts: lulc.Scene) -> str:
        return next(v.reason for v in lulc.select(parts).verdicts)

    twice = [scene(f"{i}", acquisition="x", strip=f"s{i}", cloud_cover=60.0) for i in range(2)]
    assert taken(*twice).startswith("40 % usable")
    halves = [scene(f"{i}", acquisition="x", strip=f"s{i}", nodata=50.0, cloud_cover=40.0) for i in range(2)]
    assert taken(*halves).startswith("60 % usable")


def test_one_satellite_passes_a_place_once_though_one_of_two_catalogs_does_not_name_the_datatake() -> None:
    moment = datetime(2020, 4, 9, 10, 50, 31, tzinfo=UTC)
    seen = [
        scene("named", acquisition="GS2A_20200409T105031_025059", satellite="A", datetime=moment),
        scene("later tile", acquisition="A_1", satellite="A", datetime=moment + timedelta(minutes=12)),
        scene("last tile", acquisition="A_2", satellite="A", datetime=moment + timedelta(minutes=24)),
        scene("other satellite", acquisition="B_1", satellite="B", datetime=moment + timedelta(minutes=1)),
        scene("no name", acquisition="S2_2", datetime=moment + timedelta(minutes=30)),
        scene("next orbit", acquisition="A_3", satellite="A", datetime=moment + timedelta(minutes=124)),
    ]
    assert [{s.id for s in group} for group in acquisitions(seen)] == [
        {"named", "later tile", "last tile", "no name"},
        {"other satellite"},
        {"next orbit"},
    ]
