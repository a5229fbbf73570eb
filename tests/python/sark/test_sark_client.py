"""The whole surface of the gateway's two clients, on each of ours, over a real engine and a real OPA."""

import asyncio
import inspect
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from policy_clients import AGENTS, KINDS, LONG, POLICY, Place, bundle, client_of
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.exceptions import OPACompilationError
from sark_policy.sark.models import AuthorizationDecision, AuthorizationInput
from sark_policy.sark.settings import SarkSettings

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("afresh")]

ANALYST = {"id": "u-1", "roles": ["analyst"]}
SERVER = {"name": "pg-main"}
TOOL = {"name": "run_sql", "parameters": {"query": "select 1", "password": "hunter2"}}
INVOKE = "gateway:tool:invoke"

COROUTINES = (
    "evaluate_policy",
    "evaluate_policy_batch",
    "check_tool_access",
    "check_server_registration",
    "authorize",
    "evaluate_gateway_policy",
    "batch_evaluate_gateway",
    "evaluate_a2a_policy",
    "invalidate_cache",
    "get_cache_size",
    "close",
    "health_check",
    "_evaluate_opa_policy",
    "_revalidate_cache_entry",
)
FUNCTIONS = ("get_cache_metrics", "_get_sensitivity", "_get_cache_ttl")
ATTRIBUTES = ("opa_url", "timeout", "policy_path", "cache")


def asked(**changes: Any) -> AuthorizationInput:
    """Make a request that is allowed, with changes."""
    fields = {"user": ANALYST, "action": INVOKE, "server": SERVER, "tool": TOOL, "context": {}} | changes
    return AuthorizationInput(**fields)


# --- The surface


async def test_every_client_has_every_method(client: PolicyClient) -> None:
    """What callers of the gateway's client call is there, and is a coroutine where theirs is one."""
    absent = [name for name in (*COROUTINES, *FUNCTIONS, *ATTRIBUTES) if not hasattr(client, name)]
    assert [] == absent
    assert [] == [name for name in COROUTINES if not inspect.iscoroutinefunction(getattr(client, name))]
    assert client


@pytest.mark.parametrize(
    ("theirs", "parameters"),
    [
        ("evaluate_policy", ["auth_input", "use_cache"]),
        ("evaluate_policy_batch", ["auth_inputs", "use_cache"]),
        (
            "check_tool_access",
            ["user_id", "user_email", "user_role", "tool_name", "tool_sensitivity", "tool_owner_id", "team_ids"],
        ),
        (
            "check_server_registration",
            ["user_id", "user_email", "user_role", "server_name", "server_sensitivity"],
        ),
        ("authorize", ["user_id", "action", "resource", "context"]),
        ("evaluate_gateway_policy", ["user_context", "action", "server", "tool", "context"]),
        ("batch_evaluate_gateway", ["requests"]),
        ("evaluate_a2a_policy", ["source_agent", "target_agent", "action", "context"]),
        ("invalidate_cache", ["user_id", "action", "resource"]),
    ],
)
def test_parameters_have_the_gateways_names_in_its_order(theirs: str, parameters: list[str]) -> None:
    """Callers pass them by name and by place."""
    assert ["self", *parameters] == list(inspect.signature(getattr(PolicyClient, theirs)).parameters)


def test_constructors_take_what_the_gateways_take() -> None:
    """By name and by place."""
    http = list(inspect.signature(HttpOPAClient).parameters)
    rust = list(inspect.signature(RustOPAClient).parameters)
    assert ["opa_url", "timeout", "cache", "cache_enabled"] == http[:4]
    assert ["policy_dir", "cache", "cache_enabled"] == rust[:3]


# --- One decision


async def test_a_request_is_decided_with_reason_parameters_and_id(client: PolicyClient) -> None:
    """All that the policy says arrives."""
    decision = await client.evaluate_policy(asked(context={"request_id": "req-1"}))
    expected = AuthorizationDecision(
        allow=True,
        reason="gateway:tool:invoke for u-1",
        filtered_parameters={"query": "select 1"},
        audit_id="req-1",
    )
    assert expected == decision


async def test_a_denial_has_its_reason(client: PolicyClient) -> None:
    """A clean denial says why."""
    decision = await client.evaluate_policy(asked(user={"id": "u-2", "roles": []}))
    assert (False, "gateway:tool:invoke for u-2") == (decision.allow, decision.reason)


