"""The texts that commands share: options that are read, and what is printed without ``--json``."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from lulc_core.accuracy.rounding import decimals
from lulc_core.counted import counted, percent
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import lulc_core as lulc
    from lulc_core.audit.report import Audit
    from lulc_core.json_types import JsonObject


def read_pairs(text: str, option: str, example: str) -> dict[str, float]:
    """Return the class=number pairs of an option.

    Parameters
    ----------
    text
        The pairs, with commas between.
    option, example
        What messages call it, and what it takes.

    Raises
    ------
    InvalidInputError
        For a part that is no such pair, and a class that is there twice.

    Examples
    --------
    >>> read_pairs("crops=1.5, grass=1.2", "--weights", "crops=1.5")
    {'crops': 1.5, 'grass': 1.2}
    """
    parts = [_PAIR.fullmatch(part) for part in text.split(",") if part.strip()]
    pairs = [(part[1], float(part[2])) for part in parts if part]
    if len(pairs) < len(parts):
        raise InvalidInputError(f"{option} takes {example}, with commas between several; got {text!r}.")
    if len({name.casefold() for name, _ in pairs}) < len(pairs):
        raise InvalidInputError(f"{option} takes one number for each class; got {text!r}. Name each class once.")
    return dict(pairs)


_PAIR = re.compile(r"\s*([^=]*[^=\s])\s*=\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*", re.IGNORECASE | re.ASCII)
"""A name and a number, as people write them: neither 1_5 nor nan."""


def assessment_words(report: lulc.Assessment, *, kappa: bool = False) -> str:
    """Return an assessment as lines and a table."""
    least = _hectares([area.area_ha.value for area in report.area.values()])
    rows = [
        (
            name,
            figure_words(report.users[name]),
            figure_words(report.producers[name]),
            figure_words(report.f1[name]),
            "-" if report.area[name].mapped_ha is None else f"{report.area[name].mapped_ha:,.{least}f}",
            figure_words(report.area[name].area_ha, least),
        )
        for name in report.classes
    ]
    lines = [
        f"Design: {report.design}; {counted(report.sample_size, 'pixel')}",
        f"Overall accuracy {figure_words(report.overall)}",
        *([f"95 % intervals: {', '.join(report.interval_titles)}"] if report.interval_titles else []),
        *([f"Kappa {report.kappa()}"] if kappa else []),
        *note_lines(report.warnings),
        text_table(("class", "user's accuracy", "producer's accuracy", "F1", "mapped ha", "estimated ha"), rows),
    ]
    return "\n".join(lines)


def change_words(report: lulc.ChangeAssessment) -> str:
    """Return gains, losses and net changes as a table."""
    least = _hectares([c.gain.area_ha.value for c in report.change.values()])
    rows = [
        (name, *(figure_words(area.area_ha, least, area.proportion) for area in (c.gain, c.loss, c.net)))
        for name, c in report.change.items()
    ]
    lines = [
        f"Design: {report.design}; {counted(report.sample_size, 'pixel')}",
        *note_lines(report.warnings),
        text_table(("class", "gain", "loss", "net"), rows),
    ]
    return "\n".join(lines)


def audit_words(audit: Audit) -> str:
    """Return the findings, numbered, each with its correction."""
    lines = [counted(len(audit.findings), "finding")]
    for number, finding in enumerate(audit.findings, 1):
        lines.append(f"{number}. {finding.words}")
        if finding.suggestion is not None:
            lines.append(f"   Suggested: {_plain(finding.suggestion)}")
    return "\n".join(lines)


def comparison_words(result: JsonObject) -> str:
    """Return how far maps agree: by minimum mapping unit, by class, and where three differ."""
    lines = note_lines(result["warnings"])
    for other in result["with"]:
        found = other["agreement"]
        named = " ".join(str(part) for part in (other["title"], other["year"]) if part)
        merged = "; grass and scrub are one class" if found[0]["grass_and_scrub_merged"] else ""
        apart = f"{found[0]['only_ours_ha']:,.1f} ha only in ours, {found[0]['only_theirs_ha']:,.1f} ha only in theirs"
        lines += ["", f"Agreement with {named} on {found[0]['area_ha']:,.1f} ha ({apart}{merged})"]
        keys = ("agreement", "quantity_disagreement", "allocation_disagreement")
        rows = [(one["minimum_mapping_unit_px"], *(f"{one[key]:.3f}" for key in keys)) for one in found]
        lines.append(text_table(("unit, px", "agreement", "quantity", "allocation"), rows))
        header = ("class", "our ha", "their ha", "both", "of ours", "of theirs", "quantity", "allocation")
        lines += ["", text_table(header, [(name, *_figures(one)) for name, one in found[0]["classes"].items()])]
    if odd := result.get("disagreement"):
        cases = odd[0]["cases"].items()
        lines += ["", text_table(("case", "ha", "share"), [(name, *_figures(one)) for name, one in cases])]
    return "\n".join(lines).lstrip("\n")


def benchmark_words(report: lulc.Benchmark) -> str:
    """Return the accuracies of each map, Dynamic World's beside the published ones, and what could not be scored."""
    lines = [f"{counted(report.tiles, 'tile')}; {counted(report.labelled_px, 'labelled pixel')}"]
    for score in report.scores:
        found, published = score.assessment, report.published.get(score.name)
        columns = {"user's accuracy": found.users, "producer's accuracy": found.producers, "F1": found.f1}
        rows = [[name, *(figure_words(each[name]) for each in columns.values())] for name in found.classes]
        header = ["class", *columns]
        unanswered = f"no answer at {percent(score.unanswered, 1)}"
        lines += ["", f"{score.name}: overall accuracy {figure_words(found.overall)}; {unanswered}"]
        if published:
            lines.append(f"Published: {published.overall:.3f} ({published.source})")
            header += ["published user's", "published producer's"]
            for row in rows:
                row += [f"{each[row[0]]:.3f}" for each in (published.users, published.producers)]
        lines.append(text_table(header, rows))
    notes = dict.fromkeys(note for score in report.scores for note in score.assessment.warnings)
    return "\n".join([*lines, "", *note_lines([*report.remarks, *notes])])


