"""The checklist of good practice: what an assessment did, what it did not, and what its files cannot tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lulc_core.counted import counted

if TYPE_CHECKING:
    from lulc_core.accuracy.estimation import Observations
    from lulc_core.accuracy.report import Assessment
    from lulc_core.accuracy.stated_facts import StatedFacts

OLOFSSON = "Olofsson et al. 2014"
STEHMAN = "Stehman & Foody 2019"
ENOUGH = 50
"""Sampled pixels of a rare class that Olofsson et al. (2014, sect. 5.1.1) advise at the least."""


_NO = re.compile(r"no\s*([,.;:(–-]|$)", re.IGNORECASE)
"""A statement that says that something was not done: "no", "No, ..." but neither "none" nor "northern"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """One recommendation, and whether it was followed."""

    section: Literal["Sampling design", "Response design", "Analysis", "Reporting"]
    """Where it belongs."""
    text: str
    """What is recommended."""
    source: str
    """Who recommends it."""
    done: bool | None
    """Whether it was done; None where that is not known."""
    evidence: str
    """What shows it; for an open one, what to state."""


def check_practice(observed: Observations, found: Assessment, facts: StatedFacts) -> tuple[Practice, ...]:
    """Return the checklist of Olofsson et al. (2014, sect. 6) and Stehman & Foody (2019), filled in.

    Parameters
    ----------
    observed
        The sample with its design.
    found
        What was estimated from it.
    facts
        What was stated beside; what was not stays open.

    References
    ----------
    Olofsson et al. 2014, Remote Sensing of Environment 148, 42-57; Stehman & Foody 2019, Remote Sensing of Environment
    231, 111199.
    """
    return (*_sampling(observed, facts), *_response(facts), *_analysis(observed, found), *_reporting(found, facts))


def _sampling(observed: Observations, facts: StatedFacts) -> list[Practice]:
    design, sampled = observed.design, observed.sampled
    probability = design.kind == "sample"
    few = [f"{name} ({n:,.0f})" for name, n in zip(observed.strata, sampled.tolist(), strict=True) if n < ENOUGH]
    enough = not few if probability and design.unit == "pixel" else None
    sizes = ", ".join(few) or f"{int(sampled.min()):,} or more in each"
    return [
        Practice(
            section="Sampling design",
            text="The sample is a probability sample; inclusion probabilities are known and are not 0.",
            source=OLOFSSON,
            done=bool(probability and (sampled > 0).all()),
            evidence=f"{counted(observed.sample_pixels, 'pixel')}; the size of every stratum is stated"
            if probability
            else "No design is stated.",
        ),
        Practice(
            section="Sampling design",
            text=f"Rare classes have enough units: about {ENOUGH} or more in each stratum.",
            source=OLOFSSON,
            done=enough,
            evidence=f"Fewer in {sizes}." if few and enough is not None else f"{sizes}.",
        ),
        _stated("Sampling design", "Size and allocation are justified.", OLOFSSON, facts.allocation, "allocation"),
        _stated(
            "Sampling design",
            "The frame covers the area that is reported on.",
            STEHMAN,
            facts.sampling_frame,
            "sampling_frame",
        ),
        _stated(
            "Sampling design",
            "The sample is independent of the data that the map was made with.",
            STEHMAN,
            facts.independence,
            "independence",
        ),
    ]


def _response(facts: StatedFacts) -> list[Practice]:
    asked = (
        ("The unit of assessment is defined.", OLOFSSON, "unit_of_assessment"),
        ("The minimum mapping unit is stated.", OLOFSSON, "minimum_mapping_unit"),
        ("The reference data are named.", OLOFSSON, "reference_data"),
        ("The reference is of higher quality than the map.", OLOFSSON, "reference_quality"),
        ("The reference is of the time that the map shows.", OLOFSSON, "reference_date"),
        ("The labelling protocol is documented, mixed units included.", OLOFSSON, "labelling_protocol"),
        ("Interpreters label without sight of the map.", STEHMAN, "blind"),
        ("The number of interpreters is known.", OLOFSSON, "interpreters"),
        ("Interpreters are trained.", OLOFSSON, "training"),
        ("How the labels of several interpreters became one is stated.", STEHMAN, "consensus"),
        ("Agreement of interpreters is measured.", STEHMAN, "agreement"),
        ("Units without a label are counted.", STEHMAN, "missing_units"),
        ("Errors of location are considered.", OLOFSSON, "location_error"),
    )
    return [_stated("Response design", text, source, getattr(facts, name), name) for text, source, name in asked]


def _analysis(observed: Observations, found: Assessment) -> list[Practice]:
    errors = found.overall.standard_error is not None
    areas = [area.proportion for area in found.area.values()]
    matrix = found.matrix.to_numpy()
    by_design = observed.design.kind == "sample"
    return [
        Practice(
            section="Analysis",
            text="The error matrix is one of area proportions, weighted by the sampling design.",
            source=OLOFSSON,
            done=bool(by_design and np.isfinite(matrix).all()),
            evidence=f"Estimated for a design that is {found.design}.",
        ),
        Practice(
            section="Analysis",
            text="Overall, user's and producer's accuracy have standard errors or intervals.",
            source=OLOFSSON,
            done=errors,
            evidence=f"95 % intervals: {', '.join(found.interval_titles) or 'none'}.",
        ),
        Practice(
            section="Analysis",
            text="Areas are estimated from the reference, with intervals, and not counted on the map.",
            source=OLOFSSON,
            done=any(area.standard_error is not None for area in areas),
            evidence="Estimated areas stand beside the mapped ones.",
        ),
        Practice(
            section="Analysis",
            text="Kappa is not used.",
            source=STEHMAN,
            done=True,
            evidence="It is not reported.",
        ),
    ]


def _reporting(found: Assessment, facts: StatedFacts) -> list[Practice]:
    return [
        Practice(
            section="Reporting",
            text="The error matrix is given in counts and in shares of the area.",
            source=OLOFSSON,
            done=True,
            evidence="Both are in this report.",
        ),
        Practice(
            section="Reporting",
            text="Doubts about the sample are reported.",
            source=STEHMAN,
            done=True,
            evidence=f"{counted(len(found.warnings), 'note', 'are')} in this report.",
        ),
        _stated("Reporting", "Sample and labels can be had.", STEHMAN, facts.data_access, "data_access"),
    ]


def _stated(
    section: Literal["Sampling design", "Response design", "Reporting"],
    text: str,
    source: str,
    statement: str | None,
    name: str,
) -> Practice:
    """Return a recommendation that only a statement can answer: "no" is not done, none is open."""
    done = None if statement is None else not _NO.match(statement)
    evidence = f"Not stated (fact {name})." if statement is None else statement
    return Practice(section=section, text=text, source=source, done=done, evidence=evidence)
