"""Every option of the commands: its type, what it may be, its help. Defaults stand in the commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

import lulc_core as lulc
from lulc_core.cli.listing import listed
from lulc_core.cli.numbers import number_option, whole_option
from lulc_core.cli.words import telling
from lulc_core.cores import JOBS, at_most

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import ArgumentInfo, OptionInfo


Text = TypeVar("Text", Path, str)


def from_home(kind: Callable[[str], Text], name: str) -> Callable[[str], Text]:
    """Return what reads a path: a leading ``~`` is the home folder, also in ``--out=~/a``, where a shell leaves it."""

    def read(text: str) -> Text:
        if not text.strip():
            raise lulc.LulcError(f"{name} is empty; give a path.")  # no ValueError: typer would put its own words
        return kind(os.path.expanduser(text))

    return read


def _path(name: str, help: str) -> OptionInfo:  # noqa: A002  typer's own name
    return typer.Option(name, help=help, metavar="PATH", parser=from_home(Path, name))


def _name_or_path(name: str, help: str) -> OptionInfo:  # noqa: A002  typer's own name
    return typer.Option(name, help=help, metavar="TEXT", parser=from_home(str, name))


def _path_argument(name: str, help: str) -> ArgumentInfo:  # noqa: A002  typer's own name
    return typer.Argument(help=help, metavar=name, parser=from_home(Path, name))


def _one_of(module: str, registry: str, help: str, *names: str) -> OptionInfo:  # noqa: A002  typer's own name
    """Return an option whose values are in a registry, named in its help and completed in a shell."""

    def complete() -> list[str]:
        return listed(module, registry)

    return typer.Option(*names, help=help.format(f"{{{module}:{registry}}}"), autocompletion=complete)


# All commands
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Jobs = Annotated[
    int | None,
    whole_option(
        "--jobs",
        "Most cores to use. Default: all that the process may use.",
        low=1,
        envvar=JOBS,
        callback=lambda context, jobs: context.with_resource(at_most(jobs)),
    ),
]
Decimal = Annotated[
    str | None, typer.Option(help="Decimal mark of the CSV files: . or , (the other one then groups thousands).")
]
MappedArea = Annotated[Path | None, _path("--mapped-area", "CSV of the mapped areas: class,area_ha or class,pixels.")]

# lulc search and lulc map: where, when, which scenes
Bbox = Annotated[
    tuple[float, float, float, float] | None,
    number_option("--bbox", "West south east north, degrees. Default: all of a local catalog.", metavar="W S E N"),
]
Named = Annotated[str | None, _one_of("regions", "region_names", "A built-in region instead of a box: {}.", "--region")]
Polygon = Annotated[
    Path | None, _path("--polygon", "GeoJSON of polygons, degrees: only pixels whose centre lies within count.")
]
Catalog = Annotated[
    str | None,
    _name_or_path(
        "--catalog",
        "A STAC API, 'planetary-computer', 'earth-search', a local items.json or its folder, or 'simulated'. "
        "Default: simulated for a built-in region, else the Planetary Computer.",
    ),
]
Fallback = Annotated[
    str | None,
    typer.Option(
        help="Another STAC API, such as earth-search, to search if the catalog does not answer. Default: none."
    ),
]
Compare = Annotated[
    str | None,
    typer.Option(help="Another catalog, such as earth-search: say which acquisitions either of the two lacks."),
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask a STAC API even if it has answered within a day.")]
DataDir = Annotated[
    list[str] | None,
    _name_or_path(
        "--data-dir",
        "Another folder whose images the catalog may open, or s3://bucket/folder; may be given several times.",
    ),
]
Year = Annotated[int, whole_option("--year", "Calendar year.")]
MaxScenes = Annotated[int | None, whole_option("--max-scenes", "Most acquisitions per tile; 0 takes every one.", low=0)]
Looks = Annotated[
    float,
    number_option(
        "--looks",
        "Clear looks per pixel to reach: cloudy places take more scenes. From 10 to 48 acquisitions, unless "
        "--max-scenes says otherwise.",
    ),
]
ClearOf = Annotated[
    str,
    typer.Option(
        help="Of what scenes are to see much clearly: {imagery.selection:CLEAR_OF}. The place takes a look at each."
    ),
]
Timeout = Annotated[float, number_option("--timeout", "Seconds to wait for an answer of a STAC API.", low=0.1)]

# lulc map: how, and what is kept
MapOut = Annotated[Path, _path("--out", "Folder for the map, its quality, what --keep says and the report.")]
Network = Annotated[
    str | None,
    _name_or_path("--model", "An installed network (lulc networks), or its folder. Default: one for such imagery."),
]
Runtime = Annotated[
    str | None, _one_of("networks.runtimes", "RUNTIMES", "What runs the network: {}. Default: the fastest installed.")
]
Precision = Annotated[
    str | None,
    _one_of(
        "networks.runtimes",
        "PRECISIONS",
        "In what the network computes: {}. Default: bf16 where the processor has it and hardly a label changes.",
    ),
]
Mask = Annotated[str, typer.Option(help="How clouds are masked: {mapping.request:MASKS}.")]
ClassWeights = Annotated[str, typer.Option(help="Class weights of the mode, such as crops=1.5,grass=1.2.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        callback=lambda context, wanted: context.with_resource(telling(wanted)),
        help="Say how the network is run, what is tried again, and what is used from before.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before a run that is long or takes much room.")]
Strict = Annotated[bool, typer.Option("--strict", help="Fail if an item is imperfect or a scene cannot be read.")]
Chip = Annotated[int, whole_option("--chip", "Largest chip edge, px; 1100 takes less time and more memory.", low=1)]
Overlap = Annotated[int, whole_option("--overlap", "Least overlap of chips, px.", low=0)]
Probabilities = Annotated[bool, typer.Option("--probabilities", help="Keep every class's probability.")]
Keep = Annotated[str, typer.Option(help="What stays beside the map: {mapping.request:KEEPS}.")]
Quicklooks = Annotated[bool, typer.Option("--quicklooks", help="Keep every scene's imagery to look at.")]

# lulc assess and lulc audit
Counts = Annotated[Path | None, _path("--counts", "CSV of sample counts: map,<reference classes...>.")]
Sample = Annotated[
    Path | None, _path("--sample", "CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels].")
]
Strata = Annotated[Path | None, _path("--strata", "CSV of the design: stratum,size (pixels) or stratum,clusters.")]
Map = Annotated[Path | None, _path("--map", "Class raster to compare wall to wall with --reference.")]
Reference = Annotated[Path | None, _path("--reference", "Reference class raster.")]
Fpc = Annotated[bool, typer.Option("--fpc", help="Apply the finite-population correction.")]
PixelHa = Annotated[float | None, number_option("--pixel-ha", "Area of a pixel in hectares.")]
Poststratify = Annotated[Path | None, _path("--poststratify", "Poststratify by map class: CSV of the mapped areas.")]
Change = Annotated[bool, typer.Option("--change", help="Estimate change: reference_before, reference_after.")]
Kappa = Annotated[bool, typer.Option("--kappa", help="Add Cohen's kappa (deprecated).")]
AreaEstimator = Annotated[
    str | None, _one_of("accuracy.area_estimators", "AREA_ESTIMATORS", "Model-assisted areas, with --mapped-area: {}.")
]
IntervalMethod = Annotated[
    str | None,
    typer.Option(
        "--interval",
        help="Method of the 95 % intervals: wilson, mover, difference, logit or t; the best for each by default.",
        autocompletion=lambda: list(lulc.INTERVALS),
    ),
]
Matrix = Annotated[Path, _path_argument("MATRIX", "JSON of printed matrices: classes, printed: region: P, W, col, ...")]

# lulc review
ReviewSample = Annotated[
    Path,
    _path("--sample", "CSV of labelled pixels: map,reference[,stratum][,cluster][,pixels], and what is asked for."),
]
OtherMap = Annotated[
    str, _name_or_path("--other", "The second map: a column of the sample, or a class raster to read at its pixels.")
]
RegionFile = Annotated[
    Path | None, _path("--regions", "Polygons of the regions: GeoJSON (degrees), or GeoPackage in any projection.")
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
LabelChecks = Annotated[Path | None, _path("--checks", "CSV of a check of labels: label,truth[,count].")]
ProbabilityTotals = Annotated[
    Path,
    _path("--totals", "CSV over all pixels of the map: class,mapped,mean_probability,mean_probability_mapped."),
]
PanelSample = Annotated[
    Path,
    _path("--sample", "CSV of labelled pixels: reference_2018,reference_2021,...[,stratum][,cluster][,map_2018,...]."),
]
YearlyAreas = Annotated[
    Path | None,
    _path(
        "--poststratify", "CSV of the mapped areas: class,area_ha for column map, or year,class,area_ha for map_2018."
    ),
]
TotalHa = Annotated[float | None, number_option("--total-ha", "Area of everything that was sampled, hectares.")]
MapAround = Annotated[Path, _path("--map", "Class raster that was assessed, to read around the sampled pixels.")]
Supports = Annotated[str, typer.Option("--sizes", help="Pixels of the squares, as 1,9,25 for 1 x 1, 3 x 3, 5 x 5.")]
MapNames = Annotated[str | None, typer.Option("--names", help="What to call the two maps: old,new.")]

# lulc report
ReportOut = Annotated[Path, _path("--out", "Report to write: .html, one page without other files, or .md.")]
MapToShow = Annotated[Path | None, _path("--map", "Class raster to show in the report.")]
Facts = Annotated[
    Path | None,
    _path("--facts", "JSON of what no file says: title, map_name, reference_data, interpreters, blind, ..."),
]

# lulc compare
MapToCompare = Annotated[Path, _path("--map", "Class raster of ours.")]
With = Annotated[
    list[str],
    _name_or_path(
        "--with",
        "A map of others, once or twice: {reference_maps.maps:REFERENCE_MAPS}, a file, or another collection of the "
        "catalog.",
    ),
]
CrosswalkNames = Annotated[
    list[str] | None,
    _name_or_path(
        "--crosswalk",
        "What the codes of a file or collection mean: {reference_maps.crosswalks:CROSSWALKS}, or a CSV: "
        "code,name,class. Default: what the file says.",
    ),
]
Asset = Annotated[str, typer.Option(help="Key of the map in the items of another collection. Default: the only one.")]
OwnYear = Annotated[int | None, whole_option("--year", "Calendar year. Default: that of the map.")]
Units = Annotated[str, typer.Option("--mmu", help="Minimum mapping units, pixels.")]
MapCatalog = Annotated[str, _name_or_path("--catalog", "A STAC API that has the maps, or 'planetary-computer'.")]
CompareOut = Annotated[
    Path | None, _path("--out", "Folder for agreement.json, agreement.csv, matrix.csv and disagreement.tif.")
]

# lulc plan and lulc sample
DesignAreas = Annotated[Path, _path("--mapped-area", "CSV of the mapped areas: class,area_ha or class,pixels.")]
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
Allocation = Annotated[str, _one_of("accuracy.allocation", "ALLOCATIONS", "How strata share the sample: {}.")]
PlanMinimum = Annotated[int, whole_option("--minimum", "Minimum for each stratum.", low=2)]
Minimum = Annotated[int | None, whole_option("--minimum", "Minimum for each stratum.", low=2)]
MapToSample = Annotated[Path, _path("--map", "Class raster to draw from.")]
SampleOut = Annotated[Path, _path("--out", "CSV to write, with an empty column reference to fill in.")]
SampleSize = Annotated[int, whole_option("--size", "Pixels (or tiles) to draw.", low=2)]
SampleDesign = Annotated[str, _one_of("accuracy.sampling_designs", "SAMPLE_DESIGNS", "How to draw: {}.")]
SampleSeed = Annotated[int, whole_option("--seed", "The same seed draws the same sample.", low=0)]
Plan = Annotated[Path | None, _path("--plan", "Output of lulc plan --json: draw that.")]
TileM = Annotated[float, number_option("--tile-m", "Side of a tile in metres.", low=1)]
StrataOut = Annotated[Path | None, _path("--strata", "CSV of the strata. Default: strata.csv beside --out.")]
FillIn = Annotated[Path | None, _path("--reference", "Class raster to fill in the column reference.")]

# lulc label
LabelsAt = Annotated[
    str,
    typer.Argument(
        help="The database: a file, or postgresql://user@host/name.",
        metavar="LABELS",
        parser=from_home(str, "LABELS"),
    ),
]
PlacesToLabel = Annotated[Path, _path("--sample", "CSV or GeoPackage of places: lon,lat[,map][,stratum][,class].")]
NewProject = Annotated[str, typer.Option("--project", help="Name of the project.")]
Project = Annotated[str | None, typer.Option("--project", help="Name of the project. Default: the only one.")]
MapOfSample = Annotated[
    Path | None,
    _path("--map", "Class raster that gives every place its map class and stratum, and the sizes of these."),
]
Interpreters = Annotated[
    int, whole_option("--interpreters", "Labels that each unit needs, of different people.", low=1)
]
Rule = Annotated[str, _one_of("accuracy.consensus", "RULES", "How the labels of a unit become one: {}.")]
Person = Annotated[str | None, typer.Option("--person", help="Name of the interpreter.")]
ClassColumn = Annotated[str | None, typer.Option("--column", help="Column, or question, that holds the class.")]
LabelsOut = Annotated[Path, _path("--out", "File to write.")]
LabelsFile = Annotated[Path, _path_argument("FILE", "File of labels.")]
What = Annotated[str, typer.Option(help="What to write: units (blind), labels or sample.")]
LabelForm = Annotated[str, _one_of("labelling.exchange", "LABEL_FORMATS", "Whose file it is: {}.", "--format")]
Bounds = Annotated[bool, typer.Option("--bounds", help="Add bounds for what units without a consensus may hide.")]

# lulc simulate
SimulatedRegion = Annotated[str | None, typer.Option(help="Built-in region: {regions:region_names}.")]
SimulatedYear = Annotated[int | None, whole_option("--year", "2019 to 2023.")]
SimulatedSeed = Annotated[int, whole_option("--seed", "Random seed: another seed gives another landscape.")]
SimulatedOut = Annotated[Path | None, _path("--out", "Output folder. Default: the cache.")]
Every = Annotated[bool, typer.Option("--all", help="All regions and years that are not given.")]

# lulc train
TrainOut = Annotated[Path, _path("--out", "Folder for the model, its curves and the checkpoint to resume from.")]
Chips = Annotated[Path | None, _path_argument("DATASET", "Folder with images/<id>.tif and labels/<id>.tif.")]
Simulated = Annotated[bool, typer.Option("--simulated", help="Train on simulated landscapes.")]
Places = Annotated[int, whole_option("--places", "With --simulated: places per region.", low=1)]
PerPlace = Annotated[int, whole_option("--per-place", "With --simulated: chips per place.", low=1)]
OverfitOne = Annotated[
    bool, typer.Option("--overfit-one", help="Overfit a single chip: a quick check that training works.")
]
Epochs = Annotated[int, whole_option("--epochs", "Passes through the data.")]
Batch = Annotated[int, whole_option("--batch", "Chips per step.")]
TrainChip = Annotated[
    int, whole_option("--chip", "Side of the training window in pixels, a multiple of 16, at least 32.")
]
ChipsPerEpoch = Annotated[
    int | None, whole_option("--chips-per-epoch", "Chips per epoch, drawn anew for each. Default: all.")
]
Width = Annotated[int, whole_option("--width", "Channels of the first level of the UNet.")]
Dropout = Annotated[float, number_option("--dropout", "Dropout rate.")]
LearningRate = Annotated[float, number_option("--learning-rate", "Initial learning rate of Adam.")]
Patience = Annotated[int, whole_option("--patience", "Epochs without improvement before the rate drops tenfold.")]
ValidateOn = Annotated[
    str | None,
    typer.Option(help="Group of the chips to validate on, such as validation. Default: places drawn at random."),
]
Seed = Annotated[int, whole_option("--seed", "Random seed.")]

# lulc networks
PublishedNetwork = Annotated[
    str,
    typer.Argument(
        help="One of those that lulc networks lists.",
        metavar="NAME",
        autocompletion=lambda: listed("networks.published", "PUBLISHED_NETWORKS"),
    ),
]
NetworkSource = Annotated[
    str | None,
    _name_or_path("--from", "Another address of the file of the weights, or the file. Default: where it is published."),
]

# lulc dataset and lulc benchmark
PublishedMap = Annotated[
    str, _name_or_path("--map", "The map to learn from: {reference_maps.maps:REFERENCE_MAPS}, or a file.")
]
Agree = Annotated[
    list[str] | None,
    _name_or_path("--agree", "Another map that must agree, as --map; may be given several times."),
]
SceneCatalog = Annotated[
    str, _name_or_path("--catalog", "A STAC API, 'planetary-computer', or a local items.json or its folder.")
]
MapsFrom = Annotated[str, _name_or_path("--map-catalog", "A STAC API that has the maps, or 'planetary-computer'.")]
ChipSize = Annotated[int, whole_option("--size", "Side of a chip, pixels.", low=32)]
DatasetOut = Annotated[Path, _path("--out", "Folder for the dataset: images, labels, dataset.json and chips.csv.")]
ConsensusTiles = Annotated[Path, _path_argument("FOLDER", "Unpacked consensus tiles, dw_test.zip.")]
ScoredNetwork = Annotated[
    str | None, _name_or_path("--model", "A network's name, or a folder with model.json and weights.")
]
Imagery = Annotated[Path | None, _path("--imagery", "A dataset with the images of the tiles, instead of a catalog.")]
LabelTiles = Annotated[Path, _path_argument("LABELS_FOLDER", "Unpacked label tiles, in any folders below it.")]

# lulc run and lulc status
Tiles = Annotated[
    list[str],
    typer.Argument(
        metavar="TILES...",
        parser=from_home(str, "TILES"),
        help="Names such as 31UFS, a file of them, or GeoJSON of a territory: the tiles that it touches.",
    ),
]
Years = Annotated[str, typer.Option(help="Calendar years, such as 2019-2023 or 2019,2021.")]
RunOut = Annotated[
    str, _name_or_path("--out", "Folder or bucket, such as s3://maps/belgium, for the maps, and a record beside each.")
]
RunFolder = Annotated[
    str, typer.Argument(help="Folder or bucket of a run.", metavar="FOLDER", parser=from_home(str, "FOLDER"))
]
MosaicOut = Annotated[Path, _path("--out", "Raster to write, a Cloud-Optimised GeoTIFF.")]
MosaicYear = Annotated[int | None, whole_option("--year", "Which year, if the run has several.")]
MosaicCrs = Annotated[
    str | None, typer.Option("--crs", help="Such as EPSG:3035. Default: the zone of UTM of most of the maps.")
]
MosaicResolution = Annotated[
    float | None, number_option("--resolution", "Edge of a pixel in units of the CRS. Default: 10 m.")
]
Clip = Annotated[bool, typer.Option("--clip", help="Map of a tile only the box that the territory touches.")]
Shard = Annotated[
    str | None,
    typer.Option("--shard", help="Only every n-th map from the i-th on, as i/n: for an array of jobs, one i each."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        help="A Dask cluster: local, the address of a scheduler (tcp://HOST:PORT) or gateway://HOST:PORT. "
        "Default: one map after the other in this process.",
    ),
]
Workers = Annotated[int, whole_option("--workers", "Processes of the local cluster.", low=1)]
Price = Annotated[
    float | None, number_option("--price-per-core-hour", "To say what was spent, and what is to come.", low=0)
]
Territory = Annotated[Path | None, _path("--territory", "GeoJSON: areas of the classes in it only.")]

# lulc app
Port = Annotated[int, whole_option("--port", "Port to listen on; 0 takes any that is free.", low=0, high=65535)]
Address = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every network of this machine.")]
Prefix = Annotated[str, typer.Option(help="Path before the explorer's address, for a reverse proxy.")]
Origin = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST[:PORT]", help="Host by which browsers reach the explorer; may be given several times."),
]
Socket = Annotated[Path | None, _path("--unix-socket", "Listen on this Unix socket instead of a port.")]

# lulc link
LinkWords = Annotated[
    list[str] | None,
    typer.Argument(metavar="WORD=VALUE", help="More of what the address bar says, such as tab=change."),
]
LinkRegion = Annotated[str | None, typer.Option("--region", help="Place, as the address bar names it.")]
LinkYear = Annotated[int | None, whole_option("--year", "Calendar year.")]
LinkAt = Annotated[str, typer.Option("--at", metavar="URL", help="Address of the explorer, or of a JupyterHub.")]
LinkService = Annotated[
    str, typer.Option("--service", metavar="NAME", help="The explorer that a hub shares under this name.")
]
