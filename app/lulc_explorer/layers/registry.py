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
from lulc_explorer.rendering.formatting import percent, spoken_date
from lulc_explorer.rendering.palette import ramp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from lulc_explorer.analysis.composite import Cover
    from lulc_explorer.engine.land_cover_map import Result
    from lulc_explorer.rendering.palette import Palette
    from lulc_explorer.session.explorer import Explorer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classes:
    """Pixels that are classes."""

    codes: NDArray[np.uint8]
    """Class codes, shape (y, x)."""
    away: NDArray[np.bool_] | None
    """Pixels to fade, shape (y, x); None for none."""
    palette: Palette = PALETTE
    """Their names and colours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ramp:
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
class Imagery:
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


Shown = Classes | Ramp | Imagery


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
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
    show: Callable[[Explorer], Shown]
    """Its pixels; called only with a result that it is offered for."""
    offered: Callable[[Result], bool] = lambda _: True
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


def positions(shown: Classes | Ramp, explorer: Explorer) -> tuple[NDArray[np.uint8], Sequence[str]]:
    """Return pixels as positions in a list of colours, 255 = no data, and the colours."""
    if isinstance(shown, Ramp):
        return shown.hundredths, ramp(shown.least)
    return shown.palette.painted(shown.codes, highlight=explorer.highlight, hidden=explorer.hidden, away=shown.away)


def _day(explorer: Explorer) -> str:
    return f"One day: {spoken_date(explorer.result.moments[explorer.scene_index])}"


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


def _imagery(title: str, *bands: str) -> Sight:
    """Return the imagery of the chosen scene in three bands."""
    names = ", ".join(BAND[band].partition(" (")[0] for band in bands)
    whites = ", ".join(f"{WHITE[band]} {BAND[band]}" for band in bands)
    return Sight(
        title=title,
        heading=_day,
        says=lambda explorer: f"{_cloud(explorer)} · {names}",
        terms=f"Surface reflectance as red, green and blue, alike on every date: full at {whites}; gamma {GAMMA}",
        follows=frozenset({"scene"}),
        show=lambda explorer: Imagery(looks=explorer.result.looks(explorer.scene_index, bands), bands=bands),
        offered=lambda result: {*bands} <= {*result.bands},
    )


def _sureness(name: str, title: str, terms: str) -> Sight:
    """Return a layer of sureness of the composite."""
    return Sight(
        title=title,
        heading=_year,
        says=lambda _: "",
        terms=terms,
        follows=frozenset({"cover"}),
        show=lambda explorer: _layer(explorer.cover, name),
    )


def _layer(cover: Cover, name: str, least: int = 0) -> Ramp:
    return Ramp(hundredths=cover.layer(name)[0], words=cover.words(name), ends=cover.ends(name), least=least)


LAYERS = {
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


def _published(name: str) -> Sight:
    """Return a map that others have published of the place."""
    series = PUBLISHED_MAPS[name]
    return Sight(
        title=series.title,
        heading=lambda explorer: f"{series.title} {series.nearest_year(explorer.result.order.year)}",
        says=lambda explorer: published.tell(explorer, name),
        terms=f"{series.credit}. The map of the nearest year, on this grid by the nearest pixel. What agrees: the "
        "share of pixels with the same class, of those that both maps have",
        follows=_OF_CLASSES | {"published"},
        show=lambda explorer: Classes(codes=published.codes(explorer, name), away=None, palette=PUBLISHED_PALETTE),
        offered=lambda result: not result.simulated,
    )


def _chance(explorer: Explorer) -> Ramp:
    hundredths = explorer.result.chance(explorer.scene_index, LEGEND[explorer.probed].code)
    words = [f"{hundredth} %" for hundredth in range(101)]
    return Ramp(hundredths=hundredths, words=words, ends=("0 %", "100 %"), least=explorer.at_least)


def _votes(explorer: Explorer) -> Ramp:
    return _layer(explorer.cover, votes_for(explorer.probed), least=explorer.at_least)


def _probed(explorer: Explorer) -> str:
    return f"{explorer.probed.capitalize()}: "


def _clear(explorer: Explorer) -> str:
    seen = percent(float(explorer.result.clear_share[explorer.scene_index]))
    return f"{_cloud(explorer)} · {seen} of this map seen clearly"


SIGHTS: dict[str, Sight] = {
    "prediction": Sight(
        title="Classes on this day",
        heading=_day,
        says=_clear,
        terms="The scene's own cloud cover, and the share of this map that its classification leaves clear",
        follows=_OF_CLASSES | {"scene"},
        show=lambda explorer: Classes(
            codes=explorer.result.scene(explorer.scene_index), away=explorer.away_from_the_spotlight
        ),
    ),
    "true-colour": _imagery("True colour on this day", "B04", "B03", "B02"),
    "false-colour": _imagery("False colour on this day", "B08", "B04", "B03"),
    "shortwave": _imagery("Shortwave on this day", "B12", "B08", "B04"),
    "probability": Sight(
        title="Probability of a class",
        heading=_day,
        says=_probed,
        terms="What the network's softmax gives the class in this scene, clear or not",
        follows=frozenset({"scene", "probed", "at_least"}),
        show=_chance,
        offered=lambda result: result.probability is not None,
    ),
    "classes": Sight(
        title="Classes of the year",
        heading=_year,
        says=_of_the_year,
        terms="Class-weighted mode: every clear observation votes for its class with weight x confidence",
        follows=_OF_CLASSES | {"cover", "rivals"},
        show=lambda explorer: Classes(codes=explorer.cover.label, away=explorer.away),
    ),
    "votes": Sight(
        title="Votes for a class",
        heading=_year,
        says=_probed,
        terms="Weight x the sum of the confidences of its votes, as a share of that of all classes",
        follows=frozenset({"cover", "probed", "at_least"}),
        show=_votes,
    ),
    **{name: _sureness(name, *words) for name, words in LAYERS.items()},
    "truth": Sight(
        title="Simulated truth",
        heading=lambda explorer: f"The truth of {explorer.result.order.year}",
        says=lambda _: "What the simulated place is made of",
        terms="The classes that the place was simulated with, before any scene was made of it",
        follows=_OF_CLASSES,
        show=lambda explorer: Classes(codes=explorer.result.truth, away=explorer.away_from_the_spotlight),
        offered=lambda result: result.truth is not None,
    ),
    **{name: _published(name) for name in PUBLISHED_MAPS},
}
"""What either map can show, by its name in the address."""
