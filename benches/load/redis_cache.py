"""The policy cache of the gateway that we replace: decisions as JSON in Redis, each for the time of its sensitivity."""

import hashlib
import json
from typing import Any

from redis.asyncio import Redis

PREFIX = "policy:decision"
TTL = 120
POOL = 50


class RedisPolicyCache:
    """What the gateway's own does, by its key: `policy:decision:{user}:{action}:{resource}:{context}`."""

    enabled = True

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, max_connections=POOL)

    async def get(
        self, user_id: str, action: str, resource: str, context: Any = None, sensitivity: str | None = None
    ) -> dict[str, Any] | None:
        """Return a decision that was kept."""
        text = await self._redis.get(_key(user_id, action, resource, context))
        return None if text is None else dict(json.loads(text))

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
        key = _key(user_id, action, resource, context)
        await self._redis.setex(key, ttl_seconds or TTL, json.dumps(decision))
        return True

    async def health_check(self) -> bool:
        """Return whether Redis answers."""
        return bool(await self._redis.ping())


def _key(user_id: str, action: str, resource: str, context: Any) -> str:
    resource = resource.replace(":", "_").replace("/", "_")
    digest = hashlib.sha256(json.dumps(context, sort_keys=True).encode()).hexdigest()[:16] if context else "none"
    return f"{PREFIX}:{user_id}:{action}:{resource}:{digest}"
