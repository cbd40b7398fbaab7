"""The labelled sample that several commands assess, read as their options say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lulc_core as lulc

if TYPE_CHECKING:
    from pathlib import Path


def stated_survey(
    sample: Path,
    strata: Path | None,
    areas: Path | None = None,
    *,
    fpc: bool,
    poststratify: bool = False,
    pixel_ha: float | None = None,
    decimal: str | None,
) -> lulc.Survey:
    """Read a labelled sample with its design and the mapped areas; see `lulc_core.read_survey`.

    Raises
    ------
    InvalidInputError
        As `read_survey`; for the finite-population correction without strata it names the options.
    """
    if fpc and strata is None:
        raise lulc.InvalidInputError("--fpc needs the size of each stratum: give --strata strata.csv.")
    return lulc.read_survey(
        sample, strata, areas, fpc=fpc, poststratify=poststratify, pixel_ha=pixel_ha, decimal=decimal
    )
