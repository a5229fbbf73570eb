"""The logs of a whole run: everything is asked, well and badly, and nothing of it is found in them."""

import json
from pathlib import Path

import httpx
import pytest

from real_gateway import API_KEY, SECRET, bearer, free_port, gateway, mint

MARK = "hunter2"
"""Stands wherever a caller can put something."""

POLICY = """package mcp.gateway

result := {"allow": allow, "reason": sprintf("because of %v", [input.parameters]), "filtered_parameters": {}}

default allow := false

allow if input.server_name == "open"

# Quotes what it was given.
allow if object.get(input.parameters.text, "x", 1) == 1

f := 1
"""


def ask_everything(client: httpx.Client) -> None:
    """Send what there is to send, with the mark in it."""
    kim = bearer("kim", email=f"{MARK}@acme.test", teams=[MARK], permissions=[MARK])
    marked = {"query": MARK, "text": MARK, MARK: [MARK, {"password": MARK}]}
    asked = {
        "action": "gateway:tool:invoke",
        "server_name": "open",
        "tool_name": "run_sql",
        "parameters": marked,
        "context": {"client_ip": MARK, MARK: MARK},
        "gateway_metadata": {MARK: MARK},
    }
    authorize = "/api/v1/gateway/authorize"
    for body in (
        asked,
        {**asked, "server_name": "closed"},  # the policy fails, and its message quotes the parameter
        {**asked, "sensitivity_level": MARK},
        {**asked, "parameters": MARK},
        {**asked, "parameters": {"deep": nested(300)}},
        {**asked, "parameters": {"long": MARK * 300_000}},
    ):
        client.post(authorize, json=body, headers=kim)
    for content in (f'{{"action": {MARK}', f'{{"action": "gateway:tool:invoke", "parameters": {{"{MARK}": NaN}}}}'):
        client.post(authorize, content=content, headers=kim | {"Content-Type": "application/json"})
    agent = bearer("planner", metadata={MARK: MARK})
    a2a = {"source_agent_id": "planner", "target_agent_id": "ag-2", "capability": "query", "message_type": MARK}
    for context in ({}, {"delegation_depth": MARK}):
        body = {**a2a, "parameters": marked, "payload_metadata": {MARK: MARK}, "context": context}
        client.post("/api/v1/gateway/authorize-a2a", json=body, headers=agent)
    event = {"event_type": "x", "reason": MARK, "metadata": {MARK: MARK}, MARK: MARK}
    for key in (API_KEY, MARK):
        client.post("/api/v1/gateway/audit", json=event, headers={"X-Gateway-Api-Key": key})
    for token in (
        MARK,
        mint("kim", MARK * 10),
        mint("kim", SECRET, seconds=-60, sub=MARK),
        mint("kim", SECRET, role=[MARK]),
    ):
        client.get(f"/api/v1/gateway/servers?{MARK}={MARK}", headers={"Authorization": f"Bearer {token}"})
    client.get(f"/api/v1/gateway/tools?server_name={MARK}", headers=kim)
    client.get(f"/api/v1/gateway/servers?token={MARK}", headers=kim | {"Cookie": f"session={MARK}"})
    client.get(f"/{MARK}?{MARK}", headers=kim | {"User-Agent": MARK})
    client.post("/admin/rollout/set", json={"feature": MARK, "percentage": MARK}, headers=bearer("ada"))


def nested(depth: int) -> dict[str, object]:
    """Return objects in objects."""
    value: dict[str, object] = {"leaf": MARK}
    for _ in range(depth):
        value = {"x": value}
    return value


@pytest.mark.parametrize("level", ["debug", "info"])
@pytest.mark.parametrize("opa", [False, True], ids=["alone", "with an OPA that is away"])
def test_no_inputs_and_no_tokens_in_the_logs_of_a_run(tmp_path: Path, level: str, opa: bool) -> None:
    """Whatever is asked, and however it fails, the log holds who, what and how it went, and nothing else."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "policy.rego").write_text(POLICY)
    more = {"OPA_URL": f"http://127.0.0.1:{free_port()}", "SARK_POLICY_ROLLOUT": '{"rust_opa": 100}'} if opa else {}
    with gateway(tmp_path, SARK_POLICY_BUNDLE=folder, SARK_GATEWAY_LOG_LEVEL=level, **more) as running:
        with running.client() as client:
            ask_everything(client)
        assert running.stop() in (0, -15)
        logs = running.logs()
    events = [json.loads(line)["event"] for line in logs.splitlines()]
    assert {"gateway_authorized", "gateway_filtered", "gateway_audit", "request"} <= set(events)
    assert "policy_evaluation_failed" in events
    for held_back in (MARK, SECRET, API_KEY, "eyJ", "Bearer"):
        assert held_back not in logs, next(line for line in logs.splitlines() if held_back in line)


def test_the_log_says_who_and_what(tmp_path: Path) -> None:
    """What is left is enough to find a decision: who, what, on which server, how it went, and its id."""
    with gateway(tmp_path, SARK_GATEWAY_LOG_LEVEL="debug") as running:
        with running.client("kim") as client:
            asked = {"action": "gateway:tool:invoke", "server_name": "pg-main", "tool_name": "run_sql"}
            answer = client.post("/api/v1/gateway/authorize", json=asked).json()
        running.stop()
        logged = [json.loads(line) for line in running.logs().splitlines()]
    event = next(event for event in logged if event["event"] == "gateway_authorized")
    expected = {
        "user_id": "u-17",
        "action": "gateway:tool:invoke",
        "server_name": "pg-main",
        "tool_name": "run_sql",
        "allow": True,
        "audit_id": answer["audit_id"],
    }
    assert expected == {name: event[name] for name in expected}
    request = next(event for event in logged if event["event"] == "request" and event["method"] == "POST")
    assert ("POST", "/api/v1/gateway/authorize", 200) == (request["method"], request["route"], request["status"])
