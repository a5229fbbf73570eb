"""The path over HTTP to an OPA that is killed, hangs, lies or talks nonsense.

Tests of a flaw of the gateway's old clients are named after its section.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

import chaos
from asking import SQL, asking, failure_of
from real_opa import EXAMPLE, Opa, free_port, serving
from sark_policy.sark.answer import Failure, PathFailed
from sark_policy.sark.question import Question

pytestmark = pytest.mark.anyio

POLICY = """package p

default allow := false
allow if input.allow
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the policy above."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "p.rego").write_text(POLICY)
    with serving(folder) as found:
        yield found


WRONG: dict[str, tuple[chaos.Behaviour, Failure]] = {
    "hangs": (chaos.hang, Failure.TIMEOUT),
    "5 s late": (chaos.slow(5), Failure.TIMEOUT),
    "byte by byte": (chaos.drip, Failure.TIMEOUT),
    "resets": (chaos.reset, Failure.CONNECTION),
    "no HTTP": (chaos.babble, Failure.CONNECTION),
    "cut off": (chaos.cut, Failure.CONNECTION),
    "without end": (chaos.flood, Failure.CONNECTION),
    "packed": (chaos.packed(1 << 20), Failure.CONNECTION),
    "a page": (chaos.say(200, b"<html>welcome</html>"), Failure.CONNECTION),
    "nothing": (chaos.say(200, b""), Failure.CONNECTION),
    "a list": (chaos.say(200, b'[{"result": true}]'), Failure.CONNECTION),
    "true": (chaos.say(200, b"true"), Failure.CONNECTION),
    "deep": (chaos.say(200, b'{"result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"), Failure.CONNECTION),
    "no UTF-8": (chaos.say(200, b'{"result": "\xff\xfe"}'), Failure.CONNECTION),
    "204": (chaos.say(204, b""), Failure.CONNECTION),
    "redirects": (chaos.say(302, b"", "Location: http://127.0.0.1:1/"), Failure.CONNECTION),
    "400": (chaos.say(400, b'{"code": "invalid_parameter"}'), Failure.INPUT),
    "401": (chaos.say(401, b"{}"), Failure.CONNECTION),
    "403": (chaos.say(403, b"{}"), Failure.CONNECTION),
    "404": (chaos.say(404, b"404 page not found"), Failure.CONNECTION),
    "413": (chaos.say(413, b""), Failure.INPUT),
    "429": (chaos.say(429, b""), Failure.CONNECTION),
    "500 with a page": (chaos.say(500, b"<html>oops</html>"), Failure.CONNECTION),
    "500 with a list": (chaos.say(500, b"[]"), Failure.CONNECTION),
    "500 of a store": (chaos.say(500, b'{"code": "internal_error", "message": "disk"}'), Failure.CONNECTION),
    "500 of a policy": (
        chaos.say(500, b'{"code": "internal_error", "errors": [{"code": "eval_conflict_error"}]}'),
        Failure.EVALUATION,
    ),
    "500 that was cancelled": (chaos.say(500, b'{"errors": [{"code": "eval_cancel_error"}]}'), Failure.TIMEOUT),
    "500 with odd errors": (chaos.say(500, b'{"errors": [1, {"code": 2}], "message": null}'), Failure.CONNECTION),
    "503": (chaos.say(503, b"", "Retry-After: 1"), Failure.CONNECTION),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
async def test_section_1_4_every_wrong_answer_is_a_failure_by_name(server: Opa, case: str) -> None:
    """Whatever a server does, the question fails for the right reason, and the next one is answered."""
    behaviour, expected = WRONG[case]
    with chaos.Chaos(server.port) as between:
        async with asking(between.url, timeout=2) as path:
            between.behave = behaviour
            path.timeout = 0.3 if expected is Failure.TIMEOUT else 20
            with pytest.raises(PathFailed) as caught:
                await path.decide(Question.of({}, "p/allow"))
            assert expected is caught.value.failure
            path.timeout, between.behave = 20, chaos.forward
            answer = await path.decide(Question.of({"allow": True}, "p/allow"))
            assert {"allow": True} == answer.result


async def test_killed_and_back(opa: Callable[[Path], Opa]) -> None:
    """A server that is gone refuses, and is asked on new connections once it is back."""
    server = opa(EXAMPLE / "r1")
    question = Question.of(SQL, "mcp/gateway/result")
    async with asking(server.url) as path:
        assert (await path.decide(question)).defined
        assert await path.health()
        server.kill()
        with pytest.raises(PathFailed) as caught:
            await path.decide(question)
        assert Failure.CONNECTION is caught.value.failure
        assert not await path.health()
        server.start()
        assert (await path.decide(question)).defined
        assert await path.health()


@pytest.mark.parametrize("given", [False, True])
async def test_paused(opa: Callable[[Path], Opa], given: bool) -> None:
    """A server that holds still is a timeout, on connections that exist and on new ones; and none of them is lost."""
    server = opa(EXAMPLE / "r1")
    question = Question.of(SQL, "mcp/gateway/result")
    client = httpx.AsyncClient(limits=httpx.Limits(max_connections=2), trust_env=False) if given else None
    async with asking(server.url, connections=2, client=client) as path:
        await path.decide(question)
        server.pause()
        path.timeout = 0.3
        answers = await asyncio.gather(*[path.decide(question) for _ in range(6)], return_exceptions=True)
        assert [Failure.TIMEOUT] * 6 == [each.failure for each in answers if isinstance(each, PathFailed)]
        assert not await path.health()
        server.resume()
        path.timeout = 20
        assert (await path.decide(question)).defined


async def test_a_password_in_the_address_is_in_no_message() -> None:
    """The address is named without it."""
    failed = await failure_of(f"http://opa:hunter2@127.0.0.1:{free_port()}", "p/allow", {})
    assert (Failure.CONNECTION, False) == (failed.failure, "hunter2" in str(failed))


async def test_cancelling_is_passed_on(server: Opa) -> None:
    """A caller that goes away is no failure, and gives its connection back."""
    with chaos.Chaos(server.port) as between:
        async with asking(between.url, connections=1) as path:
            between.behave = chaos.hang
            for _ in range(3):
                task = asyncio.create_task(path.decide(Question.of({}, "p/allow")))
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            between.behave = chaos.forward
            assert (await path.decide(Question.of({}, "p/allow"))).defined
