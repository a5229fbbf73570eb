"""Entry points: where a bundle's decision is, for requests that do not say."""

from contextlib import suppress
from typing import Any

from sark_policy._exceptions import SarkPolicyError
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.engine.policy import Policy
from sark_policy.sark.question import entrypoint
from sark_policy.sark.settings import SarkSettings

USERS = ("mcp/gateway/result", "mcp/gateway/allow", "sark/gateway/allow", "mcp/allow")
"""Where the decision on a user's request is looked for, in this order, if `SarkSettings.path` names nothing."""
AGENTS = ("mcp/gateway/a2a/result", "mcp/gateway/a2a/allow", "mcp/a2a/allow")
"""The same for requests between agents, and `SarkSettings.a2a_path`."""
OTHERWISE = "mcp/allow"
"""What is asked for a user where there is no bundle to look into, or none of these in it: the gateway's default."""


class Entrypoints:
    """Knows the entry points of a bundle. It is opened for that, beside the event loop, if the settings say nothing."""

    def __init__(self, settings: SarkSettings, engine: Engine | None) -> None:
        self._settings = settings
        self._engine = engine
        # By whether agents ask: what was found, and in which policy.
        self._found: dict[bool, tuple[Policy, str]] = {}

    async def of(self, action: Any) -> str:
        """Return the entry point of an action: those of agents begin with `a2a:`."""
        if self._engine is not None and not self._engine.opened and self._chosen(action) is None:
            await self._open()
        return self.known(action)

    def known(self, action: Any) -> str:
        """Return the same, as far as is known without opening the bundle."""
        chosen = self._chosen(action)
        if chosen is not None:
            return chosen
        agents = _is_agents(action)
        places = AGENTS if agents else USERS
        if self._engine is not None and self._engine.opened:
            # What cannot be looked up is asked for: that says why.
            try:
                policy = self._engine.policy()
            except SarkPolicyError:
                policy = None
            if policy is not None:
                found = self._found.get(agents)
                if found is not None and found[0] is policy:
                    return found[1]
                for place in places:
                    if policy.kind(place) != "absent":
                        self._found[agents] = policy, place
                        return place
        return places[0] if agents else OTHERWISE

    async def resolve(self, path: str) -> str:
        """Return the entry point that a caller means, from any way to write it, by `SarkSettings.aliases`."""
        path = entrypoint(path)
        if self._engine is None or path not in self._settings.aliases:
            return path
        await self._open()
        if self._engine.opened:
            with suppress(SarkPolicyError):
                return self._engine.resolve(path)
        return path

    def _chosen(self, action: Any) -> str | None:
        return self._settings.a2a_path if _is_agents(action) else self._settings.path

    async def _open(self) -> None:
        if self._engine is not None and not self._engine.opened:
            with suppress(SarkPolicyError):
                await self._engine.ready()


def _is_agents(action: Any) -> bool:
    return isinstance(action, str) and action.startswith("a2a:")
