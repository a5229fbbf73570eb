"""What the clients keep: a decision is served for the identical question alone, from our cache or the gateway's own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from policy_caches import Clock
from policy_clients import KINDS, LONG, POLICY, Place, bundle, client_of
from real_opa import Opa
from real_redis import RealRedis
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.routed_client import RoutedOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("afresh")]

STANDIN = Path(__file__).parent / "standin"

ASKED: dict[str, Any] = {
    "user": {"id": "u-1", "roles": ["analyst"], "role": "lead", "teams": ["pay"]},
    "action": "gateway:tool:invoke",
    "server": {"name": "pg-main"},
    "tool": {"name": "run_sql", "sensitivity_level": "high", "parameters": {"query": "select 1"}},
    "context": {"request_id": "r-1"},
}
ECHO = "shapes/echo"


def served(client: PolicyClient) -> int:
    """Return how often the cache had a decision."""
    return int(client.get_cache_metrics()["hits"]) + int(client.get_cache_metrics()["stale_hits"])


# --- Exactness (SARK.md, 1.6)


@pytest.mark.parametrize(
    "changes",
    [
        {"user": {"id": "u-1", "roles": [], "role": "lead", "teams": ["pay"]}},
        {"user": {"id": "u-1", "roles": ["analyst"], "role": "viewer", "teams": ["pay"]}},
        {"user": {"id": "u-1", "roles": ["analyst"], "role": "lead", "teams": []}},
        {"tool": ASKED["tool"] | {"parameters": {"query": "select 2"}}},
        {"tool": ASKED["tool"] | {"sensitivity_level": "low"}},
        {"server": {"name": "pg-other"}},
        {"server": None},
        {"context": {"request_id": "r-2"}},
        {"context": {}},
        {"parameters": {"query": "select 1"}},
    ],
    ids=["roles", "role", "teams", "parameters", "sensitivity", "server", "no server", "context", "none", "beside"],
)
async def test_another_question_is_another_question(client: PolicyClient, changes: dict[str, Any]) -> None:
    """A role taken away, another parameter, another server: each is decided by itself."""
    for asked in (ASKED, ASKED | changes, ASKED):
        decision = await client.decide(ECHO, asked)
        assert asked == decision.filtered_parameters
    assert 1 == served(client)
    assert 2 == await client.get_cache_size()


async def test_a_revoked_role_loses_its_allow_at_once(client: PolicyClient) -> None:
    """The gateway's cache keeps it until the time is over."""
    for roles, allowed in ((["analyst"], True), ([], False), (["analyst"], True)):
        decision = await client.evaluate_policy(ASKED | {"user": {"id": "u-1", "roles": roles}})
        assert allowed == decision.allow


async def test_another_entry_point_is_another_question(client: PolicyClient) -> None:
    """The same input means something else elsewhere."""
    paths = ("shapes/yes", "shapes/no", "shapes/yes")
    assert [True, False, True] == [(await client.decide(path, {})).allow for path in paths]
    assert 1 == served(client)


async def test_numbers_that_look_alike_are_not_alike(client: PolicyClient) -> None:
    """1 and 1.0, true and 1, and integers that no float tells apart."""
    for number in (1, 1.0, True, "1", 2**70, 2**70 + 1, None):
        await client.decide("shapes/yes", {"number": number})
    assert 0 == served(client)
    assert 7 == await client.get_cache_size()


async def test_a_document_that_its_caller_changes_meanwhile_stays_what_was_asked(client: PolicyClient) -> None:
    """A decision is kept for the input that was decided, not for what has become of it."""
    document = {"user": {"id": "u-1"}, "n": 1}
    task = asyncio.create_task(client.decide(ECHO, document))
    await asyncio.sleep(0)
    document["n"] = 2
    assert {"user": {"id": "u-1"}, "n": 1} == (await task).filtered_parameters
    assert {"user": {"id": "u-1"}, "n": 2} == (await client.decide(ECHO, document)).filtered_parameters


