"""When this changes, that follows: every watcher of a session, from top to bottom.

Only the link in the address bar follows all that it holds by itself: `address` and `history`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from lulc_explorer.session import opening
from lulc_explorer.session.display import LABEL, MAP
from lulc_explorer.session.layers import SIDES
from lulc_explorer.session.selection import CHOICE

if TYPE_CHECKING:
    from param.parameterized import Event

    from lulc_explorer.session.accuracy import AccuracySession
    from lulc_explorer.session.calibration import CalibrationSession
    from lulc_explorer.session.change import ChangeSession
    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.map_panel import MapPanel
    from lulc_explorer.session.published_years import PublishedYears
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.trade_off import TradeOffSession
    from lulc_explorer.session.years import YearsSession


def connect(session: Session) -> None:
    """Let the parts of a session follow each other."""
    selection, display = session.selection, session.display
    opened = session.map

    async def reopen(*_: Event) -> None:
        await opening.reopen(session)

    async def leave_desk(event: Event) -> None:
        if event.old == LABEL:
            await opening.begin(session)

    async def weigh(*_: Event) -> None:
        await opening.weigh(session)

    async def gather(*_: Event) -> None:
        await opening.gather(session)

    # Another place, year, imagery or network: the rest of the choice fits, and its map is opened or made.
    selection.param.watch(selection.settle, CHOICE)
    selection.param.watch(reopen, CHOICE)
    selection.param.watch(lambda *_: display.param.update(drawing=False, adding=False), CHOICE)
    # Who leaves the label desk, which needs no map: it is opened, or made.
    display.param.watch(leave_desk, "tab")
    # The open map has another problem, or none: what was said of it above the tabs does not hold any more.
    opened.param.watch(lambda event: session.remarks.take_back(event.old), "problem")
    # Another base map: its server is asked.
    display.param.watch(display.ask_for_tiles, "basemap")
    # Other weights: another composite.
    session.weights.param.watch(weigh, "chosen")
    # Another pixel, or another map: other evidence.
    session.inspection.param.watch(gather, ["pixel", "side"])
    opened.param.watch(gather, "land_cover")
    for year in session.years.values():
        year.param.watch(gather, "land_cover")
    _connect_what_is_of_a_map(session)
    _connect_panels(session)


def _connect_what_is_of_a_map(session: Session) -> None:
    """Let go of what is of the map before, and fetch what the open one is compared with."""
    opened, focus, references = session.map, session.focus, session.references

    async def fetch(*_: Event) -> None:
        await references.fetch(map(session.layer, SIDES))

    # Another composite: the cell of the error matrix is of the one before.
    opened.param.watch(lambda _: focus.param.update(spotlight=None), "composite")
    # Another map: samples and reference maps are of the one before.
    opened.param.watch(lambda _: focus.param.update(sample_points=None), "land_cover")
    opened.param.watch(lambda _: references.param.update(fetched={}), "land_cover")
    # A reference map is looked at, or one of one's own has been uploaded: it is fetched.
    references.param.watch(fetch, "own")
    opened.param.watch(fetch, "land_cover")
    session.layers.param.watch(fetch, list(SIDES))


def _connect_panels(session: Session) -> None:
    """Let the two map panels follow whatever layers depend on."""
    for side, panel in session.panels.items():
        year, follow = session.years[side], partial(_follow, session, panel)
        # Another year on one side, or another map: the map of that year is opened or made.
        year.param.watch(year.follow_season, "year")
        session.layers.param.watch(year.follow_season, "scene")
        year.param.watch(year.open, "year")
        session.map.param.watch(year.open, "land_cover")
        session.layers.param.watch(year.open, side)
        session.weights.param.watch(year.weigh, "chosen")
        year.param.watch(follow, ["year", "land_cover", "composite", "scene"])
        session.layers.param.watch(follow, [*SIDES, "scene", "target_class", "threshold", "highlight", "hidden"])
        session.display.param.watch(follow, "colours")
        session.map.param.watch(follow, ["land_cover", "composite"])
        session.focus.param.watch(follow, ["pair", "spotlight"])
        session.references.param.watch(follow, "fetched")
        session.display.param.watch(follow, "tab")


async def _follow(session: Session, panel: MapPanel, *_: Event) -> None:
    """Read what a map is to show, unless it is on a tab that nobody looks at: whoever looks at figures waits less."""
    if session.display.tab == MAP:
        await panel.follow()


def connect_years(session: Session, years: YearsSession) -> None:
    """Let the areas of all years follow what is chosen."""
    session.display.param.watch(years.attend, "tab")
    session.selection.param.watch(years.begin, ["place", "imagery", "network"])
    session.selection.param.watch(years.refresh, ["place", "imagery", "network"])
    session.map.param.watch(years.refresh, "land_cover")
    session.weights.param.watch(years.refresh, "chosen")
    years.param.watch(years.refresh, "active")


def connect_change(session: Session, change: ChangeSession, years: YearsSession) -> None:
    """Let the comparison of two years follow what is chosen."""
    # The tab Years makes a map, or has made it: it may be one that is missing here.
    years.maker.param.watch(change.refresh, "year")
    session.display.param.watch(change.attend, "tab")
    session.selection.param.watch(change.begin, CHOICE)
    change.param.watch(change.begin, ["before", "after"])
    session.selection.param.watch(change.choose_years, ["place", "imagery"])
    session.selection.param.watch(change.refresh, CHOICE)
    session.map.param.watch(change.refresh, "land_cover")
    session.weights.param.watch(change.refresh, "chosen")
    change.param.watch(change.refresh, ["active", "before", "after", "uncertain_below"])
    # Another pixel, or another comparison: its votes in both years.
    session.inspection.param.watch(change.inspect, "pixel")
    change.param.watch(change.inspect, "compared")


def connect_published(session: Session, published: PublishedYears) -> None:
    """Let the published areas follow the place, and what is chosen to stand beside."""
    session.selection.param.watch(published.leave, ["place", "imagery"])
    published.param.watch(published.read, "series")


def connect_accuracy(session: Session, accuracy: AccuracySession) -> None:
    """Let the assessment follow its own choices, and the map that its sample may be of."""
    accuracy.param.watch(lambda *_: accuracy.begin(), ["source", "region"])
    accuracy.param.watch(accuracy.recompute, ["corrected", "focus", "kept", "chosen"])
    session.map.param.watch(accuracy.leave_map, "land_cover")
    # A link asks for a sample that was drawn: it is drawn again from the same map, and from no other.
    accuracy.param.watch(accuracy.draw_again, "drawing")
    session.map.param.watch(accuracy.draw_again, "land_cover")
    # Whoever looks at the figures sees those of the map on screen, by the weights that it has.
    session.display.param.watch(accuracy.attend, "tab")
    accuracy.param.watch(accuracy.attend, "source")
    session.map.param.watch(accuracy.attend, ["land_cover", "composite"])


def connect_trade_off(session: Session, trade_off: TradeOffSession) -> None:
    """Let the curve follow the sample and the weights."""
    session.weights.param.watch(trade_off.follow_weight, "chosen")
    session.display.param.watch(trade_off.compute, "tab")
    trade_off.accuracy.param.watch(trade_off.compute, ["sample", "behind"])
    trade_off.param.watch(trade_off.compute, ["target", "rival", "axes"])


def connect_calibration(session: Session, calibration: CalibrationSession) -> None:
    """Forget weights that were found for another map or another question."""
    session.map.param.watch(calibration.forget, "land_cover")
    calibration.param.watch(calibration.forget, ["objective", "judged", "sample"])


def connect_labelling(session: Session, labelling: LabelSession) -> None:
    """Show the unit on screen as soon as there are scenes of it, and with those that are chosen."""
    labelling.param.watch(lambda event: labelling.marking.open(event.new), "shown")
    session.selection.param.watch(labelling.follow_choice, CHOICE)
    session.map.param.watch(labelling.look_again, "land_cover")
