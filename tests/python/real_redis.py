"""A real Redis for tests: `redis-server` (or `valkey-server`) on a free loopback port, nothing kept on disk."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class RealRedis:
    """A server that can be killed, started again, and held still; always on the same port."""

    def __init__(self, program: str, folder: str) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [*command, "--dir", self._folder], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        while True:
            try:
                self("PING")
                return
            except ConnectionError:
                if self._process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """Kill it at once; what it held is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Hold it still: connections stay open and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def __call__(self, *command: Any) -> Any:
        """Send a command as an operator would, and return the answer as text.

        Raises:
            ConnectionError: It is not there, or not yet.
        """
        # Here, since every script that the tests run imports this.
        import redis

        with redis.Redis(port=self.port, decode_responses=True, socket_timeout=5) as client:
            try:
                return client.execute_command(*command)
            except redis.ConnectionError as error:
                raise ConnectionError(str(error)) from error

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)


@contextmanager
def real_redis() -> Iterator[RealRedis]:
    """Run a server. Where there is none, the test is skipped; in CI it fails."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        reason = "no `redis-server` and no `valkey-server` on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with run_by(program) as server:
        yield server


@contextmanager
def run_by(program: str) -> Iterator[RealRedis]:
    """Run a server by its program."""
    with tempfile.TemporaryDirectory() as folder:
        server = RealRedis(program, folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture
def redis_server() -> Iterator[RealRedis]:
    """A Redis of this test's own."""
    with real_redis() as server:
        yield server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
