"""Builds the page for every person who opens the explorer."""

from __future__ import annotations

import os
from functools import cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import panel as pn

from lulc_explorer.background.jobs import the_jobs
from lulc_explorer.background.prefetch import Prefetch
from lulc_explorer.components.command import Command, choices
from lulc_explorer.components.first_paint import FirstPaint
from lulc_explorer.components.kept_height import KeptHeight
from lulc_explorer.components.share import share_button
from lulc_explorer.engine.allowance import OWNER, Allowance, at_least_one
from lulc_explorer.engine.labelling import the_label_store
from lulc_explorer.engine.repository import the_repository
from lulc_explorer.session import address, opening
from lulc_explorer.session.build import build_session, build_visit
from lulc_explorer.session.history import History
from lulc_explorer.session.link_formats import PLACE
from lulc_explorer.shell import early_head, layout, page, stage, workarounds
from lulc_explorer.shell.banner import Banner
from lulc_explorer.shell.commands import HELP, SHARE, Commands
from lulc_explorer.shell.notices import Notices
from lulc_explorer.shell.origin import Origin
from lulc_explorer.shell.tour import ShowAround
from lulc_explorer.sidebar import (
    catalog_comparison,
    class_colours,
    own_place,
    place_and_year,
    prefetch_status,
    weights,
)
from lulc_explorer.sidebar.about import About
from lulc_explorer.sidebar.calibration import Calibrate
from lulc_explorer.sidebar.class_colours import ClassColours
from lulc_explorer.sidebar.locator import Locator
from lulc_explorer.sidebar.own_map import OwnMapUpload
from lulc_explorer.sidebar.own_place import OwnPlace
from lulc_explorer.sidebar.place_and_year import PlaceAndYear
from lulc_explorer.sidebar.prefetch_status import PrefetchStatus
from lulc_explorer.sidebar.weights import Weights
from lulc_explorer.tabs.map import awaited
from lulc_explorer.tabs.registry import TABS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import panel_material_ui as pmui
    import param
    from panel.viewable import Viewer

    from lulc_explorer.background.jobs import Jobs
    from lulc_explorer.engine.allowance import PersonalJobs
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.visit import Visit

TOUR = {
    "The vote": "Vote: Ask about the pixel with the smallest lead",
    "The confusion": "Confusion: Inspect confused classes",
    "The change": "Tab: Change",
    "The accuracy": "Tab: Error matrix",
}
"""The command that shows what a step of the tour is about."""


def get_ready() -> None:
    """Load what draws a page, and send its head early, once a process."""
    page.get_ready()
    early_head.send_early(awaited.render)


def serve_page() -> None:
    """Build one person's page: what is served runs this for each session."""
    get_ready()
    link = pn.state.location.search if pn.state.location else ""
    pn.extension(**workarounds.explicit_sizing())
    notices = Notices()
    visit = begin_visit(notices)
    built = build_page(visit, notices)
    built.link(visit.accuracy, dark_theme="dark")
    built.servable()
    pn.state.onload(partial(_keep_shown, link, visit.session))
    if workarounds.warms_up():
        visit.session.display.painted = True  # all that a person will see is built once
        pn.state.onload(partial(early_head.render, pn.state.curdoc))
    stops: list[Callable[[], None]] = [
        partial(opening.stop, visit.session),
        visit.years.stop,
        visit.change.stop,
        visit.calibration.stop,
        visit.labelling.stop,
        visit.session.network_download.stop,
        visit.session.references.forget,
        the_repository().release,
    ]
    pn.state.on_session_destroyed(workarounds.farewell(stops, built))


def _keep_shown(link: str, session: Session) -> None:
    """Keep what links show for whoever opens them next: that of the address, and as it was asked for before."""
    if (location := pn.state.location) is None:
        return
    opened = location.search
    awaited.follow(lambda: [location.search, *([link] if location.search == opened else [])], session)


def begin_visit(notices: Notices) -> Visit:
    """Build one person's session, as the link says, and open its map."""
    the_repository().look_again()
    session = build_session(the_repository(), own_jobs(), the_prefetch(), tabs=[tab.key for tab in TABS])
    left_out = address.LeftOut(notices.say)
    restore = partial(_restore, session, left_out)
    location = pn.state.location
    link = address.begin(location) if location else {}
    if "network" in link:
        session.selection.keep_network()
    for part, names in address.choices(session):
        restore(part, names)
    restore(address.Address(session))
    notices.follow(session.remarks)
    opening.open_map(session)
    opening.tell_refusal(session)
    pn.state.onload(partial(opening.gather_again, session))
    pn.state.onload(partial(opening.begin, session))
    visit = build_visit(session, the_jobs(), labels=the_label_store(), owner=owner())
    restore(visit.accuracy, address.ACCURACY)
    restore(visit.trade_off, address.TRADE_OFF)
    restore(visit.change, address.CHANGE)
    left_out.add(address.give_up_unfit(session, visit.change))
    if location:
        left_out.add(address.unknown(location, link))
        address.keep_true(location, link, session)
        History(session, location)
    left_out.tell()
    visit.years.open()
    pn.state.onload(visit.accuracy.attend)
    visit.change.open()
    pn.state.onload(visit.years.refresh)
    pn.state.onload(visit.change.refresh)
    return visit


