"""What the palette of commands lists, and what comes of a command."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import making
import pytest
from lulc_explorer import compose
from lulc_explorer.background.jobs import Jobs
from lulc_explorer.components.command import Command, File
from lulc_explorer.engine.classes import LEGEND
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session import address
from lulc_explorer.session.build import build_visit
from lulc_explorer.session.stage import SCENES, Scene
from lulc_explorer.shell.commands import KEYS, Commands
from lulc_explorer.shell.stage import Stage
from lulc_explorer.shell.workarounds import parse_query
from lulc_explorer.sidebar.weights import PRESETS
from lulc_explorer.tabs.map.downloads import FILES
from lulc_explorer.tabs.registry import TABS

if TYPE_CHECKING:
    from lulc_explorer.session.visit import Visit

STAGE_PAGE = (Path(__file__).parents[3] / "docs" / "howto" / "stage.md").read_text()


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return build_visit(making.small_session(tmp_path, "laos", unmade=("belgium",)), Jobs())


@pytest.fixture
def bare(tmp_path: Path) -> Visit:
    """A visit without a map."""
    return build_visit(making.small_session(tmp_path, unmade=("laos",)), Jobs())


def titles(commands: list[Command], group: str) -> list[str]:
    return [command.title for command in commands if command.group == group]


def do(visit: Visit, key: str) -> None:
    """Do a command as the palette does, and wait for what follows."""

    async def go() -> None:
        palette = Commands(lambda: compose.commands(visit))
        palette.do(key)
        await making.all_done()

    asyncio.run(go())


def test_everything_that_can_be_chosen_has_a_command_of_a_name_of_its_own(visit: Visit) -> None:
    commands = compose.commands(visit)
    assert max(Counter(command.key for command in commands).values()) == 1
    session = visit.session
    assert len(titles(commands, "Place")) == len(session.selection.places) == 2
    assert titles(commands, "Year") == [str(year) for year in sorted(session.selection.years, reverse=True)]
    offered = [layer.title for layer in LAYERS.values() if layer.offered(session.map.land_cover)]
    for side in ("left", "right"):
        assert titles(commands, f"Map on the {side}") == offered
        assert titles(commands, f"Year on the {side}") == titles(commands, "Year")
    assert titles(commands, "Tab") == [tab.title for tab in TABS]
    assert titles(commands, "Class weights") == list(PRESETS)
    assert len(titles(commands, "Weight")) == 2 * len(LEGEND)
    assert titles(commands, "Class opacity") == ["100 %", "75 %", "50 %", "25 %"]
    assert titles(commands, "Download") == list(FILES)
    assert titles(commands, "Highlight")[1:] == [name.capitalize() for name in LEGEND.names]
    assert len(titles(commands, "Stage")) == 1 + len(SCENES)


def test_a_class_weighs_more_or_less_by_name_and_never_less_than_nothing(visit: Visit) -> None:
    weights, usual = visit.session.weights, visit.session.map.land_cover.legend["grass"].weight
    do(visit, "Weight: Grass more")
    assert weights.chosen == {"grass": round(usual + 0.25, 2)}
    for _ in range(9):
        do(visit, "Weight: Grass less")
    assert weights.chosen == {"grass": 0.0}
    do(visit, "Class opacity: 50 %")
    assert visit.session.display.opacity == 0.5


def test_without_a_map_nothing_of_it_is_offered(bare: Visit) -> None:
    commands = compose.commands(bare)
    for group in ("Download", "Vote"):
        assert titles(commands, group) == []
    assert titles(commands, "Place")


def test_a_command_says_whether_that_is_how_things_are(visit: Visit) -> None:
    def now(group: str) -> list[str]:
        return [command.title for command in compose.commands(visit) if command.chosen and command.group == group]

    assert now("Map on the right") == [LAYERS["classes"].title]
    assert now("Class weights") == ["Default"]
    do(visit, "Class weights: Equal")
    assert now("Class weights") == ["Equal"]
    assert visit.session.weights.chosen
    assert now("Year on the left") == now("Year") == ["2023"]
    do(visit, "Year on the left: 2019")
    assert (now("Year on the left"), now("Year on the right")) == (["2019"], ["2023"])
    do(visit, f"Map on the right: {LAYERS['truth'].title}")
    assert now("Map on the right") == [LAYERS["truth"].title]


def test_what_is_done_on_the_maps_shows_them_and_a_download_does_not(visit: Visit) -> None:
    display = visit.session.display
    display.tab = "change"
    do(visit, "Download: Areas (CSV)")
    assert display.tab == "change"
    do(visit, "Confusion: Inspect confused classes")
    assert display.tab == "map"
    pairs = visit.session.map.composite.contested_pairs()
    assert visit.session.focus.pair == pairs[0][0]
    do(visit, "Confusion: Stop inspecting confused classes")
    assert visit.session.focus.pair is None


def test_the_pixel_with_the_smallest_lead_has_it(visit: Visit) -> None:
    do(visit, "Vote: Ask about the pixel with the smallest lead")
    composite, pixel = visit.session.map.composite, visit.session.inspection.pixel
    lead = composite.data["margin"].where(composite.data["label"] > 0)
    assert float(lead[pixel]) == float(lead.min())


def test_a_file_reaches_the_browser_byte_by_byte(visit: Visit) -> None:
    sent: list[dict[str, Any]] = []
    palette = Commands(lambda: compose.commands(visit))
    palette._send_msg = sent.append  # type: ignore[method-assign]

    async def go() -> None:
        palette._handle_msg({"run": "Download: Areas (CSV)"})
        await making.all_done()

    asyncio.run(go())
    (message,) = sent
    _, write = FILES["Areas (CSV)"]
    assert base64.b64decode(message["content"]) == write(visit, visit.session.context)
    assert message["file"].endswith("-areas.csv")


def test_the_palette_does_what_is_listed_and_nothing_else() -> None:
    done: list[str] = []
    palette = Commands(lambda: [Command(group="A", title="one", run=lambda: done.append("one"))])
    for asked in ({"run": "A: two"}, {"run": None}, {}, {"run": "A: one"}):
        palette._handle_msg(asked)
    assert done == ["one"]
    assert Command(group="A", title="file", run=lambda: File(name="a", content=b"")).key == "A: file"


def test_what_the_tour_shows_are_commands(visit: Visit) -> None:
    assert {*compose.TOUR.values()} <= {command.key for command in compose.commands(visit)}


def test_the_link_of_each_scene_is_one_that_the_explorer_takes_over(visit: Visit) -> None:
    session = visit.session
    bar = address.Address(session)
    others = [(visit.accuracy, address.ACCURACY), (bar, {word: word for word in address.FORMS})]
    parts = [*address.choices(session), *others]

    async def take(scene: Scene) -> None:
        asked, wrong = parse_query(scene.link), {}
        for part, names in parts:
            wrong |= address.take(part, {name: asked.pop(word) for name, word in names.items() if word in asked}, names)
            await making.all_done()
        assert (asked, wrong) == ({}, {}), scene.key

    for scene in SCENES:
        asyncio.run(take(scene))
        assert session.display.stage == scene.key
        if scene.key == "weight":
            usual = session.map.land_cover.legend
            assert all(weight > 1.5 * usual[name].weight for name, weight in session.weights.chosen.items())
    assert visit.accuracy.study.press == ""


def test_the_page_on_stage_mode_has_the_links_of_the_scenes_and_the_help_every_key_of_its_own() -> None:
    for scene in SCENES:
        assert f"| {scene.title} | `{scene.link}` |" in STAGE_PAGE
    assert len({keys for keys, _ in KEYS}) == len(KEYS)


def test_the_line_of_stage_mode_is_built_when_it_is_first_needed(visit: Visit) -> None:
    shown = Stage(visit.session)
    column = shown.__panel__()
    assert (len(column), column.visible) == (0, False)
    visit.session.display.stage = "confusion"
    (bar,) = column
    assert (bar.staged, bar.at, column.visible) == (True, 1, True)
    visit.session.display.stage = ""
    assert (bar.staged, column.visible) == (False, False)
