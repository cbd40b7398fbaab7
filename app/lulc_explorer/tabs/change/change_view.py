"""The change tab: transitions between two years, gains and losses of each class, and how much is uncertain."""

from __future__ import annotations

from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import panel as pn
import panel_material_ui as pmui

from lulc_explorer.analysis.change import split_by_size
from lulc_explorer.components.choices import kept
from lulc_explorer.components.empty_state import MapCard, go_on_with, say
from lulc_explorer.components.late_column import LateColumn
from lulc_explorer.components.message import busy
from lulc_explorer.components.simulated import simulated_note
from lulc_explorer.engine.classes import PALETTE, ROTATED
from lulc_explorer.engine.counts import counted
from lulc_explorer.rendering.formatting import PERCENT, hectares, percent
from lulc_explorer.session.change import in_turn
from lulc_explorer.tabs.change.both_years import BothYears
from lulc_explorer.tabs.change.change_map import ChangeMap
from lulc_explorer.tabs.change.sankey import LEAST, sankey
from lulc_explorer.tabs.change.style import CHANGE_CSS
from lulc_explorer.tabs.change.tables import balance_table, transition_table
from lulc_explorer.tabs.change.transitions import Transitions, ranked

if TYPE_CHECKING:
    import param

    from lulc_explorer.analysis.change import Flow
    from lulc_explorer.session.change import ChangeSession, Compared

_WIDE = {"sizing_mode": "stretch_width", "margin": 0}
_TALL = {"css_classes": ["tall"], "stylesheets": [CHANGE_CSS], **_WIDE}
_ROW = {"styles": {"flex-flow": "row wrap", "align-items": "center"}, **_WIDE}
"""Of a column: one that is a row to Panel is never narrower than its parts together."""
_METHOD = (
    "Estimated from the votes of both years. A pixel counts with the chance that its votes come from different "
    "shares of the classes in the two years, and not from the same; how often each class turns into another is what "
    "explains the votes of the whole place best. Fields turn from grass to crops and back, and the votes of two years "
    "do not tell that from a change for good, so it is named apart. By the truth of 88 pairs of years of simulated "
    f"places, 0.8 to 1.4 times as much was real; in 3 more, in which 0.1{PERCENT} or less was real, nothing "
    "was found, and nothing in 4 in which nothing had changed."
)
_AND = " and "
_BACKWARDS = "The first year is the later one, so gains and losses run backwards in time. "


class ChangeTab(pn.viewable.Viewer):
    """Change between two years.

    Parameters
    ----------
    comparison
        The comparison of one person.
    """

    def __init__(self, comparison: ChangeSession) -> None:
        super().__init__()
        self._comparison = comparison
        self._panels = LateColumn(self._build, sizing_mode="stretch_width")
        self._view = pn.Column(
            self._choices(),
            _words(_above, *(comparison.param[name] for name in ("compared", "uncertain_below", "missing", "problem"))),
            MissingMaps(comparison),
            self._panels,
            **_WIDE,
        )
        comparison.param.watch(self._follow, "compared")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    async def _follow(self, *_: param.parameterized.Event) -> None:
        """Build the panels after the headline, and after those of others: they cost the server four times as much."""
        if self._comparison.compared is None or len(self._panels):
            self._redraw()
            return
        async with in_turn():
            self._redraw()

    def _redraw(self) -> None:
        self._panels.show(self._comparison.compared is not None)

    def _build(self) -> pn.Column:
        """Return the map and what lies beside and below it."""
        comparison = self._comparison
        compared = comparison.param.compared
        return pn.Column(
            pn.Column(
                _words(map_caption, compared),
                ChangeMap(comparison),
                _switch(comparison.param.clear_only, label="Hide uncertain change", margin=(10, 0, 0, 0)),
                **_TALL,
            ),
            pn.Column(BothYears(comparison), Transitions(comparison), **_TALL),
            pn.Column(
                _words(flows, compared, comparison.param.stays),
                _switch(comparison.param.stays, label="Include unchanged area", margin=(6, 0)),
                **_WIDE,
            ),
            _words(balance_table, compared),
            _words(transition_table, compared),
            css_classes=["panels"],
            stylesheets=[CHANGE_CSS],
            **_WIDE,
        )

    def _choices(self) -> pn.Column:
        """Return the inputs of the two years and of the margin that counts as uncertain."""
        comparison = self._comparison
        self._before, self._after = (
            pmui.Select(label=label, size="small", width=110, margin=(8, 12, 8, 0), styles=kept())
            for label in ("From", "To")
        )
        self._offer()
        self._before.param.watch(lambda event: comparison.param.update(before=event.new), "value")
        self._after.param.watch(lambda event: comparison.param.update(after=event.new), "value")
        comparison.param.watch(self._offer, ["before", "after"])
        comparison.session.selection.param.watch(self._offer, "place")
        threshold = pmui.FloatSlider.from_param(
            comparison.param.uncertain_below,
            label="Treat as uncertain if margin is below",
            description="",
            start=0.02,
            end=0.5,
            step=0.02,
            format="0 %",
            size="small",
            width=290,
            margin=(8, 12),
            styles=kept(47),
        )
        return pn.Column(self._before, self._after, threshold, **_ROW)

    def _offer(self, *_: param.parameterized.Event) -> None:
        """Offer the available years, and those requested even if they are not."""
        comparison = self._comparison
        asked = [year for year in (comparison.before, comparison.after) if year is not None]
        years = sorted({*comparison.session.selection.years, *asked})
        self._before.param.update(options=years, value=comparison.before)
        self._after.param.update(options=years, value=comparison.after)


