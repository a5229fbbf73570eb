"""Policy clients for tests: each of the three, over real engines and real OPA servers, with a policy that reads all."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

from real_opa import Opa, serving
from sark_policy.sark import cache
from sark_policy.sark.cache import store as cache_store
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.routed_client import RoutedOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.engine.engine import Engine
from sark_policy.sark.runtime import Runtime
from sark_policy.sark.settings import SarkSettings

KINDS = ("rust", "http", "routed in-process", "routed over HTTP")
LONG = 30.0

POLICY = """package mcp.gateway

default allow := false

allow if {
	input.user.role == "lead"
	input.tool.sensitivity_level != "critical"
}

allow if {
	input.action == "tool:invoke"
	input.tool.owner == input.user.id
	input.context.timestamp > 0
}

allow if {
	input.action == "tool:invoke"
	some team in input.user.teams
	team in input.tool.managers
}

allow if {
	input.action == "server:register"
	input.user.role == "registrar"
	input.server.sensitivity_level == "low"
	input.context.timestamp == 0
}

allow if {
	input.action == "report:read"
	input.resource == "report-7"
	input.user.id == "kim"
	input.user.clearance == "full"
}

allow if {
	input.action == "gateway:tool:invoke"
	"analyst" in input.user.roles
	input.server.name == "pg-main"
	input.tool.parameters.query != "drop"
}

allow if input.parameters.grant == true

audit_reason := sprintf("%s for %s", [input.action, input.user.id])

filtered_parameters := object.remove(input.tool.parameters, ["password"])

audit_id := input.context.request_id
"""

AGENTS = """package mcp.gateway.a2a

default result := {"allow": false}

result := {"allow": true, "restrictions": {"calls": 3}} if {
	input.source_agent.trust_level == "trusted"
	input.target_agent.id == "ag-2"
	input.action == "a2a:query"
	input.context.delegation_depth < 3
}
"""

SHAPES = """package shapes

echo := {"allow": true, "filtered_parameters": input}

yes := true

no := false

text := "yes"

number := 1

nothing := null

list := [true]

talks := {"allow": "true", "reason": "by a text"}

reasoned := {"allow": true, "reason": "by another name"}

sets := {"allow": false, "reason": {"b", "a"}}

conflict := 1 if input.one

conflict := 2 if input.two

clash.allow := true

clash.reason := "one" if input.one

clash.reason := "two" if input.two
"""


def bundle(folder: Path, revision: str = "r1", **changes: str) -> Path:
    """Write a bundle, with other files or changed ones."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"gateway": POLICY, "a2a": AGENTS, "shapes": SHAPES} | changes
    for name, text in files.items():
        (folder / f"{name}.rego").write_text(text)
    (folder / ".manifest").write_text(f'{{"revision": "{revision}", "roots": ["mcp", "shapes"]}}')
    return folder


class Place:
    """A bundle in a folder and at an OPA server."""

    def __init__(self, folder: Path, opa: Opa) -> None:
        self.folder = folder
        self.opa = opa

    def settings(self, **more: Any) -> SarkSettings:
        """Return settings for both, with a deadline that a busy machine does not miss."""
        given = {
            "bundle": self.folder,
            "opa_url": self.opa.url,
            "opa_timeout": LONG,
            "deadline": LONG,
            "watch": False,
            "path": "mcp/gateway/allow",
            "fallback_to_http": False,
            **more,
        }
        return SarkSettings(**given)


class Made(Protocol):
    """Makes a client that is closed afterwards."""

    async def __call__(self, kind: str, **settings: Any) -> PolicyClient:
        """Make a client of a kind."""


def make(kind: str, place: Place, **settings: Any) -> tuple[PolicyClient, Runtime | None]:
    """Make a client of a kind, and the runtime it hangs on."""
    if kind == "rust":
        return RustOPAClient(place.folder, settings=place.settings(**{"opa_url": None} | settings)), None
    if kind == "http":
        return HttpOPAClient(place.opa.url, LONG, settings=place.settings(**settings)), None
    share = 100 if kind == "routed in-process" else 0
    runtime = Runtime(place.settings(rollout={"rust_opa": share, "rust_cache": 100}, **settings))
    return RoutedOPAClient(runtime=runtime), runtime


@asynccontextmanager
async def client_of(kind: str, place: Place, **settings: Any) -> AsyncIterator[PolicyClient]:
    """Make a client, and end it and all that it needs."""
    client, runtime = make(kind, place, **settings)
    try:
        yield client
    finally:
        await client.close()
        if runtime is not None:
            await runtime.stop()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The bundle above, and a real OPA with it, for tests that leave them alone."""
    folder = bundle(tmp_path_factory.mktemp("clients") / "bundle")
    with serving(folder) as opa:
        yield Place(folder, opa)


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test have the process to itself: its engines, its cache, its runtime, no settings but its own."""
    monkeypatch.setattr(cache_store, "DEADLINE", LONG)
    for name in ("OPA_URL", "OPA_POLICY_PATH", "OPA_TIMEOUT_SECONDS", "RUST_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    _forget()
    yield
    _forget()


def _forget() -> None:
    Runtime.use(None)
    cache.forget_policy_cache()
    Engine.shutdown()


@pytest.fixture(params=KINDS)
async def client(request: pytest.FixtureRequest, place: Place, afresh: None) -> AsyncIterator[PolicyClient]:
    """Every client in turn."""
    async with client_of(request.param, place) as made:
        yield made
