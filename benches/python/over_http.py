"""A real OPA, asked over HTTP on loopback as gateways ask it: by httpx, its client reused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from cases import Case
from real_opa import Opa, serving

TIMEOUT = 30


class OverHttp:
    """One question to one server."""

    def __init__(self, opa: Opa, case: Case) -> None:
        self.opa = opa
        self.path = f"/v1/data/{case.entrypoint}"
        self.asked = {"input": case.input}
        self.answer = {"result": case.answer}

    def client(self) -> httpx.Client:
        """Return a client that keeps its connection."""
        return httpx.Client(base_url=self.opa.url, timeout=TIMEOUT, trust_env=False)

    def async_client(self) -> httpx.AsyncClient:
        """Return an asyncio client that keeps its connection."""
        return httpx.AsyncClient(base_url=self.opa.url, timeout=TIMEOUT, trust_env=False)

    def ask(self, client: httpx.Client) -> Any:
        """Ask once, `dict` in and value out."""
        return json.loads(client.post(self.path, json=self.asked).content)

    async def ask_async(self, client: httpx.AsyncClient) -> Any:
        """Ask once, `dict` in and value out."""
        return json.loads((await client.post(self.path, json=self.asked)).content)


@contextmanager
def serve(case: Case) -> Iterator[OverHttp]:
    """Serve a case by a real OPA. Where there is none, the test is skipped; in CI it fails."""
    with TemporaryDirectory() as folder, serving(case.write(Path(folder))) as opa:
        yield OverHttp(opa, case)
