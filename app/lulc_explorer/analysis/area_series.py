"""The area of every class in each year of a place. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class AreaSeries:
    """The area of every class in the years whose map has been made.

    Examples
    --------
    >>> series = AreaSeries(
    ...     title="Laos",
    ...     simulated=True,
    ...     weighted=False,
    ...     years=(2019, 2020, 2021),
    ...     hectares={2019: {"trees": 3.0, "crops": 1.0}, 2021: {"trees": 2.0, "crops": 2.0}},
    ... )
    >>> series.missing, series.largest_change
    ([2020], ('crops', 1.0))
    """

    title: str
    """Title of the place."""
    simulated: bool
    weighted: bool
    """Whether the class weights are not the legend's."""
    years: tuple[int, ...]
    """Every year there is imagery of, ascending."""
    hectares: Mapping[int, Mapping[str, float]]
    """Year to class name to hectares, of the years whose map has been made, ascending; ``"no data"`` is a class."""
    intervals: Mapping[int, Mapping[str, tuple[float, float]]] = field(default_factory=dict)
    """Year to class name to the 95 % interval of the true area (ha), where a panel of sampled pixels gives it."""

    @property
    def missing(self) -> list[int]:
        """The years whose map has not been made."""
        return [year for year in self.years if year not in self.hectares]

    @property
    def made(self) -> list[int]:
        """The years whose map has been made."""
        return [*self.hectares]

    @property
    def classes(self) -> list[str]:
        """The classes that have an area in any year, as they come."""
        return [name for name in self._names if any(areas[name] for areas in self.hectares.values())]

    @property
    def _names(self) -> list[str]:
        return [*next(iter(self.hectares.values()), {})]

    @property
    def largest_change(self) -> tuple[str, float] | None:
        """The class whose area changed most from the first to the last year, and by how many hectares; None if none."""
        if len(self.hectares) < 2:
            return None
        first, last = (self.hectares[year] for year in (self.made[0], self.made[-1]))
        changes = {name: last[name] - first[name] for name in self.classes if name != NO_DATA}
        name = max(changes, key=lambda name: abs(changes[name]), default="")
        return (name, changes[name]) if name and changes[name] else None

    def table(self) -> str:
        """Return the areas as CSV, a row for each year and class.

        Hectares on the map, the share of what has a class (0-1), and the 95 % interval of the true area where known.
        """
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(["year", "class", "hectares", "share_of_mapped", "simulated", "low_ha", "high_ha"])
        for year, areas in self.hectares.items():
            mapped = sum(area for name, area in areas.items() if name != NO_DATA)
            for name, area in areas.items():
                share = "" if name == NO_DATA or not mapped else round(area / mapped, 6)
                known = self.intervals.get(year, {}).get(name)
                ends = ("", "") if known is None else tuple(round(end, 4) for end in known)
                rows.writerow([year, name, round(area, 4), share, str(self.simulated).lower(), *ends])
        return text.getvalue()


NO_DATA = "no data"
"""The name of what has no class."""
