"""The gateway under load: 500 requests a second while rollouts change, everything is rolled back, and Redis dies."""

import asyncio
import contextlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from real_gateway import BUNDLE, Gateway, bearer, gateway
from real_opa import serving
from real_redis import RealRedis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

WORKERS = 4
CONNECTIONS = 20
RATE = 500
"""Requests a second that are sent, as far as the machine can."""
ADA = bearer("ada")


class Load:
    """Sends requests of many users at a steady rate, and counts what comes back by kind."""

    def __init__(self, port: int) -> None:
        self.counts: Counter[str] = Counter()
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for place in range(CONNECTIONS):
                group.create_task(self._connection(place))

    async def _connection(self, place: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        user = bearer("kim", sub=f"00000000-0000-4000-8000-{place:012}")["Authorization"]
        turn = time.monotonic()
        asked = 0
        while not self._stop.is_set():
            asked += 1
            body = json.dumps(
                {
                    "action": "gateway:tool:invoke",
                    "server_name": "pg-main",
                    "tool_name": "run_sql",
                    "parameters": {"query": "select 1"},
                    "context": {"request": asked % 50},
                }
            )
            writer.write(
                f"POST /api/v1/gateway/authorize HTTP/1.1\r\nHost: gateway\r\nAuthorization: {user}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
            )
            try:
                self.counts[await self._outcome(reader)] += 1
            except (OSError, asyncio.IncompleteReadError) as error:
                self.counts[f"lost: {type(error).__name__}"] += 1
                return
            turn += CONNECTIONS / RATE
            await asyncio.sleep(max(turn - time.monotonic(), 0))
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _outcome(self, reader: asyncio.StreamReader) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        assert length is not None
        body = json.loads(await reader.readexactly(int(length[1])))
        status = int(head.split(" ", 2)[1])
        return "allowed" if (status, body.get("allow")) == (200, True) else f"{status}: {body.get('reason')}"


@pytest.fixture
def running(tmp_path: Path, redis_server: RealRedis) -> Iterator[Gateway]:
    """A gateway of four workers over real OPA and Redis, all users in-process."""
    with (
        serving(BUNDLE) as opa,
        gateway(
            tmp_path,
            SARK_GATEWAY_WORKERS=WORKERS,
            SARK_GATEWAY_LOG_LEVEL="warning",
            SARK_POLICY_FLAGS_URL=redis_server.url,
            SARK_POLICY_OPA_URL=opa.url,
            # The machine may be busy with other things; what is slow is not to be undecided here.
            SARK_POLICY_OPA_TIMEOUT=10,
        ) as started,
    ):
        change(started, "set", json={"feature": "rust_opa", "percentage": 100})
        yield started


def change(running: Gateway, what: str, **body: Any) -> None:
    """Change the rollout as an admin does."""
    with running.client() as client:
        response = client.post(f"/admin/rollout/{what}", headers=ADA, **body)
        assert (200, what) == (response.status_code, what), response.text


def decided(running: Gateway, implementation: str) -> float:
    """Return how many requests were decided by a path, by all workers."""
    with running.client() as client:
        lines = client.get("/metrics").text.splitlines()
    start = f'opa_evaluation_total{{implementation="{implementation}"'
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(start))


def everywhere(running: Gateway, expected: int) -> None:
    """Wait until every worker says that it has a percentage in force."""
    until = time.monotonic() + 30
    while True:
        with running.client() as client:
            words = client.get("/admin/workers", headers=ADA).json()["workers"]
        said = {word["worker"]: word["rollout"]["rust_opa"] for word in words}
        if Counter(said.values())[expected] == WORKERS:
            return
        assert time.monotonic() < until, f"{expected} % is not in force everywhere: {said}"
        time.sleep(0.05)


def reached(running: Gateway) -> set[int]:
    """Return the percentages of the workers that take a connection: under load they are some, not all."""
    found = set()
    for _ in range(16):
        with running.client() as client:
            found.add(client.get("/admin/rollout/status", headers=ADA).json()["rust_opa"])
    return found


def port(running: Gateway) -> int:
    """Return the port of a gateway."""
    return int(running.url.rsplit(":", 1)[1])


def test_rollback_all_is_in_force_within_a_second(running: Gateway) -> None:
    """One second after it no request takes the in-process path, and none has failed."""
    with Load(port(running)) as load:
        time.sleep(2)
        assert decided(running, "rust") > 0
        change(running, "rollback-all")
        time.sleep(1)
        before, others = decided(running, "rust"), decided(running, "python")
        time.sleep(2)
        after, more = decided(running, "rust"), decided(running, "python")
    assert (0, True) == (after - before, more > others)
    assert {"allowed"} == set(load.counts)


def test_redis_dies_and_comes_back_empty(running: Gateway, redis_server: RealRedis) -> None:
    """No request fails, no worker forgets, and the store is given what they know."""
    change(running, "set", json={"feature": "rust_opa", "percentage": 40})
    everywhere(running, 40)
    with Load(port(running)) as load:
        redis_server.kill()
        time.sleep(2)
        assert {40} == reached(running)
        redis_server.start()
        until = time.monotonic() + 30
        while redis_server("GET", "feature_flag:rust_opa") != "40":
            assert time.monotonic() < until, "the store was not given back what it had"
            time.sleep(0.05)
        everywhere(running, 40)
        change(running, "set", json={"feature": "rust_opa", "percentage": 60})
        everywhere(running, 60)
    assert {"allowed"} == set(load.counts)
