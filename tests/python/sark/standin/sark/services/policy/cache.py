"""The cache of decisions in Redis."""

import hashlib
import json
from typing import Any

from redis.asyncio import Redis

from ...config import get_settings


class PolicyCache:
    """Keeps decisions. A key's parts are neither escaped nor kept apart; 64 bits of a digest stand for a context."""

    KEY_PREFIX = "policy:decision"

    def __init__(self, redis_client: Any = None, ttl_seconds: int | None = None, enabled: bool = True) -> None:
        settings = get_settings()
        self.redis = redis_client or Redis(host=settings.redis_host, port=settings.redis_port, decode_responses=True)
        self.ttl_seconds = ttl_seconds or 300
        self.enabled = enabled
        self.opa_latencies: list[float] = []

    def _key(self, user_id: str, action: str, resource: str, context: Any) -> str:
        resource = resource.replace(":", "_").replace("/", "_")
        digest = "none"
        if context:
            digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode()).hexdigest()[:16]
        return f"{self.KEY_PREFIX}:{user_id}:{action}:{resource}:{digest}"

    async def get(
        self, user_id: str, action: str, resource: str, context: Any = None, sensitivity: str | None = None
    ) -> Any:
        """Return what is kept."""
        if not self.enabled:
            return None
        try:
            found = await self.redis.get(self._key(user_id, action, resource, context))
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
    ) -> bool:
        """Keep a decision."""
        try:
            key = self._key(user_id, action, resource, context)
            await self.redis.set(key, json.dumps(decision), ex=int(ttl_seconds or self.ttl_seconds))
            return True
        except Exception:
            return False

    async def get_batch(self, requests: list[Any]) -> list[Any]:
        """Return what is kept for each question."""
        return [await self.get(*request) for request in requests]

    async def set_batch(self, entries: list[Any]) -> int:
        """Keep many decisions."""
        return sum([await self.set(*entry) for entry in entries])

    async def invalidate(
        self, user_id: str | None = None, action: str | None = None, resource: str | None = None
    ) -> int:
        """Drop what the arguments name, or everything unless there is a user."""
        pattern = f"{self.KEY_PREFIX}:{user_id}:*" if user_id else f"{self.KEY_PREFIX}:*"
        keys = [key async for key in self.redis.scan_iter(pattern)]
        return int(await self.redis.delete(*keys)) if keys else 0

    def record_opa_latency(self, latency_ms: float) -> None:
        """Note how long OPA took."""
        self.opa_latencies.append(latency_ms)

    def get_metrics(self) -> dict[str, Any]:
        """Return the figures."""
        return {"total_requests": len(self.opa_latencies)}

    async def get_cache_size(self) -> int:
        """Return how many decisions are kept."""
        return len([key async for key in self.redis.scan_iter(f"{self.KEY_PREFIX}:*")])

    async def health_check(self) -> bool:
        """Whether Redis answers."""
        return bool(await self.redis.ping())

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()


_cache: PolicyCache | None = None


def get_policy_cache(ttl_seconds: int | None = None, enabled: bool = True) -> PolicyCache:
    """Return the cache of this process; later arguments are ignored."""
    global _cache
    if _cache is None:
        _cache = PolicyCache(ttl_seconds=ttl_seconds, enabled=enabled)
    return _cache
