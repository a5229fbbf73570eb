"""The runtime: one a process, across event loops and forks, started by whoever decides first, stopped for good."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policy_clients import LONG, Place, bundle
from real_redis import RealRedis
from sark_policy.sark.answer import Side
from sark_policy.sark.clients.http_client import HttpOPAClient
from sark_policy.sark.clients.rust_client import RustOPAClient
from sark_policy.sark.factory import evaluate_policy
from sark_policy.sark.runtime import Runtime

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("afresh")]

ASKED: dict[str, Any] = {
    "user": {"id": "u-1", "roles": ["analyst"]},
    "action": "gateway:tool:invoke",
    "server": {"name": "pg-main"},
    "tool": {"name": "run_sql", "parameters": {"query": "select 1"}},
    "context": {},
}

ASK = """
import asyncio, json, os, sys
from sark_policy.sark.factory import evaluate_policy
from sark_policy.sark.runtime import Runtime
ASKED = json.loads(os.environ["ASKED"])

async def ask(n=0):
    answer = await evaluate_policy("mcp/gateway/allow", ASKED | {"n": n})
    return answer["result"]["allow"]
"""


@pytest.fixture
def script(run: Callable[..., str], tmp_path: Path) -> Callable[..., str]:
    """Run a script that decides by the runtime of its process; nothing may be written to standard error."""
    folder = bundle(tmp_path / "bundle")

    def script(body: str, **variables: str) -> str:
        # Warnings are errors: of what is not closed, or a coroutine that nobody waited for.
        given = {
            "ASKED": json.dumps(ASKED),
            "SARK_POLICY_BUNDLE": str(folder),
            "SARK_POLICY_DEADLINE": "30",
            "PYTHONWARNINGS": "error",
        }
        return run(ASK + body, **given | variables)

    return script


def test_it_goes_on_from_loop_to_loop(script: Callable[..., str]) -> None:
    """As a test suite runs it, each time by a loop of its own; and it starts anew on each."""
    told = script(
        """
async def both():
    allowed = await ask()
    await asyncio.sleep(0.1)
    return allowed, Runtime.shared().started, Runtime.shared().cleanup.running

for _ in range(3):
    print(*asyncio.run(both()), Runtime.shared().started)
"""
    )
    assert ["True True True False"] * 3 == [line for line in told.splitlines() if line.startswith("True")]


def test_it_goes_on_in_a_forked_child(script: Callable[..., str], redis_server: RealRedis) -> None:
    """A worker that is forked after decisions were made decides, follows the flags, and hurts its parent in nothing."""
    redis_server("SET", "feature_flag:rust_opa", 100)
    told = script(
        """
import socket

def told():
    return Runtime.shared().flags.get_rollout_pct("rust_opa")

async def parent():
    assert await ask(1)
    await asyncio.sleep(0.3)
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        return theirs
    theirs.close()
    ours.setblocking(False)
    loop = asyncio.get_running_loop()
    assert b"ready" == await loop.sock_recv(ours, 5)
    await Runtime.shared().flags.apply_rollout("rust_opa", 25)
    heard = await loop.sock_recv(ours, 5)
    assert await ask(2)
    await Runtime.shared().stop()
    ours.close()
    print("parent", told(), os.waitpid(child, 0)[1])
    print("child", heard.decode())

async def child(theirs):
    assert await ask(1)
    await asyncio.sleep(0.5)
    theirs.sendall(b"ready")
    for _ in range(100):
        if told() == 25:
            break
        await asyncio.sleep(0.05)
    theirs.sendall(str(told()).encode())
    theirs.close()
    await Runtime.shared().stop()

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
theirs = loop.run_until_complete(parent())
if theirs is not None:
    # The loop is the parent's as well, and must not be used; a child has its own.
    asyncio._set_running_loop(None)
    asyncio.run(child(theirs))
    os._exit(0)
loop.close()
""",
        SARK_POLICY_FLAGS_URL=redis_server.url,
    )
    lines = [line for line in told.splitlines() if line.startswith(("parent", "child"))]
    assert ["parent 25 0", "child 25"] == lines


async def test_the_first_decision_starts_it(place: Place) -> None:
    """Where the application does not: the bundle is opened and the cache is swept from then on."""
    runtime = Runtime(place.settings())
    Runtime.use(runtime)
    assert not runtime.started
    assert (await evaluate_policy("mcp/gateway/allow", ASKED))["result"]["allow"]
    while not runtime.cleanup.running:
        await asyncio.sleep(0)
    assert runtime.started
    await runtime.stop()
    await runtime.stop()
    assert (False, False) == (runtime.started, runtime.cleanup.running)
    assert (await evaluate_policy("mcp/gateway/allow", ASKED))["result"]["allow"]
    await runtime.stop()


async def test_starting_and_stopping_again_and_again(place: Place) -> None:
    """Both are idempotent, whoever else has started it."""
    runtime = Runtime(place.settings())
    for _ in range(3):
        await asyncio.gather(runtime.start(), runtime.start())
        assert runtime.cleanup.running
        await asyncio.gather(runtime.stop(), runtime.stop())
        assert not runtime.cleanup.running


async def test_stop_soon_stops_it_from_a_thread(place: Place) -> None:
    """As `uninstall` does, which is no coroutine."""
    runtime = Runtime(place.settings())
    await runtime.start()
    await asyncio.to_thread(runtime.stop_soon)
    until = time.monotonic() + LONG
    while runtime.started or runtime.cleanup.running:
        assert time.monotonic() < until
        await asyncio.sleep(0.01)


async def test_a_bundle_that_cannot_be_opened_costs_only_the_engine(place: Place, tmp_path: Path) -> None:
    """It starts all the same, OPA decides, and once the bundle is there, the engine does."""
    folder = tmp_path / "later"
    runtime = Runtime(
        place.settings(bundle=folder, fallback_to_http=True, rollout={"rust_opa": 100}, breaker_seconds=0.1)
    )
    Runtime.use(runtime)
    await runtime.start()
    assert not runtime.engine.opened
    assert (await evaluate_policy("mcp/gateway/allow", ASKED))["result"]["allow"]
    bundle(folder)
    until = time.monotonic() + LONG
    while not runtime.engine.opened:
        assert (await evaluate_policy("mcp/gateway/allow", ASKED | {"n": time.monotonic()}))["result"]["allow"]
        assert time.monotonic() < until
        await asyncio.sleep(0.05)
    await runtime.stop()


async def test_a_handle_asks_the_servers_own_path(place: Place) -> None:
    """Handles on one server share its connections and its circuit, also where it is not the settings' server."""
    runtime = Runtime(place.settings(opa_url="http://127.0.0.1:9"))
    one, other = (HttpOPAClient.of(runtime, place.opa.url) for _ in range(2))
    assert one._http is other._http
    assert runtime.server(place.opa.url) is runtime.server(place.opa.url)
    assert (await one.evaluate_policy(ASKED)).allow
    assert HttpOPAClient.of(runtime)._http is not one._http
    assert not (await HttpOPAClient.of(runtime).evaluate_policy(ASKED | {"n": 1})).allow
    await runtime.stop()


async def test_without_a_server_there_is_one_side(place: Place) -> None:
    """Flags move nobody where there is nowhere to go, the kill switch included."""
    runtime = Runtime(place.settings(opa_url=None))
    await runtime.flags.apply_kill(True)
    assert Side.IN_PROCESS is runtime.side("u-1")
    assert (await runtime.client().evaluate_policy(ASKED)).allow
    assert (await RustOPAClient.of(runtime).evaluate_policy(ASKED)).allow
    await runtime.stop()
