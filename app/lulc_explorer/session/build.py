"""Builds one person's session and connects its parts."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from lulc_explorer.engine.labelling import LabelStore
from lulc_explorer.layers.registry import LAYERS
from lulc_explorer.session.accuracy import AccuracySession
from lulc_explorer.session.calibration import CalibrationSession
from lulc_explorer.session.change import ChangeSession
from lulc_explorer.session.display import MapDisplay
from lulc_explorer.session.focus import Focus
from lulc_explorer.session.inspection import PixelInspection
from lulc_explorer.session.labelling import LabelSession
from lulc_explorer.session.layers import SIDES, LayerSelection
from lulc_explorer.session.map_panel import MapPanel
from lulc_explorer.session.network_download import NetworkDownload
from lulc_explorer.session.open_map import OpenMap
from lulc_explorer.session.project_making import ProjectMaking
from lulc_explorer.session.published_years import PublishedYears
from lulc_explorer.session.reference_maps import ReferenceMaps
from lulc_explorer.session.remarks import Remarks
from lulc_explorer.session.selection import MapSelection
from lulc_explorer.session.session import Session
from lulc_explorer.session.side_year import SideYear
from lulc_explorer.session.trade_off import TradeOffSession
from lulc_explorer.session.visit import Visit
from lulc_explorer.session.watchers import (
    connect,
    connect_accuracy,
    connect_calibration,
    connect_change,
    connect_labelling,
    connect_published,
    connect_trade_off,
    connect_years,
)
from lulc_explorer.session.weights import ClassWeights
from lulc_explorer.session.year_maker import YearMaker
from lulc_explorer.session.years import YearsSession

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lulc_explorer.background.jobs import Jobs
    from lulc_explorer.background.prefetch import Prefetch
    from lulc_explorer.engine.allowance import PersonalJobs
    from lulc_explorer.engine.calibration import Calibration
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.layers.layer import Layer, LayerContext


def build_session(
    repository: MapRepository,
    jobs: Jobs[Any] | PersonalJobs[Any],
    prefetch: Prefetch | None = None,
    *,
    tabs: Sequence[str] = ("map",),
) -> Session:
    """Return a new session with its parts connected.

    Parameters
    ----------
    repository, jobs
        Shared by all sessions.
    prefetch
        Makes the maps of the other places ahead of time; None if prefetching is off.
    tabs
        Keys of the tabs of the page.
    """
    opened, remarks = OpenMap(), Remarks()
    panels: dict[str, MapPanel] = {}
    years: dict[str, SideYear] = {}
    selection = MapSelection(repository)
    session = Session(
        repository=repository,
        jobs=jobs,
        prefetch=prefetch,
        selection=selection,
        network_download=NetworkDownload(repository, selection),
        display=MapDisplay(tabs),
        layers=LayerSelection(),
        weights=ClassWeights(),
        inspection=PixelInspection(),
        focus=Focus(),
        map=opened,
        references=ReferenceMaps(opened, remarks),
        remarks=remarks,
        panels=panels,
        years=years,
    )
    for side in SIDES:
        years[side] = _year_of(session, side)
        panels[side] = MapPanel(partial(_choice, session, side), remarks)
    connect(session)
    return session


def _year_of(session: Session, side: str) -> SideYear:
    """Return the year that one of the two maps shows."""
    return SideYear(
        side,
        session.repository,
        open_map=session.map,
        selection=session.selection,
        layers=session.layers,
        weights=session.weights,
        maker=YearMaker(session.repository, session.jobs, session.selection),
        remarks=session.remarks,
    )


def build_visit(
    session: Session, searches: Jobs[Calibration], *, labels: LabelStore | None = None, owner: str = ""
) -> Visit:
    """Return a session with the state of all tabs, connected to it.

    Parameters
    ----------
    session
        The person's session.
    searches
        The searches for weights that are running, shared by all sessions.
    labels
        The labels, shared by all sessions; None for none.
    owner
        Who the person is, where a hub knows.
    """
    accuracy = AccuracySession(session)
    labelling = LabelSession(session, labels or LabelStore(""), owner)
    visit = Visit(
        session=session,
        years=YearsSession(session),
        published=PublishedYears(session.selection),
        change=ChangeSession(session),
        accuracy=accuracy,
        trade_off=TradeOffSession(accuracy),
        calibration=CalibrationSession(session, searches),
        labelling=labelling,
        projects=ProjectMaking(labelling, accuracy),
    )
    connect_years(session, visit.years)
    connect_published(session, visit.published)
    connect_change(session, visit.change, visit.years)
    connect_accuracy(session, visit.accuracy)
    connect_trade_off(session, visit.trade_off)
    connect_calibration(session, visit.calibration)
    connect_labelling(session, visit.labelling)
    return visit


def _choice(session: Session, side: str) -> tuple[Layer, LayerContext | None]:
    """Return the layer and context of one of the two maps."""
    return LAYERS[session.layer(side)], session.context_of(side)
