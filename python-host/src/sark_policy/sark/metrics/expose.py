"""The exposition: reads what all workers counted, and shows it as Prometheus wants it."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from sark_policy.sark.metrics import figures
from sark_policy.sark.metrics.families import FAMILIES, Family, Labels
from sark_policy.sark.metrics.tally import PREFIX, Tally, kept, several

Counted = dict[str, list[tuple[Labels, float]]]
"""Figures by name."""

SUFFIXES = ("", "_total", "_created", "_bucket", "_sum", "_count")


def counted() -> Counted:
    """Read what was counted, by all workers that share the folder. Takes milliseconds, and reads files."""
    figures.refresh()
    metrics: Iterable[Metric]
    if several():
        folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
        _forget_dead(folder)
        metrics = MultiProcessCollector(None, folder).collect()  # type: ignore[no-untyped-call]
    else:
        metrics = kept.collect()
    found: Counted = defaultdict(list)
    for metric in metrics:
        if metric.name.startswith(PREFIX):
            for sample in metric.samples:
                found[sample.name].append((sample.labels, sample.value))
    return found


def shown(found: Counted, families: Iterable[Family] = FAMILIES) -> Iterator[Metric]:
    """Make metrics of what was counted."""
    for family in families:
        if family.kind == "gauge":
            yield _gauge(family, found)
        elif family.kind == "counter":
            yield _counter(family, found)
        else:
            yield _histogram(family, found)


def _sums(family: Family, samples: Iterable[tuple[Labels, float]]) -> dict[tuple[str, ...], float]:
    sums = dict.fromkeys(family.always, 0.0)
    for labels, value in samples:
        shown = family.values(labels)
        if shown is not None:
            sums[shown] = sums.get(shown, 0.0) + value
    return sums


def _counter(family: Family, found: Counted) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in _sums(family, found.get(f"{family.of.name}_total", ())).items():
        metric.add_metric(labels, value)
    return metric


def _gauge(family: Family, found: Counted) -> Metric:
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in _sums(family, found.get(family.of.name, ())).items():
        # A bundle that no worker has any more is not shown for ever.
        if value or labels in family.always or "revision" not in family.labels:
            metric.add_metric(labels, value)
    return metric


def _histogram(family: Family, found: Counted) -> Metric:
    tally = family.of
    assert isinstance(tally, Tally)
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    sums = _sums(family, found.get(f"{tally.sum}_total", ()))
    buckets: dict[tuple[str, ...], dict[str, float]] = {labels: {} for labels in sums}
    for labels, value in found.get(f"{tally.name}_total", ()):
        shown = family.values(labels)
        if shown is not None:
            held = buckets.setdefault(shown, {})
            held[labels["upto"]] = held.get(labels["upto"], 0.0) + value
    for shown, held in buckets.items():
        total = 0.0
        cumulated = []
        for upper in tally.uppers:
            total += held.get(upper, 0.0)
            cumulated.append((upper, total))
        metric.add_metric(shown, cumulated, sums.get(shown, 0.0))
    return metric


def _forget_dead(folder: str) -> None:
    """Drop the levels of workers that are gone: nobody is in the state that a dead one was in."""
    for file in Path(folder).glob("gauge_live*.db"):
        pid = file.stem.rsplit("_", 1)[-1]
        if pid.isdecimal() and not _alive(int(pid)):
            mark_process_dead(int(pid), folder)  # type: ignore[no-untyped-call]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Collected(Collector):
    """Our metrics, as a collector."""

    def describe(self) -> list[Metric]:
        """Claim no names: another registry may come to have them itself."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        return shown(counted())


class Bridge(Collected):
    """Our metrics in a registry of somebody else's."""

    def __init__(self, other: CollectorRegistry, instead: bool) -> None:
        self._other = other
        self._aside: list[Collector] = []
        if instead:
            self._aside = list({id(found): found for family in FAMILIES for found in _theirs(family, other)}.values())
        for collector in self._aside:
            other.unregister(collector)
        other.register(self)

    def collect(self) -> Iterator[Metric]:
        """Read them, without those that the registry has itself."""
        return shown(counted(), [family for family in FAMILIES if not _theirs(family, self._other)])

    def end(self) -> None:
        """Leave the registry as it was."""
        self._other.unregister(self)
        for collector in self._aside:
            self._other.register(collector)


def _theirs(family: Family, other: CollectorRegistry) -> list[Collector]:
    # There is no public way to ask a registry for its names.
    names = getattr(other, "_names_to_collectors", {})
    base = family.name.removesuffix("_total")
    return [names[name] for name in (f"{base}{suffix}" for suffix in SUFFIXES) if name in names]


registry = CollectorRegistry()
"""Our metrics, of all workers."""
registry.register(Collected())

_bridges: dict[int, tuple[CollectorRegistry, Bridge]] = {}


def exposition() -> tuple[bytes, str]:
    """Return what `/metrics` answers, and its content type. Blocks for some milliseconds."""
    return generate_latest(registry), CONTENT_TYPE_LATEST


def expose_in(other: CollectorRegistry, instead: bool = False) -> None:
    """Show our metrics in another registry too, such as the one of the gateway's own `/metrics`. Twice is once.

    Args:
        other: The registry. Under several workers it shows the figures of all of them.
        instead: Take out what it has by the same names: the old path's metrics, which nobody writes any more.
            Otherwise those stay, and ours by these names are left out.
    """
    if id(other) not in _bridges and other is not registry:
        _bridges[id(other)] = (other, Bridge(other, instead))


def unexpose_in(other: CollectorRegistry) -> None:
    """Undo `expose_in`, what it took out included."""
    known = _bridges.pop(id(other), None)
    if known is not None:
        known[1].end()
