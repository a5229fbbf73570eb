"""Who asks, by their token."""

from dataclasses import dataclass, field
from typing import Any

import jwt
from fastapi import HTTPException, Request

from ..config import get_settings


@dataclass
class UserContext:
    """A user. It has one role, no `roles`, and no `permissions`: what asks for those fails."""

    user_id: str
    email: str = ""
    role: str = ""
    teams: list[str] = field(default_factory=list)
    is_authenticated: bool = True

    @property
    def is_admin(self) -> bool:
        """Whether they may do everything."""
        return self.role == "admin"


def claims_of(request: Request) -> dict[str, Any] | None:
    """Return the claims of a request's token; `None` without a sound one."""
    settings = get_settings()
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    try:
        return jwt.decode(token, settings.secret_key, [settings.jwt_algorithm])
    except jwt.InvalidTokenError:
        return None


def user_of(claims: dict[str, Any]) -> UserContext:
    """Return the user of a token."""
    return UserContext(claims["sub"], claims.get("email", ""), claims.get("role", ""), claims.get("teams", []))


def current_user(request: Request) -> UserContext:
    """Return the user that the middleware has left; 401 without one."""
    user = getattr(request.state, "user", None)
    if not isinstance(user, UserContext):
        raise HTTPException(401, "invalid token")
    return user


def current_agent(request: Request) -> dict[str, Any]:
    """Return the agent whose token a request carries; 401 without one."""
    claims = claims_of(request)
    if claims is None or "agent_id" not in claims:
        raise HTTPException(401, "invalid token")
    return {"id": claims["agent_id"]} | {name: claims[name] for name in claims if name != "agent_id"}
