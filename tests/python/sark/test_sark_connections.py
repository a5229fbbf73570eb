"""Connections to a real OPA: pooled, bounded, one client for each loop and process.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import chaos
from asking import ask, asking, failure_of
from real_opa import Opa, free_port, serving
from sark_policy.sark.answer import Failure, PathFailed
from sark_policy.sark.paths import connections
from sark_policy.sark.paths.http_path import HttpPath
from sark_policy.sark.question import Question

pytestmark = pytest.mark.anyio

POLICY = """package p

default allow := false
allow if input.allow
filtered_parameters := {"a": input.a} if input.second
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the policy above."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "p.rego").write_text(POLICY)
    with serving(folder) as found:
        yield found


async def test_row_4_connections_are_pooled_and_bounded(server: Opa) -> None:
    """Two hundred questions at once take as many connections as allowed, and one client."""
    with chaos.Chaos(server.port) as between:
        async with asking(between.url, connections=7) as path:
            client = path.client
            questions = [path.decide(Question.of({"n": n}, "p/allow")) for n in range(200)]
            answers = await asyncio.gather(*questions)
            assert client is path.client
        assert (200, {False}) == (between.asked, {answer.result["allow"] for answer in answers})
        # A connection that was just ended may still be counted here, beside the one that takes its place.
        assert between.most <= 14


async def test_the_client_may_be_exchanged(server: Opa) -> None:
    """Callers set `client`, and what they set is asked and closed."""
    seen: list[Any] = []

    async def note(request: httpx.Request) -> None:
        seen.append((request.url.path, json.loads(request.content)))

    async with asking("http://127.0.0.1:1") as path:
        path.url = server.url
        own = path.client
        mine = httpx.AsyncClient(event_hooks={"request": [note]}, trust_env=False)
        path.client = mine
        await path.decide(Question.of({"allow": True}, "p/allow"))
        await path.close()
    assert [("/v1/data/p", {"input": {"allow": True}})] == seen
    assert (True, True) == (mine.is_closed, own.is_closed)


async def test_a_client_that_raises_anything_is_a_failure(server: Opa) -> None:
    """A closed client raises what no HTTP error is; it fails the question and nothing else."""
    async with asking(server.url, client=httpx.AsyncClient()) as path:
        await path.close()
        with pytest.raises(PathFailed) as caught:
            await path.decide(Question.of({}, "p/allow"))
        assert (Failure.CONNECTION, False) == (caught.value.failure, await path.health())


def test_each_loop_has_a_client_of_its_own(server: Opa) -> None:
    """A connection belongs to the loop that opened it; a client that was looked at before serves the first loop."""
    path = HttpPath(server.url, timeout=10, connections=2)
    before = path.client
    assert before is path.client
    seen = []

    async def decide() -> None:
        seen.append(path.client)
        answers = await asyncio.gather(*[path.decide(Question.of({}, "p/allow")) for _ in range(5)])
        assert {True} == {answer.defined for answer in answers}
        await path.close()
        await path.close()
        assert (await path.decide(Question.of({}, "p/allow"))).defined  # closing is no end
        await path.close()

    for _ in range(3):
        asyncio.run(decide())
    assert before is seen[0]
    assert 3 == len({id(client) for client in seen})


def test_a_forked_child_has_a_client_of_its_own(server: Opa) -> None:
    """Two processes never share a connection, even if one is the other's child."""
    path = HttpPath(server.url, timeout=10, connections=2)

    async def decide() -> bool:
        answer = await path.decide(Question.of({"allow": True}, "p/allow"))
        return bool(answer.result == {"allow": True})

    async def parent() -> int:
        assert await decide()
        child = os.fork()
        if child == 0:
            try:
                # The child goes on inside of the running loop's call; its questions need a loop of their own.
                asyncio.events._set_running_loop(None)
                os._exit(0 if asyncio.run(decide()) else 1)
            finally:
                os._exit(2)
        results = await asyncio.gather(*[decide() for _ in range(20)])
        assert all(results)
        _, status = await asyncio.to_thread(os.waitpid, child, 0)
        await path.close()
        return os.waitstatus_to_exitcode(status)

    assert 0 == asyncio.run(parent())


async def test_the_environments_proxy_is_not_asked(server: Opa, monkeypatch: pytest.MonkeyPatch) -> None:
    """OPA stands beside the gateway: what a proxy variable says of the internet does not hold for it."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    assert (await ask(server.url, "p/allow", {})).defined


async def test_the_size_of_an_answer_is_bounded_as_a_pair(server: Opa, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of the largest size is read, one that is larger is not."""
    document = {"second": True, "a": "x" * 1000}
    size = len(json.dumps({"result": {"a": document["a"]}}, separators=(",", ":"))) + 1
    monkeypatch.setattr(connections, "LARGEST", size)
    assert (await ask(server.url, "p/filtered_parameters", document)).defined
    monkeypatch.setattr(connections, "LARGEST", size - 2)
    failed = await failure_of(server.url, "p/filtered_parameters", document)
    assert Failure.CONNECTION is failed.failure
