"""The cache of the compiled extension. It lacks half of the other one's methods."""

import json
from typing import Any

from .cache import PolicyCache

try:
    from ..._rust import RustCache

    RUST_AVAILABLE = True
except ImportError:
    RUST_AVAILABLE = False


class RustPolicyCache:
    """Keeps decisions in the extension."""

    def __init__(self, max_size: int | None = None, ttl_seconds: int | None = None, enabled: bool = True) -> None:
        self.enabled = enabled
        self.cache = RustCache(max_size or 10_000, ttl_seconds or 300)

    async def get(
        self, user_id: str, action: str, resource: str, context: Any = None, sensitivity: str | None = None
    ) -> Any:
        """Return what is kept."""
        try:
            found = self.cache.get(PolicyCache._key(PolicyCache(), user_id, action, resource, context))
            return json.loads(found) if found else None
        except Exception:
            return None

    async def set(
        self,
        user_id: str,
        action: str,
        resource: str,
        decision: dict[str, Any],
        context: Any = None,
        ttl_seconds: int | None = None,
        sensitivity: str | None = None,
    ) -> bool:
        """Keep a decision."""
        try:
            key = PolicyCache._key(PolicyCache(), user_id, action, resource, context)
            self.cache.set(key, json.dumps(decision), ttl_seconds)
            return True
        except Exception:
            return False

    async def cleanup_expired(self) -> int:
        """Drop what is expired."""
        return int(self.cache.cleanup_expired())


_cache: RustPolicyCache | None = None


def get_rust_policy_cache(
    max_size: int | None = None, ttl_seconds: int | None = None, enabled: bool = True
) -> RustPolicyCache:
    """Return the cache of this process."""
    global _cache
    if _cache is None:
        _cache = RustPolicyCache(max_size, ttl_seconds, enabled)
    return _cache


def is_rust_cache_available() -> bool:
    """Whether the extension is there, as far as one can see by its name."""
    return RUST_AVAILABLE