def build_page(visit: Visit, notices: Notices) -> pmui.Page:
    """Return the page: header, sidebar and tabs."""
    session, folds = visit.session, _folds(visit)
    titles = {tab.key: tab.title for tab in TABS}
    builds: dict[str, layout.Build] = {tab.key: partial(tab.build, visit) for tab in TABS}

    def shows_place() -> bool:
        return next(tab for tab in TABS if tab.key == session.display.tab).shows_place(visit)

    def gather() -> list[Command]:
        show_sidebar = partial(setattr, built, "sidebar_open", True)
        compares = [catalog_comparison.LABEL] if catalog_comparison.offered(session.selection) else []
        again = Command(group="Help", title="Show me around (tour)", run=around.begin)
        return [
            *commands(visit),
            *layout.openings(fold, folds, show_sidebar),
            *layout.reaching([own_place.LABEL, *compares], show_sidebar),
            *page.commands(built),
            SHARE,
            HELP,
            *([] if session.display.stage else [again]),
        ]

    palette, fold = Commands(gather), layout.fold(folds)
    around = ShowAround(palette.do, TOUR)
    side, first = layout.sidebar(partial(_sidebar, session, fold)), FirstPaint(width=0, height=0, margin=0)
    built = page.build(
        title="Land-cover explorer",
        header=[Origin(visit, shows_place), palette, share_button(os.environ)],
        sidebar=[side],
        main=[
            stage.Stage(session),
            _news(session, notices),
            layout.tabs(session.display, titles, builds),
            around,
            first,
        ],
    )
    stage.put_sidebar_away(session.display, built)
    layout.fill_when_seen(side, session.display, built)
    first.link(session.display, painted="painted")
    return built


def _news(session: Session, notices: Notices) -> pn.Column:
    """Return what is said above the tabs, for which the maps leave room, or the dock would lie over them."""
    looks = {"sizing_mode": "stretch_width", "margin": 0}
    return pn.Column(Banner(session), notices, KeptHeight(variable="--news", width=0, height=0, margin=0), **looks)


def _folds(visit: Visit) -> dict[str, layout.Build]:
    """Return what of the sidebar is folded away at first, by title."""
    return {
        "Class weights": lambda: [Weights(visit.session)],
        "Calibrate class weights": lambda: [Calibrate(visit.calibration)],
        "Compare with my own map": lambda: [OwnMapUpload(visit.session)],
    }


def _sidebar(session: Session, fold: pmui.Accordion) -> list[Viewer]:
    return [
        Locator(session),
        PlaceAndYear(session),
        ClassColours(session.display),
        OwnPlace(session),
        *([PrefetchStatus(session, session.prefetch)] if session.prefetch else []),
        fold,
        About(session),
    ]


def commands(visit: Visit) -> list[Command]:
    """Return what can be done by name with what a person has chosen, as things are."""
    session = visit.session
    return [
        *choices("Tab", session.display, "tab", {tab.title: tab.key for tab in TABS}),
        *place_and_year.commands(session),
        *own_place.commands(session),
        *prefetch_status.commands(session),
        *class_colours.commands(session.display),
        *weights.commands(session),
        *chain.from_iterable(tab.commands(visit) for tab in TABS),
        *stage.commands(session.display),
    ]


def own_jobs() -> Jobs[Any] | PersonalJobs[Any]:
    """Return the jobs as whoever has this session may join them: without a login, anybody may join all."""
    person = owner()
    return the_allowance().of(person) if person else the_jobs()


def owner() -> str:
    """Return whose this session is, where a hub asks for a login; empty elsewhere."""
    context = pn.state.curdoc.session_context if pn.state.curdoc else None
    return str((context.token_payload.get(OWNER) if context and context.request else None) or "")


@cache
def the_allowance() -> Allowance[Any]:
    """Return the allowance of each person in this process, ``LULC_MAPS_EACH``."""
    return Allowance(the_jobs(), at_least_one(os.environ, "LULC_MAPS_EACH", 2))


@cache
def the_prefetch() -> Prefetch | None:
    """Return the prefetching of this process; None with ``LULC_AHEAD=no``."""
    return None if os.environ.get("LULC_AHEAD") == "no" else Prefetch(the_repository(), the_jobs())


def _restore(
    session: Session,
    left_out: address.LeftOut,
    choices: param.Parameterized,
    names: Mapping[str, str] | None = None,
) -> None:
    """Take over what the link says of some choices, keep it there, and say what is not available."""

    def leave_out(asked: dict[str, object]) -> None:
        wrong = address.take(choices, asked, names)
        if address.OF_THE_MAP & {*wrong}:
            opening.refuse(session, wrong)
            if PLACE in wrong and pn.state.location:
                address.forget_place(pn.state.location)
        else:
            left_out.add(wrong)

    if pn.state.location:
        pn.state.location.sync(choices, names, on_error=leave_out)
