"""Connections to OPA: a pooled client for each event loop and process, with bounded answers."""

import asyncio
import os
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import httpx

LARGEST = 4 << 20
"""Largest answer that is read, in bytes."""


@dataclass(slots=True)
class Lane:
    """What an event loop has."""

    turnstile: asyncio.Semaphore
    client: httpx.AsyncClient | None = None


class Connections:
    """One pooled client for each event loop and process: a connection belongs to the loop that opened it."""

    _process: int
    _lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lane]
    _next: httpx.AsyncClient | None

    def __init__(self, most: int) -> None:
        self._most = most
        self._renew()

    def free(self) -> asyncio.Semaphore:
        """Return the running loop's turnstile: whoever asks goes through it, so that nobody waits inside of a client.

        A request that is cancelled while it waits in httpcore's pool can leave a connection there that is never
        used and never given up, until there are no others (httpcore 1093).
        """
        return self._lane(asyncio.get_running_loop()).turnstile

    def client(self) -> httpx.AsyncClient:
        """Return the running loop's client. Outside of any loop: the one that the next new loop will have."""
        try:
            lane = self._lane(asyncio.get_running_loop())
        except RuntimeError:
            self._next = self._next or self._new()
            return self._next
        if lane.client is None or lane.client.is_closed:
            lane.client, self._next = self._next or self._new(), None
        return lane.client

    async def close(self) -> None:
        """Close the running loop's client. Those of other loops go with their loops."""
        lane = self._lane(asyncio.get_running_loop())
        client, lane.client = lane.client, None
        if client is not None:
            await client.aclose()

    def _lane(self, loop: asyncio.AbstractEventLoop) -> Lane:
        if self._process != os.getpid():
            self._renew()  # a forked child must not speak on its parent's connections
        lane = self._lanes.get(loop)
        if lane is None:
            # What a loop has here holds on to it, so the weak key alone would keep both for good.
            for ended in [known for known in list(self._lanes) if known.is_closed()]:
                self._lanes.pop(ended, None)
            lane = self._lanes[loop] = Lane(asyncio.Semaphore(self._most))
        return lane

    def _renew(self) -> None:
        self._process, self._lanes, self._next = os.getpid(), WeakKeyDictionary(), None

    def _new(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=self._most, max_keepalive_connections=self._most)
        # Given a transport, httpx looks for no proxies in the environment: OPA stands beside us. It counts no
        # time either, since the caller's deadline covers all of a question, waiting for a connection included.
        transport = Bounded(httpx.AsyncHTTPTransport(limits=limits), LARGEST)
        return httpx.AsyncClient(transport=transport, timeout=None, headers={"Accept-Encoding": "identity"})


class Bounded(httpx.AsyncBaseTransport):
    """Reads each answer whole, unless it is larger than any should be."""

    def __init__(self, inner: httpx.AsyncBaseTransport, largest: int) -> None:
        self._inner = inner
        self._largest = largest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its answer, which holds no connection.

        Raises:
            httpx.TransportError: There is no answer, or none that will be read.
        """
        response = await self._inner.handle_async_request(request)
        try:
            body = await self._read(response)
        finally:
            await response.aclose()
        return httpx.Response(
            response.status_code, headers=response.headers, content=body, extensions=response.extensions
        )

    async def _read(self, response: httpx.Response) -> bytes:
        # A small answer may unpack to a huge one.
        if response.headers.get("content-encoding", "identity") != "identity":
            raise httpx.RemoteProtocolError("the answer is compressed, which was not asked for")
        body = bytearray()
        assert isinstance(response.stream, httpx.AsyncByteStream)
        async for chunk in response.stream:
            body += chunk
            if len(body) > self._largest:
                raise httpx.ReadError(f"the answer is larger than {self._largest} bytes")
        return bytes(body)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()
