"""A generation: one bundle's instances and its revision. Exactly one is current."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sark_policy._bundle import Bundle
from sark_policy._decision import Decision
from sark_policy._exceptions import BundleTooLarge, Undecided
from sark_policy._instance import BATCH, Instance, encode_bundle
from sark_policy._rule_index import RuleIndex
from sark_policy._sandbox import Sandbox
from sark_policy._settings import Settings
from sark_policy._shard import Shard
from sark_policy._statistics import CacheStatistics


@dataclass(frozen=True, slots=True)
class Description:
    """What an activated bundle holds."""

    revision: str
    """The manifest's `revision`, or else the SHA-256 of the bundle's contents in hex."""
    roots: tuple[str, ...]
    """The manifest's roots."""
    modules: tuple[str, ...]
    """Files of policy, as named in the bundle, tests not counted."""
    rules: tuple[str, ...]
    """Every rule that can be asked for, as an entry point path (`mcp/gateway/allow`), sorted."""
    tests: tuple[str, ...]
    """Files named `*_test.rego`: kept apart, never part of a decision."""

    @classmethod
    def of_record(cls, record: Any) -> "Description":
        """Read a description as the component returns it: a record with these fields."""
        return cls(
            record.revision, tuple(record.roots), tuple(record.modules), tuple(record.rules), tuple(record.tests)
        )


class Generation:
    """A bundle that was checked and compiled, and the instances that serve it."""

    def __init__(self, sandbox: Sandbox, settings: Settings, bundle: Bundle, number: int) -> None:
        """Build all instances of a bundle.

        Nothing else is touched, so whatever fails leaves what was current as it is.
        """
        size = len(bundle.archive)
        if size > settings.bundle:
            raise BundleTooLarge(size, settings.bundle)
        text = encode_bundle(bundle.archive)
        self.number = number
        self.description: Description
        self._patience = settings.activation_deadline
        self._shards: list[Shard[Instance]] = []

        def build() -> Instance:
            return Instance(sandbox, settings, text)

        def first() -> Instance:
            instance = build()
            # Once: this is called again after a trap, and another description means another activation.
            if not hasattr(self, "description"):
                self.description = Description.of_record(instance.description)
            return instance

        try:
            for place in range(settings.shards):
                shard = Shard(settings.deadline, build if place else first)
                self._shards.append(shard)
        except BaseException:
            self.close()
            raise

    def decide(self, entrypoint: str, text: bytes) -> Decision:
        """Decide one input."""
        shards = self._shards
        # As `_shard`, without a call.
        shard = shards[hash(text) % len(shards)] if len(shards) > 1 else shards[0]
        return shard.ask(Instance.decide, 0, entrypoint, text)

    def decide_json(self, entrypoint: str, text: bytes) -> str:
        """Decide one input, and return the answer as text."""
        return self._shard(text).ask(Instance.decide_json, 0, entrypoint, text)

    def decide_batch(self, entrypoint: str, texts: list[bytes]) -> list[Decision | Undecided]:
        """Decide many inputs: each shard its share, in as few crossings as may be; the answers in the inputs' order."""
        if len(self._shards) == 1:
            return self._share(self._shards[0], entrypoint, texts)
        shares: dict[Shard[Instance], list[int]] = {}
        for place, text in enumerate(texts):
            shares.setdefault(self._shard(text), []).append(place)
        decisions: dict[int, Decision | Undecided] = {}
        for shard, places in shares.items():
            decided = self._share(shard, entrypoint, [texts[place] for place in places])
            decisions.update(zip(places, decided, strict=True))
        return [decisions[place] for place in range(len(texts))]

    def decide_each(self, entrypoints: Sequence[str], text: bytes) -> list[Decision | Undecided]:
        """Decide one input for several entry points."""
        return self._shard(text).ask(Instance.decide_each, 0, entrypoints, text)

    def explain_index(self) -> tuple[RuleIndex, ...]:
        """Return what the rule index can tell apart, by the first shard."""
        return self._shards[0].call(Instance.explain_index, 0)

    def statistics(self) -> tuple[CacheStatistics, int]:
        """Return the caches' figures and the memory of all instances, in bytes."""
        total, memory = CacheStatistics(), 0
        for shard in self._shards:
            try:
                cache, used = shard.call(Instance.statistics, 0)
            except Undecided:
                continue  # a shard that is busy, or being built afresh, has no figures yet
            total, memory = total + cache, memory + used
        return total, memory

    @property
    def shards(self) -> int:
        """The number of instances."""
        return len(self._shards)

    def drain(self) -> None:
        """Wait until every call under way has ended; each does so by its deadline."""
        for shard in self._shards:
            shard.drain()

    def close(self) -> None:
        """Free all instances, after the calls under way."""
        for shard in self._shards:
            shard.close()

    def _share(self, shard: Shard[Instance], entrypoint: str, texts: list[bytes]) -> list[Decision | Undecided]:
        """Decide what is a shard's."""
        decisions: list[Decision | Undecided] = []
        for start in range(0, len(texts), BATCH):
            asked = texts[start : start + BATCH]
            try:
                decisions += shard.ask(Instance.decide_batch, 0, entrypoint, asked)
            except Undecided:
                # The crossing failed: one by one each gets its own answer or its own error.
                decisions += [self._alone(shard, entrypoint, text) for text in asked]
        return decisions

    def _alone(self, shard: Shard[Instance], entrypoint: str, text: bytes) -> Decision | Undecided:
        """Decide one input of a batch that failed; wait for an instance that the one before ended."""
        try:
            return shard.ask(Instance.decide, self._patience, entrypoint, text)
        except Undecided as undecided:
            return undecided

    def _shard(self, text: bytes) -> Shard[Instance]:
        """Return the shard that owns all questions with this input."""
        shards = self._shards
        return shards[hash(text) % len(shards)] if len(shards) > 1 else shards[0]
