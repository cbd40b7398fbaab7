"""What lies behind the votes on a pixel: as it was kept, around the pixel, and only of the latest click."""

from __future__ import annotations

import asyncio
import io
import shutil
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import xarray as xr
import zarr
from hypothesis import given
from hypothesis import strategies as st
from making import all_done, small_session
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

    from lulc_explorer.session.session import Session

from lulc_explorer.analysis.pixel_evidence import NATURAL, WINDOW, Look, PixelEvidence, clearest, read_evidence
from lulc_explorer.engine import land_cover_map as results
from lulc_explorer.tabs.map.clicked_pixel.evidence import png, sheet

SCENES, HEIGHT, WIDTH = 5, 90, 70
BANDS = ["B04", "B03", "B02", "B08"]
PIXELS = st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1))


def kept(bands: list[str] = BANDS) -> xr.Dataset:
    random = np.random.default_rng(0)
    cube = ("time", "y", "x")
    return xr.Dataset(
        {
            "label": (cube, random.choice([0, 2, 5], (SCENES, HEIGHT, WIDTH), p=[0.1, 0.5, 0.4]).astype(np.uint8)),
            "clear": (cube, random.random((SCENES, HEIGHT, WIDTH)) < 0.7),
            "probability": (
                ("time", "class", "y", "x"),
                random.integers(0, 256, (SCENES, 2, HEIGHT, WIDTH)).astype(np.uint8),
            ),
            "quicklook": (
                ("time", "band", "y", "x"),
                random.integers(0, 256, (SCENES, len(bands), HEIGHT, WIDTH)).astype(np.uint8),
            ),
        },
        coords={"time": np.datetime64("2023-01-10", "ns") + np.arange(SCENES) * np.timedelta64(70, "D"), "band": bands}
        | {"class": np.array([2, 5], np.uint8)},
    )


def on_screen(stored: int) -> int:
    """The slow way from a kept byte to a shade: white is a reflectance of 0.3, and gamma 1.5."""
    return round(255 * min(((stored - 1) / 254) ** 2 / 0.3, 1.0) ** (1 / 1.5))


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


@given(PIXELS)
def test_a_look_shows_the_bytes_that_were_kept_and_frames_the_pixel_wherever_it_is(pixel: tuple[int, int]) -> None:
    data = kept()
    evidence = read_evidence(data, data["probability"], data["quicklook"], pixel)
    left, top, width, height = evidence.frame
    column, row = round(left / width), round(top / height)
    for look in evidence.looks:
        picture = decoded(png(look))
        assert picture.shape == (min(WINDOW, HEIGHT), min(WINDOW, WIDTH), 4)
        stored = data["quicklook"].values[look.scene, :3, *pixel]
        expected = [*map(on_screen, stored)] if stored.all() else picture[row, column, :3].tolist()
        assert picture[row, column].tolist() == [*expected, 255 * bool(stored.all())]
    middle = pixel[0] - 32, pixel[1] - 32
    if 0 <= middle[0] <= HEIGHT - WINDOW and 0 <= middle[1] <= WIDTH - WINDOW:
        assert (row, column) == (32, 32)


@given(PIXELS)
def test_only_dates_that_see_the_pixel_are_looked_at(pixel: tuple[int, int]) -> None:
    data = kept()
    seen = (data["clear"] & (data["label"] > 0)).values[:, *pixel]
    evidence = read_evidence(data, data["probability"], data["quicklook"], pixel)
    assert [look.scene for look in evidence.looks] == np.flatnonzero(seen).tolist()
    assert bool(evidence.lacking) != bool(evidence.looks)


def test_every_shade_is_that_of_the_reflectance_that_was_kept() -> None:
    stored = np.arange(256, dtype=np.uint8).reshape(1, 16, 16).repeat(3, 0)
    picture = decoded(png(Look(scene=0, stored=stored)))
    assert picture[..., 3].ravel().tolist() == [0] + [255] * 255
    assert picture[..., 0].ravel()[1:].tolist() == [on_screen(byte) for byte in range(1, 256)]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(1, 366)), max_size=40))
