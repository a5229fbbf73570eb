"""The catalogue: from a file that may change, or from a gateway that may fail."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from real_gateway import BUNDLE, CATALOGUE, SECRET, free_port
from sark_policy.gateway import GatewaySettings
from sark_policy.gateway.catalogue import (
    MOST,
    Catalogue,
    CatalogueUnavailable,
    FileCatalogue,
    NoCatalogue,
    UpstreamCatalogue,
    open_catalogue,
)


def contents(*servers: tuple[str, list[str]]) -> str:
    """Return a file with these servers and tools."""
    return json.dumps(
        {
            "servers": [
                {
                    "server_id": name,
                    "server_name": name,
                    "server_url": "http://s.test",
                    "tools": [{"tool_name": tool} for tool in tools],
                }
                for name, tools in servers
            ]
        }
    )


async def names(catalogue: Catalogue, server: str | None = None) -> tuple[list[str], list[str]]:
    """Return the names of the servers, and of the tools of one or all of them."""
    return (
        [info.server_name for info in await catalogue.servers()],
        [f"{info.server_name}/{info.tool_name}" for info in await catalogue.tools(server)],
    )


@pytest.mark.anyio
async def test_the_example_is_what_the_bundle_knows() -> None:
    """The example's catalogue has the servers and tools of the bundle's data, with their levels."""
    known = json.loads((BUNDLE / "data.json").read_text("utf-8"))["catalog"]["servers"]
    catalogue = FileCatalogue(CATALOGUE)
    expected = {
        name: (
            server["sensitivity_level"],
            server["managed_by_teams"],
            len(server["tools"]),
            {
                tool: (
                    of["sensitivity_level"],
                    of.get("sensitive_params", []),
                    [of["permission"]] if "permission" in of else [],
                )
                for tool, of in server["tools"].items()
            },
        )
        for name, server in known.items()
    }
    actual = {
        info.server_name: (
            info.sensitivity_level,
            info.authorized_teams,
            info.tools_count,
            {
                tool.tool_name: (tool.sensitivity_level, tool.sensitive_params, tool.required_capabilities)
                for tool in await catalogue.tools(info.server_name)
            },
        )
        for info in await catalogue.servers()
    }
    assert expected == actual


@pytest.mark.anyio
async def test_a_change_is_read(tmp_path: Path) -> None:
    """The next list after a change shows what is there now."""
    path = tmp_path / "catalogue.json"
    path.write_text(contents(("a", ["x", "y"])))
    catalogue = FileCatalogue(path)
    assert (["a"], ["a/x", "a/y"]) == await names(catalogue)
    following = tmp_path / "next"
    following.write_text(contents(("b", ["z"]), ("c", [])))
    os.replace(following, path)
    assert (["b", "c"], ["b/z"]) == await names(catalogue)
    assert (["b", "c"], []) == await names(catalogue, "c")
    assert (["b", "c"], []) == await names(catalogue, "a")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", '{"servers": [{}]}', contents(("a", []), ("a", [])), '{"servers": [{"tools": 1}]}', None],
    ids=["empty", "cut off", "another shape", "without a name", "twice the name", "tools a number", "absent"],
)
async def test_a_damaged_change_is_left_aside(tmp_path: Path, damaged: str | None) -> None:
    """What was known stays known while the file is damaged or absent, and a repair is read."""
    path = tmp_path / "catalogue.json"
    path.write_text(contents(("a", ["x"])))
    catalogue = FileCatalogue(path)
    path.unlink() if damaged is None else path.write_text(damaged)
    assert (["a"], ["a/x"]) == await names(catalogue)
    assert (["a"], ["a/x"]) == await names(catalogue)
    path.write_text(contents(("repaired", ["x"])))
    assert (["repaired"], ["repaired/x"]) == await names(catalogue)


def test_a_damaged_file_is_refused_at_the_start(tmp_path: Path) -> None:
    """A gateway does not start with a catalogue that is none, and says where to look."""
    path = tmp_path / "catalogue.json"
    path.write_text(
        '{"servers": [{"server_id": "a", "server_name": "a", "server_url": "u", "sensitivity_level": "?"}]}'
    )
    with pytest.raises(CatalogueUnavailable, match=r"look at `servers\.0\.sensitivity_level`"):
        FileCatalogue(path)


@pytest.mark.anyio
async def test_without_a_catalogue_lists_are_not_to_be_had() -> None:
    """No catalogue is not an empty one."""
    catalogue = open_catalogue(GatewaySettings(jwt_secret=SECRET))
    assert isinstance(catalogue, NoCatalogue)
    with pytest.raises(CatalogueUnavailable):
        await catalogue.servers()
    with pytest.raises(CatalogueUnavailable):
        await catalogue.tools(None)


class Upstream(BaseHTTPRequestHandler):
    """A gateway that knows what `answers` says, by address."""

    answers: dict[str, bytes | int]

    def do_GET(self) -> None:
        """Answer with a body, or with a status alone."""
        answer = self.answers.get(self.path, 404)
        self.send_response(answer if isinstance(answer, int) else 200)
        self.end_headers()
        if isinstance(answer, bytes):
            self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""


@contextmanager
def upstream(answers: dict[str, bytes | int]) -> Iterator[str]:
    """Run an upstream gateway, and return its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (Upstream,), {"answers": answers}))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.anyio
async def test_an_upstream_gateway_knows() -> None:
    """Servers and tools come from another gateway, as a list or under their name."""
    server = {"server_id": "1", "server_name": "a", "server_url": "http://a.test", "sensitivity_level": "high"}
    tool = {"tool_name": "x", "server_name": "a", "description": "an x"}
    answers: dict[str, bytes | int] = {
        "/servers": json.dumps([server]).encode(),
        "/tools": json.dumps({"tools": [tool]}).encode(),
        "/tools?server_name=b%26c": b"[]",
    }
    with upstream(answers) as url:
        catalogue = UpstreamCatalogue(url, 5)
        try:
            assert (["a"], ["a/x"]) == await names(catalogue)
            assert (["a"], []) == await names(catalogue, "b&c")
        finally:
            await catalogue.close()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [500, 302, b"", b"{", b"{}", b'{"servers": 1}', b'[{"server_id": 1}]', b"[" * 100_000, b" " * (MOST + 1)],
    ids=["error", "elsewhere", "empty", "cut off", "no list", "a number", "no names", "deep", "large"],
)
async def test_an_upstream_gateway_fails(answer: bytes | int) -> None:
    """What is no list is not taken for an empty one."""
    with upstream({"/servers": answer}) as url:
        catalogue = UpstreamCatalogue(url, 5)
        try:
            with pytest.raises(CatalogueUnavailable, match="the upstream gateway"):
                await catalogue.servers()
        finally:
            await catalogue.close()


@pytest.mark.anyio
async def test_no_upstream_gateway() -> None:
    """Nobody listens: it says so."""
    catalogue = UpstreamCatalogue(f"http://127.0.0.1:{free_port()}", 5)
    try:
        with pytest.raises(CatalogueUnavailable, match="ConnectError"):
            await catalogue.tools(None)
    finally:
        await catalogue.close()
