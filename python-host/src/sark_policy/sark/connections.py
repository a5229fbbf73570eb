"""Connections to OPA: a pooled client for each event loop and process, with bounded answers."""

import asyncio
import os
from weakref import WeakKeyDictionary

import httpx

LARGEST = 4 << 20
"""Largest answer that is read, in bytes."""


class Connections:
    """One pooled client for each event loop and process: a connection belongs to the loop that opened it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._next: httpx.AsyncClient | None = None
        self._clients: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncClient] = WeakKeyDictionary()
        self._process = os.getpid()

    def client(self) -> httpx.AsyncClient:
        """Return the running loop's client. Outside of any loop: the one that the next new loop will have."""
        if self._process != os.getpid():
            # A forked child must not speak on its parent's connections.
            self._process, self._next, self._clients = os.getpid(), None, WeakKeyDictionary()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._next = self._next or self._new()
            return self._next
        client = self._clients.get(loop)
        if client is None or client.is_closed:
            # A client's connections hold on to their loop, so the weak key alone would keep both for good.
            for ended in [known for known in list(self._clients) if known.is_closed()]:
                self._clients.pop(ended, None)
            client, self._next = self._next or self._new(), None
            self._clients[loop] = client
        return client

    async def close(self) -> None:
        """Close the running loop's client. Those of other loops go with their loops."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None and self._process == os.getpid():
            await client.aclose()

    def _new(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=self._most, max_keepalive_connections=self._most)
        # Given a transport, httpx looks for no proxies in the environment: OPA stands beside us. It counts no
        # time either, since the caller's deadline covers all of a question, waiting for a connection included.
        transport = Bounded(httpx.AsyncHTTPTransport(limits=limits), self._most, LARGEST)
        return httpx.AsyncClient(transport=transport, timeout=None, headers={"Accept-Encoding": "identity"})


class Bounded(httpx.AsyncBaseTransport):
    """Sends a few requests at a time, and reads each answer whole, unless it is larger than any should be.

    Who waits, waits here: a request that is cancelled while it waits inside of httpcore's pool can leave a
    connection there that is never used and never given up, until there are no others (httpcore 1093).
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, most: int, largest: int) -> None:
        self._inner = inner
        self._free = asyncio.Semaphore(most)
        self._largest = largest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return its answer, which holds no connection.

        Raises:
            httpx.TransportError: There is no answer, or none that will be read.
        """
        async with self._free:
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
