"""``lulc assess``, ``lulc audit``, ``lulc plan`` and ``lulc sample``."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import lulc_core as lulc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd


class Allocation(StrEnum):
    """How strata share a sample."""

    PROPORTIONAL = "proportional"
    EQUAL = "equal"
    NEYMAN = "neyman"


class SampleDesign(StrEnum):
    """How a sample is drawn."""

    STRATIFIED = "stratified"
    SIMPLE = "simple"
    TILES = "tiles"
    STRATIFIED_TILES = "stratified-tiles"


Counts = Annotated[Path | None, typer.Option(help="CSV of sample counts: map,<reference classes...>.")]
MappedArea = Annotated[Path | None, typer.Option(help="CSV of the map: class,area_ha or class,pixels.")]
Sample = Annotated[
    Path | None, typer.Option(help="CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels].")
]
Strata = Annotated[Path | None, typer.Option(help="CSV of the design: stratum,size (pixels) or stratum,clusters.")]
Map = Annotated[Path | None, typer.Option("--map", help="Class raster, compared wall to wall with --reference.")]
Reference = Annotated[Path | None, typer.Option(help="Class raster that is taken for the truth.")]
Fpc = Annotated[bool, typer.Option("--fpc", help="Apply the finite-population correction.")]
PixelHa = Annotated[float | None, typer.Option(help="Area of a pixel, hectares.")]
Poststratify = Annotated[Path | None, typer.Option(help="Weigh by the map: CSV class,area_ha or class,pixels.")]
Change = Annotated[bool, typer.Option("--change", help="Estimate change: reference_before, reference_after.")]
Kappa = Annotated[bool, typer.Option("--kappa", help="Add Cohen's kappa, which is deprecated.")]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Users = Annotated[str, typer.Option(help="User's accuracy to expect: 0.8, or water=0.95,crops=0.7 for every class.")]


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
    change: Change = False,
    kappa: Kappa = False,
    as_json: Json = False,
) -> None:
    """Assess a map: accuracies and areas with standard errors, from counts, a sample, or two rasters.

    Example: lulc assess --sample sample.csv --strata strata.csv --pixel-ha 0.01
    """
    if sum(source is not None for source in (counts, sample, map_path)) != 1:
        raise lulc.InvalidInputError(
            "Give one of --counts (with --mapped-area), --sample (with --strata) and --map (with --reference)."
        )
    if sample is not None and change:
        _refuse_without_sample({"--poststratify": poststratify, "--kappa": kappa}, "--change")
        report = _assess_change(sample, strata, mapped_area, fpc, pixel_ha)
        _print(report.as_dict(), as_json, _change_text(report))
        return
    if sample is not None:
        assessment = _assess_sample(sample, strata, mapped_area, poststratify, fpc, pixel_ha)
    else:
        given = {"--strata": strata, "--poststratify": poststratify, "--change": change}
        _refuse_without_sample(given, "--counts" if counts else "--map")
        assessment = (
            _assess_counts(counts, mapped_area, fpc, pixel_ha)
            if counts is not None
            else _assess_rasters(map_path, reference, fpc, pixel_ha)
        )
    result = assessment.as_dict()
    if kappa:
        note = "Kappa is deprecated: it says nothing that overall, user's and producer's accuracy do not say better."
        result |= {"kappa": assessment.kappa(), "warnings": [*assessment.warnings, note]}
    _print(result, as_json, _assessment_text(assessment, result))


def audit(
    matrix: Annotated[Path, typer.Argument(help="JSON of printed matrices: classes, printed: region: P, W, col, ...")],
    as_json: Json = False,
) -> None:
    """Check whether a printed error matrix of area proportions agrees with itself.

    Example: lulc audit matrix.json --json
    """
    result = lulc.audit_matrices(lulc.read_matrices(matrix))
    lines = [f"{len(result.findings)} findings"]
    for number, finding in enumerate(result.findings, 1):
        lines.append(f"{number}. {finding.words}")
        if finding.suggestion is not None:
            lines.append(f"   Suggested: {_plain(finding.suggestion)}")
    _print(result.as_dict(), as_json, "\n".join(lines))


def plan(
    mapped_area: Annotated[Path, typer.Option(help="CSV of the map: class,area_ha or class,pixels.")],
    target_se: Annotated[float | None, typer.Option(help="Standard error wanted of the overall accuracy.")] = None,
    users_se: Annotated[float | None, typer.Option(help="The same of every user's accuracy.")] = None,
    producers_se: Annotated[float | None, typer.Option(help="The same of every producer's accuracy.")] = None,
    area_se: Annotated[float | None, typer.Option(help="The same of every area proportion.")] = None,
    size: Annotated[int | None, typer.Option(min=2, help="Pixels to draw, instead of target standard errors.")] = None,
    users: Users = "0.8",
    allocation: Annotated[Allocation, typer.Option(help="How strata share the sample.")] = Allocation.PROPORTIONAL,
    minimum: Annotated[int, typer.Option(min=2, help="The least for each stratum.")] = 2,
    as_json: Json = False,
) -> None:
    """Plan a sample stratified by map class: how many pixels, where, and the standard errors to expect.

    With --target-se alone the size follows Olofsson et al. (2014, eq. 13) and --allocation divides it; with any
    other target the smallest sample that meets all targets is found (Bethel 1989).

    Example: lulc plan --mapped-area areas.csv --target-se 0.01 --users water=0.95,crops=0.7 --allocation neyman
    """
    areas = lulc.read_areas(mapped_area)
    sizes = {name: n for name, n in areas.sizes.items() if n > 0}
    expected = _users(users)
    several = any(target is not None for target in (users_se, producers_se, area_se))
    if size is None and not several and target_se is not None:
        least = minimum * len(sizes)
        size, target_se = max(lulc.sample_size(sizes, expected, target_se), least), None
    targets = lulc.Targets(overall=target_se, users=users_se, producers=producers_se, area=area_se)
    some = several or target_se is not None
    drawn = lulc.plan_sample(
        sizes,
        users=expected,
        targets=targets if some else None,
        size=size,
        method=allocation.value,
        minimum=minimum,
        counted=areas.pixels is not None,
    )
    rows = [
        (name, n, f"{drawn.users[name]:.4f}", f"{drawn.producers[name]:.4f}", f"{drawn.area[name]:.4f}")
        for name, n in drawn.allocation.items()
    ]
    table = _table(("stratum", "pixels", "se user's", "se producer's", "se area"), rows)
    first = f"{drawn.size} pixels; expected standard error of the overall accuracy {drawn.overall:.4f}"
    _print(drawn.as_dict(), as_json, "\n".join([first, *_notes(drawn.warnings), table]))


def sample(
    map_path: Annotated[Path, typer.Option("--map", help="Class raster to draw from.")],
    out: Annotated[Path, typer.Option(help="CSV to write; column reference is to be filled in.")],
    size: Annotated[int, typer.Option(min=2, help="Pixels, or tiles, to draw.")] = 500,
    design: Annotated[SampleDesign, typer.Option(help="How to draw.")] = SampleDesign.STRATIFIED,
    seed: Annotated[int, typer.Option(min=0, help="The same seed draws the same sample.")] = 0,
    allocation: Annotated[Allocation, typer.Option(help="How strata share the sample.")] = Allocation.PROPORTIONAL,
    minimum: Annotated[int | None, typer.Option(min=2, help="The least for each stratum.")] = None,
    tile_m: Annotated[float, typer.Option(min=1, help="Side of a tile, metres.")] = 5000,
    strata: Annotated[Path | None, typer.Option(help="CSV of the strata. Default: strata.csv beside --out.")] = None,
    reference: Annotated[Path | None, typer.Option(help="Class raster of the truth, to fill in reference.")] = None,
    as_json: Json = False,
) -> None:
    """Draw the places to label, as the sample.csv and strata.csv that ``lulc assess`` takes.

    Example: lulc sample --map map.tif --out sample.csv --size 500 --seed 1
    """
    cover = lulc.read_map(map_path).to_dataset(name="label")
    drawn = lulc.draw_sample(
        cover, size, seed, design=design.value, allocation=allocation.value, minimum=minimum, tile_m=tile_m
    )
    if reference is not None:
        drawn = lulc.label_sample(drawn, lulc.read_map(reference))
        drawn = lulc.tabulate_tiles(drawn) if "cluster" in drawn.columns else drawn
    elif len(drawn) > 1_000_000:
        raise lulc.InvalidInputError(
            f"These tiles hold {len(drawn):,} pixels to label one by one. Draw fewer or smaller tiles (--tile-m), or "
            "give the labels as a raster (--reference)."
        )
    else:
        drawn["reference"] = ""
    strata = strata or out.with_name("strata.csv")
    if strata == out:
        raise lulc.InvalidInputError(f"--out and --strata must be two files; both are {out}.")
    _write(out, drawn.to_csv(index=False, lineterminator="\n"))
    _write(strata, lulc.write_strata(drawn))
    result = {"sample": str(out), "strata": str(strata), "rows": len(drawn), "design": design.value, "seed": seed}
    _print(result, as_json, f"{len(drawn)} rows written to {out}, their strata to {strata}.")


def _assess_counts(counts: Path, mapped_area: Path | None, fpc: bool, pixel_ha: float | None) -> lulc.Assessment:
    if mapped_area is None:
        raise lulc.InvalidInputError("Counts need the size of each map class: give --mapped-area areas.csv.")
    return lulc.assess_counts(lulc.read_counts(counts), lulc.read_areas(mapped_area, pixel_ha=pixel_ha), fpc=fpc)


def _assess_sample(
    sample: Path,
    strata: Path | None,
    mapped_area: Path | None,
    poststratify: Path | None,
    fpc: bool,
    pixel_ha: float | None,
) -> lulc.Assessment:
    if mapped_area and poststratify:
        raise lulc.InvalidInputError("Give --mapped-area or --poststratify, not both: both state the mapped areas.")
    table, design = _sample_and_design(sample, strata, fpc, poststratified=poststratify is not None)
    areas = poststratify or mapped_area
    mapped = lulc.read_areas(areas, pixel_ha=pixel_ha) if areas else None
    return lulc.assess(table, mapped, design=design, pixel_ha=pixel_ha, poststratify=poststratify is not None)


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
    """Read a sample and how it was drawn; without strata.csv it may say so itself, or else it is indicative."""
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
    return table, lulc.Design.indicative()


def _assess_rasters(
    map_path: Path | None, reference: Path | None, fpc: bool, pixel_ha: float | None
) -> lulc.Assessment:
    if map_path is None or reference is None:
        raise lulc.InvalidInputError("Give both --map and --reference.")
    if fpc:
        raise lulc.InvalidInputError("--fpc goes with a sample; a wall-to-wall comparison draws none.")
    return lulc.assess_rasters(map_path, reference, pixel_ha=pixel_ha)


def _refuse_without_sample(options: Mapping[str, object], where: str) -> None:
    wrong = [name for name, value in options.items() if value]
    if wrong:
        raise lulc.InvalidInputError(f"{', '.join(wrong)} does not go with {where}. Leave it out.")


def _users(text: str) -> float | dict[str, float]:
    """Read one number, or class=number pairs."""
    try:
        if "=" not in text:
            return float(text)
        pairs = (part.rpartition("=") for part in text.split(",") if part.strip())
        return {name.strip(): float(value) for name, _, value in pairs}
    except ValueError:
        raise lulc.InvalidInputError(f"--users takes 0.8, or water=0.95,crops=0.7; got {text!r}.") from None


def _write(path: Path, text: str) -> None:
    """Write under a temporary name, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, "utf-8")
    part.replace(path)


