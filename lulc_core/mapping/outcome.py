"""What came of a request for a map, and what a reader of the map should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lulc_core.counted import counted, percent
from lulc_core.imagery.fetching import MOST_CHECKED_BYTES
from lulc_core.imagery.grids import remark_on_pixels
from lulc_core.imagery.scenes import contradictions
from lulc_core.legend import NO_DATA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lulc_core.imagery.selection import Selection
    from lulc_core.mapping.assembly import Areas
    from lulc_core.mapping.cost import Cost
    from lulc_core.mapping.request import MapRequest
    from lulc_core.networks.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request: all that its report is made of."""

    model: Model
    """The network that was used."""
    selection: Selection
    """The scenes taken, and the verdict on each."""
    imperfect: list[str]
    """Why items of the catalog were left out."""
    failed: list[dict[str, str]]
    """Scenes that were taken but could not be read: id and why."""
    checked: int
    """How many images were compared with the checksum of their item."""
    taken_over: int
    """Acquisitions that another run had classified."""
    looks: list[str]
    """What is odd about the values of scenes, or contradicts what their items say."""
    weights: dict[str, float]
    """Class name to weight in the mode."""
    areas: Areas
    """Of the classes of the map."""
    seconds: dict[str, dict[str, float]]
    """Stage to ``wall`` and ``core`` seconds."""
    cost: Cost | None
    """What was estimated before."""
    traffic: dict[str, float] | None
    """Bytes of served images, as `Traffic.summary` has them."""

    @property
    def simulated(self) -> bool:
        """Whether any scene used is simulated."""
        return any(scene.simulated for scene in self.selection)


def remarks_on(outcome: Outcome, request: MapRequest, *, unchecked: int) -> list[str]:
    """Return what a reader of a map should know; `unchecked` images have a checksum that was not compared."""
    found = [
        *request.region.notes,
        *(f"Left out: {reason}" for reason in outcome.imperfect),
        *contradictions(outcome.selection),
    ]
    found += outcome.looks
    if remark := remark_on_pixels(outcome.areas.grid):
        found.append(remark)
    if (record := outcome.selection.search) and record.instead_of:
        found.append(f"The scenes are those of {record.catalog}. {record.instead_of}")
    if outcome.simulated:
        found.append("The imagery is simulated: this is not a map of the real place.")
    if outcome.failed:
        of = counted(len(outcome.selection), "scene")
        found.append(f"{len(outcome.failed)} of {of} could not be read; see `failed`.")
    if unchecked:
        found.append(
            f"{counted(unchecked, 'image', 'have')} a checksum that was not compared: of a file that is served and "
            f"larger than {MOST_CHECKED_BYTES >> 20} MiB, or of an unknown kind."
        )
    empty = float(outcome.areas.pixels[NO_DATA] / outcome.areas.pixels.sum())
    if empty > 0:
        share = percent(empty, 1) if empty >= 0.001 else "Fewer than 0.1 %"
        found.append(f"{share} of the pixels have no clear observation and are no data.")
    return [*found, *_of_the_network(outcome.model, request.weights)]


def _of_the_network(model: Model, weights: Iterable[str]) -> list[str]:
    """Return what a reader should know of the network, and of the classes that are weighted."""
    found, name = [], model.name
    if remark := model.level_remark:
        found.append(remark)
    if idle := [c for c in weights if model.legend[c].code not in model.codes]:
        found.append(f"{name} does not predict {', '.join(idle)}: a weight for it changes nothing.")
    if model.hardly_differs():
        found.append(
            f"{name} answers nearly the same whatever it sees. It needs more training; or it takes digital numbers, "
            "which the scaling 'standardise' with the deviation 0.0001 gives it."
        )
    if other := model.other_names:
        meant = ", ".join(f"{own!r} is {ours}" for own, ours in other.items())
        found.append(f"The legend does not know these names of classes of {name}; their codes say: {meant}.")
    if note := model.card.get("warning"):
        found.append(str(note))
    return found