async def test_batches_and_single_questions_share_what_they_keep(client: PolicyClient) -> None:
    """What one has kept serves the other, and nothing else."""
    documents = [{"n": n} for n in range(5)]
    await client.decide_batch(ECHO, documents, use_cache=True)
    assert {"n": 3} == (await client.decide(ECHO, {"n": 3})).filtered_parameters
    decisions = await client.decide_batch(ECHO, [*documents, {"n": 9}], use_cache=True)
    assert [*documents, {"n": 9}] == [decision.filtered_parameters for decision in decisions]
    assert 6 == served(client)


async def test_invalidation_hits_what_it_names(client: PolicyClient) -> None:
    """By user, by action, by resource with or without its kind."""
    for user in ("u-1", "u-2"):
        for tool in ("one", "two"):
            await client.evaluate_gateway_policy({"id": user}, "gateway:tool:invoke", None, {"name": tool})
    assert 1 == await client.invalidate_cache("u-1", "gateway:tool:invoke", "one")
    assert 0 == await client.invalidate_cache("u-9")
    assert 1 == await client.invalidate_cache(resource="tool:one")
    assert 1 == await client.invalidate_cache("u-2")
    assert 1 == await client.get_cache_size()
    assert 1 == await client.invalidate_cache()


# --- Who decided is part of the question


async def test_another_bundle_decides_anew(tmp_path: Path) -> None:
    """A decision of one bundle is never served once another one is in force, nor lost when it comes back."""
    first, second = bundle(tmp_path / "one"), bundle(tmp_path / "two", gateway="package mcp.gateway\nallow := false")
    client = RustOPAClient(first, settings=SarkSettings(deadline=LONG))
    assert [True, True] == [(await client.evaluate_policy(ASKED)).allow for _ in range(2)]
    client.engine.activate(str(second), "test")
    assert [False, False] == [(await client.evaluate_policy(ASKED)).allow for _ in range(2)]
    client.engine.rollback("test")
    assert (await client.evaluate_policy(ASKED)).allow
    assert 3 == served(client)


async def test_a_policy_by_name_decides_anew(tmp_path: Path) -> None:
    """Loading one changes what decides, though the manifest's revision stays."""
    client = RustOPAClient(bundle(tmp_path / "one"), settings=SarkSettings(deadline=LONG))
    assert (await client.evaluate_policy(ASKED)).allow
    await client.load_policy("gateway", "package mcp.gateway\nallow := false")
    assert not (await client.evaluate_policy(ASKED)).allow


async def test_two_bundles_with_one_revision_are_two(tmp_path: Path) -> None:
    """Two engines of a process share its cache, and no decision."""
    denies = "package mcp.gateway\nallow := false"
    folders = bundle(tmp_path / "one", "r1"), bundle(tmp_path / "two", "r1", gateway=denies)
    clients = [RustOPAClient(folder, settings=SarkSettings(deadline=LONG)) for folder in folders]
    for _ in range(2):
        assert [True, False] == [(await client.evaluate_policy(ASKED)).allow for client in clients]
    assert clients[0].cache.cache is clients[1].cache.cache
    assert 2 == served(clients[0])


async def test_two_servers_are_two(opa: Callable[[Path], Opa], tmp_path: Path) -> None:
    """Two OPA servers share the process's cache, and no decision; nor do the two paths."""
    denies = "package mcp.gateway\nallow := false"
    folders = bundle(tmp_path / "a"), bundle(tmp_path / "b", gateway=denies)
    places = [Place(folder, opa(folder)) for folder in folders]
    settings = places[0].settings()
    clients: list[PolicyClient] = [HttpOPAClient(place.opa.url, LONG, settings=settings) for place in places]
    clients.append(RustOPAClient(places[0].folder, settings=settings))
    for _ in range(2):
        assert [True, False, True] == [(await client.evaluate_policy(ASKED)).allow for client in clients]
    assert 3 == served(clients[0])
    for client in clients:
        await client.close()


# --- What is not kept


