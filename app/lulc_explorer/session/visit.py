"""One person's visit: the session and the state of the tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lulc_explorer.session.accuracy import AccuracySession
    from lulc_explorer.session.calibration import CalibrationSession
    from lulc_explorer.session.change import ChangeSession
    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.project_making import ProjectMaking
    from lulc_explorer.session.published_years import PublishedYears
    from lulc_explorer.session.session import Session
    from lulc_explorer.session.trade_off import TradeOffSession
    from lulc_explorer.session.years import YearsSession


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One person's visit."""

    session: Session
    years: YearsSession
    published: PublishedYears
    change: ChangeSession
    accuracy: AccuracySession
    trade_off: TradeOffSession
    calibration: CalibrationSession
    labelling: LabelSession
    projects: ProjectMaking
