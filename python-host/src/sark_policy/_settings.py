"""What bounds a host: every limit and its default, in one place."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sark_policy._exceptions import BadSetting

U32 = (1 << 32) - 1
U64 = (1 << 64) - 1


def user_folder() -> Path | None:
    """Return `sark-policy` in the user's cache folder, if there is one."""
    cache = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(cache):
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        cache = os.path.join(home, ".cache")
    return Path(cache, "sark-policy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a `PolicyHost` is set up. The Rust crate has the same names and, but for `shards`, defaults."""

    entrypoints: Iterable[str] = ()
    """Entry points that every bundle must have, such as `mcp/gateway/result`. A bundle without one of
    them is refused, and each is evaluated once before a bundle goes live. Kept as a tuple."""
    shards: int = 1
    """Instances that decide side by side. Each owns a share of the questions, so their caches never
    overlap, and holds its own copy of the bundle. One suits a worker that decides on one thread, as an
    asyncio server does; raise it for threaded servers."""
    deadline: float = 0.05
    """How long a decision may take, waiting for its shard included, in seconds. A crossing of a batch,
    128 inputs at most, may take four times that."""
    activation_deadline: float = 30.0
    """How long one instance may take to activate a bundle, in seconds."""
    memory: int = 256 << 20
    """Most linear memory of an instance, in bytes."""
    bundle: int = 32 << 20
    """Largest bundle as it is handed over, in bytes."""
    unpacked: int = 64 << 20
    """Largest bundle once unpacked, in bytes. Unpacking needs about three times as much memory."""
    input: int = 1 << 20
    """Largest input, in bytes of JSON."""
    depth: int = 128
    """Deepest nesting of an input or of a bundle's data, in levels."""
    cache_entries: int = 10_000
    """Most decisions that each shard caches; 0 caches nothing."""
    cache_bytes: int = 64 << 20
    """Most bytes that each shard caches, questions and answers together; 0 caches nothing."""
    cache_ttl: float = 60.0
    """How long a cached decision may be served, in seconds; 0 caches nothing."""
    unverified: bool = False
    """Accept signed bundles without checking their signature, which this version cannot."""
    strict_builtin_errors: bool = True
    """Whether an error of a builtin function fails the decision. Without it the call is undefined instead, as
    OPA has it by default; conflicts of rules fail a decision either way."""
    aot_folder: Path | str | None = field(default_factory=user_folder)
    """Folder for the compiled component. Default: `sark-policy` in the user's cache folder; `None`
    compiles at every start, which takes seconds.

    The folder must belong to this user alone: what is in it runs as native code. Where it does not, it
    is not used. The first host or cache of a process decides."""

    def __post_init__(self) -> None:
        """Check every setting."""
        if isinstance(self.entrypoints, str) or not all(isinstance(path, str) for path in self.entrypoints):
            raise BadSetting("entrypoints", "give a list of texts such as `mcp/gateway/result`")
        object.__setattr__(self, "entrypoints", tuple(self.entrypoints))
        whole(self, "shards", 1, 1024)
        seconds(self, "deadline", zero=False)
        seconds(self, "activation_deadline", zero=False)
        whole(self, "memory", 1, U64 >> 1)
        whole(self, "bundle", 1, U64)
        whole(self, "unpacked", 1, U64)
        whole(self, "input", 1, U32)
        whole(self, "depth", 1, U32)
        whole(self, "cache_entries", 0, U32)
        whole(self, "cache_bytes", 0, U64)
        seconds(self, "cache_ttl", zero=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """How a `Cache` is set up."""

    entries: int = 10_000
    """Most entries of all shards together."""
    bytes: int = 64 << 20
    """Most bytes of all shards together, keys and values."""
    shards: int = 1
    """Instances that share the keys. With 1 the order of eviction is exact over all keys."""
    ttl: float = 300.0
    """Time to live of an entry that is set without one, in seconds."""
    deadline: float = 0.05
    """How long a call may take, waiting included, in seconds."""
    aot_folder: Path | str | None = field(default_factory=user_folder)
    """Folder for the compiled component, as in `Settings`."""

    def __post_init__(self) -> None:
        """Check every setting."""
        whole(self, "entries", 1, U32)
        whole(self, "bytes", 1, U64 >> 2)
        whole(self, "shards", 1, 1024)
        seconds(self, "ttl", zero=True)
        seconds(self, "deadline", zero=False)


def whole(settings: object, name: str, least: int, most: int) -> None:
    """Check that a setting is a whole number within bounds."""
    value = getattr(settings, name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadSetting(name, f"give a whole number from {least} to {most}, not `{value!r}`")


def seconds(settings: object, name: str, *, zero: bool) -> None:
    """Check that a setting is a number of seconds."""
    value = getattr(settings, name)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # A year is more than any of them can mean; it also keeps infinity out.
    if not number or not 0 <= value <= 365 * 86400 or (value == 0 and not zero):
        raise BadSetting(name, f"give a number of seconds {'from' if zero else 'above'} 0, not `{value!r}`")


def nanoseconds(duration: float) -> int:
    """Convert seconds."""
    return int(duration * 1e9)
