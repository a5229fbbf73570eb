"""The cache on its own, against a model."""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

import sark_policy._cache
from sark_policy import (
    BadSetting,
    Cache,
    CacheOutcome,
    CacheStatistics,
    Closed,
    DeadlineElapsed,
    InputNotSerializable,
    Trapped,
)
from sark_policy._cache import WALK_DEADLINE
from sark_policy._instance import Bare
from sark_policy._packed import crossings, pack, sizes, unpack
from sark_policy._ticker import ticks

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
    for call in (
        lambda: cache.get("a"),
        lambda: cache.set("a", "b"),
        lambda: cache.get_batch(["a"]),
        lambda: cache.set_batch([("a", "b", None)]),
        lambda: cache.delete_matching(["a"]),
        lambda: cache.heads(1),
        cache.clear,
        cache.length,
        cache.stats,
    ):
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


@pytest.mark.parametrize("shards", [1, 3])
def test_batches_answer_in_order(shards: int) -> None:
    """Each key has its answer in its place, whatever shard and crossing it went by."""
    with Cache.open(shards=shards, deadline=10.0) as cache:
        items = [(f"key-{n}", f"välue-{n}", None) for n in range(500)]
        assert [CacheOutcome.STORED] * 500 == cache.set_batch(items)
        assert [CacheOutcome.REPLACED, CacheOutcome.STORED] == cache.set_batch([items[0], ("new", "", None)])
        keys = [f"key-{n * 7 % 600}" for n in range(600)]
        assert [cache.get(key) for key in keys] == cache.get_batch(keys)
        assert (1000, 200) == (cache.stats().hits, cache.stats().misses)


def test_set_batch_tells_what_became_of_each(cache: Cache) -> None:
    """Items are stored one after another, each with its own time to live."""
    items = [("a", "1", None), ("a", "2", 1.5), ("a", "3", 0), ("b", "x" * 100, 5), ("b", "4", None)]
    outcomes = [
        CacheOutcome.STORED,
        CacheOutcome.REPLACED,
        CacheOutcome.EXPIRED,
        CacheOutcome.OVERSIZED,
        CacheOutcome.STORED,
    ]
    assert outcomes == cache.set_batch(iter(items))
    assert [None, "4"] == cache.get_batch(iter("ab"))


def test_batches_of_nothing(cache: Cache) -> None:
    """No keys, no answers."""
    assert ([], []) == (cache.get_batch([]), cache.set_batch([]))


def test_any_text_goes_by_batch(cache: Cache) -> None:
    """Empty, other scripts, line breaks, digits, dashes and zeros are texts as well."""
    for text in ("", "ä😀", "a\nb\n", "a\0b", "\n3 -", "-", "1 2", '"\\"'):
        assert [CacheOutcome.STORED] == cache.set_batch([(text, text, None)])
        assert [text, None, text] == cache.get_batch([text, text + "?", text])


def test_great_values_come_in_several_crossings() -> None:
    """A batch may come to more than a crossing, and more than the sandbox has room for at once."""
    with Cache.open(bytes=16 << 20, deadline=10.0) as cache:
        items = [(f"{n}" * 300_000, f"{n}" * 900_000, None) for n in range(10)]
        assert [CacheOutcome.STORED] * 10 == cache.set_batch(items)
        keys = [key for key, _, _ in items] * 20
        assert [value for _, value, _ in items] * 20 == cache.get_batch(keys)


@pytest.mark.parametrize(
    "batch", [lambda cache: cache.get_batch(["a", "\ud800"]), lambda cache: cache.set_batch([("a", "\ud800", 1)])]
)
def test_a_batch_refuses_a_lone_surrogate(cache: Cache, batch: Any) -> None:
    """It is refused as a whole, and the cache goes on."""
    cache.set("a", "1")
    with pytest.raises(InputNotSerializable):
        batch(cache)
    assert "1" == cache.get("a")


def test_a_batch_refuses_what_is_no_text(cache: Cache) -> None:
    """A number is no key and no value."""
    for batch in (lambda: cache.get_batch([1]), lambda: cache.set_batch([("a", 1, None)])):  # type: ignore[list-item]
        with pytest.raises(TypeError):
            batch()
    with pytest.raises(BadSetting):
        cache.set_batch([("a", "1", -1)])
    assert 0 == cache.length()


def test_what_is_not_packed_is_an_error_and_no_trap(cache: Cache) -> None:
    """The component refuses what no host of ours sends, and goes on."""
    cache.set("a", "1")
    shard = cache._shards[0]
    for function, packed in (
        ("get-batch", "a"),
        ("get-batch", "a\n2"),
        ("get-batch", "\n-"),
        ("set-batch", "a1\n1 1"),
        ("set-batch", "a1x\n1 1 1"),
        ("set-batch", "b1-1\n1 1 2"),
    ):
        with pytest.raises(Trapped):
            shard.call(sark_policy._cache._batch, 0, function, packed, 0)
    cache._shards[0].drain()