async def test_an_error_is_never_kept(opa: Callable[[Path], Opa], tmp_path: Path) -> None:
    """An outage is over when it is over, for single questions and for batches."""
    server = opa(bundle(tmp_path / "bundle"))
    settings = SarkSettings(path="mcp/gateway/allow", breaker_failures=1_000)
    client = HttpOPAClient(server.url, LONG, settings=settings)
    server.kill()
    single, (batched,) = await client.evaluate_policy(ASKED), await client.evaluate_policy_batch([ASKED | {"n": 1}])
    assert [False, False] == [single.allow, batched.allow]
    assert single.reason.startswith("Policy evaluation failed: ")
    assert batched.reason.startswith("Policy evaluation failed: ")
    assert 0 == await client.get_cache_size()
    server.start()
    assert (await client.evaluate_policy(ASKED)).allow
    assert [True] == [decision.allow for decision in await client.evaluate_policy_batch([ASKED | {"n": 1}])]
    await client.close()


async def test_what_depends_on_the_clock_is_not_kept(tmp_path: Path) -> None:
    """The engine says so of its own decisions."""
    policy = "package mcp.gateway\nallow if time.now_ns() > 0"
    client = RustOPAClient(bundle(tmp_path / "one", gateway=policy), settings=SarkSettings(deadline=LONG))
    for _ in range(2):
        assert (await client.evaluate_policy(ASKED)).allow
    assert (0, 0) == (served(client), await client.get_cache_size())


async def test_an_answer_in_doubt_is_not_kept(client: PolicyClient) -> None:
    """Where a reason could not be evaluated, the next one may have it."""
    for _ in range(2):
        assert (await client.decide("shapes/clash/allow", {"one": True, "two": True})).allow
    assert (0, 0) == (served(client), await client.get_cache_size())


async def test_a_cache_that_is_switched_off_is_not_asked(place: Place) -> None:
    """By the constructor, and by the cache's own switch."""
    for client in (
        RustOPAClient(place.folder, cache_enabled=False, settings=place.settings()),
        RustOPAClient(place.folder, RustPolicyCache(enabled=False), settings=place.settings()),
    ):
        for _ in range(2):
            assert (await client.evaluate_policy(ASKED)).allow
        assert 0 == await client.get_cache_size()
        assert 0 == await client.invalidate_cache()


# --- Stale decisions


CRITICAL = ASKED | {"tool": {"name": "run_sql", "sensitivity_level": "critical", "parameters": {"query": "select 1"}}}


async def test_a_stale_decision_is_asked_anew_with_the_whole_question(
    opa: Callable[[Path], Opa], tmp_path: Path, clock: Clock
) -> None:
    """Roles, parameters and sensitivity reach the policy then too: what it says now is served from now on."""
    folder = bundle(tmp_path / "bundle")
    server = opa(folder)
    client = HttpOPAClient(server.url, LONG, settings=SarkSettings(path="mcp/gateway/allow"))
    first = await client.evaluate_policy(CRITICAL)
    assert (True, {"query": "select 1"}) == (first.allow, first.filtered_parameters)
    server.kill()
    bundle(folder, gateway=POLICY.replace('"password"', '"query"'))
    server.start()
    clock.wait(41)
    assert first == await client.evaluate_policy(CRITICAL)  # 19 of 60 seconds are left
    assert 0 == client.get_cache_metrics()["stale_hits"]
    clock.wait(2)
    assert first == await client.evaluate_policy(CRITICAL)  # stale, and served
    await client.cache.revalidating()
    anew = await client.evaluate_policy(CRITICAL)
    assert (True, {}) == (anew.allow, anew.filtered_parameters)
    clock.wait(59)  # it has the level's whole time
    assert anew == await client.evaluate_policy(CRITICAL)
    await client.cache.revalidating()
    figures = client.get_cache_metrics()
    assert (2, 2) == (figures["stale_hits"], figures["revalidations"])
    await client.close()


