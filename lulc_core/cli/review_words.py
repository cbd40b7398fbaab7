"""The answers of ``lulc review`` as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lulc_core.accuracy.map_comparison import TITLES
from lulc_core.cli.words import assessment_words, figure_words, note_lines, text_table

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
    return "\n".join(
        [
            assessment_words(found.primary),
            "",
            f"{found.alternates} rows have an alternate label, which decides {found.decisive} of them if it counts:",
            text_table(("figure", "class", "primary", "primary or alternate", "gain"), rows),
            f"Overall accuracy by primary or alternate label {figure_words(found.either.overall)}",
        ]
    )


def difference_words(found: lulc.MapComparison) -> str:
    """Return the verdict, and each figure of both maps with the difference."""
    every = [found.overall, *(one for figures in found.by_class.values() for one in figures.values())]
    rows = [
        (
            TITLES[one.figure],
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
            f"Design: {found.design}; {found.sample_size:,.0f} pixels",
            f"The maps agree on a share of {figure_words(found.agreement)}",
            *found.verdict,
            *note_lines(found.warnings),
            text_table(header, rows),
        ]
    )


def _value(figure: lulc.Estimate) -> str:
    return "-" if figure.value is None else f"{figure.value:.3f}"


def _p(one: lulc.FigureDifference) -> Sequence[str]:
    return ["-" if p is None else "<0.001" if p < 0.001 else f"{p:.3f}" for p in (one.p_value, one.adjusted_p_value)]
