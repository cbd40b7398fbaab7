"""The matrices of Fig. 3 are those that were printed."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lulc_core as lulc

FIGURE = Path(__file__).parents[3] / "shared" / "accuracy" / "karra2021_fig3.json"


def test_the_matrices_are_verbatim() -> None:
    if not FIGURE.exists():
        pytest.skip(f"{FIGURE} is not there: the shared reference figures are kept beside the project")
    assert lulc.read_matrices(FIGURE) == lulc.FIG3


def test_every_correction_stands_beside_its_misprint() -> None:
    for fix in lulc.FIG3_CORRECTIONS:
        printed, corrected = lulc.printed_matrix(fix.region), lulc.corrected_matrix(fix.region)
        i, j = printed.classes.index(fix.map_class), printed.classes.index(fix.reference_class)
        if fix.figure == "cell":
            assert (printed.cells[i][j], corrected.cells[i][j]) == (fix.printed, fix.corrected)
        else:
            assert (printed.producers[j], corrected.producers[j]) == (fix.printed, fix.corrected)


def test_the_audit_suggests_the_corrections() -> None:
    found = {
        (f.regions[0], f.printed, f.suggestion)
        for f in lulc.audit_matrices(lulc.FIG3).findings
        if f.check in ("cell", "producer's accuracy")
    }
    assert found == {(fix.region, fix.printed, fix.corrected) for fix in lulc.FIG3_CORRECTIONS}


def test_the_classes_have_codes_of_the_legend() -> None:
    names = [lulc.LEGEND[code].name for code in lulc.FIG3_LEGEND_CODES]
    for printed, name in zip(lulc.FIG3[0].classes, names, strict=True):
        assert name.startswith(printed.lower().removesuffix(" veg"))


def test_a_region_that_is_not_there_is_refused() -> None:
    with pytest.raises(lulc.NotFoundError, match="Laos"):
        lulc.printed_matrix("Atlantis")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 101) | st.floats() | st.sampled_from(["a", "0,5", "1e999", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["P", "a", "b"]), inner, max_size=2),
    max_leaves=9,
)
SQUARES = st.lists(st.lists(st.floats(0, 0.5), min_size=2, max_size=2), min_size=2, max_size=2)
FIELDS = st.sampled_from(["classes", "printed", "region", "P", "W", "col", "UA", "PA", "OA", "area_ha", "ci_ha"])


@settings(max_examples=200)
@given(st.dictionaries(FIELDS, VALUES, max_size=4), st.none() | SQUARES)
def test_any_document_is_audited_or_refused(
    tmp_path_factory: pytest.TempPathFactory, fields: dict[str, object], cells: list[list[float]] | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(fields if cells is None else {**fields, "P": cells}))
    with contextlib.suppress(lulc.InvalidInputError):
        json.dumps(lulc.audit_matrices(lulc.read_matrices(path)).as_dict(), allow_nan=False)
