"""The report: what a visit shows now, as one HTML page that needs no other file, no script and no request.

Each section is what a tab shows, in the style of that tab: a shadow root that the browser makes of a template.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_explorer.components.figures import interval_methods
from lulc_explorer.components.simulated import NOTE_CSS
from lulc_explorer.engine.classes import css_colour, css_variables
from lulc_explorer.layers.captions import other_weights
from lulc_explorer.rendering.formatting import hectares, percent
from lulc_explorer.rendering.png import data_url
from lulc_explorer.tabs.accuracy import areas, error_matrix
from lulc_explorer.tabs.accuracy.matrix import MATRIX_CSS, heat_map
from lulc_explorer.tabs.accuracy.sources import ACCURACY_CSS
from lulc_explorer.tabs.change import change_view, tables
from lulc_explorer.tabs.change.style import CHANGE_CSS
from lulc_explorer.tabs.map.clicked_pixel import votes
from lulc_explorer.tabs.map.headline import summary
from lulc_explorer.tabs.map.picture import credits_of, picture
from lulc_explorer.tabs.years import years_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lulc_explorer.layers.layer import LayerContext
    from lulc_explorer.session.visit import Visit

_CSS = NOTE_CSS + (Path(__file__).parent / "report.css").read_text()


def report(visit: Visit, link: str = "") -> str:
    """Return a page with both maps, the areas, and what else is there: a pixel, the years, a change, an assessment.

    Parameters
    ----------
    visit
        The visit of one person.
    link
        The link to what is on screen; empty for none.

    Raises
    ------
    ValueError
        If no map is open.
    """
    context = visit.session.context
    if context is None:
        raise ValueError("There is no map to report on. Open a map first.")
    parts: tuple[Callable[[Visit], Iterator[str]], ...] = (_pixel, _years, _change, _accuracy)
    body = "\n".join([*_map(visit, context, link), *(text for part in parts for text in part(visit))])
    variables = "".join(f"{name}: {value};" for name, value in css_variables(context.colours).items())
    title = f"{context.land_cover.request.place.title} in {context.land_cover.request.year}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}: land cover</title>'
        f"<style>{_CSS}:root {{ {variables} }}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def _section(css: str, *texts: str) -> str:
    """Return texts of a tab with its style; empty without any."""
    said = "".join(texts)
    return f'<section><template shadowrootmode="open"><style>{css}</style>{said}</template></section>' if said else ""


def _map(visit: Visit, context: LayerContext, link: str) -> Iterator[str]:
    land_cover, composite = context.land_cover, context.composite
    yield summary(land_cover, composite, "h1")
    credit = "<br>".join(map(escape, credits_of(visit.session)))
    yield f"<p>Land cover by the votes of all clear Sentinel-2 scenes.<br>{credit}</p>"
    weights = other_weights(land_cover, composite)
    yield f"<p>Class weights: {escape(weights)}.</p>" if weights else ""
    there = f' · <a href="{escape(link)}">{escape(link)}</a>' if link else ""
    yield f"<p>{datetime.now(UTC):%-d %B %Y}{there}</p><h2>Maps</h2>"
    yield f'<img alt="Both maps, with legend and scale" src="{data_url(picture(visit.session, link))}">'
    rows = "".join(
        f'<tr><th scope="row"><span class="swatch" style="background:{css_colour(c.code)}"></span>{escape(c.name)}</th>'
        f'<td class="number">{hectares(area)}</td><td class="number">{percent(area / composite.mapped_ha)}</td>'
        f'<td class="number">{composite.data.attrs["weights"][c.name]:g}</td></tr>'
        for c in land_cover.legend
        if (area := composite.hectares[c.code])
    )
    head = "".join(f'<th scope="col" class="number">{name}</th>' for name in ("hectares", "share", "weight"))
    table = f'<table><thead><tr><th scope="col">class</th>{head}</tr></thead><tbody>{rows}</tbody></table>'
    yield "<h2>Areas</h2>" + _section(years_view.YEARS_CSS, table)


def _pixel(visit: Visit) -> Iterator[str]:
    """Yield the votes on the inspected pixel."""
    session = visit.session
    land_cover, pixel = session.inspected, session.inspection.pixel
    if land_cover is None or pixel is None:
        return
    row, column = pixel
    yield f"<h2>Pixel in row {row}, column {column}, {land_cover.request.year}</h2>"
    if land_cover.why_no_votes:
        yield _section(votes.STYLE, f"<p>{votes.composited(land_cover, pixel)}. {escape(land_cover.why_no_votes)}</p>")
        return
    ledger = land_cover.ledger(pixel, session.weights.chosen)
    yield _section(votes.STYLE, f"<p>{votes.verdict(ledger)}. {votes.flip(ledger)}</p>", votes.tables(ledger))


def _years(visit: Visit) -> Iterator[str]:
    series = visit.years.series
    if series is not None and series.hectares:
        words = years_view.headline(series, opens=False)
        yield "<h2>Years</h2>" + _section(years_view.YEARS_CSS, words, years_view.table(series))


def _change(visit: Visit) -> Iterator[str]:
    compared = visit.change.compared
    if compared is not None:
        words = change_view.headline(compared, visit.change.uncertain_below)
        yield "<h2>Change</h2>" + _section(CHANGE_CSS, words, change_view.flows(compared, visit.change.stays))
        yield _section(CHANGE_CSS, tables.balance_table(compared))
        yield _section(CHANGE_CSS, tables.transition_table(compared))


def _accuracy(visit: Visit) -> Iterator[str]:
    study = visit.accuracy.study
    if study is None:
        return
    how = interval_methods([study.overall, *(a.estimated for a in study.areas)])
    yield "<h2>Accuracy</h2>" + _section(ACCURACY_CSS, error_matrix.headline(study), f"<p>{escape(how)}</p>")
    cells = heat_map(study, visit.accuracy.show, dark=False, still=True)
    yield _section(MATRIX_CSS, f'<div class="matrix">{cells}</div>')
    yield _section(ACCURACY_CSS, error_matrix.findings(study))
    yield _section(ACCURACY_CSS, areas.headline(study, drawn=False), areas.table(study, visit.session.display.colours))
