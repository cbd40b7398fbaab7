"""``lulc label``: labelling projects, their units and labels as files, and how far they are."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

import typer

import lulc_core as lulc
import lulc_core.cli.assessment_options as opt
from lulc_core.accuracy.rounding import decimals, finest
from lulc_core.cli.listing import Listing
from lulc_core.cli.stated_units import print_with_units, units_of_map, units_of_project
from lulc_core.cli.words import assessment_words, print_note, print_result
from lulc_core.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd
    import xarray as xr


def register(app: typer.Typer) -> None:
    """Add the commands."""
    labels = typer.Typer(
        help="Label a sample with several interpreters: projects, files, progress.", no_args_is_help=True
    )
    labels.command("new", cls=Listing)(new)
    labels.command("list")(list_projects)
    labels.command("export", cls=Listing)(export)
    labels.command("import", cls=Listing)(import_)
    labels.command("status")(status)
    app.add_typer(labels, name="label")


def new(
    database: opt.LabelsAt,
    sample: opt.PlacesToLabel,
    project: opt.NewProject,
    strata: opt.Strata = None,
    map_path: opt.MapOfSample = None,
    interpreters: opt.Interpreters = 1,
    rule: opt.Rule = "strict",
    target_se: opt.TargetSe = None,
    pixel_ha: opt.PixelHa = None,
    tile_m: opt.TileM = 5000,
    person: opt.Person = None,
    column: opt.ClassColumn = None,
    seed: opt.SampleSeed = 0,
    as_json: opt.Json = False,
) -> None:
    """Make a labelling project of a sample: a CSV of lon,lat, or what lulc sample drew.

    Labels that the file holds already are stored as those of --person. A sample of tiles, with their --map, becomes a
    project of tiles that are marked pixel by pixel.

    Example: lulc label new labels.db --sample sample.csv --strata strata.csv --project Flanders --interpreters 3
    """
    places = lulc.read_places(sample)
    tiles = map_path is not None and "cluster" in places
    sizes = dict(lulc.read_design(strata, places).sizes) if strata else {}
    if map_path is not None and strata and not tiles:
        raise lulc.InvalidInputError("Give --strata or --map, not both: both state the strata.")
    cover = lulc.read_map(map_path, on_remark=print_note) if map_path is not None else None
    if cover is not None and tiles:
        places = lulc.tile_units(places, cover.odc.geobox, tile_m).astype({"stratum_size": float})
    elif cover is not None:
        places, sizes = lulc.map_classes_at(places, cover)
        print_note("The sample is taken to be drawn at random within each class of the map, on the ground.")
    terms = lulc.LabelProject(
        name=project,
        kind="tiles" if tiles else "points",
        interpreters=interpreters,
        rule=rule,
        strata=sizes,
        pixel_ha=pixel_ha or (None if cover is None else lulc.pixel_ha(cover.odc.geobox)),
        targets=lulc.Targets(overall=target_se),
    )
    with lulc.LabelDatabase(database) as labels:
        desk = lulc.create_label_project(labels, terms, places, seed=seed)
        result: dict[str, object] = {"project": project, "units": len(places), "strata": dict(desk.project.strata)}
        stored = 0
        if person is not None:
            stored = _told(lulc.import_labels(desk, sample, "csv", person=person, column=column)).stored
            result["labels"] = stored
    said = f"{counted(len(places), 'unit')} in project {project!r}, {counted(stored, 'label')}."
    print_result(result, as_json, said)


def list_projects(database: opt.LabelsAt, as_json: opt.Json = False) -> None:
    """List the projects of a database, and how far they are.

    Example: lulc label list labels.db
    """
    with lulc.LabelDatabase(database, create=False) as labels:
        desks = [lulc.LabelDesk(labels, project.name) for project in labels.projects()]
        found = [(desk.project, desk.progress()) for desk in desks]
    rows = [
        f"{p.name}: {at.complete} of {counted(at.units, 'unit')} complete, {counted(at.labels, 'label')}"
        for p, at in found
    ]
    result: dict[str, object] = {project.name: dataclasses.asdict(at) for project, at in found}
    print_result(result, as_json, "\n".join(rows) or "No projects.")


def export(
    database: opt.LabelsAt,
    out: opt.LabelsOut,
    what: opt.What = "units",
    form: opt.LabelForm = "csv",
    project: opt.Project = None,
    person: opt.Person = None,
    as_json: opt.Json = False,
) -> None:
    """Write units for interpreters, without map class and stratum; or the labels; or the sample for lulc assess.

    Beside the sample are the strata, and facts.json with what the project knows for lulc report. Tiles are written to a
    folder, each as a label for lulc train: what its interpreters agree on, or with --person what that person marked.

    Example: lulc label export labels.db --out units.gpkg --format geopackage
    """
    with lulc.LabelDatabase(database, create=False) as labels:
        desk = lulc.LabelDesk(labels, project)
        if what == "units":
            rows = lulc.export_units(desk, out, form, person=person)
        elif what == "labels":
            rows = lulc.export_labels(desk, out, form)
        elif what == "tiles":
            rows = _write_tiles(desk, out, person)
        elif what == "sample":
            rows = lulc.export_sample(desk, out, out.with_name("strata.csv"))
            _write_facts(desk, out.with_name("facts.json"))
        else:
            raise lulc.InvalidInputError(f"--what is units, labels, sample or tiles; got {what!r}.")
    print_result({"file": str(out), "rows": rows}, as_json, f"{rows} rows written to {out}.")


def _write_tiles(desk: lulc.LabelDesk, folder: Path, person: str | None) -> int:
    """Write marked tiles as label rasters, and return how many."""
    if desk.project.kind != "tiles":
        raise lulc.InvalidInputError(f"The units of {desk.project.name!r} are points, not tiles.")
    written = 0
    for unit, codes in lulc.tile_consensuses(desk) if person is None else _marked_by(desk, person):
        folder.mkdir(parents=True, exist_ok=True)
        lulc.write_map(codes, folder / f"tile-{unit}.tif", legend=desk.project.legend)
        written += 1
    return written


def _marked_by(desk: lulc.LabelDesk, person: str) -> Iterator[tuple[int, xr.DataArray]]:
    """Yield the number of each tile that a person marked, and the pixels as they did."""
    for label in desk.labels_of(person):
        if (grid := desk.unit(label.unit).grid) is not None:
            yield label.unit, lulc.rasterise_marks(lulc.marks_of(desk, label), grid, desk.project.legend)


def _write_facts(desk: lulc.LabelDesk, path: Path) -> None:
    """Write what the project knows for a report, unless facts are there already."""
    if path.exists():
        print_note(f"{path} is left as it is.")
        return
    text = json.dumps(lulc.report_facts(desk), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", "utf-8")


def import_(
    database: opt.LabelsAt,
    file: opt.LabelsFile,
    form: opt.LabelForm = "csv",
    project: opt.Project = None,
    person: opt.Person = None,
    column: opt.ClassColumn = None,
    unit: opt.MarkedUnit = None,
    as_json: opt.Json = False,
) -> None:
    """Store the labels in a file, all or none; nothing that is stored is overwritten.

    With --unit, the file marks one tile of a project of tiles: polygons in a GeoPackage, or a class raster.

    Example: lulc label import labels.db ceo-sample-data.csv --format ceo
    """
    with lulc.LabelDatabase(database, create=False) as labels:
        desk = lulc.LabelDesk(labels, project)
        if unit is not None:
            found = _import_tile(desk, file, unit, person)
        else:
            found = _told(lulc.import_labels(desk, file, form, person=person, column=column))
    told = f"{counted(found.stored, 'label')} stored; {found.known} were known, {counted(found.blank, 'row')}"
    print_result(dataclasses.asdict(found), as_json, f"{told} without a class.")


def _told(found: lulc.Imported) -> lulc.Imported:
    """Print how classes were read, and return what was found."""
    for remark in found.remarks:
        print_note(remark)
    return found


def _import_tile(desk: lulc.LabelDesk, file: Path, unit: int, person: str | None) -> lulc.Imported:
    """Store what a file marks of a tile as a person's label."""
    grid, legend = desk.unit(unit).grid, desk.project.legend
    if person is None or grid is None:
        raise lulc.InvalidInputError("The marks of a tile need --person, and a --unit of a project of tiles.")
    if file.suffix.lower() in (".tif", ".tiff"):
        marks = lulc.raster_marks(lulc.read_map(file, legend=legend, on_remark=print_note), grid, legend)
    else:
        marks = lulc.read_marks(file, grid, legend)
    lulc.mark_tile(desk, person, unit, marks)
    return lulc.Imported(stored=1, known=0, blank=0)


