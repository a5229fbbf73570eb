"""Requests: what the methods of a client ask, as inputs of a policy. They look into nothing, so none of them fails."""

import time
from collections.abc import Mapping
from typing import Any


def of_user(user: Any, action: Any, server: Any, tool: Any, context: Any) -> dict[str, Any]:
    """Return the input of a user's request."""
    return {"user": user, "action": action, "tool": tool, "server": server, "context": _context(context)}


def of_agents(source: Any, target: Any, action: Any, context: Any) -> dict[str, Any]:
    """Return the input of an agent's request to another one."""
    return {"source_agent": source, "target_agent": target, "action": action, "context": _context(context)}


def of_tool_access(
    user_id: Any, email: Any, role: Any, name: Any, sensitivity: Any, owner: Any, teams: Any
) -> dict[str, Any]:
    """Return the input of a request to invoke a tool. `context.timestamp` is this machine's clock, in seconds."""
    teams = [] if teams is None else teams
    user = {"id": user_id, "email": email, "role": role, "teams": teams}
    tool = {"name": name, "sensitivity_level": sensitivity, "owner": owner, "managers": teams}
    return of_user(user, "tool:invoke", None, tool, {"timestamp": int(time.time())})


def of_registration(user_id: Any, email: Any, role: Any, name: Any, sensitivity: Any) -> dict[str, Any]:
    """Return the input of a request to register a server."""
    user = {"id": user_id, "email": email, "role": role}
    server = {"name": name, "sensitivity_level": sensitivity}
    return of_user(user, "server:register", server, None, {"timestamp": 0})


def of_resource(user_id: Any, action: Any, resource: Any, context: Any) -> dict[str, Any]:
    """Return the input of a request for a resource. `context["user"]` adds to the user, never the id.

    Raises:
        Exception: The context is a mapping that fails.
    """
    more = context.get("user") if isinstance(context, Mapping) else None
    user = {**(more if isinstance(more, Mapping) else {}), "id": user_id}
    return of_user(user, action, None, None, context) | {"resource": resource}


def _context(context: Any) -> Any:
    return {} if context is None else context
