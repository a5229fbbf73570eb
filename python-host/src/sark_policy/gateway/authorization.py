"""Authorisation: a request becomes a question, its decision an answer that is written down."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog

from sark_policy.gateway import guard, inputs
from sark_policy.gateway.audit import AuditFile, new_id
from sark_policy.gateway.inputs import Document
from sark_policy.gateway.models import (
    A2AAuthorizationRequest,
    AgentContext,
    GatewayAuthorizationRequest,
    GatewayAuthorizationResponse,
    GatewayServerInfo,
    GatewayToolInfo,
    Sensitivity,
)
from sark_policy.gateway.tokens import User
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.runtime import Runtime

log = structlog.get_logger(__name__)

T = TypeVar("T")

KEEP: dict[Sensitivity | None, int] = {
    None: 300,
    Sensitivity.LOW: 1800,
    Sensitivity.MEDIUM: 300,
    Sensitivity.HIGH: 60,
    Sensitivity.CRITICAL: 0,
}
"""How long a caller may keep a permission, in seconds. A denial may not be kept: a grant is in force at once."""

KEEP_A2A = 60
"""How long an agent may keep a permission, in seconds."""


PATH = "mcp/gateway/allow"
A2A_PATH = "mcp/gateway/a2a/allow"
"""What OPA is asked while the bundle is not open in this process, and the settings name nothing: the bundle would
tell, and looking into it then would open it, which blocks."""


class Authorization:
    """Answers the gateway's questions by the policy."""

    def __init__(self, runtime: Runtime, audit: AuditFile | None) -> None:
        self._runtime = runtime
        self._client = runtime.client()
        self._audit = audit

    async def user(self, user: User, asked: GatewayAuthorizationRequest) -> GatewayAuthorizationResponse:
        """Decide what a user asks for."""

        async def decide() -> AuthorizationDecision:
            return await self._decide(inputs.request(user, asked), self._runtime.settings.path, PATH)

        return await self._answer(
            decide,
            KEEP[asked.sensitivity_level],
            user_id=user.user_id,
            action=asked.action.value,
            server_name=asked.server_name,
            tool_name=asked.tool_name,
        )

    async def agent(self, agent: AgentContext, asked: A2AAuthorizationRequest) -> GatewayAuthorizationResponse:
        """Decide what an agent asks of another."""

        async def decide() -> AuthorizationDecision:
            refusal = guard.refusal(agent, asked)
            if refusal is not None:
                return AuthorizationDecision(allow=False, reason=refusal)
            return await self._decide(inputs.agents(agent, asked), self._runtime.settings.a2a_path, A2A_PATH)

        return await self._answer(
            decide,
            KEEP_A2A,
            agent_id=agent.agent_id,
            action=inputs.ACTIONS[asked.capability],
            target_agent_id=asked.target_agent_id,
        )

    async def servers(self, user: User, all_of_them: Sequence[GatewayServerInfo]) -> list[GatewayServerInfo]:
        """Return the servers that a user may see."""
        return await self._seen(user, "server", all_of_them, inputs.server)

    async def tools(self, user: User, all_of_them: Sequence[GatewayToolInfo]) -> list[GatewayToolInfo]:
        """Return the tools that a user may see."""
        return await self._seen(user, "tool", all_of_them, inputs.tool)

    async def _seen(
        self, user: User, kind: str, all_of_them: Sequence[T], question: Callable[[User, T], Document]
    ) -> list[T]:
        """Decide about everything at once. What fails shows nothing."""
        start = time.perf_counter()
        try:
            documents = [question(user, each) for each in all_of_them]
            # Without the policy cache: the engine's own serves what it decided before, in the same crossing.
            if self._told(self._runtime.settings.path):
                decisions = await self._client.evaluate_policy_batch(documents, use_cache=False)
            else:
                decisions = await self._client.decide_batch(PATH, documents)
            seen = [each for each, decision in zip(all_of_them, decisions, strict=True) if decision.allow]
        except Exception as error:
            log.error("gateway_filter_failed", kind=kind, user_id=user.user_id, exc_info=error)
            return []
        log.info(
            "gateway_filtered", kind=kind, user_id=user.user_id, asked=len(all_of_them), seen=len(seen), ms=_ms(start)
        )
        return seen

    async def _decide(self, document: Document, chosen: str | None, otherwise: str) -> AuthorizationDecision:
        if self._told(chosen):
            return await self._client.evaluate_policy(document)
        return await self._client.decide(otherwise, document)

    def _told(self, chosen: str | None) -> bool:
        """Return whether the client knows the entry point: by the settings, or by the bundle."""
        return chosen is not None or self._runtime.engine.opened

    async def _answer(
        self, decide: Callable[[], Awaitable[AuthorizationDecision]], keep: int, **asked: str | None
    ) -> GatewayAuthorizationResponse:
        start = time.perf_counter()
        try:
            decision = await decide()
            audit_id = decision.audit_id or new_id()
            if self._audit is not None:
                self._audit.write("decision", audit_id=audit_id, **asked, allow=decision.allow, reason=decision.reason)
        except Exception as error:
            # An answer that could not be written down is none. The message may quote the input: only its kind.
            log.error("gateway_authorization_failed", **asked, exc_info=error)
            return GatewayAuthorizationResponse(
                allow=False, reason=f"Authorization error: {type(error).__name__}", cache_ttl=0
            )
        # No reason: a policy may quote in it what it was asked.
        log.info("gateway_authorized", **asked, allow=decision.allow, audit_id=audit_id, ms=_ms(start))
        return GatewayAuthorizationResponse(
            allow=decision.allow,
            reason=decision.reason,
            filtered_parameters=decision.filtered_parameters,
            audit_id=audit_id,
            cache_ttl=keep if decision.allow else 0,
        )


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1e3, 3)
