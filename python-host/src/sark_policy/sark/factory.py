"""The gateway's factory functions, and its `evaluate_policy`, over the one runtime of the process.

Nothing is made for a request but a handle: engine, cache and connections are the process's.
"""

from collections.abc import Mapping
from typing import Any

from sark_policy.sark.answer import Side
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.decider import unexpected
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.question import UNKNOWN, user_of
from sark_policy.sark.runtime import Runtime


def create_opa_client(user_id: str, opa_url: str | None = None, fallback_on_error: bool = True) -> PolicyClient:
    """Return a client for a user: a `RustOPAClient` or an `HttpOPAClient`, by the flags.

    Args:
        user_id: The user whose side counts.
        opa_url: The OPA server, if not the one of the settings.
        fallback_on_error: Whether to ask OPA where this process cannot decide.
    """
    runtime = Runtime.shared()
    if runtime.side(user_id) is Side.IN_PROCESS:
        return RustOPAClient.of(runtime, fallback=fallback_on_error)
    return HttpOPAClient.of(runtime, opa_url)


def create_policy_cache(user_id: str, fallback_on_error: bool = True) -> Any:
    """Return the policy cache for a user, by the flags: ours, or the gateway's own where there is one."""
    runtime = Runtime.shared()
    legacy = None if runtime.uses_our_cache(user_id) else runtime.legacy_cache()
    return runtime.cache if legacy is None else legacy


def create_policy_clients(user_id: str, opa_url: str | None = None) -> tuple[PolicyClient, Any]:
    """Return both for a user."""
    return create_opa_client(user_id, opa_url), create_policy_cache(user_id)


async def evaluate_policy(
    policy_path: str, input_data: Mapping[str, Any], user_id: str | None = None
) -> dict[str, dict[str, Any]]:
    """Decide a request of the gateway by the path it names, with all that it says. Never raises.

    The policy sees the whole input, and what the gateway calls `resource` by the names that policies use
    too: `server_name`, `tool_name`, `server`, `tool`.

    Args:
        policy_path: `/v1/data/mcp/gateway/allow`.
        input_data: The input.
        user_id: Whose request it is; `None`: `input.user.id`, for agents the source agent's id, or `unknown`.

    Returns:
        `{"result": {"allow": …, "reason": …, "filtered_parameters": …}}`.
    """
    try:
        document = aliased(input_data) if isinstance(input_data, Mapping) else input_data
        client = Runtime.shared().client()
        user, resource = user_id or _user(document), _resource(document)
    except Exception as error:
        decision = unexpected(error)
    else:
        decision = await client.decide(policy_path, document, user_id=user, resource=resource)
    return {"result": decision.model_dump(include={"allow", "reason", "filtered_parameters"})}


def aliased(input_data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an input with its `resource` under the other names too, where those are free."""
    document = dict(input_data)
    resource = document.get("resource")
    if not isinstance(resource, Mapping):
        return document
    sensitivity = resource.get("sensitivity")
    for kind in ("server", "tool"):
        name = resource.get(kind)
        if not isinstance(name, str) or not name:
            continue
        document.setdefault(f"{kind}_name", name)
        described = {"name": name} | ({"sensitivity_level": sensitivity} if sensitivity is not None else {})
        document.setdefault(kind, described)
    return document


def _user(document: Any) -> str | None:
    return user_of(document) if isinstance(document, Mapping) else None


def _resource(document: Any) -> str:
    """Return what is asked for as the gateway names it: `tool:SERVER/TOOL`, `TYPE:SERVER`, `server:SERVER`."""
    resource = document.get("resource") if isinstance(document, Mapping) else None
    if not isinstance(resource, Mapping):
        return UNKNOWN
    server, tool, kind = (resource.get(name) for name in ("server", "tool", "type"))
    if tool:
        return f"tool:{server}/{tool}"
    if server:
        return f"{kind or 'server'}:{server}"
    return UNKNOWN
