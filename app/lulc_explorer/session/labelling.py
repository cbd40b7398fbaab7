"""One interpreter at the label desk. No widgets: views bind to these parameters.

It asks for no class of a map and for no stratum, but by `compute_results`, which the interpreter has to ask for.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import param

from lulc_explorer.background.jobs import STARTING, Step, Ticket
from lulc_explorer.engine.errors import UserError, user_message
from lulc_explorer.engine.labelling import LabelResults, decide, open_disputes, results, unit_imagery, waiting_for
from lulc_explorer.engine.place_scenes import open_scenes
from lulc_explorer.engine.tile_labels import draft_of, tile_imagery
from lulc_explorer.session.opening import other_catalog
from lulc_explorer.session.tile_marking import TileMarking
from lulc_explorer.session.unit_on_screen import UnitOnScreen
from lulc_explorer.session.unit_scenes import scenes_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from lulc_explorer.background.jobs import Work
    from lulc_explorer.engine.labelling import Dispute, Label, LabelDesk, LabelStore, LabelUnit
    from lulc_explorer.session.session import Session

BASE_MAP = "imagery"
"""Which of the base maps an interpreter may look at, too."""


class LabelSession(param.Parameterized):
    """The label desk of one person.

    Parameters
    ----------
    session
        The person's session.
    store
        The labels.
    owner
        Who it is, where a hub knows; empty where the person has to say it.
    """

    person = param.String(doc="Who labels; empty until it is said.")
    project = param.String(doc="Name of the project; empty until it is chosen.")
    projects = param.List(item_type=str, doc="Names of the projects to choose from.")
    problem = param.String(doc="Why nobody can label, and what to do; empty if they can.")
    shown = param.ClassSelector(class_=UnitOnScreen, allow_None=True, doc="The unit on screen; None if there is none.")
    progress = param.String(doc="How far the person is, in words.")
    disputes = param.Integer(0, doc="Units that the person may decide.")
    finished = param.String(doc="Why no unit is on screen, and what to do; empty if one is.")
    adjudicating = param.Boolean(False, doc="Whether the unit on screen is one of them.")
    answered = param.Integer(0, doc="Number of messages that have been dealt with.")
    results = param.ClassSelector(class_=LabelResults, allow_None=True, doc="What the labels say, once asked for.")
    step = param.ClassSelector(
        class_=Step, allow_None=True, doc="How far the search for scenes is; None if there is none."
    )

    other_catalog = param.String(doc="Catalog of imagery to go on with, since the chosen one did not answer.")

    def __init__(self, session: Session, store: LabelStore, owner: str = "") -> None:
        super().__init__()
        self.session, self.store, self.owner = session, store, owner
        self._desk: LabelDesk | None = None
        self._later: set[int] = set()
        self._again = False
        self._ticket: Ticket[Any] | None = None
        self._opening: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._done: dict[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "label": self._label,
            "next": self._leave,
            "back": self._back,
            "take back": self._take_back,
            "adjudicate": partial(self._change_mode, True),
            "stop adjudicating": partial(self._change_mode, False),
        }
        self.marking = TileMarking()
        self._done |= self.marking.handlers

    @property
    def desk(self) -> LabelDesk:
        """The desk of the project; raises `UserError` before one has been chosen."""
        if self._desk is None:
            raise UserError("Give your name first, and choose a project.")
        return self._desk

    async def open(self) -> None:
        """Look for projects; begin at once where there is one, and a hub says who the person is."""
        if not self.store.address or self.projects:
            return
        await self.look_for_projects()
        if self.owner and len(self.projects) == 1:
            await self.begin(self.owner, self.projects[0])

    async def look_for_projects(self) -> None:
        """Read which projects there are."""
        try:
            self.param.update(projects=await asyncio.to_thread(self.store.projects), problem="")
        except Exception as error:
            self.problem = user_message(error)

    async def begin(self, person: str, project: str) -> None:
        """Let a person label the units of a project."""
        async with self._turn:
            try:
                self._desk = desk = await asyncio.to_thread(self.store.desk, project)
                await asyncio.to_thread(desk.labels_of, person)  # refuses what is no name
                self._later.clear()
                self._again = False
                self.param.update(person=person, project=project, adjudicating=False, results=None, finished="")
                await self._next()
            except Exception as error:
                self.session.remarks.say(user_message(error))

    def leave(self) -> None:
        """Let another person, or this one in another project, begin."""
        self.stop()
        self._desk = None
        self.param.update(person="", project="", shown=None, results=None, adjudicating=False, progress="", finished="")

    async def answer(self, message: Mapping[str, Any]) -> None:
        """Do what a key asks for: `do`, and the `unit` that was on screen; a key for another one comes too late."""
        async with self._turn:
            try:
                shown = self.shown.unit.number if self.shown is not None else 0
                if message.get("unit", 0) != shown:
                    self.session.remarks.say(
                        "That key came too late, and was not counted: another unit is on the screen."
                    )
                elif message.get("do") in self._done:
                    await self._done[message["do"]](message)
            except Exception as error:
                self.session.remarks.say(user_message(error))
            finally:
                self.answered += 1

    async def _label(self, message: Mapping[str, Any]) -> None:
        """Store a label, the decision of an adjudicator or another label in place of the one before; go on."""
        shown, name = self.shown, message.get("name")
        if shown is None:
            return
        if (name is not None or shown.draft is not None) and not shown.seen:
            raise UserError("There is no imagery of this unit, so its class cannot be read. Leave it for later.")
        said: dict[str, Any] = {
            "alternate": message.get("alternate"),
            "sure": bool(message.get("sure", True)),
            "comment": str(message.get("comment", "")),
            "imagery": shown.seen + [f"base map: {BASE_MAP}"] * bool(message.get("base")),
        }
        number, replaces = shown.unit.number, shown.own.id if shown.own is not None else None
        if shown.draft is not None:
            await asyncio.to_thread(self.marking.finish, said, replaces)
        elif self.adjudicating:
            await asyncio.to_thread(decide, self.desk, self.person, number, name, **said)
        else:
            store = partial(self.desk.label, self.person, number, name, replaces=replaces, **said)
            await asyncio.to_thread(store)
        await self._next()
        await self._follow_results()

    async def _leave(self, _: Mapping[str, Any]) -> None:
        """Leave a unit for later; one that has a label keeps it."""
        if self.shown is not None and self.shown.own is None:
            self._later.add(self.shown.unit.number)
        await self._next()

    async def _back(self, _: Mapping[str, Any]) -> None:
        """Show the person's last label again, or the one before that on screen."""
        own = [label for label in await asyncio.to_thread(self.desk.labels_of, self.person) if not label.adjudication]
        now = self.shown.own if self.shown is not None else None
        before = [label for label in own if now is None or label.id < now.id]
        if not before:
            raise UserError("You have labelled nothing before this.")
        self.adjudicating = False
        await self._show(await asyncio.to_thread(self.desk.unit, before[-1].unit), own=before[-1])

    async def _take_back(self, _: Mapping[str, Any]) -> None:
        """Take back the label on screen; its unit stays."""
        shown = self.shown
        if shown is None or shown.own is None:
            raise UserError("You have not labelled this unit. Press B to see the last one that you did.")
        await asyncio.to_thread(self.desk.withdraw, self.person, shown.own.id)
        await self._show(shown.unit)
        await self._follow_results()

    async def _follow_results(self) -> None:
        """Compute the results anew, if they are on the screen."""
        if self.results is not None:
            await self.compute_results()

    async def _change_mode(self, adjudicating: bool, _: Mapping[str, Any]) -> None:
        self._later.clear()
        self.adjudicating = adjudicating
        await self._next()

    async def _next(self) -> None:
        """Show the next unit; once all others are done, those that were left for later."""
        if self.adjudicating and await self._next_dispute():
            return
        self.adjudicating = False
        units = await asyncio.to_thread(self.desk.next_units, self.person, 2, skip=self._later)
        if not units and self._later:
            self._later.clear()
            units = await asyncio.to_thread(self.desk.next_units, self.person, 2)
            self._again = bool(units)
        if not units:
            await self._count()
            self.param.update(shown=None, finished=await asyncio.to_thread(self._why_none))
            return
        await self._show(units[0])
        for ahead in units[1:]:  # its imagery is there when it is asked for
            asyncio.get_running_loop().run_in_executor(None, self._look, ahead, None, ())

    def _why_none(self) -> str:
        """Return why there is no unit for the person, and whom the project waits for."""
        if self.desk.left_for(self.person):
            return "The units that are left are on the screens of others. Look again later."
        return f"Every unit that needed your label has one. {waiting_for(self.desk, self.person)}"

    async def _next_dispute(self) -> bool:
        """Show the next unit in dispute, and return whether there is one."""
        found: list[Dispute] = list(await asyncio.to_thread(open_disputes, self.desk, self.person, self._later))
        if not found and self._later:
            self._later.clear()
            found = list(await asyncio.to_thread(open_disputes, self.desk, self.person))
        if found:
            await self._show(found[0].unit, said=found[0].labels)
        return bool(found)

    async def _show(self, unit: LabelUnit, *, own: Label | None = None, said: tuple[Label, ...] = ()) -> None:
        """Put a unit on the screen."""
        await self._count()
        self.param.update(shown=await asyncio.to_thread(self._look, unit, own, said), finished="")
        if self.shown is not None and self.shown.missing is not None:
            self._opening = asyncio.get_running_loop().create_task(self.open_scenes())

    async def _count(self) -> None:
        """Say how far the person is."""
        self.progress, self.disputes = await asyncio.to_thread(self._how_far)

    def _how_far(self) -> tuple[str, int]:
        desk, person = self.desk, self.person
        whole, left = desk.progress(), desk.left_for(person)
        own = sum(not label.adjudication for label in desk.labels_of(person))
        needed = desk.project.interpreters
        again = " · only those that you left for later" if self._again and left else ""
        complete = f" · {whole.complete} have all {needed} labels" if needed > 1 else ""
        return f"{own} of {whole.units}, {left} left for you{again}{complete}", len(open_disputes(desk, person))

    def _look(self, unit: LabelUnit, own: Label | None, said: tuple[Label, ...]) -> UnitOnScreen:
        """Return a unit with imagery of the place that it lies in. Reads files."""
        screen = partial(UnitOnScreen, unit=unit, own=own, said=said)
        try:
            if unit.grid is not None:
                draft = draft_of(self.desk, self.person, unit, adjudicating=bool(said))
                screen = partial(screen, draft=draft, codes=draft.codes().values)
            scenes, missing = scenes_of(self.session, unit)
            if scenes is not None:
                imagery = unit_imagery(scenes, unit) if unit.grid is None else tile_imagery(scenes, unit)
                return screen(imagery=imagery, scenes=scenes, lacking=imagery.lacking)
        except Exception as error:
            return screen(lacking=user_message(error))
        if missing is not None:
            return screen(missing=missing, lacking=f"The scenes of {missing.place.title} are not known yet.")
        return screen(lacking="No place with this imagery covers the unit. Choose other imagery, or an own place.")

    async def follow_choice(self, *_: param.parameterized.Event) -> None:
        """Show the point on screen with the imagery that was chosen; a tile keeps its own until the next."""
        async with self._turn:
            shown = self.shown
            if shown is not None and (shown.scenes is None or shown.draft is None):
                await self._show(shown.unit, own=shown.own, said=shown.said)

    async def look_again(self, *_: param.parameterized.Event) -> None:
        """Show the unit on screen with the scenes that there are now, if it had none."""
        async with self._turn:
            shown = self.shown
            if shown is not None and shown.scenes is None:
                self.shown = await asyncio.to_thread(self._look, shown.unit, shown.own, shown.said)

    async def open_scenes(self) -> None:
        """Search the scenes of the place that the unit on screen lies in, or wait for whoever does; read no map.

        The map of a finished run in a bucket is copied: its imagery is nowhere else.
        """
        request = self.shown.missing if self.shown is not None else None
        if request is None or self.step is not None:
            return
        copied = bool(request.place.made)
        key = request.key if copied else f"scenes:{request.key}"
        work: Work[Any] = partial(self.session.repository.make if copied else open_scenes, request)
        try:
            self._ticket = ticket = self.session.jobs.join(key, work)
            self.param.update(step=STARTING, other_catalog="")
            async for self.step in ticket.steps():
                pass
            ticket.result()
        except Exception as error:
            self.session.remarks.say(user_message(error))
            self.other_catalog = other_catalog(self.session, error)
        finally:
            self._ticket = None
            self.step = None
        await self.look_again()

    def go_on(self) -> None:
        """Look at the imagery of the other catalog, since the chosen one did not answer."""
        self.session.selection.imagery = self.other_catalog

    def stop(self) -> None:
        """Stop waiting for scenes; the search is cancelled if nobody else waits for it."""
        if self._ticket is not None:
            self._ticket.leave()

    async def compute_results(self) -> None:
        """Compute what the labels say so far. It shows classes of the map."""
        try:
            composite = self.session.map.composite
            cover = composite.data["label"] if composite is not None else None
            self.results = await asyncio.to_thread(results, self.desk, cover)
        except Exception as error:
            self.session.remarks.say(user_message(error))
