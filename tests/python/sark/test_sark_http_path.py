"""The path over HTTP against a real OPA, and against one that is killed, hangs, lies or talks nonsense.

Tests of a flaw of the gateway's old clients are named after its row.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

import chaos
from real_opa import EXAMPLE, Opa, free_port, serving
from sark_policy.sark import connections
from sark_policy.sark.answer import Answer, Failure, PathFailed, decision_of
from sark_policy.sark.http_path import HttpPath
from sark_policy.sark.question import Question

pytestmark = pytest.mark.anyio

POLICY = """package p

default allow := false
allow if input.allow
reason := "one" if input.one
reason := "two" if input.two
filtered_parameters := {"a": 1} if input.first
filtered_parameters := {"a": input.a} if input.second
other := 1

split.allow if input.x
split.allow := false if input.y

flag := true
nothing := null
texts := ["allow"]
yes := {"allow": "yes"}
object := {"allow": true, "reason": "granted", "extra": 1}
contradiction := {"allow": true, "n": n} if some n in input.numbers

strict.bad if to_number(input.text) > 3
strict.allow if not strict.bad
"""

SQL = {
    "user": {"id": "u-17", "roles": ["developer"], "teams": ["payments"]},
    "action": "gateway:tool:invoke",
    "server_name": "pg-main",
    "tool_name": "run_sql",
    "parameters": {"query": "select 1", "password": "hunter2"},
    "context": {},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opa]:
    """A real OPA with the policy above."""
    folder = tmp_path_factory.mktemp("bundle")
    (folder / "p.rego").write_text(POLICY)
    with serving(folder) as found:
        yield found


@asynccontextmanager
async def asking(url: str, timeout: float = 10, connections: int = 10, **more: Any) -> AsyncIterator[HttpPath]:
    """Open a path, and close it."""
    path = HttpPath(url, timeout=timeout, connections=connections, **more)
    try:
        yield path
    finally:
        await path.close()


async def ask(url: str, entrypoint: str, document: dict[str, Any], **more: Any) -> Answer:
    """Ask one question."""
    async with asking(url, **more) as path:
        return await path.decide(Question.of(document, entrypoint))


async def failure_of(url: str, entrypoint: str, document: dict[str, Any], **more: Any) -> PathFailed:
    """Ask one question that has no answer."""
    with pytest.raises(PathFailed) as caught:
        await ask(url, entrypoint, document, **more)
    assert "\n" not in str(caught.value)
    return caught.value


# --- What is asked, and what the answers mean


@pytest.mark.parametrize("path", ["mcp/gateway/allow", "mcp/gateway/result", "mcp/gateway/result/allow"])
async def test_row_7_a_boolean_entry_point_keeps_reason_and_parameters(example_opa: Opa, path: str) -> None:
    """However the decision is named, its reason and its filtered parameters come with it."""
    answer = await ask(example_opa.url, path, SQL)
    decision = decision_of(Question.of(SQL, path), answer)
    assert (True, {"query": "select 1"}) == (decision.allow, decision.filtered_parameters)
    assert "allowed: invoke on pg-main/run_sql for u-17, level 3, clearance 3" == decision.reason


@pytest.mark.parametrize("path", ["p/nowhere", "nowhere", "nowhere/allow", "p/other/allow", "p/reason", "p/flag/allow"])
async def test_row_8_undefined_is_not_false(server: Opa, path: str) -> None:
    """What is undefined is told apart from what is false, and both are denials."""
    answer = await ask(server.url, path, {})
    assert (False, None) == (answer.defined, answer.result)
    assert (False, True) == (decision_of(Question.of({}, path), answer).allow, "undefined" in reason(path, answer))
    false = await ask(server.url, "p/allow", {})
    assert (True, {"allow": False}) == (false.defined, false.result)


def reason(path: str, answer: Answer) -> str:
    """Return why an answer decides as it does."""
    return decision_of(Question.of({}, path), answer).reason


@pytest.mark.parametrize(
    ("path", "result", "allow"),
    [
        ("p/flag", True, True),
        ("p/nothing", None, False),
        ("p/texts", ["allow"], False),
        ("p/other", 1, False),
        ("p/yes", {"allow": "yes"}, False),
        ("p/object", {"allow": True, "reason": "granted", "extra": 1}, True),
        ("p/object/allow", {"allow": True, "reason": "granted"}, True),
    ],
)
async def test_section_1_4_only_true_allows(server: Opa, path: str, result: Any, allow: bool) -> None:
    """A boolean rule allows by itself; null, lists, numbers and texts that look like yes do not."""
    answer = await ask(server.url, path, {})
    assert (True, result) == (answer.defined, answer.result)
    assert allow is decision_of(Question.of({}, path), answer).allow


async def test_allow_of_a_rule_that_is_true_is_undefined(server: Opa) -> None:
    """`flag/allow` is not `flag`: asking for the parent must not let its value allow."""
    answer = await ask(server.url, "p/flag/allow", {})
    assert not answer.defined


async def test_a_package_is_cut_to_the_decision(server: Opa) -> None:
    """Of a package's many rules those that make up the decision are kept."""
    answer = await ask(server.url, "p/allow", {"allow": True, "one": 1})
    assert {"allow": True, "reason": "one"} == answer.result
    assert (True, False, None) == (answer.package, answer.deterministic, answer.revision)