async def test_fields_beyond_the_models_reach_the_policy(client: PolicyClient) -> None:
    """The gateway's own model drops `parameters`, `resource` and agents."""
    request = asked(user={"id": "u-2"}, parameters={"grant": True})
    assert (await client.evaluate_policy(request)).allow


async def test_evaluate_gateway_policy(client: PolicyClient) -> None:
    """A user, an action, a server and a tool."""
    decision = await client.evaluate_gateway_policy(ANALYST, INVOKE, SERVER, TOOL, {"request_id": "r"})
    assert (True, {"query": "select 1"}, "r") == (decision.allow, decision.filtered_parameters, decision.audit_id)
    assert not (await client.evaluate_gateway_policy(ANALYST, INVOKE, {"name": "pg-other"}, TOOL)).allow


@pytest.mark.parametrize(
    ("more", "allowed"),
    [
        ({"tool_owner_id": "kim"}, True),
        ({"tool_owner_id": "lee"}, False),
        ({"team_ids": ["pay"]}, True),
        ({"team_ids": ()}, False),
        ({}, False),
    ],
)
async def test_check_tool_access(client: PolicyClient, more: dict[str, Any], allowed: bool) -> None:
    """The owner and the managing teams may, and the time is this machine's."""
    decision = await client.check_tool_access("kim", "kim@acme.test", "developer", "ledger", "critical", **more)
    assert allowed == decision.allow


@pytest.mark.parametrize(("role", "level", "allowed"), [("registrar", "low", True), ("registrar", "high", False)])
async def test_check_server_registration(
    client: PolicyClient,
    role: str,
    level: str,
    allowed: bool,
) -> None:
    """A role and a level decide."""
    decision = await client.check_server_registration("kim", "kim@acme.test", role, "billing", level)
    assert (allowed, "server:register for kim") == (decision.allow, decision.reason)


async def test_authorize_passes_the_resource_on(client: PolicyClient) -> None:
    """The gateway's own drops it, and decides without."""
    context = {"user": {"clearance": "full"}}
    assert await client.authorize("kim", "report:read", "report-7", context) is True
    assert await client.authorize("kim", "report:read", "report-8", context) is False
    assert await client.authorize("kim", "report:read", "report-7") is False


async def test_authorize_lets_no_context_change_who_asks(client: PolicyClient) -> None:
    """`context.user.id` is not whose request it is."""
    context = {"user": {"clearance": "full", "id": "kim"}}
    assert await client.authorize("lee", "report:read", "report-7", context) is False


async def test_a_decision_between_agents(client: PolicyClient) -> None:
    """Its restrictions are the parameters; it has a reason of its own where the policy has none."""
    source, target = {"id": "ag-1", "trust_level": "trusted"}, {"id": "ag-2"}
    decision = await client.evaluate_a2a_policy(source, target, "a2a:query", {"delegation_depth": 1})
    assert (True, {"calls": 3}) == (decision.allow, decision.filtered_parameters)
    assert "A2A policy evaluation completed" == decision.reason
    deep = await client.evaluate_a2a_policy(source, target, "a2a:query", {"delegation_depth": 3})
    assert not deep.allow


async def test_a_decision_between_agents_is_never_cached(client: PolicyClient) -> None:
    """Neither kept nor served."""
    source, target = {"id": "ag-1", "trust_level": "trusted"}, {"id": "ag-2"}
    for _ in range(3):
        assert (await client.evaluate_a2a_policy(source, target, "a2a:query", {"delegation_depth": 0})).allow
    assert 0 == await client.get_cache_size()
    assert 0 == client.get_cache_metrics()["total_requests"]


# --- The meaning of an answer (SARK.md, 1.4)


