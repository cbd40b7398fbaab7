"""What is said to be likely real, against the truth of simulated places."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import making
import pytest
from lulc_explorer.engine.repository import MapRepository
from lulc_explorer.session.change import _untold, compare

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.engine.land_cover_map import LandCoverMap


def maps_of(folder: Path, place: str, edge: int = 160) -> list[LandCoverMap]:
    store = making.shrink(MapRepository(folder, catalog=None, model="unet-simulated"), place, edge=edge)
    return [store.make(store.request(place, year), lambda _: None, threading.Event()) for year in (2019, 2023)]


@pytest.mark.parametrize("clear, told", [(4, True), (3, False)])
def test_years_of_a_few_clear_observations_do_not_tell_what_is_real(tmp_path: Path, clear: int, told: bool) -> None:
    usual = making.small_session(tmp_path, "laos").map.land_cover
    few = replace(usual.composite, data=usual.composite.data.copy())
    few.data["observations"][:] = clear
    few.data["observations"][:1] = 0  # what nobody saw does not count
    rare = replace(usual)
    vars(rare)["composite"] = few
    assert _untold(usual, rare) == ("" if told else "half of the area was seen clearly fewer than 4 times in 2023")


@pytest.mark.slow
@pytest.mark.parametrize("place, edge", [("belgium", 160), ("california", 160), ("laos", 160), ("laos", 224)])
def test_what_is_likely_real_is_within_a_third_of_what_is(tmp_path: Path, place: str, edge: int) -> None:
    first, second = maps_of(tmp_path, place, edge)
    compared = compare(first, second, {}, 0.1)
    truly = (first.truth != second.truth) & (first.composite.label != second.composite.label)
    seen = (first.composite.label > 0) & (second.composite.label > 0)
    assert compared.real_ha == pytest.approx((truly & seen).sum() * 0.01)
    assert compared.change.likely_changed_ha == pytest.approx(compared.real_ha, rel=1 / 3)
    assert compared.change.changed_ha > 4 / 3 * compared.real_ha


@pytest.mark.slow
def test_nothing_is_likely_real_where_nothing_changed(tmp_path: Path) -> None:
    first, second = maps_of(tmp_path, "costa_rica")
    compared = compare(first, second, {}, 0.1)
    assert compared.real_ha == 0
    assert compared.change.changed_ha > 0.05 * compared.change.seen_ha
    assert compared.change.likely_changed_ha + compared.change.rotated_ha < 0.001 * compared.change.seen_ha
