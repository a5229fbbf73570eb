"""Policies: clients and caches."""

from .cache import PolicyCache, get_policy_cache
from .cache_cleanup import CacheCleanupTask, get_cleanup_task, start_cache_cleanup, stop_cache_cleanup
from .opa_client import OPAClient
from .rust_cache import RustPolicyCache, get_rust_policy_cache, is_rust_cache_available
from .rust_opa_client import RUST_AVAILABLE, RustOPAClient

__all__ = [
    "RUST_AVAILABLE",
    "CacheCleanupTask",
    "OPAClient",
    "PolicyCache",
    "RustOPAClient",
    "RustPolicyCache",
    "get_cleanup_task",
    "get_policy_cache",
    "get_rust_policy_cache",
    "is_rust_cache_available",
    "start_cache_cleanup",
    "stop_cache_cleanup",
]
