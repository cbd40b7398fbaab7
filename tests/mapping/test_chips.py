from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lulc_core as lulc
from lulc_core.mapping.chips import reflected, spans, taper, windows

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
    assert len(windows(10_980, 500, 100, multiple=16)) == 28


covers = st.tuples(axes, st.sampled_from([1, 4, 16, 32]), st.sampled_from([1, 32, 64]))
small = st.tuples(
    st.tuples(st.integers(1, 90), st.integers(1, 40)).flatmap(
        lambda lc: st.tuples(*map(st.just, lc), st.integers(0, lc[1] - 1))
    ),
    st.sampled_from([1, 4, 16]),
    st.sampled_from([1, 32]),
)


@given(covers)
def test_windows_are_alike_start_on_a_multiple_and_overlap_enough(cover: tuple[tuple[int, int, int], int, int]) -> None:
    (length, chip, overlap), multiple, least = cover
    found = windows(length, chip, overlap, multiple, least)
    starts = [w.at.start - w.pads[0] for w in found]
    sizes = {sum(w.pads) + w.at.stop - w.at.start for w in found}
    (size,) = sizes
    assert size % multiple == 0
    assert least <= size <= max(chip + multiple - 1, least, overlap + 2 * multiple - 1)
    assert {(start - starts[0]) % multiple for start in starts} == {0}
    assert all(0 < later - start <= size - overlap for start, later in pairwise(starts))
    assert starts[-1] + size >= length
    padded = max(length, least) + -max(length, least) % multiple
    assert starts[-1] + size - starts[0] == padded
    assert -starts[0] == (padded - length) // 2  # evenly on both sides


@given(covers)
def test_no_fewer_windows_would_do(cover: tuple[tuple[int, int, int], int, int]) -> None:
    (length, chip, overlap), multiple, least = cover
    found = windows(length, chip, overlap, multiple, least)
    most = max(-(-chip // multiple) * multiple, least, -(-overlap // multiple) * multiple + multiple)
    one_less, shared = len(found) - 1, -(-overlap // multiple) * multiple
    assert one_less == 0 or one_less * (most - shared) + shared < length + sum(w.pads[0] + w.pads[1] for w in found)


@given(small, small)
def test_what_a_network_sees_is_the_scene_and_its_reflection(
    rows: tuple[tuple[int, int, int], int, int], columns: tuple[tuple[int, int, int], int, int]
) -> None:
    image = np.random.default_rng(0).random((rows[0][0], columns[0][0]), np.float32)
    stitched, total = np.zeros_like(image), np.zeros_like(image)
    for y in windows(*rows[0], *rows[1:]):
        for x in windows(*columns[0], *columns[1:]):
            seen = reflected(image[y.at, x.at], y, x)
            weight = np.outer(y.weights, x.weights)
            stitched[y.at, x.at] += weight * seen[y.inside, x.inside]
            total[y.at, x.at] += weight
            assert set(seen.ravel()) == set(image[y.at, x.at].ravel())
    np.testing.assert_allclose(total, 1, atol=1e-5)
    np.testing.assert_allclose(stitched, image, atol=1e-5)


@pytest.mark.parametrize("bad", [(0, 5, 1), (5, 0, 0), (5, 4, 4), (5, 4, -1)])
def test_impossible_cuts_are_refused(bad: tuple[int, int, int]) -> None:
    for cut in (spans, windows):
        with pytest.raises(lulc.InvalidInputError, match="smaller than the chip"):
            cut(*bad)
