"""Everything that can go wrong, named for the event.

SarkPolicyError
├── BundleUnreadable
├── BundleTooLarge
├── BundleRefused
├── Undecided                   whatever a decision can raise: deny
│   ├── UnknownEntrypoint
│   ├── InputNotSerializable
│   ├── InputRefused
│   ├── EvaluationFailed
│   ├── DeadlineElapsed
│   ├── MemoryExhausted
│   ├── StackExhausted
│   ├── Trapped
│   ├── Saturated
│   └── Closed
├── NothingToRollBack
├── BadSetting
├── SandboxUnavailable
└── WatchFailed

Every exception can be pickled: its arguments are its fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a bundle, an input or an evaluation: what, where, and the cure."""

    code: str
    """A stable word, OPA's own where OPA has one: `rego_parse_error`, `eval_conflict_error`."""
    message: str
    """What happened: one line."""
    file: str = ""
    """The file in the bundle, `input` for the input, or empty."""
    row: int = 0
    """First row is 1; 0 where no row is to blame."""
    column: int = 0
    """First column is 1; 0 where no column is to blame."""
    cure: str = ""
    """What would put it right: one line."""

    def __str__(self) -> str:
        place = ""
        if self.file:
            numbers = "".join(f":{number}" for number in (self.row, self.column) if number > 0)
            place = f"{self.file}{numbers}: "
        return f"{place}{self.code}: {self.message}; {self.cure}"

    @classmethod
    def of_record(cls, record: Any) -> "Problem":
        """Read a problem as the component returns it: a record with these fields."""
        return cls(record.code, record.message, record.file, record.row, record.column, record.cure)


class SarkPolicyError(Exception):
    """Base of all errors of this package."""


class BundleUnreadable(SarkPolicyError):
    """A bundle's file or folder cannot be read, or a path does not fit into an archive."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot read the bundle `{self.path}`: {self.reason}"


class BundleTooLarge(SarkPolicyError):
    """A bundle exceeds its limit as it is handed over; both in bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(size, limit)
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return f"the bundle has {self.size} bytes, more than {self.limit}; shrink it, or raise `bundle`"


class BundleRefused(SarkPolicyError):
    """A bundle is not sound. What was current stays current."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        return "the bundle was refused: " + (lines[0] if len(lines) == 1 else "".join(f"\n  {line}" for line in lines))


class Undecided(SarkPolicyError):
    """There is no decision, so deny. Base of everything that a decision can raise."""


class UnknownEntrypoint(Undecided):
    """Nothing in the bundle can ever be at this entry point."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return str(self.problem)


class InputNotSerializable(Undecided):
    """An input cannot be written as JSON."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        """Where, as `input.user.roles[0]`."""
        self.reason = reason
        """What is there, and what to do about it."""

    def __str__(self) -> str:
        return f"the input cannot be written as JSON: `{self.path}` {self.reason}"


class InputRefused(Undecided):
    """An input is not JSON, or exceeds a limit."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the input was refused: {self.problem}"


class EvaluationFailed(Undecided):
    """The policy failed on this input."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the evaluation failed: {self.problem}"


class DeadlineElapsed(Undecided):
    """A call took too long and was ended; its instance is built afresh."""

    def __init__(self, limit: float) -> None:
        super().__init__(limit)
        self.limit = limit
        """The deadline, in seconds."""

    def __str__(self) -> str:
        return f"the deadline of {self.limit:g} s elapsed; simplify the policy for such inputs, or raise the deadline"


class MemoryExhausted(Undecided):
    """A call needed too much memory and was ended; its instance is built afresh."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit
        """The limit, in bytes."""

    def __str__(self) -> str:
        return (
            f"the memory limit of {self.limit} bytes was exhausted; "
            "simplify the policy for such inputs, or raise `memory`"
        )


class StackExhausted(Undecided):
    """A call nested too deep and was ended; its instance is built afresh."""

    def __str__(self) -> str:
        return "the stack was exhausted; make the policy recurse less deep on such inputs"


class Trapped(Undecided):
    """A call hit a fault of the component and was ended; its instance is built afresh."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """What the engine says: several lines."""

    def __str__(self) -> str:
        last = self.reason.strip().rpartition("\n")[2].strip()
        return f"the component trapped; please report the input that makes it do so: {last}"


class Saturated(Undecided):
    """The shard was busy, or being built afresh, until the deadline."""

    def __init__(self, waited: float) -> None:
        super().__init__(waited)
        self.waited = waited
        """How long the call waited, in seconds."""

    def __str__(self) -> str:
        return f"no instance was free within {self.waited:g} s; raise `shards`, or shed load before"


class Closed(Undecided):
    """The host, or the cache, was closed."""

    def __str__(self) -> str:
        return "the host is closed; open another one"


class NothingToRollBack(SarkPolicyError):
    """There is no earlier generation."""

    def __str__(self) -> str:
        return "there is no earlier generation to go back to; activate a bundle instead"


class BadSetting(SarkPolicyError):
    """A setting is out of range."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(name, reason)
        self.name = name
        self.reason = reason

    def __str__(self) -> str:
        return f"setting `{self.name}`: {self.reason}"


class SandboxUnavailable(SarkPolicyError):
    """The component cannot be compiled or instantiated here."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the sandbox is not available: {self.reason}"


class WatchFailed(SarkPolicyError):
    """A path cannot be watched."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"cannot watch `{self.path}`: {self.reason}"


class Retired(Exception):
    """Internal: this generation was replaced twice since it was looked up; look up the current one."""


TRAPS = (DeadlineElapsed, MemoryExhausted, StackExhausted, Trapped)
"""What ends an instance."""


def of_problem(problem: Problem) -> Undecided:
    """Return the error of a decision that the component could not make."""
    if problem.code == "unknown_entrypoint":
        return UnknownEntrypoint(problem)
    if problem.code in ("input_parse_error", "input_too_large", "input_too_deep"):
        return InputRefused(problem)
    return EvaluationFailed(problem)


def of_answer(error: Mapping[str, Any]) -> Undecided:
    """Return the error that an answer's `error` stands for."""
    return of_problem(Problem(**error))


def of_trap(message: str, deadline: float, memory: int) -> Undecided:
    """Return the error of a call that the engine ended, from what the engine says."""
    if "wasm trap: interrupt" in message:
        return DeadlineElapsed(deadline)
    # The component's own stack lies below its memory, so running over it leaves the memory.
    if "call stack exhausted" in message or "out of bounds memory access" in message:
        return StackExhausted()
    # Only the allocator does this; a panic leaves the program instead, and that import is not linked.
    if "wasm `unreachable` instruction executed" in message:
        return MemoryExhausted(memory)
    return Trapped(message)
