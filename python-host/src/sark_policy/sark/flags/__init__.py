"""Feature flags: who is decided in-process. Read from memory, shared through Redis or Valkey.

>>> flags = FeatureFlagManager()
>>> flags.set_rollout_pct("rust_opa", 25)
>>> flags.should_use_rust("rust_opa", "unknown"), flags.should_use_rust("rust_opa", "alice")
(True, False)

While the store is away, what was known last stays in force. A change is refused then, so that no worker goes
a way of its own, save the ways back (`rollback`, `rollback_all`, the kill switch): those hold in this worker
at once, and reach the others when the store is back. A store that comes back empty, or with less than was
known, is given the newest state that a worker has.
"""

from sark_policy.sark.flags.manager import (
    FeatureFlagManager,
    get_feature_flag_manager,
    use_feature_flag_manager,
)
from sark_policy.sark.flags.state import FEATURES, bucket
from sark_policy.sark.flags.store import StoreUnavailable

__all__ = [
    "FEATURES",
    "FeatureFlagManager",
    "StoreUnavailable",
    "bucket",
    "get_feature_flag_manager",
    "use_feature_flag_manager",
]
