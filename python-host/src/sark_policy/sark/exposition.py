"""The exposition: reads what all workers counted, and shows it as Prometheus wants it."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, values
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from sark_policy.sark import figures
from sark_policy.sark.families import FAMILIES, Family, Labels
from sark_policy.sark.tally import PREFIX, Tally, kept

Counted = dict[str, list[tuple[Labels, float]]]
"""Figures by name."""

SUFFIXES = ("", "_total", "_created", "_bucket", "_sum", "_count")


def several() -> bool:
    """Return whether the workers count together: `PROMETHEUS_MULTIPROC_DIR` was set before the first import."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


def counted() -> Counted:
    """Read what was counted, by all workers that share the folder. Takes milliseconds, and reads files."""
    figures.refresh()
    metrics: Iterable[Metric]
    if several():
        folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
        _forget_dead(folder)
        metrics = MultiProcessCollector(None, folder).collect()
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
        # A revision that no worker has any more.
        if value or labels in family.always or family.labels != ("revision",):
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
            mark_process_dead(int(pid), folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Collected:
    """Our metrics, as a collector."""

    def describe(self) -> list[Metric]:
        """Claim no names: another registry may come to have them itself."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        return shown(counted())


class Bridge(Collected):
    """Our metrics in a registry of somebody else's, without those that it has itself."""

    def __init__(self, other: CollectorRegistry) -> None:
        self._other = other

    def collect(self) -> Iterator[Metric]:
        """Read them."""
        # No public way to ask a registry for its names leaves out us ourselves.
        names = getattr(self._other, "_names_to_collectors", {})
        return shown(counted(), (family for family in FAMILIES if not _there(family, names)))


def _there(family: Family, names: Iterable[str]) -> bool:
    base = family.name.removesuffix("_total")
    return any(f"{base}{suffix}" in names for suffix in SUFFIXES)


registry = CollectorRegistry()
"""Our metrics, of all workers."""
registry.register(Collected())

_bridges: dict[int, tuple[CollectorRegistry, Bridge]] = {}


def exposition() -> tuple[bytes, str]:
    """Return what `/metrics` answers, and its content type. Blocks for some milliseconds."""
    return generate_latest(registry), CONTENT_TYPE_LATEST


def expose_in(other: CollectorRegistry) -> None:
    """Show our metrics in another registry too. Names that it has itself stay its own. Twice is once."""
    if id(other) not in _bridges and other is not registry:
        bridge = Bridge(other)
        _bridges[id(other)] = (other, bridge)
        other.register(bridge)


def unexpose_in(other: CollectorRegistry) -> None:
    """Undo `expose_in`."""
    known = _bridges.pop(id(other), None)
    if known is not None:
        other.unregister(known[1])
