"""A real OPA server for the tests, and how to treat it badly."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests/examples/mcp-gateway"


def find() -> str | None:
    """Return the path of OPA: `$OPA`, else `opa` on the search path, else what `just opa` built."""
    built = ROOT / "target/opa/bin/opa"
    return os.environ.get("OPA") or shutil.which("opa") or (str(built) if built.exists() else None)


def free_port() -> int:
    """Return a port of this machine that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Opa:
    """An OPA server with one bundle, on a port that it keeps when it is started again."""

    def __init__(self, program: str, bundle: Path) -> None:
        self.program = program
        self.bundle = bundle
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None:
            return
        address = f"127.0.0.1:{self.port}"
        options = ["--server", "--addr", address, "--skip-version-check", "--log-level", "error", "--bundle"]
        # Debug output of another program is of no use in a test that passes, and its pipe would fill up.
        self._process = subprocess.Popen(
            [self.program, "run", *options, str(self.bundle)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while not self._healthy():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"OPA does not start with `{self.bundle}`; run it by hand to see why")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a crash does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Let it hang: it accepts connections and says nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=1, trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


@contextmanager
def serving(bundle: Path) -> Iterator[Opa]:
    """Serve the bundle of a folder or an archive."""
    program = find()
    if program is None:
        reason = "there is no OPA here; `just opa` builds it"
        # Where everything is to be checked, a test that is left out is one that fails.
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    server = Opa(program, bundle)
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
def opa() -> Iterator[Callable[[Path], Opa]]:
    """Real OPA servers, by their bundle."""
    with ExitStack() as stack:
        yield lambda bundle: stack.enter_context(serving(bundle))


@pytest.fixture(scope="session")
def example_opa() -> Iterator[Opa]:
    """A real OPA server with revision 1 of the example, for tests that leave it alone."""
    with serving(EXAMPLE / "r1") as server:
        yield server
