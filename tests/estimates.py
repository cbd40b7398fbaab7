"""Values and standard errors of several figures at once."""

import math

import numpy as np

import lulc_core as lulc


def values(figures: dict[str, lulc.Estimate]) -> list[float]:
    return [math.nan if e.value is None else e.value for e in figures.values()]


def errors(figures: dict[str, lulc.Estimate]) -> list[float]:
    return [math.nan if e.standard_error is None else e.standard_error for e in figures.values()]


def agree(ours: object, theirs: object) -> None:
    theirs = np.array(theirs, float)
    np.testing.assert_allclose(np.array(ours, float), theirs, rtol=1e-9, atol=1e-15)
