"""No garbage makes a client raise, and none of it is allowed."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from policy_clients import Place, make
from sark_policy.sark.clients.client import PolicyClient
from sark_policy.sark.models import AuthorizationDecision

PREFIXES = ("Policy evaluation completed", "Policy evaluation failed", "Internal error during policy evaluation")


class Hostile:
    """Raises whatever is done with it."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name) if name.startswith("_") else ZeroDivisionError(name)

    def __bool__(self) -> bool:
        raise ZeroDivisionError

    def __str__(self) -> str:
        raise ZeroDivisionError

    def __repr__(self) -> str:
        return "Hostile()"


class Obliging:
    """Has every attribute, and all of them are itself."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Return itself."""
        return self


class HostileMapping(dict[str, Any]):
    """A mapping that fails when it is looked into."""

    def items(self) -> Any:
        """Fail."""
        raise ZeroDivisionError

    def keys(self) -> Any:
        """Fail."""
        raise ZeroDivisionError

    def get(self, *_: Any) -> Any:
        """Fail."""
        raise ZeroDivisionError


class Ends:
    """Fails in the middle of being walked."""

    def __iter__(self) -> Iterator[Any]:
        yield {"user": {"id": "u"}}
        raise ZeroDivisionError


def nested(depth: int) -> Any:
    """Make lists in lists."""
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def circle() -> Any:
    """Make a list that holds itself."""
    value: list[Any] = []
    value.append(value)
    return value


SPECIAL: dict[str, Callable[[], Any]] = {
    "hostile": Hostile,
    "obliging": Obliging,
    "hostile mapping": HostileMapping,
    "ends": Ends,
    "object": object,
    "class": lambda: int,
    "deep": lambda: nested(200),
    "too deep": lambda: nested(2_000),
    "circle": circle,
    "huge number": lambda: 10**5_000,
    "huge text": lambda: "x" * 2_000_000,
    "range": lambda: range(3),
}


def special(name: str) -> Any:
    """Make a special thing. Not a lambda: to show one, hypothesis parses its source, deep in the stack."""
    return SPECIAL[name]()


SINGLE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None), max_size=8),
    st.binary(max_size=8),
    st.uuids(),
    st.datetimes(),
    st.decimals(),
    st.complex_numbers(),
    st.sampled_from(["a2a:x", "../../x", "", "\ud800"]),
    st.sampled_from(sorted(SPECIAL)).map(special),
)


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Put garbage into containers."""
    return st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "user", "name", "action", "tool", "context", "\ud800", "roles"]), inner),
        st.dictionaries(st.one_of(st.integers(), st.text(max_size=3), st.none()), inner, max_size=2),
        st.tuples(inner, inner),
    )


GARBAGE = st.recursive(SINGLE, containers, max_leaves=6)


@pytest.fixture(params=["rust", "http", "routed in-process"])
def loop_and_client(
    request: pytest.FixtureRequest, place: Place, afresh: None
) -> Iterator[tuple[asyncio.Runner, PolicyClient]]:
    """A client, and a loop that all examples of a test run on."""
    with asyncio.Runner() as runner:

        async def made() -> Any:
            # Garbage may well be what a policy grants. This one grants nothing.
            return make(request.param, place, path="shapes/no", a2a_path="shapes/no")

        client, runtime = runner.run(made())
        yield runner, client
        runner.run(client.close())
        if runtime is not None:
            runner.run(runtime.stop())


def is_denied(decision: Any) -> None:
    """Check that it is a denial, with a reason as the gateway knows them."""
    assert isinstance(decision, AuthorizationDecision)
    assert decision.allow is False
    assert decision.reason


# The client outlives an example, as it outlives a request.
@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(garbage=st.lists(GARBAGE, min_size=7, max_size=7))
def test_no_garbage_makes_a_client_raise(
    loop_and_client: tuple[asyncio.Runner, PolicyClient], garbage: list[Any]
) -> None:
    """Whatever is passed in whatever place of whichever method is denied."""
    runner, client = loop_and_client
    one, two, three, four, five, six, seven = garbage

    async def work() -> None:
        is_denied(await client.evaluate_policy(one))
        is_denied(await client.evaluate_gateway_policy(one, two, three, four, five))
        is_denied(await client.evaluate_a2a_policy(one, two, three, four))
        is_denied(await client.check_tool_access(one, two, three, four, five, six, seven))
        is_denied(await client.check_server_registration(one, two, three, four, five))
        is_denied(await client.decide(one, two))
        is_denied(await client.decide("shapes/no", one, user_id=two, resource=three))
        assert await client.authorize(one, two, three, four) is False
        for decisions in (
            await client.evaluate_policy_batch(one),
            await client.evaluate_policy_batch([one, two]),
            await client.batch_evaluate_gateway(one),
            await client.batch_evaluate_gateway([one, (one, two, three, four)]),
            await client.decide_batch(one, [two]),
            await client.decide_batch("shapes/no", one),
        ):
            for decision in decisions:
                is_denied(decision)
        assert 2 == len(await client.evaluate_policy_batch([one, two]))

    runner.run(work())


@pytest.mark.parametrize("garbage", [None, 1, Hostile(), Ends(), Obliging()])
def test_what_is_no_list_of_questions_is_not_an_empty_list(
    loop_and_client: tuple[asyncio.Runner, PolicyClient], garbage: Any
) -> None:
    """Nobody who checks that all are allowed takes it for that."""
    runner, client = loop_and_client
    for batch in (client.evaluate_policy_batch, client.batch_evaluate_gateway):
        (decision,) = runner.run(batch(garbage))
        is_denied(decision)
        assert decision.reason.startswith(PREFIXES)


@pytest.mark.parametrize(
    ("asked", "prefix"),
    [
        ({"user": {"id": "u"}, "action": "x", "context": {"at": float("nan")}}, "Policy evaluation failed: "),
        ({"user": {"id": "u"}, "action": "x", "context": {"deep": nested(5_000)}}, "Policy evaluation failed: "),
        ({"user": {"id": "u"}, "action": "x", "context": {"who": object()}}, "Policy evaluation failed: "),
        ({"user": {"id": "u"}, "action": "x", "context": {"who": "\ud800"}}, "Policy evaluation failed: "),
        (Hostile(), "Internal error during policy evaluation"),
    ],
)
def test_reasons_keep_the_gateways_prefixes(
    loop_and_client: tuple[asyncio.Runner, PolicyClient], asked: Any, prefix: str
) -> None:
    """What cannot be said failed; what nobody foresaw is an internal error."""
    runner, client = loop_and_client
    decision = runner.run(client.evaluate_policy(asked))
    is_denied(decision)
    assert decision.reason.startswith(prefix)


@pytest.mark.parametrize("secret", ["hunter2-is-the-password"])
def test_no_reason_quotes_what_was_asked(
    loop_and_client: tuple[asyncio.Runner, PolicyClient], secret: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A reason ends up in logs and answers, and so does an error: neither holds a value of the input."""

    class Tells:
        def __getattr__(self, name: str) -> Any:
            raise ValueError(secret)

    runner, client = loop_and_client
    questions: list[Any] = [
        Tells(),
        {"user": {"id": secret}, "context": {secret[:3]: Tells()}},
        {"user": {"id": "u", "token": secret}, "context": {"at": float("nan")}},
    ]
    for asked in questions:
        assert secret not in runner.run(client.evaluate_policy(asked)).reason
        assert secret not in runner.run(client.evaluate_policy_batch([asked]))[0].reason
    assert secret not in "".join(capfd.readouterr())
