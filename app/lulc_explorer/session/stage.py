"""The scenes of stage mode: five views that explain the explorer, each a link that it opens like any other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

ON = "on"
"""The word of the link for stage mode without a scene."""
_PLACE = {"region": "laos", "year": 2023, "imagery": "simulated"}
"""The simulated place that the project brings along."""
_MAPS = {"tab": "map", "right": "classes"}
_SWIPE = {"mode": "swipe", "left": "true-colour"}
_MATRIX = {"tab": "error-matrix", "cells": "share"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One view, with what is said of it."""

    key: str
    """Its word in the link."""
    title: str
    says: str
    """What to see in it, in one sentence."""
    words: Mapping[str, object]
    """The words of its link."""

    @property
    def link(self) -> str:
        """The query of its link.

        Examples
        --------
        >>> SCENES[0].link.startswith("?stage=vote&region=laos&year=2023")
        True
        """
        return "?" + urlencode({"stage": self.key, **self.words})


SCENES = (
    Scene(
        key="vote",
        title="The vote",
        says="Every clear scene of the year votes on each pixel; the weighted votes decide, and the runner-up shows.",
        words=_PLACE | _MAPS | _SWIPE | {"pixel": "77,76", "view": "102.4067,18.4852,102.4181,18.4925", "divider": 0.3},
    ),
    Scene(
        key="confusion",
        title="The confusion",
        says="Grass and crops look alike: patches where they nearly tie, each with its probable cause.",
        words=_PLACE
        | _MAPS
        | _SWIPE
        | {"rivals": "grass,crops", "smallest": 0.5, "pixel": "612,369"}
        | {"view": "102.4371,18.4381,102.4457,18.4463", "divider": 0.25},
    ),
    Scene(
        key="weight",
        title="The weight",
        says="Votes for crops that count twice as much move the map and every area: what crops gain, others lose.",
        words=_PLACE | _MAPS | _SWIPE | {"left": "truth", "weights": "crops:4", "divider": 0.4},
    ),
    Scene(
        key="matrix",
        title="The matrix",
        says="A sample with known truth says how often the map is right, class by class, with intervals.",
        words=_PLACE | _MATRIX | {"matrix": "drawn", "sample": "600,1"},
    ),
    Scene(
        key="misprint",
        title="The misprint",
        says="The paper's own matrix does not add up: one cell is printed as 0.00722 and must be 0.00122.",
        words=_PLACE | _MATRIX | {"matrix": "paper", "of": "California", "corrected": "false"},
    ),
)
"""In the order of a talk."""


def position(key: str) -> int:
    """Return the position of a scene; -1 for stage mode without one.

    Examples
    --------
    >>> position("confusion"), position("on")
    (1, -1)
    """
    return next((at for at, scene in enumerate(SCENES) if scene.key == key), -1)