class MissingMaps(pn.viewable.Viewer):
    """Shown in place of the comparison until both maps are available.

    Parameters
    ----------
    comparison
        The comparison of one person.
    """

    def __init__(self, comparison: ChangeSession) -> None:
        super().__init__()
        self._comparison = comparison
        self._view = LateColumn(lambda: self._card, align="center", sizing_mode="stretch_width")
        comparison.param.watch(self._redraw, ["compared", "missing", "problem"])
        comparison.maker.param.watch(self._redraw, "step")
        self._redraw()

    def __panel__(self) -> pn.viewable.Viewable:
        return self._view

    @cached_property
    def _card(self) -> MapCard:
        comparison, weighted = self._comparison, "both maps here once they are made"
        return MapCard(comparison.session, weighted, comparison.make, comparison.stop, max_width=460, margin=(30, 10))

    def _redraw(self, *_: param.parameterized.Event) -> None:
        comparison = self._comparison
        shown = bool(comparison.missing or comparison.problem or comparison.maker.step is not None)
        self._view.show(shown)
        if shown:
            self._say()

    def _say(self) -> None:
        """Say which maps are missing, or how far they are."""
        comparison = self._comparison
        step, missing = comparison.maker.step, comparison.missing
        years = " and ".join(map(str, missing))
        if step is not None:
            title, text = f"Making the map of {comparison.maker.year}", say(step)
        elif comparison.problem:
            title = "Nothing to compare yet" if comparison.undecided else "Comparison unavailable"
            text = comparison.problem
        else:
            title = f"Change from {comparison.before} to {comparison.after}: {_needs(missing)}"
            text = "Both years are classified in the same way, scene by scene, and compared pixel by pixel."
        self._card.missing = missing
        action = f"Make the map{'s' if len(missing) > 1 else ''} of {years}" if missing else ""
        if comparison.session.lacks_place:
            action = go_on_with(comparison.session)
        self._card.show(title, text, step, action=action)


def _above(compared: Compared | None, uncertain_below: float, missing: list[int], problem: str) -> str:
    """Return what stands above the comparison, or in its place while it is being read."""
    if compared is not None:
        return headline(compared, uncertain_below)
    return "" if missing or problem else busy("Reading both maps")


def headline(compared: Compared, uncertain_below: float) -> str:
    """Return how much changed, and how much of that is uncertain, in words."""
    change, (before, after) = compared.change, compared.years
    note, order = simulated_note(compared.simulated), _BACKWARDS if before > after else ""
    if not change.changed_ha:
        return f"<h2>{escape(compared.title)}: nothing changed between {before} and {after}{note}</h2>"
    share = percent(change.changed_ha / change.seen_ha)
    return (
        f"<h2>{escape(compared.title)}: {share} of the area changed its class between {before} and {after}; "
        f"{_likely(compared)}{note}</h2>"
        f'<p class="told">{order}{_checked(compared)} {flicker(compared, uncertain_below)}</p>'
        f'<p class="told">{" ".join(_remarks(compared))}</p>'
    )


def _likely(compared: Compared) -> str:
    """Return how much of the area is likely real change, with the method in a tooltip."""
    change = compared.change
    area, rotated = change.likely_changed_ha, change.rotated_ha
    if area is None:
        return f"how much is real cannot be told: {compared.untold}"
    likely = f"about {percent(area / change.seen_ha)} is likely real" if area else "nothing is likely real"
    if rotated:
        most = f"at most {percent(max(rotated / change.seen_ha, 0.001))}"
        between = f"between {_AND.join(ROTATED)}"
        likely = f"{likely}, besides {most} {between}" if area else f"{most} is likely real, {between}"
    return f'<span class="likely" tabindex="0" title="{escape(_METHOD)}">{likely}</span>'


