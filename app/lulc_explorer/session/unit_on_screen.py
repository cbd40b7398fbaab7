"""A unit on the screen of an interpreter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lulc_explorer.analysis.tile_imagery import TileImagery
    from lulc_explorer.analysis.unit_imagery import UnitImagery
    from lulc_explorer.engine.labelling import Label, LabelUnit, Scenes
    from lulc_explorer.engine.requests import MapRequest
    from lulc_explorer.engine.tile_labels import TileDraft


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitOnScreen:
    """A unit, and what an interpreter may see of it."""

    unit: LabelUnit
    imagery: UnitImagery | TileImagery | None = None
    """None where there is none; `lacking` says why."""
    scenes: Scenes | None = None
    """Which scenes they are: no map is shown."""
    missing: MapRequest | None = None
    """Whose scenes have not been read yet."""
    lacking: str = ""
    """Why there is no imagery, and what to do."""
    own: Label | None = None
    """What the person said of it before."""
    said: tuple[Label, ...] = ()
    """What others said of it, for an adjudicator."""
    draft: TileDraft | None = None
    """What the person has drawn of it; None for a point."""
    codes: NDArray[np.uint8] | None = None
    """Pixels that were drawn when it came on screen: legend codes, shape (y, x)."""

    @property
    def seen(self) -> list[str]:
        """The scenes on screen, by their ids."""
        if self.imagery is None or self.scenes is None:
            return []
        names = self.scenes.times["scene"].values
        return [str(names[scene]) for scene in self.imagery.scenes]
