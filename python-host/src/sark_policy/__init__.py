"""Decide authorisation requests in-process: OPA policies and a decision cache, in one sandbox.

>>> from sark_policy import Bundle, PolicyHost
>>> policy = '''package mcp.gateway
... default allow := false
... allow if "admin" in input.user.roles'''
>>> with PolicyHost.open(Bundle.of_files({"gateway.rego": policy})) as host:
...     decision = host.decide("mcp/gateway/allow", {"user": {"roles": ["admin"]}})
...     decision.result
True

The sandbox is a WebAssembly component that can open no file and no socket. A `PolicyHost` is safe to
share between threads. `PolicyHost.activate` goes over to another bundle without losing a request,
`PolicyHost.rollback` goes back at once. Whatever fails raises a `SarkPolicyError`; what a decision can
raise is an `Undecided`, and means: deny.

`AVAILABLE` says whether this machine can run the sandbox, and `UNAVAILABLE_REASON` why it cannot.
"""

from typing import Any

from sark_policy._bundle import Bundle
from sark_policy._cache import Cache, CacheOutcome
from sark_policy._decision import Decision, Diagnostics
from sark_policy._encoding import Encoded
from sark_policy._exceptions import (
    BadSetting,
    BundleRefused,
    BundleTooLarge,
    BundleUnreadable,
    Closed,
    DeadlineElapsed,
    EvaluationFailed,
    InputNotSerializable,
    InputRefused,
    MemoryExhausted,
    NothingToRollBack,
    Problem,
    SandboxUnavailable,
    SarkPolicyError,
    Saturated,
    StackExhausted,
    Trapped,
    Undecided,
    UnknownEntrypoint,
    WatchFailed,
)
from sark_policy._generation import Description
from sark_policy._host import PolicyHost
from sark_policy._rule_index import RuleIndex, Tried
from sark_policy._settings import CacheSettings, Settings
from sark_policy._statistics import CacheStatistics, Crossing, Statistics
from sark_policy._watch import Activated, Refused, Watch

__version__ = "0.1.0"

AVAILABLE: bool
UNAVAILABLE_REASON: str | None

__all__ = [
    "AVAILABLE",
    "UNAVAILABLE_REASON",
    "Activated",
    "BadSetting",
    "Bundle",
    "BundleRefused",
    "BundleTooLarge",
    "BundleUnreadable",
    "Cache",
    "CacheOutcome",
    "CacheSettings",
    "CacheStatistics",
    "Closed",
    "Crossing",
    "DeadlineElapsed",
    "Decision",
    "Description",
    "Diagnostics",
    "Encoded",
    "EvaluationFailed",
    "InputNotSerializable",
    "InputRefused",
    "MemoryExhausted",
    "NothingToRollBack",
    "PolicyHost",
    "Problem",
    "Refused",
    "RuleIndex",
    "SandboxUnavailable",
    "SarkPolicyError",
    "Saturated",
    "Settings",
    "StackExhausted",
    "Statistics",
    "Trapped",
    "Tried",
    "Undecided",
    "UnknownEntrypoint",
    "Watch",
    "WatchFailed",
]


def __getattr__(name: str) -> Any:
    # The probe loads wasmtime, so it waits until somebody asks.
    if name in ("AVAILABLE", "UNAVAILABLE_REASON"):
        from sark_policy import _sandbox

        reason = _sandbox.unavailable_reason()
        globals().update(AVAILABLE=reason is None, UNAVAILABLE_REASON=reason)
        return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
