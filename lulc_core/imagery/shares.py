"""The percentages that an item says of its scene: clouds, their shadows, and no data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pystac

    from lulc_core.imagery.scenes import Scene
    from lulc_core.json_types import JsonFields, JsonObject

NAMES = {
    "cloud_cover": ("eo:cloud_cover", ""),
    "cloud_shadow": ("s2:cloud_shadow_percentage", "cloud_shadow"),
    "nodata": ("s2:nodata_pixel_percentage", "nodata"),
}
"""Field of a `Scene` to the property of an item, and to the key in `STATISTICS`; all but the first count as 0 where an
item says neither."""
STATISTICS = "statistics"
"""The property in which the Copernicus Data Space says the same."""
CLOUDS = ("high_proba_clouds", "medium_proba_clouds", "thin_cirrus")
"""Whose sum is the cloud cover; ``s2:*_percentage`` elsewhere."""
OTHER_PARTS = ("vegetation", "not_vegetated", "water", "snow", "unclassified", "cloud_shadow", "dark_area")
"""What else, with the clouds, makes up all that is seen, in `STATISTICS`."""
CLOSE = 1.0
"""Within so much, %, two statements are one: each is rounded."""
APART = 10.0
"""By so much, %, the cloud cover may differ from its parts: it is sometimes that of Level-1C."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What an item says, and what is to be said of that."""

    values: dict[str, float]
    """Field of a `Scene` to %."""
    said: dict[str, str]
    """Field of a `Scene` to the name of the property that says it, of those that are said."""
    remarks: list[str]
    """Where the item contradicts itself, with both statements and which is believed."""


def read_shares(item: pystac.Item) -> Shares:
    """Return the percentages that an item says.

    Raises
    ------
    InvalidInputError
        If one is no percentage.
    """
    p, others = item.properties, _statistics(item.properties)
    said: dict[str, tuple[str, Any]] = {}
    remarks: list[str] = []
    for field, (name, key) in NAMES.items():
        both = [(name, p.get(name)), (f"{STATISTICS}.{key}", others.get(key))]
        stated = [(where, value) for where, value in both if value is not None]
        said |= {field: stated[0]} if stated else {}
        if len(stated) == 2 and all(map(_is_percentage, (stated[0][1], stated[1][1]))):
            remarks += _differ(*stated)
    if not all(_is_percentage(value) for _, value in said.values()):
        names, got = ", ".join(name for name, _ in NAMES.values()), [value for _, value in said.values()]
        raise InvalidInputError(f"Item {item.id}: {names} must be percentages; got {got}.")
    values = {field: float(said[field][1]) if field in said else 0.0 for field in NAMES}
    if _are_shares(others):
        scaled = [field for field, (where, _) in said.items() if where.startswith(STATISTICS)]
        values |= {field: 100 * values[field] for field in scaled}
        remarks.append(f"its {STATISTICS} sum to 1, as shares of 0-1 do; read as these.")
    values["cloud_cover"], doubts = _cover_by_parts(values["cloud_cover"], p)
    return Shares(values=values, said={field: name for field, (name, _) in said.items()}, remarks=remarks + doubts)


def doubt_cloud_cover(scenes: Sequence[Scene], items: Sequence[pystac.Item]) -> str:
    """Return a remark on scenes whose cloud cover seems to be shares of 0-1, not per cent; nothing if it does not.

    That is so if it is at most 1 in all of them, not a whole number in some, and no item says the same in its parts,
    of which another is above 1.
    """
    covers = [scene.cloud_cover for scene in scenes]
    if not covers or max(covers) > 1 or not any(cover % 1 for cover in covers):
        return ""
    for item in items:
        parts, vegetation = _cloud_in_parts(item.properties), item.properties.get("s2:vegetation_percentage")
        same = parts is not None and abs(parts - item.properties["eo:cloud_cover"]) < CLOSE / 100
        if same and isinstance(vegetation, int | float) and vegetation > 1:
            return ""
    return (
        "its eo:cloud_cover is at most 1, as that of every item found; taken as per cent. If it is a share of 0-1, "
        "cloudy scenes are taken for clear ones: multiply it by 100 in the catalog."
    )


def _statistics(properties: JsonFields) -> JsonObject:
    found = properties.get(STATISTICS)
    return found if isinstance(found, dict) else {}


def _is_percentage(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


def _differ(first: tuple[str, float], other: tuple[str, float]) -> list[str]:
    if abs(first[1] - other[1]) <= CLOSE:
        return []
    return [f"its {first[0]} is {first[1]:g} %, but its {other[0]} {other[1]:g} %; used the former."]


def _cover_by_parts(cover: float, properties: JsonFields) -> tuple[float, list[str]]:
    """Return the cloud cover, %, and a remark if its parts say another: a share of 0-1 is one beside percentages."""
    parts = _cloud_in_parts(properties)
    is_share = parts is not None and cover <= 1 < parts and abs(100 * cover - parts) <= CLOSE
    if parts is None or not (is_share or abs(cover - parts) > APART):
        return cover, []
    where = "s2:*_percentage" if _named(properties, "s2:{}_percentage") else f"{STATISTICS}.*"
    both = f"its eo:cloud_cover is {cover:g}, but its parts ({where}) are {parts:g} % together"
    if is_share:
        return parts, [f"{both}; used these."]
    return cover, [f"{both}; used the former."]


def _cloud_in_parts(properties: JsonFields) -> float | None:
    """Return the sum of the clouds, %; None unless all are said."""
    if found := _named(properties, "s2:{}_percentage"):
        return sum(found)
    statistics = _statistics(properties)
    found = _named(statistics, "{}")
    return sum(found) * (100 if _are_shares(statistics) else 1) if found else None


def _named(said: JsonFields, form: str) -> list[float]:
    values = [said.get(form.format(name)) for name in CLOUDS]
    numbers = [float(value) for value in values if _is_percentage(value)]
    return numbers if len(numbers) == len(CLOUDS) else []


def _are_shares(statistics: JsonFields) -> bool:
    """Whether all that is seen sums to 1, not to 100."""
    values = [statistics.get(name) for name in (*CLOUDS, *OTHER_PARTS)]
    numbers = [float(value) for value in values if _is_percentage(value)]
    return len(numbers) > len(CLOUDS) and abs(sum(numbers) - 1) <= CLOSE / 100
