"""The client that asks OPA over HTTP."""

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import BaseModel

from ...config import get_settings
from .cache import PolicyCache, get_policy_cache


class AuthorizationInput(BaseModel):
    """What is asked. What else a caller says is dropped."""

    user: dict[str, Any]
    action: str
    tool: dict[str, Any] | None = None
    server: dict[str, Any] | None = None
    context: dict[str, Any]


class AuthorizationDecision(BaseModel):
    """What is decided. `allow` may be any text that looks like true."""

    allow: bool
    reason: str
    filtered_parameters: dict[str, Any] | None = None
    audit_id: str | None = None


PolicyDecision = AuthorizationDecision


class OPAClient:
    """Asks OPA, and keeps what it says by user, action and name of the tool: without roles or parameters."""

    def __init__(
        self,
        opa_url: str | None = None,
        timeout: float | None = None,
        cache: PolicyCache | None = None,
        cache_enabled: bool = True,
    ) -> None:
        settings = get_settings()
        self.opa_url = opa_url or settings.opa_url
        self.timeout = timeout or settings.opa_timeout_seconds
        self.policy_path = settings.opa_policy_path
        self.client = httpx.AsyncClient(timeout=self.timeout)
        # An empty cache that has a length is none.
        self.cache = cache if cache else get_policy_cache()
        self.cache_enabled = cache_enabled

    async def evaluate_policy(self, auth_input: Any, use_cache: bool = True) -> AuthorizationDecision:
        """Decide."""
        named = auth_input.tool or auth_input.server or {}
        resource = f"{'tool' if auth_input.tool else 'server'}:{named.get('name')}"
        use_cache = use_cache and self.cache_enabled and self.cache.enabled
        key = (str(auth_input.user.get("id")), auth_input.action, resource, auth_input.context)
        try:
            if use_cache and (cached := await self.cache.get(*key)):
                return AuthorizationDecision(**cached)
            asked = {"input": auth_input.model_dump()}
            response = await self.client.post(f"{self.opa_url}{self.policy_path}", json=asked)
            response.raise_for_status()
            result = response.json().get("result", {})
            decision = AuthorizationDecision(
                allow=result.get("allow", False),
                reason=result.get("audit_reason", "Policy evaluation completed"),
                filtered_parameters=result.get("filtered_parameters"),
                audit_id=result.get("audit_id"),
            )
            if use_cache:
                await self.cache.set(*key[:3], decision.model_dump(), key[3])
            self.cache.record_opa_latency(response.elapsed.total_seconds() * 1e3)
            return decision
        except httpx.HTTPError as error:
            return AuthorizationDecision(allow=False, reason=f"Policy evaluation failed: {error}")
        except Exception:
            return AuthorizationDecision(allow=False, reason="Internal error during policy evaluation")

    async def evaluate_policy_batch(self, auth_inputs: Sequence[Any], use_cache: bool = True) -> list[Any]:
        """Decide each."""
        return await asyncio.gather(*(self.evaluate_policy(each, use_cache) for each in auth_inputs))

    async def close(self) -> None:
        """Close the connections."""
        await self.client.aclose()
