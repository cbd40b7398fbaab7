"""What either of the two maps can show: one entry a sight, in the order in which a person is offered them. Pure.

A sight says how it is called, which of a person's choices it follows, and what its pixels are: classes, hundredths of
a ramp, or imagery.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lulc_explorer.analysis.composite import votes_for
from lulc_explorer.engine.repository import LEGEND, PALETTE, PUBLISHED_MAPS, PUBLISHED_PALETTE
from lulc_explorer.layers import reference_maps as published
from lulc_explorer.rendering.formatting import format_date, percent
from lulc_explorer.rendering.palette import ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import Composite
    from lulc_explorer.engine.land_cover_map import LandCoverMap
    from lulc_explorer.rendering.palette import Palette
    from lulc_explorer.session.explorer import Explorer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassRaster:
    """Pixels that are classes."""

    codes: NDArray[np.uint8]
    """Class codes, shape (y, x)."""
    away: NDArray[np.bool_] | None
    """Pixels to fade, shape (y, x); None for none."""
    palette: Palette = PALETTE
    """Their names and colours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContinuousRaster:
    """Pixels that are more or less of something."""

    hundredths: NDArray[np.uint8]
    """0-100, 255 = no data, shape (y, x)."""
    words: Sequence[str]
    """What each hundredth means."""
    ends: tuple[str, str]
    """What the two ends of the scale say."""
    least: int = 0
    """Pixels with fewer hundredths are faded."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageryRaster:
    """Pixels that are reflectance in three bands, shown as red, green and blue."""

    looks: NDArray[np.uint8]
    """``1 + 254 sqrt(reflectance)``, 0 = no data, shape (3, y, x)."""
    bands: Sequence[str]
    """Asset keys of the three."""

    def painted(self, looks: NDArray[np.uint8]) -> NDArray[np.uint32]:
        """Return looks of these bands, shape (3, y, x), as red, green, blue and opacity, a byte each, shape (y, x)."""
        painted = np.empty((*looks.shape[1:], 4), np.uint8)
        for number, band in enumerate(self.bands):
            painted[..., number] = stretch(WHITE[band])[looks[number]]
        painted[..., 3] = np.where((looks > 0).all(0), 255, 0)
        return painted.view("<u4")[..., 0]


LayerData = ClassRaster | ContinuousRaster | ImageryRaster


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """Something that a map can show."""

    title: str
    """How a person calls it."""
    heading: Callable[[Explorer], str]
    """What stands over the map."""
    says: Callable[[Explorer], str]
    """What stands below the heading; a ramp adds its scale."""
    terms: str
    """The same in a scientist's terms."""
    follows: frozenset[str]
    """The choices that its pixels change with, beside the map and the opacity."""
    show: Callable[[Explorer], LayerData]
    """Its pixels; called only with a result that it is offered for."""
    offered: Callable[[LandCoverMap], bool] = lambda _: True
    """Whether a map has it."""


_OF_CLASSES = frozenset({"highlight", "hidden", "spotlight"})
"""The choices that classes change with, wherever they come from."""
BAND = {
    "B02": "blue",
    "B03": "green",
    "B04": "red",
    "B08": "near infrared",
    "B11": "shortwave infrared (1.6 μm)",
    "B12": "shortwave infrared (2.2 μm)",
}
"""What a person calls a band."""
WHITE = {"B02": 0.3, "B03": 0.3, "B04": 0.3, "B08": 0.5, "B11": 0.5, "B12": 0.5}
"""The reflectance that is shown as white, the same on every date, so that dates can be compared."""
GAMMA = 1.5
"""What lifts dark ground, as most of it is: half of white is shown at 63 % of the brightness."""


CHANCES = ("probability", "votes")
"""The sights of one class, which a threshold goes with."""


def stretch(white: float) -> NDArray[np.uint8]:
    """Return the brightness, 0-255, of every stored look: the reflectance as a share of white, to 1 / `GAMMA`."""
    reflectance = ((np.arange(256) - 1).clip(0) / 254) ** 2
    return np.rint(255 * (reflectance / white).clip(0, 1) ** (1 / GAMMA)).astype(np.uint8)


def positions(shown: ClassRaster | ContinuousRaster, explorer: Explorer) -> tuple[NDArray[np.uint8], Sequence[str]]:
    """Return pixels as positions in a list of colours, 255 = no data, and the colours."""
    if isinstance(shown, ContinuousRaster):
        return shown.hundredths, ramp(shown.least)
    return shown.palette.painted(shown.codes, highlight=explorer.highlight, hidden=explorer.hidden, away=shown.away)


def _day(explorer: Explorer) -> str:
    return f"One day: {format_date(explorer.result.moments[explorer.scene_index])}"


def _of_the_year(explorer: Explorer) -> str:
    if explorer.rivals and explorer.spotlight is None:
        one, other = (LEGEND[code].name for code in explorer.rivals)
        return f"In full colour: where {one} and {other} are first and second"
    return f"What {len(explorer.result.moments)} scenes agree on, pixel by pixel"


def _year(explorer: Explorer) -> str:
    return f"The whole year {explorer.result.order.year}"


def _cloud(explorer: Explorer) -> str:
    cloud = float(explorer.result.predictions["cloud_cover"].values[explorer.scene_index])
    return f"{cloud:.0f} % cloud"


