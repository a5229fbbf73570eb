"""The settings, by the names of their variables."""

from functools import lru_cache

from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Everything that is set by the environment."""

    opa_url: str = "http://localhost:8181"
    opa_policy_path: str = "/v1/data/mcp/allow"
    opa_timeout_seconds: float = 1.0
    redis_host: str = "localhost"
    redis_port: int = 6379
    secret_key: str = "for-the-stand-in-alone-" + "0123456789abcdef"
    jwt_algorithm: str = "HS256"


@lru_cache
def get_settings() -> Settings:
    """Return the settings, read once."""
    return Settings()
