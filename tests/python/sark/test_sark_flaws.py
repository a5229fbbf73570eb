"""Each flaw of the gateway's own Rust path (SARK.md, 5), and each rule of compatibility (6), with us installed in it.

The gateway is the stand-in, imported anew for each test; OPA and Redis are real. A test is named after its row.
"""

import asyncio
import gc
import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis as AsyncRedis

from chaos import Chaos, slow
from migration import ENGINE, OPA, POLICY, STANDIN, bundle, environment, token
from real_gateway import served
from real_opa import Opa, serving
from real_redis import RealRedis, real_redis
from sark_policy.sark import install, metrics, uninstall
from sark_policy.sark.runtime import Runtime

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("afresh")]

P = "sark.services.policy"
CONFLICT = POLICY + '\nallow := false if input.action == "conflict"\n'
USER = {"id": "u-1", "roles": ["analyst"], "email": "u-1@acme.test"}


def asked(**changes: Any) -> dict[str, Any]:
    """Make an input as the gateway's route builds it."""
    return {
        "user": USER,
        "action": "gateway:tool:invoke",
        "resource": {"server": "pg-main", "tool": "run_sql", "sensitivity": "high"},
        "parameters": {"query": "select 1", "password": "hunter2"},
        "context": {},
    } | changes


@pytest.fixture(scope="module")
def policies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of policies."""
    folder = bundle(tmp_path_factory.mktemp("flaws") / "policies", ENGINE)
    (folder / "gateway.rego").write_text(CONFLICT.replace("WHO", ENGINE))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """An OPA that decides alike, and has an answer where the policies of the folder conflict."""
    with serving(bundle(tmp_path_factory.mktemp("flaws") / "opa", OPA)) as opa:
        yield opa


@pytest.fixture(scope="module")
def redis() -> Iterator[RealRedis]:
    """The Redis of the gateway's own cache."""
    with real_redis() as found:
        yield found


class Sark:
    """The gateway in this process."""

    def __getattr__(self, name: str) -> Any:
        return importlib.import_module(f"sark.{name.replace('__', '.')}")

    @property
    def policy(self) -> Any:
        """`sark.services.policy`."""
        return importlib.import_module(P)


@pytest.fixture
async def sark(policies: Path, server: Opa, redis: RealRedis, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sark]:
    """The gateway, with nothing installed in it yet."""
    redis("FLUSHALL")
    for name, value in {
        "SARK_POLICY_BUNDLE": policies,
        "SARK_POLICY_DEADLINE": 30,
        "SARK_POLICY_WATCH": "false",
        "SARK_POLICY_ROLLOUT": '{"rust_opa": 100, "rust_cache": 100}',
        "OPA_URL": server.url,
        "OPA_TIMEOUT_SECONDS": 30,
        "OPA_POLICY_PATH": "/v1/data/mcp/gateway/allow",
        "REDIS_PORT": redis.port,
        "RUST_ENABLED": "true",
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.syspath_prepend(str(STANDIN))
    _forget()
    importlib.import_module("sark.api.main")
    yield Sark()
    runtime = Runtime.shared()
    uninstall()
    await runtime.stop()
    for cache in [each for each in gc.get_objects() if issubclass(type(each), AsyncRedis)]:
        await cache.aclose()
    _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name == "sark" or name.startswith("sark.")]:
        del sys.modules[name]


