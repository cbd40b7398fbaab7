"""The land-cover explorer: what ``panel serve app/`` runs for every person who opens it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import address
import page
import panel as pn
from ahead import the_ahead
from calibrating import Calibrating
from comparison import Comparison
from jobs import the_jobs
from review import Review
from state import Explorer
from store import Problem, the_store
from views.about import About
from views.accuracy import ErrorMatrix
from views.alarm import Alarm
from views.areas import Areas
from views.banner import Banner
from views.calibrate import Calibrate
from views.chances import Chances
from views.change import ChangeTab
from views.controls import Controls
from views.headline import Headline
from views.legend import Legend
from views.locator import Locator
from views.maps import Maps
from views.origin import Origin
from views.others import Others
from views.own_place import OwnPlace
from views.rivals import Rivals
from views.spotlight import SpotlightBar
from views.stage import Stage
from views.takehome import TakeHome
from views.timeline import Timeline
from views.weights import Weights
from views.why import Why

if TYPE_CHECKING:
    from collections.abc import Callable

    import param

page.get_ready()
pn.extension(respect_explicit_sizing=True)  # a page as tall as the screen could not be scrolled


def main() -> None:
    """Build one person's page."""
    explorer = Explorer(the_store(), the_jobs(), the_ahead())
    alarm = Alarm()

    def leave_out(wrong: dict[str, object]) -> None:
        if address.OF_THE_MAP & {*wrong}:
            explorer.refuse(wrong)
        elif wrong:
            alarm.say(address.left_out(wrong))

    _restore(explorer, address.CHOICES, on_error=leave_out)
    _restore(address.Address(explorer), on_error=leave_out)
    explorer.param.watch(lambda event: event.new and alarm.say(Problem(event.new)), "remark", onlychanged=False)
    explorer.open()
    pn.state.onload(explorer.arrive)
    pn.state.onload(explorer.begin)
    review = Review(explorer)
    comparison = Comparison(explorer, the_store(), the_jobs())
    _restore(review, address.REVIEW, on_error=leave_out)
    _restore(comparison, address.COMPARISON, on_error=leave_out)
    if pn.state.location:
        address.keep_true(pn.state.location)
    comparison.open()
    calibrating = Calibrating(explorer, the_store(), the_jobs())
    tabs: dict[str, page.Build] = {
        "map": lambda: [
            Headline(explorer),
            SpotlightBar(explorer),
            Maps(explorer, over=Stage(explorer)),
            Timeline(explorer),
            Chances(explorer),
            Legend(explorer),
            Why(explorer),
            TakeHome(explorer),
        ],
        "change": lambda: [ChangeTab(comparison)],
        "error-matrix": lambda: [ErrorMatrix(review)],
        "area": lambda: [Areas(review)],
    }
    folds: dict[str, page.Build] = {
        "Class weights": lambda: [Weights(explorer)],
        "Calibrate the weights": lambda: [Calibrate(calibrating)],
        "Classes that compete": lambda: [Rivals(explorer)],
    }
    built = page.build(
        title="Land-cover explorer",
        header=[Origin(explorer)],
        sidebar=[
            Locator(explorer),
            Controls(explorer),
            OwnPlace(explorer),
            Others(explorer, the_ahead()),
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


main()
