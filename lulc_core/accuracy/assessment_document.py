"""The report of an assessment: design, labels, matrix, figures, methods with equations, and a checklist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.accuracy.alternate_labels import ALTERNATE, assess_alternates
from lulc_core.accuracy.area_series import assess_years
from lulc_core.accuracy.assessment import assess, legend_order
from lulc_core.accuracy.columns import is_blank
from lulc_core.accuracy.documents import Bullets, Chart, Document, Heading, Part, Picture, Table, Text
from lulc_core.accuracy.good_practice import Practice, check_practice
from lulc_core.accuracy.known_facts import facts_of_sample, with_known
from lulc_core.accuracy.methods_text import describe_methods, list_sources
from lulc_core.accuracy.rounding import decimals
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.stated_facts import StatedFacts
from lulc_core.accuracy.svg_charts import area_chart, matrix_chart
from lulc_core.accuracy.vocabulary import year_columns
from lulc_core.counted import counted, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.figures import Area, Estimate
    from lulc_core.accuracy.report import Assessment
    from lulc_core.accuracy.sample_files import Survey

_MARKS = {True: "done", False: "not", None: "open"}
_ASKED = {
    "reference_data": "Reference data",
    "reference_quality": "Why it is better than the map",
    "reference_date": "Date of the reference",
    "unit_of_assessment": "Unit of assessment",
    "minimum_mapping_unit": "Minimum mapping unit",
    "labelling_protocol": "Labelling protocol",
    "interpreters": "Interpreters",
    "training": "Their training",
    "consensus": "Consensus",
    "agreement": "Agreement of interpreters",
    "blind": "Labelled without sight of the map",
    "missing_units": "Units without a label",
    "location_error": "Errors of location",
}
"""What a reader asks of the response design, by fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentReport:
    """An assessment with everything that a reviewer asks of it."""

    assessment: Assessment
    """The figures."""
    checklist: tuple[Practice, ...]
    """Good practice, filled in from what was done."""
    facts: StatedFacts
    """What was stated beside the files."""
    document: Document
    """The report itself."""

    @property
    def html(self) -> str:
        """One page, without other files, scripts or requests."""
        return self.document.html()

    @property
    def markdown(self) -> str:
        """The same as Markdown."""
        return self.document.markdown()

    def as_dict(self, level: float = 0.95) -> dict[str, object]:
        """Return the figures, the checklist and what is open, for JSON."""
        return {
            "assessment": self.assessment.as_dict(level),
            "checklist": [
                {"section": one.section, "text": one.text, "source": one.source, "done": one.done}
                | {"evidence": one.evidence}
                for one in self.checklist
            ],
            "open_facts": list(self.facts.open_facts()),
        }


def report_assessment(
    survey: Survey,
    *,
    pixel_ha: float | None = None,
    facts: StatedFacts | None = None,
    picture: Picture | None = None,
) -> AssessmentReport:
    r"""Assess a map and write the report that a reviewer asks for.

    Parameters
    ----------
    survey
        The labelled sample, its design and the mapped areas, as `read_survey` gives them. With a column ``alternate``
        both figures stand side by side; columns ``reference_2018`` and so on give a section of areas by year.
    pixel_ha
        Area of a pixel, hectares.
    facts
        What the files do not say; whatever is missing stays open, visibly.
    picture
        The map, as `draw_map_picture` gives it.

    Returns
    -------
    AssessmentReport

    Raises
    ------
    InvalidInputError
        As `assess`.

    Examples
    --------
    >>> import io
    >>> from lulc_core.accuracy.sample_files import read_survey
    >>> sample = "stratum,map,reference\na,a,a\na,a,a\na,a,b\nb,b,b\nb,b,b\n"
    >>> survey = read_survey(io.StringIO(sample), io.StringIO("stratum,size\na,600\nb,400\n"))
    >>> report = report_assessment(survey, pixel_ha=0.01)
    >>> "Good practice" in report.markdown, report.html.startswith("<!doctype html>")
    (True, True)
    """
    sample, design = survey.sample, survey.design
    survey = survey.reading(ALTERNATE, *_years(sample))
    facts = with_known(facts or StatedFacts(), facts_of_sample(design, pixel_ha))
    found = assess(sample, survey.mapped, design=design, pixel_ha=pixel_ha)
    found = replace(found, warnings=tuple(dict.fromkeys((*survey.notes, *found.warnings))))
    observed = observe(sample, design, classes=legend_order(sample, {}, "map", "reference") or list(found.classes))
    checklist = check_practice(observed, found, facts)
    parts: list[Part] = [
        Heading(text=facts.title or "Accuracy assessment", level=1),
        *_summary(found, facts),
        *_map(picture),
        *_sampling(observed, found, facts),
        *_labelling(facts),
        *_matrices(observed, found),
        *_figures(found),
        *_alternates(sample, design),
        *_by_year(sample, design, pixel_ha),
        *_notes(found),
        *describe_methods(observed, found),
        *_checklist(checklist),
        *list_sources(observed, found),
    ]
    return AssessmentReport(assessment=found, checklist=checklist, facts=facts, document=Document(parts=tuple(parts)))


