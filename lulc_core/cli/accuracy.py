"""``lulc assess``, ``lulc audit``, ``lulc plan`` and ``lulc sample``."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.words import assessment_words, audit_words, change_words, plan_words, with_options
from lulc_core.locking import folder_to_write

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


SHORT = 0.001
"""A plan may miss its target by this share before a warning: pixels are whole."""


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
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Users = Annotated[
    str, typer.Option(help="Expected user's accuracy: 0.8, or water=0.95,crops=0.7 with one for every class.")
]
AreaEstimator = Annotated[
    str | None,
    typer.Option(
        help="Model-assisted areas, with --mapped-area: greg or difference.",
        autocompletion=lambda: list(lulc.AREA_ESTIMATORS),
    ),
]
Allocation = Annotated[
    str,
    typer.Option(
        help="How strata share the sample: proportional, equal or neyman.",
        autocompletion=lambda: list(lulc.ALLOCATIONS),
    ),
]
SampleDesign = Annotated[
    str,
    typer.Option(
        help="How to draw: stratified (by map class), simple (random), tiles or stratified-tiles.",
        autocompletion=lambda: list(lulc.SAMPLE_DESIGNS),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("assess")(assess)
    app.command("audit")(audit)
    app.command("plan")(plan)
    app.command("sample")(sample)


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
    options |= {"--area-estimator": area_estimator, "--reference": reference}
    options |= {"--fpc": fpc, "--change": change, "--kappa": kappa}
    _refuse_foreign(options, "--change" if sample and change else given[0])
    if mapped_area and poststratify:
        raise lulc.InvalidInputError("Give --mapped-area or --poststratify, not both: both state the mapped areas.")
    if sample is not None and change:
        report = _assess_change(sample, strata, mapped_area, fpc, pixel_ha)
        _print(report.as_dict(), as_json, change_words(report))
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
    if kappa:
        note = "Kappa is deprecated: report overall, user's and producer's accuracy instead."
        assessment = replace(assessment, warnings=(*assessment.warnings, note))
    result = assessment.as_dict() | ({"kappa": assessment.kappa()} if kappa else {})
    _print(result, as_json, assessment_words(assessment, kappa=kappa))


def audit(
    matrix: Annotated[Path, typer.Argument(help="JSON of printed matrices: classes, printed: region: P, W, col, ...")],
    as_json: Json = False,
) -> None:
    """Check a printed error matrix of area proportions for inconsistencies.

    Example: lulc audit matrix.json --json
    """
    result = lulc.audit_matrices(lulc.read_matrices(matrix))
    _print(result.as_dict(), as_json, audit_words(result))


def plan(
    mapped_area: Annotated[Path, typer.Option(help="CSV of the mapped areas: class,area_ha or class,pixels.")],
    target_se: Annotated[float | None, typer.Option(help="Target standard error of the overall accuracy.")] = None,
    users_se: Annotated[float | None, typer.Option(help="Target standard error of each user's accuracy.")] = None,
    producers_se: Annotated[
        float | None, typer.Option(help="Target standard error of each producer's accuracy.")
    ] = None,
    area_se: Annotated[float | None, typer.Option(help="Target standard error of each area proportion.")] = None,
    size: Annotated[int | None, typer.Option(min=2, help="Pixels to draw, instead of target standard errors.")] = None,
    users: Users = "0.8",
    allocation: Allocation = "proportional",
    minimum: Annotated[int, typer.Option(min=2, help="Minimum for each stratum.")] = 2,
    as_json: Json = False,
) -> None:
    """Plan a sample stratified by map class: its size, its allocation, and the expected standard errors.

    With --target-se alone the size follows Olofsson et al. (2014, eq. 13) and --allocation divides it. With other
    targets the plan is the smallest sample that meets all of them (Bethel 1989).

    Example: lulc plan --mapped-area areas.csv --target-se 0.01 --users water=0.95,crops=0.7 --allocation neyman
    """
    areas = lulc.read_areas(mapped_area)
    sizes = {name: n for name, n in areas.sizes.items() if n > 0}
    expected = _users(users)
    several = any(target is not None for target in (users_se, producers_se, area_se))
    alone = target_se if size is None and not several else None
    if alone is not None:
        size, target_se = max(lulc.sample_size(sizes, expected, alone), minimum * len(sizes)), None
    targets = lulc.Targets(overall=target_se, users=users_se, producers=producers_se, area=area_se)
    some = several or target_se is not None
    drawn = lulc.plan_sample(
        sizes,
        users=expected,
        targets=targets if some else None,
        size=size,
        method=allocation,
        minimum=minimum,
        counted=areas.pixels is not None,
    )
    if alone is not None and drawn.overall > alone * (1 + SHORT):
        drawn = replace(drawn, warnings=(*drawn.warnings, _falls_short(drawn.overall, alone, allocation)))
    _print(drawn.as_dict(), as_json, plan_words(drawn))


def sample(
    map_path: Annotated[Path, typer.Option("--map", help="Class raster to draw from.")],
    out: Annotated[Path, typer.Option(help="CSV to write, with an empty column reference to fill in.")],
    size: Annotated[int, typer.Option(min=2, help="Pixels (or tiles) to draw.")] = 500,
    design: SampleDesign = "stratified",
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same sample.")] = 0,
    allocation: Allocation = "proportional",
    users: Users = "0.8",
    plan_path: Annotated[Path | None, typer.Option("--plan", help="Output of lulc plan --json: draw that.")] = None,
    minimum: Annotated[int | None, typer.Option(min=2, help="Minimum for each stratum.")] = None,
    tile_m: Annotated[float, typer.Option(min=1, help="Side of a tile in metres.")] = 5000,
    strata: Annotated[Path | None, typer.Option(help="CSV of the strata. Default: strata.csv beside --out.")] = None,
    reference: Annotated[Path | None, typer.Option(help="Class raster to fill in the column reference.")] = None,
    as_json: Json = False,
) -> None:
    """Draw the pixels to label, as the sample.csv and strata.csv that ``lulc assess`` reads.

    Example: lulc sample --map map.tif --out sample.csv --size 500 --seed 1
    (to draw what lulc plan --json printed: --plan plan.json)
    """
    cover = lulc.read_map(map_path).to_dataset(name="label")
    drawn = lulc.draw_sample(
        cover,
        size,
        seed,
        design=design,
        allocation=_planned(plan_path) if plan_path else allocation,
        users=_users(users),
        minimum=minimum,
        tile_m=tile_m,
    )
    if reference is not None:
        drawn = lulc.label_sample(drawn, lulc.read_map(reference))
        drawn = lulc.tabulate_tiles(drawn) if "cluster" in drawn.columns else drawn
    elif len(drawn) > 1_000_000:
        raise lulc.InvalidInputError(
            f"These tiles hold {len(drawn):,} pixels to label one by one. Draw fewer or smaller tiles (--tile-m), or "
            "give a reference raster (--reference)."
        )
    else:
        drawn["reference"] = ""
    strata = strata or out.with_name("strata.csv")
    if strata == out:
        raise lulc.InvalidInputError(f"--out and --strata must be different files; both are {out}.")
    _write(out, drawn.to_csv(index=False, lineterminator="\n"))
    _write(strata, lulc.write_strata(drawn))
    result = {"sample": str(out), "strata": str(strata), "rows": len(drawn), "design": design, "seed": seed}
    _print(result, as_json, f"{len(drawn)} rows written to {out}, their strata to {strata}.")


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
    "--counts": {"--mapped-area", "--fpc", "--kappa"},
    "--sample": {"--strata", "--mapped-area", "--poststratify", "--area-estimator", "--fpc", "--change", "--kappa"},
    "--change": {"--strata", "--mapped-area", "--fpc", "--change"},
    "--map": {"--reference", "--kappa"},
}
"""Which options apply to what is assessed."""


def _users(text: str) -> float | dict[str, float]:
    """Parse one number, or class=number pairs."""
    try:
        if "=" not in text:
            return float(text)
        pairs = (part.rpartition("=") for part in text.split(",") if part.strip())
        return {name.strip(): float(value) for name, _, value in pairs}
    except ValueError:
        raise lulc.InvalidInputError(f"--users takes 0.8, or water=0.95,crops=0.7; got {text!r}.") from None


def _falls_short(expected: float, target: float, allocation: str) -> str:
    return (
        f"The sample size assumes Neyman allocation; with {allocation} allocation the expected standard error of the "
        f"overall accuracy is {expected:.4f}, above the target of {target:g}."
    )


def _planned(path: Path) -> dict[str, int]:
    """Read the pixels of each stratum from a plan."""
    try:
        allocation = json.loads(path.read_text("utf-8"))["allocation"]
        if all(isinstance(n, int) and n >= 0 for n in allocation.values()):
            return {str(name): n for name, n in allocation.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise lulc.InvalidInputError(
        f"{path} must hold the output of `lulc plan --json`: JSON with allocation, an object of class to pixels."
    )


def _write(path: Path, text: str) -> None:
    """Write under a temporary name, then rename."""
    if path.is_dir():
        raise lulc.InvalidInputError(f"{path} is a folder; give the name of a file to write.")
    folder_to_write(path.parent)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _print(result: dict[str, object], as_json: bool, text: str) -> None:
    warnings = result.get("warnings")
    if isinstance(warnings, list):
        result = result | {"warnings": [with_options(warning) for warning in warnings]}
    print(json.dumps(result, indent=2, allow_nan=False) if as_json else text)
