import numpy as np
import pytest

import lulc_core as lulc


def test_the_legend_is_the_papers() -> None:
    assert dict(zip(lulc.LEGEND.codes.tolist(), lulc.LEGEND.names, strict=True)) == {
        1: "water",
        2: "trees",
        3: "grass",
        4: "flooded vegetation",
        5: "crops",
        6: "scrub/shrub",
        7: "built area",
        8: "bare ground",
        9: "snow/ice",
        10: "clouds",
    }


def test_what_is_special_about_a_class_is_said_by_the_class() -> None:
    roles = ("cloud", "ephemeral", "confusable", "rangeland")
    named = {role: [c.name for c in lulc.LEGEND if getattr(c, role)] for role in roles}
    assert named == {
        "cloud": ["clouds"],
        "ephemeral": ["snow/ice", "clouds"],
        "confusable": ["grass", "crops", "scrub/shrub"],
        "rangeland": ["grass", "scrub/shrub"],
    }


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_bad_weight_is_refused(weight: float) -> None:
    with pytest.raises(lulc.InvalidInputError, match="'crops' must be a finite number >= 0"):
        lulc.LEGEND.weights({"crops": weight})


def test_an_unknown_class_is_refused_with_the_known_ones() -> None:
    with pytest.raises(lulc.InvalidInputError, match="5 crops"):
        lulc.LEGEND.weights({"corn": 1})


@pytest.mark.parametrize("reference", lulc.REFERENCE_MAPS.values(), ids=lambda reference: reference.collection)
def test_a_crosswalk_ends_in_the_legend_and_refuses_unknown_codes(reference: lulc.ReferenceMap) -> None:
    crosswalk = reference.crosswalk
    theirs = np.array(sorted(crosswalk.codes), np.uint8)
    lulc.REFERENCE_LEGEND.check_codes(crosswalk.apply(theirs), crosswalk.name)
    with pytest.raises(lulc.InvalidInputError, match="no code"):
        crosswalk.apply(np.array([251], np.uint8))


def test_codes_outside_the_legend_are_named() -> None:
    with pytest.raises(lulc.InvalidInputError, match=r"\[11\]"):
        lulc.LEGEND.check_codes(np.array([1, 11]), "here")
