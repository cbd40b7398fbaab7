"""``lulc plan`` and ``lulc sample``."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.cli.listing import Listing
from lulc_core.cli.numbers import read_number
from lulc_core.cli.stated_units import facts_beside, read_with_tags
from lulc_core.cli.words import plan_words, print_note, print_result, read_pairs
from lulc_core.counted import counted
from lulc_core.locking import folder_to_write
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import typer
    import xarray as xr

SHORT = 0.001
"""A plan may miss its target by this share before a warning: pixels are whole."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("plan", cls=Listing)(plan)
    app.command("sample", cls=Listing)(sample)


def plan(
    mapped_area: opt.DesignAreas,
    target_se: opt.TargetSe = None,
    users_se: opt.UsersSe = None,
    producers_se: opt.ProducersSe = None,
    area_se: opt.AreaSe = None,
    size: opt.PlanSize = None,
    users: opt.Users = "0.8",
    allocation: opt.Allocation = "proportional",
    minimum: opt.PlanMinimum = 2,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
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
    if areas.unread:
        unread = f"No plan reads {', '.join(areas.unread)} of {mapped_area}: expected user's accuracies are --users."
        drawn = replace(drawn, warnings=(*drawn.warnings, unread))
    if alone is not None and drawn.overall > alone * (1 + SHORT):
        drawn = replace(drawn, warnings=(*drawn.warnings, _falls_short(drawn.overall, alone, allocation)))
    print_result(drawn.as_dict(), as_json, plan_words(drawn))


def sample(
    map_path: opt.MapToSample,
    out: opt.SampleOut,
    size: opt.SampleSize = 500,
    design: opt.SampleDesign = "stratified",
    seed: opt.SampleSeed = 0,
    allocation: opt.Allocation = "proportional",
    users: opt.Users = "0.8",
    plan_path: opt.Plan = None,
    minimum: opt.Minimum = None,
    tile_m: opt.TileM = 5000,
    strata: opt.StrataOut = None,
    reference: opt.FillIn = None,
    as_json: opt.Json = False,
) -> None:
    """Draw the pixels to label, as the sample.csv and strata.csv that ``lulc assess`` reads.

    Example: lulc sample --map map.tif --out sample.csv --size 500 --seed 1
    (to draw what lulc plan --json printed: --plan plan.json)
    """
    label, tags = read_with_tags(map_path)
    cover = label.to_dataset(name="label")
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
    _note_ground_area(cover)
    drawn = _labelled(drawn, reference)
    of_strata = lulc.write_strata(drawn)
    strata = _strata_file(out, strata, of_strata)
    _write(out, drawn.to_csv(index=False, lineterminator="\n"))
    _write(strata, of_strata)
    of_tiles, facts = f"tiles of {tile_m:g} m" if "cluster" in drawn.columns else "pixels", facts_beside(out)
    known = _facts(map_path, label, tags, drawn, of_tiles, plan_path)
    _write(facts, json.dumps(known, indent=2, ensure_ascii=False) + "\n")
    files = {"sample": str(out), "strata": str(strata), "facts": str(facts)}
    result = {**files, "rows": len(drawn), "design": design, "seed": seed}
    told = f"{counted(len(drawn), 'row')} written to {out}, their strata to {strata}"
    print_result(result, as_json, f"{told}, what a report asks of the draw to {facts}.")


def _strata_file(out: Path, given: Path | None, of_strata: str) -> Path:
    """Return where the strata are written: not to the sample, nor unasked over those of another one."""
    strata = given or out.with_name("strata.csv")
    if strata == out:
        raise lulc.InvalidInputError(f"--out and --strata must be different files; both are {out}.")
    another = given is None and strata.exists() and not out.exists()
    if another and strata.read_text(encoding="utf-8") != of_strata:
        raise lulc.InvalidInputError(
            f"{strata} has other strata, of another sample. Name a file for those of this one by --strata, or another "
            "folder by --out."
        )
    return strata


def _facts(
    map_path: Path, label: xr.DataArray, tags: dict[str, str], drawn: pd.DataFrame, units: str, plan: Path | None
) -> dict[str, str]:
    """Return what the map and the draw say of what a report asks: the frame, and by which plan it was divided."""
    from lulc_core.accuracy.known_facts import facts_of_map  # not for the help: it loads pandas

    there, empty = int(drawn.groupby("stratum")["stratum_size"].first().sum()), int((label == 0).sum())
    left_out = f"; {empty:,} pixels without one were left out" if empty else ""
    frame = f"all {there:,} {units} of {map_path.name} that have a class{left_out}"
    planned = {"allocation": f"as planned by lulc plan ({plan.name})"} if plan else {}
    return facts_of_map(label, tags) | {"sampling_frame": frame} | planned


def _note_ground_area(cover: xr.Dataset) -> None:
    """Say how large a pixel is where that is not what the projection says."""
    grid = cover["label"].odc.geobox
    hectares = lulc.pixel_ha(grid)
    if hectares and isinstance(lulc.pixel_areas(grid), np.ndarray):
        print_note(f"On the ground a pixel has about {hectares:.4g} ha: assess with --pixel-ha {hectares:.4g}.")


def _labelled(drawn: pd.DataFrame, reference: Path | None) -> pd.DataFrame:
    """Return a sample with the column reference: filled in from a raster, or empty."""
    if reference is not None:
        from lulc_core.accuracy.remarks import doubts_of_labels  # not for the help: it loads pandas

        drawn = lulc.label_sample(drawn, lulc.read_map(reference, on_remark=print_note))
        for doubt in doubts_of_labels(drawn):
            print_note(doubt)
        return lulc.tabulate_tiles(drawn) if "cluster" in drawn.columns else drawn
    if len(drawn) > 1_000_000:
        raise lulc.InvalidInputError(
            f"These tiles hold {len(drawn):,} pixels to label one by one. Draw fewer or smaller tiles (--tile-m), or "
            "give a reference raster (--reference)."
        )
    return drawn.assign(reference="")


def _users(text: str) -> float | dict[str, float]:
    """Parse one number, or class=number pairs."""
    with suppress(lulc.LulcError):
        return read_number(text, "--users")
    return read_pairs(text, "--users", "0.8, or water=0.95,crops=0.7")


def _falls_short(expected: float, target: float, allocation: str) -> str:
    return (
        f"The sample size assumes Neyman allocation; with {allocation} allocation the expected standard error of the "
        f"overall accuracy is {expected:.4f}, above the target of {target:g}."
    )


def _planned(path: Path) -> dict[str, int]:
    """Read the pixels of each stratum from a plan."""
    try:
        allocation = read_json(path)["allocation"]
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
