"""A labelled sample as its files state it: the pixels, the strata they were drawn from, the mapped areas."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from textwrap import shorten
from typing import TYPE_CHECKING

from lulc_core.accuracy.assessment import stated_design
from lulc_core.accuracy.columns import plain_name
from lulc_core.accuracy.csv_text import name_known_columns, read_csv
from lulc_core.accuracy.designs import Design, MappedAreas
from lulc_core.accuracy.misread_numbers import unlike_its_place
from lulc_core.accuracy.misreadings import refuse_missing
from lulc_core.accuracy.numerals import numbers_of
from lulc_core.accuracy.remarks import UNITS, whole_of
from lulc_core.accuracy.stated_weights import unread_columns, weight_columns
from lulc_core.accuracy.tables import read_areas, sizes_of
from lulc_core.accuracy.vocabulary import LABELS, columns_of_years, in_one_vocabulary, year_columns
from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import EQUAL_AREA_WITHIN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from lulc_core.accuracy.csv_text import Source


def read_sample(source: Source, *, decimal: str | None = None, header: str = "map,reference") -> pd.DataFrame:
    r"""Read labelled pixels.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``map,reference``, ``reference_before,reference_after``, or
        ``reference_2018,reference_2021`` and so on; optional ``stratum``, ``cluster``, ``pixels``,
        ``inclusion_probability``, ``x, y``, ``lon, lat``. Other columns are kept.
    decimal
        As in `read_counts`.
    header
        The columns that messages ask for.

    Returns
    -------
    pandas.DataFrame
        Text, but for pixels, sizes, probabilities and coordinates, which are numbers.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, or a cell that should be a number and is not.

    Examples
    --------
    >>> import io
    >>> read_sample(io.StringIO("reference, map\ntrees, water\n"))["map"].tolist()
    ['water']
    """
    table = name_known_columns(read_csv(source, header))
    needed = [c for c in ("pixels", "stratum_size") if c in table.cells.columns]
    cells = numbers_of(table, needed, optional=("inclusion_probability", "x", "y", "lon", "lat"), decimal=decimal)
    return table.cells.assign(**cells)


def read_design(
    source: Source,
    sample: pd.DataFrame,
    *,
    fpc: bool = False,
    pixel_ha: float | None = None,
    decimal: str | None = None,
    replaced: Mapping[str, str] | None = None,
) -> Design:
    r"""Read the strata from which a sample was drawn.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``stratum,size`` (pixels) where pixels were drawn,
        ``stratum,clusters`` where clusters were; with both, the sample's column ``cluster`` decides.
    sample
        The sample drawn from them.
    fpc
        Whether to apply the finite-population correction.
    pixel_ha
        Area of a pixel in hectares, if known: a column ``area_ha`` beside ``size`` must agree with it.
    decimal
        As in `read_counts`.
    replaced
        Names that the files have for classes of the sample, each with the sample's.

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a stratum that occurs twice, a size that is not a number >= 0, or areas that
        `pixel_ha` contradicts.

    Examples
    --------
    >>> import io
    >>> import pandas as pd
    >>> read_design(io.StringIO("stratum,size\na,100\nb,50\n"), pd.DataFrame({"map": ["a"]})).sizes
    {'a': 100.0, 'b': 50.0}
    """
    table = name_known_columns(read_csv(source, "stratum,size"))
    header = list(table.cells.columns)
    sizes = [c for c in ("size", "clusters") if c in header]
    if "stratum" not in header or not sizes:
        raise InvalidInputError(
            f"The header of {table.name} must be stratum,size (pixels) or stratum,clusters; got "
            f"{shorten(','.join(header), 200)}."
        )
    read = sizes_of(table, "stratum", sizes, {**(replaced or {}), **_names(sample, "stratum", "map")}, decimal)
    _refuse_other_classes(table.cells, sample, table.name)
    unit = "clusters" if "clusters" in read and ("cluster" in sample.columns or "size" not in read) else "size"
    if {"stratum", "stratum_size"} <= set(sample.columns):
        _refuse_other_sizes(stated_design(sample).sizes, read[unit], table.name)
    if unit == "clusters":
        return Design.clusters(read["clusters"], fpc=fpc, pixels=sum(read.get("size", {}).values()) or None)
    if pixel_ha and (areas := numbers_of(table, (), optional=("area_ha",), decimal=decimal)):
        _refuse_other_pixels(sum(areas["area_ha"]), sum(read["size"].values()), pixel_ha, table.name)
    return Design.stratified(read["size"], fpc=fpc)


def _refuse_other_pixels(hectares: float, pixels: float, pixel_ha: float, source: str) -> None:
    """Refuse strata whose areas and sizes give their pixels another area than was given."""
    if abs(hectares - pixels * pixel_ha) > EQUAL_AREA_WITHIN * hectares:  # not where one is blank
        raise InvalidInputError(
            f"By area_ha and size in {source} a pixel has {hectares / pixels:.4g} ha, but {pixel_ha:g} ha was given. "
            "Correct one of the three."
        )


def _refuse_other_sizes(stated: Mapping[str, float], read: Mapping[str, float], source: str) -> None:
    """Refuse strata that have another size in the sample's column ``stratum_size``."""
    for name, size in stated.items():
        if name in read and not math.isclose(size, read[name], rel_tol=0.005):
            raise InvalidInputError(
                f"Stratum {name!r} has the size {read[name]:g} in {source}, but {size:g} in the sample's column "
                "'stratum_size'. Correct one of the two, or leave out the column."
            )


