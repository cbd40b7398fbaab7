from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.mapping.chips import reflect_to_multiple, spans, taper

axes = st.tuples(st.integers(1, 400), st.integers(1, 90)).flatmap(
    lambda ls: st.tuples(st.just(ls[0]), st.just(ls[1]), st.integers(0, ls[1] - 1))
)


@given(axes)
def test_spans_cover_every_pixel_have_one_size_and_overlap_enough(axis: tuple[int, int, int]) -> None:
    length, size, overlap = axis
    cuts = spans(length, size, overlap)
    assert set().union(*(range(c.start, c.stop) for c in cuts)) == set(range(length))
    assert {c.stop - c.start for c in cuts} == {min(size, length)}
    assert all(a.stop - b.start >= overlap and a.start < b.start for a, b in pairwise(cuts))
    assert (cuts[0].start, cuts[-1].stop) == (0, length)


@given(axes)
def test_blend_weights_are_positive_and_sum_to_one(axis: tuple[int, int, int]) -> None:
    length, size, overlap = axis
    cuts = spans(length, size, overlap)
    total = np.zeros(length)
    for cut, weight in zip(cuts, taper(cuts, length), strict=True):
        assert (weight > 0).all()
        total[cut] += weight
    np.testing.assert_allclose(total, 1, rtol=0, atol=1e-12)


@given(axes)
def test_the_border_of_the_scene_does_not_fade(axis: tuple[int, int, int]) -> None:
    length, size, overlap = axis
    cuts = spans(length, size, overlap)
    weights = taper(cuts, length)
    if len(cuts) == 1 or cuts[1].start > 0:
        assert weights[0][0] == 1
    assert weights[-1][-1] == 1


@given(axes, axes)
def test_stitching_undoes_cutting(rows: tuple[int, int, int], columns: tuple[int, int, int]) -> None:
    image = np.random.default_rng(0).random((rows[0], columns[0]))
    stitched = np.zeros_like(image)
    ys, xs = spans(*rows), spans(*columns)
    for y, v in zip(ys, taper(ys, rows[0]), strict=True):
        for x, w in zip(xs, taper(xs, columns[0]), strict=True):
            stitched[y, x] += np.outer(v, w) * image[y, x]
    np.testing.assert_allclose(stitched, image, atol=1e-12)


def test_a_tile_has_the_papers_28_by_28_chips() -> None:
    assert len(spans(10_980)) == 28


@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([1, 8, 16, 32]))
def test_padding_reflects_to_the_next_multiple(height: int, width: int, multiple: int) -> None:
    chip = np.random.default_rng(0).random((2, height, width)).astype(np.float32)
    padded, inside = reflect_to_multiple(chip, multiple)
    assert padded.shape[1] % multiple == padded.shape[2] % multiple == 0
    assert padded.shape[1] - height < multiple
    np.testing.assert_array_equal(padded[:, *inside], chip)
    assert set(padded.ravel()) == set(chip.ravel())


@pytest.mark.parametrize("bad", [(0, 5, 1), (5, 0, 0), (5, 4, 4), (5, 4, -1)])
def test_impossible_cuts_are_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(lulc.InvalidInputError, match="smaller than the chip"):
        spans(*bad)
