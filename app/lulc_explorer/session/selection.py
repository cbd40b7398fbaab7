"""The choice of a map: place, year, imagery and network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import param

from lulc_explorer.engine.boxes import PREFIX
from lulc_explorer.engine.errors import UserError
from lulc_explorer.engine.outlines import OUTLINE
from lulc_explorer.engine.requests import LIVE_CATALOGS, OWN, SIMULATED

if TYPE_CHECKING:
    from odc.geo.geobox import GeoBox
    from shapely.geometry.base import BaseGeometry

    from lulc_explorer.engine.networks import Network
    from lulc_explorer.engine.repository import MapRepository
    from lulc_explorer.engine.requests import MapRequest, Place

CHOICE = ["place", "year", "imagery", "network"]
"""The parameters that identify the map."""


class MapSelection(param.Parameterized):
    """The map that one person has chosen.

    Parameters
    ----------
    repository
        Where maps come from.
    """

    place = param.String(doc="Key of a known place, or of an own one.")
    year = param.Integer(default=None, allow_None=True, doc="Calendar year.")
    imagery: param.Selector[str] = param.Selector(
        default=SIMULATED, objects=[SIMULATED, *LIVE_CATALOGS, OWN], doc="Where the imagery comes from."
    )
    network: param.Selector[str] = param.Selector(default="", objects=[""], doc="Key of the network.")

    def __init__(self, repository: MapRepository) -> None:
        super().__init__()
        self._repository = repository
        self._settling = False
        self._follows = True
        self.param.place.regex = rf"\A({PREFIX}.*|{OUTLINE}.*|{'|'.join(map(re.escape, repository.places))})\Z"
        self.param.imagery.objects = repository.imagery
        self.param.network.objects = list(repository.networks)
        self.imagery = repository.imagery[0]
        self.place = next(iter(self.places))
        self.network = self._default = repository.default_network(self.imagery)
        self.year = max(self.years, default=None)

    @property
    def choice(self) -> tuple[object, ...]:
        """What identifies the map."""
        return tuple(getattr(self, name) for name in CHOICE)

    @property
    def places(self) -> dict[str, Place]:
        """The places on offer with the chosen imagery, by key."""
        return self._repository.offer(self.imagery, self.place)

    @property
    def networks(self) -> dict[str, Network]:
        """The networks on offer, by key, those for such imagery first; some may have a problem."""
        known = [self._repository.networks[key] for key in self.param.network.objects]
        known.sort(key=lambda network: network.simulated and self.imagery != SIMULATED)
        return {network.key: network for network in known}

    def keep_network(self) -> None:
        """Let the network stay whatever the imagery: a link has named it."""
        self._follows = False

    def add_network(self, key: str) -> None:
        """Choose a network that has just come."""
        self.param.network.objects = list(self._repository.networks)
        if key == self._repository.default_network(self.imagery):
            self._default = key
        self.network = key

    @property
    def years(self) -> tuple[int, ...]:
        """The years on offer for the chosen place."""
        place = self.places.get(self.place)
        return place.years if place else ()

    @property
    def lacks_year(self) -> bool:
        """Whether the chosen place has years, but not the chosen one."""
        return bool(self.years) and self.year not in self.years

    @property
    def grid(self) -> GeoBox | None:
        """Where the chosen place is; None if it cannot be used."""
        place = self.places.get(self.place)
        return place.region.grid if place and place.region else None

    @property
    def outline(self) -> BaseGeometry | None:
        """What of it counts, degrees; None for all of it."""
        place = self.places.get(self.place)
        return place.outline if place else None

    @property
    def request(self) -> MapRequest:
        """The chosen map; raises `UserError` if it is not available."""
        return self.request_for(self.year)

    def request_for(self, year: int | None) -> MapRequest:
        """Return the same map of another year; raises `UserError` if it is not available."""
        return self._repository.request(self.place, year, imagery=self.imagery, network=self.network)

    @property
    def can_make(self) -> bool:
        """Whether a map can be made of the choice."""
        try:
            return self.request is not None
        except UserError:
            return False

    @property
    def latest(self) -> list[MapRequest]:
        """The latest year of every simulated place, by the network it would be seen by; none if that cannot be used."""
        places = [place for place in self._repository.places.values() if place.simulated]
        network = self._network_for(SIMULATED)
        try:
            return [self._repository.request(place.key, max(place.years), network=network) for place in places]
        except UserError:
            return []

    @property
    def every_year(self) -> list[MapRequest]:
        """The maps of the chosen place, if it is simulated: of the first year, to compare with, then the latest."""
        place = self.places.get(self.place)
        years = sorted(self.years, key=lambda year: (year != min(self.years), -year))
        try:
            return [self.request_for(year) for year in years] if place is not None and place.simulated else []
        except UserError:
            return []

    @property
    def ahead(self) -> list[MapRequest]:
        """The maps to make before anybody asks: what Change compares with, then other places, then other years."""
        years = self.every_year
        return [*years[:1], *self.latest, *years[1:]]

    @property
    def latest_ready(self) -> tuple[int, int]:
        """Number of latest maps that have been made, and of all."""
        return self._ready(self.latest)

    @property
    def years_ready(self) -> tuple[int, int]:
        """Number of maps of the chosen place that have been made, and of all; none of a real place."""
        return self._ready(self.every_year)

    def _ready(self, requests: list[MapRequest]) -> tuple[int, int]:
        return sum(map(self._repository.has, requests)), len(requests)

    def go_to(self, key: str) -> str:
        """Go to an own place; return why it is not available, and stay; empty if it is."""
        key = self._repository.shorten(key)
        problem = self.problem_of(key)
        if not problem:
            self.place = key
        return problem

    def problem_of(self, key: str) -> str:
        """Return why an own place is not available; empty if it is."""
        offers = (self._repository.offer(imagery, key) for imagery in (self.imagery, *self._repository.imagery))
        return next(offer[key].problem for offer in offers if key in offer)

    def _network_for(self, imagery: str) -> str:
        """Return the network to use with other imagery: the chosen one, unless nobody has chosen."""
        untouched = self._follows and self.network == self._default
        return self._repository.default_network(imagery) if untouched else self.network

    def settle(self, *events: param.parameterized.Event) -> None:
        """Change imagery, network, place or year to fit the last choice, which is itself kept."""
        asked = {event.name for event in events}
        if self._settling:
            return
        if self.place not in self.places:
            self._settling = True
            if "imagery" not in asked:
                kinds = self._repository.imagery
                has_it = (kind for kind in kinds if self.place in self._repository.offer(kind, self.place))
                self.imagery = next(has_it, self.imagery)
            elif "place" not in asked:
                self.place = next(iter(self.places))
            self._settling = False
        if "network" not in asked and (fitting := self._network_for(self.imagery)) != self.network:
            self.network = self._default = fitting
        if self.lacks_year and "year" not in asked:
            self.year = max(self.years)