def _print(result: dict[str, Any], as_json: bool, text: str) -> None:
    print(json.dumps(result, indent=2, allow_nan=False) if as_json else text)


def _assessment_text(report: lulc.Assessment, result: dict[str, Any]) -> str:
    form = _hectares([area.area_ha.value for area in report.area.values()])
    rows = [
        (
            name,
            _shown(report.users[name]),
            _shown(report.producers[name]),
            _shown(report.f1[name]),
            "-" if report.area[name].mapped_ha is None else f"{report.area[name].mapped_ha:{form}}",
            _shown(report.area[name].area_ha, form),
        )
        for name in report.classes
    ]
    lines = [
        f"Design: {report.design}; {report.sample_size:,.0f} pixels",
        f"Overall accuracy {_shown(report.overall)}",
        *([f"Kappa {result['kappa']}"] if "kappa" in result else []),
        *_notes(result["warnings"]),
        _table(("class", "user's accuracy", "producer's accuracy", "F1", "mapped ha", "estimated ha"), rows),
    ]
    return "\n".join(lines)


def _change_text(report: lulc.ChangeAssessment) -> str:
    form = _hectares([c.gain.area_ha.value for c in report.change.values()])
    rows = [
        (name, *(_shown(area.area_ha, form, area.proportion) for area in (c.gain, c.loss, c.net)))
        for name, c in report.change.items()
    ]
    lines = [
        f"Design: {report.design}; {report.sample_size:,.0f} pixels",
        *_notes(report.warnings),
        _table(("class", "gain", "loss", "net"), rows),
    ]
    return "\n".join(lines)


def _notes(warnings: Sequence[str]) -> list[str]:
    return [f"Note: {warning}" for warning in warnings]


def _shown(figure: lulc.Estimate, form: str = ".3f", otherwise: lulc.Estimate | None = None) -> str:
    """Value and 95 % interval; of another figure if the value is undefined."""
    if figure.value is None:
        return "-" if otherwise is None else _shown(otherwise)
    interval = figure.interval()
    return f"{figure.value:{form}}" + (f" ({interval[0]:{form}} to {interval[1]:{form}})" if interval else "")


def _hectares(areas: Sequence[float | None]) -> str:
    """Return the number format of areas: decimals where they are small."""
    return ",.0f" if max((area or 0 for area in areas), default=0) >= 1000 else ",.3f"


def _table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    cells = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    return "\n".join(
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )


def _plain(value: float | tuple[float, ...]) -> str:
    return ", ".join(f"{v:,g}" if v < 1000 else f"{v:,.0f}" for v in (value if isinstance(value, tuple) else (value,)))