def samples() -> dict[str, float]:
    """Return what our metrics say now, by name and labels."""
    text = metrics.exposition()[0].decode()
    return {
        f"{sample.name}{json.dumps(sample.labels, sort_keys=True)}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def counted(before: dict[str, float], name: str, **labels: str) -> float:
    """Return by how much a counter grew."""
    key = f"{name}{json.dumps(labels, sort_keys=True)}"
    return samples().get(key, 0) - before.get(key, 0)


# --- The flaws


async def test_row_3_the_rust_cache_serves_the_rust_client(sark: Sark) -> None:
    """The gateway's one lacks what its client calls, and every evaluation is denied."""
    install("B")
    cache = sark.policy.RustPolicyCache()
    for client in (sark.policy.RustOPAClient(cache=cache), sark.policy.OPAClient(cache=cache)):
        decision = await client.evaluate_policy(asked())
        assert decision.allow
        await client.close()
    assert await cache.invalidate(user_id="u-1") == 1
    assert await cache.get_cache_size() == 0
    await cache.close()


async def test_row_3_without_us_every_evaluation_is_denied(sark: Sark) -> None:
    """So it is with level A, which keeps the gateway's own clients."""
    install("A")
    client = sark.services__policy__rust_opa_client.RustOPAClient(
        cache=sark.services__policy__rust_cache.RustPolicyCache()
    )
    await client.load_policy("gateway_authorization", "package sark.gateway\nallow := true")
    decision = await client.evaluate_policy(sark.services__policy__opa_client.AuthorizationInput(**asked()))
    assert (False, "record_opa_latency" in decision.reason) == (decision.allow, True)


@pytest.mark.parametrize("level", ["B", "C"])
async def test_row_4_a_request_makes_nothing_but_handles(sark: Sark, level: str) -> None:
    """One engine, one cache and no HTTP client more, however many requests ask the factory."""
    install(level)
    factory = sark.services__policy__factory
    before = sum(isinstance(each, httpx.AsyncClient) for each in gc.get_objects())
    pairs = [factory.create_policy_clients(f"u-{n}") for n in range(100)]
    for client, cache in pairs:
        await client.evaluate_policy(asked())
        await client.close()
        assert cache is pairs[0][1]
    assert 1 == len({id(client.engine) for client, _ in pairs})
    assert before == sum(isinstance(each, httpx.AsyncClient) for each in gc.get_objects())
    assert 99 == pairs[0][1].get_metrics()["hits"]


@pytest.mark.parametrize("level", ["B", "C"])
@pytest.mark.parametrize("share", [100, 0])
async def test_row_5_what_the_gateway_asks_again_is_cached(sark: Sark, level: str, share: int) -> None:
    """Three times the same is one evaluation, in either cache; a set that fails is not counted as a hit."""
    install(level)
    flags = Runtime.shared().flags
    flags.set_rollout_pct("rust_cache", share)
    before = samples()
    for _ in range(3):
        answer = await sark.services__gateway__authorization.evaluate_policy("/v1/data/mcp/gateway/allow", asked())
        assert answer["result"]["allow"]
    evaluated = {"implementation": "rust", "result": "allow"}
    assert 1 == counted(before, "opa_evaluation_total", **evaluated)
    ours = {"implementation": "rust" if share else "python", "operation": "get", "result": "hit"}
    assert 2 == counted(before, "cache_operations_total", **ours)
    assert 0 == counted(before, "cache_operations_total", **ours | {"operation": "set"})


@pytest.mark.parametrize("level", ["B", "C"])
async def test_row_6_the_decision_is_found_where_the_policies_have_it(
    sark: Sark, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in a package and a file that nobody ships: users and agents are decided by what is there."""
    monkeypatch.delenv("OPA_POLICY_PATH")
    install(level)
    client = sark.services__policy__factory.create_opa_client("u-1")
    assert "data.mcp.gateway.allow" == client._get_policy_query("gateway:tool:invoke")
    assert "data.mcp.gateway.a2a.allow" == client._get_policy_query("a2a:query")
    assert (await client.evaluate_policy(asked())).allow
    if level == "C":
        source, target = {"id": "ag-1", "trust_level": "trusted"}, {"id": "ag-2"}
        agents = {"source_agent": source, "target_agent": target, "capability": "query"}
        answer = await sark.services__policy__opa.evaluate_policy("/v1/data/mcp/a2a/allow", agents)
        assert (True, f"{ENGINE}: ag-1 asks ag-2") == (answer["result"]["allow"], answer["result"]["reason"])


async def test_row_7_reason_and_parameters_are_not_lost(sark: Sark) -> None:
    """Parameter filtering works in-process, an empty result of it included."""
    install("C")
    evaluate = sark.services__gateway__authorization.evaluate_policy
    answer = (await evaluate("/v1/data/mcp/gateway/allow", asked()))["result"]
    assert (f"{ENGINE}: gateway:tool:invoke for u-1", {"query": "select 1"}) == (
        answer["reason"],
        answer["filtered_parameters"],
    )
    empty = (await evaluate("/v1/data/mcp/gateway/allow", asked(parameters={"password": "x"})))["result"]
    assert {} == empty["filtered_parameters"]


async def test_row_13_the_rollout_is_set_in_the_serving_process(sark: Sark) -> None:
    """Over HTTP, on the application that serves the gateway; the factory goes by it."""
    app = sark.api__main.app
    sark.api__main.CSRF_EXEMPT.append("/admin/")
    install("B", app=app)
    with served(app) as url, httpx.Client(base_url=url, headers=token("root", "admin"), trust_env=False) as client:
        assert {"rust_opa": 100, "rust_cache": 100} == client.get("/admin/rollout/status").json()
        changed = client.post("/admin/rollout/set", json={"feature": "rust_opa", "percentage": 0})
        assert 200 == changed.status_code
        assert "Http" in type(sark.services__policy__factory.create_opa_client("u-1")).__name__
        assert 403 == client.get("/admin/rollout/status", headers=token("u-1")).status_code
        assert 401 == client.get("/admin/rollout/status", headers={"Authorization": ""}).status_code


async def test_row_13_agents_are_not_one_bucket(sark: Sark) -> None:
    """Each agent has a side of its own, by its own id; anonymous is nobody but who has none."""
    install("C")
    Runtime.shared().flags.set_rollout_pct("rust_opa", 50)
    sides = set()
    for n in range(40):
        agents = {"source_agent": {"id": f"ag-{n}", "trust_level": "trusted"}, "target_agent": {"id": "ag-2"}}
        path = "/v1/data/mcp/gateway/a2a/allow"
        answer = await sark.services__policy__opa.evaluate_policy(path, agents | {"capability": "query"})
        sides.add(answer["result"]["reason"].split(":")[0])
    assert {ENGINE, OPA} == sides


@pytest.mark.parametrize("level", ["B", "C"])
async def test_row_14_an_evaluation_that_fails_falls_back(sark: Sark, level: str) -> None:
    """The other path is asked, which is counted; and the comparison has figures of both."""
    install(level)
    before = samples()
    client = sark.services__policy__factory.create_opa_client("u-1")
    decision = await client.evaluate_policy(asked(action="conflict"))
    assert (True, f"{OPA}: conflict for u-1") == (decision.allow, decision.reason)
    labels = {"feature": "rust_opa", "error_type": "evaluation"}
    assert 1 == counted(before, "implementation_fallback_total", **labels)
    strict = sark.services__policy__factory.create_opa_client("u-1", fallback_on_error=False)
    refused = await strict.evaluate_policy(asked(action="conflict", context={"n": 1}))
    assert (False, True) == (refused.allow, refused.reason.startswith("Policy evaluation failed: "))
    assert (await client.evaluate_policy(asked())).allow
    figures = metrics.comparison()
    assert figures["rust_opa"]["count"] > 0
    assert figures["rust_opa"]["errors"] > 0
    assert figures["python_opa"]["count"] > 0
    assert figures["python_opa"]["p95_seconds"]


async def test_row_14_both_paths_are_compared(sark: Sark) -> None:
    """The shadow asks the other path too, and keeps what differs."""
    install("C")
    runtime = Runtime.shared()
    runtime.shadow.share = 1.0
    await sark.services__policy__opa.evaluate_policy("/v1/data/mcp/gateway/allow", asked())
    await runtime.shadow.drain()
    (difference,) = runtime.shadow.differences
    assert "reason" == difference.kind


@pytest.mark.parametrize("level", ["B", "C"])
async def test_row_15_there_is_one_class_of_decisions(sark: Sark, level: str) -> None:
    """Whoever checks a decision's class is right, whichever client it came from and wherever the class."""
    install(level)
    python, rust = sark.services__policy__opa_client, sark.services__policy__rust_opa_client
    assert python.AuthorizationDecision is rust.AuthorizationDecision is python.PolicyDecision
    assert python.AuthorizationInput is rust.AuthorizationInput is sark.api__main.AuthorizationInput
    for client in (sark.policy.OPAClient(), sark.policy.RustOPAClient()):
        assert isinstance(await client.evaluate_policy(asked()), python.AuthorizationDecision)


async def test_row_16_availability_is_found_out_by_doing(sark: Sark) -> None:
    """Here it works, and says so in every place."""
    install("A")
    places = [sark.services__policy__rust_opa_client, sark.services__policy__rust_cache, sark.services__policy__factory]
    assert [True, True, True] == [place.RUST_AVAILABLE for place in places]
    assert sark.policy.is_rust_cache_available()


UNAVAILABLE = """
import asyncio, json, sys
from sark_policy.sark import install
level, = sys.argv[1:]
installation = install(level)
import sark.api.main
from sark.services.policy import RUST_AVAILABLE, is_rust_cache_available, rust_opa_client, factory
from sark.services.policy.opa_client import AuthorizationInput
asked = AuthorizationInput(**json.loads(sys.stdin.read()))

async def main():
    decided = []
    if level != "A":
        for client, cache in [factory.create_policy_clients("u-1") for _ in range(3)]:
            decided.append((await client.evaluate_policy(asked)).reason)
            decided.append(await cache.set("u", "a", "r", {"allow": True}))
    return decided

print(json.dumps([RUST_AVAILABLE, rust_opa_client.RUST_AVAILABLE, is_rust_cache_available(), asyncio.run(main())]))
"""


@pytest.mark.parametrize("level", ["A", "B", "C"])
def test_row_16_where_the_sandbox_cannot_run_opa_decides(
    policies: Path, server: Opa, redis: RealRedis, tmp_path: Path, level: str
) -> None:
    """It says that it is not available, the process starts, and nobody is denied for that."""
    (tmp_path / "wasmtime.py").write_text("raise ImportError('no wasmtime for this machine')")
    given = {
        "SARK_POLICY_BUNDLE": policies,
        "SARK_POLICY_ROLLOUT": '{"rust_opa": 100, "rust_cache": 100}',
        "OPA_URL": server.url,
        "OPA_TIMEOUT_SECONDS": 30,
        "OPA_POLICY_PATH": "/v1/data/mcp/gateway/allow",
        "REDIS_PORT": redis.port,
    }
    done = subprocess.run(
        [sys.executable, "-c", UNAVAILABLE, level],
        env=environment(given, tmp_path),
        input=json.dumps(asked()),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert 0 == done.returncode, done.stderr
    decided = [] if level == "A" else [f"{OPA}: gateway:tool:invoke for u-1", False] * 3
    assert [False, False, False, decided] == json.loads(done.stdout.splitlines()[-1])


# --- The rules of compatibility


async def test_rule_a_result_is_usable_in_the_gateways_own_model(sark: Sark) -> None:
    """As keywords, as a dump, and field by field."""
    theirs = sark.services__policy__opa_client.AuthorizationDecision
    install("B")
    decision = await sark.policy.OPAClient().evaluate_policy(asked())
    assert theirs is not type(decision)
    for made in (theirs(**decision), theirs(**decision.model_dump()), theirs.model_validate(dict(decision))):
        assert (True, f"{ENGINE}: gateway:tool:invoke for u-1", {"query": "select 1"}, None) == (
            made.allow,
            made.reason,
            made.filtered_parameters,
            made.audit_id,
        )


async def test_rule_inputs_are_taken_by_duck_typing(sark: Sark) -> None:
    """The gateway's own objects, of either client, made before and after."""
    modules = sark.services__policy__opa_client, sark.services__policy__rust_opa_client
    fields = {name: value for name, value in asked().items() if name in ("user", "action", "context")}
    before = [module.AuthorizationInput(**fields) for module in modules]
    install("B")
    client = sark.policy.OPAClient()
    for each in (*before, modules[0].AuthorizationInput(**fields)):
        assert (await client.evaluate_policy(each)).allow


async def test_rule_unknown_keywords_of_get_and_set_are_taken(sark: Sark) -> None:
    """`sensitivity`, `ttl`, `ttl_seconds`, by either of the gateway's classes."""
    install("B")
    for cache in (sark.policy.PolicyCache(None, 300), sark.policy.RustPolicyCache(), sark.policy.get_policy_cache()):
        kept = {"allow": True, "reason": "why"}
        assert await cache.set("u", "a", "r", kept, {"n": 1}, ttl_seconds=60, ttl=60, sensitivity="high", other=1)
        assert kept == await cache.get("u", "a", "r", {"n": 1}, sensitivity="high", ttl=1, ttl_seconds=1, other=1)
        assert await cache.delete("u", "a", "r", {"n": 1})


async def test_rule_everything_is_truthy(sark: Sark) -> None:
    """The gateway replaces a cache that is not."""
    install("B")
    cache = sark.policy.PolicyCache()
    assert cache
    assert bool(sark.policy.OPAClient(cache=cache))
    assert sark.policy.OPAClient(cache=cache).cache is cache
    assert not hasattr(type(cache), "__len__")


async def test_rule_labels_go_by_the_clients_name(sark: Sark) -> None:
    """The gateway's own code counts a client whose class has `Rust` in its name as that."""
    install("B")
    factory = sark.services__policy__factory
    assert "Rust" in type(factory.create_opa_client("u-1")).__name__
    Runtime.shared().flags.set_rollout_pct("rust_opa", 0)
    assert "Rust" not in type(factory.create_opa_client("u-1")).__name__


async def test_rule_clients_are_made_and_closed_again_and_again(sark: Sark) -> None:
    """Closing is idempotent, and ends no engine, cache or connection that others use."""
    install("B")
    for make in (sark.policy.OPAClient, lambda: sark.services__policy__factory.create_opa_client("u-1")):
        for n in range(20):
            client = make()
            assert (await client.evaluate_policy(asked(context={"n": n % 3}))).allow
            await client.close()
            await client.close()
            assert (await make().evaluate_policy(asked())).allow


async def test_rule_a_rollback_of_the_cache_is_one_for_every_handle(sark: Sark) -> None:
    """Also for the clients of the factory: nobody is served from a cache that was taken from them."""
    install("B")
    client = sark.services__policy__factory.create_opa_client("u-1")
    for _ in range(2):
        await client.evaluate_policy(asked())
    Runtime.shared().flags.rollback("rust_cache")
    ours, theirs = Runtime.shared().cache, sark.services__policy__cache.get_policy_cache()
    before = ours.get_metrics()["total_requests"]
    for _ in range(2):
        assert (await client.evaluate_policy(asked())).allow
    assert before == ours.get_metrics()["total_requests"]
    assert (1, 1) == (await ours.get_cache_size(), await theirs.get_cache_size())
    assert 2 == await client.invalidate_cache(user_id="u-1")
    assert (0, 0) == (await ours.get_cache_size(), await theirs.get_cache_size())


async def test_rule_the_loop_is_not_blocked(sark: Sark, server: Opa) -> None:
    """While a slow OPA is waited for, others have their turn."""
    install("B")
    Runtime.shared().flags.set_rollout_pct("rust_opa", 0)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    with Chaos(server.port) as slowed:
        slowed.behave = slow(0.5)
        task = asyncio.create_task(others())
        assert (await sark.policy.OPAClient(slowed.url, cache_enabled=False).evaluate_policy(asked())).allow
        task.cancel()
    assert turns > 20


@pytest.mark.parametrize("level", ["A", "B", "C"])
async def test_installing_twice_is_refused(sark: Sark, level: str) -> None:
    """Nothing changes then; and what is no level is none."""
    install(level)
    with pytest.raises(RuntimeError, match="installed already"):
        install("B")
    uninstall()
    with pytest.raises(ValueError, match="no level"):
        install("D")
    with pytest.raises(ValueError, match="admin API"):
        install("A", app=sark.api__main.app)
    install(level)