def test_delete_matching_compares_parts_whole() -> None:
    """Parts are compared from the first one on; None stands for any, and no character for another."""
    keys = ["v1\n7\nread", "v1\n7\nwrite", "v1\n71\nread", "v1\n7", "v1\n*\nread", "v2\n7\nread", "v1", ""]
    for parts, left in (
        (["v1", "7"], [keys[2], *keys[4:]]),
        (["v1", "*"], [*keys[:4], *keys[5:]]),
        (["v1", None, "read"], [keys[1], keys[3], *keys[5:]]),
        ([None, None, None], [keys[3], *keys[6:]]),
        (["v"], keys),
        ([""], keys[:-1]),
        ([], []),
    ):
        with Cache.open(shards=3, deadline=10.0) as cache:
            cache.set_batch((key, "x", None) for key in keys)
            assert len(keys) - len(left) == cache.delete_matching(parts)
            assert left == [key for key in keys if cache.get(key) is not None]
            assert (0, 0) == (cache.stats().evictions, cache.stats().expirations)


def test_delete_matching_counts_what_was_live(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    """What had expired is dropped as well, as an expiration."""
    now = 1_800_000_000 * SECOND
    monkeypatch.setattr(sark_policy._cache, "_now", lambda: now)
    cache.set_batch([("a\n1", "", 1), ("a\n2", "", 2), ("b\n1", "", 1)])
    now += SECOND
    assert [("a",)] == cache.heads(1)
    assert 1 == cache.delete_matching(["a"])
    assert (1, 1) == (cache.length(), cache.stats().expirations)


@pytest.mark.parametrize("parts", ["v1", ["a\nb"], ["a", None, "\n"]], ids=repr)
def test_delete_matching_refuses_what_is_no_part(cache: Cache, parts: Any) -> None:
    """A text is no list of parts, and a part has no line feed."""
    with pytest.raises(BadSetting) as caught:
        cache.delete_matching(parts)
    assert "parts" == caught.value.name


def test_delete_matching_refuses_a_lone_surrogate(cache: Cache) -> None:
    """It is refused by its type, and the cache goes on."""
    with pytest.raises(InputNotSerializable):
        cache.delete_matching(["\ud800"])
    assert 0 == cache.delete_matching(["a"])


def test_heads_are_sorted_and_each_is_there_once() -> None:
    """The beginnings of all keys that have so many parts, over all shards."""
    with Cache.open(shards=3, deadline=10.0) as cache:
        cache.set_batch((f"v1\n{n % 3}\n{n}", "x", None) for n in range(30))
        cache.set_batch([("v1", "x", None), ("", "x", None), ("v\t", "x", None), ("v\n\n", "x", None)])
        assert [("",), ("v",), ("v\t",), ("v1",)] == cache.heads(1)
        assert [("v", ""), ("v1", "0"), ("v1", "1"), ("v1", "2")] == cache.heads(2)
        assert 31 == len(cache.heads(3))
        assert [] == cache.heads(4) == cache.heads((1 << 32) - 1)
        assert 0 == cache.stats().hits


@pytest.mark.parametrize("parts", [0, -1, 1 << 32, 1.5, "1", None], ids=repr)
def test_heads_refuses_what_is_no_number_of_parts(cache: Cache, parts: Any) -> None:
    """At least one part, and a whole number of them."""
    with pytest.raises(BadSetting) as caught:
        cache.heads(parts)
    assert "parts" == caught.value.name


def test_heads_beyond_16_mib_are_refused() -> None:
    """There is an error, no trap: the entries stay."""
    with Cache.open(bytes=32 << 20, deadline=10.0) as cache:
        cache.set_batch((f"{n}" + "k" * (1 << 20), "", None) for n in range(15))
        assert 15 == len(cache.heads(1))
        cache.set_batch((f"{n}" + "k" * (1 << 20), "", None) for n in range(15, 17))
        with pytest.raises(BadSetting, match="16 MiB"):
            cache.heads(1)
        assert 17 == cache.length()


def test_a_call_that_looks_at_every_entry_has_a_deadline_of_its_own() -> None:
    """Where a look-up's deadline is too short for it, it goes by the longer one; the error names that."""

    class Slow:
        """An instance that takes too long."""

        deadline = 0.05

        def call(self, left: int, *_: Any) -> None:
            """Be ended."""
            self.left = left
            raise DeadlineElapsed(self.deadline)

    slow: Any = Slow()
    for deadline, limit in ((0.05, WALK_DEADLINE), (30.0, 30.0)):
        slow.deadline = deadline
        with pytest.raises(DeadlineElapsed) as caught:
            sark_policy._cache._walk(slow, ticks(deadline), "heads", 1, 0)
        assert (ticks(limit), limit) == (slow.left, caught.value.limit)


@pytest.mark.parametrize("walk", [lambda cache: cache.delete_matching(["a"]), lambda cache: cache.clear()])
def test_a_failure_in_one_shard_keeps_no_other_from_dropping(monkeypatch: pytest.MonkeyPatch, walk: Any) -> None:
    """What is to be dropped is dropped wherever it can be; then the error is raised."""
    with Cache.open(shards=4, deadline=10.0) as cache:
        cache.set_batch((f"a\n{n}", "", None) for n in range(100))
        whole = cache._call

        def call(shard: Any, *arguments: Any) -> Any:
            if shard is cache._shards[1]:
                raise Trapped("no reason")
            return whole(shard, *arguments)

        with monkeypatch.context() as patched:
            patched.setattr(cache, "_call", call)
            with pytest.raises(Trapped, match="no reason"):
                walk(cache)
        held = [shard.call(Bare.call, 0, "length") for shard in cache._shards]
        assert [True, False, True, True] == [length == 0 for length in held]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["\n", "-", "\n0", "1 2"])))
