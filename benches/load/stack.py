"""What is measured: a gateway with four workers on one of the paths, and what it needs beside it. All of it is real."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from load import processes
from load.questions import Expected, Question, mix, people

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

from real_gateway import CATALOGUE, Gateway, environment, gateway, mint  # noqa: E402
from real_opa import Opa, find  # noqa: E402
from real_redis import RealRedis, run_by  # noqa: E402
from sark_policy.gateway import inputs  # noqa: E402
from sark_policy.gateway.models import GatewayAuthorizationRequest  # noqa: E402
from sark_policy.gateway.tokens import User  # noqa: E402

EXAMPLE = ROOT / "tests/examples/mcp-gateway"
ENTRYPOINT = "mcp/gateway/result"
WORKERS = 4
PATHS = ("none", "cold", "warm", "http")
NOBODY = "nobody"
"""The revision of a gateway that asks nobody."""
HOURS = 6 * 3600
"""How long the tokens of a run are valid, in seconds."""

REVISIONS = {"r1": "mcp-gateway-1", "r2": "mcp-gateway-2"}


class Missing(Exception):
    """A program is not here."""


@dataclass
class Stack:
    """What runs."""

    gateway: Gateway
    secret: str
    opa: Opa | None
    redis: RealRedis | None

    @property
    def address(self) -> tuple[str, int]:
        """Where the gateway is."""
        host, _, port = self.gateway.url.removeprefix("http://").partition(":")
        return host, int(port)

    @property
    def workers(self) -> list[int]:
        """The processes that serve."""
        return processes.serving(self.gateway.process.pid)

    def environment(self, **variables: object) -> dict[str, str]:
        """Return an environment for a program that asks it."""
        return environment(**variables)

    def client(self) -> httpx.Client:
        """Return a client that may change things."""
        token = mint("ada", self.secret, seconds=HOURS)
        return httpx.Client(
            base_url=self.gateway.url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )


@contextmanager
def running(folder: Path, path: str, secret: str, *, opa: bool = False, **variables: object) -> Iterator[Stack]:
    """Start a gateway on a path, and end it afterwards.

    Args:
        folder: Where it writes.
        path: One of `PATHS`.
        secret: What the tokens are signed with.
        opa: Give it OPA as second path, which it need not have.
        variables: More of its settings.

    Raises:
        Missing: OPA or Redis is not here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, object] = {
        "SARK_GATEWAY_WORKERS": WORKERS,
        "SARK_GATEWAY_JWT_SECRET": secret,
        "SARK_POLICY_BUNDLE": EXAMPLE / "r1",
        "SARK_POLICY_BUNDLES": EXAMPLE,
        "SARK_POLICY_WATCH": "false",
        # The default. On a machine that is too small for its workers, one may wait so long for its turn.
        "SARK_POLICY_DEADLINE": 0.05,
    }
    with ExitStack() as stack:
        server = redis = None
        if path != "none":
            redis = stack.enter_context(_redis())
            settings["SARK_POLICY_FLAGS_URL"] = redis.url
        if opa or path == "http":
            server = stack.enter_context(serving(EXAMPLE / "r1"))
            settings["SARK_POLICY_OPA_URL"] = server.url
            settings["SARK_POLICY_ROLLOUT"] = '{"rust_opa": 100, "rust_cache": 100}'
        if path == "http" and redis is not None:
            settings["SARK_POLICY_ENABLED"] = "false"
            settings["SARK_POLICY_PATH"] = ENTRYPOINT
            settings["LOAD_REDIS_URL"] = redis.url
        program = (str(Path(__file__).with_name("serving.py")), path)
        started = stack.enter_context(gateway(folder, program, **settings | variables))
        ready: Callable[[httpx.Client], bool] = lambda client: client.get("/health/ready").is_success  # noqa: E731
        started.everywhere(WORKERS, ready)
        yield Stack(started, secret, server, redis)


def questions(secret: str) -> list[Question]:
    """Return what is asked, with what real OPA says to it by either revision.

    Raises:
        Missing: OPA is not here.
    """
    claims, asked = people(), mix(CATALOGUE)
    # `kim` is a person; everything that is said of her is replaced.
    tokens = {who: mint("kim", secret, seconds=HOURS, **claims[who]) for who in claims}
    documents = [{"input": inputs.request(_user(claims[who]), _request(body))} for who, body in asked]
    right: list[dict[str, Expected]] = [{NOBODY: Expected(True, body["parameters"])} for _, body in asked]
    for name, revision in REVISIONS.items():
        with serving(EXAMPLE / name) as opa, httpx.Client(base_url=opa.url, trust_env=False) as client:
            for document, known in zip(documents, right, strict=True):
                answer = client.post(f"/v1/data/{ENTRYPOINT}", json=document).raise_for_status().json()["result"]
                known[revision] = Expected(answer["allow"], answer.get("filtered_parameters"))
    return [Question(tokens[who], body, known) for (who, body), known in zip(asked, right, strict=True)]


@contextmanager
def serving(bundle: Path) -> Iterator[Opa]:
    """Run OPA with a bundle.

    Raises:
        Missing: It is not here.
    """
    program = find()
    if program is None:
        raise Missing("there is no OPA here; `just opa` builds it")
    server = Opa(program, bundle)
    try:
        yield server
    finally:
        server.kill()


def _redis() -> AbstractContextManager[RealRedis]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise Missing("there is no redis-server and no valkey-server here")
    return run_by(program)


def _user(claims: dict[str, Any]) -> User:
    return User(
        claims["sub"],
        claims["email"],
        claims["role"],
        (claims["role"],),
        tuple(claims["teams"]),
        tuple(claims["permissions"]),
    )


def _request(body: dict[str, Any]) -> GatewayAuthorizationRequest:
    return GatewayAuthorizationRequest(**body)
