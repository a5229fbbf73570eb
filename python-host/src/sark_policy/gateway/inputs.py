"""The questions of the gateway, as documents: everything that a policy may need, by every name in use.

A server stands in `server_name`, `resource.server` and `server.name`, since policies read one or the other.
What is not known is absent, not null: `not input.tool_name` holds in Rego only for what is absent.
"""

from typing import Any

from sark_policy.gateway.models import (
    A2AAuthorizationRequest,
    Action,
    AgentContext,
    Capability,
    GatewayAuthorizationRequest,
    GatewayServerInfo,
    GatewayToolInfo,
)
from sark_policy.gateway.tokens import User

Document = dict[str, Any]

ACTIONS = {
    Capability.EXECUTE: "a2a:invoke",
    Capability.QUERY: "a2a:query",
    Capability.DELEGATE: "a2a:delegate",
}
"""The action that each capability stands for, for policies that go by actions."""


def request(user: User, asked: GatewayAuthorizationRequest) -> Document:
    """Ask whether a user may do what the request says."""
    level = None if asked.sensitivity_level is None else asked.sensitivity_level.value
    return {
        "user": of_user(user),
        "action": asked.action.value,
        **_target(asked.server_name or None, asked.tool_name or None, None, level),
        "parameters": asked.parameters,
        "context": asked.context,
    }


def server(user: User, info: GatewayServerInfo) -> Document:
    """Ask whether a user may see a server in the list."""
    return _listed(user, Action.LIST, info.server_name, None, info.sensitivity_level)


def tool(user: User, info: GatewayToolInfo) -> Document:
    """Ask whether a user may see a tool in the list."""
    return _listed(user, Action.DISCOVER, info.server_name, info.tool_name, info.sensitivity_level)


def agents(source: AgentContext, asked: A2AAuthorizationRequest) -> Document:
    """Ask whether an agent may ask that of another."""
    target = {"id": asked.target_agent_id, "environment": asked.target_environment}
    return {
        "action": ACTIONS[asked.capability],
        "source_agent": {
            "id": source.agent_id,
            "type": source.agent_type,
            "trust_level": source.trust_level,
            "capabilities": source.capabilities,
            "environment": source.environment,
            "rate_limited": source.rate_limited,
        },
        "target_agent": _known(target),
        "capability": asked.capability.value,
        "message_type": asked.message_type,
        "parameters": asked.parameters,
        "context": asked.context,
    }


def of_user(user: User) -> Document:
    """Return what policies know of a user."""
    return _known(
        {
            "id": user.user_id,
            "email": user.email,
            "role": user.role,
            "roles": list(user.roles),
            "teams": list(user.teams),
            "permissions": list(user.permissions),
        }
    )


def _listed(user: User, action: Action, server: str, tool: str | None, level: str) -> Document:
    return {
        "user": of_user(user),
        "action": action.value,
        **_target(server, tool, "server" if tool is None else "tool", level),
        "parameters": {},
        "context": {},
    }


def _target(server: str | None, tool: str | None, kind: str | None, level: str | None) -> Document:
    """Return what is asked for. The level is the tool's, or the server's where no tool is named."""
    of_server = level if tool is None else None
    named: Document = {
        "resource": _known({"type": kind, "server": server, "tool": tool, "sensitivity": level}),
        "server_name": server,
        "tool_name": tool,
        "server": server and _known({"name": server, "sensitivity_level": of_server}),
        "tool": tool and _known({"name": tool, "sensitivity_level": level}),
    }
    return _known(named)


def _known(fields: Document) -> Document:
    """Leave out what is not known. An empty list is known: there are none."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
