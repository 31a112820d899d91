"""The metrics as a page that Prometheus reads, made by its own client library; and as a file for a node_exporter.

This brings 10 MiB of libraries along, so that it is imported by those who asked for metrics alone.
Source: OpenMetrics 1.0; prometheus/node_exporter "Textfile Collector".
"""

import contextlib
import os
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
)
from prometheus_client.registry import Collector

from guardian.adapters.metric_samples import Family

FILE_NAME = "oom-guardian.prom"
# Read by node_exporter, which runs as another user.
_FILE_MODE = 0o644


class FamilyCollector(Collector):
    """Hands the library what `families` gives at each scrape."""

    def __init__(self, families: Callable[[], Iterable[Family]]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """The families that have samples."""
        return [as_metric(family) for family in self._families() if family.samples]


def registry_of(families: Callable[[], Iterable[Family]]) -> CollectorRegistry:
    """A registry with these families alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(FamilyCollector(families))
    return registry


def as_metric(family: Family) -> Metric:
    """A family as the library knows it."""
    name, text, labels, kind, unit = family.metric
    if kind == "info":
        info = InfoMetricFamily(name.removesuffix("_info"), text, labels=())
        for values, _one in family.samples:
            info.add_metric((), dict(zip(labels, values, strict=True)))
        return info
    if kind == "stateset":
        states = StateSetMetricFamily(name, text, labels=())
        states.add_metric((), {values[0]: bool(value) for values, value in family.samples})
        return states
    made = CounterMetricFamily if kind == "counter" else GaugeMetricFamily
    plain: CounterMetricFamily | GaugeMetricFamily = made(name, text, labels=labels, unit=unit)
    for values, value in family.samples:
        plain.add_metric(values, value)
    return plain


def write_textfile(folder: str, registry: CollectorRegistry) -> None:
    """Put the page into a folder that node_exporter reads; whole at every moment.  Raises OSError."""
    path = os.path.join(folder, FILE_NAME)
    draft = f"{path}.new"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft)
    # O_EXCL follows no link that somebody may have put there.
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    with open(fd, "wb") as out:
        os.fchmod(fd, _FILE_MODE)
        out.write(generate_latest(registry))
    os.replace(draft, path)


def remove_textfile(folder: str) -> None:
    """Take the page away, so that nobody reads values that nobody renews."""
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, FILE_NAME))
