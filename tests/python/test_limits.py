"""Every limit, as a pair; and hostile inputs, after each of which the next decision is right."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conftest import Opener, bundle
from sark_policy import (
    Bundle,
    BundleRefused,
    BundleTooLarge,
    DeadlineElapsed,
    EvaluationFailed,
    InputNotSerializable,
    InputRefused,
    MemoryExhausted,
    PolicyHost,
    Saturated,
    Undecided,
)

SLOW = """package p

ok := 1

slow := count([1 | some i in numbers.range(1, 10000); some j in numbers.range(1, 10000); i == j])

quadratic := count({[a, b] | some a in input.list; some b in input.list; a > b})

doubled(s) := concat("", [s, s, s, s, s, s, s, s, s, s])

long := count(doubled(doubled(doubled(doubled(doubled(doubled(doubled(input.text))))))))

read := json.unmarshal(input.text)

member if input.list[_] == 0
"""

CHAIN = "".join(f"f{n}(a) := f{n + 1}(a)\n" for n in range(3000))
DEEP = f"package p\n\nok := 1\n\n{CHAIN}f3000(a) := a\nx := f0(1)\n"


@contextmanager
def recovers(host: PolicyHost) -> Iterator[None]:
    """Check that the next decision is right."""
    yield
    assert 1 == host.decide("p/ok", {}).result


def test_deadline_obeyed(opened: Opener) -> None:
    """What is quicker than the deadline is decided."""
    assert 0 == opened(bundle(SLOW)).decide("p/quadratic", {"list": [1]}).result


def test_deadline_violated(opened: Opener) -> None:
    """What is slower is ended, counted, and says which deadline."""
    host = opened(bundle(SLOW), deadline=0.2)
    with recovers(host), pytest.raises(DeadlineElapsed) as caught:
        host.decide("p/slow", {})
    assert 0.2 == caught.value.limit
    assert (1, 1) == (host.stats().traps, host.stats().deadlines)


def test_deadline_of_a_quadratic_comprehension(opened: Opener) -> None:
    """An input that makes a sound policy slow is ended."""
    host = opened(bundle(SLOW), deadline=0.2)
    with recovers(host), pytest.raises(DeadlineElapsed):
        host.decide("p/quadratic", {"list": list(range(20_000))})


def test_activation_deadline_violated() -> None:
    """A bundle whose activation takes too long is not activated."""
    with pytest.raises(DeadlineElapsed) as caught:
        PolicyHost.open(bundle(SLOW), entrypoints=["p/slow"], activation_deadline=0.2)
    assert 0.2 == caught.value.limit


def test_memory_obeyed(opened: Opener) -> None:
    """A text of 1 MB fits."""
    assert 10**7 == opened(bundle(SLOW)).decide("p/long", {"text": "x"}).result


def test_memory_violated(opened: Opener) -> None:
    """A text of 200 MiB does not, and the error names the limit."""
    host = opened(bundle(SLOW), memory=256 << 20)
    with recovers(host), pytest.raises(MemoryExhausted) as caught:
        host.decide("p/long", {"text": "x" * 21})
    assert 256 << 20 == caught.value.limit
    assert (1, 0) == (host.stats().traps, host.stats().deadlines)


def test_memory_of_an_activation() -> None:
    """A bundle that does not fit into memory is not activated."""
    data = '{"a": [' + ",".join(map(str, range(500_000))) + "]}"
    with pytest.raises(MemoryExhausted):
        PolicyHost.open(bundle(**{"data.json": data}), memory=16 << 20)


def test_nesting_violated(opened: Opener) -> None:
    """A policy that calls too deep is an error; its instance lives on."""
    host = opened(bundle(DEEP))
    with pytest.raises(EvaluationFailed) as caught:
        host.decide("p/x", {})
    assert "eval_cancel_error" == caught.value.problem.code
    assert (0, 1) == (host.stats().traps, host.decide("p/ok", {}).result)


def test_bundle_size_obeyed(opened: Opener) -> None:
    """A bundle of just the limit is taken."""
    packed = bundle()
    assert 1 == opened(packed, bundle=len(packed.archive)).decide("p/ok", {}).result


def test_bundle_size_violated() -> None:
    """A byte more is not."""
    packed = bundle()
    size = len(packed.archive)
    with pytest.raises(BundleTooLarge) as caught:
        PolicyHost.open(packed, bundle=size - 1)
    assert (size, size - 1) == (caught.value.size, caught.value.limit)


def test_unpacked_size_violated() -> None:
    """The files together may not exceed their limit."""
    with pytest.raises(BundleRefused) as caught:
        PolicyHost.open(bundle(**{"data.json": '{"a": "' + "x" * 5000 + '"}'}), unpacked=5000)
    assert ["bundle_too_large"] == [problem.code for problem in caught.value.problems]


def test_input_size_obeyed(opened: Opener) -> None:
    """An input of just the limit is read."""
    assert '{"result":1}' == opened(input=20).decide_json("p/ok", '{"a":"' + "x" * 12 + '"}')


def test_input_size_violated(opened: Opener) -> None:
    """A byte more is refused."""
    host = opened(input=20)
    with recovers(host), pytest.raises(InputRefused) as caught:
        host.decide_json("p/ok", '{"a":"' + "x" * 13 + '"}')
    assert "input_too_large" == caught.value.problem.code


def test_input_of_10_mib(host: PolicyHost) -> None:
    """An input far beyond the limit is refused, by either way in."""
    for call in (host.decide, lambda path, input: host.decide_json(path, f'"{input}"')):
        with recovers(host), pytest.raises(InputRefused):
            call("p/ok", "x" * (10 << 20))


def test_input_larger_than_the_memory(opened: Opener) -> None:
    """An input that does not even fit into the instance ends it, and no more."""
    host = opened(memory=16 << 20)
    with recovers(host), pytest.raises(MemoryExhausted):
        host.decide("p/ok", "x" * (32 << 20))


def test_depth_obeyed(host: PolicyHost) -> None:
    """An input as deep as the limit is read."""
    assert '{"result":1}' == host.decide_json("p/ok", "[" * 128 + "]" * 128)


def test_depth_violated(host: PolicyHost) -> None:
    """A level more is refused."""
    with recovers(host), pytest.raises(InputRefused) as caught:
        host.decide_json("p/ok", "[" * 129 + "]" * 129)
    assert "input_too_deep" == caught.value.problem.code


def test_10_000_levels(host: PolicyHost) -> None:
    """10,000 levels are refused, by either way in."""
    value: list[object] = []
    for _ in range(10_000):
        value = [value]
    with recovers(host), pytest.raises(InputNotSerializable):
        host.decide("p/ok", value)
    with recovers(host), pytest.raises(InputRefused):
        host.decide_json("p/ok", '{"a":' * 10_000 + "1" + "}" * 10_000)


def test_text_that_is_read_as_100_000_levels(opened: Opener) -> None:
    """Recursion by data within the policy is an error too."""
    host = opened(bundle(SLOW))
    with recovers(host), pytest.raises(EvaluationFailed):
        host.decide("p/read", {"text": "[" * 100_000 + "]" * 100_000})


def test_endless_recursion(opened: Opener) -> None:
    """Rules that need each other are refused, or fail, but do not hang."""
    try:
        host = opened(bundle("package p\n\nok := 1\n\nx if y\n\ny if x\n"))
    except BundleRefused as refused:
        assert "rego_recursion_error" == refused.problems[0].code
    else:
        with recovers(host), pytest.raises(EvaluationFailed):
            host.decide("p/x", {})


def test_endless_recursion_by_data(opened: Opener) -> None:
    """A rule that reaches itself through its input is an error, whatever it is called."""
    policy = "package p\n\nok := 1\n\nx := data.p[input.name]\n\ny := data.p[input.name].z\n"
    try:
        host = opened(bundle(policy))
    except BundleRefused as refused:
        assert "rego_recursion_error" == refused.problems[0].code
    else:
        with recovers(host), pytest.raises(Undecided):
            host.decide("p/x", {"name": "x"})


@pytest.mark.parametrize("violated", [False, True])
def test_saturation(opened: Opener, violated: bool) -> None:
    """A busy shard is waited for until the deadline, and no longer."""
    host = opened(deadline=0.1 if violated else 10.0)
    lock = host._generations[0]._shards[0]._lock  # type: ignore[union-attr]
    lock.acquire()
    try:
        if violated:
            with pytest.raises(Saturated) as caught:
                host.decide("p/ok", {})
            assert 0.1 == caught.value.waited
        else:
            threading.Timer(0.1, lock.release).start()
            assert 1 == host.decide("p/ok", {}).result
    finally:
        if violated:
            lock.release()
    assert 1 == host.decide("p/ok", {}).result


def test_the_next_call_waits_for_a_new_instance(opened: Opener) -> None:
    """After a trap the error comes at once; the next call waits for the instance being built."""
    host = opened(bundle(SLOW))
    shard = host._generations[0]._shards[0]  # type: ignore[union-attr]
    rebuild, begun = shard._rebuild, threading.Event()

    def slowly() -> object:
        begun.set()
        time.sleep(0.3)
        return rebuild()

    shard._rebuild = slowly
    with recovers(host), pytest.raises(MemoryExhausted):
        host.decide("p/long", {"text": "x" * 100})
    assert begun.is_set()


def test_an_instance_that_cannot_be_built_is_tried_again(opened: Opener) -> None:
    """Where building fails the call is undecided, and the next attempt may work."""
    host = opened(bundle(SLOW))
    shard = host._generations[0]._shards[0]  # type: ignore[union-attr]
    rebuild, failures = shard._rebuild, [OSError("no memory")]

    def once() -> object:
        if failures:
            raise failures.pop()
        return rebuild()

    shard._rebuild = once
    with pytest.raises(MemoryExhausted):
        host.decide("p/long", {"text": "x" * 100})
    with recovers(host), pytest.raises(Saturated):
        host.decide("p/ok", {})


def test_traps_do_not_leak(opened: Opener) -> None:
    """Instances that were ended give their memory back."""
    host = opened(bundle(SLOW))

    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    for turn in range(30):
        if turn == 10:
            before = resident()
        with pytest.raises(MemoryExhausted):
            host.decide("p/long", {"text": "x" * 100})
        assert 1 == host.decide("p/ok", {}).result
    assert resident() - before < 64 << 20


def test_bundle_of_files_is_bounded() -> None:
    """A bundle of many files is refused by its unpacked size, not by a crash."""
    many = Bundle.of_files({f"f{n}.rego": "package p\n" for n in range(2000)})
    with pytest.raises(BundleRefused):
        PolicyHost.open(many, unpacked=1000)
