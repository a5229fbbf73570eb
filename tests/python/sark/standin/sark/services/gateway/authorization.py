"""Decides requests at the gateway."""

from typing import Any

from ..policy.opa import evaluate_policy


async def authorize_gateway_request(user: Any, request: Any) -> dict[str, Any]:
    """Decide what a user asks. `user.roles` and `user.permissions` are what the user has not."""
    try:
        asked = {
            "user": {"id": user.user_id, "email": user.email, "roles": user.roles, "permissions": user.permissions},
            "action": request.action,
            "resource": {
                "server": request.server_name,
                "tool": request.tool_name,
                "sensitivity": request.sensitivity_level,
            },
            "parameters": request.parameters,
            "context": request.context,
        }
        return (await evaluate_policy("/v1/data/mcp/gateway/allow", asked))["result"]
    except Exception as error:
        return {"allow": False, "reason": f"Authorization error: {error}", "filtered_parameters": None}


async def authorize_a2a_request(agent: dict[str, Any], request: Any) -> dict[str, Any]:
    """Decide what an agent asks of another one. There is no user in that, and no action."""
    asked = {
        "source_agent": agent,
        "target_agent": {"id": request.target_agent_id, "environment": request.target_environment},
        "capability": request.capability,
        "parameters": request.parameters,
        "context": request.context,
    }
    try:
        return (await evaluate_policy("/v1/data/mcp/a2a/allow", asked))["result"]
    except Exception as error:
        return {"allow": False, "reason": f"Authorization error: {error}", "filtered_parameters": None}
