"""The nouns of the label desk: a project, a unit, a label, a unit in dispute."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from lulc_core.accuracy.consensus import RULES
from lulc_core.accuracy.designs import check_pixel_ha, checked_sizes
from lulc_core.accuracy.planning import Targets
from lulc_core.errors import InvalidInputError
from lulc_core.legend import LEGEND, Legend

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from odc.geo.geobox import GeoBox

MOST_INTERPRETERS = 20
"""Most labels that a unit may need."""
REFERENCE_LEGEND_CLASSES = Legend(tuple(c for c in LEGEND if not c.cloud))
"""Classes of a project by default: those of the legend that are land."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelProject:
    """What a labelling project asks of its interpreters, and how its sample was drawn. It never changes.

    Examples
    --------
    >>> LabelProject(name="Flanders 2018", interpreters=3).rule
    'strict'
    """

    name: str
    """Name shown to the user, unique in a database."""
    legend: Legend = REFERENCE_LEGEND_CLASSES
    """Classes to choose from, in the order of their keys."""
    kind: Literal["points", "tiles"] = "points"
    """What a unit is: a pixel with one label, or a tile that is marked pixel by pixel."""
    interpreters: int = 1
    """Labels that each unit needs, of different people."""
    rule: str = "strict"
    """How they become one: a name in `RULES`."""
    strata: Mapping[str, float] = field(default_factory=dict)
    """Size of each stratum in pixels, of tiles in tiles; empty where the sample has no probability design."""
    unit_m: float = 10.0
    """Side of a unit, metres."""
    pixel_ha: float | None = None
    """Area of a pixel of the map, hectares."""
    targets: Targets = field(default_factory=Targets)
    """Standard errors that were planned."""
    expected: float = 0.8
    """User's accuracy that was expected of every stratum, 0-1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", plain_text(self.name, "The name of a project"))
        object.__setattr__(self, "strata", checked_sizes(self.strata, "The size of stratum"))
        check_pixel_ha(self.pixel_ha)
        if self.kind not in ("points", "tiles"):
            raise InvalidInputError(f"The units of a project are points or tiles; got {self.kind!r}.")
        if self.rule not in RULES:
            raise InvalidInputError(f"The rule must be one of {', '.join(RULES)}; got {self.rule!r}.")
        if not 1 <= self.interpreters <= MOST_INTERPRETERS:
            raise InvalidInputError(f"A unit needs 1 to {MOST_INTERPRETERS} interpreters; got {self.interpreters}.")
        if self.rule != "strict" and self.interpreters < 2:
            raise InvalidInputError(f"The rule {self.rule!r} needs two or more interpreters; got {self.interpreters}.")
        if not (0 < self.unit_m < 1e6 and 0 <= self.expected <= 1):
            raise InvalidInputError(
                "A unit has a side in metres, and an expected accuracy from 0 to 1; got "
                f"{self.unit_m} m and {self.expected}."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelUnit:
    """A place to label, with nothing that the interpreter should not know."""

    number: int
    """From 1, in the random order in which units are labelled."""
    lon: float
    """Longitude of its centre, degrees."""
    lat: float
    """Latitude of its centre, degrees."""
    grid: GeoBox | None = None
    """Pixels of a tile; None for a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What one person said of one unit."""

    id: int
    """In the database, ascending as labels were stored."""
    unit: int
    """Number of the unit."""
    person: str
    """Who said it."""
    at: datetime
    """When, UTC."""
    name: str | None
    """The class; None where the unit could not be interpreted."""
    alternate: str | None = None
    """The class that it could be as well."""
    sure: bool = True
    """False if the person was unsure."""
    comment: str = ""
    """Remark in the person's words."""
    imagery: tuple[str, ...] = ()
    """What was seen: ids of scenes, names of base maps."""
    adjudication: bool = False
    """Whether it decides between the labels of others, which its author has seen."""
    withdrawn: datetime | None = None
    """When it was taken back, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A unit whose interpreters disagree, with what they said, for an adjudicator."""

    unit: LabelUnit
    """The unit."""
    labels: tuple[Label, ...]
    """The labels that count, oldest first."""


def plain_text(text: str, what: str, most: int = 200) -> str:
    """Return a name in one spelling: composed letters, single blanks.

    Raises
    ------
    InvalidInputError
        If it is blank, has control characters, or is longer than `most`.

    Examples
    --------
    >>> plain_text("  Ana   María ", "A person")
    'Ana María'
    """
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip()
    if not plain or len(plain) > most or any(unicodedata.category(letter) == "Cc" for letter in plain):
        raise InvalidInputError(f"{what} must have 1 to {most} printable characters; got {text[:80]!r}.")
    return plain
