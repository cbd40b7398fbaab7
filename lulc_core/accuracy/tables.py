"""The CSV files of an accuracy assessment: counts, mapped areas, samples, strata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lulc_core.accuracy.csv_text import (
    lower_known_columns,
    name_of,
    numbers,
    read_csv,
    refuse_no_size,
    refuse_totals,
    unique_names,
)
from lulc_core.accuracy.designs import Design, MappedAreas
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from lulc_core.accuracy.csv_text import Source


def read_counts(source: Source) -> pd.DataFrame:
    r"""Read an error matrix of sample counts.

    Parameters
    ----------
    source
        CSV, or an open text file: header ``map,<reference classes...>``, one row per map class.

    Returns
    -------
    pandas.DataFrame
        Pixels, float64; rows map class, columns reference class.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, or a cell that is not a whole number >= 0.

    Examples
    --------
    >>> import io
    >>> read_counts(io.StringIO("map,water,trees\nwater,9,1\ntrees,0,10\n")).loc["water", "trees"]
    np.float64(1.0)
    """
    table = read_csv(source, "map,<reference classes...>")
    name = next((c for c in table.columns if c.casefold() == "map"), table.columns[0])
    if name.casefold() not in ("map", ""):
        raise InvalidInputError(
            f"The header of {name_of(source)} must be map,<reference classes...>; got {','.join(table.columns)}."
        )
    classes = unique_names(table.pop(name), "map class", source)
    if "" in table.columns or not len(table.columns):
        raise InvalidInputError(f"Each column of {name_of(source)} after map names a reference class; one is blank.")
    table.columns = pd.Index(unique_names(table.columns.to_series(), "reference class", source))
    cells = {c: numbers(table[c], f"the count in column {c!r}", source, whole=True) for c in table.columns}
    counts = pd.DataFrame(cells, index=pd.Index(classes, name="map"))
    refuse_totals(counts, source)
    return counts


def read_areas(source: Source, *, pixel_ha: float | None = None) -> MappedAreas:
    r"""Read the mapped area of each class.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``class,area_ha`` or ``class,pixels``.
    pixel_ha
        Area of a pixel in hectares, to convert between the two.

    Returns
    -------
    MappedAreas

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a class that occurs twice, or a size that is not a number >= 0.

    Examples
    --------
    >>> import io
    >>> read_areas(io.StringIO("class,pixels\nwater,200\n"), pixel_ha=0.01).area_ha
    {'water': 2.0}
    """
    table = lower_known_columns(read_csv(source, "class,area_ha"))
    sizes = [c for c in ("area_ha", "pixels") if c in table.columns]
    if "class" not in table.columns or not sizes:
        raise InvalidInputError(
            f"The header of {name_of(source)} must be class,area_ha or class,pixels; got {','.join(table.columns)}."
        )
    classes = unique_names(table["class"], "class", source)
    read = {c: dict(zip(classes, numbers(table[c], c, source), strict=True)) for c in sizes}
    refuse_no_size(read, source)
    return MappedAreas(pixels=read.get("pixels"), hectares=read.get("area_ha"), pixel_ha=pixel_ha)


def read_sample(source: Source) -> pd.DataFrame:
    r"""Read labelled pixels.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``map,reference`` or ``reference_before,reference_after``; optional
        ``stratum``, ``cluster``, ``pixels``, ``x, y``, ``lon, lat``. Other columns are kept.

    Returns
    -------
    pandas.DataFrame
        Text, except ``pixels``, which are numbers.

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, or a cell that should be a number but is not.

    Examples
    --------
    >>> import io
    >>> read_sample(io.StringIO("reference, map\ntrees, water\n"))["map"].tolist()
    ['water']
    """
    table = lower_known_columns(read_csv(source, "map,reference"))
    for column in {"pixels", "stratum_size"} & set(table.columns):
        table[column] = numbers(table[column], column, source)
    return table


def read_design(source: Source, sample: pd.DataFrame, *, fpc: bool = False) -> Design:
    r"""Read the strata from which a sample was drawn.

    Parameters
    ----------
    source
        CSV, or an open text file: columns ``stratum,size`` (pixels) where pixels were drawn,
        ``stratum,clusters`` where clusters were drawn; with both, the sample's column ``cluster`` decides.
    sample
        The sample drawn from them.
    fpc
        Whether to apply the finite-population correction.

    Returns
    -------
    Design

    Raises
    ------
    InvalidInputError
        For a file that cannot be read, a stratum that occurs twice, or a size that is not a number >= 0.

    Examples
    --------
    >>> import io
    >>> read_design(io.StringIO("stratum,size\na,100\nb,50\n"), pd.DataFrame({"map": ["a"]})).sizes
    {'a': 100.0, 'b': 50.0}
    """
    table = lower_known_columns(read_csv(source, "stratum,size"))
    if "stratum" not in table.columns or not {"size", "clusters"} & set(table.columns):
        raise InvalidInputError(
            f"The header of {name_of(source)} must be stratum,size (pixels) or stratum,clusters; got "
            f"{','.join(table.columns)}."
        )
    names = unique_names(table["stratum"], "stratum", source)
    read = {
        c: dict(zip(names, numbers(table[c], c, source), strict=True))
        for c in ("size", "clusters")
        if c in table.columns
    }
    refuse_no_size(read, source)
    if "clusters" in read and ("cluster" in sample.columns or "size" not in read):
        return Design.clusters(read["clusters"], fpc=fpc, pixels=sum(read.get("size", {}).values()) or None)
    return Design.stratified(read["size"], fpc=fpc)


def write_strata(sample: pd.DataFrame) -> str:
    """Return the strata of a drawn sample as the CSV text that `read_design` takes.

    Parameters
    ----------
    sample
        Of `draw_sample`: columns ``stratum``, ``stratum_size`` and, if tiles were drawn, ``cluster``.

    Examples
    --------
    >>> print(write_strata(pd.DataFrame({"stratum": ["a"], "stratum_size": [100]})), end="")
    stratum,size
    a,100
    """
    unit = "clusters" if "cluster" in sample.columns else "size"
    strata = sample[["stratum", "stratum_size"]].drop_duplicates("stratum")
    text: str = strata.rename(columns={"stratum_size": unit}).to_csv(index=False, lineterminator="\n")
    return text
