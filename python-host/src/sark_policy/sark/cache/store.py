"""What handles on a policy cache share: the component's cache, the figures, and the revalidations under way.

What bounds its life: the process's own store is opened by whoever first needs it, and ends with the process
or by `forget`. A cache with limits of its own has a store that ends with it. After a fork the child goes on
with a copy.

INVARIANT: what was to be dropped is never served again. Where the component could not drop it, the store
goes over to another epoch, and an entry of an earlier one counts as none.
"""

import os
import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sark_policy import BadSetting, Cache, CacheOutcome, CacheSettings, InputNotSerializable, SarkPolicyError, _process
from sark_policy.sark.cache.entry import Entry, written
from sark_policy.sark.cache.figures import CacheFigures
from sark_policy.sark.cache.keys import PARTS, Head
from sark_policy.sark.cache.revalidation import Revalidations

LONGEST = 365 * 86400
"""Longest time to live, in seconds: the component's own limit."""

DEADLINE = 0.05
"""How long a look-up may take, waiting included, in seconds."""

_now = time.time


class Store:
    """One cache of decisions in the sandbox."""

    def __init__(self, entries: int, bytes: int) -> None:
        """Open an empty one.

        Raises:
            BadSetting: A limit is out of range.
            SandboxUnavailable: This machine cannot run the sandbox.
        """
        self.entries = entries
        """Most decisions."""
        self.bytes = bytes
        """Most bytes, keys and decisions together."""
        self.cache = Cache.open(CacheSettings(entries=entries, bytes=bytes, deadline=DEADLINE))
        self.closed = False
        """Whether it was."""
        self.figures = CacheFigures()
        self.revalidations = Revalidations()
        self._epoch = 0
        self._drops = 0
        self._lock = threading.Lock()
        _process.join(self)

    def read(self, text: str | None) -> Entry | None:
        """Return the entry that a text of the component's cache is, if it may be served."""
        if text is None:
            return None
        entry = Entry.read(text)
        return entry if entry is not None and entry.epoch == self._epoch else None

    def write(self, decision: Any, ttl: float) -> str:
        """Return the text to keep for a decision that is served for `ttl` seconds.

        Raises:
            InputNotSerializable: Something in it cannot be encoded.
            TypeError: It is no decision.
        """
        return written(decision, _now(), ttl, self._epoch)

    def keep(self, key: str, decision: Any, ttl: float) -> bool:
        """Keep a decision; whether it is kept.

        Raises:
            InputNotSerializable: Something in it cannot be encoded. An earlier decision of the key is gone.
            TypeError: It is no decision. An earlier one of the key is gone.
            SarkPolicyError: The component is busy, or refuses the time to live.
        """
        try:
            text = self.write(decision, ttl)
        except (InputNotSerializable, TypeError):
            self.cache.delete(key)
            raise
        return self.cache.set(key, text, ttl) is not CacheOutcome.OVERSIZED

    def keep_batch(self, items: Iterable[tuple[str, Any, float]]) -> tuple[int, list[Exception]]:
        """Keep many decisions, each with its key and time to live, as `keep` does.

        Returns how many are kept, and what was wrong with the others' decisions and times to live.

        Raises:
            SarkPolicyError: The component is busy.
        """
        texts: list[tuple[str, str, float | None]] = []
        errors: list[Exception] = []
        for key, decision, ttl in items:
            try:
                if not 0 <= ttl <= LONGEST:
                    raise BadSetting("ttl", f"give a number of seconds from 0, not `{ttl!r}`")
                texts.append((key, self.write(decision, ttl), ttl))
            except (InputNotSerializable, TypeError, BadSetting) as error:
                errors.append(error)
                texts.append((key, "", 0))
        outcomes = self.cache.set_batch(texts)
        kept = sum(outcome is not CacheOutcome.OVERSIZED for outcome in outcomes)
        return kept - len(errors), errors

    def heads(self) -> list[Head]:
        """Return how the keys of all live entries begin, each once, for some of them to be dropped.

        Raises:
            SarkPolicyError: The component cannot say, or they exceed 16 MiB; nothing of before is served again.
        """
        try:
            return [head for head in self.cache.heads(PARTS) if len(head) == PARTS]  # type: ignore[misc]
        except Exception:
            self._forsake()
            raise

    def drops(self) -> int:
        """Return how often something was dropped so far."""
        return self._drops

    def keep_unless_dropped(self, drops: int, key: str, decision: Any, ttl: float) -> bool:
        """Keep a decision unless something was dropped since then: it may have been made before that."""
        with self._lock:
            return self._drops == drops and self.keep(key, decision, ttl)

    def drop(self, work: Callable[[Cache], int]) -> int:
        """Let `work` drop entries, and return how many it says.

        Raises:
            InputNotSerializable: What is to be dropped is named by no text, so nothing can be kept under it.
            SarkPolicyError: The component could not drop them; nothing of before is served again.
        """
        with self._lock:
            self._drops += 1
        try:
            return work(self.cache)
        except InputNotSerializable:
            raise
        except Exception:
            self._forsake()
            raise

    def remaining(self, entry: Entry) -> float:
        """Return for how much longer an entry is served, in seconds."""
        return entry.stored + entry.ttl - _now()

    def evictions(self) -> int:
        """Return how many entries had to make room, 0 if the component cannot say."""
        try:
            return self.cache.stats().evictions
        except SarkPolicyError:
            return 0

    def _forsake(self) -> None:
        with self._lock:
            self._drops += 1
            self._epoch += 1

    def close(self) -> None:
        """End it."""
        self.closed = True
        self.cache.close()

    def before_fork(self, until: float) -> None:
        """Nothing: no lock is held across a fork that a child could not do without."""

    def after_fork_in_parent(self) -> None:
        """Nothing."""

    def after_fork_in_child(self) -> None:
        """Go on without the other threads, and without what their loops were doing."""
        self._lock = threading.Lock()
        self.figures.renew()
        self.revalidations.renew()


def drop_heads(cache: Cache, heads: Collection[Head]) -> int:
    """Drop all keys that begin so, and return how many there were.

    If all keys together are too many to name, more than 16 MiB, everything goes.
    """
    try:
        keys = ["\n".join(key) for key in cache.heads(PARTS + 1) if key[:PARTS] in heads]
    except BadSetting:
        return cache.clear()
    cache.set_batch((key, "", 0) for key in keys)
    return len(keys)


_lock = threading.Lock()
_shared: Store | None = None


def shared(entries: int, bytes: int) -> Store:
    """Return the process's store; the limits of the first caller count."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = Store(entries, bytes)
        return _shared


def opened() -> Store | None:
    """Return the process's store, if somebody has opened it."""
    return _shared


def forget() -> None:
    """End the process's store. Whoever asks next gets another one."""
    global _shared
    with _lock:
        store, _shared = _shared, None
    if store is not None:
        store.close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
