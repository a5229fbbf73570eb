"""The gateway's policy client: every method of its own, over whichever path answers.

No method that decides ever raises. What cannot be decided is denied, with the reason, and is not cached.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sark_policy._exceptions import InputNotSerializable, SarkPolicyError
from sark_policy.sark.answer import COMPLETED, FAILED, Side
from sark_policy.sark.breaker import Breaker, Guarded
from sark_policy.sark.decider import Decider, deny, time_to_live, unexpected
from sark_policy.sark.engine import Engine
from sark_policy.sark.models import AuthorizationDecision, AuthorizationInput
from sark_policy.sark.path import Path
from sark_policy.sark.question import Question, entrypoint, fields
from sark_policy.sark.settings import SarkSettings

ENTRYPOINTS = ("mcp/gateway/result", "mcp/gateway/allow", "sark/gateway/allow", "mcp/allow")
"""Where a bundle's decision is looked for, in this order, if `SarkSettings.path` names none."""
A2A_ENTRYPOINTS = ("mcp/gateway/a2a/result", "mcp/gateway/a2a/allow", "mcp/a2a/allow")
"""The same for requests between agents."""


def guarded(path: Path, settings: SarkSettings) -> Guarded:
    """Put a path behind a circuit breaker of its own."""
    return Guarded(path, Breaker(path.side, failures=settings.breaker_failures, seconds=settings.breaker_seconds))


