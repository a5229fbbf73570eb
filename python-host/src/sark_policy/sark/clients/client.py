"""The gateway's policy client: every method of its own, over whichever path answers.

No method that decides ever raises. What cannot be decided is denied, with the reason, and is not cached.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sark_policy._exceptions import InputNotSerializable
from sark_policy.sark.answer import COMPLETED, FAILED, Side
from sark_policy.sark.clients.asked import of_agents, of_registration, of_resource, of_tool_access, of_user
from sark_policy.sark.clients.decider import Decider, deny, unexpected
from sark_policy.sark.clients.kept import time_to_live
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.engine.entrypoints import Entrypoints
from sark_policy.sark.models import AuthorizationDecision
from sark_policy.sark.question import Question, fields
from sark_policy.sark.settings import SarkSettings

if TYPE_CHECKING:
    from sark_policy.sark.runtime import Runtime

TURN = 100
"""Questions of a batch that are encoded before other tasks have their turn."""


class PolicyClient:
    """What all clients have in common. A client is a cheap handle: make as many as you like."""

    cache: Any
    """The policy cache, ours or one with the gateway's methods; `None`: nothing is cached."""

    def __init__(
        self,
        decider: Decider,
        settings: SarkSettings,
        cache: Any,
        engine: Engine | None,
        runtime: "Runtime | None" = None,
    ) -> None:
        """Put a client together. With a runtime the flags say which cache serves a user."""
        self.cache = cache
        self._runtime = runtime
        self._decider = decider
        self._settings = settings
        self._engine = engine
        self._entrypoints = Entrypoints(settings, engine)

    def __bool__(self) -> bool:
        return True

    # --- One decision

    async def evaluate_policy(self, auth_input: Any, use_cache: bool = True) -> AuthorizationDecision:
        """Decide an `AuthorizationInput`, or whatever has its fields."""
        try:
            asked = auth_input if type(auth_input) is dict else fields(auth_input)
            path = await self._place(asked.get("action"))
        except Exception as error:
            return unexpected(error)
        return await self.decide(path, asked, use_cache=use_cache)

    async def evaluate_gateway_policy(
        self,
        user_context: Mapping[str, Any],
        action: str,
        server: Mapping[str, Any] | None = None,
        tool: Mapping[str, Any] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> AuthorizationDecision:
        """Decide a user's request at the gateway."""
        return await self.decide(await self._place(action), of_user(user_context, action, server, tool, context))

    async def evaluate_a2a_policy(
        self, source_agent: Any, target_agent: Any, action: str, context: Mapping[str, Any] | None = None
    ) -> AuthorizationDecision:
        """Decide what an agent asks of another one. Never cached by the policy cache."""
        asked = of_agents(source_agent, target_agent, action, context)
        decision = await self.decide(await self._place("a2a:"), asked, use_cache=False)
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
        asked = of_tool_access(user_id, user_email, user_role, tool_name, tool_sensitivity, tool_owner_id, team_ids)
        return await self.decide(await self._place(asked["action"]), asked)

    async def check_server_registration(
        self, user_id: str, user_email: str, user_role: str, server_name: str, server_sensitivity: str
    ) -> AuthorizationDecision:
        """Decide whether a user may register a server."""
        asked = of_registration(user_id, user_email, user_role, server_name, server_sensitivity)
        return await self.decide(await self._place(asked["action"]), asked)

    async def authorize(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None = None
    ) -> bool:
        """Decide whether a user may do something to a resource. `context["user"]` adds to the user, never the id."""
        try:
            asked = of_resource(user_id, action, resource, context)
            name = str(resource)
        except Exception as error:
            return unexpected(error).allow
        return (await self.decide(await self._place(action), asked, resource=name)).allow

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
            question = Question.of(document, await self._entrypoints.resolve(path), user_id=user_id, resource=resource)
            cache = self._cache(question) if use_cache else None
            return await self._decider.decide(question, self._side(question), cache)
        except InputNotSerializable as refused:
            return deny(f"{FAILED}: {refused}")
        except Exception as error:
            return unexpected(error)

    async def _evaluate_opa_policy(self, auth_input: Any) -> AuthorizationDecision:
        """Decide without the cache."""
        return await self.evaluate_policy(auth_input, use_cache=False)

    async def _revalidate_cache_entry(
        self, user_id: str, action: str, resource: str, context: Mapping[str, Any] | None
    ) -> dict[str, Any] | None:
        """Ask a cached question again, as its whole context says. None: nothing new is known."""
        return await self._decider.revalidate(user_id, action, resource, context)

    # --- Many decisions

    async def evaluate_policy_batch(
        self, auth_inputs: Iterable[Any], use_cache: bool = True
    ) -> list[AuthorizationDecision]:
        """Decide many inputs; the decisions come in their order."""

        async def asked(auth_input: Any) -> tuple[str, Any]:
            plain = fields(auth_input)
            return await self._place(plain.get("action")), plain

        return await self._many(auth_inputs, asked, None, use_cache)

    async def batch_evaluate_gateway(self, requests: Iterable[Sequence[Any]]) -> list[AuthorizationDecision]:
        """Decide many requests, each `(user_context, action, server, tool)`."""

        async def asked(request: Sequence[Any]) -> tuple[str, Any]:
            user, action, server, tool = request
            return await self._place(action), of_user(user, action, server, tool, None)

        return await self._many(requests, asked, None, True)

    async def decide_batch(
        self, path: str, documents: Iterable[Any], *, user_id: str | None = None, use_cache: bool = False
    ) -> list[AuthorizationDecision]:
        """Decide many inputs by one entry point: in-process, that is one crossing into the sandbox.

        The policy cache is left out unless asked for: the engine's own serves what it decided before, in
        that same crossing.
        """

        async def asked(document: Any) -> tuple[str, Any]:
            return path, document

        return await self._many(documents, asked, user_id, use_cache)

    # --- The cache, and the rest

    async def invalidate_cache(
        self, user_id: str | None = None, action: str | None = None, resource: str | None = None
    ) -> int:
        """Drop the cached decisions that this names, and return how many there were."""
        caches = [self.cache] if self._runtime is None else [self._runtime.cache, self._runtime.legacy_cache()]
        dropped = 0
        for cache in caches:
            if cache is not None:
                dropped += int(await cache.invalidate(user_id=user_id, action=action, resource=resource))
        return dropped

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
        return self.cache if self._runtime is None else self._runtime.cache_of(question.user_id)

    def _parts(self) -> dict[str, Side]:
        """Return the paths, by the names in `health_check`."""
        raise NotImplementedError

    async def _place(self, action: Any) -> str:
        """Return the entry point of an action that names none."""
        return await self._entrypoints.of(action)

    def _path(self, action: Any) -> str:
        """Return the same, as far as is known without opening the bundle."""
        return self._entrypoints.known(action)

    async def _many(
        self,
        items: Iterable[Any],
        asked: Callable[[Any], Awaitable[tuple[str, Any]]],
        user_id: str | None,
        use_cache: bool,
    ) -> list[AuthorizationDecision]:
        try:
            listed = list(items)
        except Exception as error:
            # How many there were is not known; none at all would look as if nothing was denied.
            return [unexpected(error)]
        decisions: list[AuthorizationDecision | None] = [None] * len(listed)
        questions: dict[int, Question] = {}
        # Each path and cache its share; usually there is one.
        shares: dict[tuple[Side, int], tuple[Any, list[int]]] = {}
        resolved: dict[str, str] = {}
        for place, item in enumerate(listed):
            if place % TURN == TURN - 1:
                await asyncio.sleep(0)
            try:
                path, document = await asked(item)
                if path not in resolved:
                    resolved[path] = await self._entrypoints.resolve(path)
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
        return [unexpected(RuntimeError()) if decision is None else decision for decision in decisions]

    def _get_sensitivity(self, auth_input: Any) -> str:
        """Return the level that decides how long a decision is kept."""
        asked = fields(auth_input)
        parts = [asked.get(name) for name in ("tool", "server")]
        levels = [part.get("sensitivity_level") for part in parts if isinstance(part, Mapping)]
        return next((str(level) for level in levels if level), "default")

    def _get_cache_ttl(self, sensitivity: str) -> int:
        """Return how long a decision of this sensitivity is kept, in seconds."""
        return time_to_live(sensitivity)
