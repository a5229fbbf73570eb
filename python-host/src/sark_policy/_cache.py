"""A cache of texts in a sandbox of its own, for whatever a service wants to keep for a while."""

import os
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sark_policy._exceptions import BadSetting, Closed, InputNotSerializable, Retired
from sark_policy._instance import Bare
from sark_policy._sandbox import Sandbox
from sark_policy._settings import U32, U64, nanoseconds, seconds, user_folder, whole
from sark_policy._shard import Shard
from sark_policy._statistics import CacheStatistics
from sark_policy._ticker import ticks

CACHE = "sark:policy/cache@0.1.0"

_now = time.time_ns


class CacheOutcome(StrEnum):
    """What became of a `set`."""

    STORED = "stored"
    """The key is new."""
    REPLACED = "replaced"
    """The key was there; its value and time to live are the new ones."""
    EXPIRED = "expired"
    """The time to live was 0: nothing is stored, and an entry of that key is gone."""
    OVERSIZED = "oversized"
    """Key and value alone exceed the limit in bytes: nothing is stored, and an entry of that key is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """How a `Cache` is set up."""

    entries: int = 10_000
    """Most entries of all shards together."""
    bytes: int = 64 << 20
    """Most bytes of all shards together, keys and values."""
    shards: int = 1
    """Instances that share the keys. With 1 the order of eviction is exact over all keys."""
    ttl: float = 300.0
    """Time to live of an entry that is set without one, in seconds."""
    deadline: float = 0.05
    """How long a call may take, waiting included, in seconds."""
    aot_folder: Path | str | None = field(default_factory=user_folder)
    """Folder for the compiled component, as in `Settings`."""

    def __post_init__(self) -> None:
        """Check every setting."""
        whole(self, "entries", 1, U32)
        whole(self, "bytes", 1, U64 >> 2)
        whole(self, "shards", 1, 1024)
        seconds(self, "ttl", zero=True)
        seconds(self, "deadline", zero=False)


class Cache:
    """A cache of texts: least recently used goes first, every entry has its own time to live.

    >>> with Cache.open(entries=100) as cache:
    ...     cache.set("user-17", '{"allow":true}', ttl=30)
    ...     cache.get("user-17")
    <CacheOutcome.STORED: 'stored'>
    '{"allow":true}'

    Safe to share between threads. Every method raises an `Undecided` if the cache was busy past its
    deadline, is closed, or if the call trapped, which empties its shard.
    """

    def __init__(self, sandbox: Sandbox, settings: CacheSettings) -> None:
        """Use `open`."""
        self._ttl = nanoseconds(settings.ttl)
        self._shards: list[Shard[Bare]] = []
        for _ in range(settings.shards):
            self._shards.append(Shard(settings.deadline, lambda: _open(sandbox, settings)))

    @classmethod
    def open(cls, settings: CacheSettings | None = None, **overrides: Any) -> "Cache":
        """Open an empty cache.

        Args:
            settings: The limits.
            overrides: Single settings, as in `open(entries=100)`.

        Raises:
            BadSetting: A setting is out of range.
            SandboxUnavailable: This machine cannot run the sandbox.
        """
        settings = replace(settings or CacheSettings(), **overrides)
        return cls(Sandbox.shared(settings.aot_folder), settings)

    def get(self, key: str) -> str | None:
        """Return the live value of a key, which becomes the most recently used; None if there is none."""
        found: str | None = self._on(key, "get", key, _now())
        return found

    def set(self, key: str, value: str, ttl: float | None = None) -> CacheOutcome:
        """Store a value for `ttl` seconds, or for the settings' time to live.

        A `ttl` of 0 stores nothing and drops the key.
        """
        if ttl is None:
            lifetime = self._ttl
        else:
            seconds(SimpleNamespace(ttl=ttl), "ttl", zero=True)
            lifetime = nanoseconds(ttl)
        return CacheOutcome(self._on(key, "set", key, value, lifetime, _now()))

    def delete(self, key: str) -> bool:
        """Drop a key; False if no live entry had it."""
        found: bool = self._on(key, "delete", key, _now())
        return found

    def clear(self) -> int:
        """Drop every entry, and return how many there were."""
        return sum(self._all("clear"))

    def length(self) -> int:
        """Return how many entries are held, those that expired but were not swept yet included."""
        return sum(self._all("length"))

    def sweep(self, steps: int = 1000) -> int:
        """Drop expired entries, looking at `steps` entries a shard at most; return how many it dropped."""
        whole(SimpleNamespace(steps=steps), "steps", 0, U32)
        return sum(self._all("sweep", _now(), steps))

    def stats(self) -> CacheStatistics:
        """Return the cache's figures."""
        return sum(map(CacheStatistics.of_record, self._all("figures")), CacheStatistics())

    def close(self) -> None:
        """End the cache: calls under way finish, later ones raise `Closed`. Closing twice does nothing."""
        for shard in self._shards:
            shard.close()

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on(self, key: str, function: str, *arguments: Any) -> Any:
        shards = self._shards
        shard = shards[hash(key) % len(shards)] if len(shards) > 1 else shards[0]
        try:
            return shard.call(Bare.call, 0, function, *arguments)
        except Retired:
            raise Closed from None
        except UnicodeEncodeError as error:
            raise InputNotSerializable(function, "has a lone surrogate, which is no character") from error

    def _all(self, function: str, *arguments: Any) -> list[Any]:
        try:
            return [shard.call(Bare.call, 0, function, *arguments) for shard in self._shards]
        except Retired:
            raise Closed from None


def _open(sandbox: Sandbox, settings: CacheSettings) -> Bare:
    limits = SimpleNamespace(
        entries=-(-settings.entries // settings.shards),
        bytes=-(-settings.bytes // settings.shards),
        seed=int.from_bytes(os.urandom(8), "little"),
    )
    # Keys, values, and what holds them; then room for a call.
    memory = 2 * limits.bytes + 512 * limits.entries + (64 << 20)
    bare = Bare(sandbox, CACHE, memory, settings.deadline)
    refused: str | None = bare.call(ticks(settings.deadline), "open", limits)
    if refused is not None:
        bare.close()
        raise BadSetting("entries", refused)
    return bare
