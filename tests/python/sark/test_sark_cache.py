"""The policy cache: what the gateway's two caches did wrong."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from policy_caches import ACTION, ALLOW, DENY, RESOURCE, USER, Opener
from sark_policy.sark.cache import RustPolicyCache, Served
from sark_policy.sark.cache import keys as cache_keys
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.models import AuthorizationDecision

pytestmark = pytest.mark.anyio


def question(**changes: Any) -> dict[str, Any]:
    """Make a context as the clients do, with changes to the input."""
    asked = {
        "user": {"id": USER, "role": "admin", "roles": ["admin"], "teams": ["pay"]},
        "action": ACTION,
        "tool": {"name": "ledger", "sensitivity_level": "high", "parameters": {"query": "select 1"}},
        "server": {"name": "billing"},
        "context": {},
    }
    return {"path": "mcp/gateway/result", "revision": "r1", "input": {**asked, **changes}}


# --- The flaws of the gateway's key (SARK.md, 1.6)


@pytest.mark.parametrize(
    "user",
    [
        {"id": USER, "role": "viewer", "roles": ["admin"], "teams": ["pay"]},
        {"id": USER, "role": "admin", "roles": [], "teams": ["pay"]},
        {"id": USER, "role": "admin", "roles": ["admin"], "teams": []},
        {"id": USER, "roles": ["admin"], "teams": ["pay"]},
    ],
)
async def test_a_revoked_role_does_not_keep_its_allow(policy_cache: RustPolicyCache, user: dict[str, Any]) -> None:
    """Role, roles and teams are part of the question."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, question())
    assert await policy_cache.get(USER, ACTION, RESOURCE, question(user=user)) is None
    assert ALLOW == await policy_cache.get(USER, ACTION, RESOURCE, question())


@pytest.mark.parametrize(
    "changes",
    [
        {"tool": {"name": "ledger", "sensitivity_level": "high", "parameters": {"query": "drop table t"}}},
        {"tool": {"name": "ledger", "sensitivity_level": "low", "parameters": {"query": "select 1"}}},
        {"server": {"name": "payroll"}},
        {"server": None},
        {"parameters": {"query": "select 2"}},
    ],
    ids=["parameters", "sensitivity", "another server", "no server", "parameters beside the tool"],
)
async def test_other_parameters_or_another_server_do_not_get_the_first_calls_filter(
    policy_cache: RustPolicyCache, changes: dict[str, Any]
) -> None:
    """One request's filtered parameters never reach another request."""
    filtered = ALLOW | {"filtered_parameters": {"query": "select 1", "account": "private"}}
    await policy_cache.set(USER, ACTION, RESOURCE, filtered, question())
    assert await policy_cache.get(USER, ACTION, RESOURCE, question(**changes)) is None


