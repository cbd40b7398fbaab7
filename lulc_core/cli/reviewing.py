"""``lulc review``: what reviewers ask of an assessment, each question a command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.cli.listing import Listing
from lulc_core.cli.review_words import (
    alternate_words,
    assisted_words,
    difference_words,
    labeller_words,
    region_words,
    support_words,
    year_words,
)
from lulc_core.cli.stated_units import print_with_units, units_of, units_of_map
from lulc_core.cli.surveys import stated_survey
from lulc_core.cli.words import print_note

if TYPE_CHECKING:
    import pandas as pd


def register(app: typer.Typer) -> None:
    """Add the commands."""
    review = typer.Typer(help="Answer what reviewers ask of an assessment.", no_args_is_help=True)
    review.command("alternates", cls=Listing)(alternates)
    review.command("maps", cls=Listing)(maps)
    review.command("regions", cls=Listing)(regions)
    review.command("labellers", cls=Listing)(labellers)
    review.command("probabilities", cls=Listing)(probabilities)
    review.command("support", cls=Listing)(support)
    review.command("years", cls=Listing)(years)
    app.add_typer(review, name="review")


def alternates(
    sample: opt.ReviewSample,
    strata: opt.Strata = None,
    mapped_area: opt.MappedArea = None,
    poststratify: opt.Poststratify = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Count the interpreter's alternate label as right, too, beside the primary one: column alternate.

    Example: lulc review alternates --sample sample.csv --strata strata.csv
    """
    if mapped_area is not None and poststratify is not None:
        raise lulc.InvalidInputError("Give --mapped-area or --poststratify, not both: both state the mapped areas.")
    areas, by_map = poststratify or mapped_area, poststratify is not None
    survey = stated_survey(sample, strata, areas, fpc=fpc, poststratify=by_map, pixel_ha=pixel_ha, decimal=decimal)
    survey = survey.reading("alternate")
    found = lulc.assess_alternates(
        survey.sample, survey.mapped, design=survey.design, pixel_ha=pixel_ha, poststratify=by_map
    )
    found = replace(found, primary=_noted(found.primary, survey))
    print_with_units(found.as_dict(), as_json, alternate_words(found), units_of(survey, pixel_ha), facts)


