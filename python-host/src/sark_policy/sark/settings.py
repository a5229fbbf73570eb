"""How the drop-in is set up. Only a binary reads the environment: `SarkSettings()` does, when somebody asks.

Names without the prefix `SARK_POLICY_` are the gateway's own, so that what it is deployed with goes on to work.
"""

from pathlib import Path
from typing import Any

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sark_policy.sark.question import entrypoint


def _named(name: str, *others: str) -> AliasChoices:
    return AliasChoices(f"SARK_POLICY_{name}", *others)


class SarkSettings(BaseSettings):
    """Everything that can be set. Each field is read from `SARK_POLICY_` and its name in capitals."""

    model_config = SettingsConfigDict(env_prefix="SARK_POLICY_", extra="ignore", populate_by_name=True, frozen=True)

    # --- The engine
    enabled: bool = Field(True, validation_alias=_named("ENABLED", "RUST_ENABLED"))
    """Whether the in-process path may be used at all. `RUST_ENABLED`, the gateway's name, counts too."""
    bundle: Path = Path("opa/policies")
    """The folder or archive of the policy bundle."""
    bundles: Path | None = None
    """A folder of bundles, folders and archives, that admins may activate by name; `None`: only `bundle` itself."""
    watch: bool = True
    """Activate the bundle whenever it changes on disk. Needs the extra `watch`."""
    deadline: float = Field(0.05, gt=0, le=60)
    """How long one decision in-process may take, in seconds."""
    engine_memory: int = Field(256 << 20, ge=16 << 20)
    """Most memory of an instance of the engine, in bytes. It grows only as needed."""
    engine_cache_entries: int = Field(2_000, ge=0)
    """Decisions that the engine itself keeps, behind the policy cache; they serve batches."""
    path: str | None = Field(None, validation_alias=_named("PATH", "OPA_POLICY_PATH"))
    """The entry point of requests that name none, as `/v1/data/mcp/gateway/result` or `mcp/gateway/result`.
    `None`: the first of `entrypoints.USERS` that the bundle has."""
    a2a_path: str | None = None
    """The entry point of requests between agents. `None`: the first of `entrypoints.AGENTS` that the bundle has."""
    aliases: dict[str, str] = {"mcp/a2a/allow": "mcp/gateway/a2a/allow"}
    """Entry points that callers name and the bundle has elsewhere. Used only where the bundle lacks the first
    and has the second."""

    # --- The cache
    cache_entries: int = Field(10_000, ge=1)
    """Decisions that the policy cache holds."""
    cache_bytes: int = Field(32 << 20, ge=1 << 10)
    """Bytes that the policy cache holds."""
    cache_ttl: float = Field(300, ge=0)
    """Time to live where no sensitivity decides, in seconds."""
    cleanup_interval: float = Field(60, gt=0)
    """How often expired decisions are swept, in seconds."""

    # --- OPA over HTTP
    opa_url: str | None = Field(None, validation_alias=_named("OPA_URL", "OPA_URL"))
    """The OPA server; `None`: there is none, and in-process is the only path."""
    opa_timeout: float = Field(1.0, gt=0, le=60, validation_alias=_named("OPA_TIMEOUT", "OPA_TIMEOUT_SECONDS"))
    """How long one request to OPA may take in all, in seconds."""
    opa_connections: int = Field(50, ge=1)
    """Most connections to OPA."""
    fallback_to_http: bool = True
    """Ask OPA where the in-process path has no answer."""
    fallback_to_in_process: bool = False
    """Ask the in-process path where OPA has no answer."""
    breaker_failures: int = Field(5, ge=1)
    """Failures in a row that open a path's circuit."""
    breaker_seconds: float = Field(5, gt=0)
    """How long an open circuit leaves its path alone before one request probes it, in seconds."""

    # --- Rollout
    flags_url: SecretStr | None = None
    """Redis or Valkey with the flags, as `redis://[user:password@]host:port/db`; `None`: memory, this process alone."""
    rollout: dict[str, int] = {}
    """Percentages to begin with where nothing is stored yet: `{"rust_opa": 100, "rust_cache": 100}`."""
    shadow_share: float = Field(0, ge=0, le=1)
    """Share of the questions that both paths are asked, 0 to 1."""
    shadow_keep: int = Field(1_000, ge=0)
    """Differences that are kept for a person to look at; the oldest goes first."""
    shadow_inputs: bool = False
    """Keep the inputs of differences too, not only their digests. They may hold secrets."""

    @field_validator("path", "a2a_path", mode="after")
    @classmethod
    def _entrypoint(cls, value: str | None) -> str | None:
        return None if value is None else entrypoint(value)

    @field_validator("aliases", mode="after")
    @classmethod
    def _aliases(cls, value: dict[str, str]) -> dict[str, str]:
        return {entrypoint(name): entrypoint(there) for name, there in value.items()}

    @field_validator("bundles", "opa_url", "flags_url", "path", "a2a_path", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("opa_url", mode="after")
    @classmethod
    def _base(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/")