async def test_a_decision_is_not_served_after_a_policy_change(policy_cache: RustPolicyCache) -> None:
    """The revision is part of the question, and so is the entry point."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, question())
    assert await policy_cache.get(USER, ACTION, RESOURCE, question() | {"revision": "r2"}) is None
    assert await policy_cache.get(USER, ACTION, RESOURCE, question() | {"path": "mcp/other"}) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a:b", "c", "r", {"n": 1}), ("a", "b:c", "r", {"n": 1})),
        (("u", "a:b", "c", {"n": 1}), ("u", "a", "b:c", {"n": 1})),
        (("u", "a", "x/y", {"n": 1}), ("u", "a", "x_y", {"n": 1})),
        (("u", "a", "tool:x", {"n": 1}), ("u", "a", "tool_x", {"n": 1})),
        (("u", "a", "r", {}), ("u", "a", "r", None)),
        (("u", "a", "r", {"n": "1"}), ("u", "a", "r", {"n": 1})),
        (("u", "a", "r", {"n": True}), ("u", "a", "r", {"n": 1})),
        (("u", "a", "r", {"n": 1.0}), ("u", "a", "r", {"n": 1})),
        (("u", "a", "r", {"n": None}), ("u", "a", "r", {})),
        (("u\na", "r", "x", {}), ("u", "a\nr", "x", {})),
        (("u\n", "a", "r", {}), ("u\\n", "a", "r", {})),
        (("u\\", "\na", "r", {}), ("u\\\\n", "a", "r", {})),
        (("u", "", "r", {}), ("", "u", "r", {})),
        (("u", "a", "r\n" + "none", None), ("u", "a", "r", None)),
    ],
)
async def test_separators_and_empty_contexts_are_not_merged(
    policy_cache: RustPolicyCache, one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    """No text in an id, and no likeness of contexts, makes one question of two."""
    await policy_cache.set(one[0], one[1], one[2], ALLOW, one[3])
    assert await policy_cache.get(*other) is None
    await policy_cache.set(other[0], other[1], other[2], DENY, other[3])
    assert [ALLOW, DENY] == [await policy_cache.get(*one), await policy_cache.get(*other)]


async def test_the_order_of_keys_is_no_difference(policy_cache: RustPolicyCache) -> None:
    """A JSON object is the same in any order of its keys."""
    await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, {"a": {"x": 1, "y": 2}, "b": 2**70})
    assert ALLOW == await policy_cache.get(USER, ACTION, RESOURCE, {"b": 2**70, "a": {"y": 2, "x": 1}})


async def test_a_context_that_is_not_json_is_cached(policy_cache: RustPolicyCache) -> None:
    """UUIDs, times, amounts, bytes and sets are encoded as for the engine."""
    context = {
        "id": UUID(int=7),
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "amount": Decimal("1.5"),
        "raw": b"\xff",
        "teams": {"b", "a"},
    }
    assert await policy_cache.set(UUID(int=7), ACTION, RESOURCE, ALLOW, context)  # type: ignore[arg-type]
    plain = {
        "id": str(UUID(int=7)), "at": "2026-01-01T00:00:00Z", "amount": 1.5, "raw": "/w==", "teams": ["a", "b"]
    }  # fmt: skip
    assert ALLOW == await policy_cache.get(UUID(int=7), ACTION, RESOURCE, context)  # type: ignore[arg-type]
    assert ALLOW == await policy_cache.get(str(UUID(int=7)), ACTION, RESOURCE, plain)


async def test_a_context_that_cannot_be_said_is_counted(policy_cache: RustPolicyCache) -> None:
    """What cannot be encoded is not cached, which shows."""
    assert not await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, {"x": object()})
    assert (None, Served.ERROR) == await policy_cache.find(USER, ACTION, RESOURCE, {"x": object()})
    figures = policy_cache.get_metrics()
    assert (2, 0, 0) == (figures["errors"], figures["misses"], figures["total_requests"])


# --- The flaws of the gateway's in-process path that are the cache's (SARK.md, 5)


async def test_row_3_the_clients_cache_has_what_the_client_calls(policy_cache: RustPolicyCache) -> None:
    """The calls of one evaluation, in its order, all work."""
    assert bool(policy_cache)
    assert policy_cache.enabled
    policy_cache.set_revalidate_callback(lambda *_: None)
    assert await policy_cache.get(USER, ACTION, RESOURCE, context=question(), sensitivity="high") is None
    policy_cache.record_opa_latency(1.5)
    assert await policy_cache.set(USER, ACTION, RESOURCE, ALLOW, context=question(), ttl_seconds=120)
    found = await policy_cache.get(USER, ACTION, RESOURCE, context=question(), sensitivity="high")
    assert AuthorizationDecision(**ALLOW) == AuthorizationDecision(**found or {})
    assert 1 == await policy_cache.get_cache_size()
    assert 1 == await policy_cache.invalidate(user_id=USER, action=ACTION, resource="ledger")
    await policy_cache.close()


async def test_row_4_handles_share_one_cache(run: Callable[..., str]) -> None:
    """A handle for each request finds what the others kept, and ends nothing with its end."""
    script = """
import asyncio
from sark_policy.sark.cache import *
from sark_policy.sark.settings import SarkSettings
async def main():
    one = RustPolicyCache()
    await one.set("kim", "a", "r", {"allow": True})
    await one.close()
    handles = [RustPolicyCache(), RustPolicyCache(max_size=10_000), PolicyCache(), PolicyCache(None, 60),
               RustPolicyCache.shared(SarkSettings()), get_rust_policy_cache(5), get_policy_cache(ttl_seconds=60)]
    print([(await handle.get("kim", "a", "r"))["allow"] for handle in handles])
    print({handle.max_size for handle in handles}, get_policy_cache() is get_rust_policy_cache())
    await get_policy_cache().close()
    print((await get_policy_cache().get("kim", "a", "r"))["allow"], handles[0].get_metrics()["hits"])
    print(await RustPolicyCache(max_size=7).get("kim", "a", "r"))
    forget_policy_cache()
    print(await handles[0].get("kim", "a", "r"), await RustPolicyCache().get("kim", "a", "r"))
asyncio.run(main())
"""
    assert [
        repr([True] * 7), "{10000} True", "True 8", "None", "None None",
    ] == run(script).splitlines()  # fmt: skip


async def test_row_4_the_settings_decide_the_shared_limits(run: Callable[..., str]) -> None:
    """Who opens it first decides; everybody after that shares it, and limits of their own make others theirs."""
    script = """
