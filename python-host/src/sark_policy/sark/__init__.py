"""The drop-in for the SARK gateway: its clients, caches and functions, over the engine in this process.

>>> from sark_policy.sark import install, uninstall
>>> print(install("A"))  # before or after the gateway is imported
level A: nothing yet; the gateway is not imported
>>> uninstall()

`install` lets the gateway's own names mean ours. `create_opa_client`, `create_policy_cache` and
`evaluate_policy` are the gateway's functions over one `Runtime` a process; `RustOPAClient`, `HttpOPAClient` and
`RoutedOPAClient` are its clients, `RustPolicyCache` its cache. No method that decides raises: what is undecided
is denied.

Importing this package loads nothing: each name brings what it needs when it is first used.
"""

from importlib import import_module
from typing import Any

_PLACES = {
    "AuthorizationDecision": "models",
    "AuthorizationInput": "models",
    "CacheCleanupTask": "cleanup",
    "FeatureFlagManager": "flags",
    "HttpOPAClient": "clients.http_client",
    "OPACompilationError": "extension",
    "OPAEvaluationError": "extension",
    "PolicyDecision": "models",
    "RUST_AVAILABLE": "extension",
    "RoutedOPAClient": "clients.routed_client",
    "Runtime": "runtime",
    "RustCache": "extension",
    "RustOPAClient": "clients.rust_client",
    "RustOPAEngine": "extension",
    "RustPolicyCache": "cache",
    "SarkSettings": "settings",
    "create_opa_client": "factory",
    "create_policy_cache": "factory",
    "create_policy_clients": "factory",
    "evaluate_policy": "factory",
    "get_cleanup_task": "cleanup",
    "get_feature_flag_manager": "flags",
    "get_policy_cache": "cache",
    "get_rust_policy_cache": "cache",
    "install": "installation",
    "is_rust_cache_available": "cache",
    "start_cache_cleanup": "cleanup",
    "stop_cache_cleanup": "cleanup",
    "uninstall": "installation",
}

__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{place}"), name)
    globals()[name] = value
    return value
