"""The matrices of Fig. 3 are those that were printed."""

from pathlib import Path

import pytest

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
