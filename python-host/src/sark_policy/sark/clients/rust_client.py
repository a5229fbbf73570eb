"""The client that decides in this process."""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sark_policy
from sark_policy._exceptions import SarkPolicyError
from sark_policy.sark.answer import Side
from sark_policy.sark.cache import RustPolicyCache
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.decider import Decider
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.paths.breaker import Guarded, guarded
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.paths.in_process import InProcess
from sark_policy.sark.paths.router import Router
from sark_policy.sark.question import Question
from sark_policy.sark.settings import SarkSettings

if TYPE_CHECKING:
    from sark_policy.sark.runtime import Runtime


class RustOPAClient(PolicyClient):
    """Decides in this process, and asks OPA over HTTP where it cannot, if there is one."""

    engine: Engine
    """The engine, which clients of one bundle share."""
    policy_dir: Path
    """The folder or archive of the bundle."""

    def __init__(
        self,
        policy_dir: Path | str | None = None,
        cache: Any = None,
        cache_enabled: bool = True,
        *,
        settings: SarkSettings | None = None,
    ) -> None:
        """Make a client of a bundle, which is read when it is first needed.

        Args:
            policy_dir: The bundle's folder or archive; `None` is `SarkSettings.bundle`.
            cache: A policy cache; `None` is the process's own.
            cache_enabled: Whether to use a cache at all.
            settings: The settings; `None` reads the environment.

        Raises:
            RuntimeError: This machine cannot run the sandbox.
        """
        if not sark_policy.AVAILABLE:
            raise RuntimeError(f"Rust extensions not available: {sark_policy.UNAVAILABLE_REASON}")
        settings = settings or SarkSettings()
        if policy_dir is not None:
            settings = settings.model_copy(update={"bundle": Path(policy_dir)})
        # Without a bundle there are still the policies that are loaded by name.
        engine = Engine.shared(settings) if settings.bundle.exists() else Engine(None, settings)
        paths: dict[Side, Guarded] = {Side.IN_PROCESS: guarded(InProcess(engine), settings)}
        if settings.opa_url is not None and settings.fallback_to_http:
            http = HttpPath(settings.opa_url, timeout=settings.opa_timeout, connections=settings.opa_connections)
            paths[Side.HTTP] = guarded(http, settings)
        router = Router(paths, fallback={Side.IN_PROCESS: Side.HTTP}, shadow=None)
        decider = Decider(router, engine, settings.opa_url)
        if cache is None and cache_enabled:
            cache = RustPolicyCache()
        super().__init__(decider, settings, cache if cache_enabled else None, engine)
        decider.serve(self.cache)
        self._begin(engine, settings)

    @classmethod
    def of(cls, runtime: "Runtime", fallback: bool = True) -> "RustOPAClient":
        """Make a handle on what the process has already."""
        client = cls.__new__(cls)
        decider = runtime.decider if fallback else runtime.strict_decider
        PolicyClient.__init__(client, decider, runtime.settings, runtime.cache, runtime.engine, runtime)
        client._begin(runtime.engine, runtime.settings)
        return client

    def _begin(self, engine: Engine, settings: SarkSettings) -> None:
        self.engine = engine
        self.policy_dir = settings.bundle
        self.opa_url = settings.opa_url
        self.timeout = settings.opa_timeout
        self._loaded_policies: set[str] = set()

    async def load_policy(self, name: str, rego_code: str) -> None:
        """Load a policy by name, beside the bundle's and in place of an earlier one of that name.

        Raises:
            OPACompilationError: It does not compile; everything stays as it was.
            ValueError: Name or policy is empty.
        """
        await asyncio.to_thread(self.engine.load, name, rego_code)
        self._loaded_policies.add(name)

    async def load_policy_from_file(self, policy_path: Path | str) -> None:
        """Load a policy from a file; its name is the file's, without `.rego`.

        Raises:
            FileNotFoundError: There is no such file.
            OPACompilationError: It does not compile.
        """
        path = Path(policy_path)
        if not path.is_file():
            raise FileNotFoundError(f"Policy file not found: {path}")
        if self.policy_dir.is_dir() and path.resolve().is_relative_to(self.policy_dir.resolve()):
            await self.engine.ready()  # it is in the bundle
            self._loaded_policies.add(path.stem)
        else:
            await self.load_policy(path.stem, path.read_text("utf-8"))

    async def ensure_policy_loaded(self, policy_name: str) -> None:
        """Load a policy of the bundle's folder by name, unless it is loaded.

        Raises:
            FileNotFoundError: There is no such policy.
            OPACompilationError: It does not compile.
        """
        if policy_name in self._loaded_policies:
            return
        found = None
        # A name, not a path: nothing outside of the folder can be named.
        if policy_name and policy_name == Path(policy_name).name and self.policy_dir.is_dir():
            direct = self.policy_dir / f"{policy_name}.rego"
            deeper = (file for file in sorted(self.policy_dir.rglob("*.rego")) if file.stem == policy_name)
            found = direct if direct.is_file() else next(deeper, None)
        if found is None:
            raise FileNotFoundError(f"Policy not found: {policy_name}")
        await self.load_policy_from_file(found)

    @property
    def policy_path(self) -> str:
        """The entry point of a user's request, as OPA's REST path."""
        return f"/v1/data/{self._path(None)}"

    def get_loaded_policies(self) -> list[str]:
        """Return the names of the policies that were loaded by name."""
        return sorted(self._loaded_policies)

    def _get_policy_query(self, action: str) -> str:
        """Return what is asked for an action, as a reference. Opens the bundle."""
        with suppress(SarkPolicyError):
            self.engine.policy()
        return f"data.{self._path(action).replace('/', '.')}"

    def _side(self, question: Question) -> Side:
        return Side.IN_PROCESS

    def _parts(self) -> dict[str, Side]:
        return {"rust_engine": Side.IN_PROCESS}
