"""The vote ledger of a pixel: every scene's vote, the scores, and the weights that would change the class."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from lulc_explorer.engine.classes import LEGEND, css_colour, css_ink
from lulc_explorer.rendering.formatting import PERCENT, format_date
from lulc_explorer.sidebar.weights import HEAVIEST

if TYPE_CHECKING:
    from lulc_explorer.analysis.vote_ledger import Vote, VoteLedger
    from lulc_explorer.engine.land_cover_map import LandCoverMap

STYLE = """
:host { color: var(--panel-on-background-color); font: 13px/1.45 var(--bokeh-base-font); }
h2 {
  margin: 0; padding: 3px 0 1px; font-size: 16px; font-weight: 500; line-height: 1.3;
  animation: come 1.5s;
}
@keyframes come { from { background: color-mix(in srgb, var(--panel-primary-color) 35%, transparent); } }
@media (prefers-reduced-motion) { h2 { animation: none; } }
p { margin: 0 0 6px; }
@container (min-width: 601px) { :host(.verdict) { padding-right: 230px; } }  /* the inspector has buttons there */
.before { display: var(--before, none); max-width: 60ch; margin: 4px 0; opacity: 0.8; }
.both { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 24px; }
@container (max-width: 800px) { .both { grid-template-columns: minmax(0, 1fr); } }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 500; padding-bottom: 4px; }
th, td { text-align: left; padding: 2px 8px 2px 0; font-weight: 400; white-space: nowrap; }
@media (max-width: 480px) { th, td { padding-right: 4px; } }
thead th { font-size: 12px; opacity: 0.75; border-bottom: 1px solid rgb(128 128 128 / 0.4); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.class { padding: 0 8px; border-radius: 9px; font-size: 12px; }
.masked { opacity: 0.55; }
.bar { width: 40%; }
.bar span { display: block; height: 10px; border-radius: 2px; }
"""


def tables(ledger: VoteLedger) -> str:
    """Return every scene's vote on a pixel, and the total scores."""
    return f'<div class="both">{_votes(ledger)}{_scores(ledger)}</div>'


def verdict(ledger: VoteLedger) -> str:
    """Return the class of the pixel and its share of the score, in one sentence."""
    if not ledger.scores:
        return _no_class(any(vote.clear and vote.code for vote in ledger.votes))
    code, _ = ledger.scores[0]
    agreeing = sum(vote.code == code and vote.counts_for > 0 for vote in ledger.votes)
    counted = sum(vote.clear and vote.code > 0 for vote in ledger.votes)
    name = LEGEND[code].name.capitalize()
    return f"{name}, with {100 * ledger.support:.0f}{PERCENT} of the score: {agreeing} of {counted} clear scenes agree"


def composited(land_cover: LandCoverMap, pixel: tuple[int, int]) -> str:
    """Return the class of a pixel (row, column) and its share of the score, where the votes are not at hand."""
    found = {name: values.values[pixel] for name, values in land_cover.composite.data.items()}
    if not found["label"]:
        return _no_class(bool(found["observations"]))
    name, seen = LEGEND[int(found["label"])].name.capitalize(), int(found["observations"])
    return f"{name}, with {100 * float(found['support']):.0f}{PERCENT} of the score: {seen} clear scenes"


def _no_class(seen: bool) -> str:
    """Return why a pixel has no class: seen by no clear scene, or as classes of weight 0 only."""
    if seen:
        return "No class: all clear scenes see classes of weight 0"
    return "No clear observation of this pixel all year"


def flip(ledger: VoteLedger) -> str:
    """Return which weights would make the runner-up win."""
    times = ledger.flips_at
    if times is None:
        return "No other class has votes here."
    (first, best), (second, other) = ((LEGEND[code].name, ledger.weight(code)) for code, _ in ledger.scores[:2])
    if times == 1:
        return (
            f"{escape(second.capitalize())} has the same score; a tie goes to the class that the legend lists first. "
            f"Any weight of {escape(second)} above {other:.2f}, or of {escape(first)} below {best:.2f}, lets it win."
        )
    above, below = math.ceil(100 * other * times) / 100, math.floor(100 * best / times) / 100
    far = f", beyond the range of the sliders ({HEAVIEST:.2f})" if above > HEAVIEST else ""
    return (
        f"The runner-up is {escape(second)}. It would win if the weight of {escape(second)} were above {above:.2f} "
        f"(now {other:.2f}){far}, or that of {escape(first)} below {below:.2f} (now {best:.2f})."
    )


def _votes(ledger: VoteLedger) -> str:
    rows = "".join(_vote(vote) for vote in ledger.votes)
    head = (
        '<th scope="col">Date</th><th scope="col">Class</th><th scope="col" class="number">Probability</th>'
        '<th scope="col" class="number">Weight</th><th scope="col" class="number">Score</th>'
    )
    return f"<table><caption>Votes by date</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _vote(vote: Vote) -> str:
    said = f"{vote.counts_for:.2f}" if vote.clear and vote.code else "excluded"
    return (
        f"<tr{'' if vote.clear and vote.code else ' class=masked'}><td>{format_date(vote.moment)}</td>"
        f'<td>{_chip(vote.code)}</td><td class="number">{100 * vote.confidence:.0f}{PERCENT}</td>'
        f'<td class="number">{vote.weight:.2f}</td><td class="number">{said}</td></tr>'
    )


def _scores(ledger: VoteLedger) -> str:
    best = ledger.scores[0][1] if ledger.scores else 1.0
    rows = "".join(
        f'<tr><td>{_chip(code)}</td><td class="number">{score:.2f}</td><td class="bar"><span style="width:'
        f'{100 * score / best:.0f}%;background:{css_colour(code)}"></span></td></tr>'
        for code, score in ledger.scores
    )
    head = '<th scope="col">Class</th><th scope="col" class="number">Score</th><th></th>'
    table = f"<caption>Total score</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
    return f"<div><table>{table}</table></div>"


def _chip(code: int) -> str:
    if not code:
        return "no data"
    looks = f"background:{css_colour(code)};color:{css_ink(code)}"
    return f'<span class="class" style="{looks}">{escape(LEGEND[code].name)}</span>'