def status(
    database: opt.LabelsAt,
    project: opt.Project = None,
    bounds: opt.Bounds = False,
    map_path: opt.MapOfTiles = None,
    facts: opt.StatedUnits = None,
    as_json: opt.Json = False,
) -> None:
    """Say how far a project is: labels, agreement, the accuracy so far, and how many units are missing.

    Of tiles, accuracy, bounds and plan need the --map that they were drawn from.

    Example: lulc label status labels.db
    """
    with lulc.LabelDatabase(database, create=False) as labels:
        desk = lulc.LabelDesk(labels, project)
        cover = lulc.read_map(map_path, on_remark=print_note) if map_path else None
        at = desk.progress()
        result: dict[str, object] = {**dataclasses.asdict(at), "disputes": len(lulc.disputes(desk))}
        complete = f"{at.complete} of {counted(at.units, 'unit')} complete"
        lines = [f"{complete}; {counted(at.labels, 'label')}; {result['disputes']} in dispute."]
        lines += [f"{person}: {counted(n, 'unit')}, {desk.left_for(person)} left" for person, n in at.people.items()]
        if at.complete:
            tables = _tables(desk, cover, bounds=bounds)
            result |= {name: _records(table) for name, table in tables.items()}
            lines += [text for name, table in tables.items() for text in ("", f"{name}:", _table_words(table))]
            assessed = _assessed(desk, cover)
            result |= {"assessment": assessed.as_dict()} if assessed else {}
            lines += ["", assessment_words(assessed)] if assessed else []
        known = units_of_project(desk.project) | ({} if cover is None else units_of_map(cover))
    print_with_units(result, as_json, "\n".join(lines), known, facts)


