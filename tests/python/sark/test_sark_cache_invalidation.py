"""What an invalidation of the policy cache hits: exactly what it names, and nothing else."""

import asyncio
import fnmatch
import glob
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from policy_caches import ACTION, ALLOW, DENY, Opener
from sark_policy.sark.cache import RustPolicyCache, Served
from sark_policy.sark.cache import store as cache_store

pytestmark = pytest.mark.anyio

Question = tuple[str, str, str, Any]

# Whatever looks like something: wildcards, separators, escapes, other ids' beginnings and ends.
IDS = [
    "",
    "a",
    "ab",
    "a*",
    "*",
    "?",
    "[a]",
    "[!a]",
    "a:b",
    "a\nb",
    "\\",
    "\\n",
    "a\\",
    "tool:a",
    "server:a",
    "x/y",
    "x_y",
]


async def fill(cache: RustPolicyCache, questions: Iterable[Question]) -> None:
    """Keep a decision for each question, and nothing else."""
    await cache.clear_all()
    for user, action, resource, context in questions:
        assert await cache.set(user, action, resource, ALLOW, context)


async def left(cache: RustPolicyCache, questions: Iterable[Question]) -> list[Question]:
    """Return the questions that still have a decision."""
    return [question for question in questions if await cache.get(*question) is not None]


def names(question: Question, user_id: str | None, action: str | None, resource: str | None) -> bool:
    """Whether an invalidation names a question."""
    user, act, res, _ = question
    named = (resource, f"tool:{resource}", f"server:{resource}")
    return user_id in (None, user) and action in (None, act) and (resource is None or res in named)


def rendered(question: Question) -> str:
    """Return what a pattern is matched with."""
    user, action, resource, context = question
    assert context in (None, {}, {"n": 1}, {"n": 2})
    written = f'{{"n":{context["n"]}}}' if context else ""
    digest = hashlib.sha256(written.encode()).hexdigest()[:16] if context else "none"
    return f"policy:decision:{user}:{action}:{resource}:{digest}"


# --- The flaws of the gateway's invalidation (SARK.md, 1.6)


@pytest.mark.parametrize("kind", ["", "tool:", "server:"])
@pytest.mark.parametrize("named", ["ledger", None])
async def test_a_raw_resource_hits_what_clients_call_tool_and_server(
    policy_cache: RustPolicyCache, kind: str, named: str | None
) -> None:
    """`ledger` is `tool:ledger` and `server:ledger` in questions, whose full names work too."""
    await fill(policy_cache, [("kim", ACTION, f"{kind}ledger", {"n": 1}), ("kim", ACTION, "tool:other", None)])
    resource = named or f"{kind}ledger"
    assert 1 == await policy_cache.invalidate("kim", ACTION, resource)
    assert (1, 0) == (await policy_cache.size(), await policy_cache.invalidate("kim", ACTION, resource))


async def test_an_action_alone_does_not_wipe_everything(policy_cache: RustPolicyCache) -> None:
    """Other actions stay."""
    await fill(policy_cache, questions := [(user, action, "r", None) for user in "ab" for action in "xy"])
    assert 2 == await policy_cache.invalidate(action="x")
    assert questions[1::2] == await left(policy_cache, questions)


async def test_a_resource_alone_does_not_wipe_everything(policy_cache: RustPolicyCache) -> None:
    """Other resources stay."""
    await fill(policy_cache, questions := [(user, "a", resource, None) for user in "ab" for resource in "xy"])
    assert 2 == await policy_cache.invalidate(resource="x")
    assert questions[1::2] == await left(policy_cache, questions)


async def test_an_empty_id_is_not_no_id(policy_cache: RustPolicyCache) -> None:
    """An empty user is a user, not everybody."""
    await fill(policy_cache, questions := [("", "a", "r", None), ("kim", "a", "r", None)])
    assert 1 == await policy_cache.invalidate(user_id="")
    assert questions[1:] == await left(policy_cache, questions)


@pytest.mark.parametrize("wild", ["*", "?", "k*", "[k]im", "k?m", "k\\im"])
async def test_wildcards_in_ids_are_themselves(policy_cache: RustPolicyCache, wild: str) -> None:
    """A user named `*` is one user."""
    await fill(policy_cache, questions := [("kim", wild, wild, None), (wild, "a", "r", None), ("lee", "a", "r", None)])
    assert 1 == await policy_cache.invalidate(user_id=wild)
    assert 1 == await policy_cache.invalidate(action=wild)
    assert [questions[2]] == await left(policy_cache, questions)