@pytest.mark.parametrize(
    ("path", "allowed", "reason"),
    [
        ("shapes/yes", True, "Policy evaluation completed"),
        ("shapes/no", False, "Policy evaluation completed"),
        ("shapes/text", False, "Internal error during policy evaluation"),
        ("shapes/number", False, "Internal error during policy evaluation"),
        ("shapes/nothing", False, "Internal error during policy evaluation"),
        ("shapes/list", False, "Internal error during policy evaluation"),
        ("shapes/talks", False, "Internal error during policy evaluation"),
        ("shapes/reasoned", True, "by another name"),
        ("shapes/sets", False, "a; b"),
        ("shapes/absent", False, "Policy evaluation"),
        ("shapes/conflict", False, "Policy evaluation failed"),
        ("/v1/data/shapes/yes", True, "Policy evaluation completed"),
        ("data.shapes.yes", True, "Policy evaluation completed"),
    ],
)
async def test_only_true_allows(client: PolicyClient, path: str, allowed: bool, reason: str) -> None:
    """No text, number, list or error does, and the reasons begin as the gateway's."""
    decision = await client.decide(path, {"one": True, "two": True})
    assert allowed == decision.allow
    assert decision.reason.startswith(reason)


async def test_a_conflict_in_a_reason_costs_only_the_reason(client: PolicyClient) -> None:
    """`allow` is evaluated on its own."""
    decision = await client.decide("shapes/clash/allow", {"one": True, "two": True})
    assert (True, "Policy evaluation completed") == (decision.allow, decision.reason)


# --- Many decisions


async def test_a_batch_comes_in_its_order(client: PolicyClient) -> None:
    """Allowed, denied and unspeakable requests each keep their place."""
    requests: list[Any] = [asked(user=ANALYST | {"id": f"u-{n}"}) for n in range(7)]
    requests[3] = asked(user={"id": "u-3"})
    requests[5] = asked(context={"at": float("nan")})
    for use_cache in (False, True, True):
        decisions = await client.evaluate_policy_batch(requests, use_cache)
        assert [True, True, True, False, True, False, True] == [decision.allow for decision in decisions]
        assert [f"gateway:tool:invoke for u-{n}" for n in (0, 1, 2, 3, 4, 6)] == [
            decision.reason for place, decision in enumerate(decisions) if place != 5
        ]
        assert decisions[5].reason.startswith("Policy evaluation failed")


async def test_an_empty_batch_is_empty(client: PolicyClient) -> None:
    """No question, no decision."""
    assert [] == await client.evaluate_policy_batch([])
    assert [] == await client.batch_evaluate_gateway([])
    assert [] == await client.decide_batch("shapes/yes", [])


async def test_batch_evaluate_gateway(client: PolicyClient) -> None:
    """Tuples of user, action, server and tool."""
    requests = [
        (ANALYST, INVOKE, SERVER, TOOL),
        (ANALYST, INVOKE, {"name": "other"}, TOOL),
        (ANALYST, INVOKE, None, None),
    ]
    assert [True, False, False] == [decision.allow for decision in await client.batch_evaluate_gateway(requests)]


async def test_a_batch_of_any_inputs_by_one_entry_point(client: PolicyClient) -> None:
    """As the gateway filters tools."""
    documents = [{"number": number} for number in range(300)]
    decisions = await client.decide_batch("shapes/echo", documents)
    assert documents == [decision.filtered_parameters for decision in decisions]


async def test_a_large_batch_lets_others_have_their_turn(client: PolicyClient) -> None:
    """While thousands of questions are encoded and decided, the loop goes round."""
    await client.decide("shapes/yes", {})
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(others())
    await client.decide_batch("shapes/yes", [{"number": number} for number in range(1_000)])
    task.cancel()
    assert turns >= 1_000 / 128


# --- Values that JSON lacks


async def test_what_json_lacks_is_the_same_on_every_path(place: Place) -> None:
    """UUIDs, times, amounts, bytes and sets reach the policy alike, and what cannot be said is denied alike."""
    document = {
        "id": UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "day": date(2026, 1, 2),
        "for": timedelta(minutes=2),
        "amount": Decimal("12.50"),
        "count": Decimal("3"),
        "blob": b"\x00\xff",
        "roles": {"b", "a"},
        "level": Level.HIGH,
        "pair": (1, 2),
        "big": 2**60,
        UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"): "a key",
    }
    expected = {
        "id": "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "at": "2026-01-02T03:04:05Z",
        "day": "2026-01-02",
        "for": 120,
        "amount": 12.5,
        "count": 3,
        "blob": "AP8=",
        "roles": ["a", "b"],
        "level": "high",
        "pair": [1, 2],
        "big": 2**60,
        "6f9619ff-8b86-d011-b42d-00c04fc964ff": "a key",
    }
    for kind in KINDS:
        async with client_of(kind, place) as client:
            for _ in range(2):  # evaluated, and cached
                assert expected == (await client.decide("shapes/echo", document)).filtered_parameters
            refused = await client.decide("shapes/echo", document | {"amount": Decimal("0.1") / 3})
            assert (False, True) == (refused.allow, refused.reason.startswith("Policy evaluation failed"))


