"""The routes, of a real gateway in a process of its own, with the example bundle and catalogue."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from real_gateway import API_KEY, CATALOGUE, Gateway, bearer, gateway

SQL = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}
A2A = {
    "source_agent_id": "planner",
    "target_agent_id": "ag-2",
    "capability": "query",
    "message_type": "request",
    "target_environment": "prod",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that all tests of this file ask."""
    with gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def nobody(running: Gateway) -> Iterator[httpx.Client]:
    """A client without a token."""
    with running.client() as client:
        yield client


def authorize(client: httpx.Client, who: str, **asked: Any) -> dict[str, Any]:
    """Ask for something as somebody, and return the answer, which always comes."""
    response = client.post("/api/v1/gateway/authorize", json=asked, headers=bearer(who))
    assert (200, "application/json") == (response.status_code, response.headers["content-type"])
    body: dict[str, Any] = response.json()
    return body


def test_an_allowed_request(nobody: httpx.Client) -> None:
    """A real user gets the policy's decision, its reason, and the parameters that may be passed on."""
    answer = authorize(nobody, "kim", **SQL, parameters={"query": "select 1", "password": "hunter2"})
    assert answer.pop("audit_id")
    expected = {
        "allow": True,
        "reason": "allowed: invoke on pg-main/run_sql for u-17, level 3, clearance 3",
        "filtered_parameters": {"query": "select 1"},
        "cache_ttl": 300,
    }
    assert expected == answer


@pytest.mark.parametrize(
    ("who", "asked", "reason"),
    [
        ("vic", {}, "denied: clearance 1 is below level 3"),
        ("lee", {"server_name": "files", "tool_name": "write_file"}, "denied: files/write_file belongs to other teams"),
        ("sus", {}, "denied: user is suspended"),
        ("ada", {"tool_name": "run_sql2"}, "denied: tool run_sql2 is not registered on pg-main"),
        ("kim", {"parameters": {"query": "drop table t"}}, "denied: destructive statement in query"),
        ("kim", {"sensitivity_level": "critical"}, "denied: clearance 3 is below level 4"),
        ("kim", {"context": {"client_ip": "203.0.113.9"}}, "denied: address 203.0.113.9 is blocked"),
    ],
)
def test_a_denied_request(nobody: httpx.Client, who: str, asked: dict[str, Any], reason: str) -> None:
    """User, tool, parameters, sensitivity and context all reach the policy. A denial may not be kept."""
    answer = authorize(nobody, who, **{**SQL, **asked})
    assert (False, reason, None, 0) == (
        answer["allow"],
        answer["reason"],
        answer["filtered_parameters"],
        answer["cache_ttl"],
    )


@pytest.mark.parametrize(("level", "seconds"), [(None, 300), ("low", 1800), ("medium", 300), ("high", 60)])
def test_how_long_a_permission_may_be_kept(nobody: httpx.Client, level: str | None, seconds: int) -> None:
    """By the sensitivity that the request says, as ever."""
    assert seconds == authorize(nobody, "kim", **SQL, sensitivity_level=level)["cache_ttl"]


def test_a_critical_permission_may_not_be_kept(nobody: httpx.Client) -> None:
    """What is critical is asked anew each time."""
    answer = authorize(nobody, "ada", **SQL, sensitivity_level="critical")
    assert (True, 0) == (answer["allow"], answer["cache_ttl"])


@pytest.mark.parametrize(
    "parameters",
    ['{"a": NaN}', '{"a": Infinity}', '{"a": "\\ud800"}', "[" * 50_000 + "]" * 50_000, '{"a":' * 200 + "1" + "}" * 200],
    ids=["not a number", "infinite", "half a character", "unreadable", "deep"],
)
def test_what_cannot_be_said_is_denied(nobody: httpx.Client, parameters: str) -> None:
    """What no policy can be asked is never allowed, and never an error of the server."""
    body = json.dumps(SQL)[:-1] + f', "parameters": {parameters}}}'
    response = nobody.post("/api/v1/gateway/authorize", content=body, headers=bearer("ada") | JSON)
    assert response.status_code in (200, 400, 422)
    assert response.json().get("allow", False) is False


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"action": "gateway:tool:delete"},
        {"action": "tool:invoke"},
        {**SQL, "parameters": ["hunter2"]},
        {**SQL, "sensitivity_level": "hunter2"},
        {**SQL, "tool_name": "hunter2" * 100},
    ],
)
def test_an_invalid_request(nobody: httpx.Client, asked: dict[str, Any]) -> None:
    """It is refused with the place of the error, and does not come back in the answer."""
    response = nobody.post("/api/v1/gateway/authorize", json=asked, headers=bearer("kim"))
    assert 422 == response.status_code
    assert {"loc", "msg", "type"} == response.json()["detail"][0].keys()
    assert "hunter2" not in response.text