def test_what_was_packed_is_unpacked(texts: list[str]) -> None:
    """Any texts go into one and come back."""
    assert texts == unpack(pack(texts, sizes(texts)))


@given(st.lists(st.integers(0, 600_000)), st.integers(1, 4))
def test_crossings_hold_everything_in_order_within_bounds(lengths: list[int], most: int) -> None:
    """Nothing is left out, and only a text alone has more bytes than a crossing."""
    split = list(crossings(range(len(lengths)), lengths, most))
    assert list(range(len(lengths))) == [place for crossing in split for place in crossing]
    for crossing in split:
        assert 1 <= len(crossing) <= most
        assert len(crossing) == 1 or sum(lengths[place] for place in crossing) <= 1 << 20


class Model(RuleBasedStateMachine):
    """Does everything twice, and compares."""

    keys = st.sampled_from(["a", "b", "ä", "long-key-of-a-kind", "a\nb", "a\nb\n*", "*\nb", ""])
    parts = st.lists(st.sampled_from(["a", "b", "*", "", None]), max_size=4)

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

    def stored(self, key: str, value: str, ttl: int) -> CacheOutcome:
        """Store a value in the model."""
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
        return expected

    def found(self, key: str) -> str | None:
        """Look a key up in the model."""
        expected = None
        if key in self.held and self.held[key][1] > self.now:
            expected = self.held[key][0]
            self.held.move_to_end(key)
            self.hits += 1
        else:
            self.drop(key)
            self.misses += 1
        return expected

    @rule(key=keys, value=st.text(max_size=20), ttl=st.integers(0, 5))
    def set(self, key: str, value: str, ttl: int) -> None:
        """Store a value."""
        assert self.stored(key, value, ttl) == self.cache.set(key, value, ttl=ttl)

    @rule(items=st.lists(st.tuples(keys, st.text(max_size=20), st.integers(0, 5)), max_size=5))
    def set_batch(self, items: list[tuple[str, str, int]]) -> None:
        """Store many values, one after another."""
        assert [self.stored(*item) for item in items] == self.cache.set_batch(items)

    @rule(key=keys)
    def get(self, key: str) -> None:
        """Look a key up."""
        assert self.found(key) == self.cache.get(key)

    @rule(keys=st.lists(keys, max_size=6))
    def get_batch(self, keys: list[str]) -> None:
        """Look many keys up, one after another."""
        assert [self.found(key) for key in keys] == self.cache.get_batch(keys)

    @rule(parts=parts)
    def delete_matching(self, parts: list[str | None]) -> None:
        """Drop keys by their parts."""
        found = [
            key
            for key in self.held
            if len(key.split("\n")) >= len(parts)
            and all(part in (None, own) for part, own in zip(parts, key.split("\n"), strict=False))
        ]
        assert sum([self.drop(key) for key in found]) == self.cache.delete_matching(parts)

    @rule(parts=st.integers(1, 4))
    def heads(self, parts: int) -> None:
        """List how keys begin."""
        split = [key.split("\n") for key, (_, deadline) in self.held.items() if deadline > self.now]
        expected = sorted({tuple(key[:parts]) for key in split if len(key) >= parts})
        assert expected == self.cache.heads(parts)

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
