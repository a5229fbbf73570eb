"""The client of the compiled extension."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .cache import get_policy_cache

try:
    from ..._rust import RustOPAEngine

    # Also where the extension is missing: then the name is there, and means None.
    RUST_AVAILABLE = True
except ImportError:
    RUST_AVAILABLE = False


class AuthorizationInput(BaseModel):
    """The same as the other client's, and another class."""

    user: dict[str, Any]
    action: str
    tool: dict[str, Any] | None = None
    server: dict[str, Any] | None = None
    context: dict[str, Any]


class AuthorizationDecision(BaseModel):
    """The same as the other client's, and another class."""

    allow: bool
    reason: str
    filtered_parameters: dict[str, Any] | None = None
    audit_id: str | None = None


class RustOPAClient:
    """Asks the extension for one boolean, by one policy."""

    def __init__(self, policy_dir: Path | None = None, cache: Any = None, cache_enabled: bool = True) -> None:
        if not RUST_AVAILABLE:
            raise RuntimeError("Rust extensions not available")
        self.engine = RustOPAEngine()
        self.policy_dir = policy_dir or Path("opa/policies")
        self.cache = cache if cache is not None or not cache_enabled else get_policy_cache()

    async def load_policy(self, name: str, rego_code: str) -> None:
        """Load a policy."""
        self.engine.load_policy(name, rego_code)

    async def evaluate_policy(self, auth_input: Any, use_cache: bool = True) -> AuthorizationDecision:
        """Decide: a reason and parameters of the policy are lost."""
        try:
            name = "gateway_authorization"
            if not self.engine.has_policy(name):
                await self.load_policy(name, (self.policy_dir / f"{name}.rego").read_text())
            result = self.engine.evaluate("data.sark.gateway.allow", auth_input.model_dump())
            if self.cache is not None:
                self.cache.record_opa_latency(0.0)
            if isinstance(result, bool):
                return AuthorizationDecision(allow=result, reason="Policy evaluation completed")
            return AuthorizationDecision(allow=False, reason="Unexpected policy result format")
        except Exception as error:
            return AuthorizationDecision(allow=False, reason=f"Policy evaluation failed: {error}")

    async def close(self) -> None:
        """Do nothing."""
