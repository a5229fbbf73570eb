"""Makes clients and caches: new ones for every request."""

import logging
import os
from typing import Any

from ..feature_flags import get_feature_flag_manager
from .cache import PolicyCache
from .opa_client import OPAClient
from .rust_cache import RustPolicyCache, is_rust_cache_available
from .rust_opa_client import RUST_AVAILABLE, RustOPAClient

RUST_ENABLED = os.environ.get("RUST_ENABLED", "false") == "true"


def create_opa_client(user_id: str, opa_url: str | None = None, fallback_on_error: bool = True) -> Any:
    """Make a client for a user."""
    if RUST_ENABLED and RUST_AVAILABLE and get_feature_flag_manager().should_use_rust("rust_opa", user_id):
        try:
            return RustOPAClient(cache_enabled=False)
        except Exception as error:
            if not fallback_on_error:
                raise
            logging.getLogger(__name__).warning("falling back to OPA over HTTP: %s", error)
    return OPAClient(opa_url, cache_enabled=False)


def create_policy_cache(user_id: str, fallback_on_error: bool = True) -> Any:
    """Make a cache for a user."""
    if RUST_ENABLED and is_rust_cache_available() and get_feature_flag_manager().should_use_rust("rust_cache", user_id):
        try:
            return RustPolicyCache()
        except Exception as error:
            if not fallback_on_error:
                raise
            logging.getLogger(__name__).warning("falling back to Redis: %s", error)
    return PolicyCache()


def create_policy_clients(user_id: str, opa_url: str | None = None) -> tuple[Any, Any]:
    """Make both for a user."""
    return create_opa_client(user_id, opa_url), create_policy_cache(user_id)
