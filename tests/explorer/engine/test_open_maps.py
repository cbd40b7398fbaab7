"""Which maps stay in memory: those that somebody looks at, and a few for those who come back."""

from __future__ import annotations

from lulc_explorer.engine.open_maps import OpenMaps


class Map:
    """Stands for a map; nothing else holds it."""


def filled(*keys: str) -> OpenMaps[Map]:
    maps: OpenMaps[Map] = OpenMaps(most=2)
    for key in keys:
        maps.add(key, Map())
    return maps


def test_the_maps_that_were_looked_at_last_are_kept() -> None:
    maps = filled("a", "b", "c")
    assert maps.keys() == {"b", "c"}


def test_a_map_that_is_looked_at_again_is_kept_longer() -> None:
    maps = filled("a", "b")
    again = maps.get("a")
    assert again is not None
    maps.add("a", again)
    maps.add("c", Map())
    del again
    assert maps.keys() == {"a", "c"}


def test_a_map_that_somebody_holds_is_not_read_again_however_many_come_after_it() -> None:
    maps, held = filled(), Map()
    maps.add("held", held)
    for key in "abc":
        maps.add(key, Map())
    assert maps.get("held") is held
    del held
    assert maps.get("held") is None


def test_when_somebody_leaves_only_the_last_map_and_those_of_others_stay() -> None:
    maps = filled("a", "b")
    held = maps.get("a")
    maps.release()
    assert maps.keys() == {"a", "b"}
    del held
    assert maps.keys() == {"b"}
