"""A cache of texts in a sandbox of its own, for whatever a service wants to keep for a while."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from sark_policy._exceptions import (
    BadSetting,
    Closed,
    DeadlineElapsed,
    InputNotSerializable,
    Retired,
    Trapped,
    Undecided,
)
from sark_policy._instance import BATCH, BATCH_DEADLINES, Bare
from sark_policy._packed import crossings, pack, sizes, unpack
from sark_policy._sandbox import CACHE, Sandbox
from sark_policy._settings import U32, CacheSettings, nanoseconds, seconds, whole
from sark_policy._shard import Shard
from sark_policy._statistics import CacheStatistics
from sark_policy._ticker import ticks

WALK_DEADLINE = 1.0
"""How long a call may take that looks at every entry, in seconds, and how long it may wait before.

A large cache is walked in more time than a look-up is given, and a call that is ended loses its shard's entries.
"""

OPEN_DEADLINE = 10.0
"""How long opening may take, in seconds. It is done once, perhaps on a machine that is just starting many things."""

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
        try:
            return self._shard(key).ask(_get, 0, str.encode(key), _now())
        except Retired:
            raise Closed from None
        except UnicodeEncodeError as error:
            raise _no_text("get") from error

    def set(self, key: str, value: str, ttl: float | None = None) -> CacheOutcome:
        """Store a value for `ttl` seconds, or for the settings' time to live.

        A `ttl` of 0 stores nothing and drops the key.
        """
        return CacheOutcome(self._on(key, "set", key, value, self._lifetime(ttl), _now()))

    def get_batch(self, keys: Iterable[str]) -> list[str | None]:
        """Return the value of each key as `get` does, in the keys' order, in as few crossings as may be.

        A crossing, 128 keys at most, may take four deadlines.
        """
        keys = list(keys)
        found: list[str | None] = [None] * len(keys)
        lengths = _sizes("get_batch", keys)
        for shard, share in self._shares(keys, lengths):
            rest = share
            while rest:  # many great values come in several crossings
                asked = pack([keys[place] for place in rest], [lengths[place] for place in rest])
                values = unpack(self._call(shard, _batch, 0, "get-batch", asked, _now()))
                for place, value in zip(rest, values, strict=False):
                    found[place] = value
                rest = rest[len(values) :]
        return found

    def set_batch(self, items: Iterable[tuple[str, str, float | None]]) -> list[CacheOutcome]:
        """Store many values as `set` does, each with its key, value and `ttl`, in as few crossings as may be.

        A crossing, 128 items at most, may take four deadlines. If one fails, those before it were made.
        """
        items = list(items)
        keys = [key for key, _, _ in items]
        texts = [(key, value, str(self._lifetime(ttl))) for key, value, ttl in items]
        lengths = [_sizes("set_batch", item) for item in texts]
        outcomes: list[CacheOutcome] = [CacheOutcome.STORED] * len(items)
        for shard, share in self._shares(keys, [sum(length) for length in lengths]):
            packed = pack(
                [text for place in share for text in texts[place]],
                [length for place in share for length in lengths[place]],
            )
            names = unpack(self._call(shard, _batch, 0, "set-batch", packed, _now()))
            for place, name in zip(share, names, strict=True):
                outcomes[place] = CacheOutcome(str(name))
        return outcomes

    def delete(self, key: str) -> bool:
        """Drop a key; False if no live entry had it."""
        found: bool = self._on(key, "delete", key, _now())
        return found

    def delete_matching(self, parts: Sequence[str | None]) -> int:
        r"""Drop every entry whose key begins with these parts, and return how many of them were live.

        The parts of a key are what stands between its line feeds. `None` stands for any part; no character
        has a meaning of its own. A key with fewer parts is left alone, and no parts at all match every key.

        >>> with Cache.open(entries=100) as cache:
        ...     outcomes = cache.set_batch((key, "{}", None) for key in ("7\nread", "7\nwrite", "71\nread"))
        ...     cache.delete_matching(["7"]), cache.delete_matching([None, "read"])
        (2, 1)

        It looks at every entry, of every shard even if one fails, and may take a second in each.

        Raises:
            BadSetting: A part has a line feed, so it could match nothing.
        """
        if isinstance(parts, str):
            raise BadSetting("parts", f"give a list of parts, not the text `{parts!r}`")
        for part in parts:
            if part is not None and "\n" in part:
                raise BadSetting("parts", f"a part has no line feed; give `{part!r}` as several parts")
        return sum(self._walk("delete-matching", list(parts), _now()))

    def heads(self, parts: int) -> list[tuple[str, ...]]:
        """Return the first `parts` parts of the keys of all live entries, each beginning once, sorted.

        A key with fewer parts has none. It looks at every entry, is a use of none, and may take a second in
        each shard.

        Raises:
            BadSetting: `parts` is no number of parts, or the beginnings of a shard exceed 16 MiB.
        """
        whole(SimpleNamespace(parts=parts), "parts", 1, U32)
        heads: set[tuple[str, ...]] = set()
        for packed in self._walk("heads", parts, _now()):
            if packed is None:
                raise BadSetting("parts", f"the first {parts} parts of all keys exceed 16 MiB; ask for fewer")
            heads.update(tuple(head.split("\n")) for head in unpack(packed) if head is not None)
        return sorted(heads)

    def clear(self) -> int:
        """Drop every entry, and return how many there were. It may take a second in each shard."""
        return sum(self._walk("clear"))

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

    def _lifetime(self, ttl: float | None) -> int:
        if ttl is None:
            return self._ttl
        seconds(SimpleNamespace(ttl=ttl), "ttl", zero=True)
        return nanoseconds(ttl)

    def _shard(self, key: str) -> Shard[Bare]:
        shards = self._shards
        return shards[hash(key) % len(shards)] if len(shards) > 1 else shards[0]

    def _shares(self, keys: Sequence[str], lengths: Sequence[int]) -> Iterator[tuple[Shard[Bare], Sequence[int]]]:
        """Split the places of keys by shard and into crossings."""
        shares: dict[Shard[Bare], list[int]] = {}
        for place, key in enumerate(keys):
            shares.setdefault(self._shard(key), []).append(place)
        for shard, share in shares.items():
            for crossing in crossings(share, lengths, BATCH):
                yield shard, crossing

    def _on(self, key: str, function: str, *arguments: Any) -> Any:
        try:
            return self._shard(key).ask(_spread, 0, function, arguments)
        except Retired:
            raise Closed from None
        except UnicodeEncodeError as error:
            raise _no_text(function) from error

    def _all(self, function: str, *arguments: Any) -> list[Any]:
        return [self._call(shard, Bare.call, 0, function, *arguments) for shard in self._shards]

    def _walk(self, function: str, *arguments: Any) -> list[Any]:
        """Let every shard look at every entry, also if one of them fails."""
        answers: list[Any] = []
        failed: Undecided | None = None
        for shard in self._shards:
            try:
                answers.append(self._call(shard, _walk, WALK_DEADLINE, function, *arguments))
            except Undecided as undecided:
                failed = failed or undecided
        if failed is not None:
            raise failed
        return answers

    def _call(
        self, shard: Shard[Bare], work: Callable[..., Any], patience: float, function: str, *arguments: Any
    ) -> Any:
        try:
            return shard.call(work, patience, function, *arguments)
        except Retired:
            raise Closed from None
        except UnicodeEncodeError as error:
            raise _no_text(function) from error


def _get(bare: Bare, left: int, key: bytes, now: int) -> str | None:
    """Look a key up: as `bare.call`, without its share of the time."""
    if bare.ticker.beat != bare.armed or left != bare.left:
        bare.arm(left)
    try:
        found: str | None = bare.functions["get"](key, now)
    except bare.trap as trap:
        raise bare.ended(trap) from trap
    return found


def _spread(bare: Bare, left: int, function: str, arguments: tuple[Any, ...]) -> Any:
    """Call with some arguments."""
    return bare.call(left, function, *arguments)


def _batch(bare: Bare, left: int, function: str, packed: str, now: int) -> str:
    """Call with many texts."""
    answer: str | None = bare.call(left * BATCH_DEADLINES, function, packed, now)
    if not answer:
        raise Trapped(f"`{function}` was not understood")
    return answer


def _walk(bare: Bare, left: int, function: str, *arguments: Any) -> Any:
    """Call what looks at every entry."""
    try:
        return bare.call(max(left, ticks(WALK_DEADLINE)), function, *arguments)
    except DeadlineElapsed as elapsed:
        raise DeadlineElapsed(max(bare.deadline, WALK_DEADLINE)) from elapsed


def _sizes(function: str, texts: Sequence[str]) -> list[int]:
    try:
        return sizes(texts)
    except UnicodeEncodeError as error:
        raise _no_text(function) from error


def _no_text(function: str) -> InputNotSerializable:
    return InputNotSerializable(function, "has a lone surrogate, which is no character")


def _open(sandbox: Sandbox, settings: CacheSettings) -> Bare:
    limits = SimpleNamespace(
        entries=-(-settings.entries // settings.shards),
        bytes=-(-settings.bytes // settings.shards),
        seed=int.from_bytes(os.urandom(8), "little"),
    )
    # Keys, values, and what holds them; then room for a call.
    memory = 2 * limits.bytes + 512 * limits.entries + (64 << 20)
    bare = Bare(sandbox, CACHE, memory, settings.deadline)
    refused: str | None = bare.call(ticks(OPEN_DEADLINE), "open", limits)
    if refused is not None:
        bare.close()
        raise BadSetting("entries", refused)
    return bare
