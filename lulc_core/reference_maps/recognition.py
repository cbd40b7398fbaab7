"""Which legend a class raster has: what it says itself, or what its user says, but never by its codes alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rasterio.enums import ColorInterp

from lulc_core.accuracy.vocabulary import folded
from lulc_core.class_rasters import ClassRaster
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND
from lulc_core.reference_maps.crosswalks import (
    CROSSWALKS,
    NOTHING,
    RANGELAND,
    CrosswalkRow,
    CrosswalkTable,
    class_meant,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import rasterio


def legend_of(source: rasterio.DatasetReader, path: Path, said: CrosswalkTable | None) -> CrosswalkTable:
    """Return the crosswalk of an open class raster.

    Parameters
    ----------
    source, path
        The raster, and what messages call it.
    said
        What its user says; None to go by the names of classes, or the colours, in the file or beside it.

    Raises
    ------
    InvalidInputError
        If it does not say what its codes mean and nobody else does, or if it says something else.
    """
    names = ClassRaster.of(source, path).names
    nothing = {code: name for code, name in names.items() if class_meant(name) == NOTHING}
    classes = {code: name for code, name in names.items() if code not in nothing}
    shipped = _shipped(classes, _colours(source))
    if said is None:
        return _without(nothing, shipped) if shipped else _of_its_own_names(names, path)
    if shipped and said.name in CROSSWALKS and shipped.name != said.name and _differ(shipped, said, names):
        raise InvalidInputError(
            f"{path} has the names or colours of {shipped.title}, which the crosswalk {said.name} does not translate. "
            f"Leave the crosswalk out, or give {shipped.name}."
        )
    refuse_contradiction(names, path, said)
    return _without(nothing, said)


def _without(nothing: Mapping[int, str], table: CrosswalkTable) -> CrosswalkTable:
    """Return a crosswalk in which the codes that a file says are no data are so, where it does not know them."""
    rows = (CrosswalkRow(code=code, name=name, to=NOTHING) for code, name in nothing.items() if code not in table)
    return replace(table, rows=(*table.rows, *rows))


def _colours(source: rasterio.DatasetReader) -> dict[int, str]:
    """Return the colours of codes as ``rrggbb``, without black, which colour tables have where nobody chose one."""
    if source.count != 1 or source.colorinterp[0] != ColorInterp.palette:
        return {}
    colours = {code: "{:02x}{:02x}{:02x}".format(*rgba[:3]) for code, rgba in source.colormap(1).items()}
    return {code: colour for code, colour in colours.items() if colour != "000000"}


def _shipped(names: Mapping[int, str], colours: Mapping[int, str]) -> CrosswalkTable | None:
    """Return a crosswalk that has all names, or else all colours, of a file at their codes.

    None where two have them and lead a code to different classes.
    """
    for found, of in ((names, "name"), (colours, "colour")):
        fitting = [
            table
            for table in CROSSWALKS.values()
            if len(found) > 1
            and all(code in table and folded(getattr(table[code], of)) == folded(was) for code, was in found.items())
        ]
        if fitting and not any(_differ(fitting[0], other, found) for other in fitting[1:]):
            return fitting[0]
    return None


def _differ(one: CrosswalkTable, other: CrosswalkTable, names: Mapping[int, str]) -> bool:
    codes = [*names] or [row.code for row in one.rows]
    return any(code not in other or one[code].to_code != other[code].to_code for code in codes)


def _of_its_own_names(names: Mapping[int, str], path: Path) -> CrosswalkTable:
    """Return the crosswalk by the names in a file, all of which must be those of our classes."""
    meant = {code: class_meant(name) for code, name in names.items()}
    if not names or None in meant.values():
        unknown = {code: names[code] for code, to in meant.items() if to is None}
        says = f"names classes that this project does not have: {unknown}" if names else "does not name its classes"
        raise InvalidInputError(
            f"{path} {says}, and codes alone do not tell one map from another. State its crosswalk: one of "
            f"{', '.join(CROSSWALKS)} (io-lulc has the codes of this project), or a table: code,name,class."
        )
    rows = tuple(CrosswalkRow(code=code, name=names[code], to=to) for code, to in meant.items() if to)
    if 0 not in names:
        rows = (CrosswalkRow(code=0, name=NOTHING, to=NOTHING), *rows)
    return CrosswalkTable(name=path.name, title=path.name, rows=rows, aliases={})


def refuse_contradiction(names: Mapping[int, str], source: object, said: CrosswalkTable) -> None:
    """Refuse a crosswalk by which a code is another class than a file, or its item, says by name."""
    for code, name in names.items():
        meant = class_meant(name)
        to = said[code].to if code in said else meant
        merged = to == RANGELAND.name and meant in {c.name for c in LEGEND if c.rangeland}
        if meant and to != meant and not merged and folded(name) != folded(said[code].name):
            raise InvalidInputError(
                f"{source} names code {code} {name!r}, but the crosswalk {said.name} calls it {said[code].name!r} and "
                f"leads it to {to}. Correct the one that is wrong."
            )
