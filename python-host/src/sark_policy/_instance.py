"""One instance: a store, the component in it, and the answers fetched from it.

What bounds an instance's life: it takes one bundle, serves it, and ends with its generation, or with the
first call that traps. After a trap nothing of it is used again.
"""

import os
import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sark_policy import _process
from sark_policy._decision import Decision, Made, failure
from sark_policy._exceptions import TRAPS, BundleRefused, Problem, Trapped, Undecided, of_problem, of_trap
from sark_policy._rule_index import RuleIndex
from sark_policy._sandbox import POLICY, Sandbox
from sark_policy._settings import Settings, nanoseconds
from sark_policy._statistics import CacheStatistics
from sark_policy._ticker import ticks

BATCH = 128
"""Most inputs of a crossing."""
BATCH_DEADLINES = 4
"""How many deadlines a crossing of a batch may take.

With one, a policy that is well within it for an input would often not be for a batch; with one an input, a
single bad one could block the shard for seconds.
"""

EXPLAINING = 10.0
"""What a policy may take to be explained, in seconds."""

_now = time.time_ns


class Bare:
    """A component's instance without a bundle: for a cache, or before activation.

    This is the one place where calls cross into the component.
    """

    __slots__ = ("_memory", "_set_deadline", "_store", "armed", "deadline", "functions", "left", "ticker", "trap")

    def __init__(self, sandbox: Sandbox, interface: str, memory: int, deadline: float) -> None:
        self._store, self._set_deadline, self.functions = sandbox.instantiate(interface, memory)
        self.ticker = sandbox.ticker
        self.trap = sandbox.trap
        """What a call raises that the engine ended."""
        self.armed = self.left = -1
        """The clock's beat at which the deadline was set last, and to how many ticks."""
        self._memory = memory
        self.deadline = deadline
        """What `DeadlineElapsed` names as the limit, in seconds."""

    def call(self, left: int, function: str, *arguments: Any) -> Any:
        """Call an export, which may take `left` ticks.

        Raises:
            Undecided: The engine ended the call; the instance is of no more use.
        """
        if self.ticker.beat != self.armed or left != self.left:
            self.arm(left)
        try:
            return self.functions[function](*arguments)
        except self.trap as trap:
            raise self.ended(trap) from trap

    def after_fork(self) -> None:
        """Nothing: a child's instance is a copy of its own."""

    def close(self) -> None:
        """Free the instance's memory. No call may be under way."""
        # INVARIANT: nothing is called in a store that was freed; the direct way would not notice.
        self.functions = {}
        self._set_deadline = _closed
        with _process.gate:
            self._store.close()

    def arm(self, left: int) -> None:
        """Let calls end after `left` ticks: all those of this beat, since setting it takes a fifth of a call."""
        ticker = self.ticker
        if not ticker.running:
            ticker.start()
        armed = ticker.beat
        # One more: the last of them may begin when the next beat is due.
        self._set_deadline(left + 1)
        self.armed, self.left = armed, left

    def ended(self, trap: Exception) -> Undecided:
        """Return the error of a call that the engine ended."""
        return of_trap(str(trap), self.deadline, self._memory)


def _closed(_: int) -> None:
    raise ValueError("the instance is closed")