def test_the_clearest_of_every_part_of_the_year_comes_before_all_others(scenes: list[tuple[int, bool, int]]) -> None:
    around, seen, day = (np.array(values) for values in zip(*scenes, strict=True)) if scenes else np.zeros((3, 0))
    chosen = clearest(around.astype(float), seen.astype(bool), day.astype(int))
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(8, int(seen.sum()))
    for part in range(8):
        there = [i for i, (_, visible, of) in enumerate(scenes) if visible and (of - 1) * 8 // 366 == part]
        if there:
            assert max(scenes[i][0] for i in there) == max(scenes[i][0] for i in chosen if i in there)


def test_without_imagery_or_its_colours_it_says_so_and_the_rest_is_there() -> None:
    infrared = kept(["B08", "B11", "B12", "B05"])
    evidence = read_evidence(infrared, infrared["probability"], infrared["quicklook"], (3, 4))
    assert "does not read B04, B03, B02" in evidence.lacking
    assert evidence.probability.shape == (SCENES, 2)
    evidence = read_evidence(infrared, None, None, (3, 4))
    assert "not kept when this map was made" in evidence.lacking
    assert evidence.probability is None
    assert evidence.looks == ()


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return small_session(tmp_path_factory.mktemp("maps"), "laos")


def test_a_click_brings_what_the_files_hold_of_the_pixel(person: Session) -> None:
    async def click() -> PixelEvidence:
        person.inspection.pixel = (20, 40)
        while person.inspection.evidence is None:
            await asyncio.sleep(0.01)
        return person.inspection.evidence

    person.inspection.pixel = person.inspection.evidence = None
    evidence = asyncio.run(click())
    store = zarr.open_group(person.map.land_cover.folder / "predictions.zarr", mode="r")
    assert (evidence.probability == store["probability"][:, :, 20, 40]).all()
    assert evidence.codes == tuple(store["class"][:].tolist())
    labels = store["label"][:, 20, 40]
    best = np.array(evidence.codes)[evidence.probability.argmax(1)]
    assert (best[labels > 0] == labels[labels > 0]).all()
    names = store["band"][:].tolist()
    for look in evidence.looks:
        stored = store["quicklook"][look.scene][[names.index(band) for band in NATURAL]]
        picture = decoded(png(look))
        assert [on_screen(int(byte)) for byte in stored[:, 7, 9]] == picture[7, 9, :3].tolist()
    shown = sheet(person.map.land_cover, evidence)
    assert [scene["shares"] for scene in shown["scenes"]] == evidence.probability.tolist()
    assert [scene["counts"] for scene in shown["scenes"]] == (store["clear"][:, 20, 40] & (labels > 0)).tolist()
    assert shown["across"] == "640 m"


def test_only_the_latest_click_counts(person: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, may_answer, answered = threading.Event(), threading.Event(), []

    def late(_: results.LandCoverMap, pixel: tuple[int, int]) -> PixelEvidence:
        if pixel == (1, 1):
            reading.set()
            may_answer.wait(30)
        answered.append(pixel)
        return PixelEvidence(pixel=pixel)

    async def click_twice() -> None:
        shown = []
        person.inspection.param.watch(lambda event: (shown.append(event.new.pixel), may_answer.set()), "evidence")
        person.inspection.pixel = (1, 1)
        assert await asyncio.to_thread(reading.wait, 30)
        person.inspection.pixel = (2, 2)
        await all_done()
        assert answered == [(2, 2), (1, 1)]
        assert shown == [(2, 2)]

    monkeypatch.setattr(results.LandCoverMap, "evidence", late)
    person.inspection.pixel = person.inspection.evidence = None
    asyncio.run(click_twice())
    assert person.inspection.evidence.pixel == (2, 2)


def test_a_map_that_was_cleared_away_meanwhile_is_said_to_be(tmp_path: Path) -> None:
    person = small_session(tmp_path, "laos")
    shutil.rmtree(person.map.land_cover.folder)
    with pytest.raises(results.lulc.NotFoundError, match="no longer on disk"):
        person.map.land_cover.evidence((1, 1))
