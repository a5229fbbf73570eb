"""The client that asks an OPA server."""

from typing import TYPE_CHECKING, Any

import httpx

from sark_policy.sark.answer import Side
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.decider import Decider
from sark_policy.sark.engine.entrypoints import OTHERWISE
from sark_policy.sark.paths.breaker import guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.paths.router import Router
from sark_policy.sark.question import Question, entrypoint
from sark_policy.sark.settings import SarkSettings

if TYPE_CHECKING:
    from sark_policy.sark.runtime import Runtime

DEFAULT_URL = "http://localhost:8181"


class HttpOPAClient(PolicyClient):
    """Decides by an OPA server over HTTP, with connections of its own until `close`."""

    def __init__(
        self,
        opa_url: str | None = None,
        timeout: float | None = None,
        cache: Any = None,
        cache_enabled: bool = True,
        *,
        settings: SarkSettings | None = None,
    ) -> None:
        """Make a client.

        Args:
            opa_url: The server; what is falsy is `SarkSettings.opa_url`, or else `http://localhost:8181`.
            timeout: Of one request in all, in seconds; what is falsy is `SarkSettings.opa_timeout`.
            cache: A policy cache; `None` is the process's own.
            cache_enabled: Whether to use a cache at all.
            settings: The settings; `None` reads the environment.
        """
        settings = settings or SarkSettings()
        url = (opa_url or settings.opa_url or DEFAULT_URL).rstrip("/")
        timeout = timeout or settings.opa_timeout
        limits = httpx.Limits(max_connections=settings.opa_connections)
        client = httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
        http = HttpPath(url, timeout=timeout, connections=settings.opa_connections, client=client)
        router = Router({Side.HTTP: guarded(http, settings)}, fallback={})
        if cache is None and cache_enabled:
            cache = RustPolicyCache()
        super().__init__(Decider(router, None, url), settings, cache if cache_enabled else None, None)
        self._decider.serve(self.cache)
        self._begin(http, own=True)

    @classmethod
    def of(cls, runtime: "Runtime", opa_url: str | None = None) -> "HttpOPAClient":
        """Make a handle on what the process has already: its connections outlive the handle."""
        client = cls.__new__(cls)
        settings = runtime.settings
        url = (opa_url or settings.opa_url or DEFAULT_URL).rstrip("/")
        path = runtime.server(url)
        decider = runtime.decider
        if url != settings.opa_url:
            decider = Decider(Router({Side.HTTP: path}, fallback={}), None, url)
        PolicyClient.__init__(client, decider, settings, runtime.cache, runtime.engine, runtime)
        assert isinstance(path.path, HttpPath)
        client._begin(path.path, own=False)
        return client

    def _begin(self, http: HttpPath, *, own: bool) -> None:
        self._http = http
        self._own = own
        self.opa_url = http.url
        self.timeout = http.timeout
        self.policy_path = f"/v1/data/{self._settings.path or OTHERWISE}"

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client."""
        return self._http.client

    @client.setter
    def client(self, client: httpx.AsyncClient) -> None:
        self._http.client = client

    async def close(self) -> None:
        """Close the connections, if they are its own. Closing twice does nothing."""
        if self._own:
            await self._http.close()

    async def _place(self, action: Any) -> str:
        # With an engine beside it, both paths are asked by the same entry point.
        return self._path(action) if self._engine is None else await super()._place(action)

    def _path(self, action: Any) -> str:
        agents = isinstance(action, str) and action.startswith("a2a:")
        return super()._path(action) if agents or self._engine is not None else entrypoint(self.policy_path)

    def _side(self, question: Question) -> Side:
        return Side.HTTP

    def _parts(self) -> dict[str, Side]:
        return {"opa": Side.HTTP}