class Instance:
    """An instance with its bundle."""

    __slots__ = ("_answers", "_bare", "_entrypoints", "_id", "_most", "_newest", "_revision", "description")

    def __init__(self, sandbox: Sandbox, settings: Settings, bundle: str) -> None:
        """Instantiate the component and activate a bundle, base64 of an archive, on it.

        Raises:
            BundleRefused: The bundle is not sound.
            Undecided: A limit was exceeded.
        """
        bare = Bare(sandbox, POLICY, settings.memory, settings.activation_deadline)
        try:
            activated = bare.call(ticks(settings.activation_deadline), "activate", bundle, _guest_settings(settings))
            if isinstance(activated, list):
                raise BundleRefused(tuple(Problem.of_record(problem) for problem in activated))
        except BaseException:
            bare.close()
            raise
        bare.deadline = settings.deadline
        self._bare = bare
        self.description = activated
        """The component's record: `revision`, `roots`, `modules`, `rules`, `tests`."""
        self._revision: str = activated.revision
        self._entrypoints: dict[str, int] = {}
        self._most = max(settings.cache_entries, 1)
        # By id, the first fetched first. One that is asked again is not moved: it would cost every hit what
        # fetching it again costs once in a long while.
        self._answers: OrderedDict[int, Made] = OrderedDict()
        self._newest = 0
        self.after_fork()

    def decide(self, left: int, entrypoint: str, text: bytes) -> Decision:
        """Decide one input."""
        number = self._entrypoints.get(entrypoint)
        if number is None:
            number = self._resolve(left, entrypoint)
        now = _now()
        bare = self._bare
        # As `bare.call`, without its share of the time.
        if bare.ticker.beat != bare.armed or left != bare.left:
            bare.arm(left)
        try:
            found: int = bare.functions["decide"](number, now, text)
        except bare.trap as trap:
            raise bare.ended(trap) from trap
        made = self._answers.get(found)
        if made is not None:
            return made.again()
        made, cached = self._fetch(left, entrypoint, now, found, None)
        return made.again() if cached else made.first()

    def decide_json(self, left: int, entrypoint: str, text: bytes) -> str:
        """Decide one input, and return the answer as the component wrote it."""
        number = self._resolve(left, entrypoint)
        now = _now()
        found: int = self._bare.call(left, "decide", number, now, text)
        made = self._answers.get(found)
        return made.answer if made is not None else self._fetch(left, entrypoint, now, found, None)[0].answer

    def decide_batch(self, left: int, entrypoint: str, texts: Sequence[bytes]) -> list[Decision | Undecided]:
        """Decide many inputs, none with a line break."""
        number = str(self._resolve(left, entrypoint))
        now = _now()
        lines: str = self._bare.call(left * BATCH_DEADLINES, "decide-batch", number, now, b"\n".join(texts))
        known = self._answers.get
        return [
            # A line without an answer is an id alone. Most are, and most of those are known.
            made.again()
            if " " not in line and (made := known(int(line))) is not None
            else self._line(left, entrypoint, now, line)
            for line in lines.split("\n")
        ]

    def decide_each(self, left: int, entrypoints: Sequence[str], text: bytes) -> list[Decision | Undecided]:
        """Decide one input, without a line break, for several entry points.

        Raises:
            Undecided: The engine ended the call; the instance is of no more use.
        """
        found = [self._entrypoint(left, entrypoint) for entrypoint in entrypoints]
        numbers = " ".join([str(each) for each in found if isinstance(each, int)])
        now = _now()
        lines = iter(self._bare.call(left, "decide-batch", numbers, now, text).split("\n") if numbers else ())
        return [
            self._line(left, entrypoint, now, next(lines)) if isinstance(each, int) else each
            for entrypoint, each in zip(entrypoints, found, strict=True)
        ]

    def explain_index(self, left: int) -> tuple[RuleIndex, ...]:
        """Return what the rule index can tell apart: a look at the whole policy, longer than a decision."""
        found = self._bare.call(max(left, ticks(EXPLAINING)), "explain-index")
        return tuple(RuleIndex.of_record(record) for record in found)

    def statistics(self, left: int) -> tuple[CacheStatistics, int]:
        """Return the decision cache's figures, and the instance's memory in bytes."""
        figures = CacheStatistics.of_record(self._bare.call(left, "figures"))
        return figures, self._bare.call(left, "memory")

    def after_fork(self) -> None:
        """Name what is decided from now on differently from what the parent decides."""
        self._id = os.urandom(8).hex()

    def close(self) -> None:
        """Free the instance's memory. No call may be under way."""
        self._bare.close()

    def _entrypoint(self, left: int, entrypoint: str) -> int | Undecided:
        """Return the number of an entry point, or what it is not to be had for."""
        try:
            return self._resolve(left, entrypoint)
        except TRAPS:
            raise
        except Undecided as undecided:
            return undecided

    def _line(self, left: int, entrypoint: str, now: int, line: str) -> Decision | Undecided:
        """Read a line of a batch's answer: an id and, if the batch made the decision, its answer."""
        number, _, answer = line.partition(" ")
        found = int(number)
        made = self._answers.get(found)
        try:
            if made is not None:
                return made.again()
            made, cached = self._fetch(left, entrypoint, now, found, answer or None)
            return made.again() if cached else made.first()
        except Trapped:
            raise
        except Undecided as undecided:
            return undecided

    def _fetch(self, left: int, entrypoint: str, now: int, found: int, answer: str | None) -> tuple[Made, bool]:
        """Take in an answer that is not at hand, and keep it."""
        # Ids rise: one seen before was forgotten here, and comes from the component's cache.
        cached = found <= self._newest
        if not cached:
            self._newest = found
        if answer is None:
            answer = self._bare.call(left, "answer", found)
            if answer is None:
                raise Trapped(f"no answer for decision {found}")
        undecided = failure(answer)
        if undecided is not None:
            raise undecided
        made = Made(answer, self._revision, self._id, found, entrypoint, now)
        answers = self._answers
        answers[found] = made
        if len(answers) > self._most:
            answers.popitem(last=False)
        return made, cached

    def _resolve(self, left: int, entrypoint: str) -> int:
        known = self._entrypoints.get(entrypoint)
        if known is not None:
            return known
        try:
            found = self._bare.call(left, "resolve", entrypoint)
        except UnicodeEncodeError as error:
            problem = Problem("unknown_entrypoint", "the entry point is no text", cure="name a rule by its path")
            raise of_problem(problem) from error
        if not isinstance(found, int):
            raise of_problem(Problem.of_record(found))
        self._entrypoints[entrypoint] = found
        return found


def encode_bundle(archive: bytes) -> str:
    """Return an archive as it crosses into the component."""
    return b64encode(archive).decode("ascii")


def _guest_settings(settings: Settings) -> SimpleNamespace:
    return SimpleNamespace(
        entrypoints=list(settings.entrypoints),
        unpacked=settings.unpacked,
        input=settings.input,
        depth=settings.depth,
        entries=settings.cache_entries,
        bytes=settings.cache_bytes,
        ttl=nanoseconds(settings.cache_ttl),
        seed=int.from_bytes(os.urandom(8), "little"),
        unverified=settings.unverified,
        strict=settings.strict_builtin_errors,
    )
