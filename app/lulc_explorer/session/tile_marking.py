"""The tile on screen, as one person marks it. No widgets: views bind to these parameters."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import param

from lulc_explorer.analysis.tile_imagery import TileImagery
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.tile_labels import mark, marks_in, marks_of, patch_mark, patch_said

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from lulc_explorer.engine.labelling import Label
    from lulc_explorer.engine.tile_labels import TileDraft
    from lulc_explorer.session.unit_on_screen import UnitOnScreen

TOOLS = {"lasso": "Lasso", "box": "Rectangle", "polygon": "Corners", "fill": "Fill", "move": "Move"}
"""What a drag or a click does, with the label shown to the user."""


class TileMarking(param.Parameterized):
    """What a person draws, and how they look at it."""

    chosen = param.String(doc="Class to draw with; empty to take away.")
    tool: param.Selector[str] = param.Selector(default="lasso", objects=list(TOOLS), doc="What a drag or a click does.")
    codes = param.Parameter(doc="Pixels that are shown as marked: legend codes, shape (y, x); None for no tile.")
    look = param.Integer(0, doc="Place of the date that is shown among those of the tile.")
    false_colour = param.Boolean(False, doc="Whether it is shown in near infrared, red and green.")
    hidden = param.Boolean(False, doc="Whether the marks are hidden.")
    theirs = param.Integer(0, doc="Number of the interpreter whose marks are shown; 0 for one's own.")

    def __init__(self) -> None:
        super().__init__()
        self._shown: UnitOnScreen | None = None
        self._own: NDArray[np.uint8] | None = None
        self.handlers: dict[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "choose": self._choose,
            "tool": self._take_tool,
            "draw": self._draw,
            "fill": self._fill,
            "undo": self._undo,
            "redo": self._redo,
            "look": self._turn,
            "colours": self._recolour,
            "hide": self._hide,
            "theirs": self._show_theirs,
            "take over": self._take_over,
            "read": self._read,
        }

    @property
    def _tile(self) -> UnitOnScreen:
        """The tile on screen; raises `UserError` if there is none."""
        if self._shown is None or self._shown.draft is None:
            raise UserError("There is no tile on the screen.")
        return self._shown

    @property
    def draft(self) -> TileDraft:
        """What is drawn of the tile on screen; raises `UserError` if there is none."""
        draft = self._tile.draft
        assert draft is not None
        return draft

    @property
    def _said(self) -> Label | None:
        """The label of the interpreter whose marks are shown; None for one's own."""
        return self._tile.said[self.theirs - 1] if self.theirs else None

    @property
    def taken(self) -> NDArray[np.bool_] | None:
        """Which of an interpreter's pixels one has oneself, shape (y, x); None while one's own are shown."""
        return self.codes == self._own if self.theirs and self.codes is not None else None

    def finish(self, said: Mapping[str, Any], replaces: int | None) -> Label:
        """Store what is drawn as a label. Reads and writes files."""
        if self._own is None or not (self._own.any() or said["comment"]):
            raise UserError("Nothing is marked. Draw, leave the tile for later with N, or say in the comment why not.")
        words = {name: said[name] for name in ("sure", "comment", "imagery")}
        return self.draft.finish(**words, replaces=replaces)

    def open(self, shown: UnitOnScreen | None) -> None:
        """Show the tile that is on screen now; another one on its clearest date."""
        before, self._shown = self._shown, shown
        same = shown is not None and before is not None and shown.unit.number == before.unit.number
        if shown is not None and shown.draft is not None and not self.chosen:
            self.chosen = shown.draft.desk.project.legend.names[0]
        self._own = shown.codes if shown is not None else None
        clearest = shown.imagery.clearest if shown is not None and isinstance(shown.imagery, TileImagery) else 0
        self.param.update(codes=self._own, theirs=0, **({} if same else {"look": clearest, "hidden": False}))

    async def _choose(self, message: Mapping[str, Any]) -> None:
        name = str(message.get("name") or "")
        if name and name not in self.draft.desk.project.legend.names:
            raise UserError(f"There is no class {name[:60]!r}.")
        self.chosen = name

    async def _take_tool(self, message: Mapping[str, Any]) -> None:
        if message.get("tool") in TOOLS:
            self.tool = message["tool"]

    async def _draw(self, message: Mapping[str, Any]) -> None:
        await self._stroke([mark(self.chosen, message["x"], message["y"])])

    async def _fill(self, message: Mapping[str, Any]) -> None:
        """Give a patch the chosen class; of the marks of an interpreter, take it over as it is."""
        draft, said, place = self.draft, self._said, (message["x"], message["y"])
        if said is None:
            patch = await asyncio.to_thread(patch_mark, draft, self.chosen, *place)
        else:
            patch = await asyncio.to_thread(patch_said, draft, said, *place)
        await self._stroke([patch], stay=True)

    async def _take_over(self, message: Mapping[str, Any]) -> None:
        """Draw what an interpreter said over one's own: all of it, or one class."""
        label, name = self._said, message.get("name")
        if label is None:
            return
        marks = await asyncio.to_thread(marks_of, self.draft.desk, label)
        taken = [one for one in marks if name in (None, one.name)]
        if not taken:
            raise UserError(f"Interpreter {self.theirs} marked nothing{f' as {name}' if name else ''} here.")
        await self._stroke(taken, stay=name is not None)

    async def _read(self, message: Mapping[str, Any]) -> None:
        """Draw the marks of a file over what there is."""
        marks = await asyncio.to_thread(marks_in, self.draft, message["name"], message["content"])
        if not marks:
            raise UserError(f"{message['name']} marks nothing of this tile.")
        await self._stroke(marks)

    async def _stroke(self, marks: list[Any], *, stay: bool = False) -> None:
        await asyncio.to_thread(self.draft.draw, marks)
        await self._refresh(stay=stay)

    async def _undo(self, _: Mapping[str, Any]) -> None:
        if not await asyncio.to_thread(self.draft.undo):
            raise UserError("There is no stroke to undo.")
        await self._refresh(stay=True)

    async def _redo(self, _: Mapping[str, Any]) -> None:
        if not await asyncio.to_thread(self.draft.redo):
            raise UserError("There is no stroke to redo.")
        await self._refresh(stay=True)

    async def _refresh(self, *, stay: bool) -> None:
        """Show one's own marks, or stay with those of an interpreter, of which one may have more or less now."""
        self._own = (await asyncio.to_thread(self.draft.codes)).values
        if stay and self.theirs:
            self.param.trigger("codes")
        else:
            self.param.update(codes=self._own, theirs=0, hidden=False)

    async def _turn(self, message: Mapping[str, Any]) -> None:
        """Show another date: the one that is asked for, else the next."""
        imagery = self._tile.imagery
        if imagery is not None and imagery.scenes:
            self.look = int(message.get("look", self.look + 1)) % len(imagery.scenes)

    async def _recolour(self, _: Mapping[str, Any]) -> None:
        self.false_colour = not self.false_colour

    async def _hide(self, _: Mapping[str, Any]) -> None:
        self.hidden = not self.hidden

    async def _show_theirs(self, message: Mapping[str, Any]) -> None:
        """Show the marks of an interpreter, or one's own again."""
        shown, number = self._tile, int(message.get("number", 0))
        if number == self.theirs or not 1 <= number <= len(shown.said):
            self.param.update(theirs=0, codes=self._own)
            return
        codes = await asyncio.to_thread(self.draft.codes_of, shown.said[number - 1])
        self.param.update(theirs=number, codes=codes.values, hidden=False)
