"""The figures of a host."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Crossing(StrEnum):
    """Which way calls go into the sandbox. Answers are the same, costs are not."""

    DIRECT = "direct"
    """By wasmtime's own library."""
    PUBLIC = "public"
    """By wasmtime's Python package: its release, or this machine, is not one that the direct way was checked on."""


@dataclass(frozen=True, slots=True)
class CacheStatistics:
    """The figures of a cache since it was opened."""

    hits: int = 0
    """Look-ups that found a live entry."""
    misses: int = 0
    """Look-ups that did not."""
    evictions: int = 0
    """Entries dropped to make room."""
    expirations: int = 0
    """Entries dropped because their time was over."""
    entries: int = 0
    """Entries held now."""
    bytes: int = 0
    """Bytes held now, keys and values together."""

    def __add__(self, other: "CacheStatistics") -> "CacheStatistics":
        return CacheStatistics(
            self.hits + other.hits,
            self.misses + other.misses,
            self.evictions + other.evictions,
            self.expirations + other.expirations,
            self.entries + other.entries,
            self.bytes + other.bytes,
        )

    @classmethod
    def of_record(cls, record: Any) -> "CacheStatistics":
        """Read figures as the component returns them: a record with these fields."""
        return cls(record.hits, record.misses, record.evictions, record.expirations, record.entries, record.bytes)


@dataclass(frozen=True, slots=True)
class Statistics:
    """The figures of a host. Counts of events go on over all generations; the caches' begin anew with each."""

    revision: str
    """The current revision."""
    previous: str | None
    """The revision that a rollback would go to."""
    generation: int
    """The current generation: 1 is the first, each activation makes the next."""
    activations: int
    """Bundles that went live, the first one included."""
    rollbacks: int
    """Times a rollback went back."""
    traps: int
    """Calls that ended their instance."""
    deadlines: int
    """Those of `traps` that had taken too long."""
    shards: int
    """Instances of the current generation."""
    memory: int
    """Linear memory of the current instances, in bytes."""
    cache: CacheStatistics
    """The decision caches of the current instances together."""
    crossing: Crossing
    """Which way calls go into the sandbox: `PUBLIC` is several times slower, and otherwise the same."""
