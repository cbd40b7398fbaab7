"""``lulc assess`` and ``lulc audit``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.cli.listing import Listing
from lulc_core.cli.stated_units import print_with_units, units_of, units_of_rasters
from lulc_core.cli.surveys import stated_survey
from lulc_core.cli.words import assessment_words, audit_words, change_words, print_result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import TypeVar

    import typer

    Report = TypeVar("Report", lulc.Assessment, lulc.ChangeAssessment)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("assess", cls=Listing)(assess)
    app.command("audit")(audit)


def assess(
    counts: opt.Counts = None,
    mapped_area: opt.MappedArea = None,
    sample: opt.Sample = None,
    strata: opt.Strata = None,
    map_path: opt.Map = None,
    reference: opt.Reference = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    poststratify: opt.Poststratify = None,
    area_estimator: opt.AreaEstimator = None,
    interval: opt.IntervalMethod = None,
    change: opt.Change = False,
    kappa: opt.Kappa = False,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Assess a map: accuracies and areas with standard errors, from counts, a sample, or two rasters.

    Example: lulc assess --sample sample.csv --strata strata.csv --pixel-ha 0.01
    """
    sources = {"--counts": counts, "--sample": sample, "--map": map_path}
    options: dict[str, object] = {"--strata": strata, "--mapped-area": mapped_area, "--poststratify": poststratify}
    options |= {"--area-estimator": area_estimator, "--interval": interval, "--reference": reference}
    options |= {"--fpc": fpc, "--change": change, "--kappa": kappa}
    _check_options(sources, options)
    if sample is not None:
        areas, by_class = poststratify or mapped_area, poststratify is not None
        survey = stated_survey(
            sample, strata, areas, fpc=fpc, poststratify=by_class, pixel_ha=pixel_ha, decimal=decimal
        )
        if change:
            _print_change(survey, pixel_ha, by_class, interval, facts, as_json)
            return
        assessment, units = _assess_sample(survey, pixel_ha, by_class, area_estimator), units_of(survey, pixel_ha)
    elif counts is not None:
        assessment, units = _assess_counts(counts, mapped_area, fpc, pixel_ha, decimal), {}
    else:
        assessment, units = _assess_rasters(map_path, reference, pixel_ha)
    assessment, extra = _with_kappa(_with_interval(assessment, interval), kappa)
    text = assessment_words(assessment, kappa=kappa)
    print_with_units(assessment.as_dict() | extra, as_json, text, units, facts)


def audit(matrix: opt.Matrix, as_json: opt.Json = False) -> None:
    """Check a printed error matrix of area proportions for inconsistencies.

    Example: lulc audit matrix.json --json
    """
    result = lulc.audit_matrices(lulc.read_matrices(matrix))
    print_result(result.as_dict(), as_json, audit_words(result))


def _assess_sample(
    survey: lulc.Survey, pixel_ha: float | None, poststratify: bool, area_estimator: str | None
) -> lulc.Assessment:
    found = lulc.assess(
        survey.sample, survey.mapped, design=survey.design, pixel_ha=pixel_ha, poststratify=poststratify
    )
    found = replace(found, warnings=(*survey.notes, *found.warnings))
    if area_estimator is None or survey.mapped is None:
        return found
    areas = lulc.model_assisted_areas(survey.sample, survey.mapped, design=survey.design, method=area_estimator)
    return _with_areas(found, areas, area_estimator)


def _with_kappa(found: lulc.Assessment, kappa: bool) -> tuple[lulc.Assessment, dict[str, float | None]]:
    if not kappa:
        return found, {}
    note = "Kappa is deprecated: report overall, user's and producer's accuracy instead."
    return replace(found, warnings=(*found.warnings, note)), {"kappa": found.kappa()}


def _assess_counts(
    counts: Path, mapped_area: Path | None, fpc: bool, pixel_ha: float | None, decimal: str | None
) -> lulc.Assessment:
    if mapped_area is None:
        raise lulc.InvalidInputError("--counts needs the size of each map class: give --mapped-area areas.csv.")
    matrix = lulc.read_counts(counts, decimal=decimal)
    mapped = lulc.read_areas(mapped_area, pixel_ha=pixel_ha, decimal=decimal, classes=matrix.index)
    return lulc.assess_counts(matrix, mapped, fpc=fpc)


def _print_change(
    survey: lulc.Survey,
    pixel_ha: float | None,
    poststratify: bool,
    interval: str | None,
    facts: Path | None,
    as_json: bool,
) -> None:
    hectares = survey.mapped.area_ha if survey.mapped else None
    total = sum(hectares.values()) if hectares else None
    by = survey.mapped if poststratify else None
    found = lulc.assess_change(survey.sample, design=survey.design, pixel_ha=pixel_ha, total_ha=total, mapped=by)
    found = _with_interval(found, interval)
    found = replace(found, warnings=(*survey.notes, *found.warnings))
    print_with_units(found.as_dict(), as_json, change_words(found), units_of(survey, pixel_ha), facts)


def _with_areas(report: lulc.Assessment, areas: dict[str, lulc.Area], estimator: str) -> lulc.Assessment:
    """Return a report with areas by another estimator, and a warning where that finds none."""
    none = [name for name, area in areas.items() if area.proportion.value is None]
    lost = ", ".join(name for name in none if report.area[name].proportion.value is not None)
    note = f"The {estimator} estimator finds an area below 0 or above the whole, so none, for {lost}; greg does not."
    warnings = (*report.warnings, note) if lost else report.warnings
    return replace(report, area=areas, design=f"{report.design}, areas by {estimator}", warnings=warnings)


def _with_interval(report: Report, method: str | None) -> Report:
    return report if method is None else lulc.with_interval(report, method)


def _assess_rasters(
    map_path: Path | None, reference: Path | None, pixel_ha: float | None
) -> tuple[lulc.Assessment, dict[str, str]]:
    if map_path is None or reference is None:
        raise lulc.InvalidInputError("Give both --map and --reference.")
    found = lulc.assess_rasters(map_path, reference, pixel_ha=pixel_ha)
    return found, units_of_rasters(map_path, pixel_ha)


def _check_options(sources: Mapping[str, object], options: Mapping[str, object]) -> None:
    """Refuse several sources, and options that do not apply to what is assessed."""
    given = [name for name, path in sources.items() if path is not None]
    if len(given) != 1:
        raise lulc.InvalidInputError(
            "Give one of --counts (with --mapped-area), --sample (with --strata) or --map (with --reference)."
        )
    where = "--change" if given == ["--sample"] and options["--change"] else given[0]
    wrong = [name for name, value in options.items() if value and name not in _FITTING[where]]
    if wrong:
        raise lulc.InvalidInputError(f"{', '.join(wrong)} does not apply to {where}. Leave it out.")
    if options["--mapped-area"] and options["--poststratify"]:
        raise lulc.InvalidInputError("Give --mapped-area or --poststratify, not both: both state the mapped areas.")
    if options["--area-estimator"] and not options["--mapped-area"]:
        raise lulc.InvalidInputError("--area-estimator needs the mapped areas: give --mapped-area areas.csv.")


_FITTING = {
    "--counts": {"--mapped-area", "--fpc", "--interval", "--kappa"},
    "--sample": {"--strata", "--mapped-area", "--poststratify", "--area-estimator", "--fpc", "--interval", "--kappa"},
    "--change": {"--strata", "--mapped-area", "--poststratify", "--fpc", "--interval", "--change"},
    "--map": {"--reference", "--kappa"},
}
"""Which options apply to what is assessed."""
