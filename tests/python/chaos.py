"""A real HTTP server in front of OPA that can be told to misbehave: for tests of what a client makes of that."""

import asyncio
import gzip
import threading
from collections.abc import Awaitable, Callable
from typing import Self

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Behaviour = Callable[["Chaos", bytes, asyncio.StreamWriter], Awaitable[None]]

CHUNK = 64 << 10


class Chaos:
    """A server on a loop and a thread of its own. Each connection carries one request."""

    def __init__(self, port: int) -> None:
        """Stand in front of the server at a port of this machine."""
        self.behind = port
        self.port = 0
        self.behave: Behaviour = forward
        self.asked = 0
        """Requests so far."""
        self.most = 0
        """Most connections at a time."""
        self._open = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._end.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self.most = max(self.most, self._open)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
            self.asked += 1
            await self.behave(self, head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body, writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass  # the other side is gone, or the test is over
        finally:
            self._open -= 1
            writer.transport.abort()


async def forward(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Behave well."""
    reader, onward = await asyncio.open_connection("127.0.0.1", chaos.behind)
    try:
        onward.write(request)
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    finally:
        onward.transport.abort()


def slow(seconds: float) -> Behaviour:
    """Answer rightly, but late."""

    async def behave(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await forward(chaos, request, writer)

    return behave


def say(status: int, body: bytes, *headers: str) -> Behaviour:
    """Answer every request alike."""

    async def behave(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", "Connection: close", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        writer.close()
        await writer.wait_closed()

    return behave


def packed(size: int) -> Behaviour:
    """Send an answer that is a thousand times its size once it is unpacked."""
    body = gzip.compress(b'{"result": "' + b" " * size + b'"}')
    return say(200, body, "Content-Type: application/json", "Content-Encoding: gzip")


async def hang(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Say nothing at all."""
    await asyncio.sleep(60)


async def reset(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Drop the connection."""
    writer.transport.abort()


async def drip(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Send an answer byte by byte, without end: no single read takes long."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Send an answer without end, as fast as it is read."""
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b" " * CHUNK)
        await writer.drain()


async def babble(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """Speak something else than HTTP."""
    writer.write(b"\x00\x01SSH-2.0-what\r\n\r\n")
    writer.close()
    await writer.wait_closed()


async def cut(chaos: Chaos, request: bytes, writer: asyncio.StreamWriter) -> None:
    """End an answer in its middle."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"result": {"allow": true')
    writer.close()
    await writer.wait_closed()