# --- Duck-typed inputs


class Level(Enum):
    """A word in a type of its own."""

    HIGH = "high"


class Attributes:
    """Has the fields, and is no model."""

    user = ANALYST
    action = INVOKE
    server = SERVER
    tool = TOOL
    context: dict[str, Any] = {}  # noqa: RUF012


class Dumps:
    """Dumps itself, as a model of any version of pydantic's."""

    def model_dump(self) -> dict[str, Any]:
        """Return the fields."""
        return {"user": ANALYST, "action": INVOKE, "server": SERVER, "tool": TOOL, "context": {}}


@pytest.mark.parametrize("request_", [Attributes(), Dumps(), Dumps().model_dump(), asked()])
async def test_whatever_looks_like_a_request_is_one(client: PolicyClient, request_: Any) -> None:
    """By attributes, by `model_dump`, as a dict, as a model."""
    assert (await client.evaluate_policy(request_)).allow
    assert [True] == [decision.allow for decision in await client.evaluate_policy_batch([request_])]


# --- Health, figures, handles


async def test_health_names_the_parts(place: Place) -> None:
    """By the gateway's names, and a bool for the whole."""
    expected = {
        "rust": {"rust_engine": True, "cache": True, "overall": True},
        "http": {"opa": True, "cache": True, "overall": True},
        "routed in-process": {"rust_engine": True, "opa": True, "cache": True, "overall": True},
        "routed over HTTP": {"rust_engine": True, "opa": True, "cache": True, "overall": True},
    }
    for kind in KINDS:
        async with client_of(kind, place) as client:
            assert expected[kind] == await client.health_check()


async def test_figures_of_the_cache(client: PolicyClient) -> None:
    """A miss, a hit, an entry; and none of it without the cache."""
    for use_cache in (True, True, False):
        await client.evaluate_policy(asked(), use_cache)
    figures = client.get_cache_metrics()
    assert (1, 1, 2, 50.0) == tuple(figures[name] for name in ("hits", "misses", "total_requests", "hit_rate"))
    assert 1 == await client.get_cache_size()


async def test_sensitivity_decides_how_long(client: PolicyClient) -> None:
    """By the tool's word, else the server's, else the default."""
    assert "critical" == client._get_sensitivity(asked(tool={"sensitivity_level": "critical"}))
    assert "low" == client._get_sensitivity(asked(tool=None, server={"sensitivity_level": "low"}))
    assert "default" == client._get_sensitivity(asked())
    assert [60, 120, 180, 300, 120] == [
        client._get_cache_ttl(level) for level in ("critical", "confidential", "internal", "public", "anything")
    ]


async def test_close_is_idempotent_and_ends_nothing_shared(place: Place) -> None:
    """The engine and the cache go on for the other handles."""
    for kind in KINDS:
        async with client_of(kind, place) as first, client_of(kind, place) as second:
            assert (await first.evaluate_policy(asked())).allow
            await first.close()
            await first.close()
            assert (await second.evaluate_policy(asked())).allow


async def test_clients_are_made_and_closed_again_and_again(place: Place) -> None:
    """A handle for each request costs nothing that stays: one engine, one cache."""
    engines, caches = set(), set()
    for _ in range(50):
        for kind in ("rust", "routed in-process"):
            async with client_of(kind, place) as client:
                assert (await client.evaluate_policy(asked())).allow
                engines.add(id(client._engine))
                caches.add(id(client.cache.cache))
    assert (1, 1) == (len(engines), len(caches))


# --- Policies by name (SARK.md, 1.7)


