"""``lulc plan`` and ``lulc sample``."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.words import Decimal, Json, Listing, listed, plan_words, print_note, print_result, read_pairs
from lulc_core.locking import folder_to_write

SHORT = 0.001
"""A plan may miss its target by this share before a warning: pixels are whole."""

Users = Annotated[
    str, typer.Option(help="Expected user's accuracy: 0.8, or water=0.95,crops=0.7 with one for every class.")
]
Allocation = Annotated[
    str,
    typer.Option(
        help="How strata share the sample: {accuracy.allocation:ALLOCATIONS}.",
        autocompletion=lambda: listed("accuracy.allocation", "ALLOCATIONS"),
    ),
]
SampleDesign = Annotated[
    str,
    typer.Option(
        help="How to draw: {accuracy.sampling_designs:SAMPLE_DESIGNS}.",
        autocompletion=lambda: listed("accuracy.sampling_designs", "SAMPLE_DESIGNS"),
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan", cls=Listing)(plan)
    app.command("sample", cls=Listing)(sample)


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
    decimal: Decimal = None,
    as_json: Json = False,
) -> None:
    """Plan a sample stratified by map class: its size, its allocation, and the expected standard errors.

    With --target-se alone the size follows Olofsson et al. (2014, eq. 13) and --allocation divides it. With other
    targets the plan is the smallest sample that meets all of them (Bethel 1989).

    Example: lulc plan --mapped-area areas.csv --target-se 0.01 --users water=0.95,crops=0.7 --allocation neyman
    """
    expected = _users(users)
    areas = lulc.read_areas(mapped_area, decimal=decimal, classes=expected if isinstance(expected, dict) else ())
    sizes = {name: n for name, n in areas.sizes.items() if n > 0}
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
    print_result(drawn.as_dict(), as_json, plan_words(drawn))


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
    cover = lulc.read_map(map_path, on_remark=print_note).to_dataset(name="label")
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
        drawn = lulc.label_sample(drawn, lulc.read_map(reference, on_remark=print_note))
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
    print_result(result, as_json, f"{len(drawn)} rows written to {out}, their strata to {strata}.")


def _users(text: str) -> float | dict[str, float]:
    """Parse one number, or class=number pairs."""
    with suppress(ValueError):
        return float(text)
    return read_pairs(text, "--users", "0.8, or water=0.95,crops=0.7")


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
