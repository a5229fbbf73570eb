"""How much a request may bring: its body is read here, up to a limit and for so long, before anybody sees it."""

import asyncio

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """ASGI middleware. 413 for a body that is too large, 408 for one that does not arrive."""

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, and pass on the request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Who says that it is too large needs not send it.
        said = Headers(scope=scope).get("content-length", "")
        if said.isdigit() and int(said) > self._limit:
            await self._refuse(413, scope, receive, send)
            return
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message = await receive()
                    if message["type"] != "http.request":
                        return  # the caller has gone
                    body += message.get("body", b"")
                    if len(body) > self._limit:
                        await self._refuse(413, scope, receive, send)
                        return
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            await self._refuse(408, scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def replay() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, replay, send)

    async def _refuse(self, status: int, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the body exceeds {self._limit} bytes" if status == 413 else "the body did not arrive in time"
        await JSONResponse({"detail": detail}, status, headers={"connection": "close"})(scope, receive, send)
