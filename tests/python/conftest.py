"""What the tests share: small bundles, and hosts that are closed afterwards."""

import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from real_redis import redis_server as redis_server
from sark_policy import Bundle, Crossing, PolicyHost, _known_answers

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[2] / "benches"))  # for the benchmarks' report

from real_opa import example_opa, opa  # noqa: F401  fixtures

pytest_plugins = ["crossing", "policy_caches", "policy_clients", "shadowing"]

POLICY = """package p

default allow := false

allow if "admin" in input.roles

x := input.x

f := {"n": input.n}

fails := to_number(input.text)

ok := 1
"""


def bundle(policy: str = POLICY, revision: str = "r1", **files: str) -> Bundle:
    """Make a bundle of one module and a revision."""
    return Bundle.of_files({".manifest": f'{{"revision": "{revision}"}}', "policy.rego": policy, **files})


def archive(*members: tuple[tarfile.TarInfo | str, bytes], mode: Any = "w:gz") -> bytes:
    """Make an archive of anything, sound or not."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for member, contents in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(contents)
            tar.addfile(info, io.BytesIO(contents))
    return buffer.getvalue()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let any test go either way into the sandbox."""
    ways = [way.value for way in Crossing]
    parser.addoption("--crossing", choices=ways, default=Crossing.DIRECT.value, help="the way into the sandbox")


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers, wherever the tests are started from, and choose the way into the sandbox."""
    config.addinivalue_line("markers", "slow: takes more than ten seconds; runs all the same")
    if config.getoption("--crossing") == Crossing.PUBLIC.value:
        _known_answers.RELEASES = range(0)


class Opener(Protocol):
    """Opens a host that is closed after the test."""

    def __call__(self, source: Any = None, **overrides: Any) -> PolicyHost:
        """Open it, with the usual bundle if there is none."""


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Hosts with deadlines that a busy machine does not miss."""
    hosts: list[PolicyHost] = []

    def opened(source: Any = None, **overrides: Any) -> PolicyHost:
        overrides.setdefault("deadline", 10.0)
        host = PolicyHost.open(bundle() if source is None else source, **overrides)
        hosts.append(host)
        return host

    yield opened
    for host in hosts:
        host.close()


@pytest.fixture
def host(opened: Opener) -> PolicyHost:
    """A host with the usual bundle."""
    return opened()


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    """Run a script in a Python of its own and return what it prints."""
    import os
    import subprocess

    def run(script: str, *arguments: str, **variables: str) -> str:
        here = os.pathsep.join([str(Path(__file__).parent), variables.pop("PYTHONPATH", "")]).rstrip(os.pathsep)
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env={**os.environ, "PYTHONPATH": here, **variables},
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )
        assert (0, "") == (done.returncode, done.stderr)
        return done.stdout.strip()

    return run


@pytest.fixture
def anyio_backend() -> str:
    """Run `anyio` tests on asyncio, as the gateway does."""
    return "asyncio"
