"""The gateways that are measured: the real one, and for comparison what stands in its place.

Usage: python serving.py none|cold|warm|http      set up by the environment, as `python -m sark_policy.gateway`

| path | what decides |
| --- | --- |
| `none` | nobody: the real gateway knows who asks and reads the request, then lets everybody pass |
| `cold`, `warm` | the real gateway as it ships; what it is asked makes the difference |
| `http` | an OPA server over HTTP, behind a cache in Redis, no engine in the process |
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

if TYPE_CHECKING:
    from fastapi import FastAPI

REDIS = "LOAD_REDIS_URL"
"""The variable that says where the path over HTTP keeps its decisions; empty: nowhere."""


def none() -> "FastAPI":
    """Return a gateway without its authorisation: the floor of everything that is measured here."""
    from sark_policy.gateway import app, logs
    from sark_policy.gateway.audit import new_id
    from sark_policy.gateway.authorization import Authorization
    from sark_policy.gateway.models import GatewayAuthorizationRequest, GatewayAuthorizationResponse
    from sark_policy.gateway.settings import GatewaySettings
    from sark_policy.gateway.tokens import User

    class Anybody(Authorization):
        async def user(self, user: User, asked: GatewayAuthorizationRequest) -> GatewayAuthorizationResponse:
            return GatewayAuthorizationResponse(
                allow=True,
                reason="nobody was asked",
                filtered_parameters=asked.parameters,
                audit_id=new_id(),
                cache_ttl=60,
            )

    settings = GatewaySettings()
    logs.configure(settings)
    # The product has no switch for this, and is to have none.
    vars(app)["Authorization"] = Anybody
    return app.create_app(settings)


def http() -> "FastAPI":
    """Return a gateway that asks OPA over HTTP, and keeps in Redis what it said."""
    from load.redis_cache import RedisPolicyCache
    from sark_policy.gateway import logs
    from sark_policy.gateway.app import create_app
    from sark_policy.gateway.settings import GatewaySettings
    from sark_policy.sark import runtime as of_a_process
    from sark_policy.sark.cache import RustPolicyCache
    from sark_policy.sark.settings import SarkSettings

    class NoCache(RustPolicyCache):
        """Nothing of ours is to take memory in a gateway without us."""

        @classmethod
        def shared(cls, settings: SarkSettings) -> "RustPolicyCache":
            return cls(enabled=False)

    settings = GatewaySettings()
    logs.configure(settings)
    vars(of_a_process)["RustPolicyCache"] = NoCache
    url = os.environ.get(REDIS)
    cache: Any = RedisPolicyCache(url) if url else None
    return create_app(settings, of_a_process.Runtime(legacy_cache=lambda: cache))


def main() -> int:
    """Serve a path."""
    from sark_policy.gateway.serve import APPLICATION, metrics_folder, serve
    from sark_policy.gateway.settings import GatewaySettings

    path = sys.argv[1]
    settings = GatewaySettings()
    # Workers are started afresh: they find this module by the search path.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")]))
    with metrics_folder(settings.workers):
        return 0 if serve(settings, f"load.serving:{path}" if path in ("none", "http") else APPLICATION) else 3


if __name__ == "__main__":
    sys.exit(main())