def _imagery(title: str, *bands: str) -> Layer:
    """Return the imagery of the chosen scene in three bands."""
    names = ", ".join(BAND[band].partition(" (")[0] for band in bands)
    whites = ", ".join(f"{WHITE[band]} {BAND[band]}" for band in bands)
    return Layer(
        title=title,
        heading=_day,
        says=lambda explorer: f"{_cloud(explorer)} · {names}",
        terms=f"Surface reflectance as red, green and blue, alike on every date: full at {whites}; gamma {GAMMA}",
        follows=frozenset({"scene"}),
        show=lambda explorer: ImageryRaster(looks=explorer.result.looks(explorer.scene_index, bands), bands=bands),
        offered=lambda result: {*bands} <= {*result.bands},
    )


def _sureness(name: str, title: str, terms: str) -> Layer:
    """Return a layer of sureness of the composite."""
    return Layer(
        title=title,
        heading=_year,
        says=lambda _: "",
        terms=terms,
        follows=frozenset({"composite"}),
        show=lambda explorer: _layer(explorer.composite, name),
    )


def _layer(composite: Composite, name: str, least: int = 0) -> ContinuousRaster:
    return ContinuousRaster(
        hundredths=composite.layer(name)[0], words=composite.words(name), ends=composite.ends(name), least=least
    )


UNCERTAINTY_LAYERS = {
    "support": ("Votes for the winner", "The winner's share of the total score of a pixel"),
    "margin": (
        "Lead over the runner-up",
        "The winner's score less the runner-up's, as a share of the total score",
    ),
    "observations": ("Clear looks at the ground", "How many observations of a pixel were counted"),
    "disagreement": (
        "Disagreement of scenes",
        "Shannon's entropy of the classes that clear scenes saw, by their number; 0 if all saw the same",
    ),
    "stability": (
        "Stable without a scene",
        "The share of clear scenes that could each be left out without another class winning",
    ),
}
"""The layers of sureness: how a person calls them, and a scientist's terms."""


def _published(name: str) -> Layer:
    """Return a map that others have published of the place."""
    series = PUBLISHED_MAPS[name]
    return Layer(
        title=series.title,
        heading=lambda explorer: f"{series.title} {series.nearest_year(explorer.result.order.year)}",
        says=lambda explorer: published.tell(explorer, name),
        terms=f"{series.credit}. The map of the nearest year, on this grid by the nearest pixel. What agrees: the "
        "share of pixels with the same class, of those that both maps have",
        follows=_OF_CLASSES | {"published"},
        show=lambda explorer: ClassRaster(codes=published.codes(explorer, name), away=None, palette=PUBLISHED_PALETTE),
        offered=lambda result: not result.simulated,
    )


def _chance(explorer: Explorer) -> ContinuousRaster:
    hundredths = explorer.result.chance(explorer.scene_index, LEGEND[explorer.probed].code)
    words = [f"{hundredth} %" for hundredth in range(101)]
    return ContinuousRaster(hundredths=hundredths, words=words, ends=("0 %", "100 %"), least=explorer.at_least)


def _votes(explorer: Explorer) -> ContinuousRaster:
    return _layer(explorer.composite, votes_for(explorer.probed), least=explorer.at_least)


def _probed(explorer: Explorer) -> str:
    return f"{explorer.probed.capitalize()}: "


def _clear(explorer: Explorer) -> str:
    seen = percent(float(explorer.result.clear_share[explorer.scene_index]))
    return f"{_cloud(explorer)} · {seen} of this map seen clearly"


LAYERS: dict[str, Layer] = {
    "prediction": Layer(
        title="Classes on this day",
        heading=_day,
        says=_clear,
        terms="The scene's own cloud cover, and the share of this map that its classification leaves clear",
        follows=_OF_CLASSES | {"scene"},
        show=lambda explorer: ClassRaster(
            codes=explorer.result.scene(explorer.scene_index), away=explorer.away_from_the_spotlight
        ),
    ),
    "true-colour": _imagery("True colour on this day", "B04", "B03", "B02"),
    "false-colour": _imagery("False colour on this day", "B08", "B04", "B03"),
    "shortwave": _imagery("Shortwave on this day", "B12", "B08", "B04"),
    "probability": Layer(
        title="Probability of a class",
        heading=_day,
        says=_probed,
        terms="What the network's softmax gives the class in this scene, clear or not",
        follows=frozenset({"scene", "probed", "at_least"}),
        show=_chance,
        offered=lambda result: result.probability is not None,
    ),
    "classes": Layer(
        title="Classes of the year",
        heading=_year,
        says=_of_the_year,
        terms="Class-weighted mode: every clear observation votes for its class with weight x confidence",
        follows=_OF_CLASSES | {"composite", "rivals"},
        show=lambda explorer: ClassRaster(codes=explorer.composite.label, away=explorer.away),
    ),
    "votes": Layer(
        title="Votes for a class",
        heading=_year,
        says=_probed,
        terms="Weight x the sum of the confidences of its votes, as a share of that of all classes",
        follows=frozenset({"composite", "probed", "at_least"}),
        show=_votes,
    ),
    **{name: _sureness(name, *words) for name, words in UNCERTAINTY_LAYERS.items()},
    "truth": Layer(
        title="Simulated truth",
        heading=lambda explorer: f"The truth of {explorer.result.order.year}",
        says=lambda _: "What the simulated place is made of",
        terms="The classes that the place was simulated with, before any scene was made of it",
        follows=_OF_CLASSES,
        show=lambda explorer: ClassRaster(codes=explorer.result.truth, away=explorer.away_from_the_spotlight),
        offered=lambda result: result.truth is not None,
    ),
    **{name: _published(name) for name in PUBLISHED_MAPS},
}
"""What either map can show, by its name in the address."""