async def test_a_stale_allow_is_not_prolonged_by_an_error(
    opa: Callable[[Path], Opa], tmp_path: Path, clock: Clock
) -> None:
    """Nobody can be asked: it ends in its time."""
    server = opa(bundle(tmp_path / "bundle"))
    settings = SarkSettings(path="mcp/gateway/allow", breaker_failures=1_000)
    client = HttpOPAClient(server.url, LONG, settings=settings)
    assert (await client.evaluate_policy(CRITICAL)).allow
    server.kill()
    clock.wait(50)
    assert (await client.evaluate_policy(CRITICAL)).allow
    await client.cache.revalidating()
    clock.wait(11)
    assert not (await client.evaluate_policy(CRITICAL)).allow
    await client.close()


async def test_a_stale_allow_is_not_prolonged_by_somebody_elses_answer(tmp_path: Path, clock: Clock) -> None:
    """Once another bundle is in force, a decision of the one before is nobody's to confirm."""
    denies = "package mcp.gateway\nallow := false"
    one, two = bundle(tmp_path / "one"), bundle(tmp_path / "two", gateway=denies)
    client = RustOPAClient(one, settings=SarkSettings(deadline=LONG))
    assert (await client.evaluate_policy(CRITICAL)).allow
    source = client.engine.digest(client.engine.revision)
    key = {"path": "mcp/gateway/allow", "side": "rust", "source": source, "input": json.dumps(CRITICAL)}
    assert (await client._revalidate_cache_entry("u-1", "gateway:tool:invoke", "tool:run_sql", key) or {})["allow"]
    client.engine.activate(str(two), "test")
    assert await client._revalidate_cache_entry("u-1", "gateway:tool:invoke", "tool:run_sql", key) is None


@pytest.mark.parametrize(
    "context",
    [None, {}, {"path": "p"}, 1, "text", {"path": "mcp/gateway/allow", "side": "x", "source": None, "input": "{}"}],
)
async def test_what_is_no_question_of_ours_is_not_asked_anew(place: Place, context: Any) -> None:
    """An entry that somebody else keeps in the same cache ends in its time."""
    async with client_of("rust", place) as client:
        assert await client._revalidate_cache_entry("u", "a", "r", context) is None


# --- A cache of somebody else's


