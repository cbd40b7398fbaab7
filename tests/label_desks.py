"""People at the label desk, without a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_explorer.background.jobs import Jobs
from lulc_explorer.session.build import build_visit

if TYPE_CHECKING:
    from lulc_explorer.engine.labelling import LabelStore
    from lulc_explorer.session.labelling import LabelSession
    from lulc_explorer.session.session import Session


async def at_desk(viewer: Session, store: LabelStore, person: str) -> LabelSession:
    """Return the desk of somebody who has said their name."""
    labelling = build_visit(viewer, Jobs(), labels=store).labelling
    await labelling.open()
    await labelling.begin(person, labelling.projects[0])
    return labelling
