"""A decision, and what explains it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from sark_policy._exceptions import EvaluationFailed, Problem, Undecided, of_answer

RESULT = '{"result":'
UNDEFINED = "{}"

UNREAD: Any = object()
"""Stands for a result that nobody has looked at yet."""

_new = object.__new__
GREAT = 19
"""The digits from which on an integer may exceed 64 bits."""

SHORT = 1_000
"""The characters below which an answer can neither nest too deep for a reader nor hold too long a number."""

_CONTAINERS = (RESULT + "{", RESULT + "[")

_great_integer = re.compile(rf"\d{{{GREAT}}}").search
_DIGITS = b"0123456789"


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """What explains a decision."""

    entrypoint: str
    """The entry point, as the first caller who asked the question named it."""
    made_at: float
    """When the evaluation was made, in seconds since the Unix epoch: a cached answer's age."""
    deterministic: bool
    """Whether the evaluation used neither the clock nor chance: then the same question to the same revision has
    the same answer at any time, whether or not the engine caches it. Else it held when it was made."""


class Decision:
    """One decision: the value of an entry point for an input, by one revision of the policy.

    A decision is neither true nor false: `if decision:` raises `TypeError`, so that it can never let
    anybody in by mistake. Look at `result`. It cannot be changed; two with equal fields are equal.
    """

    __slots__ = ("_cached", "_made", "_result")
    __match_args__ = ("result", "defined", "revision", "cached", "decision_id", "diagnostics")

    def __init__(
        self,
        result: Any,
        defined: bool,
        revision: str,
        cached: bool,
        decision_id: str,
        diagnostics: Diagnostics,
    ) -> None:
        self._made: Facts | Made = Facts(defined, revision, decision_id, diagnostics)
        self._cached = cached
        self._result = result

    @property
    def result(self) -> Any:
        """The value, yours alone to change; `None` where undefined."""
        result = self._result
        if result is UNREAD:
            result = self._result = self._made.read()  # type: ignore[union-attr]
        return result

    @property
    def defined(self) -> bool:
        """Whether there is a value. An undefined decision is neither `False` nor an error."""
        return self._made.defined

    @property
    def revision(self) -> str:
        """The revision of the policy that decided."""
        return self._made.revision

    @property
    def cached(self) -> bool:
        """Whether the answer came from the cache.

        An identical question was decided before then, by the same revision, no longer ago than the cache's time to
        live.
        """
        return self._cached

    @property
    def decision_id(self) -> str:
        """Names the evaluation that decided; a cached answer carries the id of the one it came from."""
        return self._made.decision_id

    @property
    def diagnostics(self) -> Diagnostics:
        """What explains the decision."""
        return self._made.diagnostics

    def __bool__(self) -> bool:
        raise TypeError("a decision is neither true nor false; look at `.result`, as in `decision.result is True`")

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in zip(self.__match_args__, self._fields(), strict=True))
        return f"Decision({fields})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Decision, self._fields()

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__match_args__)


class Facts:
    """What is the same in all decisions that come from one evaluation."""

    __slots__ = ("decision_id", "defined", "diagnostics", "revision")

    def __init__(self, defined: bool, revision: str, decision_id: str, diagnostics: Diagnostics) -> None:
        self.defined = defined
        self.revision = revision
        self.decision_id = decision_id
        self.diagnostics = diagnostics


class Made:
    """An evaluation's answer, kept to answer with again. What is seldom asked for is put together when it is."""

    __slots__ = (
        "_again",
        "_entrypoint",
        "_instance",
        "_loads",
        "_now",
        "_number",
        "_sound",
        "answer",
        "defined",
        "revision",
    )

    def __init__(self, answer: str, revision: str, instance: str, number: int, entrypoint: str, now: int) -> None:
        """Take an answer, who made it, its number there, what was asked, and when, in nanoseconds."""
        self.answer = answer
        self.defined = answer != UNDEFINED
        self.revision = revision
        self._instance = instance
        self._number = number
        self._entrypoint = entrypoint
        self._now = now
        self._loads = _reader(answer)
        # Whether it is known that the answer can be read, and is worth it: then it need not be before somebody looks.
        self._sound = len(answer) < SHORT and answer.startswith(_CONTAINERS) and self._loads is orjson.loads
        self._again: Decision | None = None

    @property
    def decision_id(self) -> str:
        """Names the evaluation."""
        return f"{self._instance}-{self._number}"

    @property
    def diagnostics(self) -> Diagnostics:
        """What explains the decision."""
        # An odd number: the decision holds for its question.
        return Diagnostics(self._entrypoint, self._now / 1e9, self._number & 1 == 1)

    def first(self) -> Decision:
        """Return the decision that was just made."""
        return self._decision(UNREAD if self._sound else self.read(), cached=False)

    def again(self) -> Decision:
        """Return the decision from the cache.

        Containers are read afresh each time, since the caller may change them; at the latest when they are looked at.
        """
        if self._again is not None:
            return self._again
        if self._sound:
            # As `_decision`, without a call.
            decision = _new(Decision)
            decision._made = self
            decision._cached = True
            decision._result = UNREAD
            return decision
        result = self.read()
        decision = self._decision(result, cached=True)
        if isinstance(result, (dict, list)):
            self._sound = True
        else:
            self._again = decision
        return decision

    def read(self) -> Any:
        """Read the value afresh.

        Raises:
            EvaluationFailed: It cannot be read here.
        """
        if not self.defined:
            return None
        try:
            return self._loads(self.answer)["result"]
        except (ValueError, RecursionError) as error:
            raise EvaluationFailed(
                Problem(
                    "eval_result_error",
                    f"the result cannot be read here: {error}",
                    cure="ask for the answer as text with `decide_json`, or return a smaller value",
                )
            ) from error

    def _decision(self, result: Any, cached: bool) -> Decision:
        decision = _new(Decision)  # `__init__` would take twice as long
        decision._made = self
        decision._cached = cached
        decision._result = result
        return decision


def _reader(answer: str) -> Callable[[str], Any]:
    """Return what reads an answer exactly: orjson reads integers beyond 64 bits as floats."""
    raw = answer.encode()
    # To count digits takes a tenth of the time of looking for many in a row.
    few = len(raw) - len(raw.translate(None, _DIGITS)) < GREAT
    return orjson.loads if few or _great_integer(answer) is None else json.loads


def failure(answer: str) -> Undecided | None:
    """Return the error that an answer stands for, if it is one."""
    if answer.startswith(RESULT) or answer == UNDEFINED:
        return None
    return of_answer(orjson.loads(answer)["error"])
