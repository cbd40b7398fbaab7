"""The labels of several years, read from the columns of a sample: ``reference_2018``, ``map_2018``."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lulc_core.accuracy.assessment import legend_order
from lulc_core.accuracy.columns import is_blank, labels
from lulc_core.accuracy.csv_text import read_csv
from lulc_core.accuracy.designs import MappedAreas
from lulc_core.accuracy.panel import Panel
from lulc_core.accuracy.samples import observe
from lulc_core.accuracy.tables import read_areas
from lulc_core.accuracy.vocabulary import columns_of_years, year_columns
from lulc_core.accuracy.weighing import weigh_sample
from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lulc_core.accuracy.csv_text import Source
    from lulc_core.accuracy.designs import Design
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.sampled_units import Floats, Indices


def panel_labels(sample: pd.DataFrame, columns: Mapping[int, str]) -> dict[int, pd.Series]:
    """Return the class names of each year, None where a pixel has no label.

    Raises
    ------
    InvalidInputError
        For a row without any label.
    """
    names = {year: _names(sample[column]) for year, column in columns.items()}
    nothing = np.all([each.isna() for each in names.values()], axis=0)
    if nothing.any():
        raise InvalidInputError(
            f"Row {int(np.argmax(nothing)) + 1} has no label in any year. Leave out such rows, and report how many "
            "there are."
        )
    return names


def check_panel(sample: pd.DataFrame, names: Mapping[int, pd.Series], design: Design) -> Observations:
    """Return the first and the last label of each pixel, checked as every sample is; raises as `observe` does."""
    every = [*names.values()]
    ends = {}
    for end, column in {"reference first": every, "reference last": every[::-1]}.items():
        ends[end] = column[0]
        for other in column[1:]:
            ends[end] = ends[end].where(ends[end].notna(), other)
    plain = sample.drop(columns=columns_of_years(sample)).assign(**{name: end.to_numpy() for name, end in ends.items()})
    return observe(plain, design, rows="reference first", columns="reference last")


def panel_classes(names: Mapping[int, pd.Series]) -> list[str]:
    """Return the classes of all years, in the order of the legend."""
    table = pd.DataFrame({"reference": pd.concat([*names.values()]).dropna().to_numpy()})
    return legend_order(table, {}, "reference") or sorted(map(str, table["reference"].unique()))


def _names(column: pd.Series) -> pd.Series:
    """Return the class names of a column, None where it is blank."""
    blank = column.isna() | column.isin([name for name in column.unique() if is_blank(str(name))])
    found = pd.Series(None, index=range(len(column)), dtype=object)
    kept = column[~blank].to_frame("reference")
    if len(kept):
        found[~blank.to_numpy()] = labels(kept, "reference").astype(object).to_numpy()
    return found


def make_panel(
    sample: pd.DataFrame,
    names: Mapping[int, pd.Series],
    design: Design,
    classes: Sequence[str],
    mapped: Mapping[int, MappedAreas] | MappedAreas | None,
) -> Panel:
    """Return the labels of all years with weights, and with the groups that stand for pixels without a label.

    Raises
    ------
    InvalidInputError
        For a stratum or map class without a label in a year, and mapped areas without the classes of the map.
    """
    drawn = weigh_sample(sample, design)
    place = {name: k for k, name in enumerate(classes)}
    label = np.column_stack([np.asarray(each.map(place).fillna(-1), np.intp) for each in names.values()])
    groups, sizes = [], []
    of_one = _poststrata(sample, next(iter(names)), mapped) if isinstance(mapped, MappedAreas) else None
    for t, year in enumerate(names):
        group, size = of_one or ((drawn.stratum, None) if mapped is None else _poststrata(sample, year, mapped))
        lost = np.setdiff1d(group, group[label[:, t] >= 0])
        if len(lost):
            raise InvalidInputError(
                f"In {year} no pixel of {'a stratum' if mapped is None else 'a map class'} has a label, so nothing is "
                "known of it. Leave out the year, or merge strata."
            )
        groups.append(group)
        sizes.append(size)
    return Panel(
        drawn=drawn, label=label, group=np.column_stack(groups), sizes=tuple(sizes), single=design.unit == "pixel"
    )


def _poststrata(
    sample: pd.DataFrame, year: int, mapped: Mapping[int, MappedAreas] | MappedAreas
) -> tuple[Indices, Floats]:
    """Return the map class of each pixel in a year, and the mapped sizes of these."""
    if isinstance(mapped, MappedAreas):
        return poststrata_of(sample, "map", mapped)
    column = year_columns(sample, "map").get(year)
    if year not in mapped or column is None:
        raise InvalidInputError(
            f"To poststratify {year} by its own map, the sample needs a column map_{year}, and the mapped areas those "
            f"of {year}. To poststratify all years by one map, give its areas without years."
        )
    return poststrata_of(sample, column, mapped[year])


def poststrata_of(sample: pd.DataFrame, column: str, mapped: MappedAreas) -> tuple[Indices, Floats]:
    """Return the poststratum of each pixel by its class in a column, and the mapped sizes of the poststrata.

    Raises
    ------
    InvalidInputError
        For a class with sampled pixels but no mapped area, or the other way round.
    """
    sizes = {name: size for name, size in mapped.sizes.items() if size > 0}
    names = labels(sample, column).astype(object)
    if wrong := sorted({*names} ^ {*sizes}):
        raise InvalidInputError(
            f"By column {column!r} and the mapped areas, {', '.join(wrong)} have sampled pixels but no mapped area, or "
            "an area but no sampled pixel. Merge them with other classes, or correct the names."
        )
    place = {name: g for g, name in enumerate(sizes)}
    return np.asarray(names.map(place), np.intp), np.asarray([*sizes.values()], float)


def read_yearly_areas(
    source: Source, *, pixel_ha: float | None = None, decimal: str | None = None
) -> dict[int, MappedAreas] | MappedAreas:
    r"""Read the mapped areas of the classes of one map, or of a map of each year.

    Parameters
    ----------
    source
        CSV, or an open text file: as `read_areas` takes it, or with a column ``year``, too.
    pixel_ha, decimal
        As in `read_areas`.

    Raises
    ------
    InvalidInputError
        As `read_areas`, and for a year that is no whole number.

    Examples
    --------
    >>> import io
    >>> sorted(read_yearly_areas(io.StringIO("year,class,area_ha\n2018,a,9\n2019,a,8\n2019,b,1\n")))
    [2018, 2019]
    """
    table = read_csv(source, "year,class,area_ha")
    column = next((name for name in map(str, table.cells.columns) if name.casefold() == "year"), None)
    if column is None:
        return read_areas(_as_file(table.cells, table.name), pixel_ha=pixel_ha, decimal=decimal)
    strange = [year for year in table.cells[column].unique() if not str(year).isdecimal()]
    if strange:
        raise InvalidInputError(f"Column {column!r} of {table.name} holds years, such as 2018; got {strange[0]!r}.")
    return {
        int(str(year)): read_areas(
            _as_file(rows.drop(columns=column), f"{table.name}, {year}"), pixel_ha=pixel_ha, decimal=decimal
        )
        for year, rows in table.cells.groupby(column)
    }


def _as_file(cells: pd.DataFrame, name: str) -> io.StringIO:
    """Return cells as an open file that messages call so."""
    text = io.StringIO(cells.to_csv(index=False, sep=";"))
    text.name = name
    return text
