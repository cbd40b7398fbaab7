"""``lulc report``: an assessment as one page, with design, methods and a checklist."""

from __future__ import annotations

import dataclasses
from pathlib import Path  # noqa: TC003  typer reads it
from typing import TYPE_CHECKING

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.cli.listing import Listing
from lulc_core.cli.stated_units import facts_beside, read_facts, read_with_tags
from lulc_core.cli.surveys import stated_survey
from lulc_core.cli.words import print_note, print_result
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    import typer

SUFFIXES = (".html", ".md")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("report", cls=Listing)(report)


def report(
    sample: opt.ReviewSample,
    out: opt.ReportOut,
    strata: opt.Strata = None,
    mapped_area: opt.MappedArea = None,
    map_path: opt.MapToShow = None,
    facts: opt.Facts = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Write an assessment as one HTML page, or as Markdown: design, labels, matrices, figures, methods, checklist.

    What no file says, such as who labelled, is stated in a JSON file (--facts); what is not stated is shown as open.
    What lulc sample wrote of its sample into sample.facts.json is stated already.

    Example: lulc report --sample sample.csv --strata strata.csv --pixel-ha 0.01 --facts facts.json --out report.html
    """
    if out.suffix.casefold() not in SUFFIXES:
        raise lulc.InvalidInputError(f"--out ends in .html or .md; got {out}.")
    survey = stated_survey(sample, strata, mapped_area, fpc=fpc, pixel_ha=pixel_ha, decimal=decimal)
    stated, picture = _stated(facts, sample), None
    if map_path:
        stated, picture = _of_map(map_path, stated)
    found = lulc.report_assessment(survey, pixel_ha=pixel_ha, facts=stated, picture=picture)
    _write(out, found.html if out.suffix.casefold() == ".html" else found.markdown)
    left = found.facts.open_facts()
    text = f"Written to {out}." + (f" Not stated, and open in it: {', '.join(left)}." if left else "")
    print_result(found.as_dict() | {"report": str(out)}, as_json, text)


def _stated(facts: Path | None, sample: Path) -> lulc.StatedFacts:
    """Return the facts that are stated, with those that `lulc sample` wrote beside its sample."""
    from lulc_core.accuracy.known_facts import with_known

    stated, beside = read_facts(facts), facts_beside(sample)
    if not beside.is_file() or beside == facts:
        return stated
    print_note(f"What {beside} states of the sample is taken over.")
    return with_known(stated, dataclasses.asdict(read_facts(beside)))


def _of_map(path: Path, facts: lulc.StatedFacts) -> tuple[lulc.StatedFacts, lulc.Picture]:
    """Return the facts with what the map says of itself, and its picture."""
    from lulc_core.accuracy.known_facts import facts_of_map, with_known

    raster, tags = read_with_tags(path)
    caption = f"{path.name}{' (simulated)' if tags.get('SIMULATED') == 'yes' else ''}"
    return with_known(facts, facts_of_map(raster, tags)), lulc.draw_map_picture(raster, caption=caption)


def _write(path: Path, text: str) -> None:
    """Write under a temporary name, then rename."""
    folder_to_write(path.parent)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)