@pytest.fixture
async def gateway_cache(redis_server: RealRedis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The stand-in gateway's own cache, in a real Redis."""
    monkeypatch.syspath_prepend(str(STANDIN))
    known = set(sys.modules)
    from sark.services.policy.cache import PolicyCache

    async with Redis(port=redis_server.port, decode_responses=True) as redis:
        yield PolicyCache(redis)
    for name in set(sys.modules) - known:
        if name == "sark" or name.startswith("sark."):
            del sys.modules[name]


@pytest.fixture(params=KINDS)
async def on_redis(request: pytest.FixtureRequest, place: Place, gateway_cache: Any) -> AsyncIterator[PolicyClient]:
    """Every client in turn, with the gateway's cache."""
    match request.param:
        case "rust":
            client: PolicyClient = RustOPAClient(place.folder, gateway_cache, settings=place.settings())
        case "http":
            client = HttpOPAClient(place.opa.url, LONG, gateway_cache, settings=place.settings())
        case kind:
            rollout = {"rust_opa": 100 if kind == "routed in-process" else 0}
            client = RoutedOPAClient(cache=gateway_cache, runtime=Runtime(place.settings(rollout=rollout)))
    yield client
    await client.close()


async def test_the_gateways_own_cache_is_used_exactly(on_redis: PolicyClient, redis_server: RealRedis) -> None:
    """Its key leaves out roles and parameters; with ours inside it, no question gets another one's decision."""
    others: list[dict[str, Any]] = [
        ASKED | {"user": {"id": "u-1", "roles": []}},
        ASKED | {"tool": {"name": "run_sql", "parameters": {"query": "select 2"}}},
        ASKED | {"server": {"name": "pg-other"}},
    ]
    for _ in range(2):
        for asked in (ASKED, *others):
            assert asked == (await on_redis.decide(ECHO, asked)).filtered_parameters
    assert 4 == redis_server("DBSIZE")
    assert 4 == on_redis.get_cache_metrics()["total_requests"]  # those that were evaluated
    decisions = await on_redis.decide_batch(ECHO, [ASKED, *others], use_cache=True)
    assert [ASKED, *others] == [decision.filtered_parameters for decision in decisions]


async def test_64_bits_of_a_digest_do_not_stand_for_a_question(on_redis: PolicyClient, redis_server: RealRedis) -> None:
    """Its key holds that much of a question; whoever finds two with the same gets no decision of the other."""
    assert (await on_redis.decide(ECHO, {"n": 1})).allow
    (key,) = redis_server("KEYS", "*")
    entry = json.loads(redis_server("GET", key))
    redis_server("SET", key, json.dumps(entry | {"question": "0" * 64, "filtered_parameters": {"n": 2}}))
    assert {"n": 1} == (await on_redis.decide(ECHO, {"n": 1})).filtered_parameters
    redis_server("SET", key, json.dumps({name: entry[name] for name in entry if name != "question"}))
    assert {"n": 1} == (await on_redis.decide(ECHO, {"n": 1})).filtered_parameters
    assert entry == json.loads(redis_server("GET", key))


async def test_redis_that_is_killed_costs_no_decision(on_redis: PolicyClient, redis_server: RealRedis) -> None:
    """It is as if nothing was kept."""
    assert (await on_redis.evaluate_policy(ASKED)).allow
    redis_server.kill()
    assert (await on_redis.evaluate_policy(ASKED)).allow
    assert [True] == [decision.allow for decision in await on_redis.evaluate_policy_batch([ASKED])]
    redis_server.start()
    assert (await on_redis.evaluate_policy(ASKED)).allow


class Slow:
    """A cache that never answers."""

    enabled = True
    asked = 0

    async def get(self, *_: Any, **__: Any) -> Any:
        """Wait for ever."""
        self.asked += 1
        await asyncio.Event().wait()

    async def set(self, *_: Any, **__: Any) -> bool:
        """Wait for ever."""
        self.asked += 1
        return await asyncio.Event().wait()


async def test_a_cache_that_hangs_is_left_alone(place: Place) -> None:
    """It is waited for once, and shortly; then not asked for a while."""
    cache = Slow()
    client = RustOPAClient(place.folder, cache, settings=place.settings())
    for _ in range(20):
        assert (await client.evaluate_policy(ASKED)).allow
    assert 0 < cache.asked < 20


class Broken:
    """A cache that fails, and has no method but the two that every cache has."""

    enabled = True

    async def get(self, *_: Any, **__: Any) -> Any:
        """Fail."""
        raise ConnectionError

    async def set(self, *_: Any, **__: Any) -> bool:
        """Fail."""
        raise ConnectionError


class Wrong(Broken):
    """A cache that answers with anything but decisions."""

    async def get(self, *_: Any, **__: Any) -> Any:
        """Answer with a text."""
        return "yes"

    async def get_batch(self, requests: Any) -> Any:
        """Answer with too little."""
        return [{"allow": True, "reason": "why not"}]

    async def set_batch(self, entries: Any) -> int:
        """Fail."""
        raise ConnectionError


@pytest.mark.parametrize("cache", [Broken(), Wrong()])
async def test_a_cache_that_fails_costs_no_decision(place: Place, cache: Any) -> None:
    """Nor does one without the methods that the gateway's `RustPolicyCache` lacks (SARK.md, 5, row 3)."""
    clients: list[PolicyClient] = [
        RustOPAClient(place.folder, cache, settings=place.settings()),
        HttpOPAClient(place.opa.url, LONG, cache, settings=place.settings()),
    ]
    for client in clients:
        assert (await client.evaluate_policy(ASKED)).allow
        denied = ASKED | {"user": {"id": "u-2"}}
        decisions = await client.evaluate_policy_batch([ASKED, denied])
        assert [True, False] == [decision.allow for decision in decisions]
        await client.close()