from sark_policy.sark.cache import *
from sark_policy.sark.settings import SarkSettings
shared = RustPolicyCache.shared(SarkSettings(cache_entries=55, cache_bytes=5000, cache_ttl=9))
print(shared.max_size, shared.max_bytes, shared.ttl_seconds)
same = [RustPolicyCache(), RustPolicyCache(max_size=55), PolicyCache(), get_rust_policy_cache(77)]
print([handle.cache is shared.cache for handle in same], RustPolicyCache(max_size=56).cache is shared.cache)
"""
    assert ["55 5000 9.0", "[True, True, True, True] False"] == run(script).splitlines()


async def test_row_5_a_resource_that_is_no_text_is_not_swallowed_in_silence(policy_cache: RustPolicyCache) -> None:
    """The gateway passed a dict, kept nothing, and counted a hit: here it is an error in the figures."""
    resource: Any = {"server": "pg", "tool": "run_sql"}
    assert not await policy_cache.set(USER, ACTION, resource, ALLOW, question())
    assert await policy_cache.get(USER, ACTION, resource, question()) is None
    assert (2, 0) == (policy_cache.metrics.errors, policy_cache.metrics.hits)
    await policy_cache.set(USER, ACTION, "tool:pg/run_sql", ALLOW, question())
    assert [ALLOW] * 3 == [await policy_cache.get(USER, ACTION, "tool:pg/run_sql", question()) for _ in range(3)]


async def test_row_12_at_capacity_the_least_recently_used_goes(open_cache: Opener) -> None:
    """The size is never beyond the limit, and what was asked for stays."""
    cache = open_cache(10)
    sizes = set()
    for n in range(40):
        await cache.set(f"user-{n}", ACTION, RESOURCE, ALLOW)
        await cache.get("user-0", ACTION, RESOURCE)
        sizes.add(await cache.size())
    assert (10, ALLOW, 30) == (
        max(sizes),
        await cache.get("user-0", ACTION, RESOURCE),
        cache.get_metrics()["evictions"],
    )


async def test_row_12_bytes_are_bounded_as_well(open_cache: Opener) -> None:
    """Great decisions make room for each other; one that is too great is refused, not half kept."""
    cache = open_cache(max_bytes=4_000)
    great = ALLOW | {"reason": "x" * 1_000}
    assert 10 == await cache.set_batch([(f"user-{n}", ACTION, RESOURCE, great) for n in range(10)])
    assert 3 == await cache.size()
    await cache.set(USER, ACTION, RESOURCE, ALLOW)
    assert not await cache.set(USER, ACTION, RESOURCE, ALLOW | {"reason": "x" * 5_000})
    assert await cache.get(USER, ACTION, RESOURCE) is None


async def test_row_12_a_served_decision_is_the_callers_own(policy_cache: RustPolicyCache) -> None:
    """Changing it, or what was kept, changes nothing for others."""
    kept: dict[str, Any] = {"allow": True, "filtered_parameters": {"a": 1}}
    await policy_cache.set(USER, ACTION, RESOURCE, kept)
    kept["allow"] = False
    first = await policy_cache.get(USER, ACTION, RESOURCE)
    assert first is not None
    first["filtered_parameters"]["a"] = 2
    assert {"allow": True, "filtered_parameters": {"a": 1}} == await policy_cache.get(USER, ACTION, RESOURCE)


# --- Any two questions

ids = st.one_of(st.text(max_size=6), st.sampled_from(["", "a", "a\nb", "\\n", "\\", "*", "?", "[a]", "a:b", "none"]))
documents = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), ids
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(ids, inner, max_size=3)),
    max_leaves=6,
)
questions = st.tuples(ids, ids, ids, st.one_of(st.none(), st.dictionaries(ids, documents, max_size=3)))


def exact(value: Any) -> str:
    """Write a document so that two are alike only if they are the same JSON."""
    return json.dumps(value, sort_keys=True)


@pytest.fixture(scope="module")
def module_cache() -> Any:
    """One cache for all examples."""
    deadline, cache_store.DEADLINE = cache_store.DEADLINE, 10.0
    kept = RustPolicyCache(max_size=999)
    cache_store.DEADLINE = deadline
    yield kept
    asyncio.run(kept.close())


@given(asked=st.lists(questions, min_size=2, max_size=8, unique_by=exact))
@hypothesis_settings(max_examples=300, deadline=None)
def test_two_questions_never_share_an_entry(module_cache: RustPolicyCache, asked: list[tuple[Any, ...]]) -> None:
    """Each of any questions has the decision that was kept for it, and no other."""

    async def check() -> None:
        await module_cache.clear_all()
        decisions = [{"allow": bool(n % 2), "n": n} for n in range(len(asked))]
        for (user, action, resource, context), decision in zip(asked[1:], decisions[1:], strict=True):
            assert await module_cache.set(user, action, resource, decision, context)
        assert await module_cache.get(*asked[0]) is None
        user, action, resource, context = asked[0]
        assert await module_cache.set(user, action, resource, decisions[0], context)
        assert decisions == [await module_cache.get(*question) for question in asked]
        assert decisions == await module_cache.get_batch(asked)
        assert len(asked) == await module_cache.size()

    asyncio.run(check())


@given(asked=questions)
def test_a_key_says_what_it_is_of(asked: tuple[Any, ...]) -> None:
    """A question can be read back from its key, exactly."""
    assert exact(asked) == exact(cache_keys.question_of(cache_keys.key_of(*asked)))


@given(decision=st.dictionaries(ids, documents, max_size=4))
@hypothesis_settings(max_examples=200, deadline=None)
def test_any_decision_comes_back_as_it_was(module_cache: RustPolicyCache, decision: dict[str, Any]) -> None:
    """Texts of any script, great integers and all floats are what they were."""

    async def check() -> None:
        assert await module_cache.set(USER, ACTION, RESOURCE, decision)
        found = await module_cache.get(USER, ACTION, RESOURCE)
        assert exact(decision) == exact(found)

    asyncio.run(check())