def _table_words(table: pd.DataFrame) -> str:
    """Return a table as text, with three decimals, or more where an interval would be rounded to a point.

    Examples
    --------
    >>> import pandas as pd
    >>> print(_table_words(pd.DataFrame({"share": [0.99991], "dropped": [0.5], "low": [0.99989], "high": [0.99993]})))
         share  dropped      low     high
    0  0.99991      0.5  0.99989  0.99993
    """
    widths = [
        finest(value, None, (low, high))
        for middle in ("share", "dropped")
        if middle in table
        for value, low, high in table[[middle, "low", "high"]].to_numpy(float)
    ]
    digits = max((decimals(width, 3) for width in widths), default=3)
    return table.round(digits).to_string()


def _tables(desk: lulc.LabelDesk, cover: xr.DataArray | None, *, bounds: bool) -> dict[str, pd.DataFrame]:
    """Return what is known of agreement, of the units that are missing, and of what disagreement may hide."""
    found, tiles = {}, desk.project.kind == "tiles"
    if desk.project.interpreters > 1:
        found = {"agreement": lulc.class_agreement(desk), "pairs": lulc.pair_agreement(desk).set_index("first")}
    if desk.project.targets != lulc.Targets() and (cover is not None or not tiles):
        found["missing"] = lulc.units_needed(desk, cover=cover)
    if bounds and tiles and cover is None:
        raise lulc.InvalidInputError("The bounds of tiles need the map that they were drawn from: give --map.")
    if bounds:
        several = lulc.tile_bounds(desk, cover) if cover is not None and tiles else lulc.project_bounds(desk)
        found["bounds"] = several.set_index("figure")
    return found


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows of a table for JSON, which has no NaN."""
    cells = table.reset_index().astype(object)
    rows = cells.where(cells.notna(), None).to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _assessed(desk: lulc.LabelDesk, cover: xr.DataArray | None) -> lulc.Assessment | None:
    """Return the assessment so far; None, with a note that says why, where there is none."""
    try:
        if cover is not None and desk.project.kind == "tiles":
            return lulc.assess(lulc.tile_sample(desk, cover), design=lulc.project_design(desk))
        return lulc.assess_project(desk)
    except lulc.InvalidInputError as error:
        print_note(error)
        return None