async def test_no_argument_is_everything(policy_cache: RustPolicyCache) -> None:
    """Then all of them go."""
    await fill(policy_cache, [(user, "a", "r", {"n": n}) for user in "ab" for n in range(3)])
    assert (6, 0) == (await policy_cache.invalidate(), await policy_cache.size())


# --- Patterns


@pytest.mark.parametrize(
    ("pattern", "hit"),
    [
        ("policy:decision:kim:*", [0, 1, 2]),
        ("policy:decision:kim:*:none", [2]),
        ("policy:decision:*:tool:invoke:*", [0, 1, 3]),
        ("policy:decision:*:tool:ledger:*", [0, 2]),
        ("policy:decision:k?m:*", [0, 1, 2]),
        ("policy:decision:[kx]im:*", [0, 1, 2]),
        ("policy:decision:[^k]*", [3, 4]),
        ("policy:decision:[!k]*", [3, 4]),
        ("policy:decision:[*]:*", [4]),
        ("*ledger*", [0, 2]),
        ("*", [0, 1, 2, 3, 4]),
        ("policy:decision:*", [0, 1, 2, 3, 4]),
        ("kim", []),
        ("", []),
        ("policy:decision:kim", []),
        ("[", []),
    ],
)
async def test_a_pattern_hits_what_it_matches(policy_cache: RustPolicyCache, pattern: str, hit: list[int]) -> None:
    """Users, actions, resources, all, or nothing."""
    questions: list[Question] = [
        ("kim", "tool:invoke", "tool:ledger", {"n": 1}),
        ("kim", "tool:invoke", "tool:other", {"n": 1}),
        ("kim", "server:list", "tool:ledger", None),
        ("lee", "tool:invoke", "server:x", {"n": 2}),
        ("*", "a", "r", {"n": 2}),
    ]
    await fill(policy_cache, questions)
    assert len(hit) == await policy_cache.invalidate_pattern(pattern)
    assert [question for n, question in enumerate(questions) if n not in hit] == await left(policy_cache, questions)


async def test_a_pattern_may_name_the_contexts_digest(policy_cache: RustPolicyCache) -> None:
    """Of two questions with different contexts one goes."""
    await fill(policy_cache, questions := [("kim", "a", "r", {"n": n}) for n in (1, 2)])
    assert 1 == await policy_cache.invalidate_pattern(rendered(questions[0]))
    assert questions[1:] == await left(policy_cache, questions)


async def test_a_pattern_that_is_no_text_drops_nothing(policy_cache: RustPolicyCache) -> None:
    """It is counted as an error."""
    await fill(policy_cache, questions := [("kim", "a", "r", None)])
    pattern: Any = 7
    assert 0 == await policy_cache.invalidate_pattern(pattern)
    assert (1, questions) == (policy_cache.metrics.errors, await left(policy_cache, questions))


async def test_a_pattern_over_thousands(open_cache: Opener) -> None:
    """Half of two thousand users go, and no other."""
    cache = open_cache(3_000)
    await cache.set_batch([(f"user-{n}", "a", "xyz"[n % 3], ALLOW, {"n": n}) for n in range(2_000)])
    assert 1_000 == await cache.invalidate_pattern("policy:decision:user-*[02468]:*")
    found = await cache.get_batch([(f"user-{n}", "a", "xyz"[n % 3], {"n": n}) for n in range(2_000)])
    assert [None, ALLOW] * 1_000 == found


async def test_a_pattern_over_more_than_can_be_named(open_cache: Opener) -> None:
    """Where the keys are too long to be named one by one, rather too much is dropped than too little."""
    cache = open_cache(max_bytes=64 << 20)
    for n in range(180):
        assert await cache.set(f"user-{n}", "a", "r", ALLOW, {"x": "y" * 100_000})
    assert 1 == await cache.invalidate_pattern("policy:decision:user-7:*")
    assert 179 == await cache.invalidate_pattern("policy:decision:user-*[02468]:*")
    assert (0, 0) == (await cache.size(), cache.metrics.errors)


# --- Against a model

