from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import making
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.rendering import raster
from lulc_explorer.session import opening
from lulc_explorer.session.address import (
    ACCURACY,
    CHANGE,
    FORMS,
    SELECTION,
    Address,
    LeftOut,
    begin,
    choices,
    keep_true,
    take,
    unknown,
)
from lulc_explorer.session.build import build_session
from lulc_explorer.session.link_formats import read_view, read_weights, unavailable
from lulc_explorer.session.side_year import SideYear
from lulc_explorer.shell.workarounds import parse_query
from lulc_explorer.tabs.map.headline import Caption
from making import choose
from panel.io.location import Location

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lulc_explorer.session.session import Session
    from making import MadeCatalog

names = st.sampled_from(lulc.LEGEND.names)
codes = st.sampled_from([int(code) for code in lulc.LEGEND.codes])
VALUES = {
    "weights": st.dictionaries(names, st.integers(0, 400).map(lambda n: n / 100)),
    "hidden": st.lists(names, unique=True),
    "rivals": st.none() | st.lists(codes, min_size=2, max_size=2, unique=True).map(tuple),
    "pixel": st.none() | st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
}


def sync(location: Location, person: Session, on_error: Callable[[dict[str, object]], None]) -> None:
    """Keep all that a link holds as it is in an address."""
    for part, names in choices(person):
        location.sync(part, names, on_error=on_error)


def take_all(person: Session, asked: dict[str, object]) -> dict[str, object]:
    """Take over what can be; return what cannot, by the words of the link."""
    wrong = {}
    for part, names in choices(person):
        known = {name for name in asked if name in part.param and not isinstance(part, SideYear)}
        wrong |= take(part, {name: asked[name] for name in known}, names)
    return wrong


