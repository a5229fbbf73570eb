"""What the demo runs: the gateway, and with `full` a real OPA server and a real Redis beside it."""

import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from real_gateway import Gateway, gateway
from real_opa import find, free_port
from real_redis import RealRedis

EXAMPLE = Path(__file__).resolve().parents[1] / "mcp-gateway"


class Missing(Exception):
    """A program is not here."""


@dataclass
class Parts:
    """What runs, and what it takes to ask it."""

    gateway: Gateway
    secret: str
    api_key: str
    bundle: Path
    """The folder of the bundle that the gateway follows."""
    workers: int
    opa: str | None
    """The address of OPA."""

    def everywhere(self, holds: Callable[[httpx.Client], bool]) -> None:
        """Wait until something holds in each worker."""
        self.gateway.everywhere(self.workers, holds)


@contextmanager
def running(folder: Path, full: bool) -> Iterator[Parts]:
    """Start everything in a folder, and end it afterwards.

    Raises:
        Missing: OPA or Redis is not here.
    """
    bundle = folder / "bundle"
    shutil.copytree(EXAMPLE / "r1", bundle)
    secret, api_key = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
    variables: dict[str, object] = {
        "SARK_GATEWAY_JWT_SECRET": secret,
        "SARK_GATEWAY_API_KEY": api_key,
        "SARK_POLICY_BUNDLE": bundle,
        # A machine that is busy with something else is no reason to deny.
        "SARK_POLICY_DEADLINE": 2,
        "SARK_POLICY_OPA_TIMEOUT": 5,
    }
    with ExitStack() as stack:
        opa = None
        if full:
            opa = stack.enter_context(_opa(bundle))
            redis = stack.enter_context(_redis(folder))
            variables |= {
                "SARK_GATEWAY_WORKERS": 4,
                "SARK_POLICY_OPA_URL": opa,
                "SARK_POLICY_FLAGS_URL": redis.url,
                "SARK_POLICY_FALLBACK_TO_IN_PROCESS": "true",
                "SARK_POLICY_SHADOW_SHARE": 1,
            }
        started = stack.enter_context(gateway(folder, **variables))
        parts = Parts(started, secret, api_key, bundle, 4 if full else 1, opa)
        parts.everywhere(lambda client: client.get("/health/ready").is_success)
        yield parts


@contextmanager
def _opa(bundle: Path) -> Iterator[str]:
    """Run OPA, which follows the same bundle."""
    program = find()
    if program is None:
        raise Missing("there is no OPA here; `just opa` builds it")
    address = f"127.0.0.1:{free_port()}"
    command = [program, "run", "--server", "--watch", "--addr", address, "--skip-version-check", "--log-level", "error"]
    nowhere = subprocess.DEVNULL
    with subprocess.Popen(
        [*command, "--bundle", str(bundle)], stdin=nowhere, stdout=nowhere, stderr=nowhere
    ) as process:
        try:
            until = time.monotonic() + 30
            while not _answers(f"http://{address}/health"):
                if process.poll() is not None or time.monotonic() > until:
                    raise Missing("OPA does not start")
                time.sleep(0.05)
            yield f"http://{address}"
        finally:
            process.terminate()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=1).is_success
    except httpx.HTTPError:
        return False


@contextmanager
def _redis(folder: Path) -> Iterator[RealRedis]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise Missing("there is no redis-server and no valkey-server here")
    server = RealRedis(program, str(folder))
    try:
        server.start()
        yield server
    finally:
        server.kill()
