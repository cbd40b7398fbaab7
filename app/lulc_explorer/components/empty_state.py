"""What covers the maps while there are none: an invitation to make one, its progress, or a problem."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property, partial
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.components.choices import kept
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.map_canvas import MAPS_CSS
from lulc_explorer.engine.requests import LIVE_CATALOGS
from lulc_explorer.session.opening import go_on, make, stop
from lulc_explorer.session.selection import CHOICE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    import param

    from lulc_explorer.background.jobs import Step
    from lulc_explorer.session.session import Session

BAR = """
progress { appearance: none; width: 100%; height: 6px; border: 0; border-radius: 3px; overflow: hidden; }
progress, progress::-webkit-progress-bar {
  background: color-mix(in srgb, var(--panel-on-background-color) 15%, transparent);
}
progress::-webkit-progress-value { background: var(--panel-primary-color); transition: width 0.2s; }
progress:indeterminate {  /* of one step: a part of the bar wanders, few times a second, as the processor is needed */
  background-image: linear-gradient(90deg, transparent 35%, var(--panel-primary-color) 50%, transparent 65%);
  background-size: 300% 100%; background-position: 50% 0; animation: wander 2s steps(12) infinite;
}
progress:indeterminate::-webkit-progress-bar { background: none; }
@keyframes wander { from { background-position: 100% 0; } to { background-position: 0 0; } }
@media (prefers-reduced-motion: reduce) { progress:indeterminate { animation: none; } }
"""
_WORDS = """
:host { color: var(--panel-on-background-color); font-family: var(--bokeh-base-font); overflow-wrap: anywhere; }
h3 { font-size: 20px; font-weight: 500; line-height: 1.3; margin: 0 0 6px; }
p { font-size: 14px; line-height: 1.4; margin: 0; white-space: pre-line; }
.step { min-height: 2.8em; }  /* two lines, which most steps need on a phone: a card in the middle moves with each */
"""
STAGES = {
    "start": "Starting",
    "wait": "Waiting",
    "simulate": "Simulating the scenes",
    "search": "Searching for imagery",
    "select": "Selecting the clearest scenes",
    "estimate": "Estimating the time it takes",
    "load": "Loading the imagery",
    "resume": "Taking over the scenes that are done",
    "predict": "Classifying each scene",
    "composite": "Compositing the year",
    "write": "Saving the map",
    "calibrate": "Calibrating class weights",
    "download": "Downloading",
    "prove": "Testing the network on one chip",
}
"""Labels of the engine's stages; others are shown as they are."""


class Card(pn.viewable.Viewer):
    """An invitation to start long work, its progress, or a problem.

    `instead`, if set, starts it in another way.

    Parameters
    ----------
    make
        Starts the work.
    stop
        Stops waiting for it.
    looks
        Options of the Paper.
    """

    def __init__(self, make: Callable[[], Awaitable[None]], stop: Callable[[], None], **looks: object) -> None:
        super().__init__()
        self.instead: Callable[[], None] | None = None
        wide = {"sizing_mode": "stretch_width"}
        self._words = pn.pane.HTML("", stylesheets=[_WORDS], margin=(4, 10, 8, 10), **wide)
        self._bar = pn.pane.HTML("", stylesheets=[BAR], margin=(4, 10), **wide)

        async def start(_: param.parameterized.Event) -> None:
            await make()

        self._make = pmui.Button(color="primary", variant="contained", on_click=start)
        self._cancel = pmui.Button(label="Cancel", variant="outlined", on_click=lambda _: stop())
        self._instead = pmui.Button(variant="contained", on_click=lambda _: self.instead and self.instead())
        self._buttons = pn.FlexBox(self._instead, self._make, self._cancel)
        self._view = pmui.Paper(self._words, self._bar, self._buttons, elevation=3, **looks)

    def show(self, title: str, text: str, step: Step | None, *, action: str, instead: str = "") -> None:
        """Show text with the progress, or else buttons that start the work in one way or the other, with a label."""
        kind = ' class="step"' if step is not None else ""
        self._words.object = f"<h3>{escape(title)}</h3><p{kind}>{escape(text)}</p>"
        self._bar.object = bar(step) if step is not None else ""
        self._make.visible = step is None and bool(action)
        self._make.label = action
        self._make.variant = "outlined" if instead else "contained"
        self._instead.param.update(label=instead, visible=step is None and bool(instead))
        self._cancel.visible = step is not None
        self._buttons.styles = kept(47) if step is not None or action or instead else {}

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