async def test_a_policy_by_name_decides_beside_the_bundle(place: Place) -> None:
    """Loaded, replaced, refused: all or nothing, in either version of Rego."""
    async with client_of("rust", place) as client:
        assert isinstance(client, RustOPAClient)
        await client.load_policy("extra", "package extra\nallow { input.x == 1 }")
        assert (await client.decide("extra/allow", {"x": 1})).allow
        await client.load_policy("extra", "package extra\nallow if input.x == 2")
        assert [False, True] == [(await client.decide("extra/allow", {"x": x})).allow for x in (1, 2)]
        with pytest.raises(OPACompilationError):
            await client.load_policy("extra", "package extra\nallow if {")
        with pytest.raises(ValueError, match="empty"):
            await client.load_policy("extra", " ")
        assert (await client.decide("extra/allow", {"x": 2})).allow
        assert (await client.evaluate_policy(asked())).allow
        assert ["extra"] == client.get_loaded_policies()


async def test_a_policy_from_a_file_and_one_of_the_folder(tmp_path: Path) -> None:
    """By path, and by the name of a file of the bundle, however deep."""
    folder = bundle(tmp_path / "bundle")
    (folder / "deeper").mkdir()
    (folder / "deeper/more.rego").write_text("package mcp.more\nallow := true")
    other = tmp_path / "other.rego"
    other.write_text("package other\nallow := true")
    client = RustOPAClient(folder, settings=SarkSettings(deadline=LONG))
    await client.load_policy_from_file(other)
    assert (await client.decide("other/allow", {})).allow
    await client.ensure_policy_loaded("more")
    await client.ensure_policy_loaded("more")
    assert (await client.decide("mcp/more/allow", {})).allow
    assert ["more", "other"] == client.get_loaded_policies()
    with pytest.raises(FileNotFoundError):
        await client.load_policy_from_file(tmp_path / "absent.rego")
    for name in ("absent", "", "../other", str(other.with_suffix(""))):
        with pytest.raises(FileNotFoundError):
            await client.ensure_policy_loaded(name)


async def test_without_a_bundle_there_are_the_policies_by_name(tmp_path: Path) -> None:
    """The folder need not be there, and until a policy is loaded everything is denied."""
    client = RustOPAClient(tmp_path / "absent", settings=SarkSettings(deadline=LONG))
    assert not (await client.evaluate_policy(asked())).allow
    await client.load_policy("gateway_authorization", POLICY.replace("mcp.gateway", "sark.gateway"))
    decision = await client.evaluate_policy(asked())
    assert (True, {"query": "select 1"}) == (decision.allow, decision.filtered_parameters)
    assert "data.sark.gateway.allow" == client._get_policy_query(INVOKE)


async def test_a_bundle_says_where_its_decision_is(tmp_path: Path) -> None:
    """The first of the known places that it has; agents have theirs."""
    folder = bundle(tmp_path / "bundle")
    client = RustOPAClient(folder, settings=SarkSettings(deadline=LONG))
    assert "data.mcp.gateway.allow" == client._get_policy_query(INVOKE)
    assert "data.mcp.gateway.a2a.result" == client._get_policy_query("a2a:query")
    assert (await client.evaluate_policy(asked())).allow
    elsewhere = bundle(
        tmp_path / "elsewhere", a2a=AGENTS.replace("result", "allow"), gateway="package mcp.tools\nx := 1"
    )
    client = RustOPAClient(elsewhere, settings=SarkSettings(deadline=LONG))
    assert "data.mcp.gateway.a2a.allow" == client._get_policy_query("a2a:query")
    assert "data.mcp.allow" == client._get_policy_query(INVOKE)
    assert not (await client.evaluate_policy(asked())).allow


@pytest.mark.parametrize("method", ["evaluate_policy", "evaluate_policy_batch", "evaluate_a2a_policy"])
async def test_nothing_opens_a_bundle_on_the_event_loop(
    place: Place, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first question opens it, which may take seconds, on a thread beside the loop."""
    client = RustOPAClient(place.folder, settings=SarkSettings(deadline=LONG))
    opening, opened_on = client.engine._open, []

    def noted() -> Any:
        opened_on.append(threading.get_ident())
        return opening()

    monkeypatch.setattr(client.engine, "_open", noted)
    calls: dict[str, tuple[Any, ...]] = {"evaluate_policy": (asked(),), "evaluate_policy_batch": ([asked()],)}
    arguments = calls.get(method, ({}, {}, "a2a:query"))
    await getattr(client, method)(*arguments)
    assert opened_on
    assert threading.get_ident() not in opened_on
