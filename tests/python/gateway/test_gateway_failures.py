"""What happens where a part fails: denied or refused, with the reason, and said in /health."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from real_gateway import API_KEY, BUNDLE, CATALOGUE, SECRET, bearer, free_port, served
from real_opa import Opa
from sark_policy.gateway import GatewaySettings, create_app
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

SQL = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client of a gateway that is set up by the test's parameter: the gateway's settings, and the policy's."""
    gateway, policy = request.param
    yield from _client(gateway, policy)


def _client(gateway: dict[str, Any], policy: dict[str, Any]) -> Iterator[httpx.Client]:
    runtime = Runtime(SarkSettings(**{"bundle": BUNDLE, "deadline": 10, "watch": False, **policy}))
    settings = GatewaySettings(**{"jwt_secret": SECRET, "api_key": API_KEY, "catalogue": CATALOGUE, **gateway})
    with served(create_app(settings, runtime)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def authorize(client: httpx.Client) -> dict[str, Any]:
    """Ask for something that the example allows."""
    response = client.post("/api/v1/gateway/authorize", json=SQL, headers=bearer("kim"))
    assert 200 == response.status_code
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("client", [({}, {"bundle": Path("/no/such/bundle")})], indirect=True)
def test_without_a_bundle_everything_is_denied(client: httpx.Client) -> None:
    """No policy, no permission: requests, lists and agents are denied, and the worker is not ready."""
    answer = authorize(client)
    assert (False, 0) == (answer["allow"], answer["cache_ttl"])
    assert answer["reason"].startswith("Policy evaluation failed: ")
    lists = [client.get(f"/api/v1/gateway/{kind}", headers=bearer("ada")).json() for kind in ("servers", "tools")]
    assert [[], []] == lists
    asked = {"source_agent_id": "planner", "target_agent_id": "ag-2", "capability": "query", "message_type": "x"}
    agent = client.post("/api/v1/gateway/authorize-a2a", json=asked, headers=bearer("planner")).json()
    assert agent["reason"].startswith("Policy evaluation failed: ")
    ready = client.get("/health/ready")
    assert (503, "not ready", False) == (
        ready.status_code,
        ready.json()["status"],
        ready.json()["checks"]["in_process"],
    )
    assert 200 == client.get("/health/live").status_code


def test_without_a_bundle_opa_decides(example_opa: Opa) -> None:
    """Where the engine has no bundle, OPA answers everything: requests, lists and agents."""
    for client in _client(
        {}, {"bundle": Path("/no/such/bundle"), "opa_url": example_opa.url, "rollout": {"rust_opa": 100}}
    ):
        assert authorize(client)["reason"].startswith("allowed: invoke on pg-main/run_sql")
        assert 11 == len(client.get("/api/v1/gateway/servers", headers=bearer("ada")).json())
        asked = {
            "source_agent_id": "planner",
            "target_agent_id": "ag-2",
            "capability": "query",
            "message_type": "x",
            "target_environment": "prod",
        }
        agent = client.post("/api/v1/gateway/authorize-a2a", json=asked, headers=bearer("planner")).json()
        assert "allowed: planner may query ag-2, trust 3" == agent["reason"]
        ready = client.get("/health/ready")
        assert (200, "degraded", True) == (ready.status_code, ready.json()["status"], ready.json()["checks"]["opa"])


@pytest.mark.parametrize("client", [({}, {"opa_url": f"http://127.0.0.1:{free_port()}"})], indirect=True)
def test_opa_is_away(client: httpx.Client) -> None:
    """Users whom the flag gives to OPA are denied with the reason, and the worker says what is missing."""
    answer = authorize(client)
    assert (False, 0) == (answer["allow"], answer["cache_ttl"])
    assert answer["reason"].startswith("Policy evaluation failed: ")
    assert {"in_process": True, "opa": False, "cache": True, "catalogue": True} == client.get("/health").json()[
        "checks"
    ]


@pytest.mark.parametrize(
    "client",
    [({"catalogue": None}, {}), ({"catalogue": None, "upstream_url": f"http://127.0.0.1:{free_port()}"}, {})],
    ids=["none", "away"],
    indirect=True,
)
def test_without_a_catalogue_lists_fail(client: httpx.Client) -> None:
    """A list that nobody knows is an error, not an empty one; requests are decided all the same."""
    for kind in ("servers", "tools"):
        response = client.get(f"/api/v1/gateway/{kind}", headers=bearer("ada"))
        assert 500 == response.status_code
        assert response.json()["detail"].startswith("the catalogue is not available: ")
    assert authorize(client)["allow"]
    health = client.get("/health").json()
    assert ("degraded", False) == (health["status"], health["checks"]["catalogue"])


@pytest.mark.parametrize("client", [({"audit_file": Path("/dev/full")}, {})], indirect=True)
def test_what_cannot_be_written_down_is_denied(client: httpx.Client) -> None:
    """With a full disk nothing is allowed that nobody could look up later, and reported events are not taken."""
    answer = authorize(client)
    expected = {
        "allow": False,
        "reason": "Authorization error: AuditFailed",
        "filtered_parameters": None,
        "audit_id": None,
        "cache_ttl": 0,
    }
    assert expected == answer
    headers = {"X-Gateway-Api-Key": API_KEY}
    assert 500 == client.post("/api/v1/gateway/audit", json={"event_type": "x"}, headers=headers).status_code


@pytest.mark.parametrize(
    "client", [({"api_key": None, "audit_file": Path("/dev/null")}, {}), ({}, {})], ids=["key", "file"], indirect=True
)
def test_events_are_not_taken_without_key_or_file(client: httpx.Client) -> None:
    """Without a key nobody can be known, without a file nothing kept: reports are turned away."""
    headers = {"X-Gateway-Api-Key": API_KEY}
    assert 503 == client.post("/api/v1/gateway/audit", json={"event_type": "x"}, headers=headers).status_code


@pytest.mark.parametrize("client", [({"environment": "development"}, {})], indirect=True)
def test_the_documentation_is_for_development(client: httpx.Client) -> None:
    """In development the routes describe themselves."""
    assert 200 == client.get("/docs").status_code
    assert {"/api/v1/gateway/authorize", "/api/v1/gateway/tools", "/health/ready"} <= client.get(
        "/openapi.json"
    ).json()["paths"].keys()


@pytest.mark.parametrize("client", [({"metrics": False}, {})], indirect=True)
def test_metrics_can_be_kept_in(client: httpx.Client) -> None:
    """Where nobody scrapes there is nothing to read."""
    assert 404 == client.get("/metrics").status_code