def _summary(found: Assessment, facts: StatedFacts) -> list[Part]:
    """Say what was assessed, and how accurate it is, in a few sentences."""
    unit = facts.unit_of_assessment
    parts: list[Part] = [
        Text(text=f"Map: {facts.map_name}.{f' Year: {facts.map_year}.' if facts.map_year else ''}")
        if facts.map_name
        else Text(text="Which map was assessed was not stated (fact map_name).", is_open=True),
        Text(
            text=f"Overall accuracy {_shown(found.overall)}, by {counted(found.sample_size, 'labelled pixel')}; "
            f"design: {found.design}."
        ),
    ]
    if unit is None:
        parts.append(Text(text="The unit of assessment of all figures was not stated.", is_open=True))
    else:
        mmu = facts.minimum_mapping_unit or "not stated"
        parts.append(Text(text=f"All figures are of this unit of assessment: {unit}. Minimum mapping unit: {mmu}."))
    return parts


def _map(picture: Picture | None) -> list[Part]:
    return [Heading(text="Map"), picture] if picture else []


def _sampling(observed: Observations, found: Assessment, facts: StatedFacts) -> list[Part]:
    """Describe the sampling design: strata with sizes, units and weights."""
    whole, unit = float(observed.population.sum()), observed.design.unit
    rows = []
    for name, N, n in zip(observed.strata, observed.population.tolist(), observed.sampled.tolist(), strict=True):
        rows.append((name, f"{N:,.6g}", percent(N / whole, 2), f"{n:,.0f}", f"{N / n:,.4g}" if n else "none"))
    size = "size (area or share)" if observed.design.relative else f"size ({unit}s)"
    head = ("stratum", size, "share", f"sampled {unit}s", f"{size.split(' ')[0]} per sampled {unit}")
    parts: list[Part] = [Heading(text="Sampling design"), Text(text=f"Design: {found.design}.")]
    if observed.design.kind == "sample":
        sizes = "Strata; sizes are sums of weights" if observed.design.weighted else "Strata"
        parts.append(Table(caption=sizes, columns=head, rows=rows))
    parts += _stated("Sampling frame", facts.sampling_frame, "sampling_frame")
    parts += _stated("Size and allocation", facts.allocation, "allocation")
    parts += _stated("Independence of the map", facts.independence, "independence")
    return parts


def _labelling(facts: StatedFacts) -> list[Part]:
    """Describe the response design, as far as it was stated."""
    found: list[Part] = [Heading(text="Response design")]
    for name, title in _ASKED.items():
        found += _stated(title, getattr(facts, name), name)
    return found


def _stated(title: str, statement: str | None, name: str) -> list[Part]:
    if statement is None:
        return [Text(text=f"{title}: not stated (fact {name}).", is_open=True)]
    return [Text(text=f"{title}: {statement}")]


def _matrices(observed: Observations, found: Assessment) -> list[Part]:
    """Return the error matrix in counts, and in shares of the area with standard errors."""
    k = len(observed.classes)
    counts = np.zeros((k, k))
    np.add.at(counts, (observed.row, observed.column), observed.pixels * observed.copies[observed.unit])
    names = observed.classes
    rows = [(name, *(f"{n:,.0f}" for n in row), f"{row.sum():,.0f}") for name, row in zip(names, counts, strict=True)]
    rows.append(("total", *(f"{n:,.0f}" for n in counts.sum(0)), f"{counts.sum():,.0f}"))
    shares = [
        (name, *(_cell(cell) for cell in row)) for name, row in zip(found.classes, found.error_matrix, strict=True)
    ]
    return [
        Heading(text="Error matrix"),
        Table(caption="Sampled pixels; rows map, columns reference", columns=("", *names, "total"), rows=rows),
        Table(
            caption="Shares of the area, with standard errors (intervals where 0); rows map, columns reference",
            columns=("", *found.classes),
            rows=shares,
        ),
        *_chart(matrix_chart(found), "Shares of the area; rows map, columns reference; right cells have an edge"),
    ]


