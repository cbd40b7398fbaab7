"""The ten classes of the paper.

Codes, names and colours are those of the published map (Planetary Computer collection ``io-lulc``).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_core.display import Swatch, block, table
from lulc_core.errors import InvalidInputError
from lulc_core.extras import needs_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.colors import BoundaryNorm, Colormap
    from numpy.typing import NDArray

NO_DATA = 0
"""Code of a pixel without a label in every class raster."""
FILLERS = frozenset(
    {"and", "or", "area", "areas", "land", "lands", "ground", "cover", "covered", "vegetation", "surface", "surfaces"}
    | {"up", "class", "open", "permanent", "body", "bodies"}
)
"""Words of a class's name that tell no class from another."""


def _telling(name: str) -> frozenset[str]:
    """Return the words of a name that tell a class from another."""
    return frozenset(re.findall(r"[^\W\d_]+", name.casefold())) - FILLERS


@dataclass(frozen=True, slots=True, kw_only=True)
class LandCoverClass:
    """One class of a legend."""

    code: int
    """Code in class rasters, 1-255; 0 is no data."""
    name: str
    """Name, lower case, as the paper prints it."""
    colour: tuple[int, int, int]
    """Red, green, blue, 0-255."""
    distinct_colour: tuple[int, int, int] | None = None
    """A colour that people with any colour vision tell from those of the other classes; None for `colour`."""
    weight: float = 1.0
    """Default weight in the class-weighted mode, unitless, >= 0; 0 removes the class."""
    definition: str = ""
    """What belongs to the class, in one sentence."""
    cloud: bool = False
    """Whether pixels of this class show cloud instead of land."""
    ephemeral: bool = False
    """Whether it comes and goes within days, so that a single scene says little about the year."""
    confusable: bool = False
    """Whether networks often confuse it with the other classes that are confusable."""
    rotated: bool = False
    """Whether fields turn from it into the other classes that are rotated and back, from year to year."""
    rangeland: bool = False
    """Whether maps with a class rangeland include it there."""
    also: str = ""
    """More words by which other maps and networks name this class, and no other."""

    @property
    def hex(self) -> str:
        """The colour as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.colour)

    @property
    def identifier(self) -> str:
        """The name in the characters that CF and STAC allow, such as ``scrub_shrub``."""
        return self.name.replace("/", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Legend:
    """Classes in a fixed order; a tie in the class-weighted mode goes to the first.

    Examples
    --------
    >>> LEGEND["crops"].code
    5
    >>> LEGEND[5].name
    'crops'
    >>> LEGEND.weights({"grass": 1.5})[3]
    np.float64(1.5)
    """

    classes: tuple[LandCoverClass, ...]

    def __post_init__(self) -> None:
        codes = [c.code for c in self.classes]
        if len(set(codes)) != len(codes) or not all(1 <= code <= 255 for code in codes):
            raise InvalidInputError(f"Legend codes must be distinct and within 1-255; got {codes}.")

    def __iter__(self) -> Iterator[LandCoverClass]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, key: str | int) -> LandCoverClass:
        """Return the class of a name or code; raises `InvalidInputError` if there is none."""
        for c in self.classes:
            if key in (c.code, c.name):
                return c
        known = ", ".join(f"{c.code} {c.name}" for c in self.classes)
        raise InvalidInputError(f"{key!r} is not in the legend. It has: {known}.")

    def find(self, name: str) -> LandCoverClass | None:
        """Return the class that a name in another map or network means; None if it is unknown or means several.

        Examples
        --------
        >>> LEGEND.find("Shrub_and_scrub").name, LEGEND.find("built-up").name, LEGEND.find("mangroves")
        ('scrub/shrub', 'built area', None)
        """
        words = _telling(name)
        meant = [c for c in self.classes if words and words <= _telling(f"{c.name} {c.also}")]
        return meant[0] if len(meant) == 1 else None

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Codes in legend order, shape (class,)."""
        return np.array([c.code for c in self.classes], np.uint8)

    @property
    def places(self) -> NDArray[np.int64]:
        """Position in the legend by code, shape (256,); -1 for codes that are not in it."""
        places = np.full(256, -1, np.int64)
        places[self.codes] = np.arange(len(self))
        return places

    @property
    def names(self) -> list[str]:
        """Names in legend order."""
        return [c.name for c in self.classes]

    @property
    def colours(self) -> dict[int, tuple[int, int, int]]:
        """Red, green, blue of each code."""
        return {c.code: c.colour for c in self.classes}

    @property
    def weights_by_name(self) -> dict[str, float]:
        """Default weight of each class, unitless.

        Examples
        --------
        >>> LEGEND.weights_by_name["crops"], LEGEND.weights_by_name["clouds"]
        (1.0, 0.0)
        """
        return {c.name: c.weight for c in self.classes}

    @property
    def distinct(self) -> Legend:
        """The same classes in colours that people with any colour vision tell apart, and in grey.

        Any two are at least 20 apart (CIE 1976 colour difference) as seen by most people and by people without long,
        middle or short wave cones, by the simulation of Machado et al. 2009 (doi:10.1109/TVCG.2009.113), and 9 in
        lightness. The published colours of grass and crops are 11 apart without long wave cones.

        Examples
        --------
        >>> LEGEND["crops"].hex, LEGEND.distinct["crops"].hex
        ('#e49635', '#ffe27f')
        """
        return Legend(tuple(dataclasses.replace(c, colour=c.distinct_colour or c.colour) for c in self))

    @property
    def cmap(self) -> Colormap:
        """The colours by code, for matplotlib and with `norm`; no data and codes that are not in it are transparent.

        Draw with ``interpolation="nearest"``: what lies between two codes is no class.

        Raises
        ------
        NotFoundError
            If matplotlib is not installed.

        Examples
        --------
        >>> red, green, blue, opaque = LEGEND.cmap(LEGEND.norm(LEGEND["water"].code), bytes=True)
        >>> (int(red), int(green), int(blue)) == LEGEND["water"].colour
        True
        """
        with needs_extra("plot"):
            from matplotlib.colors import ListedColormap
        colours = np.zeros((int(self.codes.max()) + 1, 4))
        for c in self.classes:
            colours[c.code] = *(value / 255 for value in c.colour), 1
        transparent = (0, 0, 0, 0)
        return ListedColormap(colours, "land cover").with_extremes(bad=transparent, under=transparent, over=transparent)

    @property
    def norm(self) -> BoundaryNorm:
        """From code to position in `cmap`, for matplotlib; a colour a code, those in between included.

        Raises
        ------
        NotFoundError
            If matplotlib is not installed.
        """
        with needs_extra("plot"):
            from matplotlib.colors import BoundaryNorm
        count = int(self.codes.max()) + 1
        return BoundaryNorm(np.arange(count + 1) - 0.5, count)

    def __repr__(self) -> str:
        return f"<Legend: {', '.join(f'{c.code} {c.name}' for c in self.classes)}>"

    def _repr_html_(self) -> str:
        rows = ((Swatch(c.colour), c.code, c.name, f"{c.weight:g}", c.definition) for c in self.classes)
        return block(f"{len(self)} classes", table(["", "code", "class", "weight", "definition"], rows))

    def weights(self, overrides: Mapping[str, float] | None = None) -> NDArray[np.float64]:
        """Return the weight of every code, as a table to index by code.

        Parameters
        ----------
        overrides
            Class name to weight (unitless, finite, >= 0); classes that are not named keep their default.

        Returns
        -------
        numpy.ndarray
            Shape (256,), float64; 0 for no data and for codes that are not in the legend.

        Raises
        ------
        InvalidInputError
            For a name that is not in the legend, or a weight that is negative or not finite.

        Examples
        --------
        >>> table = LEGEND.weights({"crops": 2})
        >>> table[5], table[10], table[0]
        (np.float64(2.0), np.float64(0.0), np.float64(0.0))
        """
        table = np.zeros(256)
        for c in self.classes:
            table[c.code] = c.weight
        for name, weight in (overrides or {}).items():
            if not 0 <= weight <= 1e6:
                raise InvalidInputError(
                    f"The weight of {name!r} must be a finite number >= 0, at most a million; got {weight}. "
                    "Use 0 to remove it."
                )
            table[self[name].code] = weight
        if not table.any():
            raise InvalidInputError("Every class has weight 0, so none can win; give at least one a weight > 0.")
        return table

    def weighted(self, weights: Mapping[str, float]) -> Legend:
        """Return the same classes with other default weights.

        Parameters
        ----------
        weights
            As for `weights`.

        Raises
        ------
        InvalidInputError
            As of `weights`.

        Examples
        --------
        >>> LEGEND.weighted({"crops": 2})["crops"].weight
        2.0
        """
        table = self.weights(weights)
        return Legend(tuple(dataclasses.replace(c, weight=float(table[c.code])) for c in self.classes))

    def check_classes(self, codes: NDArray[np.integer], source: str) -> None:
        """Raise `InvalidInputError` unless `codes` are those of this legend, in its order."""
        if not np.array_equal(codes, self.codes):
            raise InvalidInputError(
                f"{source} are for the codes {codes.tolist()}, the legend has {self.codes.tolist()}."
            )

    def check_codes(self, codes: NDArray[np.integer], source: str) -> None:
        """Raise `InvalidInputError` if `codes` holds anything but 0 and codes of this legend.

        Parameters
        ----------
        codes
            Class codes, any shape; 0 = no data.
        source
            Where they come from, for the message.
        """
        unknown = np.setdiff1d(codes, np.append(self.codes, NO_DATA))
        if unknown.size:
            known = ", ".join(f"{c.code} {c.name}" for c in self.classes)
            raise InvalidInputError(
                f"{source} holds codes that are not in the legend: {unknown[:10].tolist()}. "
                f"Expected 0 (no data) or one of: {known}. Use a Crosswalk for another map's codes."
            )


