"""The cache on its own, against a model."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import sark_policy._cache
from sark_policy import BadSetting, Cache, CacheOutcome, CacheStatistics, Closed, InputNotSerializable

SECOND = 10**9


@pytest.fixture
def cache() -> Iterator[Cache]:
    """A small cache."""
    with Cache.open(entries=3, bytes=100, deadline=10.0) as cache:
        yield cache


def test_set_and_get(cache: Cache) -> None:
    """What was set is found, other keys are not."""
    assert CacheOutcome.STORED == cache.set("a", "1")
    assert ("1", None) == (cache.get("a"), cache.get("b"))


def test_set_tells_what_became_of_it(cache: Cache) -> None:
    """Each outcome has its name."""
    found = [cache.set("a", "1"), cache.set("a", "2"), cache.set("a", "3", ttl=0), cache.set("a", "x" * 100)]
    assert [CacheOutcome.STORED, CacheOutcome.REPLACED, CacheOutcome.EXPIRED, CacheOutcome.OVERSIZED] == found
    assert cache.get("a") is None


def test_delete_and_clear(cache: Cache) -> None:
    """What was dropped is gone."""
    for key in "abc":
        cache.set(key, key)
    assert [True, False] == [cache.delete("a"), cache.delete("a")]
    assert (2, 2, 0) == (cache.length(), cache.clear(), cache.length())


def test_entries_obeyed(cache: Cache) -> None:
    """As many entries as the limit are all held."""
    for key in "abc":
        cache.set(key, key)
    assert ["a", "b", "c"] == [cache.get(key) for key in "abc"]


def test_entries_violated(cache: Cache) -> None:
    """One more drops the least recently used."""
    for key in "abc":
        cache.set(key, key)
    cache.get("a")
    cache.set("d", "d")
    assert ["a", None, "c", "d"] == [cache.get(key) for key in "abcd"]
    assert 1 == cache.stats().evictions


def test_time_to_live(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry is served until its time is over, the settings' or its own."""
    now = 1_800_000_000 * SECOND
    monkeypatch.setattr(sark_policy._cache, "_now", lambda: now)
    cache.set("a", "1")
    cache.set("b", "2", ttl=0.5)
    now += SECOND // 2 - 1
    assert ("1", "2") == (cache.get("a"), cache.get("b"))
    now += 1
    assert ("1", None) == (cache.get("a"), cache.get("b"))
    now += 300 * SECOND
    assert (1, 0) == (cache.sweep(), cache.length())


def test_shards_share_the_keys() -> None:
    """Several instances hold what one would."""
    with Cache.open(shards=4, deadline=10.0) as cache:
        for n in range(100):
            cache.set(f"key-{n}", str(n))
        assert [str(n) for n in range(100)] == [cache.get(f"key-{n}") for n in range(100)]
        assert (100, 100) == (cache.length(), cache.stats().hits)


def test_any_text_is_a_key(cache: Cache) -> None:
    """Empty, other scripts, line breaks and zeros are texts as well."""
    for key in ("", "ä😀", "a\nb", "a\0b"):
        cache.set(key, key)
        assert key == cache.get(key)


def test_a_lone_surrogate_is_no_text(cache: Cache) -> None:
    """It is refused by its type, and the cache goes on."""
    with pytest.raises(InputNotSerializable):
        cache.set("a", "\ud800")
    assert cache.get("a") is None


def test_close_ends_the_cache(cache: Cache) -> None:
    """After `close` every call says so."""
    cache.close()
    cache.close()
    for call in (lambda: cache.get("a"), lambda: cache.set("a", "b"), cache.clear, cache.length, cache.stats):
        with pytest.raises(Closed):
            call()


@pytest.mark.parametrize(("name", "value"), [("entries", 0), ("bytes", 0), ("shards", 0), ("ttl", -1), ("deadline", 0)])
def test_settings_refuse_what_is_out_of_range(name: str, value: Any) -> None:
    """A setting out of range is named."""
    with pytest.raises(BadSetting) as caught:
        Cache.open(**{name: value})
    assert name == caught.value.name