async def test_section_4_a_conflict_in_the_reason_costs_only_the_reason(server: Opa) -> None:
    """Two reasons at once neither allow nor lose a clean allow."""
    both = {"allow": True, "one": 1, "two": 2, "first": 1}
    for path in ("p/allow", "p"):
        answer = await ask(server.url, path, both)
        assert ({"allow": True, "filtered_parameters": {"a": 1}}, ("reason",)) == (answer.result, answer.doubts)
        assert decision_of(Question.of(both, path), answer).allow
        denied = await ask(server.url, path, both | {"allow": False})
        assert not decision_of(Question.of(both, path), denied).allow


async def test_section_4_a_conflict_in_the_parameters_denies(server: Opa) -> None:
    """Parameters that cannot be filtered are not let through."""
    both = {"allow": True, "first": 1, "second": 1, "a": 2}
    answer = await ask(server.url, "p/allow", both)
    assert ({"allow": True}, ("filtered_parameters",)) == (answer.result, answer.doubts)
    assert not decision_of(Question.of(both, "p/allow"), answer).allow


async def test_section_4_a_conflict_in_allow_is_a_failure(server: Opa) -> None:
    """A decision that contradicts itself is none."""
    failed = await failure_of(server.url, "p/split/allow", {"x": 1, "y": 1})
    assert Failure.EVALUATION is failed.failure
    assert "`p/split/allow` failed in OPA: eval_conflict_error" == str(failed)


async def test_a_rule_that_conflicts_is_a_failure(server: Opa) -> None:
    """A rule that is no package fails as itself, not as a member of it."""
    failed = await failure_of(server.url, "p/contradiction", {"numbers": [1, 2]})
    assert (Failure.EVALUATION, True) == (failed.failure, "`p/contradiction` failed" in str(failed))


async def test_a_reference_that_cannot_be_right_is_a_failure_of_the_policy(server: Opa) -> None:
    """OPA's compiler refuses a reference into a boolean; that is no fault of the server."""
    failed = await failure_of(server.url, "p/flag/x", {})
    assert (Failure.EVALUATION, True) == (failed.failure, "rego_type_error" in str(failed))


async def test_builtin_errors_fail_as_they_do_in_process(server: Opa) -> None:
    """OPA's default makes a builtin error undefined, and a `not` makes an allow of that; asked strictly it fails."""
    document = {"text": "many"}
    failed = await failure_of(server.url, "p/strict/allow", document)
    assert (Failure.EVALUATION, True) == (failed.failure, "eval_builtin_error" in str(failed))
    lenient = await ask(server.url, "p/strict/allow", document, strict=False)
    assert {"allow": True} == lenient.result


async def test_messages_quote_no_input(server: Opa) -> None:
    """OPA's own messages quote values; a failure's message holds only its code."""
    secret = "hunter2"
    failures = [
        await failure_of(server.url, "p/strict/allow", {"text": secret}),
        await failure_of(server.url, "p/filtered_parameters", {"first": 1, "second": 1, "a": secret}),
    ]
    assert [False, False] == [secret in str(failed) for failed in failures]


@pytest.mark.parametrize("path", ["p/a b", "p/a?pretty=true", "p/a#b", "p/ä%2F"])
async def test_odd_entry_points_are_only_undefined(server: Opa, path: str) -> None:
    """Whatever a path is made of, it stays one path."""
    assert not (await ask(server.url, path, {})).defined


@pytest.mark.parametrize("path", ["", "..", "p/../p/flag", "p/./flag", "p//flag", "p/..", "../../health", 'p/"'])
async def test_what_is_no_entry_point_asks_for_nothing_else(server: Opa, path: str) -> None:
    """No path walks out of its place, or means all the data."""
    failed = await failure_of(server.url, path, {})
    assert Failure.EVALUATION is failed.failure


async def test_values_arrive_exactly(server: Opa) -> None:
    """Great integers, small numbers and other scripts come back as they went."""
    value = {"n": 2**70, "x": 1.5e-7, "t": "東京 \u2028 \x00", "e": [], "o": {"": None}}
    answer = await ask(server.url, "p/filtered_parameters", {"second": True, "a": value})
    assert {"a": value} == answer.result


async def test_what_was_asked_stays_as_it_was(server: Opa) -> None:
    """A caller that changes its input while it is asked has asked what it said."""
    document = {"allow": True, "one": 1, "two": 2}
    with chaos.Chaos(server.port) as between:
        between.behave = chaos.slow(0.1)
        async with asking(between.url) as path:
            task = asyncio.create_task(path.decide(Question.of(document, "p/allow")))
            await asyncio.sleep(0.05)
            document.clear()
            assert {"allow": True} == (await task).result


# --- What goes wrong

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


# --- Batches


async def test_a_batch_is_answered_in_order_and_each_for_itself(server: Opa) -> None:
    """What fails stands in its place."""
    async with asking(server.url, connections=3) as path:
        documents = [{"x": 1, "n": n} if n % 5 else {"x": 1, "y": 1} for n in range(40)]
        answers = await path.decide_batch([Question.of(document, "p/split/allow") for document in documents])
        found = [each.failure if isinstance(each, PathFailed) else each.result for each in answers]
        assert [{"allow": True} if n % 5 else Failure.EVALUATION for n in range(40)] == found
        assert [] == await path.decide_batch([])


async def test_a_batch_ends_although_the_server_hangs(server: Opa) -> None:
    """After a few timeouts the rest of a batch is not asked any more."""
    with chaos.Chaos(server.port) as between:
        between.behave = chaos.hang
        async with asking(between.url, timeout=0.05, connections=2) as path:
            answers = await path.decide_batch([Question.of({}, "p/allow")] * 200)
        assert {Failure.TIMEOUT} == {each.failure for each in answers if isinstance(each, PathFailed)}
        assert (200, True) == (len(answers), between.asked < 100)


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


# --- Clients


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
