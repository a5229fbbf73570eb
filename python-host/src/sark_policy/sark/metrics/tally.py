"""What is counted: counters, observations and levels over labels, cheap enough for every decision.

The figures are kept by prometheus_client: in memory, or, if `PROMETHEUS_MULTIPROC_DIR` was set when it was
imported, in files that all workers share. A thing that happens is counted once, here, with everything that
anybody wants to know of it; the metrics that this makes are read out of it when somebody looks (`families`).
So a decision pays for two increments, not for seven.

Counting never raises and never takes a decision with it: what cannot be counted is lost, and logged.
"""

import re
import time
from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, values

PREFIX = "sark_policy_tally_"
"""How the names of what is kept begin. Nobody queries them."""

OTHER = "other"
"""The label of values that are too many, or not fit for a label."""

MOST = 1_000
"""Most combinations of labels that one thing is counted under. Beyond, callers' words count as `other`."""

kept = CollectorRegistry()
"""What this process counted."""

_log = structlog.get_logger(__name__)
_sound = re.compile(r"[ -~]{1,64}").fullmatch
_told = 0.0

Increase = Callable[[float], None]


def several() -> bool:
    """Return whether the workers count together: `PROMETHEUS_MULTIPROC_DIR` was set before the first import."""
    return bool(getattr(values.ValueClass, "_multiprocess", False))


class Label:
    """A label, and the values that it may take. Callers' words are not to be trusted with the number of series."""

    def __init__(self, name: str, known: Collection[str], room: int = 0) -> None:
        """Allow the values `known`, and the first `room` others."""
        self.name = name
        self._values = set(known)
        self._room = len(self._values) + room
        self.open = room > 0
        """Whether callers may add values."""

    def of(self, value: str) -> str:
        """Return the value to count under."""
        if value in self._values:
            return value
        if len(self._values) < self._room and isinstance(value, str) and _sound(value):
            self._values.add(value)
            return value
        return OTHER


class Count:
    """How often something happened."""

    def __init__(self, name: str, *labels: Label) -> None:
        self.name = f"{PREFIX}{name}"
        self._labels = labels
        self._counter = Counter(self.name, name, [label.name for label in labels], registry=kept)
        # By the labels' values. INVARIANT: only values that the labels allow, so it is bounded.
        self._known: dict[tuple[str, ...], Increase] = {}

    def add(self, values: tuple[str, ...], times: float = 1) -> None:
        """Count it `times` times under these values of the labels."""
        try:
            (self._known.get(values) or self._of(values))(times)
        except Exception as error:
            _lost(self.name, error)

    def _of(self, values: tuple[str, ...]) -> Increase:
        allowed = _allowed(self._labels, values, self._known)
        if allowed not in self._known:
            self._known[allowed] = (self._counter.labels(*allowed) if allowed else self._counter).inc
        return self._known[allowed]


class Tally:
    """How often something happened, and how long it took or how large it was."""

    def __init__(self, name: str, bounds: Sequence[float], *labels: Label) -> None:
        """Sort what is observed into buckets: up to each of `bounds`, and above."""
        self.name = f"{PREFIX}{name}"
        self.sum = f"{self.name}_sum"
        self.bounds = (*bounds, float("inf"))
        self.uppers = (*(str(float(bound)) for bound in bounds), "+Inf")
        self._finite = tuple(bounds)
        self._labels = labels
        names = [label.name for label in labels]
        self._counter = Counter(self.name, name, [*names, "upto"], registry=kept)
        self._sums = Counter(self.sum, name, names, registry=kept)
        # By the labels' values: the increase of the sum, then that of each bucket, made when first needed.
        # INVARIANT: only values that the labels allow, so it is bounded.
        self._known: dict[tuple[str, ...], list[Increase | None]] = {}

    def add(self, values: tuple[str, ...], amount: float, times: int = 1) -> None:
        """Count `times` things of `amount` each under these values of the labels."""
        try:
            increases = self._known.get(values) or self._of(values)
            place = bisect_left(self._finite, amount) + 1
            (increases[place] or self._bucket(values, increases, place))(times)
            if amount > 0:
                increases[0](amount * times)  # type: ignore[misc]
        except Exception as error:
            _lost(self.name, error)

    def _of(self, values: tuple[str, ...]) -> list[Increase | None]:
        allowed = _allowed(self._labels, values, self._known)
        if allowed not in self._known:
            total = self._sums.labels(*allowed) if allowed else self._sums
            self._known[allowed] = [total.inc, *[None] * len(self.bounds)]
        return self._known[allowed]

    def _bucket(self, values: tuple[str, ...], increases: list[Increase | None], place: int) -> Increase:
        allowed = _allowed(self._labels, values, self._known)
        increase = increases[place] = self._counter.labels(*allowed, self.uppers[place - 1]).inc
        return increase


class Level:
    """How much there is of something now."""

    def __init__(self, name: str, over: Literal["livesum", "livemax", "livemin", "mostrecent"], *labels: Label) -> None:
        """Let `over` say what the level of several workers is."""
        self.name = f"{PREFIX}{name}"
        self._labels = labels
        self._gauge = Gauge(self.name, name, [label.name for label in labels], registry=kept, multiprocess_mode=over)
        self._known: dict[tuple[str, ...], Callable[[float], None]] = {}

    def set(self, values: tuple[str, ...], amount: float) -> None:
        """Set the level of this worker under these values of the labels."""
        try:
            (self._known.get(values) or self._of(values))(amount)
        except Exception as error:
            _lost(self.name, error)

    def _of(self, values: tuple[str, ...]) -> Callable[[float], None]:
        allowed = _allowed(self._labels, values, self._known)
        if allowed not in self._known:
            self._known[allowed] = (self._gauge.labels(*allowed) if allowed else self._gauge).set
        return self._known[allowed]


def _allowed(labels: Sequence[Label], values: Sequence[str], known: Collection[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the values to count under."""
    allowed = tuple(label.of(value) for label, value in zip(labels, values, strict=True))
    if allowed in known or len(known) < MOST:
        return allowed
    return tuple(OTHER if label.open else value for label, value in zip(labels, allowed, strict=True))


def _lost(name: str, error: Exception) -> None:
    """Tell that something could not be counted, once a minute at most."""
    global _told
    now = time.monotonic()
    if not _told or now - _told > 60:
        _told = now
        _log.warning("metrics_lost", metric=name, error=f"{type(error).__name__}: {error}")
