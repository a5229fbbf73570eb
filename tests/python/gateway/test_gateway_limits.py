"""What one request may bring, and for how long."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from real_gateway import Gateway, bearer, gateway

LIMIT = 4096


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that takes little, and waits half a second for it."""
    folder: Path = tmp_path_factory.mktemp("small")
    with gateway(folder, SARK_GATEWAY_BODY_LIMIT=LIMIT, SARK_GATEWAY_BODY_SECONDS=0.5) as running:
        yield running


def body(size: int) -> bytes:
    """Return a request of so many bytes."""
    start = json.dumps({"action": "gateway:server:list", "context": {"filler": ""}})
    return (start[:-3] + "x" * (size - len(start)) + start[-3:]).encode()


def post(running: Gateway, content: object) -> httpx.Response:
    """Send a body."""
    headers = {**bearer("kim"), "Content-Type": "application/json"}
    return httpx.post(f"{running.url}/api/v1/gateway/authorize", content=content, headers=headers)  # type: ignore[arg-type]


def test_body_obeyed(small: Gateway) -> None:
    """A body of the limit is read, in one piece or in many."""
    assert 200 == post(small, body(LIMIT)).status_code
    assert 200 == post(small, iter([body(LIMIT)[:100], body(LIMIT)[100:]])).status_code


def test_body_violated(small: Gateway) -> None:
    """A byte more is refused, whether its length was told or not."""
    for content in (body(LIMIT + 1), iter([body(LIMIT), b" "]), iter([b" " * 1000] * 5000)):
        response = post(small, content)
        assert (413, {"detail": f"the body exceeds {LIMIT} bytes"}) == (response.status_code, response.json())


def test_a_body_that_is_announced_too_large_is_not_read(small: Gateway) -> None:
    """The answer comes before the body."""
    said = raw(small, f"Content-Length: {LIMIT + 1}\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_arrive(small: Gateway) -> None:
    """Who sends half a body and waits is sent away."""
    assert raw(small, 'Content-Length: 100\r\n\r\n{"action"').startswith(b"HTTP/1.1 408 ")


def raw(running: Gateway, rest: str) -> bytes:
    """Send the start of a request, and return the answer until the connection ends."""
    port = int(running.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(f"POST /api/v1/gateway/authorize HTTP/1.1\r\nHost: x\r\n{rest}".encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_it_serves_on_afterwards(small: Gateway) -> None:
    """None of that did any harm."""
    assert 200 == httpx.get(f"{small.url}/health/ready").status_code
