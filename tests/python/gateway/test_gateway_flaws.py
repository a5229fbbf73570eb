"""What was broken in the gateway's own routes and its in-process path, each by the row of the list that names it."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from real_gateway import BUNDLE, CATALOGUE, SECRET, bearer, served
from real_opa import Opa
from sark_policy._instance import Bare
from sark_policy.gateway import GatewaySettings, create_app
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

SQL = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}

Serve = Callable[..., httpx.Client]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve gateways from threads of this process, and return clients of them without a token."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def serve(bundle: Path = BUNDLE, catalogue: Path = CATALOGUE, **settings: Any) -> httpx.Client:
            runtime = Runtime(SarkSettings(**{"bundle": bundle, "deadline": 10, "watch": False, **settings}))
            gateway = GatewaySettings(jwt_secret=SECRET, catalogue=catalogue)
            url = stack.enter_context(served(create_app(gateway, runtime)))
            return stack.enter_context(httpx.Client(base_url=url, timeout=30))

        yield serve


@pytest.fixture
def policy(tmp_path: Path) -> Callable[[str], Path]:
    """A bundle of one policy."""

    def policy(rego: str) -> Path:
        folder = tmp_path / "bundle"
        folder.mkdir()
        (folder / "policy.rego").write_text(f"package mcp.gateway\n{rego}")
        return folder

    return policy


def authorize(client: httpx.Client, who: str, **asked: Any) -> dict[str, Any]:
    """Ask for something as somebody."""
    body: dict[str, Any] = client.post("/api/v1/gateway/authorize", json={**SQL, **asked}, headers=bearer(who)).json()
    return body


def many_tools(folder: Path, count: int = 100) -> Path:
    """Return a catalogue of so many tools on a server of the example."""
    tools = [{"tool_name": f"t{n}", "sensitivity_level": "low"} for n in range(count - 1)] + [{"tool_name": "run_sql"}]
    server = {"server_id": "1", "server_name": "pg-main", "server_url": "u", "tools": tools}
    path = folder / "many.json"
    path.write_text(json.dumps({"servers": [server]}))
    return path


def test_flaw_3_3_parameters_are_visible_to_the_policy(serve: Serve, policy: Callable[[str], Path]) -> None:
    """What decides may be a parameter: the engine used to get none."""
    client = serve(policy('result := {"allow": input.parameters.rows < 10, "reason": "by rows"}'))
    answers = [authorize(client, "kim", parameters={"rows": rows})["allow"] for rows in (9, 10, 9)]
    assert [True, False, True] == answers


def test_flaw_3_3_agents_are_visible_to_the_policy(serve: Serve, policy: Callable[[str], Path]) -> None:
    """A policy decides by source and target: the old one saw neither."""
    folder = policy("")
    (folder / "a2a.rego").write_text(
        "package mcp.gateway.a2a\n"
        'result := {"allow": input.source_agent.trust_level == "trusted", "reason": input.target_agent.id}'
    )
    client = serve(folder)
    body = {"target_agent_id": "ag-9", "capability": "query", "message_type": "request", "target_environment": "prod"}
    answers = [
        client.post("/api/v1/gateway/authorize-a2a", json={**body, "source_agent_id": who}, headers=bearer(who)).json()
        for who in ("planner", "ag-3")
    ]
    assert [(True, "ag-9"), (False, "ag-9")] == [(answer["allow"], answer["reason"]) for answer in answers]


def test_flaw_3_3_an_empty_filter_is_an_empty_filter(serve: Serve) -> None:
    """Where every parameter is a secret the answer is `{}`, which the old caller took for none at all."""
    client = serve()
    answer = authorize(client, "kim", parameters={"password": "x", "api_key": "y"})
    assert (True, {}) == (answer["allow"], answer["filtered_parameters"])


@pytest.mark.parametrize("filtered", ["null", None])
def test_no_filter_is_no_empty_filter(serve: Serve, policy: Callable[[str], Path], filtered: str | None) -> None:
    """Where the policy filters nothing the answer is null, so that the caller's parameters stand."""
    rule = "" if filtered is None else f', "filtered_parameters": {filtered}'
    client = serve(policy(f'result := {{"allow": true, "reason": "r"{rule}}}'))
    assert None is authorize(client, "kim", parameters={"a": 1})["filtered_parameters"]


def test_flaw_5_7_reason_and_filter_survive_in_process(serve: Serve) -> None:
    """The in-process path gives reason and filtered parameters, not a bare boolean."""
    answer = authorize(serve(), "kim", parameters={"query": "select 1", "nested": {"token": 1, "n": 2}})
    assert {"query": "select 1", "nested": {"n": 2}} == answer["filtered_parameters"]
    assert answer["reason"].startswith("allowed: ")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ('result := {"allow": "yes"}', "Internal error during policy evaluation"),
        ('result := {"allow": 1}', "Internal error during policy evaluation"),
        ("result := [true]", "Internal error during policy evaluation"),
        ('result := {"allow": true} if input.never', "Policy evaluation completed"),
        ('result := object.get(input.action, "x", 1)', "Policy evaluation failed"),
    ],
    ids=["text", "number", "list", "undefined", "failing"],
)
def test_only_true_allows(serve: Serve, policy: Callable[[str], Path], rule: str, reason: str) -> None:
    """Whatever else a policy answers, or where it fails, is a denial with the reason and not to be kept."""
    answer = authorize(serve(policy(rule)), "ada")
    assert (False, 0) == (answer["allow"], answer["cache_ttl"])
    assert answer["reason"].startswith(reason)


