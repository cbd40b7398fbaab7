"""The result of an audit: inconsistencies, and the figures of each matrix after correction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.display import block, bullets, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from lulc_core.audit.printed import PrintedMatrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An inconsistency in a printed matrix."""

    check: str
    """The rule: transposed, cell, row total, column total, user's accuracy, producer's accuracy, overall accuracy,
    shares, areas, area, total area, interval, intervals, identical user's accuracies."""
    regions: tuple[str, ...]
    """The regions it is about."""
    place: str
    """Location, in words."""
    printed: float | tuple[float, ...] | None
    """The printed value; one per class where the finding is about all."""
    implied: float | tuple[float, ...] | None
    """The value that follows from the rest."""
    suggestion: float | tuple[float, ...] | None
    """The correction that fits, as it would be printed; None where a correction needs new data, or where the
    other numbers do not tell which one is wrong."""
    words: str
    """The finding in whole sentences."""
    cell: tuple[str, str] | None = None
    """Map class and reference class, where it is about one cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAudit:
    """What follows from one matrix when its misprints are corrected."""

    printed: PrintedMatrix
    """As printed."""
    corrected: PrintedMatrix
    """With the cells and accuracies that the findings suggest; areas and intervals as printed."""
    users: tuple[float | None, ...]
    """User's accuracies that follow from the corrected cells, of all regions together where the printed ones are the
    same in all; None where the map share is 0."""
    producers: tuple[float | None, ...]
    """Producer's accuracies that follow from the corrected cells."""
    overall: float
    """Overall accuracy that follows from the corrected cells."""
    law: str | None
    """The formula the printed areas follow, a key of `LAWS`; None where none fits or nothing is printed."""
    total_ha: float | None
    """Area of the region in hectares: printed, or implied by the formula."""
    area_by_law_ha: tuple[float, ...] | None
    """The printed areas as the formula reproduces them, hectares."""
    area_ha: tuple[float, ...] | None
    """The areas that follow: total area times estimated share, hectares."""
    interval_by_law_ha: tuple[float, ...] | None = None
    """The printed intervals as `Z95` times total area times standard error reproduces them, hectares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Findings about printed matrices, and the figures after correction."""

    findings: tuple[Finding, ...]
    """Inconsistencies by region, then those of several regions."""
    regions: tuple[RegionAudit, ...]
    """One entry a matrix."""
    implied_sample_size: float | None
    """Sample size that the printed intervals imply, over all map classes; None without intervals."""

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each class of each matrix: what follows after correction, and what is printed.

        Index: ``region``, ``class``. Columns: ``users`` and ``producers``, accuracies 0-1; ``area_ha`` and
        ``printed_area_ha``; NaN where undefined or not printed.
        """
        import pandas as pd  # takes half a second, and an audit is made without it

        rows = {
            (r.printed.region, name): {
                "users": r.users[place],
                "producers": r.producers[place],
                "area_ha": r.area_ha[place] if r.area_ha else None,
                "printed_area_ha": r.printed.area_ha[place] if r.printed.area_ha else None,
            }
            for r in self.regions
            for place, name in enumerate(r.printed.classes)
        }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis(["region", "class"])

    def __repr__(self) -> str:
        return f"<Audit: {self._head()}>"

    def _repr_html_(self) -> str:
        rows = ((r.printed.region, _share(r.printed.overall), _share(r.overall)) for r in self.regions)
        shown = table(["region", "overall accuracy, printed", "as it follows from the corrected cells"], rows)
        return block(self._head(), shown, bullets([finding.words for finding in self.findings]))

    def _head(self) -> str:
        matrices = "1 printed matrix" if len(self.regions) == 1 else f"{len(self.regions)} printed matrices"
        findings = "1 inconsistency" if len(self.findings) == 1 else f"{len(self.findings)} inconsistencies"
        return f"{findings} in {matrices}"

    def as_dict(self) -> dict[str, object]:
        """Return the audit as plain dicts and lists for JSON; None where undefined."""
        return {
            "findings": [
                {
                    "check": f.check,
                    "regions": list(f.regions),
                    "place": f.place,
                    "printed": _plain(f.printed),
                    "implied": _plain(f.implied),
                    "suggestion": _plain(f.suggestion),
                    "cell": None if f.cell is None else {"map": f.cell[0], "reference": f.cell[1]},
                    "words": f.words,
                }
                for f in self.findings
            ],
            "regions": {r.printed.region: _region_dict(r) for r in self.regions},
            "implied_sample_size": self.implied_sample_size,
        }


def listed(names: Sequence[str]) -> str:
    """Join names as in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _region_dict(r: RegionAudit) -> dict[str, object]:
    classes = r.printed.classes

    def each(values: Sequence[float | None] | None) -> dict[str, float | None] | None:
        return None if values is None else dict(zip(classes, values, strict=True))

    return {
        "classes": list(classes),
        "error_matrix": [list(row) for row in r.corrected.cells],
        "overall": r.overall,
        "users": each(r.users),
        "producers": each(r.producers),
        "area_law": r.law,
        "total_ha": r.total_ha,
        "area_printed_ha": each(r.printed.area_ha),
        "area_by_law_ha": each(r.area_by_law_ha),
        "area_ha": each(r.area_ha),
        "interval_printed_ha": each(r.printed.interval_ha),
        "interval_by_law_ha": each(r.interval_by_law_ha),
    }


def _plain(value: float | tuple[float, ...] | None) -> float | list[float] | None:
    return list(value) if isinstance(value, tuple) else value