def _checked(compared: Compared) -> str:
    """Return the largest change that is likely real, and how much is real by the simulated truth."""
    change = compared.change
    if change.likely_changed_ha is None:
        return _really(compared)
    if not change.likely_changed_ha + change.rotated_ha:
        return f"The votes of the two years differ no more than by chance. {_really(compared)}"
    first, *_ = ranked(compared)
    most = f"The largest part of that is {_named(first)}: {_part(first)}." if change.likely_changed_ha else ""
    if change.rotated_ha:
        differs = hectares(float(change.hectares[change.rotates].sum()))
        most += (
            f" Between {_AND.join(ROTATED)}, fields rotate: of the {differs} ha that changed so, "
            f"at most {hectares(change.rotated_ha)} ha are a change for good."
        )
    return f"{most} {_really(compared)}"


def _really(compared: Compared) -> str:
    """Return how much of the area changed and is shown to, by the simulated truth; empty if nobody knows."""
    if compared.real_ha is None:
        return ""
    real = percent(compared.real_ha / compared.change.seen_ha) if compared.real_ha else "nothing"
    return f"By the simulated truth, {real} of the area is real change that the maps show."


def _named(flow: Flow) -> str:
    return f"{PALETTE.names[flow.before]} to {PALETTE.names[flow.after]}"


def _part(flow: Flow) -> str:
    return f"{hectares(flow.likely_ha or 0)} of the {hectares(flow.hectares)} ha that changed so"


def flicker(compared: Compared, uncertain_below: float) -> str:
    """Return how much of the change is uncertain."""
    change = compared.change
    calm = percent(change.uncertain_unchanged) if change.uncertain_unchanged else "none"
    lead = f"margin below {100 * uncertain_below:.0f}{PERCENT} of the score"
    if not change.flicker:
        return f"None of the {hectares(change.changed_ha)} changed hectares is uncertain ({lead})."
    return (
        f"{percent(change.flicker)} of the {hectares(change.changed_ha)} changed hectares are uncertain "
        f"({lead} in one of the years). Of the unchanged area, {calm} is uncertain."
    )


def _remarks(compared: Compared) -> list[str]:
    change, said = compared.change, []
    if compared.real is not None:
        told = [
            f"{percent(share) if share else 'none'} of the {kind} change is correct"
            for kind, share in compared.real.items()
            if share is not None
        ]
        said.append(f"Checked against the simulated truth: {' and '.join(told)}.")
    if change.unseen_ha:
        said.append(f"{hectares(change.unseen_ha)} ha have no data in one of the years and are excluded.")
    if compared.weighted:
        said.append("Both composites use the class weights on screen.")
    said.append("Pixel counts carry the errors of both maps and are not an unbiased estimate of change.")
    return said


def map_caption(compared: Compared | None) -> str:
    """Return the caption of the map of change."""
    return (
        '<h3>Changed area</h3><p title="Pixels whose class differs between the two maps">'
        "In the colour of the new class; unchanged area is faded</p>"
        if compared
        else ""
    )


def flow_caption(compared: Compared | None, stays: bool) -> str:
    """Return the caption of the Sankey diagram, and what it omits."""
    if compared is None:
        return ""
    _, small = split_by_size(compared.change.flows(stays=stays), LEAST)
    left_out = (
        f"Only in the list: {counted(len(small), 'transition')} under {percent(LEAST)} "
        f"({hectares(sum(f.hectares for f in small))} ha in total)"
        if small
        else "All transitions are drawn"
    )
    return (
        f"<h3>Transitions</h3><p>Band width = hectares. {left_out}</p>"
        f'<div class="sides"><span>{compared.years[0]}</span><span>{compared.years[1]}</span></div>'
    )


def flows(compared: Compared | None, stays: bool) -> str:
    """Return the Sankey diagram with its caption."""
    return flow_caption(compared, stays) + sankey(compared.change, stays=stays) if compared else ""


def _needs(missing: list[int]) -> str:
    return f"the map of {missing[0]} is missing" if len(missing) == 1 else "both maps are missing"


def _switch(parameter: param.Parameter[bool], *, label: str, margin: tuple[int, ...]) -> pmui.Switch:
    return pmui.Switch.from_param(parameter, label=label, description="", margin=margin)


def _words(say: object, *parameters: object) -> pn.pane.HTML:
    return pn.pane.HTML(pn.bind(say, *parameters), stylesheets=[CHANGE_CSS], **_WIDE)