def plan_words(plan: lulc.Plan) -> str:
    """Return the pixels of each stratum beside the standard errors to expect."""
    rows = [
        (name, n, _error(plan.users[name]), _error(plan.producers[name]), _error(plan.area[name]))
        for name, n in plan.allocation.items()
    ]
    table = text_table(("stratum", "pixels", "se user's", "se producer's", "se area"), rows)
    first = f"{counted(plan.size, 'pixel')}; expected standard error of the overall accuracy {_error(plan.overall)}"
    return "\n".join([first, *note_lines(plan.warnings), table])


def print_result(result: dict[str, object], as_json: bool, text: str) -> None:
    """Print a result as JSON or as text."""
    warnings = result.get("warnings")
    if isinstance(warnings, list):
        result = result | {"warnings": [with_options(warning) for warning in warnings]}
    print(json.dumps(result, indent=2, allow_nan=False) if as_json else text)


def print_note(words: object, kind: str = "note") -> None:
    """Print a remark on stderr, so that --json stays JSON."""
    text = f"[yellow]{kind}:[/] {escape(with_options(str(words)))}"
    Console(stderr=True).print(text, soft_wrap=True, highlight=False)


@contextlib.contextmanager
def telling(wanted: bool) -> Iterator[None]:
    """Print what the engine and GDAL log until the block ends, if that is wanted."""
    loggers = [(logging.getLogger("lulc_core"), logging.INFO), (logging.getLogger("rasterio"), logging.WARNING)]
    handler, before = _Notes(), [log.level for log, _ in loggers]
    for log, level in loggers if wanted else ():
        log.addHandler(handler)
        log.setLevel(level)
    try:
        yield
    finally:
        for (log, _), level in zip(loggers, before, strict=True):
            log.removeHandler(handler)
            log.setLevel(level)


class _Notes(logging.Handler):
    """Prints what is logged as `print_note` prints a remark."""

    def emit(self, record: logging.LogRecord) -> None:
        print_note(record.getMessage(), "verbose")


def with_options(sentence: str) -> str:
    """Return a sentence with the option in brackets after what it asks for."""
    for thing, option in _OPTIONS.items():
        sentence = sentence.replace(thing, f"{thing} ({option})")
    return sentence


_OPTIONS = {
    "State the decimal mark": "--decimal",
    "give the area of a pixel": "--pixel-ha",
    "give the size of each stratum": "--strata",
    "the mapped area of each class": "--mapped-area",
    "the finite-population correction": "--fpc",
    "State its crosswalk": "--crosswalk",
    "Name the asset of the map": "--asset",
    "a longer time-out": "--timeout",
    "the allowed data folders": "--data-dir",
    "another source": "--from",
    "a resolution in that unit": "--resolution",
    "a coarser resolution": "--resolution",
}


def note_lines(warnings: Sequence[str]) -> list[str]:
    """Return warnings as lines."""
    return [f"Note: {with_options(warning)}" for warning in warnings]


def figure_words(figure: lulc.Estimate, least: int = 3, otherwise: lulc.Estimate | None = None) -> str:
    """Return value and 95 % interval, those of another figure if the value is undefined."""
    if figure.value is None:
        return "-" if otherwise is None else figure_words(otherwise)
    digits = decimals(figure.finest, least)
    value, *ends = (f"{v:,.{digits}f}" for v in (figure.value, *(figure.interval() or ())))
    return value + (f" ({' to '.join(ends)})" if ends else "")


def _error(error: float) -> str:
    """Return a standard error, with the decimals that it needs."""
    return f"{error:.{decimals(error, 4)}f}"


def _hectares(areas: Sequence[float | None]) -> int:
    """Return the decimals of areas: some where they are small."""
    return 0 if max((area or 0 for area in areas), default=0) >= 1000 else 3


def text_table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table with its columns aligned, the first to the left."""
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )


def _figures(figures: dict[str, float | None]) -> list[str]:
    """Return areas with one decimal, and shares with three."""
    return [
        "-" if value is None else f"{value:,.1f}" if name.endswith("_ha") else f"{value:.3f}"
        for name, value in figures.items()
    ]


def _plain(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{v:,g}" if v < 1000 else f"{v:,.0f}" for v in (value if isinstance(value, tuple) else (value,)))