LEGEND = Legend(
    (
        LandCoverClass(
            code=1,
            name="water",
            colour=(65, 155, 223),
            distinct_colour=(8, 49, 138),
            definition="Water present most of the year.",
            also="waters",
        ),
        LandCoverClass(
            code=2,
            name="trees",
            colour=(57, 125, 73),
            distinct_colour=(3, 38, 21),
            definition="Dense tall vegetation, closed canopy, plantations and mangroves.",
            also="tree forest forests woodland",
        ),
        LandCoverClass(
            code=3,
            name="grass",
            colour=(136, 176, 83),
            distinct_colour=(135, 189, 27),
            definition="Open areas of homogeneous grasses, meadows, pastures and lawns.",
            also="grasses grassland grasslands",
            confusable=True,
            rotated=True,
            rangeland=True,
        ),
        LandCoverClass(
            code=4,
            name="flooded vegetation",
            colour=(122, 135, 198),
            distinct_colour=(20, 223, 187),
            definition="Vegetation mixed with water for most of the year: marsh, paddy, mangrove.",
            also="wetland wetlands",
        ),
        LandCoverClass(
            code=5,
            name="crops",
            colour=(228, 150, 53),
            distinct_colour=(255, 226, 127),
            definition="Planted, not at tree height: cereals, maize, soy, and fallow plots of such land.",
            also="crop cropland croplands cultivated arable",
            confusable=True,
            rotated=True,
        ),
        LandCoverClass(
            code=6,
            name="scrub/shrub",
            colour=(223, 195, 90),
            distinct_colour=(212, 45, 203),
            definition="Scattered woody plants and bushes, savannah, clearings in forest.",
            also="shrubs shrubland shrublands",
            confusable=True,
            rangeland=True,
        ),
        LandCoverClass(
            code=7,
            name="built area",
            colour=(196, 40, 27),
            distinct_colour=(150, 33, 18),
            definition="Houses, roads, railways, large sealed surfaces.",
            also="urban developed impervious settlement settlements",
        ),
        LandCoverClass(
            code=8,
            name="bare ground",
            colour=(165, 155, 143),
            distinct_colour=(180, 140, 113),
            definition="Rock, soil, sand, salt pans, mines, with hardly any vegetation all year.",
            also="barren sparse soil",
        ),
        LandCoverClass(
            code=9,
            name="snow/ice",
            colour=(168, 235, 255),
            distinct_colour=(252, 255, 255),
            definition="Permanent snow, glaciers, icy ground.",
            also="glacier glaciers",
            ephemeral=True,
        ),
        LandCoverClass(
            code=10,
            name="clouds",
            colour=(97, 97, 97),
            distinct_colour=(101, 101, 99),
            weight=0.0,
            definition="No land seen: cloud all year. Weight 0 by default, so that it never wins a composite.",
            also="cloud",
            cloud=True,
            ephemeral=True,
        ),
    )
)
"""The ten classes of Karra et al. 2021."""
