"""Error matrices as printed in papers, and reading them from JSON.

Rows are map classes, columns reference classes, cells estimated area proportions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.untrusted import read_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedMatrix:
    """An error matrix as printed in a paper; fields that are not printed are None."""

    region: str
    """The place, as printed."""
    classes: tuple[str, ...]
    """Class names, as printed, in the order of the matrix."""
    cells: tuple[tuple[float, ...], ...]
    """Area proportions, rows map, columns reference, shape (class, class)."""
    map_share: tuple[float, ...] | None = None
    """Row totals: the share of each class in the map."""
    reference_share: tuple[float, ...] | None = None
    """Column totals: the estimated share of each class."""
    users: tuple[float, ...] | None = None
    """User's accuracies, 0-1."""
    producers: tuple[float, ...] | None = None
    """Producer's accuracies, 0-1."""
    overall: float | None = None
    """Overall accuracy, 0-1."""
    area_ha: tuple[float, ...] | None = None
    """Areas of the classes, hectares."""
    interval_ha: tuple[float, ...] | None = None
    """Half-widths of the areas' 95 % intervals, hectares."""
    total_ha: float | None = None
    """Area of the whole region, hectares."""


def read_matrices(path: Path | str) -> tuple[PrintedMatrix, ...]:
    """Read printed matrices from JSON.

    Parameters
    ----------
    path
        ``{"classes": [...], "printed": {region: {"P": cells, "W": row totals, "col": column totals, "UA", "PA",
        "OA", "area_ha", "ci_ha", "total_ha"}}}``; all but ``P`` may be missing. Instead of ``printed`` one matrix
        may stand at the top. Totals and accuracies may be in per cent: a list whose totals sum to 100 or near it, or
        of which most accuracies are above 1, is.

    Raises
    ------
    InvalidInputError
        For a file that is not of this form.
    """
    document = read_json(Path(path))
    if not isinstance(document, dict):
        raise InvalidInputError(
            f"{path} must hold a JSON object with 'classes' and 'printed'; got {type(document).__name__}."
        )
    regions = document.get("printed", document)
    if isinstance(regions, dict) and "P" in regions:
        regions = {str(document.get("region", Path(path).stem)): regions}
    if not isinstance(regions, dict) or not regions:
        raise InvalidInputError(
            f"{path} must hold 'printed', an object of regions, each with the cells 'P'; it has {list(document)}."
        )
    return tuple(_from_json(str(name), region, document.get("classes")) for name, region in regions.items())


LISTS = {
    "map_share": "W",
    "reference_share": "col",
    "users": "UA",
    "producers": "PA",
    "area_ha": "area_ha",
    "interval_ha": "ci_ha",
}
"""Fields of `PrintedMatrix` with one number per class, and their keys in the JSON."""


def _from_json(region: str, values: object, classes: object) -> PrintedMatrix:
    if not isinstance(values, dict) or "P" not in values:
        raise InvalidInputError(f"Region {region!r} must be an object with the cells 'P' of its matrix.")
    cells = _cells(region, values["P"])
    names = _names(region, values.get("classes", classes), len(cells))
    lists = {field: _numbers(values.get(key), len(cells), f"{region}: {key!r}") for field, key in LISTS.items()}
    overall, total_ha = (
        None if values.get(key) is None else _checked([values[key]], f"{region}: {key}")[0]
        for key in ("OA", "total_ha")
    )
    printed = PrintedMatrix(region=region, classes=names, cells=cells, overall=overall, total_ha=total_ha, **lists)
    return _in_shares(printed)


def _in_shares(m: PrintedMatrix) -> PrintedMatrix:
    """Return a matrix with totals and accuracies as shares of 1 where they are printed in per cent."""

    def total(values: tuple[float, ...] | None, key: str) -> tuple[float, ...] | None:
        shares = _hundredths(values) if values and sum(values) > 50 else values
        if shares and sum(shares) - max(shares) > MOST_OTHERS:  # the largest may be a misprint
            raise InvalidInputError(
                f"{m.region}: {key!r} must be shares of the area, which sum to 1 or near it, or per cent; they sum to "
                f"{sum(values or ()):g}. Divide hectares or counts by their total."
            )
        return shares

    def accuracy(values: tuple[float, ...] | None) -> tuple[float, ...] | None:
        above = [value > 1 for value in values or () if value > 0]
        return _hundredths(values) if values and sum(above) * 2 > len(above) else values

    return replace(
        m,
        map_share=total(m.map_share, "W"),
        reference_share=total(m.reference_share, "col"),
        users=accuracy(m.users),
        producers=accuracy(m.producers),
        overall=m.overall if m.overall is None or m.overall <= 1 else _hundredths([m.overall])[0],
    )


def _hundredths(values: Sequence[float]) -> tuple[float, ...]:
    """Return per cent as shares, with two more decimals.

    Examples
    --------
    >>> _hundredths([91.367, 86.0])
    (0.91367, 0.86)
    """
    return tuple(float(Decimal(repr(value)) / 100) for value in values)


FINEST = 1e-12
"""No figure but 0 is printed that is smaller."""
MOST_OTHERS = 1.05
"""Shares of all classes but the largest do not sum to more, but for rounding."""
LEAST_TOTAL = 0.01
"""Cells that sum to less are no shares of a whole, whatever is misprinted."""


def _cells(region: str, cells: object) -> tuple[tuple[float, ...], ...]:
    k = len(cells) if isinstance(cells, list) else 0
    if not isinstance(cells, list) or k == 0 or any(not isinstance(row, list) or len(row) != k for row in cells):
        raise InvalidInputError(f"{region}: 'P' must be a square list of rows of proportions.")
    rows = tuple(_checked(row, f"{region}: P", share=True) for row in cells)
    total, largest = sum(map(sum, rows)), max(map(max, rows))  # the largest may be a misprint
    if not LEAST_TOTAL < total < 2 + largest:
        raise InvalidInputError(
            f"{region}: the cells of 'P' must be area proportions, which sum to 1 or near it; they sum to "
            f"{total:g}. Divide counts or percentages by their total."
        )
    return rows


def _names(region: str, classes: object, k: int) -> tuple[str, ...]:
    names = [str(c) for c in classes] if isinstance(classes, list) else [str(i + 1) for i in range(k)]
    plain = not isinstance(classes, list) or all(isinstance(c, str | int | float) for c in classes)
    if len(names) != k or len(set(names)) != k or not plain:
        raise InvalidInputError(f"{region}: 'classes' must name the {k} rows of 'P', each once; got {names}.")
    return tuple(names)


def _numbers(numbers: object, k: int, what: str) -> tuple[float, ...] | None:
    if numbers is None:
        return None
    if not isinstance(numbers, list) or len(numbers) != k:
        raise InvalidInputError(f"{what} must be a list of {k} numbers, one per class.")
    return _checked(numbers, what)


def _checked(numbers: Iterable[object], what: str, *, share: bool = False) -> tuple[float, ...]:
    checked = []
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int | float) or not 0 <= number < 1e300:
            raise InvalidInputError(f"{what} must hold numbers >= 0; got {number!r}.")
        if 0 < number < FINEST or (share and number > 100):
            kind = "proportions" if share else "numbers as printed"
            raise InvalidInputError(f"{what} must hold {kind}; got {number!r}.")
        checked.append(float(number))
    return tuple(checked)