def _refuse_other_classes(strata: pd.DataFrame, sample: pd.DataFrame, source: str) -> None:
    """Refuse strata of one map class each, if a column gives them the same classes in another order."""
    if not {"stratum", "map"} <= set(sample.columns):
        return
    text = {c: sample[c].astype(str).map(plain_name).str.casefold() for c in ("stratum", "map")}
    mapped = text["map"].groupby(text["stratum"]).unique()
    if (mapped.str.len() > 1).any():
        return
    keys = strata["stratum"].astype(str).map(plain_name).str.casefold()
    held = keys.map(mapped.str[0])
    for column in strata.columns.difference(["stratum"]):
        stated = strata[column].astype(str).map(plain_name).str.casefold()
        other = held[held.notna() & (held != stated)].index
        if len(other) and set(stated) == set(held):
            i = other[0]
            raise InvalidInputError(
                f"By column {column!r} of {source} stratum {keys[i]!r} is {stated[i]!r}, but all its sampled pixels "
                f"are {held[i]!r} on the map. Correct the numbers of the strata, or leave out the column."
            )


def _names(sample: pd.DataFrame, *columns: str) -> dict[str, str]:
    """Return the names in columns of a sample, those that are there, each with itself."""
    names = [plain_name(str(name)) for c in columns if c in sample for name in sample[c].dropna().unique()]
    return {name: name for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A labelled sample as its files state it."""

    sample: pd.DataFrame
    """One row a pixel, as `read_sample` gives it."""
    design: Design
    """How it was drawn: by the file of the strata, by its own columns, or else indicative."""
    mapped: MappedAreas | None
    """The mapped areas, where there is a file of them."""
    notes: tuple[str, ...] = ()
    """How the files were read, where that is not plain, and what in them is doubtful."""

    def reading(self, *columns: str) -> Survey:
        """Return the survey with notes that know that more columns are read than those of every sample."""
        kept = [note for note in self.notes if note not in unread_columns(self.sample)]
        others = unread_columns(self.sample.drop(columns=[c for c in columns if c in self.sample]))
        return replace(self, notes=(*kept, *others))

    def reading_years(self) -> Survey:
        """Return the survey with notes that know that the labels of single years are read."""
        return self.reading(*columns_of_years(self.sample))


def read_survey(
    sample: Source,
    strata: Source | None = None,
    areas: Source | None = None,
    *,
    fpc: bool = False,
    poststratify: bool = False,
    pixel_ha: float | None = None,
    decimal: str | None = None,
) -> Survey:
    r"""Read a labelled sample with its design and the mapped areas.

    Parameters
    ----------
    sample, strata, areas
        As in `read_sample`, `read_design` and `read_areas`.
    fpc
        Whether to apply the finite-population correction.
    poststratify
        Whether the sample will be poststratified: without strata it is then a simple random one.
    pixel_ha
        Area of a pixel in hectares.
    decimal
        As in `read_counts`.

    Returns
    -------
    Survey

    Raises
    ------
    InvalidInputError
        As those, and for a correction or poststrata without the sizes they need.

    Examples
    --------
    >>> import io
    >>> survey = read_survey(io.StringIO("map,reference\na,a\n"), io.StringIO("stratum,size\na,100\n"))
    >>> survey.design.sizes
    {'a': 100.0}
    """
    table, replaced, notes = in_one_vocabulary(read_sample(sample, decimal=decimal))
    if not {*LABELS} & {*table.columns} and not year_columns(table):
        refuse_missing(table, ("map", "reference"))
    if strata is not None:
        design = read_design(strata, table, fpc=fpc, pixel_ha=pixel_ha, decimal=decimal, replaced=replaced)
    elif fpc:
        raise InvalidInputError("The finite-population correction needs sizes: give the size of each stratum.")
    elif {"stratum", "stratum_size"} <= set(table.columns) or weight_columns(table):
        design = stated_design(table)
    elif poststratify and {"stratum", "cluster"} & set(table.columns):
        raise InvalidInputError("The sample has strata or clusters: give the size of each stratum.")
    elif poststratify:
        design = Design.simple_random(None)
    else:
        design = Design.indicative("cluster" if "cluster" in table.columns else "pixel")
    mapped = None
    if areas is None and (pixel_ha or fpc):
        notes += _not_in_pixels(design)
    if areas is not None:
        known = _names(table, "map")
        mapped = read_areas(areas, pixel_ha=pixel_ha, decimal=decimal, classes=known, replaced=replaced)
    if whole := _whole_ha(design, mapped, pixel_ha):
        notes += unlike_its_place(table, whole)
    return Survey(sample=table, design=design, mapped=mapped, notes=(*notes, *unread_columns(table)))


def _whole_ha(design: Design, mapped: MappedAreas | None, pixel_ha: float | None) -> float | None:
    """Return the area of all strata or classes in hectares, where it is known."""
    if mapped and mapped.area_ha:
        return sum(mapped.area_ha.values())
    if pixel_ha and design.unit == "pixel" and not design.relative:
        return sum(design.sizes.values()) * pixel_ha
    return None


def _not_in_pixels(design: Design) -> tuple[str, ...]:
    """Note strata whose sizes are taken for pixels, but sum to 100 or 1, or have fractions."""
    if design.relative or design.unit != "pixel":
        return ()
    whole = whole_of(sum(design.sizes.values()))
    words = (
        f"The sizes of the strata sum to {whole} and are taken for pixels. If they are {UNITS[whole]}, hectares and "
        "the finite-population correction are wrong: give pixels, or the mapped area of each class."
        if whole
        else "The sizes of the strata have fractions and are taken for pixels. If they are hectares, areas and the "
        "finite-population correction are wrong: give pixels, or the mapped area of each class."
    )
    return (words,) if whole or any(size % 1 for size in design.sizes.values()) else ()


def write_strata(sample: pd.DataFrame) -> str:
    """Return the strata of a drawn sample as the CSV text that `read_design` takes.

    Parameters
    ----------
    sample
        Of `draw_sample`: columns ``stratum``, ``stratum_size`` and, if tiles were drawn, ``cluster``.

    Examples
    --------
    >>> import pandas as pd
    >>> print(write_strata(pd.DataFrame({"stratum": ["a"], "stratum_size": [100]})), end="")
    stratum,size
    a,100
    """
    unit = "clusters" if "cluster" in sample.columns else "size"
    strata = sample[["stratum", "stratum_size"]].drop_duplicates("stratum")
    text: str = strata.rename(columns={"stratum_size": unit}).to_csv(index=False, lineterminator="\n")
    return text
