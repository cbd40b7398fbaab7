"""The crosswalks from the legends of others to ours: one table each, which says what it hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from lulc_core.accuracy.vocabulary import folded
from lulc_core.class_rasters import NO_CLASS
from lulc_core.errors import InvalidInputError, NotFoundError
from lulc_core.legend import LEGEND, NO_DATA, LandCoverClass, Legend
from lulc_core.reference_maps import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

RANGELAND = LandCoverClass(
    code=11,
    name="grass or scrub",
    colour=(227, 226, 195),
    distinct_colour=(240, 136, 224),
    definition="Grass and scrub/shrub, which some reference maps do not tell apart.",
)
REFERENCE_LEGEND = Legend((*LEGEND.classes, RANGELAND))
"""The classes of `LEGEND`, and the one that some reference maps have in place of two of them."""
NOTHING = "no data"
"""What a table has in place of a class where ours has no counterpart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosswalk:
    """From another map's codes to `LEGEND`; what has no counterpart becomes no data.

    Examples
    --------
    >>> import numpy as np
    >>> Crosswalk(name="theirs", codes={0: 0, 10: 2, 40: 5}).apply(np.array([10, 40, 0], np.uint8))
    array([2, 5, 0], dtype=uint8)
    """

    name: str
    codes: Mapping[int, int]
    """Their code to ours; 0 where ours has no counterpart."""

    def apply(self, theirs: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Return `theirs` (any shape, integers, -1 = no data) in the codes of `LEGEND`.

        Raises
        ------
        InvalidInputError
            For a code that the crosswalk does not know.
        """
        unknown = np.setdiff1d(theirs, [-1, *self.codes])
        if unknown.size:
            raise InvalidInputError(f"{self.name} has no code {unknown[:10].tolist()}; it knows {sorted(self.codes)}.")
        table = np.full(max(self.codes) + 2, NO_DATA, np.uint8)  # the last is that of -1
        table[list(self.codes)] = list(self.codes.values())
        return table[theirs]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkRow:
    """A class of another legend, and ours for it."""

    code: int
    """Code in their rasters."""
    name: str
    """Their name."""
    to: str
    """Name of a class of `REFERENCE_LEGEND`, or `NOTHING`."""
    colour: str = ""
    """Their colour as ``rrggbb``; empty if they have none."""
    hides: str = ""
    """What the translation loses; empty if both mean the same."""

    @property
    def to_code(self) -> int:
        """Code of our class; 0 for none."""
        return NO_DATA if self.to == NOTHING else REFERENCE_LEGEND[self.to].code


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkTable:
    """A crosswalk as one documented table.

    Examples
    --------
    >>> table = CROSSWALKS["worldcover"]
    >>> table[95].to, table[95].hides
    ('flooded vegetation', 'mangroves, which are trees')
    >>> table.to_frame().loc[40, "class"]
    'crops'
    """

    name: str
    """By which it is chosen."""
    title: str
    """The legend that it translates."""
    rows: tuple[CrosswalkRow, ...]
    """In the order of that legend; each code once."""
    aliases: Mapping[int, int]
    """Other codes that the same maps are distributed in, each to that of a row."""
    note: str = ""
    """What a reader should know of the whole."""

    def __post_init__(self) -> None:
        codes = [row.code for row in self.rows] + list(self.aliases)
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise InvalidInputError(f"Each code must occur once in the crosswalk {self.name}; {twice} occur again.")
        for row in self.rows:
            if row.to != NOTHING and row.to not in REFERENCE_LEGEND.names:
                raise InvalidInputError(
                    f"The crosswalk {self.name} leads code {row.code} ({row.name}) to {row.to!r}, which is no class. "
                    f"The classes are {', '.join(REFERENCE_LEGEND.names)}; write {NOTHING!r} where none fits."
                )

    @classmethod
    def of(cls, name: str, title: str, text: str, *, aliases: Mapping[int, int] | None = None, note: str = "") -> Self:
        """Return the table of a text with a line ``code | name | class | colour | hides`` for each class."""
        lines = ([cell.strip() for cell in line.split("|")] for line in text.strip().splitlines())
        rows = tuple(
            CrosswalkRow(code=int(code), name=theirs, to=to, colour=colour, hides=hides)
            for code, theirs, to, colour, hides in lines
        )
        return cls(name=name, title=title, rows=rows, aliases=aliases or {}, note=note)

    def __getitem__(self, code: int) -> CrosswalkRow:
        """Return the row of a code; raises `InvalidInputError` if there is none."""
        if (row := self._by_code.get(code)) is None:
            raise InvalidInputError(f"{self.name} has no code {code}; it knows {sorted(self._by_code)}.")
        return row

    def __contains__(self, code: object) -> bool:
        """Return whether it has a code."""
        return code in self._by_code

    @property
    def _by_code(self) -> dict[int, CrosswalkRow]:
        rows = {row.code: row for row in self.rows}
        return rows | {other: rows[code] for other, code in self.aliases.items()}

    @property
    def crosswalk(self) -> Crosswalk:
        """From its codes to those of `REFERENCE_LEGEND`."""
        return Crosswalk(name=self.name, codes={code: row.to_code for code, row in self._by_code.items()})

    @property
    def merges(self) -> bool:
        """Whether grass and scrub are one class."""
        return any(row.to == RANGELAND.name for row in self.rows)

    def hidden(self, codes: Iterable[int]) -> tuple[str, ...]:
        """Return what is lost of some codes, a sentence for each class of theirs; codes that it lacks lose nothing."""
        rows = {self[code].code: self[code] for code in codes if code in self}
        return tuple(f"{row.name} is {row.to} here, which hides {row.hides}." for row in rows.values() if row.hides)

    def translated(self, codes: Iterable[int]) -> tuple[str, ...]:
        """Return what some codes are here, a line for each class of theirs, as ``10 Tree cover: trees``."""
        rows = {self[code].code: self[code] for code in codes if code in self}
        return tuple(f"{row.code} {row.name}: {row.to}" for row in rows.values())

    def to_frame(self) -> pd.DataFrame:
        """Return the table: index ``code``; columns ``name``, ``class``, ``hides``."""
        import pandas as pd

        cells = [(row.code, row.name, row.to, row.hides) for row in self.rows]
        return pd.DataFrame(cells, columns=["code", "name", "class", "hides"]).set_index("code")


def crosswalk_named(name: str) -> CrosswalkTable:
    """Return a crosswalk that ships.

    Raises
    ------
    NotFoundError
        If there is none of that name.

    Examples
    --------
    >>> crosswalk_named("nlcd")[82].to
    'crops'
    """
    if name not in CROSSWALKS:
        raise NotFoundError(
            f"There is no crosswalk {name!r}. Choose one of {', '.join(CROSSWALKS)}, or write a table: code,name,class."
        )
    return CROSSWALKS[name]


def class_meant(name: str) -> str | None:
    """Return the class of `REFERENCE_LEGEND` that a name means, or `NOTHING`; None if it is unknown.

    Examples
    --------
    >>> class_meant("Built-up"), class_meant("Rangeland"), class_meant("unclassified"), class_meant("moss")
    ('built area', 'grass or scrub', 'no data', None)
    """
    if NO_CLASS.fullmatch(name):
        return NOTHING
    if folded(name) in ("rangeland", folded(RANGELAND.name)):
        return RANGELAND.name
    found = LEGEND.find(name)
    return found.name if found else None


def merged_codes(*, merges: bool = True) -> NDArray[np.uint8]:
    """Return the table from our codes to those of a map that has grass and scrub as one class, shape (256,).

    Examples
    --------
    >>> merged_codes()[[2, 3, 6]]
    array([ 2, 11, 11], dtype=uint8)
    """
    codes = np.arange(256, dtype=np.uint8)
    if merges:
        codes[[c.code for c in LEGEND if c.rangeland]] = RANGELAND.code
    return codes


_ALL = (
    CrosswalkTable.of(
        "io-lulc",
        "Esri and Impact Observatory, ten classes; also the codes of this project",
        tables.IO_LULC,
    ),
    CrosswalkTable.of("io-lulc-annual", "Impact Observatory, nine classes", tables.IO_ANNUAL),
    CrosswalkTable.of("worldcover", "ESA WorldCover", tables.WORLDCOVER),
    CrosswalkTable.of("dynamic-world", "Dynamic World", tables.DYNAMIC_WORLD, note="Its codes count from 0, water."),
    CrosswalkTable.of("esa-cci", "ESA CCI Land Cover (LCCS)", tables.CCI, note="Pixels of 300 m mix classes."),
    CrosswalkTable.of(
        "copernicus-100m", "Copernicus Global Land Cover, 100 m (CGLS-LC100, collection 3)", tables.COPERNICUS_100M
    ),
    CrosswalkTable.of(
        "igbp",
        "MODIS land cover, IGBP (MCD12Q1, LC_Type1, version 6 and later)",
        tables.IGBP,
        note="In versions before 6 water is 0, which is refused here. Pixels of 500 m mix classes.",
    ),
    CrosswalkTable.of("nlcd", "National Land Cover Database of the United States", tables.NLCD),
    CrosswalkTable.of("lcmap", "USGS LCMAP, primary land cover", tables.LCMAP),
    CrosswalkTable.of(
        "corine",
        "CORINE Land Cover, level 3",
        tables.CORINE,
        aliases={grid: int(line[:3]) for grid, line in enumerate(tables.CORINE.strip().splitlines()[:44], 1)}
        | {48: 999},
        note="Rasters have the codes of the table, or 1-44 for its lines in this order and 48 for no data. Areas below "
        "25 ha are part of their neighbours.",
    ),
)
CROSSWALKS = {table.name: table for table in _ALL}
"""The crosswalks that ship, by name."""