class MapCard(Card):
    """A card of missing maps, which also says where they were left, and what class weights do meanwhile.

    Parameters
    ----------
    session
        The person's session.
    weighted
        The maps to which the chosen class weights will apply, and when.
    make, stop, **looks
        As of any card.
    """

    def __init__(
        self,
        session: Session,
        weighted: str,
        make: Callable[[], Awaitable[None]],
        stop: Callable[[], None],
        **looks: object,
    ) -> None:
        super().__init__(make, stop, **looks)
        self._session, self._weighted = session, weighted
        self._notes = pn.pane.HTML("", stylesheets=[_WORDS], margin=(0, 10, 8, 10), sizing_mode="stretch_width")
        self._view.insert(1, self._notes)
        self.missing: Sequence[int | None] = ()
        """The years whose maps are missing; of none, nothing else is said."""
        session.weights.param.watch(self._note, "chosen")
        session.map.param.watch(self._note, "land_cover")

    def show(self, title: str, text: str, step: Step | None, *, action: str, instead: str = "") -> None:
        super().show(title, text, step, action=action, instead=instead)
        self._note()

    def _note(self, *_: param.parameterized.Event) -> None:
        notes = (*_left(self._session, self.missing), *_weights(self._session, self._weighted)) if self.missing else ()
        text = "\n".join(notes)
        self._notes.param.update(object=f"<p>{escape(text)}</p>", visible=bool(notes))


class EmptyState(pn.viewable.Viewer):
    """An invitation to make the chosen map, its progress, or a problem.

    Parameters
    ----------
    session
        The person's session.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._view = LateColumn(lambda: self._card, css_classes=["veil"], stylesheets=[MAPS_CSS])
        session.selection.param.watch(self._redraw, CHOICE)
        session.map.param.watch(self._redraw, ["land_cover", "step", "problem", "refused", "other_catalog"])
        session.display.param.watch(self._redraw, "drawing")
        self._redraw()

    @cached_property
    def _card(self) -> MapCard:
        session, looks = self._session, {"max_width": 420, "margin": 10, "align": "center"}
        card = MapCard(session, "this one once it is made", partial(make, session), partial(stop, session), **looks)
        card.instead = partial(go_on, session)
        return card

    def _redraw(self, *_: param.parameterized.Event) -> None:
        session = self._session
        shown = session.map.step is not None or (session.map.land_cover is None and not session.display.drawing)
        self._view.show(shown)
        if shown:
            self._say()

    def _say(self) -> None:
        """Say what there is to say of the chosen map."""
        session = self._session
        place = session.selection.places.get(session.selection.place)
        name = f"{place.title if place else session.selection.place} for {session.selection.year}" + (
            " (simulated)" if place and place.simulated else ""
        )
        step = session.map.step
        if step is not None:
            doing = "Copying" if place and place.made else "Making"
            title, text = f"{doing} the map of {name}", "\n".join(filter(None, (say(step), step.whole)))
        elif session.map.problem:
            title, text = "Map unavailable", session.map.problem
        else:
            title = f"There is no map of {name} yet"
            text = "Each clear scene of the year is classified; then the scenes vote, pixel by pixel."
        again = f"{go_on_with(session)}, {session.selection.year}" if session.map.refused else "Try again"
        action = again if session.map.problem else "Make this map"
        other = session.map.other_catalog if session.map.problem else ""
        instead = f"Use {LIVE_CATALOGS[other]} instead" if other else ""
        self._card.missing = () if session.map.problem else (session.selection.year,)
        self._card.show(title, text, step, action=action if session.selection.can_make else "", instead=instead)

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view


def go_on_with(session: Session) -> str:
    """Return the label of the button that opens what stands in for what a link asks for, and nobody has."""
    place = session.selection.places.get(session.selection.place)
    return f"Continue with {place.title if place else session.selection.place}"


def _left(session: Session, years: Sequence[int | None]) -> Iterator[str]:
    """Yield how far each map was that nobody waited for any more, then how to go on."""
    steps = {year: step for year in years if (step := session.left_at(year)) is not None}
    for year, step in steps.items():
        where = say(replace(step, seconds_left=None))
        yield f"The map of {year} was stopped, since nobody waited for it any more. It was at: {where}."
    if steps:
        yield "Start it again: what was finished is kept."


def _weights(session: Session, weighted: str) -> Iterator[str]:
    """Yield what class weights that were chosen apply to, and what they do not change."""
    if session.weights.chosen:
        opened = session.map.land_cover
        now = f"to the open map of {opened.request.year} now, and " if opened is not None else ""
        yield f"Your class weights apply {now}to {weighted}. They do not change how a map is made."


def bar(step: Step) -> str:
    """Return a progress bar that a screen reader can name; it is indeterminate without a share."""
    value = f'value="{step.done / step.total:.3f}"' if step.total > 1 else ""
    return f'<progress aria-label="Progress" {value}></progress>'


def say(step: Step) -> str:
    """Return a step as text: stage, progress and time left."""
    said = [STAGES.get(step.stage, step.stage.capitalize())]
    if step.total > 1:
        said.append(f"{step.done} of {step.total}")
    if step.detail and step.stage != "search":
        said.append(step.detail)
    if step.seconds_left is not None:
        said.append(f"about {duration(step.seconds_left)} left")
    return " · ".join(said)


def duration(seconds: float) -> str:
    """Return a duration as readable text."""
    return f"{max(round(seconds), 1)} s" if seconds < 90 else f"{round(seconds / 60)} min"