@pytest.mark.parametrize("route", ["POST authorize", "POST authorize-a2a", "GET servers", "GET tools"])
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y.z", "Basic YTpi"])
def test_without_a_token(nobody: httpx.Client, route: str, header: str) -> None:
    """Nobody is told anything."""
    method, name = route.split()
    headers = {"Authorization": header} if header else {}
    response = nobody.request(method, f"/api/v1/gateway/{name}", json={}, headers=headers)
    assert (401, "Bearer") == (response.status_code, response.headers["www-authenticate"])


def test_an_agent_asks(nobody: httpx.Client) -> None:
    """An agent in its right gets the policy's decision and its restrictions."""
    response = nobody.post("/api/v1/gateway/authorize-a2a", json=A2A, headers=bearer("planner"))
    answer = response.json()
    assert (200, True, 60, "allowed: planner may query ag-2, trust 3") == (
        response.status_code,
        answer["allow"],
        answer["cache_ttl"],
        answer["reason"],
    )
    assert {"delegations_left": 2, "parameters": {}, "rate_limit_per_hour": 1200, "read_only": True} == answer[
        "filtered_parameters"
    ]


@pytest.mark.parametrize(
    ("who", "asked", "reason"),
    [
        ("planner", {"target_agent_id": "nobody"}, "denied: target agent nobody is not registered"),
        ("planner", {"target_agent_id": "planner"}, "denied: an agent may not call itself"),
        ("planner", {"context": {"delegation_depth": 3}}, "denied: a task may be passed on 2 times"),
        ("ag-3", {"capability": "execute"}, "denied: the agent lacks the capability execute"),
        ("ag-5", {}, "denied: an untrusted agent stays in its environment"),
        ("ag-5", {"source_agent_id": "planner"}, "denied: the token belongs to another agent"),
    ],
)
def test_an_agent_is_denied(nobody: httpx.Client, who: str, asked: dict[str, Any], reason: str) -> None:
    """By the policy, which sees both agents, or before it by what always holds."""
    body = {**A2A, "source_agent_id": who, **asked}
    answer = nobody.post("/api/v1/gateway/authorize-a2a", json=body, headers=bearer(who)).json()
    assert (False, None, 0) == (answer["allow"], answer["filtered_parameters"] or None, answer["cache_ttl"])
    assert answer["reason"].startswith(reason)


def seen(client: httpx.Client, who: str, address: str) -> list[dict[str, Any]]:
    """Return a list as somebody sees it."""
    response = client.get(f"/api/v1/gateway/{address}", headers=bearer(who))
    assert 200 == response.status_code
    listed: list[dict[str, Any]] = response.json()
    return listed


def test_servers_are_filtered(nobody: httpx.Client) -> None:
    """Each user sees what their clearance covers; what is quarantined nobody sees, and the suspended see nothing."""
    names = {who: [server["server_name"] for server in seen(nobody, who, "servers")] for who in ("ada", "vic", "sus")}
    everything = [server["server_name"] for server in json.loads(CATALOGUE.read_text("utf-8"))["servers"]]
    assert {
        "ada": [name for name in everything if name != "scraper"],
        "vic": ["docs-search", "cluster-dev", "wetter-münchen"],
        "sus": [],
    } == names


def test_a_server_is_listed_whole(nobody: httpx.Client) -> None:
    """What is seen is what the catalogue says."""
    server = next(each for each in seen(nobody, "ada", "servers") if each["server_name"] == "pg-main")
    expected = {
        "server_id": "srv-01",
        "server_name": "pg-main",
        "server_url": "http://pg-main.mcp.internal.test:9000",
        "sensitivity_level": "high",
        "authorized_teams": ["data", "payments"],
        "access_restrictions": None,
        "health_status": "healthy",
        "tools_count": 4,
    }
    assert expected == server


def test_tools_are_filtered(nobody: httpx.Client) -> None:
    """All tools, or those of a server, as far as the user's clearance covers them."""
    assert ["run_sql", "explain", "list_tables"] == [
        tool["tool_name"] for tool in seen(nobody, "kim", "tools?server_name=pg-main")
    ]
    assert {"list_tables", "search", "fetch_page", "get_pods", "logs", "vorhersage"} == {
        tool["tool_name"] for tool in seen(nobody, "vic", "tools")
    }
    assert [] == seen(nobody, "ada", "tools?server_name=nowhere")


def test_flaw_3_1_csrf(nobody: httpx.Client) -> None:
    """A POST with a token needs no CSRF token, and cookies alone are nobody: there is nothing to forge."""
    cookies = {"Cookie": "session=s; csrf_token=t; access_token=" + bearer("kim")["Authorization"]}
    forged = nobody.post("/api/v1/gateway/authorize", json=SQL, headers=cookies | {"X-CSRF-Token": "t"})
    assert 401 == forged.status_code
    assert authorize(nobody, "kim", **SQL)["allow"] is True


