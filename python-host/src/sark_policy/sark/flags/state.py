"""What operators have decided: the state of the flags, a change to it, and what was read of it from the store."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

FEATURES = ("rust_opa", "rust_cache")
"""What can be rolled out: the engine, and the policy cache."""

MOST_USERS = 1_000
"""Most users that a feature's allow-list holds: it is for those who try a feature first."""


def bucket(feature: str, user_id: str) -> int:
    """Return a user's place for a feature, 0 to 99: those below the percentage have it.

    The gateway's own hash, so that a user keeps the side that they have.
    """
    name = f"{feature}:{user_id}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.md5(name, usedforsecurity=False).digest()) % 100


@dataclass(frozen=True, slots=True)
class ShadowOrder:
    """How much the shadow is to compare."""

    share: float
    """Share of the questions that both paths are asked, 0 to 1."""
    inputs: bool
    """Whether it keeps the inputs of differences."""
    cleared: datetime | None = None
    """When it was last told to forget what it had found; `None`: never."""


@dataclass(frozen=True, slots=True)
class BundleOrder:
    """Which bundle is to decide."""

    source: str | None
    """Where it is; `None`: the bundle of the settings, as it is on disk."""
    revision: str | None
    """Its revision when the order was given."""
    by: str
    """Who gave the order."""
    at: datetime
    """When."""


@dataclass(frozen=True, slots=True)
class FlagState:
    """Everything that is decided at run time, the same in every worker once it has arrived there."""

    version: int
    """Counts changes. 0: nothing was ever decided."""
    rollout: Mapping[str, int]
    """Percent of the users, for each of `FEATURES`."""
    users: Mapping[str, frozenset[str]]
    """Users that have a feature whatever the percentage is."""
    killed: bool = False
    """The kill switch: nobody has any feature."""
    shadow: ShadowOrder | None = None
    """`None`: as the settings say."""
    bundle: BundleOrder | None = None
    """`None`: as the settings say."""

    @classmethod
    def initial(cls, rollout: Mapping[str, int] | None = None) -> "FlagState":
        """Return the state where nothing was decided yet.

        Raises:
            ValueError: A feature is unknown, or a percentage out of range.
        """
        begin = dict(rollout or {})
        for feature, percentage in begin.items():
            check(feature, percentage)
        return cls(0, {name: begin.get(name, 0) for name in FEATURES}, dict.fromkeys(FEATURES, frozenset()))

    def has(self, feature: str, user_id: str) -> bool:
        """Return whether a user has a feature."""
        if self.killed:
            return False
        percentage = self.rollout.get(feature, 0)
        if percentage >= 100 or user_id in self.users.get(feature, ()):
            return True
        return percentage > 0 and bucket(feature, user_id) < percentage


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different. What is not named stays."""

    rollout: Mapping[str, int] = field(default_factory=dict)
    users: Mapping[str, frozenset[str]] = field(default_factory=dict)
    killed: bool | None = None
    shadow: ShadowOrder | None = None
    bundle: BundleOrder | None = None

    @classmethod
    def all_of(cls, state: FlagState) -> "Change":
        """Return the change that makes any state this one."""
        return cls(state.rollout, state.users, state.killed, state.shadow, state.bundle)

    @classmethod
    def back(cls, *features: str) -> "Change":
        """Return the change that takes features from everybody, those on the allow-lists included."""
        return cls(rollout=dict.fromkeys(features, 0), users=dict.fromkeys(features, frozenset()))

    def on(self, state: FlagState, version: int | None = None) -> FlagState:
        """Return the state with this change made."""
        return replace(
            state,
            version=state.version if version is None else version,
            rollout={**state.rollout, **self.rollout},
            users={**state.users, **self.users},
            killed=state.killed if self.killed is None else self.killed,
            shadow=self.shadow or state.shadow,
            bundle=self.bundle or state.bundle,
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What the store holds."""

    version: int
    """0: the store was never written by a manager, or was emptied."""
    held: Change
    """What is there."""
    unreadable: frozenset[str] = frozenset()
    """Names of what is there and makes no sense: `rust_opa`, `rust_opa:users`, `kill`, `shadow`, `bundle`."""

    def state(self, initial: FlagState, known: FlagState) -> FlagState:
        """Return the state that the store means: what is absent is as in the beginning, what is unreadable as known."""
        unreadable = self.unreadable
        base = FlagState(
            self.version,
            {name: (known if name in unreadable else initial).rollout[name] for name in FEATURES},
            {name: (known if f"{name}:users" in unreadable else initial).users[name] for name in FEATURES},
            known.killed if "kill" in unreadable else initial.killed,
            known.shadow if "shadow" in unreadable else initial.shadow,
            known.bundle if "bundle" in unreadable else initial.bundle,
        )
        return self.held.on(base)


def check(feature: str, percentage: int = 0) -> None:
    """Let through only what can be set.

    Raises:
        ValueError: The feature is unknown, or the percentage no whole number from 0 to 100.
    """
    if feature not in FEATURES:
        raise ValueError(f"unknown feature `{feature}`: the features are {', '.join(FEATURES)}")
    if isinstance(percentage, bool) or not isinstance(percentage, int) or not 0 <= percentage <= 100:
        raise ValueError(f"the percentage of `{feature}` is `{percentage}`: it must be a whole number from 0 to 100")