def test_links_that_people_have_keep_their_words_and_layers(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    words = {word for _, names in choices(person) for word in names.values()} | {*CHANGE.values(), *ACCURACY.values()}
    assert words | {*FORMS} >= {
        *("region", "year", "imagery", "network", "scene", "view", "left", "right", "mode", "divider", "tab", "class"),
        *("threshold", "highlight", "basemap", "opacity", "before", "after", "matrix", "of", "corrected", "cells"),
        *("focus", "weights", "hidden", "rivals", "pixel"),
    }
    assert LAYERS.keys() >= {
        *("prediction", "true-colour", "false-colour", "shortwave", "probability", "classes", "votes", "support"),
        *("margin", "observations", "disagreement", "stability", "truth", "io-lulc-annual-v02", "esa-worldcover"),
    }


@given(st.data())
@pytest.mark.parametrize("name", FORMS)
def test_what_the_link_says_is_what_was_chosen(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    form = FORMS[name]
    assert form.read(form.write(value)) == value


@pytest.mark.parametrize(
    "name, text",
    [
        ("weights", "corn:1"),
        ("weights", "crops"),
        ("weights", "crops:-1"),
        ("weights", "crops:nan"),
        ("weights", "crops:1_5"),
        ("hidden", "corn"),
        ("rivals", "crops"),
        ("rivals", "crops,corn"),
        ("rivals", "crops,crops"),
        ("pixel", "a,b"),
    ],
)
def test_a_link_that_asks_for_what_cannot_be_changes_nothing(tmp_path: Path, name: str, text: str) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    link = Address(person)
    before = FORMS[name].current(person)
    location = Location(search=f"?{name}={text}&opacity=0.5")
    told: list[dict[str, object]] = []
    sync(location, person, lambda asked: opening.refuse(person, asked))
    location.sync(link, on_error=lambda asked: told.append(take(link, asked)))
    keep_true(location, {name: text, "opacity": 0.5}, person)
    assert told == [{name: text}]
    assert FORMS[name].current(person) == before
    assert getattr(link, name) == before
    assert text not in location.search.replace("%2C", ",").replace("%3A", ":")
    assert (person.display.opacity, person.map.problem) == (0.5, "")


@pytest.mark.parametrize(
    "word, text, sense",
    [
        ("scene", "2023-07-01T10:30", True),
        ("scene", "1999-12-31", True),
        ("scene", "midsummer", False),
        ("scene", "2023-13-01", False),
        ("view", "4.7,50.85,4.8,50.92", True),
        ("view", "4.7,50.85", False),
        ("view", "4.8,50.85,4.7,50.92", False),
        ("view", "4.7,50.85,4.8,nan", False),
        ("view", "4.7,50.85,4.8,95", False),
    ],
)
def test_a_scene_or_a_view_that_makes_no_sense_is_told_and_left_out(
    tmp_path: Path, word: str, text: str, sense: bool
) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    assert take_all(person, {word: text}) == ({} if sense else {word: text})
    assert getattr(person.display if word == "view" else person.layers, word) == (text if sense else "")


def test_the_address_loses_what_the_link_could_not_have(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    link = "?region=laos&year=2023&right=support&pixel=9999,3&scene=midsummer&opacity=3"
    person, location = build_session(made.repository, Jobs()), Location(search=link)
    asked, address, told = begin(location), Address(person), []
    sync(location, person, lambda asked: told.append(take_all(person, asked)))
    location.sync(address)
    opening.open_map(person)
    keep_true(location, asked, person)
    assert person.inspection.pixel is None
    assert [word for wrong in told for word in wrong] == ["scene", "opacity"]
    assert location.search == "?region=laos&year=2023&right=support"


def test_a_link_to_another_place_keeps_its_pixel_and_weights_once_the_page_is_built(tmp_path: Path) -> None:
    """The watchers of the choice run when the page has been built: they opened the map again, without them."""
    made = making.small_session(tmp_path, "laos", "belgium")

    async def open_page() -> Session:
        person = build_session(made.repository, Jobs())
        choose(person, place="belgium", year=2023, chosen={"crops": 3.0}, pixel=(5, 7))
        opening.open_map(person)
        await making.all_done()
        return person

    person = asyncio.run(open_page())
    assert person.map.land_cover.request.place.key == "belgium"
    assert (person.inspection.pixel, person.weights.chosen) == ((5, 7), {"crops": 3.0})
    assert person.inspection.evidence is not None


@pytest.mark.parametrize("made_ahead", [False, True])
def test_a_link_to_a_map_that_is_still_to_be_made_keeps_its_pixel_weights_and_scene(
    tmp_path: Path, made_ahead: bool
) -> None:
    """The map was looked for again once the page was built, as if a person had chosen it, and both were dropped."""
    made = making.small_session(tmp_path, "laos", "belgium")
    found, there = made.repository.find, made_ahead

    async def open_page() -> Session:
        nonlocal there
        person = build_session(made.repository, Jobs())
        choose(person, place="belgium", year=2023, chosen={"crops": 3.0}, pixel=(5, 7), scene="2023-07-01")
        there = False
        opening.open_map(person)
        there = made_ahead  # or while the page was built
        await making.all_done()
        return person

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(made.repository, "find", lambda request: found(request) if there else None)
        patched.setattr(made.repository, "make", lambda request, *_: found(request))
        person = asyncio.run(open_page())
    assert person.map.land_cover.request.place.key == "belgium"
    assert (person.inspection.pixel, person.weights.chosen) == ((5, 7), {"crops": 3.0})
    assert person.layers.scene[:7] in ("2023-06", "2023-07")
    assert person.remarks.latest.startswith("The link asks for the scene of 2023-07-01")


def test_a_class_has_one_weight_in_a_link() -> None:
    with pytest.raises(ValueError, match="one weight"):
        read_weights("crops:2,crops:0.1")


def test_a_pixel_beside_the_map_is_not_asked_about(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    for pixel, asked in (((63, 63), (63, 63)), ((64, 0), None), ((-1, 0), None)):
        person = build_session(made.repository, Jobs())
        choose(person, place="laos", year=2023, chosen={"crops": 3.0}, pixel=pixel)
        opening.open_map(person)
        assert person.inspection.pixel == asked
        assert person.map.composite.data.attrs["weights"]["crops"] == 3.0


def test_of_several_words_of_a_link_only_the_wrong_ones_are_left_out(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    asked = {"left": "nothing", "right": "support", "target_class": "unicorns", "opacity": 3.0, "divider": 0.25}
    assert take_all(person, asked) == {"left": "nothing", "class": "unicorns", "opacity": 3.0}
    assert (person.layers.left, person.layers.right, person.layers.target_class, person.display.opacity) == (
        "prediction",
        "support",
        "grass",
        1.0,
    )
    assert person.display.divider == 0.25


def test_a_pixel_beside_the_map_is_told_with_the_rows_and_columns_that_there_are(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    for pixel, word in (((9999, 3), "row 9999 and column 3; this map has rows 0 to 63"), ((5, 5), "")):
        person = build_session(made.repository, Jobs())
        choose(person, place="laos", year=2023, pixel=pixel)
        opening.open_map(person)
        assert word in person.remarks.latest
        assert bool(person.remarks.latest) == bool(word)


def test_a_day_without_a_scene_is_told_with_the_nearest(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    first, second, *_ = made.map.land_cover.moments
    there = second[:10].replace("-", "")
    for moment, shown, word in (
        ("19990101", first, f"this map has none. The nearest is of {first}"),
        (there, second, ""),
    ):
        person = build_session(made.repository, Jobs())
        choose(person, place="laos", year=2023, scene=moment)
        opening.open_map(person)
        assert person.layers.scene == shown
        assert word in person.remarks.latest
        assert bool(person.remarks.latest) == bool(word)


@pytest.mark.parametrize("layer, title", [("true-colour", "True colour on this day"), ("esa-worldcover", "WorldCover")])
def test_a_layer_that_the_map_lacks_is_told_and_the_usual_one_shown(tmp_path: Path, layer: str, title: str) -> None:
    """The choice of layers raised, and the page stayed white."""
    made = making.small_session(tmp_path, "laos")
    without = replace(made.map.land_cover, imagery=None)
    person = build_session(made.repository, Jobs())
    choose(person, place="laos", year=2023, left=layer)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(person.repository, "find", lambda _: without)
        opening.open_map(person)
    assert person.layers.left == "prediction"
    assert "This map has no layer" in person.remarks.latest
    assert title in person.remarks.latest
    person.layers.left = layer
    assert layer not in Caption(person, "left")._choice.disabled_options


def test_a_view_where_nothing_of_the_place_is_is_told_and_left_out(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    west, south, east, north = made.map.land_cover.request.place.region.bbox
    views = {"inside": (west, south, (west + east) / 2, north), "elsewhere": (4.7, 50.85, 4.8, 50.92)}
    for name, bounds in views.items():
        person = build_session(made.repository, Jobs())
        view = ",".join(f"{edge:.5f}" for edge in bounds)
        choose(person, place="laos", year=2023, view=view)
        opening.open_map(person)
        assert (view in person.remarks.latest, person.display.view) == (
            (True, "") if name == "elsewhere" else (False, view)
        )
        whole = raster.home(person.selection.grid)
        assert person.bounds == (whole if name == "elsewhere" else raster.to_mercator(read_view(view)))


def test_every_wrong_word_is_told_though_another_part_of_the_link_is_wrong_too(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    location = Location(search="?scene=midsummer&weights=corn:1&pixel=a,b&hidden=grass")
    told: dict[str, object] = {}
    for part, names in (*choices(person), (Address(person), None)):
        location.sync(
            part,
            names,
            on_error=lambda asked, part=part, names=names: told.update(take(part, asked, names)),
        )
    assert told == {"scene": "midsummer", "weights": "corn:1", "pixel": "a,b"}
    assert person.layers.hidden == ["grass"]


def test_an_empty_word_leaves_the_address(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    location = Location(search="")
    location.sync(Address(person))
    keep_true(location, {}, person)
    person.layers.hidden = ["grass"]
    assert "hidden=grass" in location.search
    person.layers.hidden = []
    assert "hidden" not in location.search


def test_to_try_again_is_not_offered_where_the_address_is_wrong_but_to_leave_that_out(tmp_path: Path) -> None:
    made = making.small_session(tmp_path, "laos")
    person = build_session(made.repository, Jobs())
    choose(person, place="laos", year=2023)
    offer = EmptyState(person)._card._make
    opening.refuse(person, {"year": "abc"})
    assert person.map.problem.startswith("The link asks for year 'abc', which is not available")
    assert (offer.visible, offer.label) == (True, "Continue with Vientiane province, Laos, 2023")
    asyncio.run(opening.make(person))
    assert (person.map.land_cover.request.year, person.map.problem) == (2023, "")
    person.map.param.update(land_cover=None, composite=None, problem="The disk was full.", refused=False)
    assert (offer.visible, offer.label) == (True, "Try again")
    choose(person, place="box:0,0,20,20", problem="The box is too large.")
    assert not offer.visible


@pytest.mark.parametrize("tab, told", [("map", False), ("change", True), ("years", True)])
def test_a_place_that_nobody_knows_is_told_on_every_tab(tmp_path: Path, tab: str, told: bool) -> None:
    """On the tab Map it stands in place of the maps."""
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs(), tabs=making.TABS)
    opening.refuse(person, {"region": "atlantis"})
    person.display.tab = tab
    opening.tell_refusal(person)
    assert "asks for region 'atlantis', which is not available" in person.map.problem
    assert person.remarks.latest == (person.map.problem if told else "")


def test_what_a_link_cannot_have_is_told_in_one_message() -> None:
    told: list[str] = []
    left_out = LeftOut(lambda error: told.append(str(error)))
    left_out.add({"tab": "foo"})
    left_out.add({"weights": "corn:9"})
    left_out.tell()
    assert told == ["The link asks for tab 'foo', weights 'corn:9', which are not available and were ignored."]
    left_out.add({"tab": "bar"})
    assert told[1:] == ["The link asks for tab 'bar', which is not available and was ignored."]


def test_a_place_that_nobody_knows_is_named_beside_a_year_that_cannot_be(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    location = Location(search="?region=atlantis&year=20x1")
    asked = begin(location)
    location.sync(
        person.selection, SELECTION, on_error=lambda a: opening.refuse(person, take(person.selection, a, SELECTION))
    )
    keep_true(location, asked, person)
    assert "asks for region 'atlantis', year '20x1', which are not" in person.map.problem
    here = location.query_params
    assert (here["region"], here["year"]) == ("atlantis", "20x1")
    assert person.selection.place in person.selection.places


def test_a_folder_that_is_called_like_a_year_keeps_its_link(made: MadeCatalog, tmp_path: Path) -> None:
    catalog = made.root.rename(tmp_path / "2018")
    person = build_session(MapRepository(tmp_path / "cache", catalog=catalog, model="unet-simulated"), Jobs())
    assert take(person.selection, {"place": parse_query("?region=2018")["region"]}, SELECTION) == {}
    assert person.selection.place == "2018"


def test_a_place_is_also_called_place_and_what_is_unknown_is_found_but_for_the_words_of_panel(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    there = person.selection.place  # a link that asks for another place makes its map
    location = Location(
        search=f"?place={there}&colour=red&theme=dark&bokeh-session-id=a&themes=dark&bokeh-x=1&year=&red"
    )
    asked = begin(location)
    assert (location.query_params["region"], "place" in location.query_params) == (there, False)
    sync(location, person, print)
    assert unknown(location, asked) == {"colour": "red", "themes": "dark", "bokeh-x": 1, "red": ""}
    keep_true(location, asked, person)
    assert location.query_params == {"region": there, "year": 2023, "theme": "dark", "bokeh-session-id": "a"}


def test_the_other_name_of_a_place_beside_its_own_is_unknown(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    both = Location(search=f"?place=laos&region={person.selection.place}")
    assert begin(both) == {"place": "laos", "region": person.selection.place}
    sync(both, person, print)
    assert unknown(both) == {"place": "laos"}


def test_a_word_that_a_link_has_twice_is_told_and_changes_nothing(tmp_path: Path) -> None:
    person = build_session(MapRepository(tmp_path, catalog=None, model="unet-simulated"), Jobs())
    asked = parse_query("?opacity=0.4&opacity=0.5&scene=2023-07-01&scene=2023-07-01&left=truth&left=votes&right=truth")
    wrong = take_all(person, asked)
    assert wrong == {"left": ["truth", "votes"], "opacity": [0.4, 0.5]}
    assert unavailable(wrong) == "left 'truth' as well as 'votes', opacity 0.4 as well as 0.5, which are not available"
    assert (person.display.opacity, person.layers.right, person.layers.scene) == (1.0, "truth", "2023-07-01")


@pytest.mark.parametrize("words, source", [("of=Laos", "paper"), ("corrected=true", "paper"), ("tab=area", None)])
def test_a_link_that_chooses_a_matrix_of_the_paper_is_of_the_paper(words: str, source: str | None) -> None:
    """Links of the time when the paper was shown first did not name it."""
    assert begin(Location(search=f"?region=laos&{words}")).get("matrix") == source
    assert begin(Location(search=f"?region=laos&{words}&matrix=drawn"))["matrix"] == "drawn"