def test_the_admin_api_is_for_admins(nobody: httpx.Client) -> None:
    """The page is for anybody and holds nothing; what it shows and changes is for an admin's token alone."""
    page = nobody.get("/admin/")
    assert (200, False) == (page.status_code, "mcp-gateway-1" in page.text)
    change = {"enabled": False}
    forged = {"Cookie": "csrf_token=t; user=u-3", "X-CSRF-Token": "t"}
    for headers, status in (
        ({}, 401),
        (forged, 401),
        (bearer("planner"), 401),
        (bearer("kim"), 403),
        (bearer("ada"), 200),
    ):
        assert status == nobody.get("/admin/overview", headers=headers).status_code
        assert status == nobody.post("/admin/kill-switch", json=change, headers=headers).status_code
    by = nobody.get("/admin/audit", headers=bearer("ada")).json()["events"][0]
    assert "u-3" in json.dumps(by)


def test_an_event_is_reported(running: Gateway, nobody: httpx.Client, tmp_path: Path) -> None:
    """A gateway with the key reports what it did, and it is written down for its owner alone to read."""
    event = {"event_type": "tool_invoked", "user_id": "u-17", "decision": "allow", "metadata": {"rows": 3}, "more": 1}
    response = nobody.post("/api/v1/gateway/audit", json=event, headers={"X-Gateway-Api-Key": API_KEY})
    body = response.json()
    assert (201, {"audit_id", "status"}, "logged") == (response.status_code, body.keys(), body["status"])
    path = running.folder / "audit.jsonl"
    written = next(line for line in read(path) if line["audit_id"] == body["audit_id"])
    assert ("reported", event) == (written["kind"], written["event"])
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def read(path: Path) -> list[dict[str, Any]]:
    """Return the lines of an audit file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("headers", [{}, {"X-Gateway-Api-Key": "x"}, {"X-Gateway-Api-Key": f"{API_KEY} "[:-2]}])
def test_an_event_of_a_stranger(nobody: httpx.Client, headers: dict[str, str]) -> None:
    """Without the key, whole, nothing is taken."""
    response = nobody.post("/api/v1/gateway/audit", json={"event_type": "x"}, headers=headers)
    assert 401 == response.status_code


def test_a_key_beyond_ascii_is_wrong_like_any_other(nobody: httpx.Client) -> None:
    """Comparing it does not fail."""
    headers = [(b"X-Gateway-Api-Key", "schlüssel".encode())]
    assert 401 == nobody.post("/api/v1/gateway/audit", json={"event_type": "x"}, headers=headers).status_code


def test_flaw_3_2_every_decision_is_written_down(running: Gateway, nobody: httpx.Client) -> None:
    """A decision has an id, by which log and audit file name it: `audit_id` was never set."""
    answer = authorize(nobody, "vic", **SQL, parameters={"query": "hunter2"})
    written = next(line for line in read(running.folder / "audit.jsonl") if line["audit_id"] == answer["audit_id"])
    assert written.pop("at").endswith("+00:00")
    expected = {
        "kind": "decision",
        "audit_id": answer["audit_id"],
        "user_id": "u-2",
        "action": "gateway:tool:invoke",
        "server_name": "pg-main",
        "tool_name": "run_sql",
        "allow": False,
        "reason": answer["reason"],
    }
    assert expected == written
    logged = next(line for line in running.logs().splitlines() if answer["audit_id"] in line)
    assert ("gateway_authorized", False) == (json.loads(logged)["event"], json.loads(logged)["allow"])


def test_health(nobody: httpx.Client) -> None:
    """Alive, ready, and everything that was tried."""
    assert {"status": "alive"} == nobody.get("/health/live").json()
    ready = nobody.get("/health/ready")
    checks = {"in_process": True, "cache": True, "catalogue": True}
    assert (200, {"status": "ready", "checks": checks}) == (ready.status_code, ready.json())
    overall = nobody.get("/health").json()
    assert isinstance(overall.pop("worker"), int)
    assert {"status": "ready", "checks": checks, "revision": "mcp-gateway-1"} == overall


def test_metrics(nobody: httpx.Client) -> None:
    """What was decided is counted, for whoever scrapes."""
    authorize(nobody, "kim", **SQL)
    response = nobody.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    assert 'opa_evaluation_total{implementation="rust",result="allow"}' in response.text


@pytest.mark.parametrize("address", ["/docs", "/redoc", "/openapi.json", "/", "/nothing"])
def test_nothing_else_is_served_in_production(nobody: httpx.Client, address: str) -> None:
    """The documentation is for development."""
    assert 404 == nobody.get(address).status_code
