"""The policy cache: decisions kept in the component, each served for the identical question alone.

    cache = RustPolicyCache()
    await cache.set("kim", "tool:invoke", "tool:ledger", {"allow": True}, context, sensitivity="high")
    await cache.get("kim", "tool:invoke", "tool:ledger", context, sensitivity="high")

`RustPolicyCache` has all methods of the gateway's two caches. It is a cheap handle: there is one cache a
process, unless a handle asks for other limits. No method raises: what fails is `None`, `False` or 0, is
counted, and is logged without keys and values. The methods are coroutines that call the component directly:
that takes some 30 µs, and is bounded by the component's deadline.
"""

from typing import Any

from sark_policy.sark.cache import shared
from sark_policy.sark.cache.policy_cache import Found, RustPolicyCache, Served
from sark_policy.sark.cache.shared import (
    PolicyCache,
    forget_policy_cache,
    get_policy_cache,
    get_rust_policy_cache,
    is_rust_cache_available,
)

RUST_AVAILABLE: bool

__all__ = [
    "RUST_AVAILABLE",
    "Found",
    "PolicyCache",
    "RustPolicyCache",
    "Served",
    "forget_policy_cache",
    "get_policy_cache",
    "get_rust_policy_cache",
    "is_rust_cache_available",
]


def __getattr__(name: str) -> Any:
    # The probe loads the component, so it waits until somebody asks.
    if name == "RUST_AVAILABLE":
        return shared.RUST_AVAILABLE
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
