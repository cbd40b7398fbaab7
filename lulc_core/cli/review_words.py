"""The answers of ``lulc review`` as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lulc_core.cli.words import assessment_words, figure_words, note_lines, text_table
from lulc_core.counted import counted, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import lulc_core as lulc


def alternate_words(found: lulc.AlternateAssessment) -> str:
    """Return figures by the primary label, by either, and what that adds."""
    rows = [
        (figure, name or "all", f"{primary:.3f}", f"{either:.3f}", figure_words(found.differences[key]))
        for key, (figure, name, primary, either) in zip(
            found.differences, found.to_frame().iloc[:, :4].itertuples(index=False, name=None), strict=True
        )
    ]
    alternates = counted(found.alternates, "row", "have")
    return "\n".join(
        [
            assessment_words(found.primary),
            "",
            f"{alternates} an alternate label, which decides {found.decisive} of them if it counts:",
            text_table(("figure", "class", "primary", "primary or alternate", "gain"), rows),
            f"Overall accuracy by primary or alternate label {figure_words(found.either.overall)}",
        ]
    )


def difference_words(found: lulc.MapComparison) -> str:
    """Return the verdict, and each figure of both maps with the difference."""
    every = [found.overall, *(one for figures in found.by_class.values() for one in figures.values())]
    rows = [
        (
            one.title,
            one.name or "all",
            *map(_value, (one.first, one.second)),
            figure_words(one.difference),
            *_p(one),
        )
        for one in every
        if one.figure != "iou"
    ]
    header = ("figure", "class", *found.maps, "difference", "p", "adjusted p")
    return "\n".join(
        [
            f"Design: {found.design}; {counted(found.sample_size, 'pixel')}",
            f"The maps agree on a share of {figure_words(found.agreement)}",
            *found.verdict,
            *note_lines(found.warnings),
            text_table(header, rows),
        ]
    )


def region_words(found: lulc.RegionalAssessment) -> str:
    """Return a table of the regions, and the accuracies and areas of the classes of each."""
    unit = "sampled units"
    heads = [(name, found.sampled[name], figure_words(one.overall)) for name, one in found.regions.items()]
    lines = [*note_lines(found.warnings), text_table(("region", unit, "overall accuracy"), heads)]
    for name, one in found.regions.items():
        rows = [
            (c, *(figure_words(f) for f in (one.users[c], one.producers[c], one.area[c].proportion)), _hectares(one, c))
            for c in one.classes
        ]
        lines += ["", f"{name} ({found.sampled[name]} {unit})", *note_lines(one.warnings)]
        lines.append(text_table(("class", "user's accuracy", "producer's accuracy", "share", "estimated ha"), rows))
    return "\n".join(lines)


def year_words(found: lulc.AreaSeries) -> str:
    """Return the areas of each class by year, with the change and the trend."""
    every = [one for series in found.classes.values() for one in (*series.area, series.net, series.trend)]
    hectares = any(area.area_ha.value is not None for area in every)

    def shown(area: lulc.Area) -> str:
        return figure_words(area.area_ha, 1) if hectares else figure_words(area.proportion)

    first, last = found.years[0], found.years[-1]
    areas = [(name, *map(shown, one.area)) for name, one in found.classes.items()]
    changes = [
        (name, shown(one.net), shown(one.trend), p_words(one.p_value), one.changed)
        for name, one in found.classes.items()
    ]
    unit = "ha" if hectares else "share"
    head = ("class", f"change {first} to {last}, {unit}", f"trend, {unit} a year", "p", "pixels that changed")
    return "\n".join(
        [
            f"Design: {found.design}; {counted(found.sample_size, 'row')}",
            *note_lines(found.warnings),
            text_table((f"class, {unit}", *map(str, found.years)), areas),
            "",
            text_table(head, changes),
        ]
    )


def support_words(found: lulc.SupportAssessment) -> str:
    """Return overall accuracy by the unit of assessment, then the accuracies of the classes."""
    rows = []
    for n, one in found.assessments.items():
        apart = found.differences[n].overall if n in found.differences else None
        gain = ("-", "-") if apart is None else (figure_words(_turned(apart.difference)), p_words(apart.p_value))
        rows.append((found.unit(n), figure_words(one.overall), *gain))
    first = next(iter(found.assessments.values()))
    classes = [
        (name, *(f"{_value(one.users[name])} {_value(one.producers[name])}" for one in found.assessments.values()))
        for name in first.classes
        if all(name in one.users for one in found.assessments.values())
    ]
    notes = dict.fromkeys((*found.warnings, *first.warnings))
    return "\n".join(
        [
            f"Design: {first.design}; {counted(first.sample_size, 'pixel')}",
            *note_lines([*notes]),
            text_table(("unit of assessment", "overall accuracy", "gain", "p"), rows),
            "",
            text_table(("user's, producer's", *(f"{n} px" for n in found.assessments)), classes),
        ]
    )


def assisted_words(found: lulc.AssistedAssessment) -> str:
    """Return each figure without and with the probabilities, and the gain."""
    rows = [
        (
            _title(figure),
            name or "all",
            figure_words(one.plain),
            figure_words(one.assisted),
            "-" if one.gain is None else f"{one.gain * found.sample_size:,.0f}",
        )
        for (figure, name), one in found.figures.items()
    ]
    header = ("figure", "class", "sample alone", "with probabilities", "effective sample size")
    head = f"{found.sample_size} pixels; with the probabilities they are worth as many as the last column says"
    return "\n".join([head, *note_lines(found.warnings), text_table(header, rows)])


def labeller_words(found: lulc.ImputedAssessment) -> str:
    """Return the figures by the labels as they are, and as they are uncertain."""
    from lulc_core.accuracy.imputation import plain_figure  # pandas: other commands start without it

    rows = []
    for (figure, name), one in found.figures.items():
        plain, least = plain_figure(found.plain, figure, name), 1 if figure == "area_ha" else 3
        if plain.value is None and one.estimate.value is None:
            continue
        share = "-" if one.labelling_share is None else percent(one.labelling_share)
        shown = (figure_words(plain, least), figure_words(one.estimate, least))
        rows.append((_title(figure), name or "all", *shown, share))
    header = ("figure", "class", "labels as they are", "labels uncertain", "of the variance by labelling")
    return "\n".join(
        [
            f"Design: {found.plain.design}; {counted(found.plain.sample_size, 'pixel')}",
            found.model,
            *note_lines([*found.plain.warnings, *found.warnings]),
            text_table(header, rows),
        ]
    )


def _title(figure: str) -> str:
    from lulc_core.accuracy.map_comparison import TITLES

    return {"proportion": "share", "area_ha": "estimated ha"}.get(figure) or TITLES[figure]


def _hectares(report: lulc.Assessment, name: str) -> str:
    return figure_words(report.area[name].area_ha, 1)


def _turned(figure: lulc.Estimate) -> lulc.Estimate:
    """Return second less first, of first less second with a symmetric interval."""
    return figure if figure.value is None else replace(figure, value=-figure.value)


def _value(figure: lulc.Estimate) -> str:
    return "-" if figure.value is None else f"{figure.value:.3f}"


def _p(one: lulc.FigureDifference) -> Sequence[str]:
    return [p_words(p) for p in (one.p_value, one.adjusted_p_value)]


def p_words(p: float | None) -> str:
    """Return a p-value with three decimals.

    Examples
    --------
    >>> p_words(0.0304), p_words(1e-9), p_words(None)
    ('0.030', '<0.001', '-')
    """
    return "-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}"
