"""Builds the page for every person who opens the explorer, and lists its tabs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import panel as pn

from lulc_explorer.background.jobs import the_jobs
from lulc_explorer.background.prefetch import the_prefetch
from lulc_explorer.components.empty_state import EmptyState
from lulc_explorer.engine.repository import UserError, the_repository
from lulc_explorer.session import address
from lulc_explorer.session.accuracy import AccuracySession
from lulc_explorer.session.calibration import CalibrationSession
from lulc_explorer.session.change import ChangeSession
from lulc_explorer.session.explorer import Explorer
from lulc_explorer.shell import page
from lulc_explorer.shell.banner import Banner
from lulc_explorer.shell.notices import Notices
from lulc_explorer.shell.origin import Origin
from lulc_explorer.sidebar.about import About
from lulc_explorer.sidebar.calibration import Calibrate
from lulc_explorer.sidebar.confusion import Confusion
from lulc_explorer.sidebar.locator import Locator
from lulc_explorer.sidebar.own_place import OwnPlace
from lulc_explorer.sidebar.place_and_year import PlaceAndYear
from lulc_explorer.sidebar.prefetch_status import PrefetchStatus
from lulc_explorer.sidebar.weights import Weights
from lulc_explorer.tabs.accuracy.areas import Areas
from lulc_explorer.tabs.accuracy.error_matrix import ErrorMatrix
from lulc_explorer.tabs.change.tab import ChangeTab
from lulc_explorer.tabs.map.class_probability import ClassProbability
from lulc_explorer.tabs.map.download import DownloadMap
from lulc_explorer.tabs.map.headline import Headline
from lulc_explorer.tabs.map.legend import Legend
from lulc_explorer.tabs.map.maps import Maps
from lulc_explorer.tabs.map.pixel_votes import PixelVotes
from lulc_explorer.tabs.map.spotlight import SpotlightBar
from lulc_explorer.tabs.map.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Callable

    import param


def serve_page() -> None:
    """Build one person's page: what is served runs this for each session."""
    page.get_ready()
    pn.extension(respect_explicit_sizing=True)  # a page as tall as the screen could not be scrolled
    explorer = Explorer(the_repository(), the_jobs(), the_prefetch())
    alarm = Notices()

    def leave_out(wrong: dict[str, object]) -> None:
        if address.OF_THE_MAP & {*wrong}:
            explorer.refuse(wrong)
        elif wrong:
            alarm.say(address.left_out(wrong))

    _restore(explorer, address.CHOICES, on_error=leave_out)
    _restore(address.Address(explorer), on_error=leave_out)
    explorer.param.watch(lambda event: event.new and alarm.say(UserError(event.new)), "remark", onlychanged=False)
    explorer.open()
    pn.state.onload(explorer.arrive)
    pn.state.onload(explorer.begin)
    review = AccuracySession(explorer)
    comparison = ChangeSession(explorer, the_repository(), the_jobs())
    _restore(review, address.REVIEW, on_error=leave_out)
    _restore(comparison, address.COMPARISON, on_error=leave_out)
    if pn.state.location:
        address.keep_true(pn.state.location)
    comparison.open()
    calibrating = CalibrationSession(explorer, the_repository(), the_jobs())
    tabs: dict[str, page.Build] = {
        "map": lambda: [
            Headline(explorer),
            SpotlightBar(explorer),
            Maps(explorer, over=EmptyState(explorer)),
            Timeline(explorer),
            ClassProbability(explorer),
            Legend(explorer),
            PixelVotes(explorer),
            DownloadMap(explorer),
        ],
        "change": lambda: [ChangeTab(comparison)],
        "error-matrix": lambda: [ErrorMatrix(review)],
        "area": lambda: [Areas(review)],
    }
    folds: dict[str, page.Build] = {
        "Class weights": lambda: [Weights(explorer)],
        "Calibrate the weights": lambda: [Calibrate(calibrating)],
        "Classes that compete": lambda: [Confusion(explorer)],
    }
    built = page.build(
        title="Land-cover explorer",
        header=[Origin(explorer)],
        sidebar=[
            Locator(explorer),
            PlaceAndYear(explorer),
            OwnPlace(explorer),
            PrefetchStatus(explorer, the_prefetch()),
            page.fold(folds),
            About(explorer),
        ],
        main=[Banner(explorer), alarm, page.tabs(explorer, tabs)],
    )
    built.link(review, dark_theme="dark")
    built.servable()
    pn.state.on_session_destroyed(page.farewell([explorer.stop, comparison.stop, calibrating.stop], built))
    page.keep_for_good()


def _restore(
    choices: param.Parameterized,
    names: dict[str, str] | None = None,
    *,
    on_error: Callable[[dict[str, object]], None],
) -> None:
    """Take over what the link says of some choices, and keep it there; `on_error` is told what cannot be."""
    if pn.state.location:
        pn.state.location.sync(choices, names, on_error=lambda asked: on_error(address.take(choices, asked, names)))
