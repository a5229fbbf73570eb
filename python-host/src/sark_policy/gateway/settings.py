"""How the gateway is set up. Only a binary reads the environment: `GatewaySettings()` does, when somebody asks.

What the policies are decided by is set up apart from it: `sark_policy.sark.settings.SarkSettings`.
"""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Algorithm = Literal["HS256", "HS384", "HS512"]

SECRET_BYTES: dict[Algorithm, int] = {"HS256": 32, "HS384": 48, "HS512": 64}
"""Shortest secret of each algorithm, in bytes: as long as its digest (RFC 7518, section 3.2)."""

HOW = "make one with `openssl rand -hex 64` and give it as SARK_GATEWAY_JWT_SECRET"


def _named(name: str, *others: str) -> AliasChoices:
    return AliasChoices(f"SARK_GATEWAY_{name}", *others)


class GatewaySettings(BaseSettings):
    """Everything that can be set. Each field is read from `SARK_GATEWAY_` and its name in capitals."""

    # A message about a bad setting must not show it: it may be a secret.
    model_config = SettingsConfigDict(
        env_prefix="SARK_GATEWAY_", extra="ignore", populate_by_name=True, frozen=True, hide_input_in_errors=True
    )

    environment: Literal["development", "staging", "production"] = "production"
    """`development` adds the interactive documentation at `/docs`, and logs for a person to read."""

    # --- Serving
    host: str = "127.0.0.1"
    """The address to listen on."""
    port: int = Field(8080, ge=0, le=65535)
    """The port to listen on; 0: any free one."""
    workers: int = Field(1, ge=1, le=64, validation_alias=_named("WORKERS", "API_WORKERS"))
    """Processes that serve side by side. With more than one, keep the flags in Redis
    (`SARK_POLICY_FLAGS_URL`): in memory each worker has its own."""
    body_limit: int = Field(1 << 20, ge=1 << 10)
    """Largest body of a request, in bytes."""
    body_seconds: float = Field(10, gt=0)
    """How long the body of a request may take to arrive, in seconds."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe events that are logged."""
    metrics: bool = Field(True, validation_alias=_named("METRICS", "METRICS_ENABLED"))
    """Serve `/metrics`, to anybody who can reach the port."""

    # --- Who asks
    jwt_secret: SecretStr
    """What users' and agents' tokens are signed with. There is no default, in no environment."""
    jwt_algorithm: Algorithm = Field("HS256", validation_alias=_named("JWT_ALGORITHM", "JWT_ALGORITHM"))
    """The one algorithm that is accepted, whatever a token's header says."""
    jwt_issuer: str | None = None
    """What a token's `iss` must be; `None`: anything."""
    jwt_audience: str | None = None
    """What a token's `aud` must name; `None`: tokens for an audience are refused, they are somebody else's."""
    jwt_leeway: float = Field(0, ge=0, le=60)
    """How far clocks may differ, in seconds."""
    api_key: SecretStr | None = Field(None, validation_alias=_named("API_KEY", "GATEWAY_API_KEY"))
    """What gateways that report audit events say in `X-Gateway-Api-Key`; `None`: none may report."""

    # --- What there is
    catalogue: Path | None = None
    """A JSON file with the servers and tools. It is read again whenever it changes."""
    upstream_url: str | None = Field(None, validation_alias=_named("UPSTREAM_URL", "GATEWAY_URL"))
    """The gateway to ask for servers and tools, where there is no file."""
    upstream_timeout: float = Field(
        5.0, gt=0, le=60, validation_alias=_named("UPSTREAM_TIMEOUT", "GATEWAY_TIMEOUT_SECONDS")
    )
    """How long one request to it may take in all, in seconds."""

    # --- What is kept
    audit_file: Path | None = None
    """Where decisions and reported events are appended as JSON lines; `None`: decisions are only logged, and
    reported events are turned away."""

    @field_validator("upstream_url", "catalogue", "audit_file", "api_key", "jwt_issuer", "jwt_audience", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("upstream_url", mode="after")
    @classmethod
    def _base(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        least = SECRET_BYTES[self.jwt_algorithm]
        if len(self.jwt_secret.get_secret_value().encode()) < least:
            raise ValueError(f"the secret of {self.jwt_algorithm} must have {least} bytes: {HOW}")
        return self
