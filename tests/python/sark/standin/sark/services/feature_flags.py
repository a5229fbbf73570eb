"""Feature flags. Nobody passes a Redis client, so each worker has its own."""

import hashlib
from typing import Any


class FeatureFlagManager:
    """Who gets the new path."""

    def __init__(self, redis_client: Any = None) -> None:
        self.redis = redis_client
        self.rollout_pct = {"rust_opa": 0, "rust_cache": 0}

    def should_use_rust(self, feature: str, user_id: str) -> bool:
        """Whether a user gets it."""
        bucket = int(hashlib.md5(f"{feature}:{user_id}".encode()).hexdigest(), 16) % 100
        return bucket < self.rollout_pct.get(feature, 0)

    def set_rollout_pct(self, feature: str, pct: int) -> None:
        """Set a percentage."""
        if not 0 <= pct <= 100:
            raise ValueError(f"{pct} is no percentage")
        self.rollout_pct[feature] = pct


_manager: FeatureFlagManager | None = None


def get_feature_flag_manager(redis_client: Any = None) -> FeatureFlagManager:
    """Return the manager of this process."""
    global _manager
    if _manager is None:
        _manager = FeatureFlagManager(redis_client)
    return _manager
