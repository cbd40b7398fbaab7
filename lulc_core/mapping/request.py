"""What is asked for when a map is made, in one value that is checked once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lulc_core.errors import InvalidInputError
from lulc_core.imagery.assets import SCL
from lulc_core.imagery.catalog import search
from lulc_core.imagery.catalogs import PLANETARY_COMPUTER
from lulc_core.imagery.selection import LOOKS, check_choice, check_clear_of, choose
from lulc_core.legend import LEGEND
from lulc_core.mapping.chips import CHIP_PX, OVERLAP_PX, check_chips
from lulc_core.mapping.clear_shares import measure_clear_shares
from lulc_core.networks.model import Model
from lulc_core.progress import ProgressCallback, silent

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lulc_core.imagery.catalog import OnImperfect
    from lulc_core.imagery.kept_searches import SearchRecord
    from lulc_core.imagery.scenes import Scene
    from lulc_core.imagery.selection import Selection
    from lulc_core.legend import Legend
    from lulc_core.regions import Region

MASKS = ("scl", "model", "none")
"""How clouds are masked: by ESA's scene classification, by the model's own cloud class, or not."""
KEEPS = ("predictions", "votes", "nothing")
"""What stays beside the map: every scene's predictions, the votes of all scenes, or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """The map of a region and a year: from which imagery, by which network, and how.

    Raises
    ------
    InvalidInputError
        If a field is not what it should be.

    Examples
    --------
    >>> from lulc_core.regions import Region
    >>> request = MapRequest(region=Region.named("laos"), year=2023, model="unet-simulated", weights={"crops": 1.5})
    >>> request.mask, request.chip
    ('scl', 500)
    """

    region: Region
    """Where, and on which grid."""
    year: int
    """Calendar year, UTC."""
    model: str | Path | Model
    """A `Model`, or what `Model.open` takes."""
    precision: str | None = None
    """Number format that the network is opened in, as in `Model.open`; None leaves it to the processor. A `Model` is
    open already."""
    catalog: str | Path = PLANETARY_COMPUTER
    """Address of a STAC API, ``"planetary-computer"``, ``"earth-search"``, or a path: an ``items.json`` or its
    folder."""
    fallback: str | None = None
    """Another STAC API to search if the catalog does not answer; the report says so. None asks no other."""
    instead_of: str = ""
    """Why the catalog is not the one that was asked before, for the report; empty if it is."""
    refresh: bool = False
    """Ask a STAC API even if it has answered the same within a day."""
    data_dirs: Sequence[str | Path] = ()
    """More folders whose images the catalog may open, or ``s3://bucket/folder``; see `search`."""
    mask: str = "scl"
    """How clouds are masked: ``"scl"``, ``"model"`` (its own cloud class) or ``"none"``."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Class name to weight in the mode (unitless, >= 0), where it differs from the model's legend."""
    max_scenes: int | None = None
    """Most acquisitions per MGRS tile; None leaves it to `select`, 0 takes every scene."""
    looks: float = LOOKS
    """Expected clear looks per pixel to reach, > 0."""
    clear_of: str = "place"
    """Of what scenes are to see much clearly: of the ``"place"``, by a few blocks of each, or of the ``"tile"``, by the
    catalog's word."""
    strict: bool = False
    """Raise if an item is imperfect or a scene cannot be read, instead of leaving it out."""
    chip: int = CHIP_PX
    """Chip edge, px."""
    overlap: int = OVERLAP_PX
    """Least overlap of neighbouring chips, px; smaller than the chip."""
    probabilities: bool = False
    """Keep the probability of every class, not only of the label."""
    quicklooks: bool = False
    """Keep every scene's imagery in all bands of the network, beside the predictions: see `quicklook`. Reads each
    scene whole."""
    keep: str = "predictions"
    """What stays beside the map: ``"predictions"`` of every scene, the ``"votes"`` of all, or ``"nothing"``."""
    distinct: bool = False
    """Write the map in colours that people with any colour vision tell apart: `Legend.distinct`."""
    timeout: float = 30.0
    """Seconds to wait for one answer of a STAC API, > 0."""

    def __post_init__(self) -> None:
        if self.mask not in MASKS:
            raise InvalidInputError(f"mask must be one of {', '.join(MASKS)}; got {self.mask!r}.")
        check_clear_of(self.clear_of)
        self._check_keep()
        if not self.timeout > 0:
            raise InvalidInputError(f"timeout must be > 0 seconds; got {self.timeout}.")
        LEGEND.weights(self.weights)
        check_choice(self.max_scenes, self.looks)
        check_chips(self.chip, self.overlap)

    def _check_keep(self) -> None:
        if self.keep not in KEEPS:
            raise InvalidInputError(f"keep must be one of {', '.join(KEEPS)}; got {self.keep!r}.")
        if self.keep != "predictions" and (self.probabilities or self.quicklooks):
            raise InvalidInputError(
                f"Probabilities and quicklooks are kept with the predictions, but keep is {self.keep!r}; "
                "keep 'predictions', or ask for neither."
            )

    @property
    def legend(self) -> Legend:
        """The classes of the map, in the colours that it is written in."""
        return LEGEND.distinct if self.distinct else LEGEND

    def choose_scenes(
        self,
        on_imperfect: OnImperfect,
        *,
        progress: ProgressCallback = silent,
        cancel: threading.Event | None = None,
    ) -> Selection:
        """Search the catalog, and choose which scenes to use; `on_imperfect` as in `search`, all else as `make_map`."""
        records: list[SearchRecord] = []
        found = search(
            self.region,
            year=self.year,
            catalog=self.catalog,
            timeout=self.timeout,
            on_imperfect=on_imperfect,
            on_remark=lambda _: None,  # the report says those of the scenes that were taken
            on_record=records.append,
            data_dirs=self.data_dirs,
            fallback=self.fallback,
            refresh=self.refresh,
        )
        if self.clear_of == "place" and self.max_scenes != 0:
            found = measure_clear_shares(found, self.region, progress=progress, cancel=cancel)
        record = next(iter(records), None)
        if record and self.instead_of:
            record = replace(record, instead_of=self.instead_of)
        return replace(choose(found, self.max_scenes, looks=self.looks), search=record)

    def images(self, scene: Scene, model: Model) -> list[str]:
        """Return the asset keys of the images of a scene that are read."""
        return [key for key in (*model.bands, *([SCL] if self.mask == "scl" else [])) if key in scene.hrefs]

    def open_model(self) -> Model:
        """Return the network, opened; raises `InvalidInputError` if it cannot do what is asked for."""
        model = self.model if isinstance(self.model, Model) else Model.open(self.model, precision=self.precision)
        if self.precision not in (None, model.precision):
            raise InvalidInputError(
                f"precision is {self.precision!r}, but {model.name} is open in {model.precision}; "
                "give its name, or open it in the other format."
            )
        if self.mask == "model" and not model.has_cloud_class:
            raise InvalidInputError(f"{model.name} has no cloud class to mask by; use mask 'scl' or 'none'.")
        return model
