"""What no file of an assessment says, but a reviewer asks: how labels were made, of what, and by whom."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

from lulc_core.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_LETTERS = 5000
"""Length of one statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFacts:
    """Statements of those who made an assessment; None where nothing was stated, which a report shows as open.

    Examples
    --------
    >>> StatedFacts.of({"title": "Flanders 2018", "blind": True}).blind
    'yes'
    """

    title: str | None = None
    """Title of the report."""
    map_name: str | None = None
    """Which map was assessed: name, version, producer."""
    map_year: str | None = None
    """Year that the map shows."""
    minimum_mapping_unit: str | None = None
    """Smallest area that the map shows, such as "1 pixel (0.01 ha)"."""
    unit_of_assessment: str | None = None
    """What a label is about: pixel, block of pixels, or polygon, with its size."""
    sampling_frame: str | None = None
    """What was sampled from, and what was left out."""
    allocation: str | None = None
    """Why the sample has its size, and how the strata share it."""
    independence: str | None = None
    """Whether the sample is independent of what the map was made with."""
    missing_units: str | None = None
    """Units that were drawn but have no label: how many, and why."""
    reference_data: str | None = None
    """Imagery or field data that labels were made from."""
    reference_quality: str | None = None
    """Why the reference is better than the map: its resolution, more dates, or how it was made."""
    reference_date: str | None = None
    """Dates of the reference data."""
    labelling_protocol: str | None = None
    """How a unit gets its label: definitions, minimum share, mixed units, alternate labels."""
    interpreters: str | None = None
    """How many people labelled."""
    training: str | None = None
    """How they were trained, and what they know of the land."""
    consensus: str | None = None
    """How the labels of several people became one."""
    agreement: str | None = None
    """How far interpreters agree."""
    blind: str | None = None
    """Whether interpreters labelled without sight of the map."""
    location_error: str | None = None
    """Positional error of map and reference."""
    data_access: str | None = None
    """Where sample and labels can be had."""

    @classmethod
    def of(cls, stated: Mapping[str, object]) -> Self:
        """Return the facts of a mapping, as a JSON file has them.

        Raises
        ------
        InvalidInputError
            For an unknown fact, or a statement that is neither text, a number, nor yes or no.
        """
        known = [field.name for field in fields(cls)]
        strange = [str(name) for name in stated if name not in known]
        if strange:
            raise InvalidInputError(f"Facts are {', '.join(known)}; got {', '.join(strange)}.")
        return cls(**{name: _statement(name, value) for name, value in stated.items()})

    def open_facts(self) -> tuple[str, ...]:
        """Return the names of what was not stated."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name) is None)


def _statement(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str | int | float) or len(str(value)) > MOST_LETTERS:
        raise InvalidInputError(f"Fact {name!r} is a text, a number, true or false; got {str(value)[:80]!r}.")
    return str(value).strip()
