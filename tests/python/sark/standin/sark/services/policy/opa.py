"""What the gateway asks policies by."""

from typing import Any

from ...metrics import cache_operations, evaluations
from .factory import create_opa_client, create_policy_cache
from .opa_client import AuthorizationInput


async def evaluate_policy(
    policy_path: str, input_data: dict[str, Any], user_id: str | None = None
) -> dict[str, dict[str, Any]]:
    """Decide. The path, parameters and agents get lost on the way, and nothing is ever cached."""
    user = input_data.get("user", {})
    user_id = user_id or user.get("id") or "unknown"
    action = input_data.get("action", "unknown")
    client, cache = create_opa_client(user_id), create_policy_cache(user_id)
    implementation = "rust" if "Rust" in type(client).__name__ else "python"
    resource: Any = input_data.get("resource", {})
    resource = f"tool:{resource.get('server')}/{resource.get('tool')}" if resource.get("tool") else "unknown"
    cached = await cache.get(user_id, action, resource, context=input_data)
    if cached is not None:
        return {"result": cached}
    resource = input_data.get("resource", {})
    decision = await client.evaluate_policy(
        AuthorizationInput(
            user=user,
            action=action,
            tool={"name": resource["tool"]} if resource.get("tool") else None,
            server=resource,
            context=input_data.get("context", {}),
        )
    )
    evaluations.labels(implementation, "allow" if decision.allow else "deny").inc()
    result = decision.model_dump(include={"allow", "reason", "filtered_parameters"})
    # By now `resource` is a dict, which no cache takes.
    await cache.set(user_id, action, resource, result, context=input_data)
    cache_operations.labels(implementation, "set", "hit").inc()
    return {"result": result}
