"""What a Prometheus server may read of the service: counts and seconds, and no name of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from tornado.web import RequestHandler

from lulc_explorer.background.tally import the_tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client import Metric

    from lulc_explorer.service.people import People


class ExplorerMetrics(Collector):
    """Reads the counts of the process whenever it is asked.

    Parameters
    ----------
    people
        Those who have the explorer open.
    """

    def __init__(self, people: People) -> None:
        self._people = people

    def collect(self) -> Iterator[Metric]:
        tally, sessions = the_tally(), self._people.sessions
        yield GaugeMetricFamily("lulc_sessions", "Explorers that are open.", value=sessions.total())
        yield GaugeMetricFamily("lulc_users", "Users who have one open.", value=len(sessions))
        yield _counter("lulc_stage_seconds", "Seconds of work, by stage.", "stage", tally.seconds)
        yield _counter("lulc_maps", "Maps opened, by where they came from: memory, disk, made.", "source", tally.maps)
        yield _counter("lulc_failures", "Failed work, by stage; page: an unexpected error.", "stage", tally.failures)


def _counter(name: str, about: str, label: str, counts: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, about, labels=[label])
    for key, value in sorted(counts.items()):
        family.add_metric([key], value)
    return family


class Metrics(RequestHandler):
    """Answers in the format of Prometheus."""

    def initialize(self, people: People) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ExplorerMetrics(people))
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.write(generate_latest(self._registry))