def test_flaw_0_one_crossing_for_a_hundred_tools(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a hundred tools is one question to the engine: it used to be a hundred."""
    client = serve(catalogue=many_tools(tmp_path))
    assert authorize(client, "kim")["allow"]  # the engine is open, and everything has been compiled
    crossings: Counter[str] = Counter()
    call = Bare.call

    def counted(self: Bare, left: int, function: str, *arguments: Any) -> Any:
        crossings[function] += 1
        return call(self, left, function, *arguments)

    monkeypatch.setattr(Bare, "call", counted)
    response = client.get("/api/v1/gateway/tools", headers=bearer("kim"))
    assert ["run_sql"] == [tool["tool_name"] for tool in response.json()]
    decided = {name: count for name, count in crossings.items() if name.startswith("decide")}
    assert 1 == sum(decided.values()), decided


def test_flaw_5_13_a_rollout_is_set_where_requests_are_served(serve: Serve) -> None:
    """The routes that set a rollout are on the gateway itself, for admins and nobody else."""
    client = serve()
    change = {"feature": "rust_opa", "percentage": 25}
    statuses = [
        client.post("/admin/rollout/set", json=change, headers=headers).status_code
        for headers in ({}, bearer("kim"), bearer("ada"))
    ]
    assert [401, 403, 200] == statuses
    assert 25 == client.get("/admin/rollout/status", headers=bearer("ada")).json()["rust_opa"]


def test_flaw_5_13_agents_have_buckets_of_their_own(serve: Serve, example_opa: Opa) -> None:
    """A rollout of agents' traffic goes by the agent: all of it was the one bucket `unknown`."""
    client = serve(opa_url=example_opa.url, rollout={"rust_opa": 50})
    before = assigned(client)
    body = {"target_agent_id": "ag-2", "capability": "query", "message_type": "request", "target_environment": "prod"}
    for n in range(40):
        token = bearer(f"agent-{n}", trust_level="trusted", capabilities=["query"], environment="prod")
        answer = client.post(
            "/api/v1/gateway/authorize-a2a", json={**body, "source_agent_id": f"agent-{n}"}, headers=token
        ).json()
        assert f"denied: source agent agent-{n} is not registered" in answer["reason"]
    asked = {side: count - before.get(side, 0) for side, count in assigned(client).items()}
    assert 40 == sum(asked.values())
    assert all(count >= 10 for count in asked.values()), asked


def assigned(client: httpx.Client) -> dict[str, float]:
    """Return how many requests went to each side by the flag."""
    return sample(client, 'feature_flag_assignments_total{feature="rust_opa"', "implementation")


def sample(client: httpx.Client, start: str, label: str) -> dict[str, float]:
    """Return what the lines of a metric that begin so come to, by a label."""
    sums: dict[str, float] = {}
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(start):
            value = line.split(f'{label}="')[1].split('"')[0]
            sums[value] = sums.get(value, 0.0) + float(line.rsplit(" ", 1)[1])
    return sums


def test_flaw_5_14_both_paths_are_compared(serve: Serve, example_opa: Opa) -> None:
    """The comparison has real figures of both paths: it was all zeros."""
    client = serve(opa_url=example_opa.url, rollout={"rust_opa": 100})
    for percentage in (100, 0):
        change = {"feature": "rust_opa", "percentage": percentage}
        assert 200 == client.post("/admin/rollout/set", json=change, headers=bearer("ada")).status_code
        for n in range(5):
            assert authorize(client, "kim", parameters={"limit": n})["allow"]
    compared = client.get("/admin/metrics/comparison", headers=bearer("ada")).json()
    for side in ("rust_opa", "python_opa"):
        assert compared[side]["count"] >= 5, compared
        assert compared[side]["p95"] > 0, compared
    assert compared["recommendation"]


def test_flaw_5_14_a_fallback_is_counted(serve: Serve, example_opa: Opa, policy: Callable[[str], Path]) -> None:
    """Where the in-process path has no bundle OPA answers, and it is counted: the counter never moved."""
    client = serve(policy("this is no policy"), opa_url=example_opa.url, rollout={"rust_opa": 100})
    before = sum(sample(client, "implementation_fallback_total{", "error_type").values())
    assert authorize(client, "kim")["reason"].startswith("allowed: ")
    assert before + 1 <= sum(sample(client, "implementation_fallback_total{", "error_type").values())
