"""The audit finds what is wrong in a printed matrix, by general rules."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lulc_core as lulc


def checks(audit: lulc.Audit) -> list[tuple[str, str]]:
    return [(f.check, f.place) for f in audit.findings]


def a_matrix(region: str = "Here", seed: int = 0, total_ha: float | None = None, k: int = 4) -> lulc.PrintedMatrix:
    """A matrix printed to five digits without a mistake."""
    rng = np.random.default_rng(seed)
    cells = rng.dirichlet(np.full(k * k, 0.4)).reshape(k, k) + 3 * np.diag(rng.dirichlet(np.ones(k)))
    cells = 0.02 / k**2 + 0.98 * cells / cells.sum()
    W, p = cells.sum(1), cells.sum(0)
    area = None if total_ha is None else tuple(np.round(total_ha * p).tolist())
    return lulc.PrintedMatrix(
        region=region,
        classes=tuple("abcdefgh"[:k]),
        cells=tuple(tuple(row) for row in cells.round(5).tolist()),
        map_share=tuple(W.round(5).tolist()),
        reference_share=tuple(p.round(5).tolist()),
        users=tuple((np.diag(cells) / W).round(5).tolist()),
        producers=tuple((np.diag(cells) / p).round(5).tolist()),
        overall=round(float(np.trace(cells)), 5),
        area_ha=area,
    )


def test_fig_3_has_the_known_findings_and_no_other() -> None:
    audit = lulc.audit_matrices(lulc.FIG3)
    regions = ["California", "Costa Rica", "Belgium", "Laos"]
    found = checks(audit)
    assert found.count(("cell", "California: Grass (map) -> Built Area (reference)")) == 1
    assert found.count(("cell", "Laos: Crops (map) -> Crops (reference)")) == 1
    assert found.count(("producer's accuracy", "Belgium: producer's accuracy of Water")) == 1
    assert [f.regions[0] for f in audit.findings if f.check == "areas"] == regions
    assert [f.check for f in audit.findings[-2:]] == ["identical user's accuracies", "intervals"]
    assert len(found) == 9


def test_fig_3_suggestions_are_those_that_fit() -> None:
    by_check = {f.place: (f.printed, f.suggestion) for f in lulc.audit_matrices(lulc.FIG3).findings}
    assert by_check["California: Grass (map) -> Built Area (reference)"] == (0.00722, 0.00122)
    assert by_check["Laos: Crops (map) -> Crops (reference)"] == (0.44338, 0.04338)
    assert by_check["Belgium: producer's accuracy of Water"] == (0.86677, 0.88641)


def test_the_corrected_accuracies_of_fig_3_agree_with_the_printed_ones() -> None:
    for region in lulc.audit_matrices(lulc.FIG3).regions:
        m = region.corrected
        np.testing.assert_allclose(region.users, m.users, atol=1e-3)
        np.testing.assert_allclose(region.producers, m.producers, atol=1e-3)
        assert region.overall == pytest.approx(m.overall, abs=1e-3)


def test_the_formulas_found_reproduce_the_areas_and_all_32_intervals() -> None:
    audit = lulc.audit_matrices(lulc.FIG3)
    for region in audit.regions:
        assert region.law == "A W p"
        printed = np.array(region.printed.area_ha)
        np.testing.assert_array_less(np.abs(region.area_by_law_ha - printed), np.maximum(0.01 * printed, 1.0))
        np.testing.assert_allclose(region.interval_by_law_ha, region.printed.interval_ha, rtol=0.01)
    totals = [r.total_ha / 1e6 for r in audit.regions]
    np.testing.assert_allclose(totals, [41.01, 5.074, 3.066, 23.02], rtol=2e-4)
    assert audit.implied_sample_size == pytest.approx(22.8e6, rel=0.02)


def test_each_region_alone_shows_its_own_misprints() -> None:
    audit = lulc.audit_matrices([lulc.printed_matrix("Laos")])
    assert ("cell", "Laos: Crops (map) -> Crops (reference)") in checks(audit)
    assert "identical user's accuracies" not in [f.check for f in audit.findings]


@given(st.integers(0, 10_000))
def test_a_matrix_that_agrees_with_itself_has_no_findings(seed: int) -> None:
    assert checks(lulc.audit_matrices([a_matrix(seed=seed, total_ha=1_000_000)])) == []


@given(st.integers(0, 10_000), st.integers(0, 3), st.integers(0, 3), st.sampled_from([0.01, 0.1, 0.3]))
def test_any_misprinted_cell_is_found_and_mended(seed: int, i: int, j: int, step: float) -> None:
    m = a_matrix(seed=seed)
    right = m.cells[i][j]
    wrong = round(right + step, 5)
    cells = tuple(tuple(wrong if (r, c) == (i, j) else v for c, v in enumerate(row)) for r, row in enumerate(m.cells))
    findings = [f for f in lulc.audit_matrices([replace(m, cells=cells)]).findings if f.check == "cell"]
    assert [f.cell for f in findings] == [(m.classes[i], m.classes[j])]
    assert findings[0].suggestion == pytest.approx(right, abs=6e-5)


FIELDS = {
    "map_share": ("row total", "map share of "),
    "reference_share": ("column total", "reference share of "),
    "users": ("user's accuracy", "user's accuracy of "),
    "producers": ("producer's accuracy", "producer's accuracy of "),
    "area_ha": ("area", "area of "),
}


@settings(max_examples=100)
@given(
    st.integers(0, 10_000), st.sampled_from(list(FIELDS)), st.integers(0, 3), st.sampled_from([0.02, 0.1, 0.3, -0.01])
)
@example(seed=311, field="reference_share", at=3, step=-0.01)  # two shares fit, and the area is that of the other
def test_any_other_misprint_is_one_finding_where_it_is(seed: int, field: str, at: int, step: float) -> None:
    m = a_matrix(seed=seed, total_ha=1_000_000)
    values = list(getattr(m, field))
    right = values[at]
    values[at] = round(abs(right + step * (1_000_000 if field == "area_ha" else 1)), 5)
    found = lulc.audit_matrices([replace(m, **{field: tuple(values)})]).findings
    check, place = FIELDS[field]
    assert [(f.check, f.printed) for f in found] == [(check, values[at])]
    assert found[0].place.startswith(f"Here: {place}{m.classes[at]}")
    assert found[0].suggestion == pytest.approx(right, rel=0.01, abs=2e-4)


def with_misprint(m: lulc.PrintedMatrix, field: str, at: int, value: float) -> lulc.PrintedMatrix:
    values = list(getattr(m, field))
    values[at] = value
    return replace(m, **{field: tuple(values)})


@pytest.mark.parametrize(
    "field, at, value, check",
    [
        ("map_share", 4, 0.11894, "row total"),
        ("reference_share", 1, 0.24763, "column total"),
        ("users", 3, 0.57567, "user's accuracy"),
        ("producers", 5, 0.98078, "producer's accuracy"),
        ("area_ha", 1, 2767043.0, "area"),
        ("interval_ha", 5, 19215.0, "interval"),
    ],
)
def test_a_misprint_in_one_of_several_regions_is_one_more_finding(
    field: str, at: int, value: float, check: str
) -> None:
    california = with_misprint(lulc.corrected_matrix("California"), field, at, value)
    others = [lulc.corrected_matrix(m.region) for m in lulc.FIG3[1:]]
    known = checks(lulc.audit_matrices([lulc.corrected_matrix("California"), *others]))
    more = [f for f in lulc.audit_matrices([california, *others]).findings if (f.check, f.place) not in known]
    assert [(f.check, f.printed) for f in more] == [(check, value)]
    assert california.classes[at] in more[0].place
    right = getattr(lulc.corrected_matrix("California"), field)[at]
    assert more[0].suggestion == pytest.approx(right, rel=0.01)
    assert {c for c, _ in known} == {"areas", "identical user's accuracies", "intervals"}


def test_two_misprints_in_one_row_are_two_findings() -> None:
    m = a_matrix(seed=3)
    cells = [list(row) for row in m.cells]
    cells[1][0], cells[1][2] = round(cells[1][0] + 0.3, 5), round(cells[1][2] + 0.1, 5)
    found = lulc.audit_matrices([replace(m, cells=tuple(map(tuple, cells)))]).findings
    assert {f.cell: f.suggestion for f in found} == {
        ("b", "a"): pytest.approx(m.cells[1][0], abs=6e-5),
        ("b", "c"): pytest.approx(m.cells[1][2], abs=6e-5),
    }


def test_what_several_numbers_would_explain_is_named_without_a_correction() -> None:
    cells = ((0.45, 0.10), (0.05, 0.30))
    bare = lulc.PrintedMatrix(region="Here", classes=("a", "b"), cells=cells, map_share=(0.55, 0.45))
    (found,) = lulc.audit_matrices([bare]).findings
    assert (found.check, found.place, found.printed) == ("row total", "Here: map share of b", 0.45)
    assert found.implied == pytest.approx(0.35)
    assert found.suggestion is None
    assert "does not show which number" in found.words


def test_a_misprinted_total_area_is_one_finding() -> None:
    m = replace(a_matrix(total_ha=1_000_000), total_ha=1_700_000.0)
    (found,) = lulc.audit_matrices([m]).findings
    assert (found.check, found.suggestion) == ("total area", pytest.approx(1_000_000, rel=1e-3))


def test_a_cell_of_a_wrong_magnitude_is_found_not_refused(tmp_path: Path) -> None:
    m = a_matrix()
    cells = [list(row) for row in m.cells]
    cells[0][1] = 7 + cells[0][1]
    path = tmp_path / "here.json"
    path.write_text(json.dumps({"classes": list(m.classes), "P": cells, "W": m.map_share, "col": m.reference_share}))
    (found,) = lulc.audit_matrices(lulc.read_matrices(path)).findings
    assert (found.cell, found.suggestion) == (("a", "b"), pytest.approx(m.cells[0][1], abs=1e-9))


def test_a_misprinted_overall_accuracy_is_found() -> None:
    m = a_matrix()
    found = lulc.audit_matrices([replace(m, overall=round(m.overall - 0.1, 5))]).findings
    assert [(f.check, f.suggestion) for f in found] == [("overall accuracy", pytest.approx(m.overall, abs=1e-4))]


@pytest.mark.parametrize("law", ["A W", "A W p"])
def test_areas_by_a_wrong_formula_are_one_finding(law: str) -> None:
    m = a_matrix()
    W, p = np.array(m.map_share), np.array(m.reference_share)
    areas = 2_000_000 * (W if law == "A W" else W * p)
    audit = lulc.audit_matrices([replace(m, area_ha=tuple(np.round(areas).tolist()))])
    assert [f.check for f in audit.findings] == ["areas"]
    assert audit.regions[0].law == law
    np.testing.assert_allclose(audit.findings[0].implied, 2_000_000 * p, rtol=1e-3)


def test_honest_intervals_imply_the_sample_size_and_are_no_finding() -> None:
    m = a_matrix(total_ha=1_000_000)
    P, W = np.array(m.cells), np.array(m.map_share)
    q = P / W[:, None]
    variance = (W[:, None] ** 2 * q * (1 - q)).sum(0) / 150
    intervals = tuple((1.96 * 1_000_000 * np.sqrt(variance)).round().tolist())
    audit = lulc.audit_matrices([replace(m, interval_ha=intervals)])
    assert audit.findings == ()
    assert audit.implied_sample_size == pytest.approx(600, rel=0.05)


def test_a_matrix_without_totals_is_checked_as_far_as_it_goes() -> None:
    m = a_matrix()
    bare = lulc.PrintedMatrix(region="Here", classes=m.classes, cells=m.cells)
    audit = lulc.audit_matrices([bare])
    assert audit.findings == ()
    assert audit.regions[0].law is None
    json.dumps(audit.as_dict(), allow_nan=False)


def test_one_matrix_may_stand_at_the_top_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "here.json"
    path.write_text(json.dumps({"classes": ["a", "b"], "P": [[0.5, 0.1], [0.1, 0.3]], "OA": 0.8}))
    (m,) = lulc.read_matrices(path)
    assert (m.region, m.overall, m.users) == ("here", 0.8, None)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("{", "Expecting property name .*line 1, column 2"),
        ("[]", "JSON object"),
        ("{}", "object of regions"),
        ('{"printed": {"x": {}}}', "cells 'P'"),
        ('{"printed": {"x": {"P": [[0.5], [0.5]]}}}', "square"),
        ('{"classes": ["a", null], "P": [[0.5, 0], [0, 0.5]]}', "name the 2 rows"),
        ('{"classes": ["a"], "printed": {"x": {"P": [[0.5, 0], [0, 0.5]]}}}', "name the 2 rows"),
        ('{"printed": {"x": {"P": [[0.5, "a"], [0, 0.5]]}}}', "got 'a'"),
        ('{"printed": {"x": {"P": [[50, 0], [0, 50]]}}}', "sum to 100"),
        ('{"printed": {"x": {"P": [[0.5, 0], [0, 0.5]], "UA": [1]}}}', "'UA' must be a list of 2 numbers"),
        ('{"printed": {"x": {"P": [[0.5, 0], [0, 0.5]], "OA": -1}}}', "got -1"),
    ],
)
def test_a_bad_file_is_refused(text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(lulc.InvalidInputError, match=expected):
        lulc.read_matrices(path)


@pytest.mark.parametrize("intervals", [(0.0, 0.0, 0.0), (1000.0, 1200.0, 0.0)])
def test_a_class_that_is_nowhere_and_intervals_of_zero_are_no_trouble(intervals: tuple[float, ...]) -> None:
    cells = ((0.5, 0.02, 0.0), (0.03, 0.45, 0.0), (0.0, 0.0, 0.0))
    printed = lulc.PrintedMatrix(
        region="Here",
        classes=("a", "b", "none"),
        cells=cells,
        map_share=(0.52, 0.48, 0.0),
        reference_share=(0.53, 0.47, 0.0),
        area_ha=(53_000.0, 47_000.0, 0.0),
        interval_ha=intervals,
    )
    with np.errstate(all="raise"):
        audit = lulc.audit_matrices([printed])
    assert audit.findings == ()
    json.dumps(audit.as_dict(), allow_nan=False)


PER_CENT = ("W", "col", "UA", "PA", "OA")


def written(m: lulc.PrintedMatrix, path: Path, *, per_cent: tuple[str, ...] = ()) -> Path:
    """Write a matrix as JSON, some of its figures in per cent."""
    figures = {"W": m.map_share, "col": m.reference_share, "UA": m.users, "PA": m.producers, "OA": (m.overall,)}
    as_written = {key: [round(v * 100, 3) if key in per_cent else v for v in values] for key, values in figures.items()}
    as_written["OA"] = as_written["OA"][0]
    path.write_text(json.dumps({"classes": m.classes, "P": m.cells} | as_written))
    return path


@pytest.mark.parametrize("per_cent", [PER_CENT, *((key,) for key in PER_CENT)], ids=" ".join)
def test_per_cent_is_read_as_per_cent(per_cent: tuple[str, ...], tmp_path: Path) -> None:
    m = a_matrix("here")
    (found,) = lulc.read_matrices(written(m, tmp_path / "here.json", per_cent=per_cent))
    assert found == m
    assert lulc.audit_matrices([found]).findings == ()


@pytest.mark.parametrize("key, field", [("W", "map_share"), ("col", "reference_share")])
@pytest.mark.parametrize("totals, whole", [((1200.5, 15_300.0, 3_499.5, 0.0), "20000"), ((72, 88, 30, 10), "200")])
def test_totals_in_hectares_or_counts_are_no_misprinted_shares(
    key: str, field: str, totals: tuple[float, ...], whole: str, tmp_path: Path
) -> None:
    other = replace(a_matrix("here"), **{field: totals})
    with pytest.raises(lulc.InvalidInputError, match=f"'{key}' must be shares of the area.*they sum to {whole}. Div"):
        lulc.read_matrices(written(other, tmp_path / "here.json"))


def test_a_misprint_in_per_cent_is_still_one_finding(tmp_path: Path) -> None:
    m = a_matrix("here")
    wrong = replace(m, users=(m.users[0] - 0.09, *m.users[1:]))
    (found,) = lulc.read_matrices(written(wrong, tmp_path / "here.json", per_cent=("UA",)))
    assert [f.check for f in lulc.audit_matrices([found]).findings] == ["user's accuracy"]


@given(st.integers(0, 500), st.integers(3, 6), st.booleans())
def test_a_transposed_matrix_is_one_finding(seed: int, k: int, totals: bool) -> None:
    m = a_matrix(seed=seed, k=k)
    turned = replace(m, cells=tuple(zip(*m.cells, strict=True)))
    if not totals:
        turned = replace(turned, map_share=None, reference_share=None)
    audit = lulc.audit_matrices([turned])
    assert [f.check for f in audit.findings] == ["transposed"]
    assert audit.regions[0].corrected.cells == m.cells
    assert audit.regions[0].users == pytest.approx(m.users, abs=1e-3)


def test_json_that_no_matrix_can_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    with pytest.raises(lulc.InvalidInputError, match="nested too deeply"):
        lulc.read_matrices(path)
    path.write_text('{"P": [[0.5, 0], [0, 0.5]], "UA": [1, ' + "9" * 400 + "]}")
    with pytest.raises(lulc.InvalidInputError, match="numbers >= 0"):
        lulc.read_matrices(path)