class PolicyClient:
    """What all clients have in common. A client is a cheap handle: make as many as you like."""

    cache: Any
    """The policy cache, ours or one with the gateway's methods; `None`: nothing is cached."""

    def __init__(self, decider: Decider, settings: SarkSettings, cache: Any, engine: Engine | None) -> None:
        self.cache = cache
        self._decider = decider
        self._settings = settings
        self._engine = engine
        decider.serve(cache)

    def __bool__(self) -> bool:
        return True

    # --- One decision

    async def evaluate_policy(self, auth_input: Any, use_cache: bool = True) -> AuthorizationDecision:
        """Decide an `AuthorizationInput`, or whatever has its fields."""
        try:
            asked = fields(auth_input)
        except Exception as error:
            return unexpected(error)
        return await self.decide(self._path(asked.get("action")), asked, use_cache=use_cache)

    async def evaluate_gateway_policy(
        self,
        user_context: Mapping[str, Any],
        action: str,
        server: Mapping[str, Any] | None = None,
        tool: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> AuthorizationDecision:
        """Decide a user's request at the gateway."""
        return await self.decide(self._path(action), _request(user_context, action, server, tool, context))

    async def evaluate_a2a_policy(
        self, source_agent: Any, target_agent: Any, action: str, context: Mapping[str, Any] | None = None
    ) -> AuthorizationDecision:
        """Decide what an agent asks of another one. Never cached by the policy cache."""
        asked = {"source_agent": source_agent, "target_agent": target_agent, "action": action}
        decision = await self.decide(self._path("a2a:"), asked | {"context": context or {}}, use_cache=False)
        if decision.reason == COMPLETED:
            return decision.model_copy(update={"reason": "A2A policy evaluation completed"})
        return decision

    async def check_tool_access(
        self,
        user_id: str,
        user_email: str,
        user_role: str,
        tool_name: str,
        tool_sensitivity: str,
        tool_owner_id: str | None = None,
        team_ids: Sequence[str] | None = None,
    ) -> AuthorizationDecision:
        """Decide whether a user may invoke a tool. `context.timestamp` is this machine's clock, in seconds."""
        teams = list(team_ids or ())
        tool = {"name": tool_name, "sensitivity_level": tool_sensitivity, "owner": tool_owner_id, "managers": teams}
        return await self.evaluate_policy(
            AuthorizationInput(
                user={"id": user_id, "email": user_email, "role": user_role, "teams": teams},
                action="tool:invoke",
                tool=tool,
                context={"timestamp": int(time.time())},
            )
        )

    async def check_server_registration(
        self, user_id: str, user_email: str, user_role: str, server_name: str, server_sensitivity: str
    ) -> AuthorizationDecision:
        """Decide whether a user may register a server."""
        return await self.evaluate_policy(
            AuthorizationInput(
                user={"id": user_id, "email": user_email, "role": user_role},
                action="server:register",
                server={"name": server_name, "sensitivity_level": server_sensitivity},
                context={"timestamp": 0},
            )
        )

    async def authorize(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None = None
    ) -> bool:
        """Decide whether a user may do something to a resource. `context["user"]` adds to the user, never the id."""
        more = context.get("user") if context else None
        user = {**(more if isinstance(more, Mapping) else {}), "id": user_id}
        asked = _request(user, action, None, None, context) | {"resource": resource}
        return (await self.decide(self._path(action), asked, resource=str(resource))).allow

    async def decide(
        self,
        path: str,
        document: Any,
        *,
        user_id: str | None = None,
        resource: str | None = None,
        use_cache: bool = True,
    ) -> AuthorizationDecision:
        """Decide any input by any entry point. Never raises.

        Args:
            path: `/v1/data/mcp/gateway/result`, `data.mcp.gateway.result` or `mcp/gateway/result`.
            document: The input; `encoding` says what it may hold beyond JSON.
            user_id: Whose request it is, if not what the input says.
            resource: What is asked for, if not what the input says.
            use_cache: Whether a decision made before may be served.
        """
        try:
            question = Question.of(document, self._resolve(path), user_id=user_id, resource=resource)
            cache = self._cache(question) if use_cache else None
            return await self._decider.decide(question, self._side(question), cache)
        except InputNotSerializable as refused:
            return deny(f"{FAILED}: {refused}")
        except Exception as error:
            return unexpected(error)

    # --- Many decisions

    async def evaluate_policy_batch(
        self, auth_inputs: Iterable[Any], use_cache: bool = True
    ) -> list[AuthorizationDecision]:
        """Decide many inputs; the decisions come in their order."""
        asked = [fields(auth_input) for auth_input in auth_inputs]
        return await self._many([(self._path(each.get("action")), each) for each in asked], None, use_cache)

    async def batch_evaluate_gateway(self, requests: Iterable[Sequence[Any]]) -> list[AuthorizationDecision]:
        """Decide many requests, each `(user_context, action, server, tool)`."""
        asked = [(action, _request(user, action, server, tool, None)) for user, action, server, tool in requests]
        return await self._many([(self._path(action), each) for action, each in asked], None, True)

    async def decide_batch(
        self, path: str, documents: Iterable[Any], *, user_id: str | None = None, use_cache: bool = False
    ) -> list[AuthorizationDecision]:
        """Decide many inputs by one entry point: in-process, that is one crossing into the sandbox.

        The policy cache is left out unless asked for: the engine's own serves what it decided before, in
        that same crossing.
        """
        return await self._many([(path, document) for document in documents], user_id, use_cache)

    # --- The cache, and the rest

    async def invalidate_cache(
        self, user_id: str | None = None, action: str | None = None, resource: str | None = None
    ) -> int:
        """Drop the cached decisions that this names, and return how many there were."""
        if self.cache is None:
            return 0
        return int(await self.cache.invalidate(user_id=user_id, action=action, resource=resource))

    def get_cache_metrics(self) -> dict[str, Any]:
        """Return the cache's figures."""
        return {} if self.cache is None else dict(self.cache.get_metrics())

    async def get_cache_size(self) -> int:
        """Return how many decisions are cached."""
        return 0 if self.cache is None else int(await self.cache.get_cache_size())

    async def health_check(self) -> dict[str, bool]:
        """Return which parts work, and `overall`: whether requests can be decided, cached or not."""
        healthy = await self._decider.router.health()
        parts = {name: healthy.get(side, False) for name, side in self._parts().items()}
        cache = True if self.cache is None else bool(await self.cache.health_check())
        return parts | {"cache": cache, "overall": any(parts.values()) and cache}

    async def close(self) -> None:
        """End this handle. The engine and the cache are the process's and go on. Twice does nothing."""

    # --- What the clients differ in

    def _side(self, question: Question) -> Side:
        """Return which path is asked first."""
        raise NotImplementedError

    def _cache(self, question: Question) -> Any:
        """Return the cache that serves a question, or None."""
        return self.cache

    def _parts(self) -> dict[str, Side]:
        """Return the paths, by the names in `health_check`."""
        raise NotImplementedError

    def _path(self, action: Any) -> str:
        """Return the entry point of an action that names none."""
        agents = isinstance(action, str) and action.startswith("a2a:")
        chosen = self._settings.a2a_path if agents else self._settings.path
        if chosen is not None:
            return chosen
        places = A2A_ENTRYPOINTS if agents else ENTRYPOINTS
        if self._engine is not None:
            try:
                for place in places:
                    if self._engine.kind(place) != "absent":
                        return place
            except SarkPolicyError:
                pass  # asking says why, in its own words
        return places[0] if agents else "mcp/allow"

    def _resolve(self, path: str) -> str:
        path = entrypoint(path)
        if self._engine is None or path not in self._settings.aliases:
            return path
        try:
            return self._engine.resolve(path)
        except SarkPolicyError:
            return path

    async def _many(
        self, asked: list[tuple[str, Any]], user_id: str | None, use_cache: bool
    ) -> list[AuthorizationDecision]:
        decisions: list[AuthorizationDecision | None] = [None] * len(asked)
        questions: dict[int, Question] = {}
        # Each path and cache its share; usually there is one.
        shares: dict[tuple[Side, int], tuple[Any, list[int]]] = {}
        resolved = {path: self._resolve(path) for path, _ in asked}
        for place, (path, document) in enumerate(asked):
            try:
                question = questions[place] = Question.of(document, resolved[path], user_id=user_id)
                cache = self._cache(question) if use_cache else None
                shares.setdefault((self._side(question), id(cache)), (cache, []))[1].append(place)
            except InputNotSerializable as refused:
                decisions[place] = deny(f"{FAILED}: {refused}")
            except Exception as error:
                decisions[place] = unexpected(error)
        for (side, _), (cache, places) in shares.items():
            decided = await self._decider.decide_batch([questions[place] for place in places], side, cache)
            for place, decision in zip(places, decided, strict=True):
                decisions[place] = decision
        return [decision for decision in decisions if decision is not None]

    def _get_sensitivity(self, auth_input: Any) -> str:
        """Return the level that decides how long a decision is kept."""
        asked = fields(auth_input)
        parts = [asked.get(name) for name in ("tool", "server")]
        levels = [part.get("sensitivity_level") for part in parts if isinstance(part, Mapping)]
        return next((str(level) for level in levels if level), "default")

    def _get_cache_ttl(self, sensitivity: str) -> int:
        """Return how long a decision of this sensitivity is kept, in seconds."""
        return time_to_live(sensitivity)


def _request(user: Any, action: str, server: Any, tool: Any, context: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"user": user, "action": action, "tool": tool, "server": server, "context": dict(context or {})}
