"""A tile that is being marked: strokes, each stored as it is drawn, until they become a label."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import odc.geo.xr
import shapely
from sqlalchemy import func, select

from lulc_core.errors import InvalidInputError
from lulc_core.labelling.adjudication import adjudicate, agreed_codes, counting, tile_layers
from lulc_core.labelling.markup import (
    MarkedPolygon,
    marks_from,
    marks_of,
    polygons_of,
    rasterise_marks,
    refuse_other_shapes,
    snapped,
    stored_marks,
)
from lulc_core.labelling.statements import fetch_labels, labels_with_people, stands
from lulc_core.labelling.tables import LabelRow, StrokeRow, UnitRow
from lulc_core.labelling.tiles import mark_tile
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray
    from odc.geo.geobox import GeoBox
    from sqlalchemy.orm import Session

    from lulc_core.labelling.desk import LabelDesk
    from lulc_core.labelling.records import Label


class TileDraft:
    """What one person has drawn of one tile so far. Every stroke is on the disk when the call returns.

    It begins with what the person last said of the tile, though that was taken back. For an adjudicator it begins
    with the pixels on which the interpreters agree.

    Parameters
    ----------
    desk
        A project of tiles.
    person
        Who draws.
    unit
        Number of the tile.
    adjudicating
        Whether they decide between the labels of others.

    Raises
    ------
    NotFoundError
        If there is no such unit.
    InvalidInputError
        If the unit is a point.

    Examples
    --------
    >>> import pandas as pd
    >>> import shapely
    >>> from odc.geo.geobox import GeoBox
    >>> from lulc_core.labelling.database import LabelDatabase
    >>> from lulc_core.labelling.records import LabelProject
    >>> from lulc_core.labelling.samples import create_label_project
    >>> grid = GeoBox.from_bbox((500_000, 0, 500_030, 10), crs="EPSG:32631", resolution=10)
    >>> tiles = pd.DataFrame({"lon": [3.0], "lat": [0.0], "grid": [grid]})
    >>> with LabelDatabase("sqlite:///:memory:") as database:
    ...     desk = create_label_project(database, LabelProject(name="Tiles", kind="tiles"), tiles)
    ...     draft = TileDraft(desk, "Ana", 1)
    ...     draft.draw([MarkedPolygon(name="water", geometry=shapely.box(500_000, 0, 500_018, 10))])
    ...     draft.codes().values.tolist()
    [[1, 1, 0]]
    """

    def __init__(self, desk: LabelDesk, person: str, unit: int, *, adjudicating: bool = False) -> None:
        grid = desk.unit(unit).grid
        if grid is None:
            raise InvalidInputError(f"Unit {unit} is a point, which takes one class; only tiles are drawn on.")
        self.desk, self.person, self.unit, self.adjudicating = desk, person, unit, adjudicating
        self.grid: GeoBox = grid
        self._painted: tuple[int, list[int], NDArray[np.uint8]] | None = None
        """Turn and ids of the strokes that were drawn last, and what came of them: most often one more follows."""

    def marks(self) -> list[MarkedPolygon]:
        """Return the polygons, the oldest first."""
        with self.desk.database.reading() as session:
            _, standing, _ = self._strokes(session)
            return [*self._base(session), *self._marks_of(session, [stroke for _, stroke in standing])]

    def codes(self) -> xr.DataArray:
        """Return the pixels: dims (y, x), uint8 legend codes, 0 = not marked."""
        with self.desk.database.reading() as session:
            turn, standing, _ = self._strokes(session)
            strokes, known, over = [stroke for _, stroke in standing], 0, None
            if self._painted is not None and self._painted[0] == turn:
                _, before, painted = self._painted
                if strokes[: len(before)] == before:
                    known, over = len(before), painted
            marks = self._marks_of(session, strokes[known:])
            if over is None:
                marks = [*self._base(session), *marks]
        found = rasterise_marks(marks, self.grid, self.desk.project.legend, over=over)
        self._painted = turn, strokes, found.values.copy()
        return found

    def codes_of(self, label: Label) -> xr.DataArray:
        """Return the pixels that somebody's label marks, as `codes` does."""
        return rasterise_marks(marks_of(self.desk, label), self.grid, self.desk.project.legend)

    def draw(self, marks: Sequence[MarkedPolygon]) -> None:
        """Add polygons as one stroke, along the edges of pixels; those of no class take away what is below them.

        Raises
        ------
        InvalidInputError
            For a class that is not in the legend, a geometry that is no polygon, or if no pixel has its centre in
            any.
        """
        refuse_other_shapes(marks)
        placed = [MarkedPolygon(name=mark.name, geometry=snapped(mark.geometry, self.grid)) for mark in marks]
        drawn = [mark for mark in placed if not shapely.is_empty(mark.geometry)]
        if not drawn:
            raise InvalidInputError("No pixel of the tile has its centre in what was drawn. Zoom in, or draw larger.")
        with self.desk.database.writing_project(self.desk.id) as session:
            self._add(session, markup=stored_marks(drawn, self.desk.project.legend))

    def undo(self) -> bool:
        """Take back the last stroke that stands: a row is added that says so. Return whether there was one."""
        return self._turn_back(0)

    def redo(self) -> bool:
        """Let the stroke that was last taken back stand again, unless another was drawn since, as `undo` does."""
        return self._turn_back(1)

    def _turn_back(self, which: int) -> bool:
        """Add a row that undoes the last of the strokes that stand (0), or of those that were undone (1)."""
        with self.desk.database.writing_project(self.desk.id) as session:
            _, *both = self._strokes(session)
            strokes = both[which]
            if strokes:
                self._add(session, undoes=strokes[-1][0])
        return bool(strokes)

    def finish(
        self, *, sure: bool = True, comment: str = "", imagery: Sequence[str] = (), replaces: int | None = None
    ) -> Label:
        """Store what is drawn as the person's label, or decision, merged; arguments as in `LabelDesk.label`."""
        marks = polygons_of(self.codes(), self.desk.project.legend)
        if self.adjudicating:
            return adjudicate(
                self.desk, self.person, self.unit, None, sure=sure, comment=comment, imagery=imagery, marks=marks
            )
        more = {"sure": sure, "comment": comment, "imagery": imagery, "replaces": replaces}
        return mark_tile(self.desk, self.person, self.unit, marks, **more)  # type: ignore[arg-type]  # as given

    def _add(self, session: Session, **stroke: object) -> None:
        """Add a row in a transaction of the project."""
        row, me = self.desk.unit_row(session, self.unit), self.desk.person_id(session, self.person)
        turn = self._turn(session, me)
        session.add(StrokeRow(unit_id=row.id, person_id=me, turn=turn, at=datetime.now(UTC), **stroke))

    def _marks_of(self, session: Session, strokes: Sequence[int]) -> list[MarkedPolygon]:
        """Return the polygons of strokes, by their ids, in their order."""
        drawn = select(StrokeRow.id, StrokeRow.markup).where(StrokeRow.id.in_(strokes))
        markup = {row.id: row.markup for row in session.execute(drawn)}
        return [one for stroke in strokes for one in marks_from(markup[stroke] or [], self.desk.project.legend)]

    def _strokes(self, session: Session) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the turn of the label to come, its strokes that stand, and those that can be redone, in order.

        Before the id of each is that of the row that made it so: its own, or the last one that undid or redid it.
        """
        me = self.desk.known_person(session, self.person)
        row, turn = self.desk.unit_row(session, self.unit), self._turn(session, me)
        mine = select(StrokeRow.id, StrokeRow.undoes).where(StrokeRow.unit_id == row.id, StrokeRow.person_id == me)
        standing: list[tuple[int, int]] = []
        undone: list[tuple[int, int]] = []
        for stroke, undoes in session.execute(mine.where(StrokeRow.turn == turn).order_by(StrokeRow.id)):
            if undoes is None:
                standing.append((stroke, stroke))
                undone.clear()
                continue
            undo = bool(standing) and standing[-1][0] == undoes
            before, after = (standing, undone) if undo else (undone, standing)
            after.append((stroke, before.pop()[1]))
        return turn, standing, undone

    def _turn(self, session: Session, person: int) -> int:
        """Return how many labels of the tile the person has stored."""
        mine = select(func.count()).select_from(LabelRow).join(UnitRow, UnitRow.id == LabelRow.unit_id)
        mine = mine.where(UnitRow.project_id == self.desk.id, UnitRow.number == self.unit)
        return session.scalar(mine.where(LabelRow.person_id == person)) or 0

    def _base(self, session: Session) -> list[MarkedPolygon]:
        """Return what the drawing begins with."""
        legend, me = self.desk.project.legend, self.desk.known_person(session, self.person)
        of_tile = labels_with_people(self.desk.id).where(UnitRow.number == self.unit)
        own = [row for row, *_ in session.execute(of_tile.where(LabelRow.person_id == me))]
        if own:
            return marks_from(own[-1].markup or [], legend)
        if not self.adjudicating:
            return []
        labels = fetch_labels(session, legend, of_tile.where(stands()))
        said = counting(labels, self.desk.project.interpreters).get(self.unit, [])
        agreed = agreed_codes(tile_layers(session, self.desk, self.grid, said), strict=True)
        return polygons_of(odc.geo.xr.wrap_xr(agreed, self.grid, nodata=NO_DATA), legend)
