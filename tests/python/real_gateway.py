"""A real gateway: `python -m sark_policy.gateway` in a process of its own, and the same in a thread of this one."""

import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import uvicorn

EXAMPLES = Path(__file__).parents[1] / "examples"
BUNDLE = EXAMPLES / "mcp-gateway/r1"
CATALOGUE = EXAMPLES / "gateway/catalogue.json"
SECRET = "for-the-tests-alone-" + "0123456789abcdef" * 3
LOG = "gateway.log"
API_KEY = "an-api-key-of-the-tests"

mint: Callable[..., str] = runpy.run_path(str(EXAMPLES / "gateway/tokens.py"))["mint"]
"""Mints a token of a person or an agent of the example."""


def bearer(name: str, secret: str = SECRET, **claims: object) -> dict[str, str]:
    """Return the header that says who asks."""
    return {"Authorization": f"Bearer {mint(name, secret, **claims)}"}


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Gateway:
    """A gateway in a process of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, folder: Path) -> None:
        self.process = process
        self.url = url
        self.folder = folder
        """Where its log and its audit file are."""

    def logs(self) -> str:
        """Return everything that it has printed."""
        return (self.folder / LOG).read_text("utf-8")

    def client(self, name: str | None = None) -> httpx.Client:
        """Return a client that asks as somebody."""
        return httpx.Client(base_url=self.url, headers={} if name is None else bearer(name), timeout=30)

    def everywhere(self, workers: int, holds: Callable[[httpx.Client], bool], seconds: float = 30) -> set[int]:
        """Wait until something holds in each of the workers, and return their processes.

        A connection stays with the worker that took it, so what one client asks, one worker answers.
        """
        until = time.monotonic() + seconds
        good: set[int] = set()
        while len(good) < workers:
            assert time.monotonic() < until, f"it holds in {len(good)} workers only:\n{self.logs()[-5000:]}"
            with self.client() as client:
                try:
                    worker = client.get("/health").json()["worker"]
                    if worker not in good and holds(client):
                        good.add(worker)
                except httpx.TransportError:
                    continue  # that worker is ending
        return good

    def stop(self) -> int:
        """End it as an operator does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


def environment(**variables: object) -> dict[str, str]:
    """Return this process's environment with these settings and no others."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SARK_", "OPA_", "PROM"))}
    return inherited | {name: str(value) for name, value in variables.items()}


@contextmanager
def gateway(
    folder: Path, program: Sequence[str] = ("-m", "sark_policy.gateway"), **variables: object
) -> Iterator[Gateway]:
    """Start a gateway with the example bundle and catalogue, and end it afterwards."""
    port = free_port()
    settings = {
        "SARK_POLICY_BUNDLE": BUNDLE,
        "SARK_POLICY_DEADLINE": 10,
        "SARK_GATEWAY_JWT_SECRET": SECRET,
        "SARK_GATEWAY_API_KEY": API_KEY,
        "SARK_GATEWAY_CATALOGUE": CATALOGUE,
        "SARK_GATEWAY_AUDIT_FILE": folder / "audit.jsonl",
        "SARK_GATEWAY_PORT": port,
    }
    with (folder / LOG).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *program],
            env=environment(**settings | variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    running = Gateway(process, f"http://127.0.0.1:{port}", folder)
    try:
        _wait(running)
        yield running
    finally:
        running.stop()


def _wait(running: Gateway, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if running.process.poll() is not None:
            break
        try:
            if httpx.get(f"{running.url}/health/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"the gateway did not start:\n{running.logs()}")


@contextmanager
def served(app: object) -> Iterator[str]:
    """Serve an application from a thread of this process, and return its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, lifespan="on"))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 60
        while not server.started and thread.is_alive() and time.monotonic() < until:
            time.sleep(0.01)
        assert server.started, "the server did not start"
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
