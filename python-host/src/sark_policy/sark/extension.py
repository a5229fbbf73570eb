r"""The gateway's native extension, by its names: put this module where it imports `sark.sark_rust` from.

    sys.modules["sark.sark_rust"] = sark_policy.sark.extension

>>> from sark_policy.sark.extension import RustOPAEngine
>>> engine = RustOPAEngine()
>>> engine.load_policy("gateway", 'package sark.gateway\nallow { input.user.role == "admin" }')
>>> engine.evaluate("data.sark.gateway.allow", {"user": {"role": "admin"}})
True

`RUST_AVAILABLE` says whether all of it works on this machine: it is found out when somebody asks, by doing it.
It needs nothing beyond the package itself: none of the extra `sark`.
"""

import re
from typing import Any

import sark_policy
from sark_policy._cache import Cache
from sark_policy._decision import Decision
from sark_policy._encoding import Encoded
from sark_policy._exceptions import (
    BundleTooLarge,
    SandboxUnavailable,
    Undecided,
    UnknownEntrypoint,
)
from sark_policy._settings import Settings
from sark_policy.sark.encoding import document
from sark_policy.sark.engine import overlay
from sark_policy.sark.engine.compiled import Compiled, bury, end_with, shelf
from sark_policy.sark.exceptions import OPACompilationError, OPAEvaluationError

RUST_AVAILABLE: bool

__all__ = ["RUST_AVAILABLE", "OPACompilationError", "OPAEvaluationError", "RustCache", "RustOPAEngine"]

SWEEP = 10_000
"""Entries that one call into a cache looks at."""
PATIENCE = 1.0
"""How long a call into a cache, or a decision of the self-test, may take, in seconds. It takes microseconds, but
for a machine that stands still."""

# `data`, then `.name` or `["any text"]`; or OPA's REST path.
_query = re.compile(r"""data(?:\.\w+|\["(?:[^"\\]|\\.)*"\])*|/?[^/\s]+(?:/[^/]+)+/?""").fullmatch


class RustOPAEngine:
    """An engine with the policies that are loaded into it, and nothing else.

    Engines are independent of each other. It is safe to share one between threads, and with a forked process.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Make an engine without policies.

        Args:
            settings: The limits of its decisions.

        Raises:
            SandboxUnavailable: This machine cannot run the sandbox.
        """
        _probe()
        self._settings = settings or Settings()
        self._compiled: Compiled | None = None

    def load_policy(self, name: str, rego: str) -> None:
        """Load a policy, in place of an earlier one of that name.

        Args:
            name: Its name.
            rego: The policy, in Rego v1 or v0. What it calls has to be loaded before.

        Raises:
            OPACompilationError: It does not compile, in neither version, or exceeds a limit; the policies stay
                as they were.
            ValueError: Name or policy is empty, or no text.
        """
        with shelf.lock:
            modules = self._modules()
            known = modules.get(name)
            if known is not None and known.text == rego:
                return
            try:
                self._compiled = overlay.load(modules, name, rego, self._rules, self._compile)
            except (BundleTooLarge, Undecided) as error:
                raise OPACompilationError(f"the policy `{name}` does not compile: {error}") from error

    def evaluate(self, query: str, input: Any) -> Any:
        """Return the value of a rule for an input; `False` where it is undefined, or no such rule is loaded.

        `decide` tells these apart from a rule that is false.

        Args:
            query: The rule, as `data.sark.gateway.allow`.
            input: The input; `encoding` says what it may hold.

        Raises:
            OPAEvaluationError: The query is none, or the evaluation failed or exceeded a limit. Deny.
            ValueError: The query is empty.
        """
        if not query.strip():
            raise ValueError("the query is empty; name a rule, as `data.sark.gateway.allow`")
        if _query(query) is None:
            raise OPAEvaluationError(f"the query `{query}` is no reference; name a rule, as `data.sark.gateway.allow`")
        try:
            decision = self.decide(query, input)
        except UnknownEntrypoint:
            return False
        except Undecided as undecided:
            raise OPAEvaluationError(str(undecided)) from undecided
        return decision.result if decision.defined else False

    def decide(self, query: str, input: Any) -> Decision:
        """Decide one input: whether there is a value, which, and by which revision.

        Raises:
            Undecided: Deny. `UnknownEntrypoint` if no such rule is loaded.
        """
        compiled = self._compiled or self._compile({})
        return compiled.host.decide(query, Encoded(document(input)[1]))

    def clear_policies(self) -> None:
        """Take all policies away."""
        with shelf.lock:
            self._compiled = None

    def loaded_policies(self) -> list[str]:
        """Return the policies' names, in the order of loading."""
        return list(self._modules())

    def has_policy(self, name: str) -> bool:
        """Return whether a policy of this name is loaded."""
        return name in self._modules()

    def _modules(self) -> overlay.Modules:
        return {} if self._compiled is None else self._compiled.modules

    def _rules(self, modules: overlay.Modules) -> tuple[str, ...]:
        return self._compile(modules).host.describe().rules

    def _compile(self, modules: overlay.Modules) -> Compiled:
        return shelf.get(self._settings, modules)


