"""A decision, and what explains it."""

import json
import re
from dataclasses import dataclass
from typing import Any

import orjson

from sark_policy._exceptions import EvaluationFailed, Problem, Undecided, of_answer

RESULT = '{"result":'
UNDEFINED = "{}"

# orjson reads integers beyond 64 bits as floats.
_great_integer = re.compile(r"\d{19}").search


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


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: the value of an entry point for an input, by one revision of the policy.

    A decision is neither true nor false: `if decision:` raises `TypeError`, so that it can never let
    anybody in by mistake. Look at `result`.
    """

    result: Any
    """The value, yours alone to change; `None` where undefined."""
    defined: bool
    """Whether there is a value. An undefined decision is neither `False` nor an error."""
    revision: str
    """The revision of the policy that decided."""
    cached: bool
    """Whether the answer came from the cache: an identical question was decided before, by the same
    revision, no longer ago than the cache's time to live."""
    decision_id: str
    """Names the evaluation that decided; a cached answer carries the id of the one it came from."""
    diagnostics: Diagnostics
    """What explains the decision."""

    def __bool__(self) -> bool:
        raise TypeError("a decision is neither true nor false; look at `.result`, as in `decision.result is True`")


class Made:
    """An evaluation's answer, kept to answer with again."""

    __slots__ = ("_again", "_exactly", "_id", "_revision", "answer", "diagnostics")

    def __init__(self, answer: str, revision: str, decision_id: str, diagnostics: Diagnostics) -> None:
        self.answer = answer
        self.diagnostics = diagnostics
        self._id = decision_id
        self._revision = revision
        self._exactly = _great_integer(answer) is not None
        self._again: Decision | None = None

    def decision(self, cached: bool) -> Decision:
        """Return the decision. Containers are read afresh each time, since the caller may change them."""
        if cached and self._again is not None:
            return self._again
        defined = self.answer != UNDEFINED
        result = self._read() if defined else None
        decision = Decision(result, defined, self._revision, cached, self._id, self.diagnostics)
        if cached and not isinstance(result, (dict, list)):
            self._again = decision
        return decision

    def _read(self) -> Any:
        try:
            if not self._exactly:
                return orjson.loads(self.answer)["result"]
            return json.loads(self.answer)["result"]
        except (ValueError, RecursionError) as error:
            raise EvaluationFailed(
                Problem(
                    "eval_result_error",
                    f"the result cannot be read here: {error}",
                    cure="ask for the answer as text with `decide_json`, or return a smaller value",
                )
            ) from error


def failure(answer: str) -> Undecided | None:
    """Return the error that an answer stands for, if it is one."""
    if answer.startswith(RESULT) or answer == UNDEFINED:
        return None
    return of_answer(orjson.loads(answer)["error"])
