"""Published matrices: merging some classes leaves the printed accuracies of the others as they are."""

import pytest
from lulc_explorer.engine.accuracy import in_focus
from lulc_explorer.engine.printed_studies import REGIONS, printed_study


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("region", REGIONS)
def test_classes_in_focus_keep_their_published_accuracies(region: str, corrected: bool) -> None:
    whole = printed_study(region, corrected=corrected)
    apart = in_focus(whole.classes)
    merged = printed_study(region, corrected=corrected, merge={"Rest": [n for n in whole.classes if n not in apart]})
    for name in apart:
        before, after = whole.classes.index(name), merged.classes.index(name)
        assert merged.users[after] == whole.users[before]
        assert merged.producers[after] == whole.producers[before]


def test_californias_grass_in_focus_is_as_often_right_as_printed() -> None:
    """Karra et al. 2021, Fig. 3: 38.5 %, although the printed cells give 25.3 %."""
    whole = printed_study("California", corrected=False)
    merge = {"Rest": [name for name in whole.classes if name not in in_focus(whole.classes)]}
    focus = printed_study("California", corrected=False, merge=merge)
    grass = focus.classes.index("Grass")
    assert focus.users[grass].value == pytest.approx(0.385, abs=0.0005)
    assert focus.shares[grass, grass] / focus.shares[grass].sum() == pytest.approx(0.253, abs=0.0005)


@pytest.mark.parametrize("region", ["California", "Laos"])
def test_merging_adds_to_the_printed_overall_accuracy_and_no_misprint_does(region: str) -> None:
    """The cells of both have a misprint, by which the merged cells of Laos would give 92.9 % instead of 90.1 %."""
    printed, corrected = (printed_study(region, corrected=corrected) for corrected in (False, True))
    merge = {"Rest": [name for name in printed.classes if name not in in_focus(printed.classes)]}
    focus = printed_study(region, corrected=False, merge=merge)
    cells = printed_study(region, corrected=True, merge=merge).shares
    assert (printed.basis, focus.basis) == ("as printed", "as printed, classes merged")
    assert printed.overall.value == pytest.approx(corrected.overall.value, abs=1e-5)
    assert focus.overall.value == pytest.approx(cells.trace() / cells.sum(), abs=3e-4)