class RustCache:
    """A cache of texts by key, each with its time to live. Safe to share between threads."""

    def __init__(self, max_size: int, ttl_secs: float) -> None:
        """Make an empty cache.

        Args:
            max_size: Most entries; the least recently used goes first.
            ttl_secs: Time to live of an entry that is set without one, in seconds.

        Raises:
            ValueError: One of them is not above 0.
            SandboxUnavailable: This machine cannot run the sandbox.
        """
        if max_size <= 0:
            raise ValueError("max_size must be greater than 0")
        if ttl_secs <= 0:
            raise ValueError("ttl_secs must be greater than 0")
        _probe()
        bury()
        self._cache = Cache.open(entries=max_size, ttl=ttl_secs, deadline=PATIENCE)
        end_with(self, self._cache)

    def get(self, key: str) -> str | None:
        """Return the live value of a key; None if there is none."""
        return self._cache.get(key)

    def set(self, key: str, value: str, ttl: float | None = None) -> None:
        """Store a value for `ttl` seconds, or for the cache's time to live. With 0 it is expired at once."""
        self._cache.set(key, value, ttl)

    def delete(self, key: str) -> bool:
        """Drop a key; false if no live entry had it."""
        return self._cache.delete(key)

    def clear(self) -> None:
        """Drop every entry."""
        self._cache.clear()

    def size(self) -> int:
        """Return how many entries are held, those that expired but were not cleaned up yet included."""
        return self._cache.length()

    def cleanup_expired(self) -> int:
        """Drop every expired entry, and return how many there were."""
        rounds = self._cache.length() // SWEEP + 1
        return sum(self._cache.sweep(SWEEP) for _ in range(rounds))


def unavailable_reason() -> str | None:
    """Return why the extension does not work here, or `None`: it has decided, stored and found."""
    try:
        engine = RustOPAEngine(Settings(deadline=PATIENCE))
        engine.load_policy("probe", "package probe\n\nanswer := input.n + 1")
        cache = RustCache(1, 60)
        cache.set("probe", "stored")
        found = engine.evaluate("data.probe.answer", {"n": 1}), cache.get("probe")
    except Exception as error:
        return str(error) or type(error).__name__
    return None if found == (2, "stored") else f"the self-test found {found}"


def _probe() -> None:
    """Raise unless the sandbox can be had at all. Costs nothing once it was asked."""
    if not sark_policy.AVAILABLE:
        raise SandboxUnavailable(sark_policy.UNAVAILABLE_REASON or "")


def __getattr__(name: str) -> Any:
    # The self-test compiles the component where nobody has, so it waits until somebody asks.
    if name == "RUST_AVAILABLE":
        globals()[name] = unavailable_reason() is None
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