def maps(
    sample: opt.ReviewSample,
    other: opt.OtherMap,
    strata: opt.Strata = None,
    names: opt.MapNames = None,
    poststratify: opt.Poststratify = None,
    fpc: opt.Fpc = False,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Compare the accuracy of two maps, or of two sets of weights, by one sample: paired differences with tests.

    Example: lulc review maps --sample sample.csv --strata strata.csv --other new.tif --names old,new
    """
    by_map = poststratify is not None
    survey = stated_survey(sample, strata, poststratify, fpc=fpc, poststratify=by_map, decimal=decimal)
    table, column = _with_other_map(survey.sample, other)
    notes = survey.reading(column).notes
    called = _two(names) or ("map", Path(other).stem)
    found = lulc.compare_accuracy(table, column, design=survey.design, names=called, poststrata=survey.mapped)
    found = replace(found, warnings=(*notes, *found.warnings))
    print_with_units(found.as_dict(), as_json, difference_words(found), units_of(survey, None), facts)


def regions(
    sample: opt.ReviewSample,
    polygons: opt.RegionFile = None,
    name: opt.RegionName = None,
    column: opt.RegionColumn = None,
    strata: opt.Strata = None,
    poststratify: opt.Poststratify = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Assess each region by the sample of the whole: regions of a polygon file, or a column of the sample.

    Example: lulc review regions --sample sample.csv --strata strata.csv --regions provinces.geojson --pixel-ha 0.01
    """
    by_map = poststratify is not None
    survey = stated_survey(
        sample, strata, poststratify, fpc=fpc, poststratify=by_map, pixel_ha=pixel_ha, decimal=decimal
    )
    if (polygons is None) == (column is None):
        raise lulc.InvalidInputError("Give the regions once: --regions, a file of polygons, or --column of the sample.")
    inside = _inside(survey.sample, polygons, name, column)
    found = lulc.assess_regions(
        survey.sample, inside, design=survey.design, pixel_ha=pixel_ha, poststrata=survey.mapped
    )
    notes = survey.reading(column).notes if column else survey.notes
    found = replace(found, warnings=tuple(dict.fromkeys((*notes, *found.warnings))))
    print_with_units(found.as_dict(), as_json, region_words(found), units_of(survey, pixel_ha), facts)


def labellers(
    sample: opt.ReviewSample,
    interpreters: opt.InterpreterColumns = None,
    rate: opt.LabelErrorRate = None,
    checks: opt.LabelChecks = None,
    strata: opt.Strata = None,
    mapped_area: opt.MappedArea = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    seed: opt.SampleSeed = 0,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Let standard errors know how uncertain labels are: by several interpreters, an error rate, or a check.

    Example: lulc review labellers --sample sample.csv --strata strata.csv --interpreters Ana,Ben,Cleo
    """
    survey = stated_survey(sample, strata, mapped_area, fpc=fpc, pixel_ha=pixel_ha, decimal=decimal)
    if sum(given is not None for given in (interpreters, rate, checks)) != 1:
        raise lulc.InvalidInputError("Give one of --interpreters, --error-rate and --checks.")
    people = [name.strip() for name in (interpreters or "").split(",") if name.strip()]
    survey = survey.reading(*people)
    if people:
        found = lulc.assess_interpreters(
            survey.sample, people, survey.mapped, design=survey.design, pixel_ha=pixel_ha, seed=seed
        )
    else:
        errors = _label_errors(survey.sample, rate, checks)
        found = lulc.assess_label_errors(
            survey.sample, errors, survey.mapped, design=survey.design, pixel_ha=pixel_ha, seed=seed
        )
    found = replace(found, plain=_noted(found.plain, survey))
    print_with_units(found.as_dict(), as_json, labeller_words(found), units_of(survey, pixel_ha), facts)


def probabilities(
    sample: opt.ReviewSample,
    totals: opt.ProbabilityTotals,
    strata: opt.Strata = None,
    fpc: opt.Fpc = False,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Let the map's probabilities assist areas and accuracies: columns probability_<class> of the sample.

    Example: lulc review probabilities --sample sample.csv --strata strata.csv --totals totals.csv
    """
    survey = stated_survey(sample, strata, fpc=fpc, decimal=decimal)
    known = lulc.read_probability_totals(totals)
    survey = survey.reading(*(f"probability_{name}" for name in known.index))
    found = lulc.assess_assisted(survey.sample, known, design=survey.design)
    found = replace(found, warnings=(*survey.notes, *found.warnings))
    print_with_units(found.as_dict(), as_json, assisted_words(found), units_of(survey, None), facts)


def support(
    sample: opt.ReviewSample,
    map_path: opt.MapAround,
    sizes: opt.Supports = "1,9,25",
    strata: opt.Strata = None,
    fpc: opt.Fpc = False,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Assess the class of each sampled pixel, and the majority of the pixels around it, by one sample.

    Example: lulc review support --sample sample.csv --strata strata.csv --map map.tif --sizes 1,9,25
    """
    survey = stated_survey(sample, strata, fpc=fpc, decimal=decimal)
    parts = [part.strip() for part in sizes.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise lulc.InvalidInputError(f"--sizes takes numbers of pixels with commas between, as 1,9,25; got {sizes!r}.")
    raster = lulc.read_map(map_path, on_remark=print_note)
    found = lulc.assess_supports(survey.sample, raster, [*map(int, parts)], design=survey.design)
    found = replace(found, warnings=(*survey.notes, *found.warnings))
    known = units_of_map(raster) | units_of(survey, found.pixel_ha)
    print_with_units(found.as_dict(), as_json, support_words(found), known, facts)


def years(
    sample: opt.PanelSample,
    strata: opt.Strata = None,
    poststratify: opt.YearlyAreas = None,
    fpc: opt.Fpc = False,
    pixel_ha: opt.PixelHa = None,
    total_ha: opt.TotalHa = None,
    facts: opt.StatedUnits = None,
    decimal: opt.Decimal = None,
    as_json: opt.Json = False,
) -> None:
    """Estimate areas by year, changes and trends from pixels that were labelled for several years.

    Example: lulc review years --sample panel.csv --strata strata.csv --pixel-ha 0.01
    """
    survey = stated_survey(
        sample, strata, fpc=fpc, poststratify=poststratify is not None, pixel_ha=pixel_ha, decimal=decimal
    ).reading_years()
    mapped = lulc.read_yearly_areas(poststratify, pixel_ha=pixel_ha, decimal=decimal) if poststratify else None
    found = lulc.assess_years(survey.sample, design=survey.design, pixel_ha=pixel_ha, total_ha=total_ha, mapped=mapped)
    found = replace(found, warnings=tuple(dict.fromkeys((*survey.notes, *found.warnings))))
    print_with_units(found.as_dict(), as_json, year_words(found), units_of(survey, pixel_ha), facts)


def _label_errors(sample: pd.DataFrame, rate: float | None, checks: Path | None) -> lulc.LabelErrors:
    """Return how labels err, of the classes of map and reference."""
    classes = sorted({str(name).strip() for column in ("map", "reference") for name in sample[column].dropna()})
    if checks is not None:
        return lulc.LabelErrors.of_checks(lulc.read_checks(checks), classes)
    return lulc.LabelErrors.at_rate(rate or 0.0, classes)


def _inside(sample: pd.DataFrame, polygons: Path | None, name: str | None, column: str | None) -> pd.DataFrame:
    """Return in which regions each row lies."""
    if column is not None and column not in sample.columns:
        listed = ", ".join(map(str, sample.columns))
        raise lulc.InvalidInputError(
            f"--column is the column that names the region of each row; {column!r} is not one of {listed}."
        )
    if column is not None:
        said = sample[column].astype("string").fillna("").str.strip()
        return said.to_frame().assign(**{one: said == one for one in said.unique() if one}).drop(columns=column)
    if polygons is None or not {"lon", "lat"} <= set(sample.columns):
        raise lulc.InvalidInputError("To find its places in the polygons, the sample needs columns lon,lat (degrees).")
    return lulc.places_in_regions(
        sample["lon"].tolist(), sample["lat"].tolist(), lulc.read_regions(polygons, name=name)
    )


def _noted(report: lulc.Assessment, survey: lulc.Survey) -> lulc.Assessment:
    return replace(report, warnings=(*survey.notes, *report.warnings))


def _with_other_map(sample: pd.DataFrame, other: str) -> tuple[pd.DataFrame, str]:
    """Return the sample with the classes of the second map, and their column."""
    if other in sample.columns:
        return sample, other
    path = Path(other)
    if not path.is_file():
        listed = ", ".join(map(str, sample.columns))
        raise lulc.InvalidInputError(f"--other is a column of the sample ({listed}) or a class raster; got {other!r}.")
    raster = lulc.read_map(path, on_remark=print_note)
    if {"lon", "lat"} <= set(sample.columns):
        found = lulc.map_classes_at(sample[["lon", "lat"]], raster)[0]["map"]
    elif {"x", "y"} <= set(sample.columns):
        found = lulc.label_sample(sample[["x", "y"]], raster)["reference"]
    else:
        raise lulc.InvalidInputError("To read the second map at the sample, that needs columns lon,lat or x,y.")
    return sample.assign(**{path.stem: found.to_numpy()}), path.stem


def _two(names: str | None) -> tuple[str, str] | None:
    if names is None:
        return None
    parts = [part.strip() for part in names.split(",")]
    if len(parts) != 2 or not all(parts):
        raise lulc.InvalidInputError(f"--names takes two names with a comma between, such as old,new; got {names!r}.")
    return parts[0], parts[1]
