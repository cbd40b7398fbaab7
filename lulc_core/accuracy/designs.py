"""The sampling design, and the mapped areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, Self

import numpy as np

from lulc_core.errors import InvalidInputError
from lulc_core.ground_area import EQUAL_AREA_WITHIN

if TYPE_CHECKING:
    from collections.abc import Collection

LARGEST = 1e60
"""Upper limit of any size, and 1 over it the lower one: squares of others might overflow or vanish."""


def checked_sizes(sizes: Mapping[str, float], what: str) -> dict[str, float]:
    """Return sizes as Python's numbers, which do not overflow when they are added up.

    Raises
    ------
    InvalidInputError
        For a size below 0, not finite, or too small or too large to be one.
    """
    found: dict[str, float] = {name: np.asarray(size).item() for name, size in sizes.items()}
    for name, size in found.items():
        if not (size == 0 or 1 / LARGEST <= size <= LARGEST):
            raise InvalidInputError(f"{what} {name!r} must be 0, or from {1 / LARGEST:g} to {LARGEST:g}; got {size}.")
    return found


def check_pixel_ha(pixel_ha: float | None) -> None:
    """Check the area of a pixel.

    Raises
    ------
    InvalidInputError
        Unless it is a number of hectares > 0, or None.
    """
    if pixel_ha is not None and not 0 < pixel_ha <= LARGEST:
        raise InvalidInputError(
            f"The area of a pixel must be a number of hectares > 0, such as 0.01 for 10 m pixels; got {pixel_ha}."
        )


def agreed_pixel_ha(known: float | None, given: float | None) -> float | None:
    """Return the area of a pixel in hectares, that of the map where it is known.

    Raises
    ------
    InvalidInputError
        For a given area that is none, or that the map contradicts.

    Examples
    --------
    >>> agreed_pixel_ha(0.01, None), agreed_pixel_ha(None, 0.04), agreed_pixel_ha(0.01, 0.01)
    (0.01, 0.04, 0.01)
    """
    check_pixel_ha(given)
    if known is not None and given is not None and abs(given / known - 1) > EQUAL_AREA_WITHIN:
        raise InvalidInputError(
            f"The map says that its pixels have {known:.4g} ha, but {given:g} ha was given. Leave that out, or correct "
            "the georeference of the map."
        )
    return given if known is None else known


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How the sample was drawn. It must be stated, because estimates and standard errors depend on it.

    Examples
    --------
    >>> Design.simple_random(10_000).sizes
    {'all': 10000}
    >>> Design.stratified({"water": 200, "trees": 800}, fpc=True).fpc
    True
    >>> Design.clusters(409).unit
    'cluster'
    """

    sizes: Mapping[str, float]
    """Population size of each stratum in sampling units, >= 0. A design without strata has one."""
    unit: Literal["pixel", "cluster"] = "pixel"
    """The sampling unit."""
    fpc: bool = False
    """Whether the finite-population correction applies."""
    kind: Literal["sample", "indicative", "census"] = "sample"
    """A probability sample, labels gathered in another way, or a census."""
    relative: bool = False
    """Whether `sizes` are areas or shares, which only weight the strata, rather than counts of units."""
    pixels: float | None = None
    """Pixels in the population, if known, where clusters were drawn; it makes areas more precise."""
    weighted: bool = False
    """Whether inclusion probabilities differ within strata, and the sample states those of its units; sizes are then
    found from them."""
    stages: Literal[1, 2] | None = None
    """Of clusters: 1 if every pixel of a drawn one is labelled, 2 if some are; None where that is not known."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", checked_sizes(self.sizes, "The size of stratum"))
        if not sum(self.sizes.values()) > 0:
            raise InvalidInputError(f"The strata must not all be empty; got sizes {dict(self.sizes)}.")
        if self.fpc and self.relative:
            raise InvalidInputError(
                "The finite-population correction needs the number of pixels of each stratum; got areas or shares. "
                "Give pixels or the area of a pixel, or leave out the correction."
            )
        if self.weighted and (self.fpc or self.kind != "sample"):
            raise InvalidInputError(
                "Units with stated inclusion probabilities are a probability sample, and are taken as drawn with "
                "replacement: leave out the finite-population correction."
            )

    @classmethod
    def simple_random(cls, size: float | None, *, fpc: bool = False) -> Self:
        """Pixels drawn at random from `size` pixels, None if unknown."""
        return cls(sizes={"all": size or 1}, fpc=fpc, relative=size is None)

    @classmethod
    def stratified(cls, sizes: Mapping[str, float], *, fpc: bool = False) -> Self:
        """Pixels drawn at random within strata of known sizes (pixels): map classes or anything else."""
        return cls(sizes=dict(sizes), fpc=fpc)

    @classmethod
    def clusters(cls, clusters: float | Mapping[str, float], *, fpc: bool = False, pixels: float | None = None) -> Self:
        """Whole clusters, such as 5 km tiles, drawn at random from `clusters` in all, or in each stratum."""
        sizes = dict(clusters) if isinstance(clusters, Mapping) else {"all": clusters}
        return cls(sizes=sizes, unit="cluster", fpc=fpc, pixels=pixels)

    @classmethod
    def unequal(cls, unit: Literal["pixel", "cluster"] = "pixel", *, strata: Collection[str] = ("all",)) -> Self:
        """Units drawn with probabilities that the sample states: column ``inclusion_probability`` or ``weight``."""
        return cls(sizes=dict.fromkeys(strata, 1), unit=unit, relative=True, weighted=True)

    @classmethod
    def indicative(cls, unit: Literal["pixel", "cluster"] = "pixel") -> Self:
        """No probability design: accuracies as if units had been drawn at random, and no intervals for areas."""
        return cls(sizes={"all": 1}, unit=unit, kind="indicative", relative=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedAreas:
    """The mapped area of each class, counted over the whole map.

    Examples
    --------
    >>> MappedAreas(pixels={"water": 200, "trees": 800}, pixel_ha=0.01).area_ha
    {'water': 2.0, 'trees': 8.0}
    """

    pixels: Mapping[str, float] | None = None
    """Pixels of each class; None where only areas are known."""
    hectares: Mapping[str, float] | None = None
    """Hectares of each class, where not derived from pixels."""
    pixel_ha: float | None = None
    """Area of a pixel, hectares, > 0."""
    unread: tuple[str, ...] = field(default=(), compare=False, kw_only=True)
    """Columns of its file that are not read."""

    def __post_init__(self) -> None:
        if self.pixels is None and self.hectares is None:
            raise InvalidInputError("Mapped areas need pixels or hectares of each class; got neither.")
        check_pixel_ha(self.pixel_ha)
        for name in ("pixels", "hectares"):
            sizes = getattr(self, name)
            object.__setattr__(self, name, None if sizes is None else checked_sizes(sizes, "The mapped size of"))

    @property
    def sizes(self) -> dict[str, float]:
        """Pixels of each class where known, else hectares: only their proportions count."""
        return dict(self.pixels if self.pixels is not None else self.hectares or {})

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that the map has."""
        return tuple(name for name, size in self.sizes.items() if size > 0)

    @property
    def area_ha(self) -> dict[str, float] | None:
        """Hectares of each class, or None where the area of a pixel is not known."""
        if self.hectares is not None:
            return dict(self.hectares)
        return None if self.pixel_ha is None else {k: n * self.pixel_ha for k, n in self.sizes.items()}

    @property
    def counted(self) -> dict[str, float] | None:
        """Pixels of each class, also from hectares and the area of a pixel; None where not known."""
        if self.pixels is not None:
            return dict(self.pixels)
        return None if self.pixel_ha is None else {k: a / self.pixel_ha for k, a in self.sizes.items()}

    def merged(self, merge: Mapping[str, Collection[str]]) -> MappedAreas:
        """Return the areas with classes joined, as ``{"range": ["grass", "scrub"]}``."""
        into = {old: new for new, olds in merge.items() for old in olds}

        def joined(sizes: Mapping[str, float] | None) -> dict[str, float] | None:
            if sizes is None:
                return None
            result: dict[str, float] = {}
            for name, size in sizes.items():
                result[into.get(name, name)] = result.get(into.get(name, name), 0.0) + size
            return result

        return replace(self, pixels=joined(self.pixels), hectares=joined(self.hectares))
