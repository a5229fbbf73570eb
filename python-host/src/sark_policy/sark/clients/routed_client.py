"""The client that goes by the flags: each user to the side that is theirs."""

from typing import Any

from sark_policy.sark.answer import Side
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.decider import Decider
from sark_policy.sark.paths.router import Router
from sark_policy.sark.question import Question
from sark_policy.sark.runtime import Runtime


class RoutedOPAClient(PolicyClient):
    """Decides on the side, and with the cache, that the flags give to a question's user.

    It takes what the gateway's `OPAClient` takes, and stands in its place.
    """

    def __init__(
        self,
        opa_url: str | None = None,
        timeout: float | None = None,
        cache: Any = None,
        cache_enabled: bool = True,
        *,
        runtime: Runtime | None = None,
    ) -> None:
        """Make a handle on the process's runtime.

        Args:
            opa_url: The OPA server, if not the one of the settings.
            timeout: Taken for compatibility; `SarkSettings.opa_timeout` holds.
            cache: A policy cache to use in place of the one that the flags give.
            cache_enabled: Whether to use a cache at all.
            runtime: The runtime, if not the process's.
        """
        runtime = Runtime.shared() if runtime is None else runtime
        self._flags = runtime
        settings = runtime.settings
        self.opa_url = (opa_url or settings.opa_url or "").rstrip("/") or None
        self.timeout = settings.opa_timeout
        decider = runtime.decider
        if self.opa_url is not None and self.opa_url != settings.opa_url:
            paths = runtime.router.paths | {Side.HTTP: runtime.server(self.opa_url)}
            router = Router(paths, fallback=runtime.fallback, shadow=runtime.shadow)
            decider = Decider(router, runtime.engine, self.opa_url)
        own = runtime.cache if cache is None else cache
        # A cache that was given, or none, is the caller's choice and not the flags'.
        chosen = runtime if cache is None and cache_enabled else None
        super().__init__(decider, settings, own if cache_enabled else None, runtime.engine, chosen)
        if cache is not None:
            decider.serve(cache)

    @property
    def policy_path(self) -> str:
        """The entry point of a user's request, as OPA's REST path."""
        return f"/v1/data/{self._path(None)}"

    def _side(self, question: Question) -> Side:
        side = self._flags.side(question.user_id)
        return Side.IN_PROCESS if side is Side.HTTP and self.opa_url is None else side

    def _cache(self, question: Question) -> Any:
        if self._runtime is not None and self._runtime.uses_our_cache(question.user_id):
            return self._runtime.cache
        return super()._cache(question)

    def _parts(self) -> dict[str, Side]:
        parts = {"rust_engine": Side.IN_PROCESS, "opa": Side.HTTP}
        return {name: side for name, side in parts.items() if side in self._decider.router.paths}
