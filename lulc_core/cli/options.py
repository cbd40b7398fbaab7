"""Options of the commands: type, what is allowed, help. Those of assessments are in `assessment_options`.

Defaults stand in the commands.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

import lulc_core as lulc
from lulc_core.cli.listing import listed
from lulc_core.cli.numbers import number_option, whole_option
from lulc_core.cli.words import telling
from lulc_core.cores import JOBS, at_most
from lulc_core.home import expanded

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.models import ArgumentInfo, OptionInfo


Text = TypeVar("Text", Path, str)


def path_parser(kind: Callable[[str], Text], name: str) -> Callable[[str], Text]:
    """Return what reads a path: a leading ``~`` is the home folder, also in ``--out=~/a``, where a shell leaves it."""

    def read(text: str) -> Text:
        if not text.strip():
            raise lulc.LulcError(f"{name} is empty; give a path.")  # no ValueError: typer would put its own words
        return kind(expanded(text))

    return read


def path_option(name: str, help: str) -> OptionInfo:  # noqa: A002  typer's own name
    """Return an option that takes a path; ``~`` is the home folder."""
    return typer.Option(name, help=help, metavar="PATH", parser=path_parser(Path, name))


def name_or_path(name: str, help: str) -> OptionInfo:  # noqa: A002  typer's own name
    """Return an option that takes a name, or a path; ``~`` is the home folder."""
    return typer.Option(name, help=help, metavar="TEXT", parser=path_parser(str, name))


def path_argument(name: str, help: str) -> ArgumentInfo:  # noqa: A002  typer's own name
    """Return an argument that is a path; ``~`` is the home folder."""
    return typer.Argument(help=help, metavar=name, parser=path_parser(Path, name))


def one_of(module: str, registry: str, help: str, *names: str) -> OptionInfo:  # noqa: A002  typer's own name
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
        "Maximum number of cores to use. Default: all that the process may use.",
        low=1,
        envvar=JOBS,
        callback=lambda context, jobs: context.with_resource(at_most(jobs)),
    ),
]

# lulc search and lulc map: where, when, which scenes
Bbox = Annotated[
    tuple[float, float, float, float] | None,
    number_option("--bbox", "West south east north, degrees. Default: all of a local catalog.", metavar="W S E N"),
]
Named = Annotated[str | None, one_of("regions", "region_names", "A built-in region instead of a box: {}.", "--region")]
Polygon = Annotated[
    Path | None, path_option("--polygon", "GeoJSON of polygons, degrees: only pixels whose centre lies within count.")
]
Catalog = Annotated[
    str | None,
    name_or_path(
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
    name_or_path(
        "--data-dir",
        "Another folder whose images the catalog may open, or s3://bucket/folder; may be given several times.",
    ),
]
Year = Annotated[int, whole_option("--year", "Calendar year.")]
MaxScenes = Annotated[int | None, whole_option("--max-scenes", "Maximum acquisitions per tile; 0 takes all.", low=0)]
Looks = Annotated[
    float,
    number_option(
        "--looks",
        "Clear observations per pixel to aim for: cloudy places take more scenes, from 10 to 48 acquisitions unless "
        "--max-scenes says otherwise.",
    ),
]
ClearOf = Annotated[
    str,
    typer.Option(
        help="Where scenes should be clear: {imagery.selection:CLEAR_OF}. 'place' reads each scene's cloud mask there."
    ),
]
Timeout = Annotated[float, number_option("--timeout", "Seconds to wait for an answer of a STAC API.", low=0.1)]

# lulc map: how, and what is kept
MapOut = Annotated[Path, path_option("--out", "Folder for the map, its quality, what --keep says and the report.")]
Network = Annotated[
    str | None,
    name_or_path("--model", "An installed network (lulc networks), or its folder. Default: one for such imagery."),
]
Runtime = Annotated[
    str | None, one_of("networks.runtimes", "RUNTIMES", "What runs the network: {}. Default: the fastest installed.")
]
Precision = Annotated[
    str | None,
    one_of(
        "networks.runtimes",
        "PRECISIONS",
        "Number format the network computes in: {}. Default: bf16 where the processor has it and few labels change.",
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

# lulc simulate
SimulatedRegion = Annotated[str | None, typer.Option(help="Built-in region: {regions:region_names}.")]
SimulatedYear = Annotated[int | None, whole_option("--year", "2019 to 2023.")]
SimulatedSeed = Annotated[int, whole_option("--seed", "Random seed: another seed gives another landscape.")]
SimulatedOut = Annotated[Path | None, path_option("--out", "Output folder. Default: the cache.")]
Every = Annotated[bool, typer.Option("--all", help="All regions and years that are not given.")]

# lulc train
TrainOut = Annotated[Path, path_option("--out", "Folder for the model, its curves and the checkpoint to resume from.")]
Chips = Annotated[Path | None, path_argument("DATASET", "Folder with images/<id>.tif and labels/<id>.tif.")]
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
    int | None, whole_option("--chips-per-epoch", "Chips per epoch, redrawn for each. Default: all.")
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
    name_or_path("--from", "Another address of the file of the weights, or the file. Default: where it is published."),
]

# lulc dataset and lulc benchmark
PublishedMap = Annotated[
    str, name_or_path("--map", "The map to learn from: {reference_maps.maps:REFERENCE_MAPS}, or a file.")
]
Agree = Annotated[
    list[str] | None,
    name_or_path("--agree", "Another map that must agree, as --map; may be given several times."),
]
SceneCatalog = Annotated[
    str,
    name_or_path("--catalog", "A STAC API, 'planetary-computer', 'earth-search', or a local items.json or its folder."),
]
MapsFrom = Annotated[str, name_or_path("--map-catalog", "A STAC API that has the maps, or 'planetary-computer'.")]
ChipSize = Annotated[int, whole_option("--size", "Side of a chip, pixels.", low=32)]
DatasetOut = Annotated[
    Path, path_option("--out", "Folder for the dataset: images, labels, dataset.json and chips.csv.")
]
ConsensusTiles = Annotated[Path, path_argument("FOLDER", "Unpacked consensus tiles, dw_test.zip.")]
ScoredNetwork = Annotated[
    str | None, name_or_path("--model", "A network's name, or a folder with model.json and weights.")
]
Imagery = Annotated[
    Path | None, path_option("--imagery", "A dataset with the images of the tiles, instead of a catalog.")
]
LabelTiles = Annotated[Path, path_argument("LABELS_FOLDER", "Unpacked label tiles, in any folders below it.")]

# lulc run and lulc status
Tiles = Annotated[
    list[str],
    typer.Argument(
        metavar="TILES...",
        parser=path_parser(str, "TILES"),
        help="Names such as 31UFS, a file of them, or GeoJSON of a territory: the tiles that it touches.",
    ),
]
Years = Annotated[str, typer.Option(help="Calendar years, such as 2019-2023 or 2019,2021.")]
RunOut = Annotated[
    str, name_or_path("--out", "Folder or bucket, such as s3://maps/belgium, for the maps, and a record beside each.")
]
RunFolder = Annotated[
    str, typer.Argument(help="Folder or bucket of a run.", metavar="FOLDER", parser=path_parser(str, "FOLDER"))
]
MosaicOut = Annotated[
    Path, path_option("--out", "Raster to write (.tif), or the folder of a map to open in the explorer.")
]
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
        help="A Dask cluster: local, the address of a scheduler (tcp://HOST:PORT), or that of a Dask "
        "Gateway (gateway://HOST:PORT, gateway+https://HOST/PATH). "
        "Default: one map after the other in this process.",
    ),
]
Workers = Annotated[int, whole_option("--workers", "Processes of the local cluster.", low=1)]
Price = Annotated[
    float | None, number_option("--price-per-core-hour", "To say what was spent, and what is to come.", low=0)
]
Territory = Annotated[Path | None, path_option("--territory", "GeoJSON: areas of the classes in it only.")]

# lulc app
Port = Annotated[int, whole_option("--port", "Port to listen on; 0 takes any that is free.", low=0, high=65535)]
Address = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 is every network of this machine.")]
Prefix = Annotated[str, typer.Option(help="Path before the explorer's address, for a reverse proxy.")]
Origin = Annotated[
    list[str] | None,
    typer.Option(metavar="HOST[:PORT]", help="Host by which browsers reach the explorer; may be given several times."),
]
Socket = Annotated[Path | None, path_option("--unix-socket", "Listen on this Unix socket instead of a port.")]

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