ids = st.sampled_from(IDS)
contexts = st.sampled_from([None, {}, {"n": 1}, {"n": 2}])
questions = st.lists(st.tuples(ids, ids, ids, contexts), max_size=12, unique_by=repr)
patterns = st.one_of(
    st.lists(
        st.sampled_from(["*", "?", "[ab]", "[!a]", "a", "b", ":", "\\", "tool:", "none", "x", "/"]), max_size=6
    ).map(lambda signs: f"policy:decision:{''.join(signs)}"),
    st.tuples(ids, ids).map(lambda two: f"policy:decision:{glob.escape(two[0])}:*:{glob.escape(two[1])}:*"),
    ids.map(lambda one: f"*:{glob.escape(one)}:*"),
)


@pytest.fixture(scope="module")
def cache() -> Any:
    """One cache for all examples."""
    deadline, cache_store.DEADLINE = cache_store.DEADLINE, 10.0
    kept = RustPolicyCache(max_size=998)
    cache_store.DEADLINE = deadline
    yield kept
    asyncio.run(kept.close())


@given(asked=questions, user_id=st.none() | ids, action=st.none() | ids, resource=st.none() | ids)
@hypothesis_settings(max_examples=300, deadline=None)
def test_an_invalidation_hits_exactly_the_models_entries(
    cache: RustPolicyCache, asked: list[Question], user_id: str | None, action: str | None, resource: str | None
) -> None:
    """Whatever ids look like, it drops what a comparison of whole texts says."""

    async def check() -> None:
        await fill(cache, asked)
        expected = [question for question in asked if not names(question, user_id, action, resource)]
        assert len(asked) - len(expected) == await cache.invalidate(user_id, action, resource)
        assert expected == await left(cache, asked)

    asyncio.run(check())


@given(asked=questions, pattern=patterns)
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_pattern_hits_exactly_the_models_entries(cache: RustPolicyCache, asked: list[Question], pattern: str) -> None:
    """It drops what the standard library matches, whatever ids look like."""

    async def check() -> None:
        await fill(cache, asked)
        expected = [question for question in asked if not fnmatch.fnmatchcase(rendered(question), pattern)]
        assert len(asked) - len(expected) == await cache.invalidate_pattern(pattern)
        assert expected == await left(cache, asked)

    asyncio.run(check())


# --- When it fails


async def test_what_could_not_be_dropped_is_not_served(open_cache: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the component stays busy, nothing of before is served again; what comes after is."""
    monkeypatch.setattr(cache_store, "DEADLINE", 0.05)
    monkeypatch.setattr("sark_policy._cache.WALK_DEADLINE", 0.05)
    cache = RustPolicyCache(max_size=55)
    await cache.set("kim", "a", "r", ALLOW)
    drops: list[Callable[[], Awaitable[Any]]] = [
        cache.invalidate,
        partial(cache.invalidate_pattern, "*x*"),
        cache.clear_all,
    ]
    for drop in drops:
        await cache.set("lee", "a", "r", ALLOW)
        assert cache.cache is not None
        lock = cache.cache._shards[0]._lock
        assert await asyncio.to_thread(lock.acquire)
        assert not await drop()
        lock.release()
        assert (None, Served.MISS) == await cache.find("kim", "a", "r")
        assert (None, Served.MISS) == await cache.find("lee", "a", "r")
        assert await cache.set("kim", "a", "r", DENY)
        assert DENY == await cache.get("kim", "a", "r")
    assert 3 == cache.metrics.errors
    await cache.close()


@pytest.mark.parametrize("name", ["user_id", "action", "resource"])
async def test_ids_that_nothing_can_have_drop_nothing(policy_cache: RustPolicyCache, name: str) -> None:
    """A lone surrogate, or what is no id, names nothing: everything stays, and it counts as an error."""
    await fill(policy_cache, questions := [("kim", "a", "r", None)])
    wrong: list[Any] = ["\ud800", 1.5, ["kim"], True]
    for each in wrong:
        assert 0 == await policy_cache.invalidate(**{name: each})
    assert (4, questions) == (policy_cache.metrics.errors, await left(policy_cache, questions))


async def test_invalidations_and_decisions_of_many_threads(open_cache: Opener) -> None:
    """After an invalidation nothing that was kept before it is there, whatever others do meanwhile."""
    cache = open_cache()
    wrong: list[int] = []

    def work(number: int) -> None:
        async def run() -> None:
            for n in range(60):
                await cache.set(f"user-{number}", "a", "r", ALLOW, {"n": n})
                await cache.invalidate(f"user-{number}")
                if await cache.get(f"user-{number}", "a", "r", {"n": n}) is not None:
                    wrong.append(number)

        asyncio.run(run())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert ([], 0) == (wrong, cache.metrics.errors)
