"""A gateway of its own: FastAPI, real policies, real filtering.

Started by itself it reads `SARK_GATEWAY_…` (`GatewaySettings`) and `SARK_POLICY_…` (`SarkSettings`):

```console
$ export SARK_GATEWAY_JWT_SECRET=$(openssl rand -hex 32) SARK_POLICY_BUNDLE=policies/
$ python -m sark_policy.gateway
```

or inside of a server of yours: `create_app(GatewaySettings(...))` is an ASGI application.
"""

from typing import TYPE_CHECKING, Any

from sark_policy.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from sark_policy.gateway.app import create_app

__all__ = ["GatewaySettings", "create_app"]


def __getattr__(name: str) -> Any:
    # `python -m sark_policy.gateway` comes by here first, and must have chosen the folder of the workers'
    # metrics before prometheus_client is imported, which reads it once.
    if name == "create_app":
        from sark_policy.gateway.app import create_app

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
