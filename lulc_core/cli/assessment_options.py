"""Options of the commands that plan, label, assess and compare; as in `lulc_core.cli.options`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import lulc_core as lulc
from lulc_core.cli.numbers import number_option, whole_option
from lulc_core.cli.options import Json as Json
from lulc_core.cli.options import Timeout as Timeout
from lulc_core.cli.options import name_or_path, one_of, path_argument, path_option, path_parser

# Several of these commands
Decimal = Annotated[
    str | None, typer.Option(help="Decimal mark of the CSV files: . or , (the other one then groups thousands).")
]
MappedArea = Annotated[
    Path | None, path_option("--mapped-area", "CSV of the mapped areas: class,area_ha or class,pixels.")
]

# lulc assess and lulc audit
Counts = Annotated[Path | None, path_option("--counts", "CSV of sample counts: map,<reference classes...>.")]
Sample = Annotated[
    Path | None, path_option("--sample", "CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels].")
]
Strata = Annotated[
    Path | None, path_option("--strata", "CSV of the design: stratum,size (pixels) or stratum,clusters.")
]
Map = Annotated[Path | None, path_option("--map", "Class raster to compare wall to wall with --reference.")]
Reference = Annotated[Path | None, path_option("--reference", "Reference class raster.")]
Fpc = Annotated[bool, typer.Option("--fpc", help="Apply the finite-population correction.")]
PixelHa = Annotated[float | None, number_option("--pixel-ha", "Area of a pixel in hectares.")]
Poststratify = Annotated[
    Path | None, path_option("--poststratify", "Poststratify by map class: CSV of the mapped areas.")
]
Change = Annotated[bool, typer.Option("--change", help="Estimate change: reference_before, reference_after.")]
Kappa = Annotated[bool, typer.Option("--kappa", help="Add Cohen's kappa (deprecated).")]
AreaEstimator = Annotated[
    str | None, one_of("accuracy.area_estimators", "AREA_ESTIMATORS", "Model-assisted areas, with --mapped-area: {}.")
]
IntervalMethod = Annotated[
    str | None,
    typer.Option(
        "--interval",
        help="Method of 95 % intervals: wilson, mover, difference, logit, t or further; by default the best for each.",
        autocompletion=lambda: list(lulc.INTERVALS),
    ),
]
Matrix = Annotated[Path, path_argument("MATRIX", "JSON of printed matrices: classes, printed: region: P, W, col, ...")]

# lulc review
ReviewSample = Annotated[
    Path,
    path_option(
        "--sample", "CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels], and what is asked for."
    ),
]
OtherMap = Annotated[
    str, name_or_path("--other", "The second map: a column of the sample, or a class raster to read at its pixels.")
]
RegionFile = Annotated[
    Path | None,
    path_option("--regions", "Polygons of the regions: GeoJSON (degrees), or GeoPackage in any projection."),
]
RegionName = Annotated[
    str | None,
    typer.Option("--name", help="Property that names a region. Default: name, region, title, label or id."),
]
RegionColumn = Annotated[str | None, typer.Option("--column", help="Column of the sample that names the region.")]
InterpreterColumns = Annotated[
    str | None, typer.Option("--interpreters", help="Columns with the labels of each interpreter: Ana,Ben.")
]
LabelErrorRate = Annotated[float | None, number_option("--error-rate", "Share of labels that are wrong, such as 0.05.")]
LabelChecks = Annotated[Path | None, path_option("--checks", "CSV of a check of labels: label,truth[,count].")]
ProbabilityTotals = Annotated[
    Path,
    path_option("--totals", "CSV over all pixels of the map: class,mapped,mean_probability,mean_probability_mapped."),
]
PanelSample = Annotated[
    Path,
    path_option(
        "--sample", "CSV of labelled pixels: reference_2018,reference_2021,...[,stratum][,cluster][,map_2018,...]."
    ),
]
YearlyAreas = Annotated[
    Path | None,
    path_option(
        "--poststratify", "CSV of the mapped areas: class,area_ha for column map, or year,class,area_ha for map_2018."
    ),
]
TotalHa = Annotated[float | None, number_option("--total-ha", "Area of everything that was sampled, hectares.")]
MapAround = Annotated[Path, path_option("--map", "Class raster that was assessed, to read around the sampled pixels.")]
Supports = Annotated[str, typer.Option("--sizes", help="Pixels of the squares, as 1,9,25 for 1 x 1, 3 x 3, 5 x 5.")]
MapNames = Annotated[str | None, typer.Option("--names", help="What to call the two maps: old,new.")]

# lulc report
ReportOut = Annotated[Path, path_option("--out", "Report to write: .html, one page without other files, or .md.")]
MapToShow = Annotated[Path | None, path_option("--map", "Class raster to show in the report.")]
Facts = Annotated[
    Path | None,
    path_option("--facts", "JSON of what no file says: title, map_name, reference_data, interpreters, blind, ..."),
]

# Every answer
StatedUnits = Annotated[
    Path | None, path_option("--facts", "JSON that states unit_of_assessment and minimum_mapping_unit, as lulc report.")
]

# lulc compare
MapToCompare = Annotated[Path, path_option("--map", "Class raster of ours.")]
With = Annotated[
    list[str],
    name_or_path(
        "--with",
        "A map of others, once or twice: {reference_maps.maps:REFERENCE_MAPS}, a file, or another collection of the "
        "catalog.",
    ),
]
CrosswalkNames = Annotated[
    list[str] | None,
    name_or_path(
        "--crosswalk",
        "What the codes of a file or collection mean: {reference_maps.crosswalks:CROSSWALKS}, or a CSV: "
        "code,name,class. Default: what the file says.",
    ),
]
Asset = Annotated[str, typer.Option(help="Key of the map in the items of another collection. Default: the only one.")]
OwnYear = Annotated[int | None, whole_option("--year", "Calendar year. Default: that of the map.")]
Units = Annotated[str, typer.Option("--mmu", help="Minimum mapping units, pixels.")]
MapCatalog = Annotated[str, name_or_path("--catalog", "A STAC API that has the maps, or 'planetary-computer'.")]
CompareOut = Annotated[
    Path | None, path_option("--out", "Folder for agreement.json, agreement.csv, matrix.csv and disagreement.tif.")
]

# lulc plan and lulc sample
DesignAreas = Annotated[Path, path_option("--mapped-area", "CSV of the mapped areas: class,area_ha or class,pixels.")]
TargetSe = Annotated[float | None, number_option("--target-se", "Target standard error of the overall accuracy.")]
UsersSe = Annotated[float | None, number_option("--users-se", "Target standard error of each user's accuracy.")]
ProducersSe = Annotated[
    float | None, number_option("--producers-se", "Target standard error of each producer's accuracy.")
]
AreaSe = Annotated[float | None, number_option("--area-se", "Target standard error of each area proportion.")]
PlanSize = Annotated[int | None, whole_option("--size", "Pixels to draw, instead of target standard errors.", low=2)]
Users = Annotated[
    str, typer.Option(help="Expected user's accuracy: 0.8, or water=0.95,crops=0.7 with one for every class.")
]
Allocation = Annotated[str, one_of("accuracy.allocation", "ALLOCATIONS", "How strata share the sample: {}.")]
PlanMinimum = Annotated[int, whole_option("--minimum", "Minimum for each stratum.", low=2)]
Minimum = Annotated[int | None, whole_option("--minimum", "Minimum for each stratum.", low=2)]
MapToSample = Annotated[Path, path_option("--map", "Class raster to draw from.")]
SampleOut = Annotated[Path, path_option("--out", "CSV to write, with an empty column reference to fill in.")]
SampleSize = Annotated[int, whole_option("--size", "Pixels (or tiles) to draw.", low=2)]
SampleDesign = Annotated[str, one_of("accuracy.sampling_designs", "SAMPLE_DESIGNS", "How to draw: {}.")]
SampleSeed = Annotated[int, whole_option("--seed", "The same seed draws the same sample.", low=0)]
Plan = Annotated[Path | None, path_option("--plan", "Output of lulc plan --json: draw that.")]
TileM = Annotated[float, number_option("--tile-m", "Side of a tile in metres.", low=1)]
StrataOut = Annotated[Path | None, path_option("--strata", "CSV of the strata. Default: strata.csv beside --out.")]
FillIn = Annotated[Path | None, path_option("--reference", "Class raster to fill in the column reference.")]

# lulc label
LabelsAt = Annotated[
    str,
    typer.Argument(
        help="The database: a file, or postgresql://user@host/name.",
        metavar="LABELS",
        parser=path_parser(str, "LABELS"),
    ),
]
PlacesToLabel = Annotated[
    Path, path_option("--sample", "CSV or GeoPackage of places: lon,lat[,map][,stratum][,class].")
]
NewProject = Annotated[str, typer.Option("--project", help="Name of the project.")]
Project = Annotated[str | None, typer.Option("--project", help="Name of the project. Default: the only one.")]
MapOfSample = Annotated[
    Path | None,
    path_option("--map", "Class raster that gives every place its map class and stratum, and the sizes of these."),
]
Interpreters = Annotated[
    int, whole_option("--interpreters", "Labels that each unit needs, of different people.", low=1)
]
Rule = Annotated[str, one_of("accuracy.consensus", "RULES", "How the labels of a unit become one: {}.")]
Person = Annotated[str | None, typer.Option("--person", help="Name of the interpreter.")]
ClassColumn = Annotated[str | None, typer.Option("--column", help="Column, or question, that holds the class.")]
MapOfTiles = Annotated[Path | None, path_option("--map", "Class raster that the tiles were drawn from.")]
MarkedUnit = Annotated[int | None, whole_option("--unit", "Number of the tile that the file marks.", low=0)]
LabelsOut = Annotated[Path, path_option("--out", "File to write.")]
LabelsFile = Annotated[Path, path_argument("FILE", "File of labels.")]
What = Annotated[str, typer.Option(help="What to write: units (blind), labels, sample or tiles.")]
LabelForm = Annotated[str, one_of("labelling.exchange", "LABEL_FORMATS", "Whose file it is: {}.", "--format")]
Bounds = Annotated[bool, typer.Option("--bounds", help="Add bounds for what units without a consensus may hide.")]
