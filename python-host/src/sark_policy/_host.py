"""The host of a policy: the current generation, the one before it, and the switch between them."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from sark_policy import _process
from sark_policy._bundle import Bundle, Source
from sark_policy._decision import Decision
from sark_policy._encoding import utf8, utf8_of_json, utf8_of_many
from sark_policy._exceptions import (
    TRAPS,
    Closed,
    DeadlineElapsed,
    NothingToRollBack,
    Retired,
    Undecided,
)
from sark_policy._generation import Description, Generation
from sark_policy._rule_index import RuleIndex
from sark_policy._sandbox import Sandbox
from sark_policy._settings import Settings
from sark_policy._statistics import Statistics

if TYPE_CHECKING:
    import os

    from sark_policy._watch import Event, Watch

A = TypeVar("A")
E = TypeVar("E")
R = TypeVar("R")


class PolicyHost:
    """Decides by a bundle that can be exchanged at any time.

    A decision takes microseconds, and the deadline at most, so an asyncio server calls `decide` as it is.
    What takes longer goes to a thread: `await asyncio.to_thread(host.activate, bundle)`.

    Safe to share between threads, and with a process forked later.
    """

    def __init__(self, sandbox: Sandbox, settings: Settings, first: Generation) -> None:
        """Use `open`."""
        self._sandbox = sandbox
        self._settings = settings
        # The current and the previous generation. Both are None once the host is closed.
        # INVARIANT: only whole pairs are assigned, so a reader, or a forked child, sees one state.
        self._generations: tuple[Generation | None, Generation | None] = (first, None)
        self._closed = False
        self._built = first.number
        self._activations = 1
        self._rollbacks = 0
        self._traps = 0
        self._deadlines = 0
        self.after_fork_in_child()
        _process.join(self)

    @classmethod
    def open(cls, bundle: Source, /, settings: Settings | None = None, **overrides: Any) -> "PolicyHost":
        """Open a host with its first bundle.

        The first start on a machine compiles the component, which takes some seconds; later ones load it
        in a millisecond from `Settings.aot_folder`.

        Args:
            bundle: The path of a folder or an archive, an archive's bytes, or a `Bundle`.
            settings: The limits.
            overrides: Single settings, as in `open("policies/", deadline=0.1)`.

        Raises:
            BundleUnreadable: The path cannot be read.
            BundleTooLarge: The bundle exceeds its limit.
            BundleRefused: The bundle is not sound.
            BadSetting: A setting is out of range.
            SandboxUnavailable: This machine cannot run the sandbox.
            Undecided: Activating the bundle exceeded a limit.
        """
        settings = replace(settings or Settings(), **overrides)
        sandbox = Sandbox.shared(settings.aot_folder)
        return cls(sandbox, settings, Generation(sandbox, settings, Bundle.of(bundle), 1))

    def decide(self, entrypoint: str, input: Any) -> Decision:
        """Decide one input.

        Args:
            entrypoint: OPA's REST path (`mcp/gateway/result`), or a reference (`data.mcp.gateway.result`).
            input: What JSON carries: dicts with texts for keys, lists, tuples, texts, numbers, bools, None;
                or JSON itself, as `Encoded`.

        Raises:
            Undecided: Deny. The entry point is unknown, the input refused, the evaluation failed, or a
                limit was exceeded. An undefined rule is not an error.
        """
        text = utf8(input)
        generation = self._generations[0]
        if generation is not None:
            try:
                return generation.decide(entrypoint, text)
            except Retired:
                pass  # by two activations, just now
            except TRAPS as trap:
                self._count(trap)
                raise
        return self._on(Generation.decide, entrypoint, text)

    def decide_json(self, entrypoint: str, input: str | bytes) -> str:
        """Decide one input that is JSON already.

        The one word `undefined`, which is no JSON, stands for no input at all: `input` is undefined then, as for
        OPA's REST body without `input`.

        Returns OPA's REST body: `{"result":…}`, or `{}` where undefined.

        Raises:
            Undecided: As for `decide`.
        """
        return self._on(Generation.decide_json, entrypoint, utf8_of_json(input))

    def decide_batch(self, entrypoint: str, inputs: Iterable[Any]) -> list[Decision | Undecided]:
        """Decide many inputs by one generation, each as by `decide`, in one crossing into each shard.

        The answers come in the inputs' order. What happens to a single input stands in its place, and
        does not touch the others. The deadline holds for each crossing; if that fails, its inputs are
        decided one by one, each with a deadline of its own.

        Raises:
            Closed: The host is closed.
        """
        inputs = list(inputs)
        texts = utf8_of_many(inputs)
        if texts is not None:
            decided = self._on(Generation.decide_batch, entrypoint, texts)
        else:
            decided = self._decide_some(entrypoint, inputs)
        if set(map(type, decided)) != {Decision}:
            for undecided in decided:
                if isinstance(undecided, TRAPS):
                    self._count(undecided)
        return decided

    def decide_each(self, entrypoints: Iterable[str], input: Any) -> list[Decision | Undecided]:
        """Decide one input for several entry points: by one generation, in one crossing, within one deadline.

        The input is read once. The answers come in the entry points' order. What happens to a single entry point
        stands in its place, and does not touch the others.

        Raises:
            Undecided: Deny, whatever was asked: the input cannot be written, the call was ended at a limit, or the
                host is closed.
            TypeError: `entrypoints` is a single text.
        """
        if isinstance(entrypoints, str):
            raise TypeError(f"give several entry points, not the text {entrypoints!r}; `decide` takes one")
        return self._on(Generation.decide_each, tuple(entrypoints), utf8(input))

    def activate(self, bundle: Source) -> Description:
        """Go over to another bundle, and return what it holds.

        Builds its instances beside the current ones, switches, and keeps what was current for `rollback`.
        No request is lost or waits for it; each decision names the revision that made it. Caches start
        empty.

        Raises:
            SarkPolicyError: As for `open`, and what was current stays current.
        """
        bundle = Bundle.of(bundle)
        with self._activating:
            if self._closed:
                raise Closed
            self._built += 1
            following = Generation(self._sandbox, self._settings, bundle, self._built)
            with self._switch:
                current, previous = self._generations
                self._generations = (following, current)
                if self._closed:  # while the bundle was being built
                    self._generations = (None, None)
                    following.close()
                    raise Closed
                self._activations += 1
            if current is not None:
                current.drain()
            if previous is not None:
                previous.close()
            return following.description

    def rollback(self) -> str:
        """Make the previous generation current again, and return its revision.

        It takes no time: the instances were kept. What was current becomes the previous one, so that a
        second rollback returns to it.

        Raises:
            NothingToRollBack: There is no previous generation.
            Closed: The host is closed.
        """
        with self._switch:
            current, previous = self._generations
            if current is None:
                raise Closed
            if previous is None:
                raise NothingToRollBack
            self._generations = (previous, current)
            if self._closed:  # by another thread, just now
                self._generations = (None, None)
                raise Closed
            self._rollbacks += 1
            return previous.description.revision

    def describe(self) -> Description:
        """Return what the current bundle holds.

        Raises:
            Closed: The host is closed.
        """
        return self._current().description

    def descriptions(self) -> tuple[Description, Description | None]:
        """Return what the current bundle holds, and what the previous one does, if there is one.

        Raises:
            Closed: The host is closed.
        """
        current, previous = self._generations
        if current is None:
            raise Closed
        return current.description, None if previous is None else previous.description

    def explain_index(self) -> tuple[RuleIndex, ...]:
        """Return what the rule index of the current bundle can tell apart, of every rule with several definitions.

        It takes longer than a decision, milliseconds for a thousand definitions, and holds the first shard meanwhile.

        Raises:
            Undecided: The host is closed, or the call was ended at a limit.
        """
        while True:
            try:
                return self._current().explain_index()
            except Retired:
                continue

    def stats(self) -> Statistics:
        """Return the figures of this host.

        Raises:
            Closed: The host is closed.
        """
        while True:
            generation, previous = self._current(), self._generations[1]
            try:
                cache, memory = generation.statistics()
            except Retired:
                continue
            return Statistics(
                revision=generation.description.revision,
                previous=None if previous is None else previous.description.revision,
                generation=generation.number,
                activations=self._activations,
                rollbacks=self._rollbacks,
                traps=self._traps,
                deadlines=self._deadlines,
                shards=generation.shards,
                memory=memory,
                cache=cache,
                crossing=self._sandbox.crossing,
            )

    def watch(self, path: "str | os.PathLike[str]", told: "Callable[[Event], object] | None" = None) -> "Watch":
        """Activate the bundle at `path`, an archive or a folder, whenever it changes.

        Args:
            path: What to watch. What is there now counts as active.
            told: Hears of every change that was activated or refused, on the watch's thread.

        Raises:
            WatchFailed: The path cannot be watched, or `sark-policy[watch]` is not installed.
        """
        from sark_policy._watch import Watch

        return Watch(self, path, told)

    def close(self) -> None:
        """End the host: calls under way finish, later ones raise `Closed`. Closing twice does nothing."""
        self._closed = True
        generations, self._generations = self._generations, (None, None)
        for generation in generations:
            if generation is not None:
                generation.close()

    def __enter__(self) -> "PolicyHost":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def before_fork(self, until: float) -> None:
        """Nothing: the shards hold still, and the rest is of one piece at any time."""

    def after_fork_in_parent(self) -> None:
        """Nothing."""

    def after_fork_in_child(self) -> None:
        """Make the locks anew: another thread may have held them."""
        # One activation at a time; and a lock for the moment of a switch, so that a rollback does not wait
        # for an activation under way.
        self._activating = threading.RLock()
        self._switch = threading.RLock()
        self._counting = threading.Lock()

    def _current(self) -> Generation:
        generation = self._generations[0]
        if generation is None:
            raise Closed
        return generation

    def _decide_some(self, entrypoint: str, inputs: list[Any]) -> list[Decision | Undecided]:
        """Decide a batch in which there may be an input that cannot be written."""
        answers: list[Decision | Undecided | None] = []
        texts: list[bytes] = []
        for input in inputs:
            try:
                texts.append(utf8(input))
            except Undecided as undecided:
                answers.append(undecided)
            else:
                answers.append(None)
        decided = iter(self._on(Generation.decide_batch, entrypoint, texts))
        return [next(decided) if answer is None else answer for answer in answers]

    def _on(self, work: Callable[[Generation, E, A], R], entrypoint: E, asked: A) -> R:
        """Let the current generation work."""
        while True:
            generation = self._generations[0]
            if generation is None:
                raise Closed
            try:
                return work(generation, entrypoint, asked)
            except Retired:
                continue  # it was replaced twice since it was looked up
            except TRAPS as trap:
                self._count(trap)
                raise

    def _count(self, trap: Undecided) -> None:
        with self._counting:
            self._traps += 1
            self._deadlines += isinstance(trap, DeadlineElapsed)