def _cell(cell: Estimate) -> str:
    if cell.value is None:
        return "–"
    error = cell.standard_error
    if error == 0 and cell.interval():  # by its formula, for want of units that differ
        return _shown(cell, 4)
    digits = decimals(error, 4)
    return f"{cell.value:.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def _figures(found: Assessment) -> list[Part]:
    """Return accuracies and areas by class."""
    classes = [
        (name, _shown(found.users[name]), _shown(found.producers[name]), _shown(found.f1[name]))
        for name in found.classes
    ]
    areas = []
    for name, area in found.area.items():
        mapped = "–" if area.mapped_ha is None else f"{area.mapped_ha:,.1f}"
        error = area.area_ha.standard_error
        shown = "–" if error is None else f"{error:,.{decimals(error, 1)}f}" if error else "0 by its formula"
        areas.append((name, _shown(area.proportion), mapped, _shown(area.area_ha, 1), shown))
    intervals = f"with 95 % intervals ({', '.join(found.interval_titles)})" if found.interval_titles else "no intervals"
    return [
        Heading(text="Accuracy and area"),
        Text(text=f"Overall accuracy: {_shown(found.overall)}; figures {intervals}."),
        Table(caption="Accuracy by class", columns=("class", "user's", "producer's", "F1"), rows=classes),
        Table(
            caption="Area by class",
            columns=("class", "share of the area", "mapped (ha)", "estimated (ha)", "standard error (ha)"),
            rows=areas,
        ),
        *_chart(area_chart(found), "Estimated areas with 95 % intervals (dots and lines); mapped areas (squares)"),
    ]


def _chart(svg: str | None, caption: str) -> list[Part]:
    return [] if svg is None else [Chart(caption=caption, svg=svg)]


def _alternates(sample: pd.DataFrame, design: Design) -> list[Part]:
    """Return the figures by primary or alternate label, where there are alternates."""
    if ALTERNATE not in sample or all(is_blank(str(name)) for name in sample[ALTERNATE].astype("string").fillna("")):
        return []
    found = assess_alternates(sample, design=design)
    names = [("overall", found.primary.overall, found.either.overall)]
    names += [
        (f"{name}, user's", found.primary.users[name], found.either.users[name]) for name in found.primary.classes
    ]
    rows = [(title, _shown(first), _shown(second)) for title, first, second in names]
    words = f"{counted(found.alternates, 'row', 'have')} an alternate label; if it counts as right, it decides "
    words += f"{found.decisive} of them."
    return [
        Heading(text="Primary or alternate label"),
        Text(text=words),
        Table(caption="Accuracy", columns=("figure", "primary", "primary or alternate"), rows=rows),
    ]


def _years(sample: pd.DataFrame) -> list[str]:
    """Return the columns with the labels of several years; of one year there is no series."""
    columns = [*year_columns(sample).values()]
    return columns if len(columns) > 1 else []


def _by_year(sample: pd.DataFrame, design: Design, pixel_ha: float | None) -> list[Part]:
    """Return the areas by year, where the sample has the labels of several."""
    if not _years(sample):
        return []
    found = assess_years(sample, design=design, pixel_ha=pixel_ha)
    hectares = any(one.trend.area_ha.value is not None for one in found.classes.values())

    def shown(area: Area) -> str:
        return _shown(area.area_ha, 1) if hectares else _shown(area.proportion)

    unit = "ha" if hectares else "share"
    rows = [(name, *map(shown, (*one.area, one.net, one.trend))) for name, one in found.classes.items()]
    head = ("class", *map(str, found.years), "last less first", "trend a year")
    parts: list[Part] = [
        Heading(text="Areas by year"),
        Table(caption=f"Area ({unit}) with 95 % intervals; all years are of one panel", columns=head, rows=rows),
    ]
    return [*parts, Bullets(texts=found.warnings)]


def _notes(found: Assessment) -> list[Part]:
    return [Heading(text="Notes"), Bullets(texts=found.warnings)] if found.warnings else []


def _checklist(checklist: Sequence[Practice]) -> list[Part]:
    """Return good practice as a table, what is open marked."""
    said = {"done": "yes", "not": "no", "open": "open"}
    marks = [_MARKS[one.done] for one in checklist]
    rows = [
        (said[mark], one.section, one.text, one.source, one.evidence)
        for mark, one in zip(marks, checklist, strict=True)
    ]
    unknown = marks.count("open")
    parts: list[Part] = [Heading(text="Good practice")]
    if unknown:
        parts.append(
            Text(
                text=f"Nothing is stated about {unknown} of the {len(rows)} recommendations.",
                is_open=True,
            )
        )
    columns = ("done", "part", "recommendation", "source", "evidence")
    parts.append(Table(caption="Checklist", columns=columns, rows=rows, marks=marks))
    return parts


def _shown(figure: Estimate, least: int = 3) -> str:
    """Return a figure with its 95 % interval."""
    if figure.value is None:
        return "–"
    digits, ends = decimals(figure.finest, least), figure.interval()
    return f"{figure.value:,.{digits}f}" + (f" ({ends[0]:,.{digits}f} to {ends[1]:,.{digits}f})" if ends else "")
