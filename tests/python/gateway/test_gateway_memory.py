"""What four workers hold when their caches are full."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from real_gateway import bearer, gateway

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WORKERS = 4
DECISIONS = 10_000
LIMIT = 512 << 20
"""What a pod of the gateway may have in all, in bytes."""


def test_four_full_workers_stay_below_512_mib(tmp_path: Path) -> None:
    """Four workers with 10,000 cached decisions each fit into the gateway's pod."""
    with gateway(tmp_path, SARK_GATEWAY_WORKERS=WORKERS, SARK_GATEWAY_LOG_LEVEL="warning") as running:
        port = int(running.url.rsplit(":", 1)[1])
        full = asyncio.run(fill(port))
        used = sum(proportional(pid) for pid in (running.process.pid, *full))
        assert used < LIMIT, f"{used >> 20} MiB"
        print(f"\n{used >> 20} MiB in {WORKERS} workers and their parent")


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def fill(port: int) -> list[int]:
    """Ask each worker until it holds as many decisions as it may; return their processes."""
    token = bearer("kim")["Authorization"]
    workers: dict[int, Connection] = {}
    # Whichever worker is free takes a connection, so it takes some to meet all of them.
    while len(workers) < WORKERS:
        opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(16)))
        told = await asyncio.gather(*(ask(each, "GET", "/health", token) for each in opened))
        for connection, health in zip(opened, told, strict=True):
            if workers.setdefault(int(health["worker"]), connection) is not connection:
                await close(connection)
    await asyncio.gather(*(ask_all(connection, token) for connection in workers.values()))
    for connection in workers.values():
        await close(connection)
    return list(workers)


async def ask_all(connection: Connection, token: str) -> None:
    """Ask one worker as many different questions as its cache holds answers."""
    for number in range(DECISIONS):
        body = {
            "action": "gateway:tool:invoke",
            "server_name": "pg-main",
            "tool_name": "run_sql",
            "parameters": {"query": f"select {number} from {'orders ' * 20}"},
        }
        decision = await ask(connection, "POST", "/api/v1/gateway/authorize", token, body)
        assert decision["allow"] is True


async def close(connection: Connection) -> None:
    """Close a connection."""
    connection[1].close()
    await connection[1].wait_closed()


async def ask(connection: Connection, method: str, path: str, token: str, body: object = None) -> dict[str, int | bool]:
    """Ask on a connection that stays open."""
    reader, writer = connection
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: {token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    writer.write(head.encode() + content)
    answered = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = re.search(r"content-length: (\d+)", answered, re.IGNORECASE)
    assert length is not None
    found: dict[str, int | bool] = json.loads(await reader.readexactly(int(length[1])))
    return found


def proportional(pid: int) -> int:
    """Return the memory of a process in bytes; what several share counts for each its part."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    pss = re.search(r"^Pss: +(\d+) kB$", rollup, re.MULTILINE)
    assert pss is not None
    return int(pss[1]) << 10
