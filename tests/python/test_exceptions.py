"""The exceptions: their tree, their messages, and that they travel."""

import pickle

import pytest

import sark_policy
from sark_policy import Problem, SarkPolicyError, Undecided, _exceptions

PROBLEM = Problem("eval_type_error", "lower: operand 1 must be a text", "policy.rego", 3, 5, "check the type")

ERRORS = [
    sark_policy.BundleUnreadable("/x", "no such file"),
    sark_policy.BundleTooLarge(2, 1),
    sark_policy.BundleRefused((PROBLEM,)),
    sark_policy.BundleRefused((PROBLEM, PROBLEM)),
    sark_policy.UnknownEntrypoint(PROBLEM),
    sark_policy.InputNotSerializable("input.a", "is a set; convert it"),
    sark_policy.InputRefused(PROBLEM),
    sark_policy.EvaluationFailed(PROBLEM),
    sark_policy.DeadlineElapsed(0.05),
    sark_policy.MemoryExhausted(1 << 20),
    sark_policy.StackExhausted(),
    sark_policy.Trapped("error while executing\n\nCaused by:\n    unknown import"),
    sark_policy.Saturated(0.05),
    sark_policy.Closed(),
    sark_policy.NothingToRollBack(),
    sark_policy.BadSetting("shards", "give a whole number from 1, not `0`"),
    sark_policy.SandboxUnavailable("wasmtime is not installed"),
    sark_policy.WatchFailed("/x", "no such folder"),
]

DECISION = {
    "UnknownEntrypoint", "InputNotSerializable", "InputRefused", "EvaluationFailed", "DeadlineElapsed",
    "MemoryExhausted", "StackExhausted", "Trapped", "Saturated", "Closed",
}  # fmt: skip


def test_all_are_here() -> None:
    """Every exception of the package is tested, exported, and drawn in the tree."""
    tree = {type(error).__name__ for error in ERRORS} | {"SarkPolicyError", "Undecided"}
    exported = {
        name for name in sark_policy.__all__
        if name not in ("AVAILABLE", "UNAVAILABLE_REASON") and isinstance(getattr(sark_policy, name), type)
        and issubclass(getattr(sark_policy, name), Exception)
    }  # fmt: skip
    drawn = {word.strip("├└─│ ").split(" ")[0] for word in (_exceptions.__doc__ or "").splitlines()}
    assert tree == exported
    assert tree <= drawn


def test_undecided_is_whatever_a_decision_can_raise() -> None:
    """One `except` catches all that means: deny."""
    assert DECISION == {type(error).__name__ for error in ERRORS if isinstance(error, Undecided)}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_exception_travels(error: SarkPolicyError) -> None:
    """Pickling keeps type, fields and message."""
    copy = pickle.loads(pickle.dumps(error))
    assert (type(error), error.args, vars(error), str(error)) == (type(copy), copy.args, vars(copy), str(copy))


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_message_is_lower_case(error: SarkPolicyError) -> None:
    """A message is one line, a line a problem where there are several, and says what happened."""
    message = str(error)
    several = isinstance(error, sark_policy.BundleRefused) and len(error.problems) > 1
    assert (3 if several else 1) == len(message.splitlines())
    assert message[0].islower()


TRAP = "error while executing at wasm backtrace:\n    0: 0x1 - x\n\nCaused by:\n    "


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("wasm trap: interrupt", sark_policy.DeadlineElapsed),
        ("wasm trap: call stack exhausted", sark_policy.StackExhausted),
        ("memory fault at wasm address 0xfff\n    wasm trap: out of bounds memory access", sark_policy.StackExhausted),
        ("wasm trap: wasm `unreachable` instruction executed", sark_policy.MemoryExhausted),
        ("unknown import: `wasi:cli/exit@0.2.12#exit` has not been defined", sark_policy.Trapped),
        ("cannot enter component instance", sark_policy.Trapped),
    ],
)
def test_a_trap_is_named_for_its_cause(cause: str, expected: type[Undecided]) -> None:
    """Each way of ending a call has its error; a panic, which leaves the program, is a fault."""
    assert expected is type(_exceptions.of_trap(TRAP + cause, 0.05, 1 << 20))


def test_a_problem_names_its_place() -> None:
    """File, row and column stand first, as far as they are known."""
    assert "policy.rego:3:5: eval_type_error: lower: operand 1 must be a text; check the type" == str(PROBLEM)
    assert "f: c: m; x" == str(Problem("c", "m", "f", cure="x"))
    assert "c: m; x" == str(Problem("c", "m", cure="x"))