@pytest.mark.parametrize("ttl", [-1, float("nan"), float("inf")])
def test_a_senseless_time_to_live_is_refused(cache: Cache, ttl: float) -> None:
    """A time to live must be a number of seconds."""
    with pytest.raises(BadSetting):
        cache.set("a", "1", ttl=ttl)


class Model(RuleBasedStateMachine):
    """Does everything twice, and compares."""

    keys = st.sampled_from(["a", "b", "ä", "long-key-of-a-kind"])

    @initialize(entries=st.integers(1, 4), limit=st.integers(1, 60))
    def begin(self, entries: int, limit: int) -> None:
        """Open a cache with any limits."""
        self.cache = Cache.open(entries=entries, bytes=limit, deadline=10.0)
        self.entries, self.limit = entries, limit
        self.held: OrderedDict[str, tuple[str, int]] = OrderedDict()  # least recently used first
        self.now = 1_800_000_000 * SECOND
        self.hits = self.misses = self.evictions = self.expirations = 0
        sark_policy._cache._now = lambda: self.now

    def teardown(self) -> None:
        """Close it."""
        import time

        sark_policy._cache._now = time.time_ns
        if hasattr(self, "cache"):
            self.cache.close()

    def drop(self, key: str) -> bool:
        """Drop a key of the model; whether it was live."""
        entry = self.held.pop(key, None)
        if entry is None:
            return False
        expired = entry[1] <= self.now
        self.expirations += expired
        return not expired

    @staticmethod
    def weight(key: str, value: str) -> int:
        """Count bytes."""
        return len(key.encode()) + len(value.encode())

    @property
    def bytes(self) -> int:
        """All bytes of the model."""
        return sum(self.weight(key, value) for key, (value, _) in self.held.items())

    @rule(key=keys, value=st.text(max_size=20), ttl=st.integers(0, 5))
    def set(self, key: str, value: str, ttl: int) -> None:
        """Store a value."""
        live = self.drop(key)
        weight = self.weight(key, value)
        if ttl == 0:
            expected = CacheOutcome.EXPIRED
        elif weight > self.limit:
            expected = CacheOutcome.OVERSIZED
        else:
            while len(self.held) >= self.entries or self.bytes + weight > self.limit:
                self.held.popitem(last=False)
                self.evictions += 1
            self.held[key] = (value, self.now + ttl * SECOND)
            expected = CacheOutcome.REPLACED if live else CacheOutcome.STORED
        assert expected == self.cache.set(key, value, ttl=ttl)

    @rule(key=keys)
    def get(self, key: str) -> None:
        """Look a key up."""
        expected = None
        if key in self.held and self.held[key][1] > self.now:
            expected = self.held[key][0]
            self.held.move_to_end(key)
            self.hits += 1
        else:
            self.drop(key)
            self.misses += 1
        assert expected == self.cache.get(key)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        """Drop a key."""
        assert self.drop(key) == self.cache.delete(key)

    @rule(seconds=st.integers(1, 4))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds * SECOND

    @rule(steps=st.integers(0, 3))
    def sweep(self, steps: int) -> None:
        """Drop what is over, earliest first."""
        over = sorted((deadline, key) for key, (_, deadline) in self.held.items() if deadline <= self.now)
        # Which of two that are over at once goes first is not said, so ask for all then.
        steps = steps if len({deadline for deadline, _ in over}) == len(over) else 10
        for _, key in over[:steps]:
            self.drop(key)
        assert min(steps, len(over)) == self.cache.sweep(steps)

    @rule()
    def clear(self) -> None:
        """Drop everything."""
        assert len(self.held) == self.cache.clear()
        self.held.clear()

    @invariant()
    def agrees(self) -> None:
        """The figures are the model's."""
        if hasattr(self, "cache"):
            expected = CacheStatistics(
                self.hits, self.misses, self.evictions, self.expirations, len(self.held), self.bytes
            )
            assert expected == self.cache.stats()
            assert len(self.held) == self.cache.length()


TestModel = Model.TestCase
TestModel.settings = hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None)
TestModel.__doc__ = "The cache does what the model does, whatever is done to it."
