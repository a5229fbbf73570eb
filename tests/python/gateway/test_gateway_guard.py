"""What holds between agents whatever a policy says, and what a policy gets to see."""

import math
from typing import Any

import pytest

from sark_policy.gateway import guard, inputs
from sark_policy.gateway.models import (
    A2AAuthorizationRequest,
    AgentContext,
    GatewayAuthorizationRequest,
    GatewayServerInfo,
    GatewayToolInfo,
)
from sark_policy.gateway.tokens import User

KIM = User("u-17", "kim@acme.test", "developer", ("developer",), ("payments",), ("q",))
KIM_SEEN = {
    "id": "u-17",
    "email": "kim@acme.test",
    "role": "developer",
    "roles": ["developer"],
    "teams": ["payments"],
    "permissions": ["q"],
}


def agent(**claims: Any) -> AgentContext:
    """Return an agent that may query, in production."""
    fields = {
        "agent_id": "ag-1",
        "agent_type": "service",
        "trust_level": "trusted",
        "capabilities": ["query"],
        "environment": "prod",
    }
    return AgentContext(**{**fields, **claims})


def asked(**fields: Any) -> A2AAuthorizationRequest:
    """Return a query to another agent."""
    usual = {
        "source_agent_id": "ag-1",
        "target_agent_id": "ag-2",
        "capability": "query",
        "message_type": "request",
        "target_environment": "prod",
    }
    return A2AAuthorizationRequest(**{**usual, **fields})


def test_the_policy_decides_what_the_guard_lets_by() -> None:
    """An agent in its right is none of the guard's business."""
    assert guard.refusal(agent(), asked()) is None
    assert guard.refusal(agent(trust_level="untrusted"), asked()) is None
    assert guard.refusal(agent(), asked(target_environment="dev")) is None


@pytest.mark.parametrize("there", ["dev", "", "PROD"])
def test_an_untrusted_agent_stays_in_its_environment(there: str) -> None:
    """Untrusted and elsewhere, or nobody says where: denied."""
    refusal = guard.refusal(agent(trust_level="untrusted"), asked(target_environment=there))
    assert "denied: an untrusted agent stays in its environment" == refusal


@pytest.mark.parametrize("capabilities", [[], ["execute"], ["QUERY"]])
def test_an_agent_lacks_the_capability(capabilities: list[str]) -> None:
    """What the token does not list, the agent cannot."""
    assert "denied: the agent lacks the capability query" == guard.refusal(agent(capabilities=capabilities), asked())


@pytest.mark.parametrize("depth", [0, 1, 2, 1.0])
def test_delegation_depth_obeyed(depth: float) -> None:
    """A task may be passed on twice."""
    assert guard.refusal(agent(), asked(context={"delegation_depth": depth})) is None


@pytest.mark.parametrize("depth", [3, 2.5, 1e300, -1, math.nan, "1", None, True, [1], {}])
def test_delegation_depth_violated(depth: Any) -> None:
    """A third time is denied, and so is what is no number."""
    assert (guard.refusal(agent(), asked(context={"delegation_depth": depth})) or "").startswith("denied: ")


def test_an_agent_speaks_for_itself_alone() -> None:
    """A token of one agent does not let it ask as another."""
    refusal = guard.refusal(agent(), asked(source_agent_id="ag-9")) or ""
    assert "denied: the token belongs to another agent" in refusal


def test_flaw_3_3_agents_are_visible() -> None:
    """A policy sees both agents, the capability and the parameters: it used to see the context alone."""
    expected = {
        "action": "a2a:query",
        "source_agent": {
            "id": "ag-1",
            "type": "service",
            "trust_level": "trusted",
            "capabilities": ["query"],
            "environment": "prod",
            "rate_limited": False,
        },
        "target_agent": {"id": "ag-2", "environment": "prod"},
        "capability": "query",
        "message_type": "request",
        "parameters": {"q": 1},
        "context": {"delegation_depth": 1},
    }
    actual = inputs.agents(agent(), asked(parameters={"q": 1}, context={"delegation_depth": 1}))
    assert expected == actual


def test_flaw_3_3_parameters_and_resource_are_visible() -> None:
    """A policy sees the parameters, and server and tool by every name in use."""
    request = GatewayAuthorizationRequest(
        action="gateway:tool:invoke",
        server_name="pg-main",
        tool_name="run_sql",
        parameters={"query": "select 1"},
        sensitivity_level="high",
        context={"timestamp": 1},
        gateway_metadata={"trace": "t"},
    )
    expected = {
        "user": KIM_SEEN,
        "action": "gateway:tool:invoke",
        "resource": {"server": "pg-main", "tool": "run_sql", "sensitivity": "high"},
        "server_name": "pg-main",
        "tool_name": "run_sql",
        "server": {"name": "pg-main"},
        "tool": {"name": "run_sql", "sensitivity_level": "high"},
        "parameters": {"query": "select 1"},
        "context": {"timestamp": 1},
    }
    assert expected == inputs.request(KIM, request)


def test_what_is_not_known_is_absent() -> None:
    """No nulls and no empty names: in Rego only what is absent is `not` there."""
    request = GatewayAuthorizationRequest(action="gateway:server:list", server_name="", tool_name=None)
    nobody = User("u", "", "", (), (), ())
    expected = {
        "user": {"id": "u", "roles": [], "teams": [], "permissions": []},
        "action": "gateway:server:list",
        "resource": {},
        "parameters": {},
        "context": {},
    }
    assert expected == inputs.request(nobody, request)


def test_lists_ask_by_their_own_actions() -> None:
    """A server is listed and a tool discovered: the old route asked whether the tool may be invoked."""
    server = GatewayServerInfo(server_id="1", server_name="s", server_url="u", sensitivity_level="internal")
    tool = GatewayToolInfo(server_name="s", tool_name="t", sensitivity_level="low")
    of_server, of_tool = inputs.server(KIM, server), inputs.tool(KIM, tool)
    assert ("gateway:server:list", {"type": "server", "server": "s", "sensitivity": "internal"}) == (
        of_server["action"],
        of_server["resource"],
    )
    assert {"name": "s", "sensitivity_level": "internal"} == of_server["server"]
    assert ("gateway:tool:discover", {"type": "tool", "server": "s", "tool": "t", "sensitivity": "low"}) == (
        of_tool["action"],
        of_tool["resource"],
    )
    assert {"name": "t", "sensitivity_level": "low"} == of_tool["tool"]
