"""``lulc assess`` and ``lulc audit``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.words import Json, Listing, assessment_words, audit_words, change_words, listed, print_result

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeVar

    import pandas as pd

    Report = TypeVar("Report", lulc.Assessment, lulc.ChangeAssessment)


Counts = Annotated[Path | None, typer.Option(help="CSV of sample counts: map,<reference classes...>.")]
MappedArea = Annotated[Path | None, typer.Option(help="CSV of the mapped areas: class,area_ha or class,pixels.")]
Sample = Annotated[
    Path | None, typer.Option(help="CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels].")
]
Strata = Annotated[Path | None, typer.Option(help="CSV of the design: stratum,size (pixels) or stratum,clusters.")]
Map = Annotated[Path | None, typer.Option("--map", help="Class raster to compare wall to wall with --reference.")]
Reference = Annotated[Path | None, typer.Option(help="Reference class raster.")]
Fpc = Annotated[bool, typer.Option("--fpc", help="Apply the finite-population correction.")]
PixelHa = Annotated[float | None, typer.Option(help="Area of a pixel in hectares.")]
Poststratify = Annotated[Path | None, typer.Option(help="Poststratify by map class: CSV of the mapped areas.")]
Change = Annotated[bool, typer.Option("--change", help="Estimate change: reference_before, reference_after.")]
Kappa = Annotated[bool, typer.Option("--kappa", help="Add Cohen's kappa (deprecated).")]
AreaEstimator = Annotated[
    str | None,
    typer.Option(
        help="Model-assisted areas, with --mapped-area: {accuracy.area_estimators:AREA_ESTIMATORS}.",
        autocompletion=lambda: listed("accuracy.area_estimators", "AREA_ESTIMATORS"),
    ),
]
IntervalMethod = Annotated[
    str | None,
    typer.Option(
        "--interval",
        help="Method of the 95 % intervals where it applies: wilson, mover, logit or t. Default: the best for each.",
        autocompletion=lambda: list(lulc.INTERVALS),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("assess", cls=Listing)(assess)
    app.command("audit")(audit)


def assess(
    counts: Counts = None,
    mapped_area: MappedArea = None,
    sample: Sample = None,
    strata: Strata = None,
    map_path: Map = None,
    reference: Reference = None,
    fpc: Fpc = False,
    pixel_ha: PixelHa = None,
    poststratify: Poststratify = None,
    area_estimator: AreaEstimator = None,
    interval: IntervalMethod = None,
    change: Change = False,
    kappa: Kappa = False,
    as_json: Json = False,
) -> None:
    """Assess a map: accuracies and areas with standard errors, from counts, a sample, or two rasters.

    Example: lulc assess --sample sample.csv --strata strata.csv --pixel-ha 0.01
    """
    sources = {"--counts": counts, "--sample": sample, "--map": map_path}
    given = [name for name, path in sources.items() if path is not None]
    if len(given) != 1:
        raise lulc.InvalidInputError(
            "Give one of --counts (with --mapped-area), --sample (with --strata) or --map (with --reference)."
        )
    options: dict[str, object] = {"--strata": strata, "--mapped-area": mapped_area, "--poststratify": poststratify}
    options |= {"--area-estimator": area_estimator, "--interval": interval, "--reference": reference}
    options |= {"--fpc": fpc, "--change": change, "--kappa": kappa}
    _refuse_foreign(options, "--change" if sample and change else given[0])
    if mapped_area and poststratify:
        raise lulc.InvalidInputError("Give --mapped-area or --poststratify, not both: both state the mapped areas.")
    if sample is not None and change:
        report = _with_interval(_assess_change(sample, strata, mapped_area, fpc, pixel_ha), interval)
        print_result(report.as_dict(), as_json, change_words(report))
        return
    if sample is not None:
        table, design = _sample_and_design(sample, strata, fpc, poststratified=poststratify is not None)
        assessment = _assess_sample(table, design, mapped_area, poststratify, pixel_ha)
        if area_estimator is not None:
            areas = _model_assisted(table, design, mapped_area, area_estimator, pixel_ha)
            assessment = replace(assessment, area=areas, design=f"{assessment.design}, areas by {area_estimator}")
    elif counts is not None:
        assessment = _assess_counts(counts, mapped_area, fpc, pixel_ha)
    else:
        assessment = _assess_rasters(map_path, reference, pixel_ha)
    assessment = _with_interval(assessment, interval)
    if kappa:
        note = "Kappa is deprecated: report overall, user's and producer's accuracy instead."
        assessment = replace(assessment, warnings=(*assessment.warnings, note))
    result = assessment.as_dict() | ({"kappa": assessment.kappa()} if kappa else {})
    print_result(result, as_json, assessment_words(assessment, kappa=kappa))


def audit(
    matrix: Annotated[Path, typer.Argument(help="JSON of printed matrices: classes, printed: region: P, W, col, ...")],
    as_json: Json = False,
) -> None:
    """Check a printed error matrix of area proportions for inconsistencies.

    Example: lulc audit matrix.json --json
    """
    result = lulc.audit_matrices(lulc.read_matrices(matrix))
    print_result(result.as_dict(), as_json, audit_words(result))


def _assess_counts(counts: Path, mapped_area: Path | None, fpc: bool, pixel_ha: float | None) -> lulc.Assessment:
    if mapped_area is None:
        raise lulc.InvalidInputError("--counts needs the size of each map class: give --mapped-area areas.csv.")
    return lulc.assess_counts(lulc.read_counts(counts), lulc.read_areas(mapped_area, pixel_ha=pixel_ha), fpc=fpc)


def _assess_sample(
    table: pd.DataFrame,
    design: lulc.Design,
    mapped_area: Path | None,
    poststratify: Path | None,
    pixel_ha: float | None,
) -> lulc.Assessment:
    areas = poststratify or mapped_area
    mapped = lulc.read_areas(areas, pixel_ha=pixel_ha) if areas else None
    return lulc.assess(table, mapped, design=design, pixel_ha=pixel_ha, poststratify=poststratify is not None)


def _model_assisted(
    table: pd.DataFrame, design: lulc.Design, mapped_area: Path | None, method: str, pixel_ha: float | None
) -> dict[str, lulc.Area]:
    if mapped_area is None:
        raise lulc.InvalidInputError("--area-estimator needs the mapped areas: give --mapped-area areas.csv.")
    mapped = lulc.read_areas(mapped_area, pixel_ha=pixel_ha)
    return lulc.model_assisted_areas(table, mapped, design=design, method=method)


def _assess_change(
    sample: Path, strata: Path | None, mapped_area: Path | None, fpc: bool, pixel_ha: float | None
) -> lulc.ChangeAssessment:
    table, design = _sample_and_design(sample, strata, fpc, poststratified=False)
    hectares = lulc.read_areas(mapped_area, pixel_ha=pixel_ha).area_ha if mapped_area else None
    total = sum(hectares.values()) if hectares else None
    return lulc.assess_change(table, design=design, pixel_ha=pixel_ha, total_ha=total)


def _with_interval(report: Report, method: str | None) -> Report:
    return report if method is None else lulc.with_interval(report, method)


def _sample_and_design(
    sample: Path, strata: Path | None, fpc: bool, *, poststratified: bool
) -> tuple[pd.DataFrame, lulc.Design]:
    """Read a sample and its design: from strata.csv, from the sample's own columns, or else indicative."""
    table = lulc.read_sample(sample)
    if strata is not None:
        return table, lulc.read_design(strata, table, fpc=fpc)
    if fpc:
        raise lulc.InvalidInputError("--fpc needs the size of each stratum: give --strata strata.csv.")
    if {"stratum", "stratum_size"} <= set(table.columns):
        return table, lulc.stated_design(table)
    if poststratified:
        if "cluster" in table.columns or "stratum" in table.columns:
            raise lulc.InvalidInputError("The sample has strata or clusters: give their sizes, --strata strata.csv.")
        return table, lulc.Design.simple_random(None)
    return table, lulc.Design.indicative("cluster" if "cluster" in table.columns else "pixel")


def _assess_rasters(map_path: Path | None, reference: Path | None, pixel_ha: float | None) -> lulc.Assessment:
    if map_path is None or reference is None:
        raise lulc.InvalidInputError("Give both --map and --reference.")
    return lulc.assess_rasters(map_path, reference, pixel_ha=pixel_ha)


def _refuse_foreign(options: Mapping[str, object], where: str) -> None:
    """Refuse options that do not apply to what is assessed."""
    wrong = [name for name, value in options.items() if value and name not in _FITTING[where]]
    if wrong:
        raise lulc.InvalidInputError(f"{', '.join(wrong)} does not apply to {where}. Leave it out.")


_FITTING = {
    "--counts": {"--mapped-area", "--fpc", "--interval", "--kappa"},
    "--sample": {"--strata", "--mapped-area", "--poststratify", "--area-estimator", "--fpc", "--interval", "--kappa"},
    "--change": {"--strata", "--mapped-area", "--fpc", "--interval", "--change"},
    "--map": {"--reference", "--kappa"},
}
"""Which options apply to what is assessed."""
